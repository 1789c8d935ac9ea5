from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine_kernels import Above, Refuses
from entente.engine import Engine, Kernel, open_engine
from entente.engine import parts as parts_module
from entente.engine.base import decoded, encoded_schema
from entente.errors import EntenteError, InputError, UsageError

NUMBERS = pa.table({"name": [f"n{i}" for i in range(10)], "other": [0.5] * 10, "x": pa.array(range(10), pa.int64())})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with open_engine("local", tmp_path, processes=1) as opened:
        yield opened


def rows(table: pa.Table) -> list[tuple[object, ...]]:
    return sorted(tuple(row.values()) for row in table.to_pylist())


def test_a_table_a_file_a_folder_and_several_files_can_be_registered(engine: Engine, tmp_path: Path) -> None:
    folder = tmp_path / "it's a folder"
    folder.mkdir()
    for number in range(2):
        pq.write_table(NUMBERS, folder / f"{number}.parquet")
    engine.register("a", NUMBERS)
    engine.register("b", folder / "0.parquet")
    engine.register("c", folder)
    engine.register("d", [folder / "0.parquet", folder / "1.parquet"])
    assert [engine.count(name) for name in "abcd"] == [10, 10, 20, 20]
    assert engine.columns("a") == engine.columns("d") == ["name", "other", "x"]


def test_map_sends_only_the_columns_the_kernel_reads_in_its_order(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    assert engine.map(Above(6), "numbers", "big") == 3
    assert rows(engine.fetch("SELECT * FROM big")) == [("n7", 14), ("n8", 16), ("n9", 18)]


def test_map_in_several_processes_gives_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts_module, "TASK_ROWS", 3)
    pq.write_table(NUMBERS, tmp_path / "numbers.parquet", row_group_size=2)
    with open_engine("local", tmp_path, processes=2) as engine:
        engine.register("numbers", tmp_path / "numbers.parquet")
        assert engine.map(Above(-1), "numbers", "all_rows") == 10
        assert rows(engine.fetch("SELECT * FROM all_rows")) == [(f"n{i}", 2 * i) for i in range(10)]


def test_map_over_no_rows_gives_a_table_with_the_kernels_schema(engine: Engine) -> None:
    engine.register("numbers", NUMBERS.slice(0, 0))
    assert engine.map(Above(6), "numbers", "big") == 0
    assert engine.columns("big") == ["name", "twice"]
    assert engine.fetch("SELECT * FROM big").num_rows == 0


