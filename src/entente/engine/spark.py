"""The engine for a cluster: Spark for kernels (`mapInArrow`) and SQL, Parquet part files for tables.

Every table is kept as Parquet under the work folder, as in the local engine: a result is computed once, survives the
loss of a worker, and is streamed, counted and exported without Spark. On a cluster the work folder must therefore be
on a file system that all machines see under the same path.

DuckDB holds an empty copy of every table. It says which columns and types a query has, so that a result has the same
types on both engines, and the translation (engine/dialect.py) knows the types of what it translates. It also answers
queries over small tables (engine/nearby.py), and small tables are mapped in this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

from entente.engine import duck, parts, spark_kernel, spark_session
from entente.engine.base import Kernel
from entente.engine.dialect import Columns, quote, spark_type, to_spark
from entente.engine.nearby import Nearby
from entente.engine.tables import Tables
from entente.errors import EntenteError

#: Threads of the driver's DuckDB, which sorts what is exported.
_THREADS = 2
#: Rows up to which work is done in this process: one core reads so many in less time than Spark takes to start.
SMALL_ROWS = 1 << 18


class SparkEngine:
    """Named tables on Spark.

    Args:
        workdir: an existing folder; a folder of its own is made in it, and removed by `close`.
        master: Spark master URL.

    Raises:
        MissingComponentError: PySpark or a suitable Java is missing.
        EntenteError: Spark does not start, or its workers cannot work in `workdir`.
    """

    name = "spark"

    def __init__(self, workdir: Path, *, master: str = "local[2]") -> None:
        self._tables = Tables(workdir.resolve())
        self._columns: dict[str, Columns] = {}
        self._views: dict[str, str] = {}
        self._duck = duck.connect(self._tables.home, _THREADS, duck.DEFAULT_MEMORY_MB)
        self._nearby = Nearby(self._duck, SMALL_ROWS)
        try:
            self._running = spark_session.start(self._tables.home, master)
        except BaseException:
            self._remove()
            raise
        self._spark = self._running.session

    def register(self, name: str, source: pa.Table | Path | Sequence[Path]) -> None:
        """Give a small Arrow table, a Parquet file, a folder of Parquet files, or several files a name."""
        self._tables.must_be_new(name)
        self._keep(name, self._tables.stored(source))

    def map(self, kernel: Kernel, source: str, into: str) -> int:
        """Map `kernel` over the batches of table `source`; keep the result as table `into`; return its rows."""
        self._tables.must_be_new(into)
        duck.must_have(source, self.columns(source), kernel.input_columns)
        folder = self._tables.folder()
        pickled = folder / "kernel.pickle"
        if self._nearby.is_small(source):
            self._keep(into, self._mapped(kernel, source, folder))
            return self.count(into)
        parts.save_kernel(kernel, pickled)
        empty = kernel.output_schema.empty_table()
        read = self._spark.table(self._view(source)).select(*map(_backticked, kernel.input_columns))
        schema = ", ".join(
            f"{_backticked(name)} {spark_type(kind)}" for name, kind in self._described_table(empty).items()
        )
        with _spoken(pickled):
            self._write(read.mapInArrow(spark_kernel.MapBatches(pickled), schema), folder / "table")
        pickled.unlink()
        self._keep(into, _parts(folder / "table", empty))
        return self.count(into)

    def sql(self, query: str, into: str) -> None:
        """Run one SELECT in DuckDB's dialect and keep the result as table `into` (replacing none)."""
        self._tables.must_be_new(into)
        folder = self._tables.folder()
        if self._nearby.takes(query):
            self._keep(into, self._nearby.write(duck.narrow(self._duck, query), folder))
            return
        frame, empty = self._frame(query)
        with _spoken():
            self._write(frame, folder / "table")
        self._keep(into, _parts(folder / "table", empty))

    def drop(self, name: str) -> None:
        """Forget a table and free what it holds."""
        self._tables.files(name)  # refuses what is not there
        if name in self._views:
            self._spark.catalog.dropTempView(self._views.pop(name))
        self._nearby.forget(name)
        self._duck.execute(f"DROP TABLE {quote(name)}")
        del self._columns[name]
        self._tables.forget(name)

    def columns(self, name: str) -> list[str]:
        """Column names of a table, in order."""
        self._tables.files(name)  # refuses what is not there
        return list(self._columns[name])

    def count(self, name: str) -> int:
        """Number of rows of a table."""
        return parts.count_rows(self._tables.files(name))

    def fetch(self, query: str) -> pa.Table:
        """Run one SELECT whose result is small and return it as an Arrow table."""
        if self._nearby.takes(query):
            return self._nearby.fetch(duck.narrow(self._duck, query))
        frame, empty = self._frame(query)
        with _spoken():
            return frame.toArrow().cast(empty.schema)

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """Stream a table, in no promised order."""
        return parts.stream(self._tables.files(name))

    def export(self, name: str, path: Path, *, order_by: Sequence[str]) -> int:
        """Write a table to one Parquet file in the given order; return its rows."""
        duck.must_have(name, self.columns(name), order_by)
        with duck.spoken():
            self._duck.execute(duck.copy_ordered(duck.read_files(self._tables.files(name)), path, order_by))
        return parts.count_rows([path])

    def close(self) -> None:
        """Free memory, end Spark if it was started for this engine, remove all temporary files; once is enough."""
        if self._tables.home.exists():
            for view in self._views.values():
                self._spark.catalog.dropTempView(view)
            self._running.close()
            self._remove()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _remove(self) -> None:
        self._duck.close()
        self._tables.close()

    def _frame(self, query: str) -> tuple[Any, pa.Table]:
        """A query as Spark's data frame with DuckDB's types, and an empty table of the same types."""
        relation = self._duck.sql(query)
        columns = {
            name: duck.NARROWED.get(str(kind), str(kind))
            for name, kind in zip(relation.columns, relation.types, strict=True)
        }
        with _spoken():
            views = {name: self._view(name) for name in self._nearby.read(query)}
            frame = self._spark.sql(to_spark(query, self._columns, views))
            frame = _retyped(frame, columns)
        return frame, self._empty(columns)

    def _empty(self, columns: Columns) -> pa.Table:
        cast = ", ".join(f"CAST(NULL AS {_kept(kind)}) AS {quote(name)}" for name, kind in columns.items())
        return self._duck.sql(f"SELECT {cast} LIMIT 0").to_arrow_table()

    def _described_table(self, table: pa.Table) -> Columns:
        """Columns of an Arrow table with DuckDB's types."""
        relation = self._duck.from_arrow(table)
        return {name: str(kind) for name, kind in zip(relation.columns, relation.types, strict=True)}

    def _write(self, frame: Any, folder: Path) -> None:
        frame.write.parquet(folder.as_uri())

    def _keep(self, name: str, files: tuple[Path, ...]) -> None:
        self._duck.execute(f"CREATE TABLE {quote(name)} AS SELECT * FROM {duck.read_files(files)} LIMIT 0")
        relation = self._duck.table(quote(name))
        self._columns[name] = {c: str(kind) for c, kind in zip(relation.columns, relation.types, strict=True)}
        self._nearby.keep(name, files, parts.count_rows(files))
        self._tables.keep(name, files)

    def _view(self, name: str) -> str:
        """The name of Spark's view of a table, which is made when it is first asked for."""
        if name not in self._views:
            schema = ", ".join(f"{_backticked(c)} {spark_type(kind)}" for c, kind in self._columns[name].items())
            view = f"entente_{self._tables.home.name[7:]}_{self._tables.next_number()}"
            self._spark.read.schema(schema).parquet(*map(_location, self._tables.files(name))).createTempView(view)
            self._views[name] = view
        return self._views[name]

    def _mapped(self, kernel: Kernel, source: str, folder: Path) -> tuple[Path, ...]:
        """The part files of a small table, mapped in this process."""
        pickled = folder / "kernel.pickle"  # nobody reads it: the kernel is here
        with parts.held(kernel, pickled):
            tasks = list(parts.map_tasks(pickled, self._tables.files(source), folder))
            for task in tasks:
                parts.map_part(task)
        return tuple(task.target for task in tasks) or _parts(folder, kernel.output_schema.empty_table())


