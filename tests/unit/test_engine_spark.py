"""What holds for Spark as for the local engine, and what is its own: starting, stopping, missing parts."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine_kernels import Above, Refuses
from entente.engine import Engine, open_engine, spark_session
from entente.errors import EntenteError, InputError, MissingComponentError, UsageError

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

NUMBERS = pa.table({"name": [f"n{i}" for i in range(10)], "other": [0.5] * 10, "x": pa.array(range(10), pa.int64())})


@pytest.fixture
def engine(spark_engine: Engine) -> Iterator[Engine]:
    """The shared engine, without the tables that a test made."""
    yield spark_engine
    for name in spark_engine._tables.names():
        spark_engine.drop(name)


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_a_table_a_file_a_folder_and_several_files_can_be_registered(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "it's a {fold*er} [100%] #ü"
    folder.mkdir()
    for number in range(2):
        pq.write_table(NUMBERS, folder / f"{number}.parquet")
    engine.register("a", NUMBERS)
    engine.register("b", folder / "0.parquet")
    engine.register("c", folder)
    engine.register("d", [folder / "0.parquet", folder / "1.parquet"])
    counted = engine.fetch(" UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS n FROM {name}" for name in "abcd"))
    assert rows(counted) == [("a", 10), ("b", 10), ("c", 20), ("d", 20)]
    assert [engine.count(name) for name in "abcd"] == [10, 10, 20, 20]
    assert engine.columns("a") == engine.columns("d") == ["name", "other", "x"]


def test_map_sends_only_the_columns_the_kernel_reads_in_its_order(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    assert engine.map(Above(6), "numbers", "big") == 3
    assert rows(engine.fetch("SELECT * FROM big")) == [("n7", 14), ("n8", 16), ("n9", 18)]
    assert engine.columns("big") == ["name", "twice"]


def test_map_over_no_rows_gives_a_table_with_the_kernels_schema(engine: Engine) -> None:
    engine.register("numbers", NUMBERS.slice(0, 0))
    assert engine.map(Above(6), "numbers", "big") == 0
    assert engine.columns("big") == ["name", "twice"]
    assert engine.fetch("SELECT * FROM big").num_rows == 0


def test_a_kernels_error_comes_out_as_it_was_raised(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    with pytest.raises(InputError, match="rows can be read") as caught:
        engine.map(Refuses(), "numbers", "never")
    assert caught.value.remedy == "Look at them."


def test_a_result_is_computed_once(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    engine.sql("SELECT x, random() AS r FROM numbers", "drawn")
    assert rows(engine.fetch("SELECT * FROM drawn")) == rows(engine.fetch("SELECT * FROM drawn"))
    assert rows(pa.Table.from_batches(engine.batches("drawn"))) == rows(engine.fetch("SELECT * FROM drawn"))


def test_lists_dates_and_nulls_survive(engine: Engine) -> None:
    engine.register("t", pa.table({"l": [["a", None], None], "d": [date(1, 1, 1), None]}))
    engine.sql("SELECT * FROM t", "copy")
    assert pa.Table.from_batches(engine.batches("copy")).sort_by("d").to_pylist() == [
        {"l": ["a", None], "d": date(1, 1, 1)},
        {"l": None, "d": None},
    ]


def test_export_writes_the_bytes_that_the_local_engine_writes(engine: Engine, tmp_path: Path) -> None:
    query = """
        SELECT x % 3 AS k, sum(x) AS total, list_sort(list(struct_pack(n := name, x := x))) AS l,
          CAST(NULL AS DATE) AS d, count(*) > 3 AS many, min(other) AS o FROM numbers GROUP BY 1"""
    with open_engine("local", tmp_path, processes=1) as local:
        for opened in (local, engine):
            opened.register("numbers", NUMBERS)
            opened.sql(query, "t")
            assert opened.export("t", tmp_path / opened.name, order_by=["k"]) == 3
    assert (tmp_path / "local").read_bytes() == (tmp_path / "spark").read_bytes()


def test_names_are_taken_once_quoted_and_case_does_not_count(engine: Engine) -> None:
    engine.register('A"; DROP VIEW b; --', NUMBERS)
    with pytest.raises(UsageError, match="already"):
        engine.register('A"; DROP VIEW b; --', NUMBERS)
    assert engine.fetch('SELECT count(*) AS n FROM "a""; DROP VIEW b; --"').to_pylist() == [{"n": 10}]


def test_dropping_a_registered_file_leaves_it_on_disk(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(NUMBERS, path)
    engine.register("mine", path)
    engine.drop("mine")
    assert path.exists()
    with pytest.raises(UsageError, match="no table 'mine'"):
        engine.count("mine")


def test_missing_columns_and_files_are_named(engine: Engine, tmp_path: Path) -> None:
    engine.register("few", pa.table({"y": [1]}))
    with pytest.raises(UsageError, match="'few' has no column 'x'"):
        engine.map(Above(0), "few", "never")
    with pytest.raises(InputError, match=r"none\.parquet"):
        engine.register("none", tmp_path / "none.parquet")


def test_what_spark_cannot_do_is_said_in_one_line(engine: Engine) -> None:
    engine.register("t", pa.table({"n": pa.array([2**62], pa.int64())}))
    with pytest.raises(EntenteError, match="overflow") as caught:
        engine.fetch("SELECT n * 4 AS n FROM t")
    assert "\n" not in caught.value.message


def test_an_engine_beside_another_shares_spark_and_leaves_it_running(engine: Engine, tmp_path: Path) -> None:
    engine.register("numbers", NUMBERS)
    with open_engine("spark", tmp_path) as other:
        other.register("numbers", NUMBERS.slice(0, 4))
        assert other.fetch("SELECT count(*) AS n FROM numbers").to_pylist() == [{"n": 4}]
    assert not any(tmp_path.iterdir())
    assert engine.fetch("SELECT count(*) AS n FROM numbers").to_pylist() == [{"n": 10}]


def test_spark_leaves_nothing_in_the_working_directory(engine: Engine) -> None:
    assert not {"metastore_db", "spark-warehouse", "derby.log", "artifacts"} & {path.name for path in Path().iterdir()}


@pytest.mark.parametrize("missing", ["pyspark", "pandas"])
def test_a_missing_package_is_said_with_the_extra_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_session, "find_spec", lambda name: None if name == missing else object())
    with pytest.raises(MissingComponentError, match=missing) as caught:
        spark_session.need_python_parts()
    assert "entente[spark]" in caught.value.remedy


def test_missing_java_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingComponentError, match="needs Java, which is not installed") as caught:
        spark_session.need_java()
    assert "17" in caught.value.remedy


@pytest.mark.parametrize(("version", "word"), [("1.8.0_392", "version 8"), ("11.0.20", "version 11")])
def test_java_that_is_too_old_is_named(
    version: str, word: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(MissingComponentError, match=word):
        spark_session.need_java()


class TestMasters:
    """A master that nobody answers for is refused before Spark is started; the address alone is asked."""

    def test_nobody_listens_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(
            "pyspark.sql.SparkSession.getActiveSession", lambda: None
        )  # the session of other tests is not joined
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            spark_session.need_master(f"spark://127.0.0.1:{port}")
        with socket.socket() as deaf:  # bound, so that nobody else takes the port, but not listening
            deaf.bind(("127.0.0.1", 0))
            port = deaf.getsockname()[1]
            with pytest.raises(EntenteError, match=f"spark://127.0.0.1:{port} cannot be reached") as caught:
                open_engine("spark", tmp_path, master=f"spark://127.0.0.1:{port}").close()
        assert "host and port" in caught.value.remedy
        assert list(tmp_path.iterdir()) == []

    def test_of_several_masters_one_answers(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            live = server.getsockname()[1]
            spark_session.need_master(f"spark://127.0.0.1:1,127.0.0.1:{live}")
            spark_session.need_master(f"k8s://https://127.0.0.1:{live}")

    def test_a_name_that_is_not_known(self) -> None:
        with pytest.raises(EntenteError, match="cannot be reached"):
            spark_session.need_master("spark://no-such-host.invalid:7077")

    @pytest.mark.parametrize("master", ["spark://", "spark://head", "spark://head:x", "spark://head:99999", "k8s://:1"])
    def test_no_address_at_all(self, master: str) -> None:
        with pytest.raises(UsageError, match="no address of a Spark master"):
            spark_session.need_master(master)

    @pytest.mark.parametrize("master", ["local", "local[4]", "yarn"])
    def test_masters_without_an_address_are_not_asked(self, master: str) -> None:
        spark_session.need_master(master)


def test_small_work_is_done_in_this_process(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Queries over few rows give what Spark gives, without Spark; codes of texts are always Spark's."""
    engine.register("numbers", NUMBERS)
    coded = "SELECT name, hash(name) AS code FROM numbers"
    asked = "WITH n AS (SELECT x, name FROM Numbers WHERE x > 3) SELECT sum(x) AS s, list_sort(list(name)) AS l FROM n"
    expected = {"asked": engine.fetch(asked), "coded": rows(engine.fetch(coded))}
    monkeypatch.setattr("entente.engine.spark.SMALL_ROWS", 10)
    with open_engine("spark", tmp_path) as small:
        small.register("numbers", NUMBERS)
        assert rows(small.fetch(coded)) == expected["coded"]
        monkeypatch.setattr(small, "_frame", None)  # from here on, Spark is not asked
        small.sql(asked, "made")
        assert small.fetch(asked) == expected["asked"]
        assert rows(small.fetch("SELECT * FROM made")) == rows(expected["asked"])
        assert small.map(Above(6), "numbers", "big") == 3
        small.drop("made")
        assert small.map(Above(100), "numbers", "none") == 0
        small.register("more", NUMBERS)
        monkeypatch.undo()
        with pytest.raises(UsageError):
            small.fetch("SELECT length(substr(n.name, -1)) AS l FROM numbers AS n, more AS m")
