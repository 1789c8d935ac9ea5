"""Sums where a file is finer than an indicator: seizures by component and office, laboratory reports by substance."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa

from entente.impact.periods import add_months

_SUM = """
with parts as (
  select * from finer union all by name
  select * replace (regexp_extract(geo, '^[A-Z]{2}') as geo) from finer)
select min(row) as row, indicator, geo, period_start, period_kind, basis, kind, sum(value) as value,
  any_value(unit) as unit, false as suppressed, published, approximate
from parts group by indicator, geo, period_start, period_kind, basis, kind, published, approximate
order by all
"""


def as_it_is(table: pa.Table) -> pa.Table:
    """A file whose rows are the observations."""
    return table


def summed(table: pa.Table) -> pa.Table:
    """Sums over the rows of the same place and period, and of all places together for the country.

    The sources that need it (seizures, laboratory reports) suppress nothing, so that a sum hides nothing.
    """
    with duckdb.connect() as con:
        con.register("finer", table.drop_columns(["fate", "reason"]))
        return con.sql(_SUM).to_arrow_table()


def no_notes(taken: pa.Table, observations: pa.Table) -> tuple[str, ...]:  # noqa: ARG001 - the shape that a layout asks for
    """Nothing to say."""
    return ()


def cbp_notes(taken: pa.Table, observations: pa.Table) -> tuple[str, ...]:  # noqa: ARG001 - the shape that a layout asks for
    """Which fiscal year the file leaves unfinished."""
    months: set[date] = set(observations["period_start"].to_pylist())
    if not months:
        return ()
    last = max(months)
    if last.month == 9:
        return ()
    begun = date(last.year if last.month >= 10 else last.year - 1, 10, 1)
    held = sum(begun <= month <= last for month in months)
    name = f"Fiscal year {add_months(begun, 3).year} is unfinished: {held} of 12 months."
    return (f"{name} It is kept by month and never added up.",)
