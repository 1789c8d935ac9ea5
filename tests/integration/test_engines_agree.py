"""The same question on both engines: the same rows, of the same types."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import engine_sql
from entente.engine import Engine, open_engine
from entente.leads.request import OPTIONAL_TABLES, Clock, ScreenRequest
from entente.leads.run import screen_files
from screen_files import ROWS, write_rows

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]


@pytest.fixture
def engines(spark_engine: Engine, tmp_path: Path) -> Iterator[tuple[Engine, Engine]]:
    """The local engine and Spark, without the tables that a test made."""
    with open_engine("local", tmp_path, processes=1) as local:
        yield local, spark_engine
    for name in spark_engine._tables.names():
        spark_engine.drop(name)


def comparable(value: Any, digits: int) -> Any:
    """A value that can be compared and sorted: NaN equals NaN, -0.0 equals 0.0, null comes first."""
    if isinstance(value, dict):
        return tuple(comparable(part, digits) for part in value.values())
    if isinstance(value, list):
        return (1, tuple(comparable(part, digits) for part in value))
    if isinstance(value, float):
        return (1, "nan") if math.isnan(value) else (1, float(f"{value + 0.0:.{digits}g}"))
    return (0,) if value is None else (1, str(value))


def rows(table: pa.Table, digits: int = 17) -> list[Any]:
    return sorted((comparable(row, digits) for row in table.to_pylist()), key=repr)


def agree(engines: tuple[Engine, Engine], query: str, digits: int = 17) -> None:
    local, spark = (engine.fetch(query) for engine in engines)
    assert spark.schema == local.schema
    assert rows(spark, digits) == rows(local, digits)


@pytest.fixture
def awkward(engines: tuple[Engine, Engine]) -> tuple[Engine, Engine]:
    for engine in engines:
        engine.register("t", engine_sql.AWKWARD)
    return engines


@pytest.mark.parametrize("kind", engine_sql.SCALARS)
def test_every_expression_of_rules_means_the_same(awkward: tuple[Engine, Engine], kind: str) -> None:
    query = engine_sql.columns(engine_sql.SCALARS[kind], "t, t u", ids="t.id AS a, u.id AS b, ")
    agree(awkward, query)


def test_logarithms_differ_in_the_last_digit_at_most(awkward: tuple[Engine, Engine]) -> None:
    agree(awkward, "SELECT id, LN(f) AS x, LN(n) AS y, FLOOR(LN(ABS(i) + 2) * 1000) AS z FROM t", digits=15)


@pytest.mark.parametrize("tail", [" GROUP BY b", " WHERE id < 0"], ids=["groups", "of no rows"])
def test_every_aggregate_means_the_same(awkward: tuple[Engine, Engine], tail: str) -> None:
    agree(awkward, engine_sql.columns(engine_sql.AGGREGATES, "t", tail=tail))


def test_every_window_means_the_same(awkward: tuple[Engine, Engine]) -> None:
    agree(awkward, engine_sql.columns(engine_sql.WINDOWS, "t", ids="id, "))


@pytest.mark.parametrize("query", engine_sql.QUERIES)
def test_every_form_of_query_means_the_same(awkward: tuple[Engine, Engine], query: str) -> None:
    agree(awkward, query)


def test_an_order_that_is_asked_for_is_kept_with_nulls_last(awkward: tuple[Engine, Engine]) -> None:
    for order in ("s, id", "s DESC, id", "f, id", "f DESC, id", "n NULLS FIRST, id"):
        local, spark = (engine.fetch(f"SELECT id FROM t ORDER BY {order}") for engine in awkward)
        assert spark.to_pylist() == local.to_pylist()


def test_texts_that_are_alike_have_codes_of_their_own(engines: tuple[Engine, Engine]) -> None:
    texts = [
        f"{street} {n * 7919 % 1601}, New Example, {place}"
        for n in range(1601)
        for street in ("Pattern Lane", "Rua")
        for place in ("KR", "BR", "US", "CN")
    ]
    for engine in engines:
        engine.register("texts", pa.table({"a": texts}))
        assert engine.fetch("SELECT count(DISTINCT hash(a)) AS n FROM texts").to_pylist() == [{"n": len(texts)}]


@pytest.mark.usefixtures("spark_engine")  # the run joins the Spark that is there
def test_a_whole_run_gives_the_same_files_whichever_engine_does_it(tmp_path: Path) -> None:
    shipped = files("entente.simulate") / "sample"
    absent = write_rows(
        tmp_path / "absent.csv", (*ROWS, "N1,2024-03-05,sin efedrina,3402.20,CN,MX,Alpha Chem,Beta SA,2")
    )
    clock = Clock(now=datetime(2025, 1, 2, tzinfo=UTC), wall=lambda: 0.0, cpu=lambda: 0.0)
    with as_file(shipped) as sample:
        for name in ("local", "spark"):
            tables = {table: (sample / f"{table}.parquet",) for table in OPTIONAL_TABLES}
            inputs = (sample / "shipments", absent)
            request = ScreenRequest(inputs, tmp_path / name, tables, engine=name, processes=1)
            screen_files(request, clock=clock)
    for table in ("hits", "flags", "leads", "quarantine"):
        local, spark = (pq.read_table(tmp_path / name / f"{table}.parquet") for name in ("local", "spark"))
        assert spark.equals(local, check_metadata=True), table
        assert local.num_rows > 0
    records = [json.loads((tmp_path / name / "run.json").read_text("utf-8")) for name in ("local", "spark")]
    assert [record["request"]["engine"] for record in records] == ["local", "spark"]
    assert records[0]["results"] == records[1]["results"]
    assert records[0]["counts"] == records[1]["counts"]
    assert records[0]["counts"]["absent_records"] >= records[0]["counts"]["absent_records_with_signs"] > 0
    pages = [(tmp_path / name / "report.html").read_text("utf-8") for name in ("local", "spark")]
    assert pages[1].replace("spark", "local") == pages[0].replace("spark", "local")
