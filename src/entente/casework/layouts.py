"""Rows into a file of a portal's layout, with the mapping that reads that layout: what is written reads back the same.

A layout can be written if each of its fields comes from one column of its own and its dates have a pattern. A text that
a spreadsheet program would run as a formula is refused and not altered: an altered name would be another party.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from entente.errors import InputError, Place, UsageError
from entente.records import Mapping as Layout
from entente.records.mapping import FieldRule

_PARTS = {"YYYY": "%Y", "MM": "%m", "DD": "%d"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(path: Path, layout: Layout, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows; returns how many.

    Args:
        path: `.csv` or `.xlsx`; replaced if it is there.
        layout: the mapping of the portal's layout.
        rows: of the layout's canonical table; a field that the layout has no column for is left out.

    Raises:
        UsageError: the layout cannot be written, or the file is neither .csv nor .xlsx.
        InputError: a text begins like a formula, or the file cannot be written.
    """
    if path.suffix not in {".csv", ".xlsx"}:
        raise UsageError(f"{path.name} is neither .csv nor .xlsx.", remedy="Name the file so that it ends in one.")
    rules = [rule for rule in layout.rules if rule.sources]
    for rule in rules:
        _check(rule, layout)
    header = [rule.sources[0] for rule in rules]
    lines = [[_cell(rule, row.get(rule.name), number) for rule in rules] for number, row in enumerate(rows, 2)]
    try:
        (_csv if path.suffix == ".csv" else _xlsx)(path, layout, header, lines)
    except OSError as error:
        raise InputError(
            f"The file cannot be written: {error.strerror or error}.",
            remedy="Check the path and the free space.",
            place=Place(str(path)),
        ) from error
    return len(lines)


def left_out(layout: Layout, rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Fields with a value in some row for which the layout has no column; whoever writes it says so."""
    known = {rule.name for rule in layout.rules}
    return tuple(dict.fromkeys(name for row in rows for name, value in row.items() if value and name not in known))


def _check(rule: FieldRule, layout: Layout) -> None:
    reading = rule.reading
    alone = len(rule.sources) == 1 and rule.unit_from is None and rule.when is None
    plain = not reading.translate and reading.pad is None and reading.thousands is None
    shared = sum(rule.sources[0] in other.sources for other in layout.rules) > 1
    if not alone or not plain or shared or layout.format.skip_rows or layout.format.columns:
        raise UsageError(
            f"The layout {layout.name} cannot be written: {rule.name} is not one plain column of its own.",
            remedy="Use a mapping with one column for each field, without word lists, for what is written.",
        )


def _cell(rule: FieldRule, value: Any, line: int) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.strftime(_pattern(rule.reading.dates.formats))
    if isinstance(value, float | int):
        number = value / (rule.reading.factor or 1)
        return repr(number).replace(".", rule.reading.decimal)
    text = str(value)
    if text.startswith(_FORMULA):
        raise InputError(
            "A text begins like a formula, and a spreadsheet program would run it.",
            remedy="Correct it in the object, or type this row yourself.",
            place=Place(line=line, field=rule.sources[0]),
        )
    return text


def _pattern(formats: Sequence[str]) -> str:
    for name in formats:
        pattern = name
        for part, code in _PARTS.items():
            pattern = pattern.replace(part, code)
        if all(code in pattern for code in _PARTS.values()):
            return pattern
    return "%Y-%m-%d"


def _csv(path: Path, layout: Layout, header: list[str], lines: list[list[str]]) -> None:
    encoding = layout.format.encoding or "utf-8"
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=layout.format.delimiter or ",", lineterminator="\r\n")
        writer.writerows([header, *lines])


def _xlsx(path: Path, layout: Layout, header: list[str], lines: list[list[str]]) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(layout.format.sheet or "Sheet1")
    for line in [header, *lines]:
        sheet.append(line)
    book.save(path)
