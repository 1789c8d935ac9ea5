"""Whatever expression a rule file may hold, both engines give the same value for it.

Expressions are drawn from the grammar, many to a query, since a query costs seconds on Spark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from entente.engine import Engine, open_engine
from entente.errors import Place
from entente.screening.aggregates import grouped
from entente.screening.kinds import Kind, kind_of
from entente.screening.predicate import Grammar, parse

ROWS = pa.table(
    {
        "row_id": pa.array(range(12), pa.int64()),
        "n": pa.array([None, 0, 1, -1, 2, 3, 7, -7, 10, 1000, -999, 5], pa.int64()),
        "f": pa.array([None, 0.0, 0.5, -0.5, 1.5, 2.5, 1e16, math.nan, math.inf, -math.inf, 3.3, -2.5], pa.float64()),
        "s": pa.array([None, "", "a", "A b", " pad ", "ß İ", "4-哌啶酮", "028", "28", "x😀", "a\nb", "-"], pa.string()),
        "d": pa.array(
            [None, *(date(2024, 2, day) for day in range(24, 30)), *(date(1999, 12, day) for day in range(27, 32))],
            pa.date32(),
        ),
        "b": pa.array([None, True, False] * 4, pa.bool_()),
    }
)
KINDS = {"row_id": Kind.NUMBER, "n": Kind.NUMBER, "f": Kind.NUMBER, "s": Kind.TEXT, "d": Kind.DATE, "b": Kind.TRUTH}
TEXTS = ("'a'", "'28'", "''", "'哌'", "'-'")


def one_of(*patterns: str, **parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions of some patterns, with drawn expressions in their places."""

    def filled(pattern: str) -> st.SearchStrategy[str]:
        return st.fixed_dictionaries(parts).map(lambda made: pattern.format(**made))

    return st.one_of([filled(pattern) for pattern in patterns])


def grown(depth: int) -> dict[str, st.SearchStrategy[str]]:
    """Expressions of each kind, nested so deep at most."""
    leaves = {
        "n": st.sampled_from(["n", "n", "row_id", "0", "1", "2", "10"]),
        "f": st.sampled_from(["f", "n"]),
        "s": st.sampled_from(["s", "s", *TEXTS]),
        "d": st.sampled_from(["d", "CAST('2024-02-26' AS DATE)"]),
        "b": st.sampled_from(["b", "TRUE", "FALSE", "n > 1", "s = 'a'", "d IS NULL"]),
    }
    if depth == 0:
        return leaves
    below = grown(depth - 1)
    two = {**{kind + "2": drawn for kind, drawn in below.items()}, **below}
    return {
        "n": one_of(
            *("{n}", "({n} + {n2})", "({n} - {n2})", "ABS({n})", "-({n})", "COALESCE({n}, {n2})", "LENGTH({s})"),
            *("CASE WHEN {b} THEN {n} ELSE {n2} END", "NULLIF({n}, {n2})", "GREATEST({n}, {n2})", "LEAST({n}, {n2})"),
            *("DATE_DIFF('day', {d}, {d2})", "CAST(FLOOR({n} / 3) AS BIGINT)", "IF({b}, {n}, {n2})"),
            **two,
        ),
        "f": one_of(
            *("{f}", "({f} + {n})", "({f} * {f2})", "FLOOR({f})", "CEIL({f})", "{n} / NULLIF({n2}, 0)", "{f} / 2"),
            *("{f} / NULLIF({f2}, 0)", "GREATEST({f}, {f2})", "COALESCE({f}, {n})", "ABS({f})"),
            **two,
        ),
        "s": one_of(
            *("{s}", "LOWER({s})", "UPPER({s})", "TRIM({s})", "SUBSTR({s}, 1, 2)", "SUBSTR({s}, 2)", "LEFT({s}, 3)"),
            *("{s} || {s2}", "REPLACE({s}, 'a', 'bb')", "COALESCE({s}, {s2})", "CASE WHEN {b} THEN {s} END"),
            *("REGEXP_REPLACE({s}, '[^a-z]', '', 'g')", "NULLIF({s}, {s2})"),
            **two,
        ),
        "d": one_of("{d}", "COALESCE({d}, {d2})", "CASE WHEN {b} THEN {d} ELSE {d2} END", "GREATEST({d}, {d2})", **two),
        "b": one_of(
            *("{n} < {n2}", "{f} >= {f2}", "{n} = {f}", "{s} <> {s2}", "{s} < {s2}", "{d} <= {d2}", "NOT ({b})"),
            *("({b}) AND ({b2})", "({b}) OR ({b2})", "{s} IN ('a', '28')", "{n} BETWEEN {n2} AND 5", "{f} IS NULL"),
            *("STARTS_WITH({s}, {s2})", "CONTAINS({s}, {s2})", "REGEXP_MATCHES({s}, '^[a-z]|哌')", "({b}) IS TRUE"),
            **two,
        ),
    }


ANY = st.one_of(list(grown(2).values()))
AGGREGATES = one_of(
    *("count({n})", "count(DISTINCT {s})", "sum({n})", "min({s})", "max({d})", "median({n})", "bool_or({b})"),
    *("bool_and({b})", "sum(CASE WHEN {b} THEN 1 ELSE 0 END)", "FLOOR(median({n}))", "min({f})", "max({f})"),
    "count(*) FILTER (WHERE {b})",
    **grown(1),
)


@pytest.fixture(scope="module")
def engines(spark_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, Engine]]:
    workdir: Path = tmp_path_factory.mktemp("local")
    with open_engine("local", workdir, processes=1) as local:
        for engine in (local, spark_engine):
            engine.register("drawn_rows", ROWS)
        yield local, spark_engine
        spark_engine.drop("drawn_rows")


def seen(table: pa.Table) -> list[str]:
    """Rows as both engines give them; no two zeros, and one NaN."""
    return sorted(str([_plain(value) for value in row.values()]) for row in table.to_pylist())


def _plain(value: Any) -> Any:
    return value + 0.0 if isinstance(value, float) else value


def checked(expressions: list[str]) -> list[str]:
    """The same, as the reader of rule files prints them."""
    place = Place("drawn.yaml")
    for expression in expressions:
        kind_of(expression, KINDS, place)
    return [parse(expression, Grammar.FEATURE, place).sql for expression in expressions]


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(ANY, min_size=60, max_size=60), groups=st.lists(AGGREGATES, min_size=20, max_size=20))
def test_drawn_expressions(engines: tuple[Engine, Engine], rows: list[str], groups: list[str]) -> None:
    of_rows = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(checked(rows)))
    of_groups = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(checked(groups)))
    for query in (
        f"SELECT row_id, {of_rows} FROM drawn_rows",
        f"SELECT b, {of_groups} FROM drawn_rows GROUP BY b",
        grouped("drawn_rows", [("b", "b")], [(f"c{number}", sql) for number, sql in enumerate(checked(groups[:8]))]),
    ):
        local, spark = (engine.fetch(query) for engine in engines)
        assert spark.schema == local.schema
        assert seen(spark) == seen(local)
