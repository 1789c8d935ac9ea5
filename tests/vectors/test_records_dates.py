"""Dates in files without a mapping: what can be read in one way is read, what in two ways is not, and says how."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.records import Mapping, parse_mapping
from entente.records.parsing import DateReader
from records_files import HEADER, accepted, adds_up, csv_file, parquet_file, quarantined, staged, xlsx_file

NAMES = HEADER.split(",")
TENTH = dt.date(2024, 11, 10)


def read(text: str, zone: str | None = None) -> dt.date | None:
    try:
        return DateReader(zone=zone)(text)
    except ValueError:
        return None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2024-11-10",
            "20241110",
            "2024/11/10",
            "2024.11.10",
            "2024年11月10日",
            "2024 年 11 月 10 日",
            "2024년 11월 10일",
        ),
        *(
            "2024년 11월 10일",
            "２０２４－１１－１０",
            " 2024-11-10 ",
            "2024-11-10T08:30:00",
            "2024-11-10 08:30",
            "2024/11/10 8:30:05",
        ),
        *("2024-11-10T08:30:00.123456789Z", "2024-11-10 08:30:00 +0800", "20241110T083000", "20241110083000"),
        *("2024.11.10 23:59:59", "20241110 08:30", "2024-11-10T08:30:00+08:00"),
    ],
)
def test_one_way_to_read_it(text: str):
    assert read(text) == TENTH


@pytest.mark.parametrize(
    "text",
    [
        *("10/11/2024", "10.11.2024", "10-11-24", "2024", "202411", "45606", "2024/13/01", "2024-02-30", "20241301"),
        *("10101010", "2024-11/10", "2024-11-10 25:00", "2024-11-10x", "2024年11月", "11月10日", "0", "-1"),
        *("2024-11-10T08:30:00+99:00", "20241110 256000", "1e7", "2024-1-1-1"),
    ],
)
def test_none_or_several(text: str):
    assert read(text) is None


@given(st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31)))
def test_every_day_in_every_writing(day: dt.date):
    for pattern in ("%Y-%m-%d", "%Y%m%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y-%m-%d %H:%M:%S", "%Y%m%d%H%M%S"):
        assert read(day.strftime(pattern)) == day
    assert read(f"{day.year}/{day.month}/{day.day}") == day
    assert read(day.strftime("%d%m%Y")) is None  # eight digits that end in a year name no month in the middle


def test_a_moment_is_a_day_where_the_mapping_says():
    assert read("2024/11/10 23:30+00:00", "Asia/Shanghai") == dt.date(2024, 11, 11)
    assert read("20241110T233000Z", "Asia/Shanghai") == dt.date(2024, 11, 11)
    assert read("2024/11/10 23:30", "Asia/Shanghai") == TENTH


class TestFiles:
    def test_all_writings_in_one_column(self, tmp_path: Path):
        rows = [
            "A1,20241110,x",
            "A2,2024/11/10,x",
            "A3,2024.11.10,x",
            "A4,2024年11月10日,x",
            "A5,2024-11-10T01:02:03Z,x",
        ]
        result = staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path)
        assert [row["date"] for row in accepted(result)] == [TENTH] * 5

    def test_day_or_month_first_is_not_guessed(self, tmp_path: Path):
        """Not even where one is beyond twelve: the other rows of the column would be read by a guess."""
        rows = ["A1,10/11/2024,x", "A2,25.12.2024,x", "A3,yesterday,x", "A4,2024/11/10,x"]
        result = staged(csv_file(tmp_path, "\n".join([HEADER, *rows])), tmp_path)
        assert adds_up(result)
        assert [(row["line"], row["reason"]) for row in quarantined(result)] == [
            (1, "day_or_month"),
            (2, "day_or_month"),
            (3, "not_a_date"),
        ]
        assert 'dates: ["DD/MM/YYYY"]' in quarantined(result)[0]["message"]
        assert "YYYYMMDD" in quarantined(result)[2]["message"]

    @pytest.mark.parametrize("values", [[20241110], [20241110.0]])
    def test_digits_that_are_a_number_in_parquet(self, tmp_path: Path, values: list[float]):
        path = parquet_file(tmp_path, {"declaration_id": ["A"], "date": pa.array(values), "description": ["x"]})
        assert [row["date"] for row in accepted(staged(path, tmp_path))] == [TENTH]

    @pytest.mark.parametrize(("epoch", "serial"), [(1900, 45606), (1904, 44144)])
    @pytest.mark.parametrize("mixed", [False, True])
    def test_a_cell_of_a_workbook_that_lost_its_look(self, tmp_path: Path, epoch: int, serial: int, mixed: bool):
        book = openpyxl.Workbook()
        if epoch == 1904:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        for row in (NAMES, ["A1", serial, "x"], ["A2", "2024/11/10" if mixed else serial + 0.75, "x"]):
            book.active.append(row)
        book.save(tmp_path / "in.xlsx")
        assert [row["date"] for row in accepted(staged(tmp_path / "in.xlsx", tmp_path))] == [TENTH] * 2

    @pytest.mark.parametrize("number", [2024, 11, 202411, 99999, 0.5])
    def test_a_number_that_is_hardly_a_day(self, tmp_path: Path, number: float):
        result = staged(xlsx_file(tmp_path, [NAMES, ["A1", number, "x"]]), tmp_path)
        assert [row["reason"] for row in quarantined(result)] == ["not_a_date"]

    def test_a_serial_day_in_a_text_file_does_not_say_from_when_it_counts(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, f"{HEADER}\nA1,45606,x"), tmp_path)
        assert [row["reason"] for row in quarantined(result)] == ["not_a_date"]


def mapped(formats: str) -> Mapping:
    date = f"{{from: date, dates: {formats}}}"
    fields = f"{{declaration_id: {{from: declaration_id}}, date: {date}, hs_code: {{constant: '1'}}}}"
    return parse_mapping(f"mapping: m\ntable: shipments\nfields: {fields}", "m")


class TestMappings:
    @pytest.mark.parametrize(("formats", "day"), [("[excel]", TENTH), ("[excel1904]", dt.date(2028, 11, 11))])
    @pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
    def test_the_day_from_which_it_counts_is_that_of_the_mapping(
        self, tmp_path: Path, formats: str, day: dt.date, kind: str
    ):
        """A column of numbers was once counted from 1900 whatever the mapping said: four years off."""
        if kind == "csv":
            path = csv_file(tmp_path, f"{HEADER}\nA1,45606,x")
        elif kind == "xlsx":
            path = xlsx_file(tmp_path, [NAMES, ["A1", 45606, "x"]])
        else:
            path = parquet_file(tmp_path, {"declaration_id": ["A1"], "date": [45606.0]})
        assert [row["date"] for row in accepted(staged(path, tmp_path, mapped(formats)))] == [day]

    def test_what_a_mapping_says_is_not_read_in_other_ways(self, tmp_path: Path):
        result = staged(
            csv_file(tmp_path, f"{HEADER}\nA1,2024/13/11,x\nA2,2024/11/13,x"), tmp_path, mapped("[YYYY/DD/MM]")
        )
        assert [row["date"] for row in accepted(result)] == [dt.date(2024, 11, 13)]
        assert [(row["line"], row["reason"]) for row in quarantined(result)] == [(2, "not_a_date")]
