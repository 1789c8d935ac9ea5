"""Layouts of the official files: which columns, and one SQL statement that says what a row means.

Sources of the layouts: NCHS, VSRR Provisional Drug Overdose Death Counts (data.cdc.gov, xkb8-kh2a); CDC WONDER,
Multiple Cause of Death; CBP, Drug Seizure Statistics; DEA, NFLIS-Drug; Public Health Agency of Canada, Opioid- and
Stimulant-related Harms. A statement sees the text of the rows as `raw` and the spellings of places as `spelt`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from entente.errors import InputError
from entente.impact.catalogue import catalogue
from entente.impact.loaders import statements as sql
from entente.impact.loaders.gathering import as_it_is, cbp_notes, no_notes, summed
from entente.impact.periods import parse_period

SOURCES = ("vsrr", "wonder", "cbp", "nflis", "canada", "csv")


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which a source writes its file.

    Args:
        source: whose file it is.
        name: its name in accounts.
        columns: field -> header names that are accepted for it, folded to lower case and single spaces.
        needed: fields without which it is not this layout.
        cells: SQL over `raw`: one row for each value a row of the file may give.
        asks_indicator: the file does not say what it counts.
        parameters: release facts that the SQL uses.
        tables: further tables for the SQL.
        gathered: puts values of several rows together where the file is finer than an indicator.
        notes: what a person should know of this file.
    """

    source: str
    name: str
    columns: Mapping[str, tuple[str, ...]]
    needed: tuple[str, ...]
    cells: str
    asks_indicator: bool = False
    parameters: tuple[str, ...] = ()
    tables: Mapping[str, Callable[[pa.Table], pa.Table]] = field(default_factory=dict)
    gathered: Callable[[pa.Table], pa.Table] = as_it_is
    notes: Callable[[pa.Table, pa.Table], tuple[str, ...]] = no_notes

    @property
    def sql(self) -> str:
        """The whole statement: the cells, and the fate of each."""
        again = sql.AGAIN if self.gathered is as_it_is else "null"
        return sql.FATES.format(cells=self.cells, again=again)


_T40 = {
    "number of drug overdose deaths": "overdose-deaths",
    "number of deaths": "all-deaths",
    "percent with drugs specified": "drugs-specified-percent",
    "heroin (t40.1)": "overdose-deaths-t401",
    "natural & semi-synthetic opioids (t40.2)": "overdose-deaths-t402",
    "methadone (t40.3)": "overdose-deaths-t403",
    "synthetic opioids, excl. methadone (t40.4)": "overdose-deaths-t404",
    "cocaine (t40.5)": "overdose-deaths-t405",
    "psychostimulants with abuse potential (t43.6)": "overdose-deaths-t436",
    "opioids (t40.0-t40.4,t40.6)": "overdose-deaths-opioids",
    "natural & semi-synthetic opioids, incl. methadone (t40.2, t40.3)": "overdose-deaths-t402-t403",
    "natural, semi-synthetic, & synthetic opioids, incl. methadone (t40.2-t40.4)": "overdose-deaths-t402-t404",
}


def _periods(raw: pa.Table) -> pa.Table:
    """Periods as the rows write them -> first day and kind; what cannot be read is left out, and so quarantined."""
    rows = []
    for said in raw["period"].unique().to_pylist():
        try:
            start, kind = parse_period(said or "")
        except InputError:
            continue
        rows.append({"said": said.strip(), "period_start": start, "period_kind": kind})
    schema = pa.schema({"said": pa.string(), "period_start": pa.date32(), "period_kind": pa.string()})
    return pa.Table.from_pylist(rows, schema)


def _labels(raw: pa.Table) -> pa.Table:  # noqa: ARG001 - the shape that a layout asks for
    """Indicator of the provisional counts in the publisher's words -> id and unit."""
    known = catalogue()
    return pa.table(
        {"label": list(_T40), "id": list(_T40.values()), "unit": [known[key].unit for key in _T40.values()]}
    )


