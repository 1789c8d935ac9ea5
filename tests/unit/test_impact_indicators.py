"""Official files to observations and series: every row accounted for, nothing mixed, nothing invented."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from entente.errors import InputError, UsageError
from entente.impact.loaders import Release, load
from entente.impact.revisions import triangles
from entente.impact.series import deaccumulate, find_series, require_monthly, whole_run
from entente.impact.store import IndicatorStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)
VSRR = (
    "State,Year,Month,Period,Indicator,Data Value,Predicted Value,Footnote\n"
    'US,2022,December,12 month-ending,Number of Drug Overdose Deaths,"109,413",111451,\n'
    "AK,2022,December,12 month-ending,Heroin (T40.1),,,Numbers are suppressed\n"
    "NY,2022,December,12 month-ending,Heroin (T40.1),51,52,\n"
    "ZZ,2022,December,12 month-ending,Heroin (T40.1),51,52,\n"
    "AK,2022,Smarch,12 month-ending,Heroin (T40.1),51,52,\n"
    "AL,2022,May,12 month-ending,Heroin (T40.1),-4,52,\n"
    "AL,2022,June,12 month-ending,Heroin (T40.1),many,52,\n"
    "AL,2022,July\n"
)
WONDER = (
    '"Notes"\t"State"\t"State Code"\t"Month"\t"Month Code"\tDeaths\n'
    '\t"Ohio"\t"39"\t"Jan., 2018"\t"2018/01"\t258\n'
    '\t"Ohio"\t"39"\t"Feb., 2018"\t"2018/02"\tSuppressed\n'
    '"Total"\t"Ohio"\t"39"\t\t\t258\n'
    '"---"\n'
    '"Dataset: Multiple Cause of Death, 2018-2023"\n'
)


def release(**more: str) -> Release:
    return Release(NOW, **more)


def test_provisional_counts_keep_reported_and_predicted_apart_and_suppressed_suppressed():
    loaded = load("vsrr", VSRR.encode(), release(published="2024-05"))
    assert loaded.account.rows == 8
    assert loaded.account.fates == {"taken": 2, "suppressed": 1, "quarantined": 5}
    assert dict(loaded.account.quarantine) == {
        5: "unknown place",
        6: "unknown period",
        7: "the value is negative",
        8: "the value is not a number",
        9: "3 cells where the header has 8",
    }
    rows = loaded.observations.to_pylist()
    alaska = next(row for row in rows if row["geo"] == "US-AK")
    assert (alaska["value"], alaska["suppressed"]) == (None, True)
    national = {row["kind"]: row["value"] for row in rows if row["geo"] == "US"}
    assert national == {"reported": 109_413, "predicted": 111_451}
    assert {row["period_kind"] for row in rows} == {"months12"}
    # New York City is reported apart, so that the row of the state is the rest of it.
    assert "US-NY:rest" in {row["geo"] for row in rows}


def test_an_export_with_notes_and_totals_is_accounted_for():
    loaded = load("wonder", WONDER.encode(), release(indicator="overdose-deaths-t404"))
    assert loaded.account.fates == {"taken": 1, "suppressed": 1, "total": 1, "note": 2}
    assert sum(loaded.account.fates.values()) == loaded.account.rows
    assert [row["value"] for row in loaded.observations.to_pylist()] == [258, None]


def test_a_file_that_does_not_say_what_it_counts_asks():
    with pytest.raises(InputError, match="does not say what it counts") as caught:
        load("wonder", WONDER.encode(), release())
    assert "--indicator" in caught.value.remedy


def test_changed_columns_are_named():
    with pytest.raises(InputError, match="columns") as caught:
        load("cbp", b"FY,Month,Port,Kilos\n2024,OCT,X,1\n", release())
    assert "drug" in caught.value.remedy


def test_seizures_are_added_over_components_and_an_unfinished_fiscal_year_is_said():
    text = (
        "FY,Month (abbv),Component,Region,Land Filter,Area of Responsibility,Drug Type,Count of Event,Sum Qty (lbs)\n"
        "2024,SEP,Office of Field Operations,Southwest Border,Land,Tucson,Fentanyl,2,10.5\n"
        "2024,SEP,U.S. Border Patrol,Southwest Border,Land,Tucson,Fentanyl,1,4.5\n"
        "2025 (FYTD),OCT,U.S. Border Patrol,Northern Border,Land,Detroit,Fentanyl,1,2\n"
    )
    loaded = load("cbp", text.encode(), release())
    held = {
        (row["indicator"], row["geo"], row["period_start"]): row["value"] for row in loaded.observations.to_pylist()
    }
    assert held["seizures-fentanyl-weight", "US:southwest-border", date(2024, 9, 1)] == 15
    assert held["seizures-fentanyl-events", "US", date(2024, 10, 1)] == 1
    assert loaded.account.notes == (
        "Fiscal year 2025 is unfinished: 1 of 12 months. It is kept by month and never added up.",
    )


def test_laboratory_reports_and_deaths_of_canada():
    header = "BASE_DESCRIPTION,STATE,half,DRUG_REPORTS\n"
    nflis = header + "Fentanyl,OH,2019SA1,5\n4-ANPP,OH,2019SA1,2\nX fentanyl,OH,2019SA2,1\n"
    rows = load("nflis", nflis.encode(), release()).observations.to_pylist()
    assert {(row["indicator"], row["geo"]) for row in rows} == {
        (f"nflis-fentanyl{end}", geo) for end in ("", "-precursors", "-analogues") for geo in ("US", "US-OH")
    }
    canada = (
        "Substance,Source,Region,Year_Quarter,Aggregator,Disaggregator,Unit,Value\n"
        "Opioids,Deaths,Canada,2024 Q1,,,Number,1816\nOpioids,Deaths,Yukon,2024,,,Number,Suppr.\n"
        "Opioids,Deaths,Canada,2025 (Jan to Sep),,,Number,4000\nOpioids,Deaths,Yukon,2023,,,Number,\n"
    )
    account = load("canada", canada.encode(), release()).account
    assert account.fates == {"taken": 1, "suppressed": 1, "empty": 1, "unfinished": 1}


def test_the_same_number_twice_is_no_number():
    text = "indicator,geo,period,value\nx,US,2020-01,5\nx,US,2020-01,6\nx,US,2020-02,7\n"
    account = load("csv", text.encode(), release()).account
    assert account.fates == {"taken": 1, "quarantined": 2}


def monthly(values: list[object], kind: str = "final", start: int = 1) -> bytes:
    lines = [
        f"x,US,{2019 + (start + at - 1) // 12}-{(start + at - 1) % 12 + 1},{value},residence,{kind}"
        for at, value in enumerate(values)
    ]
    return "\n".join(["indicator,geo,period,value,basis,kind", *lines]).encode()


def sums(values: list[float]) -> bytes:
    lines = [
        f"x,US,12m-{2019 + at // 12}-{at % 12 + 1},{sum(values[at - 11 : at + 1])},residence,reported"
        for at in range(11, len(values))
    ]
    return "\n".join(["indicator,geo,period,value,basis,kind", *lines]).encode()


@pytest.fixture
def store(tmp_path: Path) -> IndicatorStore:
    return IndicatorStore(tmp_path / "store")


def test_months_come_out_of_twelve_month_sums_exactly(store: IndicatorStore):
    values = [float(value) for value in np.random.default_rng(3).integers(50, 200, 40)]
    store.add(load("csv", monthly(values[:12]), release()))
    store.add(load("csv", sums(values), release()))
    series = find_series(store, "x", period_kind="months12")
    with pytest.raises(UsageError, match="sum over twelve months"):
        require_monthly(series)
    months = deaccumulate(series, find_series(store, "x", period_kind="month"))
    assert months.values.tolist() == values
    assert months.labels[-1] == "2022-04"


def test_a_seed_of_another_coverage_is_refused(store: IndicatorStore):
    values = [100.0] * 30
    store.add(load("csv", monthly([101.0] * 12), release()))
    store.add(load("csv", sums(values), release()))
    with pytest.raises(InputError, match="add up to"):
        deaccumulate(find_series(store, "x", period_kind="months12"), find_series(store, "x", period_kind="month"))


def test_kinds_are_never_mixed_silently(store: IndicatorStore):
    store.add(load("csv", monthly([1, 2, 3]), release()))
    store.add(load("csv", monthly([1, 2, 3], "provisional", 4), release()))
    with pytest.raises(UsageError, match="must not be mixed"):
        find_series(store, "x")
    assert find_series(store, "x", kind="final").values.tolist() == [1, 2, 3]


def test_gaps_and_suppressed_cells_are_never_zero(store: IndicatorStore):
    store.add(load("csv", monthly([5, 6, "suppressed", 8, 9, 10]), release()))
    series = find_series(store, "x")
    assert np.isnan(series.values[2])
    assert series.suppressed[2]
    assert whole_run(series, date(2019, 5, 15)).values.tolist() == [8, 9, 10]
    with pytest.raises(InputError, match="suppressed"):
        whole_run(series, date(2019, 3, 1))
    with pytest.raises(InputError, match="outside"):
        whole_run(series, date(2030, 3, 1))


def test_a_past_vintage_is_what_was_there_and_nothing_else(store: IndicatorStore):
    store.add(load("csv", monthly([10, 20]), release(published="2019-03")))
    store.add(load("csv", monthly([11, 19, 30]), release(published="2019-06-15")))
    store.add(load("csv", monthly([99, 99, 99, 99]), release()))
    assert find_series(store, "x", as_of=date(2019, 3, 31)).values.tolist() == [10, 20]
    assert find_series(store, "x", as_of=date(2019, 6, 15)).values.tolist() == [11, 19, 30]
    with pytest.raises(InputError):  # of a month only the last day is safe
        find_series(store, "x", as_of=date(2019, 3, 30))
    (triangle,) = triangles(store, "x")
    assert triangle.nth_release(1).tolist() == [10, 20, 30]
    mean, _, count = triangle.bias()
    assert (round(mean, 3), count) == (0.025, 2)


def test_importing_twice_changes_nothing(store: IndicatorStore):
    loaded = load("csv", monthly([1, 2]), release())
    assert store.add(loaded)
    assert not store.add(loaded)
    assert store.rows(indicator="x").num_rows == 2


def test_the_shipped_facts_are_there_without_a_store():
    row = find_series(IndicatorStore(), "overdose-deaths", basis="residence", as_of=date(2024, 4, 1))
    assert row.values[-1] == 107_941