def _retyped(frame: Any, columns: Columns) -> Any:
    """A data frame with the names and types that the query has in DuckDB."""
    named = frame.toDF(*columns)
    return named.select(*(named[_backticked(name)].cast(spark_type(kind)) for name, kind in columns.items()))


def _parts(folder: Path, empty: pa.Table) -> tuple[Path, ...]:
    """The part files that Spark wrote; one without rows where it wrote none."""
    files = tuple(sorted(folder.glob("*.parquet")))
    if files:
        return files
    folder.mkdir(exist_ok=True)
    parts.write_part(empty, folder / "empty.parquet")
    return (folder / "empty.parquet",)


def _kept(kind: str) -> str:
    """The type that a table has where Spark has no unsigned integers: a code of a text is one."""
    return "BIGINT" if kind == "UBIGINT" else kind


def _backticked(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _location(file: Path) -> str:
    """A path that Spark takes as it is: of this file system, and with no letter that stands for others."""
    escaped = "".join(f"\\{letter}" if letter in "\\{}[]*?^" else letter for letter in str(file.resolve()))
    return f"file:{escaped}"


@contextmanager
def _spoken(kernel: Path | None = None) -> Iterator[None]:
    """Say in words what Spark raises; a kernel's own error comes out as it was raised."""
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        original = spark_kernel.raised(kernel) if kernel else None
        if original is not None:
            raise original from error
        raise EntenteError(
            f"Spark could not do it: {str(error).strip().splitlines()[0]}",
            remedy="See the message. Where memory ran out, give Spark more (spark.driver.memory), or more machines.",
        ) from error
