"""From the store to one series that means one thing.

Reported, predicted, provisional and final values, deaths by place of occurrence and of residence, months and
twelve-month sums are never put into one series. If the store holds several, the person chooses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from entente.errors import InputError, UsageError
from entente.impact.periods import STEPS, add_months, months_between, period_text
from entente.impact.store import IndicatorStore

Floats = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the values of a series are."""

    indicator: str
    geo: str
    period_kind: str
    basis: str
    kind: str
    unit: str


@dataclass(frozen=True, slots=True)
class Series:
    """Values of consecutive periods.

    Args:
        meaning: what they are.
        starts: first days of the periods, one step apart.
        values: NaN where the publisher gave none (shape: periods).
        suppressed: where it withheld one (shape: periods).
        vintages: day of release of each value, None where unknown.
        source_rows: (SHA-256, row) of each value, None for gaps.
    """

    meaning: Meaning
    starts: tuple[date, ...]
    values: Floats
    suppressed: np.ndarray[tuple[int], np.dtype[np.bool_]]
    vintages: tuple[date | None, ...]
    source_rows: tuple[tuple[str, int] | None, ...]

    @property
    def labels(self) -> list[str]:
        """The periods in writing."""
        return [period_text(start, self.meaning.period_kind) for start in self.starts]


def find_series(
    store: IndicatorStore,
    indicator: str,
    geo: str = "US",
    *,
    period_kind: str | None = None,
    basis: str | None = None,
    kind: str | None = None,
    as_of: date | None = None,
) -> Series:
    """The series of one indicator in one place as it stood on a day.

    Raises:
        InputError: there is none.
        UsageError: there are several, and the choice is the person's.
    """
    rows = store.rows(indicator=indicator, geo=geo, as_of=as_of)
    wanted = {"period_kind": period_kind, "basis": basis, "kind": kind}
    for name, value in wanted.items():
        if value is not None:
            rows = rows.filter(pa.compute.equal(rows[name], value))
    if rows.num_rows == 0:
        raise InputError(
            f"There is no {indicator} for {geo}{'' if as_of is None else f' as of {as_of}'}.",
            remedy="See what the store holds with `entente impact show`; a file without a known release day is "
            "in no past vintage.",
        )
    found = sorted({tuple(item) for item in zip(*(rows[name].to_pylist() for name in (*wanted, "unit")), strict=True)})
    if len(found) > 1:
        listed = "; ".join(f"{period} values, {how} by {where} ({unit})" for period, where, how, unit in found)
        raise UsageError(
            f"{indicator} for {geo} is held in {len(found)} meanings that must not be mixed: {listed}.",
            remedy="Choose one with --period, --basis and --kind.",
        )
    meaning = Meaning(indicator, geo, found[0][0], found[0][1], found[0][2], found[0][3])
    return _consecutive(meaning, rows)


