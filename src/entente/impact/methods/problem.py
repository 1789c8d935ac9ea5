"""What every method is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from entente.errors import InputError, UsageError

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]
Matrix = np.ndarray[tuple[int, int], np.dtype[np.float64]]
#: Fewer periods than this before an event teach nothing about what would have come.
FEWEST_BEFORE = 8
FEWEST_POINTS = 8

#: The names of the methods; `registry` has what stands behind them.
METHODS = ("bsts", "its", "synthetic-control", "sdid", "did")


@dataclass(frozen=True, slots=True)
class Problem:
    """A series, the event, and series that the event did not touch.

    Args:
        dates: first day of each period, in order.
        y: the outcome on its own scale (shape: periods).
        event: number of the first period that counts as after the event.
        controls: shape (periods, controls); no columns if there are none.
        names: of the controls.
        offset: population or exposure for each period; the outcome is read as a rate. None for none.
        scale: `ratio` (effects in percent, the logarithm is modelled) or `difference`.
        per_year: periods in a year, for the seasons; 1 for none.
    """

    dates: tuple[date, ...]
    y: Floats
    event: int
    controls: Matrix
    names: tuple[str, ...] = ()
    offset: Floats | None = None
    scale: str = "ratio"
    per_year: int = 12

    @property
    def after(self) -> int:
        """Periods after the event."""
        return len(self.y) - self.event

    def modelled(self) -> tuple[Floats, Matrix]:
        """Outcome and controls on the scale that is modelled.

        Half an event is added before logarithms where a series has zeros.
        """
        y = self.y if self.offset is None else self.y / self.offset
        if self.scale == "difference":
            return y, self.controls
        floor = 0.5 if self.offset is None else 0.5 / float(self.offset.mean())
        outcome = np.log(y + (floor if (y == 0).any() else 0.0))
        # A control that can be zero or negative cannot take a logarithm: it stays as it is.
        columns = [np.log(column) if (column > 0).all() else column for column in self.controls.T]
        return outcome, np.column_stack(columns) if columns else self.controls

    def cut(self, event: int, last: int, first: int = 0) -> Problem:
        """The same question for another event period, with the periods `first` to before `last` only."""
        part = slice(first, last)
        return replace(
            self,
            dates=self.dates[part],
            y=self.y[part],
            event=event - first,
            controls=self.controls[part],
            offset=None if self.offset is None else self.offset[part],
        )

    def swapped(self, control: int) -> Problem:
        """The same question for a control: it becomes the outcome, and the others stay controls.

        The outcome itself is left out, so that a true effect cannot leak into its own comparison.
        """
        rest = [number for number in range(self.controls.shape[1]) if number != control]
        return replace(
            self,
            y=self.controls[:, control].copy(),
            controls=self.controls[:, rest],
            names=tuple(self.names[number] for number in rest),
            offset=None,
        )


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a method found, on the modelled scale (log ratio or difference), averaged over the periods after the event.

    Args:
        method: its name.
        effect: mean of outcome minus counterfactual.
        sd: its standard error or posterior standard deviation; NaN where the method has none of its own.
        low: lower end of the method's own 95 % interval, NaN for none.
        high: upper end.
        tail: one-sided tail probability of no effect, NaN for none.
        counterfactual: expected outcome had nothing happened, on the modelled scale (shape: all periods).
        band: 95 % band of it after the event, shape (periods after, 2); None for none.
        pre_error: root mean square error before the event.
        weights: of controls that count.
        diagnostics: further numbers by name.
        error: what placebo effects are compared with; by default `sd`.
    """

    method: str
    effect: float
    sd: float
    low: float
    high: float
    tail: float
    counterfactual: Floats
    band: Matrix | None
    pre_error: float
    weights: Mapping[str, float] = field(default_factory=dict)
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    error: float | None = None

    @property
    def own_error(self) -> float:
        """The method's own error of its effect, never zero."""
        return max(self.sd if self.error is None else self.error, 1e-9)


def check(problem: Problem) -> Problem:
    """The problem, if a number about it could mean anything.

    Raises:
        InputError: too few points, gaps, negative counts, a constant series.
        UsageError: the event is outside of the series, or too near to its ends.
    """
    y, count = problem.y, len(problem.y)
    if count < FEWEST_POINTS:
        raise InputError(
            f"The series has {count} points, and at least {FEWEST_POINTS} are needed.",
            remedy="Use a longer series, or a finer one: months and not years.",
        )
    if not np.isfinite(y).all():
        raise InputError(
            "The series has gaps.", remedy="Use an unbroken part of it; a missing value is never taken for zero."
        )
    if problem.scale == "ratio" and (y < 0).any():
        raise InputError(
            "The series has negative counts.",
            remedy="Correct the file, or use --scale difference if values may be negative.",
        )
    if not np.isfinite(problem.controls).all():
        raise InputError("A control series has gaps.", remedy="Leave that control out, or use an unbroken part of it.")
    if problem.offset is not None and not (np.isfinite(problem.offset) & (problem.offset > 0)).all():
        raise InputError("The offset must be above zero everywhere.", remedy="Correct the column `offset`.")
    if not 0 < problem.event < count:
        raise UsageError(
            f"The event lies outside of the series ({problem.dates[0]} to {problem.dates[-1]}).",
            remedy="Choose an event with periods on both sides.",
        )
    if problem.event < FEWEST_BEFORE:
        raise UsageError(
            f"There are {problem.event} periods before the event, and at least {FEWEST_BEFORE} are needed.",
            remedy="Use a series that begins earlier.",
        )
    if np.ptp(y[: problem.event]) == 0:
        raise InputError(
            "The series is constant before the event: nothing can be learnt from it.",
            remedy="Check the file; a constant series is often a placeholder.",
        )
    return problem
