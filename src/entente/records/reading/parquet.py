"""Read Parquet, a row group to a worker and a batch at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from entente.errors import InputError, Place
from entente.records.limits import Limits
from entente.records.reading.base import Block, Note
from entente.records.reading.pages import pages_of
from entente.records.reading.sizes import cut_by_size
from entente.records.sources import printable

#: A dictionary-coded text column takes few bytes a value; above this the writer had fallen back to plain text, and
#: reading it into a dictionary would cost more than it saves.
_DICTIONARY_BYTES = 6
#: A grouped column is read into one dictionary up to this size: Arrow keeps it as long as the row group is read.
_GROUPED_BYTES = 64 << 20
_BUFFER = 1 << 20
#: Items of a list that a row may have on average, whatever the limit.
_ITEMS_A_ROW = 4
#: What Arrow raises for broken files: its own errors, and those of names that are no text or numbers that are too big.
_BROKEN = (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, IndexError)


@dataclass(frozen=True, slots=True)
class ParquetPart:
    """One row group.

    Args:
        path: file.
        group: number of the row group.
        first_line: record number of its first row.
        columns: columns to read.
        limits: bounds.
        grouped: columns that are given dictionary-encoded even where the file repeats their texts.
    """

    path: Path
    group: int
    first_line: int
    columns: tuple[str, ...]
    limits: Limits
    grouped: frozenset[str] = frozenset()

    def blocks(self) -> Iterator[Block]:
        """Read the row group; rows with a text that is too long are bad ones.

        Raises:
            InputError: a page is broken.
        """
        try:
            yield from self._blocks()
        except _BROKEN as error:
            raise _broken(self.path, error) from error

    def _blocks(self) -> Iterator[Block]:
        with _parquet(self.path) as probe:
            sizes = _sizes(self.path, probe.metadata.row_group(self.group), self.columns, self.limits)
            coded = _dictionaries(probe, self.group, self.columns, self.grouped, sizes)
            others = _other_dictionaries(probe, self.group, self.columns, coded)
            count = probe.metadata.row_group(self.group).num_rows
            rows = _rows_at_once(count, sizes, self.limits)
        coded += self._long_texts(others)
        with _parquet(self.path, read_dictionary=coded, buffer_size=_BUFFER, pre_buffer=False) as file:
            line = self.first_line
            batches = file.iter_batches(rows, row_groups=[self.group], columns=list(self.columns), use_threads=False)
            for batch in batches:
                yield from cut_by_size(_checked(batch), line, self.limits)
                line += batch.num_rows
        if line - self.first_line != count:
            raise OSError(f"row group {self.group} has {line - self.first_line} rows, not {count}")

    def _long_texts(self, leaves: list[str]) -> list[str]:
        """Return the columns whose dictionaries hold texts too long to be repeated in every row.

        A text that stands once in the file may stand in every row: a few bytes would become gigabytes.
        """
        if not leaves:
            return []
        with _parquet(self.path, read_dictionary=leaves) as file:
            tops = [leaf if leaf in self.columns else leaf.split(".")[0] for leaf in leaves]
            first = next(file.iter_batches(1, row_groups=[self.group], columns=tops, use_threads=False))
        bound = self.limits.batch_bytes // self.limits.batch_rows
        long = [leaf for leaf, top in zip(leaves, tops, strict=True) if _longest(first.column(top)) > bound]
        nested = next((leaf for leaf in long if leaf not in self.columns), None)
        if nested is not None:
            raise InputError(
                "The lists of this column hold texts that are too long.",
                remedy="Export the table without the column.",
                place=Place(printable(self.path), field=nested.split(".")[0]),
            )
        return long


def _longest(column: pa.Array) -> int:
    """Bytes of the longest text in a column's dictionary."""
    while pa.types.is_nested(column.type):
        column = column.field(0) if pa.types.is_struct(column.type) else column.values  # lists of any kind, and maps
    words = column.dictionary if pa.types.is_dictionary(column.type) else column
    return int(pc.max(pc.binary_length(words)).as_py() or 0)


