"""Look through the XML of a workbook before a library builds trees of it.

A reader of workbooks keeps a whole row, and all that stands between rows, in memory; so a sheet that is one endless row
fills it, however careful the archive was checked. This pass keeps nothing but counts. It also finds what a reader would
drop in silence: rows or cells that are out of order, and formulas whose value the file does not hold.

Bounds of a sheet are those of ECMA-376 and of spreadsheet programs: 1,048,576 rows of 16,384 cells.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_CHUNK = 1 << 16
_MAX_DEPTH = 64
_MAX_TOKEN = 16 << 20
_MAX_ROWS, _MAX_CELLS = 1_048_576, 16_384
_MAX_ROW_TEXT, _MAX_ROW_ELEMENTS = 64 << 20, 16 * _MAX_CELLS
#: Elements of a part that a library keeps whole: texts may be many, everything else is small.
_MAX_TEXTS, _MAX_OTHERS = 8_000_000, 1_000_000
_MAX_FORMULAS = 1_000_000
_FORMULA_SHOWN = 100
_CELL = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

#: Row number -> column number -> text of a formula that has no value in the file.
Formulas = dict[int, dict[int, str]]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of a sheet: its formulas without a value, and how many rows hold something."""

    formulas: Formulas
    rows: int


class UnsafeError(ValueError):
    """The XML is built so that it cannot be read in bounded memory, or not without losing rows."""


@dataclass(slots=True)
class _Watch:
    """Counts of one part."""

    root: str = ""
    depth: int = 0
    row: int = 0
    column: int = 0
    elements: int = 0
    texts: int = 0
    row_elements: int = 0
    row_text: int = 0
    in_row: bool = False
    holds: bool = False
    rows: int = 0
    collecting: str = ""
    formula: str | None = None
    valued: bool = False
    formulas: Formulas = field(default_factory=dict)


def vet(archive: zipfile.ZipFile) -> dict[str, Seen]:
    """Look through every XML part of a workbook.

    Returns:
        Name of each part that is a sheet -> what was seen of it.

    Raises:
        UnsafeError: a part has a document type, endless rows, tokens or nesting, or is out of order.
        ExpatError: a part is no XML.
    """
    sheets: dict[str, Seen] = {}
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            watch = _looked_through(archive, name)
            if watch.root == f"{_MAIN} worksheet":
                sheets[name] = Seen(watch.formulas, watch.rows)
    return sheets


def _looked_through(archive: zipfile.ZipFile, name: str) -> _Watch:
    watch = _Watch()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: _start(watch, tag, attributes)
    parser.EndElementHandler = lambda tag: _end(watch, tag)
    parser.CharacterDataHandler = lambda text: _text(watch, text)
    parser.StartDoctypeDeclHandler = _doctype
    fed = 0
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            fed += len(chunk)
            parser.Parse(chunk, False)  # noqa: FBT003 (expat takes it by position only)
            if fed - max(parser.CurrentByteIndex, 0) > _MAX_TOKEN:
                raise UnsafeError("a tag or text without end")
        parser.Parse(b"", True)  # noqa: FBT003
    return watch


def _doctype(*_: Any) -> None:
    raise UnsafeError("a document type, which no workbook needs")


def _start(watch: _Watch, tag: str, attributes: dict[str, str]) -> None:
    if not watch.depth:
        watch.root = tag
        if tag.startswith(_STRICT):
            raise UnsafeError("the strict variant of the format; save it as an ordinary workbook")
    watch.depth += 1
    if watch.depth > _MAX_DEPTH:
        raise UnsafeError("elements nested too deep")
    if watch.in_row:
        _within_row(watch, tag, attributes)
    elif tag == f"{_MAIN} row":
        _row(watch, attributes)
    else:
        _elsewhere(watch, tag)


def _elsewhere(watch: _Watch, tag: str) -> None:
    if tag in (f"{_MAIN} si", f"{_MAIN} t"):
        watch.texts += 1
    else:
        watch.elements += 1
    if watch.elements > _MAX_OTHERS or watch.texts > _MAX_TEXTS:
        raise UnsafeError("too many elements")


def _row(watch: _Watch, attributes: dict[str, str]) -> None:
    watch.in_row, watch.holds = True, False
    watch.column, watch.row_elements, watch.row_text = 0, 0, 0
    number = int(float(attributes.get("r", watch.row + 1)))
    if number <= watch.row:
        raise UnsafeError(f"row {number} after row {watch.row}")
    watch.row = number
    if number > _MAX_ROWS:
        raise UnsafeError(f"a row with the number {number}; a sheet has at most {_MAX_ROWS}")


def _within_row(watch: _Watch, tag: str, attributes: dict[str, str]) -> None:
    watch.row_elements += 1
    if watch.row_elements > _MAX_ROW_ELEMENTS:
        raise UnsafeError(f"row {watch.row} has too many cells")
    if tag == f"{_MAIN} row":
        raise UnsafeError("a row within a row")
    if tag == f"{_MAIN} c":
        _cell(watch, attributes)
    elif tag == f"{_MAIN} f":
        watch.collecting, watch.formula, watch.holds = "f", "", True
    elif tag in (f"{_MAIN} v", f"{_MAIN} is"):
        watch.holds = True
        watch.collecting = "v" if tag.endswith(" v") else watch.collecting


def _cell(watch: _Watch, attributes: dict[str, str]) -> None:
    watch.formula, watch.valued = None, False
    place = attributes.get("r")
    column = watch.column + 1
    if place is not None:
        found = _CELL.fullmatch(place)
        if not found or int(found[2]) != watch.row:
            raise UnsafeError(f"a cell {place[:20]!r} in row {watch.row}")
        column = _number(found[1])
    if not watch.column < column <= _MAX_CELLS:
        raise UnsafeError(f"cells of row {watch.row} are out of order, or too many")
    watch.column = column


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _text(watch: _Watch, text: str) -> None:
    watch.row_text += len(text)
    if watch.row_text > _MAX_ROW_TEXT:
        raise UnsafeError("a row, or what stands between rows, holds too much text")
    if watch.collecting == "v":
        watch.valued = watch.valued or bool(text)
    elif watch.collecting == "f" and watch.formula is not None and len(watch.formula) < _FORMULA_SHOWN:
        watch.formula += text


def _end(watch: _Watch, tag: str) -> None:
    watch.depth -= 1
    if not watch.in_row:
        watch.row_text = 0 if tag == f"{_MAIN} si" else watch.row_text  # a text of its own, not kept as XML
        return
    if tag == f"{_MAIN} row":
        watch.in_row, watch.row_text = False, 0
        watch.rows += watch.holds
    elif tag in (f"{_MAIN} f", f"{_MAIN} v"):
        watch.collecting = ""
    elif tag == f"{_MAIN} c" and watch.formula is not None and not watch.valued:
        _keep(watch)


def _keep(watch: _Watch) -> None:
    if len(watch.formulas) >= _MAX_FORMULAS:
        raise UnsafeError("a million rows with formulas that have no value")
    watch.formulas.setdefault(watch.row, {})[watch.column] = "=" + (watch.formula or "")[:_FORMULA_SHOWN]
