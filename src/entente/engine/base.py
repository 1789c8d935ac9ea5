"""What an engine and a kernel are.

A *kernel* is a pure function from one Arrow record batch to another. It must be picklable; heavy state (a
compiled pattern database) is built on first use, and may travel with the kernel. A kernel says which columns it
reads, so that an engine sends no others, and the schema it gives back. It may also have `repeated_columns`, a tuple of
those text columns that it takes dictionary-encoded as well, which spares an engine to write the same few texts out
for millions of rows. And it may have `encoded_columns`, a tuple of text columns of what it gives back, with a method
`encoded`, which does what the kernel does and gives these columns as `ENCODED`: an engine that writes files need not
find out again which texts repeat.

An *engine* holds named tables and knows two verbs: `map` a kernel over the batches of a table, and run `sql`
(written in DuckDB's dialect; other engines transpile it with sqlglot). Two engines agree when the sorted rows of
a result are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import pyarrow as pa

from entente.errors import UsageError

#: Type of a text column that is dictionary-encoded.
ENCODED = pa.dictionary(pa.int32(), pa.string())


@runtime_checkable
class Kernel(Protocol):
    """A picklable pure function `RecordBatch -> RecordBatch`."""

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Columns the kernel reads; an engine sends only these, in this order."""

    @property
    def output_schema(self) -> pa.Schema:
        """Schema of every batch the kernel gives back."""

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Map one batch; rows out need not equal rows in."""


def encoded_schema(schema: pa.Schema, columns: Sequence[str]) -> pa.Schema:
    """The schema with some of its text columns dictionary-encoded."""
    return pa.schema([field.with_type(ENCODED) if field.name in columns else field for field in schema])


def decoded(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """The batch with the columns of `schema`, those that are dictionary-encoded as plain text."""
    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in batch.columns]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class Engine(Protocol):
    """Named tables, `map` and `sql`. A context manager: leaving it frees processes, memory and temporary files."""

    name: str

    def register(self, name: str, source: pa.Table | Path | Sequence[Path]) -> None:
        """Give a small Arrow table, a Parquet file, a folder of Parquet files, or several files a name."""

    def map(self, kernel: Kernel, source: str, into: str) -> int:
        """Map `kernel` over the batches of table `source`; keep the result as table `into`; return its rows."""

    def sql(self, query: str, into: str) -> None:
        """Run one SELECT in DuckDB's dialect and keep the result as table `into` (replacing none)."""

    def drop(self, name: str) -> None:
        """Forget a table and free what it holds."""

    def columns(self, name: str) -> list[str]:
        """Column names of a table, in order."""

    def count(self, name: str) -> int:
        """Number of rows of a table."""

    def fetch(self, query: str) -> pa.Table:
        """Run one SELECT whose result is small and return it as an Arrow table."""

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """Stream a table, in no promised order."""

    def export(self, name: str, path: Path, *, order_by: Sequence[str]) -> int:
        """Write a table to one Parquet file in the given order; return its rows."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def open_engine(
    name: str, workdir: Path, *, processes: int | None = None, memory_mb: int | None = None, master: str | None = None
) -> Engine:
    """Open the engine called `name`, keeping its temporary files under `workdir`.

    Args:
        name: `local` or `spark`.
        workdir: an existing folder for temporary files; the engine removes what it made there.
        processes: worker processes of the local engine; None means one per usable core.
        memory_mb: memory the SQL part of the local engine may use before it spills, in MiB.
        master: Spark master URL, `local[2]` by default; meaningless for the local engine.

    Raises:
        UsageError: no engine has this name.
        MissingComponentError: Spark is asked for, but PySpark or a JDK is missing.
    """
    if name == "local":
        from entente.engine.local import LocalEngine

        return LocalEngine(workdir, processes=processes, memory_mb=memory_mb)
    if name == "spark":
        from entente.engine.spark import SparkEngine

        return SparkEngine(workdir, master=master or "local[2]")
    raise UsageError(f"There is no engine called {name!r}.", remedy="Use --engine local or --engine spark.")
