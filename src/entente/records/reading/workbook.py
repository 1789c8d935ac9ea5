"""Read Excel workbooks (.xlsx, .xlsm), row by row, after a look at what they would unpack to.

A workbook is a zip archive of XML, so it can be a bomb twice over. The archive's directory is checked before anything
is unpacked, and its XML is looked through (`vetting`) before a tree is made of any of it. Formulas are never computed:
the value that Excel last showed is read, or the formula's own text where the file holds no value.

A table that is longer than a sheet (1,048,576 rows) is split over several, so the sheets that have the same header as
the first are read as its continuation. Every other sheet that holds something is named in a note.
"""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from entente.errors import InputError, Place
from entente.records.limits import Limits
from entente.records.mapping import FileFormat
from entente.records.reading.base import Block, Note
from entente.records.reading.sheets import Book, Row, Sheet, broken_as_input, opened
from entente.records.shaping import Bad
from entente.records.sources import printable

_SHEETS = "xl/worksheets/"
_SMALL = 16 << 20
_EXACT = 2.0**53
_BATCH = 1 << 14
_LINES_SHOWN = 2000
#: A letter by its number; halves of a letter, and NUL, which no text has, stay as they are written.
_ESCAPE = re.compile("_x(?!D[89A-F]|0000)([0-9A-F]{4})_", re.IGNORECASE)
#: Characters of the names of sheets that a note holds.
_NAMED = 200


@dataclass(frozen=True, slots=True)
class WorkbookPart:
    """All rows of the sheets that are read.

    Args:
        source: the opened workbook.
        needed: positions of the columns to read.
    """

    source: WorkbookSource
    needed: tuple[int, ...]

    def blocks(self) -> Iterator[Block]:
        """Read the sheets; wholly empty rows are no records.

        Raises:
            InputError: a sheet is broken.
        """
        before = 0
        with opened(self.source.path) as book:
            for position in self.source.sheets:
                sheet = book.sheets[position]
                body = islice(sheet.rows(), self.source.body_from, None)
                line = before + 1
                while batch := list(islice(body, min(_BATCH, self.source.limits.batch_rows))):
                    yield self._block(batch, line, sheet.title if position != self.source.sheets[0] else "", before)
                    line += len(batch)
                before = line - 1

    def _block(self, rows: list[Row], first: int, sheet: str, before: int) -> Block:
        width = len(self.source.columns)
        good: list[Row] = []
        lines: list[int] = []
        bad: list[Bad] = []
        for line, row in enumerate(rows, start=first):
            reason = _reason(row, width)
            if reason is None:
                good.append(row)
                lines.append(line)
            else:
                shown = " | ".join(_text(cell) for cell in row[: width + 8] if cell is not None)
                bad.append(Bad(line, reason, shown, shown[:_LINES_SHOWN]))
        columns = [_column([row[at] if at < len(row) else None for row in good]) for at in self.needed]
        names = [self.source.columns[at] for at in self.needed]
        batch = pa.RecordBatch.from_arrays(columns, names)
        return Block(batch, pa.array(lines, pa.int64()), tuple(bad), sheet, before)


@dataclass(frozen=True, slots=True)
class WorkbookSource:
    """An opened workbook.

    Args:
        path: file.
        columns: names in the header.
        sheets: positions of the sheets that are read, in order.
        body_from: rows that are not empty before the first record of each.
        limits: bounds.
        from_1904: days are counted from 1904.
        notes: sheets that are read beside the first, and those that are not.
    """

    path: Path
    columns: tuple[str, ...]
    sheets: tuple[int, ...]
    body_from: int
    limits: Limits
    from_1904: bool | None = None
    notes: tuple[Note, ...] = ()
    kind: str = "xlsx"
    encoding: str | None = None

    @classmethod
    def open(cls, path: Path, how: FileFormat, limits: Limits) -> WorkbookSource:
        """Check the archive, read the header, and find the sheets that go on with the table.

        Raises:
            InputError: the file is no workbook, unpacks to too much, or its sheet has no usable header.
        """
        _check_archive(path, limits)
        with opened(path) as book:
            first = _chosen(book, how.sheet, path)
            columns = _names(how.columns or _header(first, how))
            _check_columns(columns, limits, Place(printable(path)))
            others = [sheet for sheet in book.sheets if sheet is not first and sheet.held]
            more = [sheet for sheet in others if _goes_on(sheet, columns, how)]
            body_from = how.skip_rows + (0 if how.columns else 1)
            notes = tuple(_notes(more, [sheet for sheet in others if sheet not in more], body_from))
            read = tuple(book.sheets.index(sheet) for sheet in (first, *more))
            return cls(path, columns, read, body_from, limits, book.from_1904, notes)

    def parts(self, needed: tuple[str, ...] | None, grouped: frozenset[str] = frozenset()) -> Iterator[WorkbookPart]:
        """One part: a sheet can only be read from its beginning."""
        del grouped
        names = self.columns if needed is None else needed
        yield WorkbookPart(self, tuple(self.columns.index(name) for name in names))