_VINTAGE = ("vintage", "published", "published at")
_CBP_COLUMNS = {
    "component": ("component",),
    "region": ("region", "land filter", "coastal interior"),
    "drug": ("drug type",),
    "events": ("count of event", "count of events", "event count"),
    "weight": ("sum qty lbs", "sum quantity lbs", "sum qty lb"),
}

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        "vsrr",
        "12-month-ending counts",
        {
            "geo": ("state", "jurisdiction", "jurisdiction occurrence"),
            "year": ("year",),
            "month": ("month",),
            "indicator": ("indicator", "drug involved"),
            "value": ("data value", "reported value"),
            "predicted": ("predicted value",),
            "vintage": _VINTAGE,
        },
        ("year", "month", "value", "predicted"),
        sql.VSRR_STATE,
        parameters=("indicator",),
        tables={"labels": _labels},
    ),
    Layout(
        "vsrr",
        "12 months to December",
        {
            "year": ("year",),
            "geo": ("state name",),
            "indicator": ("indicator",),
            "value": ("total deaths",),
            "vintage": _VINTAGE,
        },
        ("year", "geo", "indicator", "value"),
        sql.VSRR_YEAR,
        tables={"labels": _labels},
    ),
    Layout(
        "wonder",
        "deaths by month",
        {
            "notes": ("notes",),
            "geo": ("state", "residence state", "occurrence state"),
            "month": ("month code", "month"),
            "value": ("deaths",),
            "vintage": _VINTAGE,
        },
        ("month", "value"),
        sql.WONDER,
        asks_indicator=True,
        parameters=("indicator", "kind"),
    ),
    Layout(
        "cbp",
        "fiscal year and month",
        _CBP_COLUMNS
        | {"fiscal": ("fy", "fiscal year"), "month": ("month abbv", "month", "month grouping"), "vintage": _VINTAGE},
        ("fiscal", "month", "region", "drug", "events", "weight"),
        sql.CBP.format(day=sql.FISCAL, published="cleaned(r.vintage)", approximate="false"),
        gathered=summed,
        notes=cbp_notes,
    ),
    Layout(
        "cbp",
        "calendar month",
        _CBP_COLUMNS | {"month": ("month",), "vintage": ("vintage approx",)},
        ("month", "region", "drug", "events", "weight", "vintage"),
        sql.CBP.format(
            day="day_of(left(trim(r.month), 4), try_cast(substr(trim(r.month), 6) as int))",
            published="cleaned(r.vintage)",
            approximate="true",
        ),
        gathered=summed,
        notes=cbp_notes,
    ),
    Layout(
        "nflis",
        "half-years",
        {
            "substance": ("base description",),
            "geo": ("state",),
            "period": ("half",),
            "value": ("drug reports",),
            "vintage": _VINTAGE,
        },
        ("substance", "geo", "period", "value"),
        sql.NFLIS.format(
            period="""case when regexp_matches(trim(r.period), '^\\d{4}SA[12]$') then day_of(left(trim(r.period), 4),
            6 * try_cast(right(trim(r.period), 1) as int) - 5) end as period_start, 'half' as period_kind"""
        ),
        gathered=summed,
    ),
    Layout(
        "nflis",
        "years",
        {
            "substance": ("base description",),
            "geo": ("state",),
            "period": ("yyyy", "year"),
            "value": ("drug reports",),
            "vintage": _VINTAGE,
        },
        ("substance", "geo", "period", "value"),
        sql.NFLIS.format(period="day_of(trim(r.period), 1) as period_start, 'year' as period_kind"),
        gathered=summed,
    ),
    Layout(
        "canada",
        "deaths by quarter and year",
        {
            "substance": ("substance",),
            "what": ("source",),
            "geo": ("region",),
            "period": ("year quarter",),
            "aggregator": ("aggregator",),
            "disaggregator": ("disaggregator",),
            "unit": ("unit",),
            "value": ("value",),
            "vintage": _VINTAGE,
        },
        ("substance", "what", "geo", "period", "aggregator", "disaggregator", "unit", "value"),
        sql.CANADA,
    ),
    Layout(
        "csv",
        "one value a row",
        {
            "indicator": ("indicator",),
            "geo": ("geo", "place"),
            "period": ("period",),
            "value": ("value",),
            "basis": ("basis",),
            "kind": ("kind",),
            "unit": ("unit",),
            "suppressed": ("suppressed",),
            "vintage": _VINTAGE,
        },
        ("geo", "period", "value"),
        sql.CSV,
        parameters=("indicator", "kind"),
        tables={"periods": _periods},
    ),
)


def layouts_of(source: str) -> tuple[Layout, ...]:
    """The layouts of one source, the fullest first."""
    return tuple(layout for layout in LAYOUTS if layout.source == source)
