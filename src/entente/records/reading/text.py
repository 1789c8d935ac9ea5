"""Read delimited text: CSV, TSV and their kin, in any encoding, packed with gzip or not."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from entente.errors import InputError, Place
from entente.records.encodings import canonical_name, guesses, sniff, to_utf8, undecodable_share
from entente.records.limits import Limits
from entente.records.mapping import FileFormat
from entente.records.reading.base import Block, Note
from entente.records.reading.splitting import Cut, Dialect, cut_records, record_end, split_cells
from entente.records.sources import printable

_SAMPLE = 1 << 20
#: What unpacks to less may be as dense as it likes.
_SMALL = 64 << 20
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Some whole records of a text file.

    Args:
        cut: the records.
        columns: all columns of the file.
        needed: positions of the columns to read.
        dialect: delimiter and quote.
        batch_rows: rows to a block.
    """

    cut: Cut
    columns: tuple[str, ...]
    needed: tuple[int, ...]
    dialect: Dialect
    batch_rows: int

    def blocks(self) -> Iterator[Block]:
        """Take the records apart into cells; empty cells are null."""
        table = self._table()
        bad = self.cut.bad
        lines = pa.array(self.cut.lines)
        for batch in table.to_batches(self.batch_rows):
            yield Block(batch, lines[: batch.num_rows], bad)
            lines, bad = lines[batch.num_rows :], ()
        if bad:
            yield Block(_no_rows(table.schema), pa.array([], pa.int64()), bad)

    def _table(self) -> pa.Table:
        names = [self.columns[at] for at in self.needed]
        rows = len(self.cut.lines)
        if not rows or not names:
            return pa.Table.from_arrays([pa.nulls(rows, pa.string()) for _ in names], names=names)
        for kind in (pa.string(), pa.binary()) if self.cut.plain else ():
            try:
                table = self._parsed(kind)
            except pa.ArrowInvalid:
                continue  # bytes that are no text: they are kept as bytes, and judged row by row
            if table.num_rows == rows:
                return table.rename_columns(names).combine_chunks()
        return self._split(names)

    def _parsed(self, kind: pa.DataType) -> pa.Table:
        every = [f"c{at}" for at in range(len(self.columns))]
        wanted = [f"c{at}" for at in self.needed]
        return csv.read_csv(
            io.BytesIO(self.cut.data),
            csv.ReadOptions(column_names=every, use_threads=False, block_size=len(self.cut.data) + 1),
            csv.ParseOptions(
                delimiter=self.dialect.delimiter, quote_char=self.dialect.quote or False, newlines_in_values=True
            ),
            csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, kind),
                include_columns=wanted,
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                check_utf8=True,
            ),
        )

    def _split(self, names: list[str]) -> pa.Table:
        """Take odd records apart one by one, in the way they were cut."""
        columns: list[list[bytes | None]] = [[] for _ in names]
        for record in _records(self.cut.data, self.dialect):
            for column, at in zip(columns, self.needed, strict=True):
                column.append(record[at] or None)
        return pa.Table.from_arrays([_text_or_bytes(column) for column in columns], names=names)


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.nulls(0, item.type) for item in schema], schema=schema)


def _records(data: bytes, dialect: Dialect) -> Iterator[list[bytes]]:
    at = 0
    while at < len(data):
        if data[at] in b"\r\n":
            at += 1
            continue
        end, _ = record_end(data, at, dialect)
        yield split_cells(data[at:end], dialect)
        at = end + 1


def _text_or_bytes(values: list[bytes | None]) -> pa.Array:
    column = pa.array(values, pa.binary())
    try:
        return pc.cast(column, pa.string())
    except pa.ArrowInvalid:
        return column


@dataclass(frozen=True, slots=True)
class TextSource:
    """An opened text file."""

    path: Path
    columns: tuple[str, ...]
    encoding: str
    dialect: Dialect
    skip_rows: int
    has_header: bool
    limits: Limits
    packed: bool
    kind: str
    from_1904: bool | None = None
    notes: tuple[Note, ...] = ()

    @classmethod
    def open(cls, path: Path, how: FileFormat, limits: Limits, *, packed: bool) -> TextSource:
        """Find encoding, delimiter and header.

        Raises:
            InputError: the file is not text in the encoding, or has no usable header.
        """
        sample = next(_raw_chunks(path, limits, packed=packed, size=max(_SAMPLE, limits.max_record_bytes)), b"")
        place = Place(printable(path))
        _check_format(how, place)
        encoding = _encoding(sample, how, place)
        text = b"".join(to_utf8(iter((sample,)), encoding))
        if not text.strip():
            raise InputError("The file is empty.", remedy="Export it again, or leave it out.", place=place)
        told = _SEPARATOR.fullmatch(_header_line(text, 0, limits, place))
        skip_rows = max(how.skip_rows, 1) if told else how.skip_rows
        header = _header_line(text, skip_rows, limits, place)
        dialect = Dialect(how.delimiter or (told[1].decode() if told else _delimiter(header)), how.quote)
        columns = how.columns or _names(header, dialect, place)
        if how.trailing_delimiter and columns[-1:] != ("",):
            columns = (*columns, "")
        _check_columns(columns, limits, place)
        kind = "tsv" if dialect.delimiter == "\t" else "csv"
        return cls(
            path,
            tuple(columns),
            encoding,
            dialect,
            skip_rows,
            not how.columns,
            limits,
            packed,
            kind + (".gz" if packed else ""),
        )

    def parts(self, needed: tuple[str, ...] | None, grouped: frozenset[str] = frozenset()) -> Iterator[TextPart]:
        """Cut the records behind the header into parts of about one block each."""
        del grouped  # cells of a text are no dictionary yet
        names = self.columns if needed is None else needed
        positions = tuple(self.columns.index(name) for name in names)
        chunks = to_utf8(_raw_chunks(self.path, self.limits, packed=self.packed), self.encoding)
        body = _after_lines(chunks, self.skip_rows + (1 if self.has_header else 0))
        for cut in cut_records(body, self.dialect, len(self.columns), self.limits.max_record_bytes):
            if len(cut.lines) or cut.bad:
                yield TextPart(cut, self.columns, positions, self.dialect, self.limits.batch_rows)


