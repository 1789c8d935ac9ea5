"""From a question to a verdict: the method, its placebos, its gates, and what may be said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from entente.errors import UsageError
from entente.impact.gates import checks, placebo
from entente.impact.gates.calibration import Calibrated, calibrate
from entente.impact.gates.checks import Gate
from entente.impact.gates.settings import DEFAULT, Settings
from entente.impact.methods.changepoints import adjusted, changes
from entente.impact.methods.problem import Estimate, Floats, Problem, check
from entente.impact.methods.registry import ASSUMPTIONS, PANEL, full, light

VERDICTS = ("supported", "not_supported", "not_established")
EXPECTATIONS = ("any", "decrease", "increase")
#: Gates that must not fail for `supported`, in the order in which a failure is told.
_DECISIVE = ("placebo_time", "contamination", "negative_control", "pre_trend", "timing", "placebo_space", "window")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Args:
        problem: the series, the event, the controls.
        method: one of `METHODS`.
        window: periods after the event that are looked at; None for a year's (or all there are, if fewer).
        expect: which way the change was claimed to go.
        tests: how many such questions are asked together (outcomes, places, dates).
        seed: of the random numbers.
        settings: of the gates.
        negative: an outcome that the event cannot have changed, over the same periods.
    """

    problem: Problem
    method: str = "bsts"
    window: int | None = None
    expect: str = "any"
    tests: int = 1
    seed: int = 1
    settings: Settings = DEFAULT
    negative: Floats | None = None


@dataclass(frozen=True, slots=True)
class EffectResult:
    """The answer. Effects are shares of change (`ratio`: -0.4 is 40 % less) or differences, averaged over the window.

    Args:
        method: how it was estimated.
        scale: `ratio` or `difference`.
        event: first period after the event.
        window: periods looked at.
        estimate: the effect.
        interval: calibrated interval.
        own_interval: the method's own 95 % interval, before its placebos were looked at.
        probability: that the change goes the way it seems to, after calibration.
        detectable: smallest effect that would be found in four of five cases.
        verdict: `supported`, `not_supported` or `not_established`.
        reason: key of the words for the verdict.
        gates: all of them, failed ones too.
        expect: which way was claimed.
        assumptions: keys of what the method takes for granted.
        weights: of controls.
        change_points: dates at which the series changed by itself.
        dates: of all periods looked at.
        observed: the outcome (shape: periods), on its own scale.
        expected: counterfactual on the same scale.
        band: 95 % band after the event, shape (window, 2), or None.
        numbers: further numbers.
    """

    method: str
    scale: str
    event: date
    window: int
    estimate: float
    interval: tuple[float, float]
    own_interval: tuple[float, float]
    probability: float
    detectable: float
    verdict: str
    reason: str
    gates: tuple[Gate, ...]
    expect: str
    assumptions: tuple[str, ...]
    weights: Mapping[str, float]
    change_points: tuple[date, ...]
    dates: tuple[date, ...]
    observed: Floats
    expected: Floats
    band: np.ndarray[tuple[int, int], np.dtype[np.float64]] | None
    numbers: Mapping[str, float] = field(default_factory=dict)

    def gate(self, name: str) -> Gate:
        """One gate by its name."""
        return next(gate for gate in self.gates if gate.name == name)


def measure(question: Question) -> EffectResult:
    """Estimate, run the gates, and give a verdict.

    Raises:
        InputError: the series cannot carry a number (gaps, negative counts, too short, constant).
        UsageError: the event is outside of it, or the method needs controls that are not there.
    """
    problem = check(question.problem)
    window = _window(question)
    settings = question.settings
    estimator, quick = full(question.method, question.seed), light(question.method, question.seed)
    if question.method in PANEL and problem.controls.shape[1] < 2:
        raise UsageError(
            f"{question.method} needs at least two controls.", remedy="Name them with --controls, or use --method bsts."
        )
    found = estimator(problem.cut(problem.event, problem.event + window))
    time = placebo.in_time(problem, quick, window, settings)
    space = placebo.in_space(problem, quick, window, settings)
    calibrated = calibrate(found, time, space, settings, question.tests)
    gates = (
        checks.placebo_time(time, settings),
        checks.placebo_space(found, space, settings),
        checks.pre_trend(problem, found, quick, window),
        checks.timing(problem, found, window, settings),
        checks.window_sensitivity(problem, found, quick, window, settings),
        checks.contamination(problem, space),
        checks.negative_control(_negative(question, window, quick), calibrated.inflation),
        checks.detectable(calibrated, settings, problem.scale),
        Gate("multiple_testing", None, {"tests": float(question.tests)}),
    )
    verdict, reason = judge(calibrated, gates, question.expect, settings, problem.scale)
    return _result(question, window, found, calibrated, gates, verdict, reason)