def _consecutive(meaning: Meaning, rows: pa.Table) -> Series:
    step = STEPS[meaning.period_kind]
    held = {row["period_start"]: row for row in rows.to_pylist()}
    first, last = min(held), max(held)
    starts = tuple(add_months(first, step * number) for number in range(months_between(first, last) // step + 1))
    found = [held.get(start) for start in starts]
    return Series(
        meaning,
        starts,
        np.array([np.nan if row is None or row["value"] is None else row["value"] for row in found], np.float64),
        np.array([row is not None and row["suppressed"] for row in found], np.bool_),
        tuple(None if row is None else row["published_at"] for row in found),
        tuple(None if row is None else (row["source_sha256"], row["row"]) for row in found),
    )


def require_monthly(series: Series) -> Series:
    """The series, if its values are of single months.

    Raises:
        UsageError: they are sums over twelve months, or of longer periods.
    """
    if series.meaning.period_kind == "months12":
        raise UsageError(
            f"{series.meaning.indicator} for {series.meaning.geo} is a sum over twelve months that ends with "
            f"each month; "
            "neighbours share eleven months, so that any change looks smooth and late.",
            remedy="Take months out of it exactly with --seed-kind and --seed-basis, which name monthly values "
            "of the first twelve "
            "months (see `entente impact show --deaccumulate`).",
        )
    if series.meaning.period_kind != "month":
        raise UsageError(
            f"{series.meaning.indicator} for {series.meaning.geo} is by {series.meaning.period_kind}, and "
            f"months are needed.",
            remedy="Import a monthly file, or hand the values in as a CSV file with a date for each.",
        )
    return series


def deaccumulate(sums: Series, monthly: Series) -> Series:
    """Single months out of twelve-month sums: m(t) = S(t) - S(t-1) + m(t-12), exact from twelve known months on.

    The twelve months of the first sum that `monthly` holds in full are the seed. Values of another basis would make the
    months wrong by the difference of the bases, so that the seed must agree with the first sum.

    Args:
        sums: a series of kind `months12` without gaps.
        monthly: months of the same indicator and place.

    Raises:
        InputError: there is a gap, the seed does not cover twelve months, or it does not add up to the sum.
    """
    if sums.meaning.period_kind != "months12" or monthly.meaning.period_kind != "month":
        raise UsageError("This takes twelve-month sums and months.", remedy="Name a months12 series and a monthly one.")
    if np.isnan(sums.values).any():
        raise InputError("The twelve-month sums have gaps or suppressed cells.", remedy="Choose a place without them.")
    held = dict(zip(monthly.starts, monthly.values, strict=True))
    at, seed = 0, [float("nan")]
    for at, start in enumerate(sums.starts):  # noqa: B007 - the place of the seed is used below
        seed = [held.get(add_months(start, month), np.nan) for month in range(12)]
        if not np.isnan(seed).any():
            break
    else:
        raise InputError(
            "No twelve-month sum is covered by monthly values.", remedy="Import the monthly final file too."
        )
    if abs(sum(seed) - sums.values[at]) > 0.5:
        raise InputError(
            f"The months of {period_text(start, 'months12')} add up to {sum(seed):,.0f}, and the sum says "
            f"{sums.values[at]:,.0f}.",
            remedy="Take seed months of the same basis and coverage: a difference here would repeat every "
            "twelve months.",
        )
    months: list[float] = [float(value) for value in seed]
    for number in range(at + 1, len(sums.values)):
        months.append(float(sums.values[number] - sums.values[number - 1] + months[number - at - 1]))
    values = np.array(months, np.float64)
    if (values < -0.5).any():
        raise InputError(
            "Months taken out of the sums are negative: the sums were revised unevenly.",
            remedy="Use sums of one release.",
        )
    starts = tuple(add_months(start, number) for number in range(len(values)))
    meaning = Meaning(
        sums.meaning.indicator, sums.meaning.geo, "month", sums.meaning.basis, sums.meaning.kind, sums.meaning.unit
    )
    sources = (*((None,) * 12), *sums.source_rows[at + 1 :])
    vintages = (*((None,) * 12), *sums.vintages[at + 1 :])
    return Series(meaning, starts, values, np.zeros(len(values), np.bool_), vintages, sources)


def whole_run(series: Series, around: date) -> Series:
    """The longest part without a gap or a suppressed cell that holds the day `around`.

    Raises:
        InputError: the value of that day is itself missing, or the day lies outside.
    """
    at = next((number for number, start in enumerate(series.starts) if start <= around < _after(series, number)), None)
    if at is None:
        raise InputError(
            f"The day {around} lies outside of the series ({series.labels[0]} to {series.labels[-1]}).",
            remedy="Choose a day inside, with periods on both sides.",
        )
    missing = np.isnan(series.values)
    if missing[at]:
        raise InputError(
            f"The value of {series.labels[at]} is {'suppressed' if series.suppressed[at] else 'missing'}.",
            remedy="Choose a larger place or a longer period: a missing value is never taken for zero.",
        )
    before = [number for number in range(at) if missing[number]]
    after = [number for number in range(at + 1, len(missing)) if missing[number]]
    return part(series, (before[-1] + 1) if before else 0, after[0] if after else len(missing))


def _after(series: Series, number: int) -> date:
    return add_months(series.starts[number], STEPS[series.meaning.period_kind])


def part(series: Series, first: int, last: int) -> Series:
    """Periods `first` to before `last`."""
    cut = slice(first, last)
    return Series(
        series.meaning,
        series.starts[cut],
        series.values[cut],
        series.suppressed[cut],
        series.vintages[cut],
        series.source_rows[cut],
    )


def aligned(series: Sequence[Series]) -> list[Series]:
    """The same series over the periods that all have.

    Raises:
        InputError: they have none in common, or are not of one kind of period.
    """
    if len({one.meaning.period_kind for one in series}) > 1:
        raise InputError("Series of different periods cannot stand side by side.", remedy="Choose one kind of period.")
    first, last = max(one.starts[0] for one in series), min(one.starts[-1] for one in series)
    if first > last:
        raise InputError("The series have no period in common.", remedy="Choose controls that cover the same years.")
    return [part(one, one.starts.index(first), one.starts.index(last) + 1) for one in series]
