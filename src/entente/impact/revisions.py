"""How a number changed from release to release: triangle, n-th release, mean revision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from entente.impact.periods import period_text
from entente.impact.series import Meaning
from entente.impact.store import IndicatorStore


@dataclass(frozen=True, slots=True)
class Triangle:
    """Releases of a series side by side.

    Args:
        meaning: what the values are.
        periods: in writing, in order.
        starts: their first days.
        releases: known days of release, in order.
        values: shape (periods, releases); NaN where a release does not give a period.
    """

    meaning: Meaning
    periods: tuple[str, ...]
    starts: tuple[date, ...]
    releases: tuple[date, ...]
    values: np.ndarray[tuple[int, int], np.dtype[np.float64]]

    def nth_release(self, number: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """The value of each period in the `number`-th release that gave it (1 is the first); NaN for fewer."""
        given = ~np.isnan(self.values)
        rank = np.cumsum(given, axis=1)
        chosen = given & (rank == number)
        return np.where(chosen.any(axis=1), np.nansum(np.where(chosen, self.values, 0.0), axis=1), np.nan)

    def bias(self) -> tuple[float, float, int]:
        """Mean and standard deviation of (last - first) / first over periods with two releases, and their number.

        NaN for the mean if there is none, and for the deviation if there is only one.
        """
        counts = (~np.isnan(self.values)).sum(axis=1)
        changes = []
        for row, count in zip(self.values, counts, strict=True):
            given = row[~np.isnan(row)]
            if count >= 2 and given[0] != 0:
                changes.append((given[-1] - given[0]) / given[0])
        if not changes:
            return float("nan"), float("nan"), 0
        spread = float(np.std(changes, ddof=1)) if len(changes) > 1 else float("nan")
        return float(np.mean(changes)), spread, len(changes)


def triangles(store: IndicatorStore, indicator: str, geo: str = "US", as_of: date | None = None) -> Sequence[Triangle]:
    """One triangle for each meaning that the store holds of an indicator, of releases whose day is known."""
    grouped: dict[Meaning, dict[tuple[date, date], float]] = {}
    for row in store.rows(indicator=indicator, geo=geo, as_of=as_of, latest=False).to_pylist():
        if row["published_at"] is None or row["value"] is None:
            continue
        meaning = Meaning(indicator, geo, row["period_kind"], row["basis"], row["kind"], row["unit"])
        grouped.setdefault(meaning, {})[row["period_start"], row["published_at"]] = row["value"]
    return [_triangle(meaning, cells) for meaning, cells in grouped.items()]


def _triangle(meaning: Meaning, cells: dict[tuple[date, date], float]) -> Triangle:
    starts = tuple(sorted({start for start, _ in cells}))
    releases = tuple(sorted({release for _, release in cells}))
    values = np.full((len(starts), len(releases)), np.nan)
    for (start, release), value in cells.items():
        values[starts.index(start), releases.index(release)] = value
    return Triangle(
        meaning, tuple(period_text(start, meaning.period_kind) for start in starts), starts, releases, values
    )
