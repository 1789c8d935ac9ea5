"""The engine for one machine: a pool of processes for kernels, DuckDB for SQL, Parquet part files for tables.

Every table is a list of Parquet files, so that both halves read it without conversion and peak memory does not
depend on the size of a table: DuckDB streams a query's result to files and spills what it must sort or group.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from entente.engine import duck, parts
from entente.engine.base import Kernel
from entente.engine.crew import run_beside
from entente.engine.dialect import literal, quote
from entente.engine.pool import usable_cores
from entente.engine.tables import Tables
from entente.errors import UsageError


class LocalEngine:
    """Named tables on this machine.

    Args:
        workdir: an existing folder; a folder of its own is made in it, and removed by `close`.
        processes: processes for kernels and threads for SQL; None means one per usable core.
        memory_mb: MiB that SQL may use before it spills to `workdir`.
    """

    name = "local"

    def __init__(self, workdir: Path, *, processes: int | None = None, memory_mb: int | None = None) -> None:
        if (processes is not None and processes < 1) or (memory_mb is not None and memory_mb < 1):
            raise UsageError(
                "Processes and memory must be at least 1.", remedy="Give a positive number, or leave it out."
            )
        self._processes = processes or usable_cores()
        self._tables = Tables(workdir)
        self._sql = duck.connect(self._tables.home, self._processes, memory_mb or duck.DEFAULT_MEMORY_MB)

    def register(self, name: str, source: pa.Table | Path | Sequence[Path]) -> None:
        """Give a small Arrow table, a Parquet file, a folder of Parquet files, or several files a name."""
        self._tables.must_be_new(name)
        self._keep(name, self._tables.stored(source))

    def map(self, kernel: Kernel, source: str, into: str) -> int:
        """Map `kernel` over the batches of table `source`; keep the result as table `into`; return its rows."""
        self._tables.must_be_new(into)
        self._must_have(source, kernel.input_columns)
        folder = self._tables.folder()
        pickled = folder / "kernel.pickle"
        tasks = list(parts.map_tasks(pickled, self._tables.files(source), folder))
        # starting processes costs more than they save on a table that is one task's work
        small = parts.count_rows(self._tables.files(source)) <= parts.TASK_ROWS
        processes = 1 if small else self._processes
        try:
            if processes > 1:
                parts.save_kernel(kernel, pickled)
            with parts.held(kernel, pickled):
                rows = run_beside(parts.map_part, tasks, processes)
        finally:
            pickled.unlink(missing_ok=True)
        targets = [task.target for task in tasks]
        if not targets:  # a file without row groups
            targets = [folder / "000000.parquet"]
            parts.write_part(kernel.output_schema.empty_table(), targets[0])
        self._keep(into, tuple(targets))
        return sum(rows)

    def sql(self, query: str, into: str) -> None:
        """Run one SELECT in DuckDB's dialect and keep the result as table `into` (replacing none)."""
        self._tables.must_be_new(into)
        folder = self._tables.folder()
        self._run(
            f"COPY ({duck.narrow(self._sql, query)}) TO {literal(str(folder))} "
            "(FORMAT parquet, COMPRESSION lz4, PER_THREAD_OUTPUT true, OVERWRITE_OR_IGNORE true)"
        )
        self._keep(into, tuple(sorted(folder.glob("*.parquet"))))

    def drop(self, name: str) -> None:
        """Forget a table and free what it holds."""
        self._tables.files(name)  # refuses what is not there
        self._run(f"DROP VIEW {quote(name)}")
        self._tables.forget(name)

    def columns(self, name: str) -> list[str]:
        """Column names of a table, in order."""
        with parts.open_part(self._tables.files(name)[0]) as part:
            return list(part.schema_arrow.names)

    def count(self, name: str) -> int:
        """Number of rows of a table."""
        return parts.count_rows(self._tables.files(name))

    def fetch(self, query: str) -> pa.Table:
        """Run one SELECT whose result is small and return it as an Arrow table."""
        with duck.spoken():
            return self._sql.sql(duck.narrow(self._sql, query)).to_arrow_table()

    def batches(self, name: str) -> Iterator[pa.RecordBatch]:
        """Stream a table, in no promised order."""
        return parts.stream(self._tables.files(name))

    def export(self, name: str, path: Path, *, order_by: Sequence[str]) -> int:
        """Write a table to one Parquet file in the given order; return its rows."""
        self._must_have(name, order_by)
        self._run(duck.copy_ordered(quote(name), path, order_by))
        return parts.count_rows([path])

    def close(self) -> None:
        """Free memory and remove all temporary files; a second call does nothing."""
        self._sql.close()
        self._tables.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _keep(self, name: str, files: tuple[Path, ...]) -> None:
        self._run(f"CREATE VIEW {quote(name)} AS SELECT * FROM {duck.read_files(files)}")
        self._tables.keep(name, files)

    def _must_have(self, name: str, columns: Sequence[str]) -> None:
        duck.must_have(name, self.columns(name), columns)

    def _run(self, statement: str) -> None:
        with duck.spoken():
            self._sql.execute(statement)