def _parquet(path: Path, **options: Any) -> pq.ParquetFile:
    """Open a file; one whose name is not UTF-8 has to be opened by its bytes."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return pq.ParquetFile(pa.OSFile(os.fsencode(path)), **options)
    return pq.ParquetFile(path, **options)


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
    from_1904: bool | None = None
    notes: tuple[Note, ...] = ()

    @classmethod
    def open(cls, path: Path, limits: Limits) -> ParquetSource:
        """Read the footer.

        Raises:
            InputError: the footer cannot be read, or the file is beyond a limit.
        """
        try:
            with _parquet(path) as file:
                meta, names = file.metadata, tuple(file.schema_arrow.names)
                groups = [meta.row_group(index) for index in range(meta.num_row_groups)]
                sizes = [group.total_byte_size for group in groups]
                rows = tuple(group.num_rows for group in groups)
        except _BROKEN as error:
            raise _broken(path, error) from error
        _check(path, names, sizes, limits)
        return cls(path, names, rows, limits)

    def parts(self, needed: tuple[str, ...] | None, grouped: frozenset[str] = frozenset()) -> Iterator[ParquetPart]:
        """One part for each row group that has rows."""
        columns = self.columns if needed is None else needed
        line = 1
        for group, rows in enumerate(self.groups):
            if rows:
                yield ParquetPart(self.path, group, line, columns, self.limits, grouped)
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


def _sizes(path: Path, group: Any, columns: tuple[str, ...], limits: Limits) -> dict[str, int]:
    """Return what each leaf that is read unpacks to, by the headers of its pages: the footer may lie.

    Raises:
        InputError: its pages, or its lists, are too big to be held.
    """
    chunks = [chunk for chunk in map(group.column, range(group.num_columns)) if _top(chunk, columns) in columns]
    with path.open("rb") as stream:
        found = {chunk.path_in_schema: pages_of(stream.fileno(), chunk) for chunk in chunks}
    held = sum(pages.largest for pages in found.values())
    if held > limits.max_pages_bytes:
        raise InputError(
            f"Pages of the file unpack to {held >> 20} MiB at once; at most {limits.max_pages_bytes >> 20} are read.",
            remedy="Write the file again with smaller pages (about 1 MiB) and smaller row groups.",
            place=Place(printable(path)),
        )
    items = {name: pages.values for name, pages in found.items() if name not in columns}
    longest = max(items, key=lambda name: items[name], default="")
    if items.get(longest, 0) > _ITEMS_A_ROW * group.num_rows + limits.max_items:
        raise InputError(
            f"The lists of this column have {items[longest]:,} items in {group.num_rows:,} rows.",
            remedy="Export the table without the column.",
            place=Place(printable(path), field=longest.split(".")[0]),
        )
    return {name: pages.total for name, pages in found.items()}


def _top(chunk: Any, columns: tuple[str, ...]) -> str:
    """The column that a leaf belongs to; a point may be part of a column's own name."""
    path = str(chunk.path_in_schema)
    return path if path in columns else path.split(".", maxsplit=1)[0]


def _rows_at_once(rows: int, sizes: dict[str, int], limits: Limits) -> int:
    """Return how many rows to read at once, so that rows of the average size stay within the bound."""
    return max(1, min(limits.batch_rows, limits.batch_bytes * rows // max(sum(sizes.values()), 1)))


def _dictionaries(
    file: pq.ParquetFile, group: int, columns: tuple[str, ...], grouped: frozenset[str], sizes: dict[str, int]
) -> list[str]:
    """Return the text columns to read as dictionaries: those that the file keeps as a small one, and grouped ones."""
    texts = {
        item.name for item in file.schema_arrow if pa.types.is_string(item.type) or pa.types.is_large_string(item.type)
    }
    meta, found = file.metadata.row_group(group), []
    for index in range(meta.num_columns):
        chunk = meta.column(index)
        name = chunk.path_in_schema
        size = sizes.get(name, 0)
        small = size <= _DICTIONARY_BYTES * max(meta.num_rows, 1)
        shared = name in grouped and size <= _GROUPED_BYTES
        if name in texts and name in columns and (shared or (chunk.has_dictionary_page and small)):
            found.append(name)
    return found


def _other_dictionaries(file: pq.ParquetFile, group: int, columns: tuple[str, ...], small: list[str]) -> list[str]:
    """Return the other leaves of text or bytes that have a dictionary, those within lists included."""
    meta = file.metadata.row_group(group)
    chunks = (meta.column(index) for index in range(meta.num_columns))
    return [
        chunk.path_in_schema
        for chunk in chunks
        if chunk.physical_type == "BYTE_ARRAY"
        and chunk.has_dictionary_page
        and _top(chunk, columns) in columns
        and chunk.path_in_schema not in small
    ]


def _broken(path: Path, error: Exception) -> InputError:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return InputError(
        f"The Parquet file is truncated or broken: {first}",
        remedy="Copy or export the file again; check that the transfer was complete.",
        place=Place(printable(path)),
    )
