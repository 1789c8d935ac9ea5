"""Read Excel workbooks (.xlsx, .xlsm), row by row, after a look at what they would unpack to.

A workbook is a zip archive of XML, so it can be a bomb twice over. The archive's directory is checked before anything
is unpacked, and its XML is looked through (`vetting`) before a tree is made of any of it. Formulas are never computed:
the value that Excel last showed is read, or the formula's own text where the file holds no value.
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl
import pyarrow as pa

from entente.errors import EntenteError, InputError, Place
from entente.records.limits import Limits
from entente.records.mapping import FileFormat
from entente.records.reading.base import Block
from entente.records.reading.vetting import Formulas, UnsafeError, vet
from entente.records.shaping import Bad
from entente.records.sources import printable

Row = tuple[Any, ...]
#: Everything the zip, XML and workbook libraries raise for broken input.
_BROKEN = (
    *(expat.ExpatError, OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError),
    *(RuntimeError, ArithmeticError, AssertionError, zipfile.BadZipFile, zlib.error),
)
_SHEETS = "xl/worksheets/"
_SMALL = 16 << 20
_EXACT = 2.0**53
_BATCH = 1 << 14
_LINES_SHOWN = 2000


@dataclass(frozen=True, slots=True)
class WorkbookPart:
    """All rows of one sheet.

    Args:
        source: the opened workbook.
        needed: positions of the columns to read.
    """

    source: WorkbookSource
    needed: tuple[int, ...]

    def blocks(self) -> Iterator[Block]:
        """Read the sheet; wholly empty rows are no records.

        Raises:
            InputError: the sheet is broken.
        """
        with _sheet(self.source.path, self.source.sheet) as rows:
            body = (row for row in rows if _filled(row))
            for _ in range(self.source.body_from):
                next(body, None)
            line = 1
            while batch := list(islice(body, min(_BATCH, self.source.limits.batch_rows))):
                yield self._block(batch, line)
                line += len(batch)

    def _block(self, rows: list[Row], first: int) -> Block:
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
        return Block(pa.RecordBatch.from_arrays(columns, names), pa.array(lines, pa.int64()), tuple(bad))


@dataclass(frozen=True, slots=True)
class WorkbookSource:
    """An opened workbook.

    Args:
        path: file.
        columns: names in the header.
        sheet: sheet that is read; None is the first.
        body_from: rows that are not empty before the first record.
        limits: bounds.
    """

    path: Path
    columns: tuple[str, ...]
    sheet: str | None
    body_from: int
    limits: Limits
    kind: str = "xlsx"
    encoding: str | None = None

    @classmethod
    def open(cls, path: Path, how: FileFormat, limits: Limits) -> WorkbookSource:
        """Check the archive and read the header.

        Raises:
            InputError: the file is no workbook, unpacks to too much, or its sheet has no usable header.
        """
        _check_archive(path, limits)
        with _sheet(path, how.sheet) as rows:
            filled = (row for row in rows if _filled(row))
            header: Row = next(islice(filled, how.skip_rows, None), ()) if not how.columns else how.columns
        columns = _names(header)
        _check_columns(columns, limits, Place(printable(path)))
        return cls(path, columns, how.sheet, how.skip_rows + (0 if how.columns else 1), limits)

    def parts(self, needed: tuple[str, ...] | None, grouped: frozenset[str] = frozenset()) -> Iterator[WorkbookPart]:
        """One part: a sheet can only be read from its beginning."""
        del grouped
        names = self.columns if needed is None else needed
        yield WorkbookPart(self, tuple(self.columns.index(name) for name in names))


def _check_archive(path: Path, limits: Limits) -> None:
    """Refuse an archive by its directory alone; the zip reader never unpacks more than the directory says."""
    with _broken_as_input(path), zipfile.ZipFile(path) as archive:
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


@contextmanager
def _broken_as_input(path: Path) -> Iterator[None]:
    """Turn every failure of the libraries into an InputError."""
    try:
        yield
    except EntenteError:
        raise
    except UnsafeError as error:
        raise InputError(
            f"The workbook is not safe to read: {error}.",
            remedy="Open it in a spreadsheet program and save it again, or export it as CSV.",
            place=Place(printable(path)),
        ) from error
    except _BROKEN as error:
        raise _broken(path, error) from error


@contextmanager
def _sheet(path: Path, name: str | None) -> Iterator[Iterator[Row]]:
    """Open one sheet and give its rows of values; every failure inside is an InputError."""
    with _broken_as_input(path), path.open("rb") as stream, warnings.catch_warnings():
        with zipfile.ZipFile(stream) as archive:
            sheets = vet(archive)
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which do not matter here
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = _chosen(book, name, path)
            sheet.reset_dimensions()  # what the file says of its own size is not trusted
            yield _with_formulas(sheet.iter_rows(values_only=True), _formulas_of(sheet, sheets))
        finally:
            book.close()


def _formulas_of(sheet: Any, sheets: dict[str, Formulas]) -> Formulas:
    part = sheet._worksheet_path  # noqa: SLF001 (openpyxl tells it nowhere else)
    if part not in sheets:
        raise UnsafeError("its sheet is no worksheet")
    return sheets[part]


def _chosen(book: Any, name: str | None, path: Path) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if not sheets:
        raise InputError(
            "The workbook has no sheet of cells.", remedy="Export the table again.", place=Place(printable(path))
        )
    if name is None:
        return next(iter(sheets.values()))
    if name not in sheets:
        raise InputError(
            f"The workbook has no sheet {name!r}.",
            remedy=f"Name one of its sheets in the mapping: {', '.join(sheets)}.",
            place=Place(printable(path)),
        )
    return sheets[name]


def _with_formulas(rows: Iterator[Row], formulas: Formulas) -> Iterator[Row]:
    """Put a formula's text where it has no value: an empty cell would be a loss that nobody sees."""
    for number, row in enumerate(rows, start=1):
        if number not in formulas:
            yield row
            continue
        texts = formulas[number]
        width = max(len(row), *texts)
        yield tuple(texts.get(at + 1, row[at] if at < len(row) else None) for at in range(width))


def _filled(row: Row) -> bool:
    return any(cell is not None and cell != "" for cell in row)


def _names(header: Row) -> tuple[str, ...]:
    names = [_text(cell).strip() if cell is not None else "" for cell in header]
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
    return pa.array([None if value is None or value == "" else _text(value) for value in values], pa.string())


def _day(value: dt.date) -> dt.date:
    return value.date() if isinstance(value, dt.datetime) else value


def _text(value: Any) -> str:
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value)


def _broken(path: Path, error: Exception) -> InputError:
    return InputError(
        f"The workbook is truncated, protected or broken ({type(error).__name__}: {str(error)[:200]}).",
        remedy="Open it in a spreadsheet program, save it again without a password, or export it as CSV.",
        place=Place(printable(path)),
    )
