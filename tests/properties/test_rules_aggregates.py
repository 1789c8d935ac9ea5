"""Medians and counts of different values, found by sorting and grouping, are those that the engine itself finds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from entente.engine import duck
from entente.screening.aggregates import grouped

#: Few different values, so that there are ties; large ones, whose mean is no whole number; and none.
NUMBERS = st.one_of(st.none(), st.integers(-3, 3), st.sampled_from([2**53 - 1, 2**53, -(2**60), 10**15 + 1]))
REALS = st.one_of(st.none(), st.sampled_from([0.5, -0.25, 0.1, 1e300, -1e-300, math.inf, -math.inf, math.nan, 3.0]))
ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 1) | st.none(), NUMBERS, REALS), max_size=40
)
VALUES = [
    *(
        "median(n)",
        "FLOOR(median(n))",
        "median(f)",
        "median(n) FILTER (WHERE f > 0)",
        "median(CASE WHEN n > 0 THEN f END)",
    ),
    *("count(DISTINCT n)", "count(DISTINCT CASE WHEN n > 0 THEN f END)", "sum(DISTINCT CASE WHEN n < 9 THEN n END)"),
    *("count(DISTINCT k) FILTER (WHERE n >= 0)", "min(DISTINCT f)", "median(DISTINCT n)", "max(n)"),
    *("GREATEST(min(n), FLOOR(median(n)) - FLOOR((count(*) - 1) / 2))", "count(*) + count(DISTINCT n) + max(n % 7)"),
    *(
        "median(n) + median(n)",
        "bool_or(n > 0) AND count(DISTINCT n) > 1",
        "sum(n % 5)",
        "count(*) FILTER (WHERE n > 0)",
    ),
]
KEYS = [[("k", "k")], [("k", "k"), ("h", "h + 1")], []]


@pytest.fixture(scope="module")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    home: Path = tmp_path_factory.mktemp("sql")
    with duck.connect(home, 2, 256) as connection:
        yield connection


def plain(keys: list[tuple[str, str]], values: list[tuple[str, str]]) -> str:
    """What a person would write."""
    listed = ", ".join(f"{sql} AS {name}" for name, sql in [*keys, *values])
    known = f" WHERE {' AND '.join(f'({sql}) IS NOT NULL' for _, sql in keys)}" if keys else ""
    by = f" GROUP BY {', '.join(sql for _, sql in keys)}" if keys else ""
    return f"SELECT {listed} FROM rows_{known}{by}"


def seen(table: pa.Table) -> list[str]:
    return sorted(str([_plain(value) for value in row.values()]) for row in table.to_pylist())


def _plain(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, chosen=st.lists(st.sampled_from(VALUES), min_size=1, max_size=5), keys=st.sampled_from(KEYS))
@example(rows=[], chosen=VALUES, keys=[])
@example(rows=[("a", 0, None, None)] * 3, chosen=VALUES, keys=KEYS[0])
@example(rows=[("a", 0, n, float(n)) for n in (4, 1, 3, 2)], chosen=VALUES, keys=KEYS[1])
def test_they_are_what_the_engine_gives(
    sql: duckdb.DuckDBPyConnection, rows: list[Any], chosen: list[str], keys: list[tuple[str, str]]
) -> None:
    schema = pa.schema([("k", pa.string()), ("h", pa.int64()), ("n", pa.int64()), ("f", pa.float64())])
    names = schema.names
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=schema)
    sql.register("rows_", table)
    values = [(f"c{number}", value) for number, value in enumerate(chosen)]
    asked = sql.sql(plain(keys, values)).to_arrow_table()
    given = sql.sql(grouped("rows_", keys, values)).to_arrow_table()
    assert given.schema == asked.schema
    assert seen(given) == seen(asked)


@pytest.mark.soak
def test_memory_is_bounded(tmp_path: Path) -> None:
    """Ten million values in two million groups, of which the engine's own aggregates do not fit."""
    with duck.connect(tmp_path, 2, 256) as connection:
        connection.execute(
            "CREATE VIEW many AS SELECT hash(i * 7919 % 2000000) AS k, i // 3 AS d, i * 104729 % 1000003 AS n "
            "FROM range(10000000) AS numbers(i)"
        )
        query = grouped("many", [("k", "k")], [("m", "median(n)"), ("c", "count(DISTINCT d)")])
        found = connection.execute(f"SELECT count(*), sum(c), min(m) >= 0 FROM ({query})").fetchone()
    assert found == (2_000_000, 10_000_000, True)