def test_a_kernels_error_comes_out_as_it_was_raised(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    with pytest.raises(InputError, match="None of 10 rows") as caught:
        engine.map(Refuses(), "numbers", "never")
    assert caught.value.remedy == "Look at them."


def test_sql_keeps_a_result_under_a_name_that_later_queries_use(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    engine.sql("SELECT x % 2 AS odd, sum(x) AS total FROM numbers GROUP BY 1", "sums")
    engine.sql("SELECT max(total) AS most FROM sums", "most")
    assert rows(engine.fetch("SELECT * FROM most")) == [(25,)]


def test_sums_of_integers_stay_64_bit_integers(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    engine.sql("SELECT sum(x) AS total FROM numbers", "sums")
    assert next(engine.batches("sums")).schema.field("total").type == pa.int64()
    assert engine.fetch("SELECT sum(x) AS total FROM numbers").schema.field("total").type == pa.int64()


def test_lists_dates_and_nulls_survive(engine: Engine) -> None:
    engine.register("t", pa.table({"l": [["a", None], None], "d": [date(2024, 9, 1), None]}))
    engine.sql("SELECT * FROM t", "copy")
    assert pa.Table.from_batches(engine.batches("copy")).sort_by("d").to_pylist() == [
        {"l": ["a", None], "d": date(2024, 9, 1)},
        {"l": None, "d": None},
    ]


def test_export_writes_one_file_in_order_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    made = []
    for number in range(2):
        with open_engine("local", tmp_path, processes=2) as engine:
            engine.register("seed", pa.table({"x": pa.array(range(1000), pa.int64())}))
            engine.sql(
                "SELECT (a.x * 1000 + b.x) * 7919 % 1000003 AS k, a.x AS v FROM seed a, seed b WHERE a.x < 300", "many"
            )
            assert engine.export("many", tmp_path / f"{number}.parquet", order_by=["k", "v"]) == 300_000
        made.append((tmp_path / f"{number}.parquet").read_bytes())
    keys = pq.read_table(tmp_path / "0.parquet")["k"].to_pylist()
    assert keys == sorted(keys)
    assert made[0] == made[1]


def test_a_name_is_taken_once_and_free_again_after_drop(engine: Engine) -> None:
    engine.register("numbers", NUMBERS)
    with pytest.raises(UsageError, match="already"):
        engine.register("numbers", NUMBERS)
    engine.drop("numbers")
    engine.register("numbers", NUMBERS)


def test_dropping_a_registered_file_leaves_it_on_disk(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    pq.write_table(NUMBERS, path)
    engine.register("mine", path)
    engine.drop("mine")
    assert path.exists()


def test_names_with_quotes_are_only_names(engine: Engine) -> None:
    engine.register('a"; DROP VIEW b; --', NUMBERS)
    assert engine.count('a"; DROP VIEW b; --') == 10


def test_unknown_tables_and_columns_are_named(engine: Engine) -> None:
    engine.register("few", pa.table({"y": [1]}))
    with pytest.raises(UsageError, match="no table 'nothing'"):
        engine.count("nothing")
    with pytest.raises(UsageError, match="'few' has no column 'x'"):
        engine.map(Above(0), "few", "never")


def test_a_missing_or_truncated_file_is_an_input_error_with_its_place(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(InputError) as missing:
        engine.register("none", tmp_path / "none.parquet")
    assert "none.parquet" in str(missing.value)
    pq.write_table(NUMBERS, tmp_path / "cut.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "cut.parquet").read_bytes()[:-20])
    with pytest.raises(InputError, match="no complete Parquet file"):
        engine.register("cut", tmp_path / "cut.parquet")


def test_sql_spills_instead_of_exceeding_its_memory(tmp_path: Path) -> None:
    with open_engine("local", tmp_path, processes=1, memory_mb=40) as engine:
        engine.register("seed", pa.table({"x": pa.array(range(2000), pa.int64())}))
        engine.sql(
            "SELECT a.x * 2000 + b.x AS k, repeat('x', 20) || b.x AS s FROM seed a, seed b WHERE a.x < 1000 ORDER BY s",
            "sorted",
        )
        assert engine.count("sorted") == 2_000_000


def test_too_little_memory_is_said_with_a_remedy(tmp_path: Path) -> None:
    with (
        open_engine("local", tmp_path, processes=1, memory_mb=1) as engine,
        pytest.raises(EntenteError, match="memory") as caught,
    ):
        engine.fetch("SELECT list(a.range ORDER BY b.range) AS l FROM range(3000) a, range(1000) b")
    assert "memory" in caught.value.remedy


def test_leaving_the_engine_removes_its_files(tmp_path: Path) -> None:
    with open_engine("local", tmp_path) as engine:
        engine.register("numbers", NUMBERS)
        assert any(tmp_path.iterdir())
    assert not any(tmp_path.iterdir())


def test_engines_and_kernels_keep_their_contract() -> None:
    assert isinstance(Above(1), Kernel)
    with pytest.raises(UsageError, match="no engine called 'abacus'"):
        open_engine("abacus", Path())


WORDS = pa.schema([pa.field("number", pa.int64(), nullable=False), ("word", pa.string())])


@dataclass(frozen=True)
class Encoded:
    """A kernel that gives one of its columns dictionary-encoded, with another dictionary for each batch."""

    input_columns: tuple[str, ...] = ("number",)
    output_schema: pa.Schema = WORDS
    encoded_columns: tuple[str, ...] = ("word",)

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        return decoded(self.encoded(batch), self.output_schema)

    def encoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        number = batch.column("number")
        words = pa.array([None if n % 7 == 0 else f"w{n % 5}" for n in number.to_pylist()]).dictionary_encode()
        return pa.RecordBatch.from_arrays([number, words], schema=encoded_schema(self.output_schema, ("word",)))


def test_columns_that_a_kernel_encodes_are_plain_text_to_whoever_reads_them(tmp_path):
    numbers = pa.table({"number": pa.array(range(150_000), pa.int64())})
    with open_engine("local", tmp_path, processes=1) as engine:
        engine.register("numbers", numbers)
        assert engine.map(Encoded(), "numbers", "words") == len(numbers)
        batches = pa.Table.from_batches(engine.batches("words"))
        fetched = engine.fetch("SELECT * FROM words ORDER BY number")
    assert batches.schema == Encoded().output_schema
    assert fetched["word"].to_pylist() == [None if n % 7 == 0 else f"w{n % 5}" for n in range(150_000)]
    assert batches.sort_by("number")["word"].to_pylist() == fetched["word"].to_pylist()
