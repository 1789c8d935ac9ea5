"""Values that look like slips are read as they stand, counted, and named with their first places."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.records import StageResult
from entente.records.doubting import EARLIEST
from entente.screening.vocabulary import Vocabulary
from entente.substances.register import load_register
from records_files import TIGHT, accepted, adds_up, csv_file, staged

TODAY = dt.date(2026, 11, 24)
HEAD = "declaration_id,date,hs_code\n"


def notes(result: StageResult) -> list[tuple[str, str, str, int]]:
    assert adds_up(result)
    kinds = {"date_in_future", "date_early", "hs_odd_digits", "no_cas_number"}
    return [(one.field, one.reason, one.value, one.count) for one in result.warnings if one.reason in kinds]


def dated(folder: Path, *days: str) -> StageResult:
    rows = [f"A{at},{day},291411" for at, day in enumerate(days)]
    return staged(csv_file(folder, HEAD + "\n".join(rows)), folder, today=TODAY)


def coded(folder: Path, *codes: str) -> StageResult:
    rows = [f"A{at},2024-01-02,{code}" for at, code in enumerate(codes)]
    return staged(csv_file(folder, HEAD + "\n".join(rows)), folder)


class TestDates:
    def test_after_the_run(self, tmp_path: Path):
        result = dated(tmp_path, "2026-11-24", "2206-01-02", "2026-11-26", "2026-11-27", "2026-12-01")
        assert notes(result) == [
            ("date", "date_in_future", "2: 2206-01-02, 3: 2026-11-26, 4: 2026-11-27", 4),
        ]
        assert result.accepted == 5

    def test_tomorrow_is_today_somewhere(self, tmp_path: Path):
        assert notes(dated(tmp_path, "2026-11-25")) == []

    def test_before_there_were_such_codes(self, tmp_path: Path):
        result = dated(tmp_path, "1987-12-31", "1988-01-01", "0202-11-05")
        assert notes(result) == [("date", "date_early", "1: 1987-12-31, 3: 0202-11-05", 2)]

    def test_without_a_day_of_the_run_the_future_is_not_asked_about(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, f"{HEAD}A1,2999-01-01,291411"), tmp_path)
        assert notes(result) == []

    def test_days_to_come_are_usual_where_rights_end(self, tmp_path: Path):
        path = csv_file(tmp_path, "authorisation_id,valid_from,valid_to\nL1,2027-01-01,2029-01-01\n")
        assert notes(staged(path, tmp_path, table="authorisations", today=TODAY)) == []

    def test_a_place_on_a_further_sheet_is_counted_there(self, tmp_path: Path):
        book = openpyxl.Workbook()
        for title in ("One", "Two"):
            sheet = book.create_sheet(title)
            for row in (HEAD.strip().split(","), [title, "2024-01-02", "1"], [title, "2030-01-02", "1"]):
                sheet.append(row)
        book.remove(book["Sheet"])
        book.save(tmp_path / "in.xlsx")
        result = staged(tmp_path / "in.xlsx", tmp_path, today=TODAY)
        assert notes(result) == [("date", "date_in_future", "2: 2030-01-02, [Two] 2: 2030-01-02", 2)]

    @given(st.lists(st.dates(dt.date(1900, 1, 1), dt.date(2200, 1, 1)), min_size=1, max_size=30))
    @settings(deadline=None, max_examples=25)
    def test_counts_are_those_of_a_plain_loop(self, days: list[dt.date]):
        with TemporaryDirectory() as folder:
            rows = [f"A{at},{day},291411" for at, day in enumerate(days)]
            path = csv_file(Path(folder), HEAD + "\n".join(rows))
            found = notes(staged(path, Path(folder), today=TODAY, limits=TIGHT))
        late = sum(day > TODAY + dt.timedelta(days=1) for day in days)
        early = sum(day < EARLIEST for day in days)
        expected = {"date_in_future": late, "date_early": early}
        assert {reason: count for _, reason, _, count in found} == {name: n for name, n in expected.items() if n}


class TestCodes:
    @pytest.mark.parametrize(
        ("codes", "value", "count"),
        [
            (["29143100", "1012100"], "2: 1012100", 1),
            (["291431", "10121", "10129"], "2: 10121, 3: 10129", 2),
            (["2914310000", "101210000"], "2: 101210000", 1),
            (["101.21.00", "2914.31.00"], "1: 101.21.00", 1),
        ],
    )
    def test_a_lost_zero_is_noted_and_not_put_back(self, tmp_path: Path, codes: list[str], value: str, count: int):
        result = coded(tmp_path, *codes)
        assert notes(result) == [("hs_code", "hs_odd_digits", value, count)]
        assert [row["hs_code"] for row in accepted(result)] == codes

    @pytest.mark.parametrize(
        "codes",
        [
            ["291431", "29143100", "2914310000"],
            ["291431000", "291431009", "2914310000"],  # Japan's tariff has nine digits
            ["29143100000", "2914310000X", "2914", "29"],
        ],
    )
    def test_codes_as_tariffs_have_them(self, tmp_path: Path, codes: list[str]):
        assert notes(coded(tmp_path, *codes)) == []

    def test_counted_over_the_parts_of_a_file(self, tmp_path: Path):
        rows = [f"A{at},2024-01-02,{'291431000' if at % 3 else '2914310000'}" for at in range(60)]
        path = csv_file(tmp_path, HEAD + "\n".join(rows))
        assert notes(staged(path, tmp_path, limits=TIGHT)) == []
        rows += [f"B{at},2024-01-02,2914310000" for at in range(60)]
        ((_, _, value, count),) = notes(staged(csv_file(tmp_path, HEAD + "\n".join(rows)), tmp_path, limits=TIGHT))
        assert (value, count) == ("2: 291431000, 3: 291431000, 5: 291431000", 40)

    def test_a_lost_zero_hides_no_code_of_the_register(self):
        """Why a code is not also matched with a zero before it: no substance has a code that begins with one."""
        codes = Vocabulary.from_register(load_register(())).hs
        assert codes
        assert all(code.hs6 >= 100_000 for code in codes)


class TestCasNumbers:
    def test_a_wrong_check_digit_is_noted(self, tmp_path: Path):
        cells = (
            "67-64-1",
            "67-64-2",
            "000067-64-1",
            "67641",
            "n/a",
            "",
            "mixture 2",
            "200-662-2 / 67-64-1",
            "200-662-2",
        )
        rows = [f"A{at},2024-01-02,{cell}" for at, cell in enumerate(cells)]
        result = staged(csv_file(tmp_path, "declaration_id,date,cas\n" + "\n".join(rows) + "\n"), tmp_path)
        assert notes(result) == [("cas", "no_cas_number", "2: 67-64-2, 9: 200-662-2", 2)]

    def test_other_dashes_and_full_width_digits_are_none(self, tmp_path: Path):
        cells = ("67\u201364\u20131", "\uff11\uff10\uff18-\uff18\uff18-\uff13", "67.64.1")
        rows = [f"A{at},2024-01-02,{cell}" for at, cell in enumerate(cells)]
        assert notes(staged(csv_file(tmp_path, "declaration_id,date,cas\n" + "\n".join(rows)), tmp_path)) == []


class TestLabelledCodes:
    def test_a_label_before_a_code_is_no_doubt_and_the_six_digits_are_derived(self, tmp_path: Path):
        cells = ("HS 291411", "'29141100", "ex 2914.11", "税号2914110000", '"""2914.11"""')
        result = coded(tmp_path, *cells)
        assert [one for one in result.warnings if one.field == "hs_code"] == []
        assert [row["hs6"] for row in accepted(result)] == ["291411"] * len(cells)