def _check_archive(path: Path, limits: Limits) -> None:
    """Refuse an archive by its directory alone; the zip reader never unpacks more than the directory says."""
    with broken_as_input(path), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if not any(entry.filename == "xl/workbook.xml" for entry in entries):
        raise InputError(
            "The file is a zip archive, but no Excel workbook.",
            remedy="Unpack the archive and give the tables in it, or save the sheet as .xlsx or CSV.",
            place=Place(printable(path)),
        )
    total = sum(entry.file_size for entry in entries)
    held = max((entry.file_size for entry in entries if not entry.filename.startswith(_SHEETS)), default=0)
    dense = any(_ratio(entry) > limits.max_ratio for entry in entries if entry.file_size > _SMALL)
    if len(entries) > limits.max_entries or total > limits.max_unpacked_bytes or held > limits.max_part_bytes or dense:
        raise InputError(
            f"The workbook would unpack to {total >> 20} MiB in {len(entries)} parts, which is beyond what is safe.",
            remedy="If you trust where it comes from, open it in a spreadsheet program and save it as CSV.",
            place=Place(printable(path)),
        )


def _ratio(entry: zipfile.ZipInfo) -> float:
    return entry.file_size / max(entry.compress_size, 1)


def _chosen(book: Book, name: str | None, path: Path) -> Sheet:
    """The sheet that a mapping names, or else the first that a person sees."""
    if not book.sheets:
        raise InputError(
            "The workbook has no sheet of cells.", remedy="Export the table again.", place=Place(printable(path))
        )
    if name is None:
        return next((sheet for sheet in book.sheets if not sheet.hidden), book.sheets[0])
    for sheet in book.sheets:
        if sheet.title == name:
            return sheet
    raise InputError(
        f"The workbook has no sheet {name!r}.",
        remedy=f"Name one of its sheets in the mapping: {', '.join(sheet.title for sheet in book.sheets)}.",
        place=Place(printable(path)),
    )


def _header(sheet: Sheet, how: FileFormat) -> Row:
    return next(islice(sheet.rows(), how.skip_rows, None), ())


def _goes_on(sheet: Sheet, columns: tuple[str, ...], how: FileFormat) -> bool:
    """Whether a sheet continues the table: no mapping names a single sheet, and its header is the same."""
    return how.sheet is None and not how.columns and _names(_header(sheet, how)) == columns


def _notes(read: list[Sheet], unread: list[Sheet], head: int) -> Iterator[Note]:
    for reason, sheets, above in (("further_sheets", read, head), ("unread_sheets", unread, 0)):
        for hidden in (False, True):
            chosen = [sheet for sheet in sheets if sheet.hidden is hidden]
            if chosen:
                rows = [sheet.held - above for sheet in chosen]
                named = ", ".join(f"{sheet.title} ({count:,})" for sheet, count in zip(chosen, rows, strict=True))
                yield Note(named[:_NAMED], f"hidden_{reason}" if hidden else reason, sum(rows))


def _names(header: Row) -> tuple[str, ...]:
    names = [_text(_unescaped(cell)).strip() if cell is not None else "" for cell in header]
    while names and not names[-1]:
        names.pop()
    return tuple(names)


def _check_columns(columns: tuple[str, ...], limits: Limits, place: Place) -> None:
    if not columns:
        raise InputError("The sheet is empty.", remedy="Name the sheet that holds the table.", place=place)
    if len(columns) > limits.max_columns:
        raise InputError(
            f"The header has {len(columns)} columns; at most {limits.max_columns} are read.",
            remedy="Export only the columns that are needed.",
            place=place,
        )


def _reason(row: Row, width: int) -> str | None:
    if any(cell is not None and cell != "" for cell in row[width:]):
        return "cell_count"
    if any(isinstance(cell, str) and "\0" in cell for cell in row):
        return "nul_byte"
    return None


def _column(values: list[Any]) -> pa.Array:
    """Keep the type of a column whose cells all have one; a mixed column becomes text."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {dt.datetime, dt.date}:
        return pa.array([None if value is None else _day(value) for value in values], pa.date32())
    if kinds <= {int, float} and all(value is None or abs(value) < _EXACT for value in values):
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    return pa.array(
        [None if value is None or value == "" else _text(_unescaped(value)) for value in values], pa.string()
    )


def _unescaped(value: Any) -> Any:
    """A text with the letters that the format writes as _xHHHH_ (ECMA-376, ST_Xstring), such as a carriage return."""
    if isinstance(value, str) and "_x" in value:
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
    return value


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value)
