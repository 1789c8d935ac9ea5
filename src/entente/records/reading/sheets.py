"""Open a workbook and its sheets; every failure of the libraries beneath comes out as an `InputError`."""

from __future__ import annotations

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.parsers import expat

import openpyxl
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from entente.errors import EntenteError, InputError, Place
from entente.records.reading.vetting import Formulas, Seen, UnsafeError, vet
from entente.records.sources import printable

Row = tuple[Any, ...]
#: Everything the zip, XML and workbook libraries raise for broken input.
_BROKEN = (
    *(expat.ExpatError, OSError, EOFError, ValueError, KeyError, IndexError, TypeError, AttributeError, SyntaxError),
    *(RuntimeError, ArithmeticError, AssertionError, zipfile.BadZipFile, zlib.error),
)


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """One sheet of cells of an open workbook.

    Args:
        title: name.
        hidden: a person who opens the workbook does not see it.
        held: rows that hold something, a header among them.
    """

    title: str
    hidden: bool
    held: int
    _sheet: Any
    _formulas: Formulas

    def rows(self) -> Iterator[Row]:
        """Rows of values from the beginning, wholly empty ones left out."""
        self._sheet.reset_dimensions()  # what the file says of its own size is not trusted
        rows = _with_formulas(self._sheet.iter_rows(values_only=True), self._formulas)
        return (row for row in rows if any(cell is not None and cell != "" for cell in row))


@dataclass(frozen=True, slots=True)
class Book:
    """An open workbook; `from_1904` says that it counts days from 1904."""

    sheets: tuple[Sheet, ...]
    from_1904: bool


@contextmanager
def opened(path: Path) -> Iterator[Book]:
    """Look through a workbook's XML, then open it.

    Raises:
        InputError: it is broken or not safe to read, here or while its rows are read.
    """
    with broken_as_input(path), path.open("rb") as stream, warnings.catch_warnings():
        with zipfile.ZipFile(stream) as archive:
            seen = vet(archive)
        warnings.simplefilter("ignore")  # openpyxl warns of styles and validations, which do not matter here
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            sheets = tuple(_sheet(one, seen) for one in book.worksheets)
            yield Book(sheets, book.epoch == CALENDAR_MAC_1904)
        finally:
            book.close()


def _sheet(sheet: Any, seen: dict[str, Seen]) -> Sheet:
    found = seen.get(sheet._worksheet_path)  # noqa: SLF001 (openpyxl tells it nowhere else)
    if found is None:
        raise UnsafeError("its sheet is no worksheet")
    return Sheet(sheet.title, sheet.sheet_state != "visible", found.rows, sheet, found.formulas)


@contextmanager
def broken_as_input(path: Path) -> Iterator[None]:
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
        raise InputError(
            f"The workbook is truncated, protected or broken ({type(error).__name__}: {str(error)[:200]}).",
            remedy="Open it in a spreadsheet program, save it again without a password, or export it as CSV.",
            place=Place(printable(path)),
        ) from error


def _with_formulas(rows: Iterator[Row], formulas: Formulas) -> Iterator[Row]:
    """Put a formula's text where it has no value: an empty cell would be a loss that nobody sees."""
    for number, row in enumerate(rows, start=1):
        if number not in formulas:
            yield row
            continue
        texts = formulas[number]
        width = max(len(row), *texts)
        yield tuple(texts.get(at + 1, row[at] if at < len(row) else None) for at in range(width))
