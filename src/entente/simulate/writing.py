"""The Parquet files of a year, open while its blocks are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq


@dataclass(slots=True)
class Writers:
    """Writes tables to files by name below a folder, opening each on first use. `rows` counts what was written."""

    folder: Path
    rows: Counter[str] = field(default_factory=Counter)
    _open: dict[str, pq.ParquetWriter] = field(default_factory=dict)

    def write(self, name: str, table: pa.Table) -> None:
        """Append a table to the file called `name`; all tables of a file have one schema."""
        if name not in self._open:
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = pq.ParquetWriter(path, table.schema, compression="zstd")
        self._open[name].write_table(table)
        self.rows[name] += table.num_rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for writer in self._open.values():
            writer.close()
