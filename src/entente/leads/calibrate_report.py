"""What a fit of the weights says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from entente.leads.calibrate_judge import Verdict

FORMAT = "entente-calibration-1"


@dataclass(frozen=True, slots=True)
class FittedValue:
    """A weight or a cap before and after, in milli-log-odds.

    Args:
        name: rule id, `hit.<kind>`, or family.
        old: before.
        new: after.
        low: end of the 95 % interval.
        high: other end.
        outcomes: how many outcomes bear the sign, or a sign of the family.
        confirmed: how many of these were confirmed.
        free: what the fit gives when weights may be negative, where that is below 0; such a weight is set to 0.
        capped: the fitted cap of its family, where that is smaller than the weight: no more of it counts.
    """

    name: str
    old: int
    new: int
    low: int
    high: int
    outcomes: int
    confirmed: int
    free: int | None = None
    capped: int | None = None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A fit, and what it rests on.

    Args:
        counts: rows of outcomes by what became of them.
        unknown: lead ids of outcomes that none of the runs has, at most 20.
        contradictory: lead ids of outcomes that contradict one another, at most 20.
        weights: of signs.
        caps: of families.
        intercepts: log-odds of an outcome without signs, by group of runs with the same rules evaluated.
        prior_sd: standard deviation of the prior in milli-log-odds.
        trimmed: outcomes whose weight was cut.
        heaviest: the largest weight before cutting.
        max_weight: at which it was cut.
        verdict: whether it is better on outcomes not seen.
        converged: the optimum was reached.
    """

    counts: Mapping[str, int]
    unknown: tuple[str, ...]
    contradictory: tuple[str, ...]
    weights: tuple[FittedValue, ...]
    caps: tuple[FittedValue, ...]
    intercepts: tuple[float, ...]
    prior_sd: int
    trimmed: int
    heaviest: float
    max_weight: float
    verdict: Verdict
    converged: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"format": FORMAT, **asdict(self), "better": self.verdict.better}