def _check_format(how: FileFormat, place: Place) -> None:
    marks = (how.delimiter or ",", how.quote or '"')
    if any(len(mark.encode()) != 1 or mark in "\r\n\0" for mark in marks) or marks[0] == marks[1]:
        raise InputError(
            f"Cells cannot be told apart by {marks[0]!r} and {marks[1]!r}.",
            remedy="Delimiter and quote are one ASCII character each, and not the same.",
            place=place,
        )


def _raw_chunks(path: Path, limits: Limits, *, packed: bool, size: int | None = None) -> Iterator[bytes]:
    """Yield the bytes of a file, unpacked, in bounded pieces."""
    place, total = Place(printable(path)), 0
    try:
        with gzip.open(path) if packed else path.open("rb") as stream:
            while chunk := stream.read(size or limits.block_bytes):
                total += len(chunk)
                if packed and (total > limits.max_unpacked_bytes or _is_bomb(path, total, limits)):
                    raise InputError(
                        f"The file unpacks to more than {total >> 20} MiB, which is beyond what is safe.",
                        remedy="If you trust where it comes from, unpack it and give the pieces that are needed.",
                        place=place,
                    )
                yield chunk
    except (EOFError, zlib.error, OSError) as error:
        raise InputError(
            f"The file cannot be read to its end: {error}.",
            remedy="Copy or export it again; check that the transfer was complete.",
            place=place,
        ) from error


def _is_bomb(path: Path, total: int, limits: Limits) -> bool:
    return total > _SMALL and total > limits.max_ratio * path.stat().st_size


def _encoding(sample: bytes, how: FileFormat, place: Place) -> str:
    if how.encoding is not None:
        name = _known(how.encoding, place)
        found, sure = sniff(sample)
        return found if name == "utf-16" and sure else name
    found, sure = sniff(sample)
    if not sure and undecodable_share(sample, found) > 0.5:
        likely = guesses(sample)
        hint = f"; it looks like {likely[0]}" if likely else ""
        raise InputError(
            f"Most lines are not text in UTF-8{hint}.",
            remedy="Run `entente records describe FILE`, and give the mapping it proposes by --mapping.",
            place=place,
        )
    return found


def _known(encoding: str, place: Place) -> str:
    try:
        return canonical_name(encoding)
    except (LookupError, UnicodeError, ValueError) as error:
        raise InputError(
            f"There is no encoding {encoding!r}.", remedy="Use utf-8, utf-16, gb18030, big5 or latin-1.", place=place
        ) from error


def _header_line(text: bytes, skip: int, limits: Limits, place: Place) -> bytes:
    """Return the first line that is not blank, after the skipped ones."""
    lines = _nonblank(text)
    for _ in range(skip):
        next(lines, None)
    header = next(lines, b"")
    if len(header) >= limits.max_record_bytes:
        raise InputError(
            f"The first line is longer than {limits.max_record_bytes >> 10} KiB, so it is no header.",
            remedy="Check that the file is a table with one record to a line.",
            place=place,
        )
    return header


def _nonblank(text: bytes) -> Iterator[bytes]:
    for line in text.splitlines():
        if line:
            yield line


#: A first line that tells a spreadsheet program by what the cells are parted.
_SEPARATOR = re.compile(rb"\"?sep=([;,|:\t])\"?\s*", re.IGNORECASE)


def _delimiter(header: bytes) -> str:
    counts = {mark: header.count(mark.encode()) for mark in _DELIMITERS}
    best = max(counts, key=lambda mark: counts[mark])
    return best if counts[best] else ","


def _names(header: bytes, dialect: Dialect, place: Place) -> tuple[str, ...]:
    if b"\0" in header:
        raise InputError(
            "The header holds NUL bytes.",
            remedy="The file is not a text table, or its encoding is UTF-16: say so in a mapping.",
            place=place,
        )
    try:
        return tuple(cell.decode("utf-8").strip() for cell in split_cells(header, dialect))
    except ValueError as error:
        raise InputError(
            "The header is not text in the file's encoding, or its quoting is broken.",
            remedy="Give the encoding, the delimiter and the quote in a mapping.",
            place=place,
        ) from error


def _check_columns(columns: tuple[str, ...], limits: Limits, place: Place) -> None:
    if len(columns) > limits.max_columns:
        raise InputError(
            f"The header has {len(columns)} columns; at most {limits.max_columns} are read.",
            remedy="Check the delimiter, or export only the columns that are needed.",
            place=place,
        )


def _after_lines(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """Leave out the first `count` lines that are not blank."""
    inside = False
    for chunk in chunks:
        at = 0
        while count and at < len(chunk):
            codes = np.frombuffer(chunk, np.uint8)[at : at + _SAMPLE]
            at, count, inside = _skip(codes, at, count, inside=inside)
        if not count:
            yield chunk[at:]


def _skip(codes: np.ndarray, at: int, count: int, *, inside: bool) -> tuple[int, int, bool]:
    for offset, code in enumerate(codes.tolist()):
        if code not in (10, 13):
            inside = True
        elif inside:
            inside, count = False, count - 1
            if count == 0:
                return at + offset + 1, 0, False
    return at + len(codes), count, inside