def judge(
    calibrated: Calibrated, gates: tuple[Gate, ...], expect: str, settings: Settings, scale: str
) -> tuple[str, str]:
    """Verdict and the key of its reason."""
    by_name = {gate.name: gate for gate in gates}
    if by_name["placebo_time"].passed is None:
        return "not_established", "no_placebos"
    if not by_name["placebo_time"].passed:
        return "not_established", "gate_placebo_time"
    way = -1 if calibrated.high < 0 else 1 if calibrated.low > 0 else 0
    wanted = {"any": (-1, 1), "decrease": (-1,), "increase": (1,)}[expect]
    failed = next((name for name in _DECISIVE if by_name[name].passed is False), None)
    if way in wanted:
        return ("not_established", f"gate_{failed}") if failed else ("supported", "clear")
    if way != 0:
        return ("not_established", f"gate_{failed}") if failed else ("not_supported", "other_way")
    if scale == "ratio" and _rules_out(calibrated, wanted, settings.meaningful):
        unfit = next((name for name in ("contamination", "negative_control") if by_name[name].passed is False), None)
        return ("not_established", f"gate_{unfit}") if unfit else ("not_supported", "too_small")
    return "not_established", "too_noisy"


def _rules_out(calibrated: Calibrated, wanted: tuple[int, ...], meaningful: float) -> bool:
    """Whether the interval leaves no room for a change that would matter, on any side that was claimed."""
    down, up = float(np.log(1.0 - meaningful)), float(np.log(1.0 + meaningful))
    return all(calibrated.low > down if way < 0 else calibrated.high < up for way in wanted)


def _window(question: Question) -> int:
    problem = question.problem
    usual = {1: problem.after, 4: 4, 12: 12, 52: 26, 365: 60}.get(problem.per_year, problem.after)
    if question.window is None:
        return min(problem.after, usual)
    if not 1 <= question.window <= problem.after:
        raise UsageError(
            f"The window is {question.window} periods, and {problem.after} follow the event.",
            remedy=f"Choose a window from 1 to {problem.after}.",
        )
    return question.window


def _negative(question: Question, window: int, quick: placebo.Estimator) -> Estimate | None:
    if question.negative is None:
        return None
    problem = question.problem
    other = Problem(
        problem.dates,
        question.negative,
        problem.event,
        problem.controls,
        problem.names,
        None,
        problem.scale,
        problem.per_year,
    )
    return quick(check(other).cut(problem.event, problem.event + window))


def _result(
    question: Question,
    window: int,
    found: Estimate,
    calibrated: Calibrated,
    gates: tuple[Gate, ...],
    verdict: str,
    reason: str,
) -> EffectResult:
    problem = question.problem
    part = problem.cut(problem.event, problem.event + window)
    ratio = problem.scale == "ratio"

    def shown(value: float) -> float:
        return float(np.expm1(value)) if ratio else float(value)

    def back(values: Floats) -> Floats:
        grown = np.exp(values) if ratio else values
        result: Floats = grown if part.offset is None else grown * part.offset[-len(values) :]
        return result

    points = changes(adjusted(part)) if len(part.y) >= 12 else []
    band = None if found.band is None else np.column_stack([back(found.band[:, side]) for side in (0, 1)])
    return EffectResult(
        method=found.method,
        scale=problem.scale,
        event=problem.dates[problem.event],
        window=window,
        estimate=shown(found.effect),
        interval=(shown(calibrated.low), shown(calibrated.high)),
        own_interval=(shown(found.low), shown(found.high)),
        probability=1.0 - calibrated.tail,
        detectable=1.0 - float(np.exp(-calibrated.detectable)) if ratio else calibrated.detectable,
        verdict=verdict,
        reason=reason,
        gates=gates,
        expect=question.expect,
        assumptions=ASSUMPTIONS[question.method],
        weights=found.weights,
        change_points=tuple(part.dates[point] for point in points),
        dates=part.dates,
        observed=part.y,
        expected=back(found.counterfactual),
        band=band,
        numbers={"inflation": calibrated.inflation, "tests": float(question.tests), "pre_error": found.pre_error},
    )
