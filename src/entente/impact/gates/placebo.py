"""Effects where nothing happened: at earlier dates of the series, and at the event's date in series it did not touch.

In time: Bertrand, Duflo and Mullainathan (QJE 119, 2004); in space: Abadie et al. (JASA 105, 2010). A method's
own error is scaled up by how far its placebo effects strayed compared with what it said of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from entente.impact.gates.settings import Settings
from entente.impact.methods.problem import Estimate, Floats, Problem

Estimator = Callable[[Problem], Estimate]


@dataclass(frozen=True, slots=True)
class Placebos:
    """Placebo effects and the method's own error of each.

    Args:
        effects: on the modelled scale.
        errors: the method's own standard errors (or errors before the event, where it has none).
        excluded: how many of the method's own 95 % intervals exclude zero.
        where: numbers of the event periods or of the controls.
        independent: how many of them do not overlap.
    """

    effects: Floats
    errors: Floats
    excluded: int
    where: tuple[int, ...]
    independent: int

    def __len__(self) -> int:
        return len(self.effects)

    @property
    def inflation(self) -> float:
        """Root mean square of effect over own error: 1 if the method's errors are right; NaN for none."""
        return float(np.sqrt(np.mean((self.effects / self.errors) ** 2))) if len(self) else float("nan")

    @property
    def spread(self) -> float:
        """Root mean square effect; NaN for none."""
        return float(np.sqrt(np.mean(self.effects**2))) if len(self) else float("nan")


def in_time(problem: Problem, estimator: Estimator, window: int, settings: Settings) -> Placebos:
    """The method at earlier dates, each with a window that ends before the event."""
    fewest = least_history(problem)
    last = problem.event - window
    dates = np.arange(fewest, last + 1) if last >= fewest else np.arange(0)
    if len(dates) > settings.most_placebos:
        dates = np.unique(np.round(np.linspace(fewest, last, settings.most_placebos)).astype(int))
    found = [estimator(problem.cut(int(at), int(at) + window)) for at in dates if np.ptp(problem.y[: int(at)]) > 0]
    kept = tuple(int(at) for at in dates if np.ptp(problem.y[: int(at)]) > 0)
    return _placebos(found, kept, max(1, (last - fewest) // window + 1) if kept else 0)


def in_space(problem: Problem, estimator: Estimator, window: int, settings: Settings) -> Placebos:
    """The method on controls, at the event's own date; the outcome is not among their controls."""
    units = problem.controls.shape[1]
    if units < 3:
        return _placebos([], (), 0)
    cut = problem.cut(problem.event, problem.event + window)
    usable = [unit for unit in range(units) if _can_be_outcome(cut, unit)]
    if len(usable) > settings.most_placebos:
        usable = [
            usable[int(at)] for at in np.unique(np.round(np.linspace(0, len(usable) - 1, settings.most_placebos)))
        ]
    return _placebos([estimator(cut.swapped(unit)) for unit in usable], tuple(usable), len(usable))


def least_history(problem: Problem) -> int:
    """Periods before a placebo event: a year and a half, or a third of what there is, but never fewer than eight."""
    return max(8, min(problem.event // 3, max(8, 3 * problem.per_year // 2)))


def _can_be_outcome(problem: Problem, unit: int) -> bool:
    values = problem.controls[:, unit]
    return bool(np.ptp(values[: problem.event]) > 0 and (problem.scale == "difference" or (values >= 0).all()))


def _placebos(found: list[Estimate], where: tuple[int, ...], independent: int) -> Placebos:
    return Placebos(
        np.array([one.effect for one in found]),
        np.array([one.own_error for one in found]),
        sum(1 for one in found if one.low > 0 or one.high < 0),
        where,
        independent,
    )
