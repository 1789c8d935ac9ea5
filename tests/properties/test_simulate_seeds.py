"""Whatever the seed, a year keeps its promises."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.simulate import Year, simulate

YEARS = st.builds(
    Year,
    seed=st.integers(0, 2**40),
    declarations=st.integers(500, 1500),
    start=st.dates(date(1995, 1, 1), date(2040, 1, 1)),
    months=st.integers(3, 30),
)


@settings(max_examples=15, deadline=None)
@given(year=YEARS)
def test_exact_size_period_and_keys(year: Year):
    with tempfile.TemporaryDirectory() as folder:
        result = simulate(year, Path(folder))
        tables = {path.name: pq.read_table(path) for path in Path(folder).glob("*-*ports.parquet")}

    assert sum(table.num_rows for table in tables.values()) == year.declarations
    assert sum(result.rows[name] for name in tables) == year.declarations
    assert all(result.diversions.values())
    last = year.start + timedelta(days=year.days + 60)
    for name, table in tables.items():
        assert year.start <= pc.min(table["date"]).as_py()
        assert pc.max(table["date"]).as_py() < last
        assert len(table["declaration_id"].unique()) == table.num_rows
        assert pc.min(table["net_mass_kg"]).as_py() > 0
        assert pc.all(pc.greater_equal(table["gross_mass_kg"], table["net_mass_kg"])).as_py(), name
