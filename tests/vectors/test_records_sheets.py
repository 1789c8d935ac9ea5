"""Workbooks with several sheets: a table that goes on is read on, and every other sheet is named."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.leads.reportwords import words
from entente.records import StageResult, parse_mapping
from records_files import HEADER, TIGHT, accepted, adds_up, quarantined, staged

NAMES = HEADER.split(",")
Sheets = list[tuple[str, str, list[list[Any]]]]


def book(folder: Path, sheets: Sheets) -> Path:
    """A workbook of (title, state, rows); states are those of the format: visible, hidden, veryHidden."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, state, rows in sheets:
        sheet = made.create_sheet(title)
        sheet.sheet_state = state
        for row in rows:
            sheet.append(row)
    made.save(folder / "in.xlsx")
    return folder / "in.xlsx"


def row(name: str, date: str = "2024-01-02") -> list[str]:
    return [name, date, "x"]


def notes(result: StageResult) -> list[tuple[str, str, int]]:
    return [(one.reason, one.value, one.count) for one in result.warnings if "sheets" in one.reason]


def names(result: StageResult) -> list[str]:
    assert adds_up(result)
    return [one["declaration_id"] for one in accepted(result)]


class TestContinuation:
    def test_a_table_split_over_sheets_is_read_on(self, tmp_path: Path):
        path = book(
            tmp_path,
            [
                ("Part 1", "visible", [NAMES, row("A1"), row("A2")]),
                ("Part 2", "visible", [NAMES, row("A3"), row("A4", "no date"), row("A5")]),
                ("Part 3", "visible", [NAMES, row("A6", "no date")]),
            ],
        )
        result = staged(path, tmp_path)
        assert names(result) == ["A1", "A2", "A3", "A5"]
        assert [one["source_row"] for one in accepted(result)] == [1, 2, 3, 5]
        assert [(one["file"], one["line"]) for one in quarantined(result)] == [
            (f"{path} [Part 2]", 2),
            (f"{path} [Part 3]", 1),
        ]
        assert notes(result) == [("further_sheets", "Part 2 (3), Part 3 (1)", 4)]

    def test_a_hidden_one_is_read_on_as_well_and_said(self, tmp_path: Path):
        path = book(tmp_path, [("A", "visible", [NAMES, row("A1")]), ("B", "veryHidden", [NAMES, row("A2")])])
        result = staged(path, tmp_path)
        assert names(result) == ["A1", "A2"]
        assert notes(result) == [("hidden_further_sheets", "B (1)", 1)]

    def test_rows_above_the_header_are_left_out_of_each(self, tmp_path: Path):
        sheets: Sheets = [(title, "visible", [["Extract"], NAMES, row(title)]) for title in ("A1", "A2")]
        mapping = parse_mapping(
            "mapping: m\ntable: shipments\nfile: {skip_rows: 1}\nfields:\n"
            + "".join(f"  {name}: {{from: {name}}}\n" for name in NAMES),
            "m",
        )
        result = staged(book(tmp_path, sheets), tmp_path, mapping)
        assert names(result) == ["A1", "A2"]
        assert notes(result) == [("further_sheets", "A2 (1)", 1)]

    @given(st.lists(st.integers(0, 7), min_size=1, max_size=4))
    @settings(deadline=None, max_examples=15)
    def test_rows_of_all_sheets_add_up(self, sizes: list[int]):
        with TemporaryDirectory() as name:
            sheets: Sheets = [
                (f"S{at}", "visible", [NAMES, *(row(f"{at}.{n}", "2024-01-02" if n % 3 else "") for n in range(size))])
                for at, size in enumerate(sizes)
            ]
            result = staged(book(Path(name), sheets), Path(name), limits=TIGHT)
            assert adds_up(result)
            assert result.rows_read == sum(sizes)
            assert len({one["row_id"] for one in accepted(result)}) == result.accepted
            assert len({(one["file"], one["line"]) for one in quarantined(result)}) == result.quarantined


class TestUnread:
    def test_sheets_of_something_else_are_named_with_their_rows(self, tmp_path: Path):
        path = book(
            tmp_path,
            [
                ("Data", "visible", [NAMES, row("A1")]),
                ("Notes", "visible", [["Made by"], ["X"], [None], ["Y"]]),
                ("Codes", "hidden", [["CN"], ["MX"]]),
                ("Empty", "visible", []),
            ],
        )
        result = staged(path, tmp_path)
        assert names(result) == ["A1"]
        assert notes(result) == [("unread_sheets", "Notes (3)", 3), ("hidden_unread_sheets", "Codes (2)", 2)]

    @pytest.mark.parametrize("header", [[*NAMES, "more"], NAMES[::-1], row("A2")])
    def test_another_header_is_another_table(self, tmp_path: Path, header: list[str]):
        path = book(tmp_path, [("A", "visible", [NAMES, row("A1")]), ("B", "visible", [header, row("A3")])])
        result = staged(path, tmp_path)
        assert names(result) == ["A1"]
        assert notes(result) == [("unread_sheets", "B (2)", 2)]

    def test_a_mapping_that_names_a_sheet_has_this_one_only(self, tmp_path: Path):
        path = book(tmp_path, [("A", "visible", [NAMES, row("A1")]), ("B", "visible", [NAMES, row("A2")])])
        fields = "".join(f"  {name}: {{from: {name}}}\n" for name in NAMES)
        mapping = parse_mapping(f"mapping: m\ntable: shipments\nfile: {{sheet: B}}\nfields:\n{fields}", "m")
        result = staged(path, tmp_path, mapping)
        assert names(result) == ["A2"]
        assert notes(result) == [("unread_sheets", "A (2)", 2)]

    def test_a_hidden_first_sheet_is_not_taken_for_the_table(self, tmp_path: Path):
        path = book(tmp_path, [("Lists", "hidden", [["CN"], ["MX"]]), ("Data", "visible", [NAMES, row("A1")])])
        result = staged(path, tmp_path)
        assert names(result) == ["A1"]
        assert notes(result) == [("hidden_unread_sheets", "Lists (2)", 2)]

    @pytest.mark.parametrize("lang", ["en", "zh", "es"])
    def test_a_person_reads_it_in_words(self, tmp_path: Path, lang: str):
        path = book(tmp_path, [("Data", "visible", [NAMES, row("A1")]), ("Notes", "hidden", [["Y"]])])
        warned = [
            {"table": "shipments", "file": one.file, "field": one.field, "value": one.value, "reason": one.reason}
            | {"count": one.count}
            for one in staged(path, tmp_path).warnings
        ]
        (said,) = words(lang).warnings(warned)
        assert str(path) in said
        assert "“Notes (1)”" in said
