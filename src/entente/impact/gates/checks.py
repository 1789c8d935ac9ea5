"""The single gates. Each says passed, failed, or not run (None), with the numbers it looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from entente.impact.gates.calibration import Calibrated, rank
from entente.impact.gates.placebo import Estimator, Placebos
from entente.impact.gates.settings import Settings
from entente.impact.methods.changepoints import adjusted, single_change
from entente.impact.methods.problem import Estimate, Problem


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate.

    Args:
        name: key of its words.
        passed: None where it could not be run, or only informs.
        numbers: what it looked at.
    """

    name: str
    passed: bool | None
    numbers: Mapping[str, float] = field(default_factory=dict)


def placebo_time(time: Placebos, settings: Settings) -> Gate:
    """Does the method cry effect at dates where nothing happened?"""
    numbers = {"dates": float(len(time)), "cried": float(time.excluded)}
    if len(time) < settings.fewest_placebos:
        return Gate("placebo_time", None, numbers)
    share = time.excluded / len(time)
    return Gate("placebo_time", share <= settings.own_rate, {**numbers, "share": share, "spread": time.spread})


def placebo_space(estimate: Estimate, space: Placebos, settings: Settings) -> Gate:
    """Do series that the event did not touch show as large an effect at its date?"""
    if not len(space):
        return Gate("placebo_space", None, {"units": 0.0})
    share = rank(estimate.effect, estimate.own_error, space)
    # With few units the best rank possible is above the threshold: then being the largest of all is what can be asked.
    passed = share <= max(settings.space_rank, 1.0 / (1 + len(space)) + 1e-9)
    return Gate("placebo_space", passed, {"units": float(len(space)), "rank": share, "spread": space.spread})


def pre_trend(problem: Problem, estimate: Estimate, estimator: Estimator, window: int) -> Gate:
    """Was the outcome leaving its comparison already, just before the event?"""
    event = problem.event - window
    if event < 8:
        return Gate("pre_trend", None)
    before = estimator(problem.cut(event, problem.event))
    left = abs(before.effect) > 0.5 * abs(estimate.effect) and (before.low > 0 or before.high < 0)
    same_way = before.effect * estimate.effect > 0
    return Gate("pre_trend", not (left and same_way), {"effect": before.effect, "pre_error": estimate.pre_error})


def timing(problem: Problem, estimate: Estimate, window: int, settings: Settings) -> Gate:
    """Does the break that the data show by themselves come before the event?"""
    first = max(0, problem.event - max(window, 6))
    around = problem.cut(problem.event, problem.event + window)
    explained = _explained(around)
    values = adjusted(around, explained)[first:]
    if len(values) < 6 or np.ptp(values) == 0:
        return Gate("timing", None)
    point, step = single_change(values)
    lag = first + point - problem.event
    same_way = step * estimate.effect > 0
    return Gate("timing", not (same_way and lag < -settings.early), {"lag": float(lag), "step": step})


def _explained(problem: Problem) -> np.ndarray[tuple[int], np.dtype[np.float64]] | None:
    """What the mean of the controls explains, fitted before the event; None without controls."""
    y, controls = problem.modelled()
    if controls.shape[1] == 0:
        return None
    mean = controls.mean(axis=1)
    rows = np.column_stack([np.ones_like(mean), mean])
    slopes = np.linalg.lstsq(rows[: problem.event], y[: problem.event], rcond=None)[0]
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = rows @ slopes
    return found


def window_sensitivity(
    problem: Problem, estimate: Estimate, estimator: Estimator, window: int, settings: Settings
) -> Gate:
    """Does the effect remain with half the window, with half as much again, and with a shorter history?"""
    sizes = [size for size in (window // 2, window + window // 2) if 2 <= size <= problem.after]
    found = [estimator(problem.cut(problem.event, problem.event + size)).effect for size in sizes]
    shorter = problem.event // 3
    if problem.event - shorter >= 12:
        found.append(estimator(problem.cut(problem.event, problem.event + window, shorter)).effect)
    if not found:
        return Gate("window", None)
    least = min(effect * np.sign(estimate.effect) for effect in found)
    numbers = {"least": float(least * np.sign(estimate.effect)), "tried": float(len(found))}
    return Gate("window", bool(least >= settings.hold * abs(estimate.effect)), numbers)


def contamination(problem: Problem, space: Placebos) -> Gate:
    """Is the outcome hidden in a control, or do the controls as a whole move at the event?"""
    y, controls = problem.modelled()
    if controls.shape[1] == 0:
        return Gate("contamination", None)
    moves, others = np.diff(y), np.diff(controls, axis=0)
    usable = [unit for unit in range(others.shape[1]) if np.ptp(others[:, unit]) > 0]
    alike = max((abs(float(np.corrcoef(moves, others[:, unit])[0, 1])) for unit in usable), default=0.0)
    cried = space.excluded / len(space) if len(space) else 0.0
    return Gate("contamination", alike < 0.995 and cried <= 0.5, {"alike": alike, "controls_moved": cried})


def detectable(calibrated: Calibrated, settings: Settings, scale: str) -> Gate:
    """Could an effect that matters have been seen at all?"""
    if scale == "difference":
        return Gate("detectable", None, {"detectable": calibrated.detectable})
    share = 1.0 - float(np.exp(-calibrated.detectable))
    return Gate("detectable", share <= settings.meaningful, {"detectable": share, "meaningful": settings.meaningful})


def negative_control(found: Estimate | None, inflation: float) -> Gate:
    """Does an outcome that the event cannot have changed show an effect too?"""
    if found is None:
        return Gate("negative_control", None)
    size = abs(found.effect) / (found.own_error * inflation)
    return Gate("negative_control", bool(size < 2.0), {"effect": found.effect, "size": float(size)})
