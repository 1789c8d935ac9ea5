"""Read Parquet, a row group to a worker and a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from entente.errors import InputError, Place
from entente.records.limits import Limits
from entente.records.reading.base import Block
from entente.records.sources import printable

#: A dictionary-coded text column takes few bytes a value; above this the writer had fallen back to plain text, and
#: reading it into a dictionary would cost more than it saves.
_DICTIONARY_BYTES = 6
_BUFFER = 1 << 20


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """One row group.

    Args:
        path: file.
        group: number of the row group.
        first_line: record number of its first row.
        columns: columns to read.
        batch_rows: rows to a block.
    """

    path: Path
    group: int
    first_line: int
    columns: tuple[str, ...]
    batch_rows: int

    def blocks(self) -> Iterator[Block]:
        """Read the row group.

        Raises:
            InputError: a page is broken.
        """
        try:
            yield from self._blocks()
        except (pa.ArrowException, OSError) as error:
            raise _broken(self.path, error) from error

    def _blocks(self) -> Iterator[Block]:
        with pq.ParquetFile(self.path) as probe:
            coded = _dictionary_columns(probe, self.group, self.columns)
        with pq.ParquetFile(self.path, read_dictionary=coded, buffer_size=_BUFFER, pre_buffer=False) as file:
            line = self.first_line
            batches = file.iter_batches(
                self.batch_rows, row_groups=[self.group], columns=list(self.columns), use_threads=False
            )
            for batch in batches:
                lines = pa.array(np.arange(line, line + batch.num_rows, dtype=np.int64))
                line += batch.num_rows
                yield Block(_checked(batch), lines)


def _checked(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Give texts that are not valid UTF-8 on as bytes, which are judged cell by cell: Parquet does not check them."""
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid:
        return pa.RecordBatch.from_arrays([_bytes_if_broken(column) for column in batch.columns], batch.schema.names)
    return batch


def _bytes_if_broken(column: pa.Array) -> pa.Array:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        plain = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        return plain.view(pa.binary()) if pa.types.is_string(plain.type) else plain.view(pa.large_binary())
    return column


@dataclass(frozen=True, slots=True)
class ParquetSource:
    """An opened Parquet file."""

    path: Path
    columns: tuple[str, ...]
    groups: tuple[int, ...]
    limits: Limits
    kind: str = "parquet"
    encoding: str | None = None

    @classmethod
    def open(cls, path: Path, limits: Limits) -> ParquetSource:
        """Read the footer.

        Raises:
            InputError: the footer cannot be read, or the file is beyond a limit.
        """
        try:
            with pq.ParquetFile(path) as file:
                meta, names = file.metadata, tuple(file.schema_arrow.names)
                groups = [meta.row_group(index) for index in range(meta.num_row_groups)]
                sizes = [group.total_byte_size for group in groups]
                rows = tuple(group.num_rows for group in groups)
        except (pa.ArrowException, OSError) as error:
            raise _broken(path, error) from error
        _check(path, names, sizes, limits)
        return cls(path, names, rows, limits)

    def parts(self, needed: tuple[str, ...] | None) -> Iterator[ParquetPart]:
        """One part for each row group that has rows."""
        columns = self.columns if needed is None else needed
        line = 1
        for group, rows in enumerate(self.groups):
            if rows:
                yield ParquetPart(self.path, group, line, columns, self.limits.batch_rows)
            line += rows


def _check(path: Path, names: tuple[str, ...], sizes: list[int], limits: Limits) -> None:
    if len(names) > limits.max_columns:
        raise InputError(
            f"The file has {len(names)} columns; at most {limits.max_columns} are read.",
            remedy="Export only the columns that are needed.",
            place=Place(printable(path)),
        )
    if max(sizes, default=0) > limits.max_group_bytes:
        raise InputError(
            f"A row group unpacks to {max(sizes) >> 20} MiB; at most {limits.max_group_bytes >> 20} are read at once.",
            remedy="Write the file again with smaller row groups (about a million rows each).",
            place=Place(printable(path)),
        )


def _dictionary_columns(file: pq.ParquetFile, group: int, columns: tuple[str, ...]) -> list[str]:
    """Return the text columns that the file itself keeps as a small dictionary."""
    texts = {
        item.name for item in file.schema_arrow if pa.types.is_string(item.type) or pa.types.is_large_string(item.type)
    }
    meta, found = file.metadata.row_group(group), []
    for index in range(meta.num_columns):
        chunk = meta.column(index)
        name = chunk.path_in_schema
        small = chunk.total_uncompressed_size <= _DICTIONARY_BYTES * max(chunk.num_values, 1)
        if name in texts and name in columns and chunk.has_dictionary_page and small:
            found.append(name)
    return found


def _broken(path: Path, error: Exception) -> InputError:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(
        f"The Parquet file is truncated or broken: {first}",
        remedy="Copy or export the file again; check that the transfer was complete.",
        place=Place(printable(path)),
    )
