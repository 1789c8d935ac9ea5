"""Named hostile workbooks and Parquet files: what becomes of each, and in how much memory."""

from __future__ import annotations

import datetime as dt
import struct
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entente.records import Limits, Mapping, parse_mapping
from records_files import HEADER, accepted, adds_up, in_child, parquet_file, quarantined, refused, staged, xlsx_file
from records_fuzz import workbook_bytes, workbook_parts

NAMES = HEADER.split(",")
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHEET = "xl/worksheets/sheet1.xml"


def reasons(result) -> list[tuple[int, str, str]]:
    assert adds_up(result)
    return [(row["line"], row["reason"], row["value"]) for row in quarantined(result)]


def book_with(folder: Path, **parts: bytes) -> Path:
    """A good workbook in which some parts are replaced; `sheet` is the first sheet."""
    named = {SHEET if name == "sheet" else name.replace("__", "/"): data for name, data in parts.items()}
    path = folder / "in.xlsx"
    path.write_bytes(workbook_bytes({**workbook_parts(), **named}))
    return path


def sheet_xml(body: str, head: str = "") -> bytes:
    return f"<?xml version='1.0'?>{head}<worksheet {MAIN}><sheetData>{body}</sheetData></worksheet>".encode()


def text_cell(value: str, place: str = "") -> str:
    return f'<c {place} t="inlineStr"><is><t>{value}</t></is></c>'


def mapped(date: str, more: str = "") -> Mapping:
    fields = f"  declaration_id: {{from: declaration_id}}\n  {date}\n  description: {{from: description}}\n"
    return parse_mapping(f"mapping: m\ntable: shipments\n{more}\nfields:\n{fields}", "m")


HEAD_ROW = "<row>" + "".join(map(text_cell, NAMES)) + "</row>"


def good_row(name: str) -> str:
    return "<row>" + "".join(map(text_cell, (name, "2024-01-02", "x"))) + "</row>"


class TestWorkbookBombs:
    def test_a_dense_sheet(self, tmp_path: Path):
        path = tmp_path / "in.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in workbook_parts().items():
                if name != SHEET:
                    archive.writestr(name, data)
            with archive.open(SHEET, "w") as part:
                for _ in range(400):
                    part.write(b" " * (1 << 20))
        assert "beyond what is safe" in in_child(path, tmp_path)["error"]

    def test_very_many_parts(self, tmp_path: Path):
        path = book_with(tmp_path, **{f"xl__x{number}.xml": b"<a/>" for number in range(5000)})
        assert "parts, which is beyond what is safe" in refused(path, tmp_path).message

    def test_a_zip_within_the_zip_is_never_unpacked(self, tmp_path: Path):
        inner = workbook_bytes(workbook_parts())
        assert staged(book_with(tmp_path, **{"xl__nested.zip": inner}), tmp_path).rows_read == 3

    def test_a_big_part_that_would_be_held_in_memory(self, tmp_path: Path):
        path = book_with(tmp_path, **{"xl__sharedStrings.xml": b"<sst>" + b"<si/>" * 400_000 + b"</sst>"})
        assert "beyond what is safe" in refused(path, tmp_path, limits=Limits(max_part_bytes=1 << 20)).message

    @pytest.mark.parametrize(
        "doctype",
        [
            '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
            '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
            '<!DOCTYPE a SYSTEM "http://127.0.0.1/a.dtd">',
        ],
    )
    @pytest.mark.parametrize("part", ["sheet", "xl__workbook.xml", "xl__sharedStrings.xml", "docProps__core.xml"])
    def test_entities(self, tmp_path: Path, doctype: str, part: str):
        path = book_with(tmp_path, **{part: sheet_xml(HEAD_ROW, doctype)})
        assert "not safe to read: a document type" in refused(path, tmp_path).message

    def test_a_row_without_end(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + "<row>" + "<c/>" * 300_000 + "</row>"))
        assert "cells of row 2 are out of order, or too many" in in_child(path, tmp_path)["error"]

    def test_elements_without_end_between_rows(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + "<x/>" * 1_000_100))
        assert "too many elements" in in_child(path, tmp_path)["error"]

    def test_elements_nested_without_end(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml("<a>" * 5000))
        assert "nested too deep" in refused(path, tmp_path).message

    def test_a_tag_without_end(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml(f'<row a="{"x" * (20 << 20)}"/>'))
        found = in_child(path, tmp_path)
        assert "beyond what is safe" in found["error"] or "a tag or text without end" in found["error"]

    def test_more_rows_than_a_sheet_has(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + '<row r="999999999"><c/></row>'))
        assert "a row with the number 999999999" in refused(path, tmp_path).message

    def test_a_million_empty_rows(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + '<row r="1048576">' + good_row("A1")[5:]))
        assert staged(path, tmp_path).rows_read == 1

    def test_a_million_columns(self, tmp_path: Path):
        path = book_with(tmp_path, sheet=sheet_xml("<row>" + text_cell("a") * 5000 + "</row>"))
        assert "The header has 5000 columns; at most 4096" in refused(path, tmp_path).message


class TestWorkbookLosses:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ('<row r="3"></row><row r="2"></row>', "row 2 after row 3"),
            ('<row r="2"></row><row r="2"></row>', "row 2 after row 2"),
            ('<row r="2"><c r="B2"/><c r="A2"/></row>', "cells of row 2 are out of order"),
            ('<row r="2"><c r="A9"/></row>', "a cell 'A9' in row 2"),
            ('<row r="2"><row r="3"/></row>', "a row within a row"),
        ],
    )
    def test_what_a_library_would_drop_in_silence_is_refused(self, tmp_path: Path, body: str, words: str):
        assert words in refused(book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + body)), tmp_path).message

    def test_the_strict_variant_is_named(self, tmp_path: Path):
        xml = sheet_xml(HEAD_ROW).replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006", b"http://purl.oclc.org/ooxml/spreadsheetml"
        )
        assert "the strict variant" in refused(book_with(tmp_path, sheet=xml), tmp_path).message

    def test_a_formula_is_never_computed(self, tmp_path: Path):
        """With the value that was shown last it is that value; without one, its own text, and no number."""
        rows = (
            '<row><c t="str"><f>1+1</f><v>A1</v></c>' + text_cell("2024-01-02") + '<c><f>CMD("calc")</f></c></row>'
            "<row>" + text_cell("A2") + "<c><f>TODAY()</f></c>" + text_cell("x") + "</row>"
        )
        result = staged(book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + rows)), tmp_path)
        assert [(row["declaration_id"], row["description"]) for row in accepted(result)] == [("A1", '=CMD("calc")')]
        assert reasons(result) == [(2, "not_a_date", "=TODAY()")]

    def test_a_formula_that_openpyxl_wrote(self, tmp_path: Path):
        path = xlsx_file(tmp_path, [[*NAMES, "net_mass_kg"], ["A1", "2024-01-02", "=A1&B1", "=1+1"]])
        assert reasons(staged(path, tmp_path)) == [(1, "not_a_number", "=1+1")]

    def test_letters_that_the_format_writes_as_numbers(self, tmp_path: Path):
        """A carriage return within a cell once stood behind a name as letters, which hid the name."""
        texts = ["acetone_x000D_\n99%", "a_x0041_b", "x_x0000_y", "x_xD800_y", "_x00e9_ther", "plain_x"]
        rows = "".join(
            "<row>" + "".join(map(text_cell, (f"A{at}", "2024-01-02", text))) + "</row>"
            for at, text in enumerate(texts)
        )
        result = staged(book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + rows)), tmp_path)
        assert [row["description"] for row in accepted(result)] == [
            *("acetone\r\n99%", "aAb", "x_x0000_y", "x_xD800_y", "éther", "plain_x"),
        ]

    def test_errors_of_a_sheet_are_texts(self, tmp_path: Path):
        path = xlsx_file(
            tmp_path, [[*NAMES, "value"], ["A1", "2024-01-02", "#N/A", None], ["A2", "2024-01-02", "x", "#DIV/0!"]]
        )
        result = staged(path, tmp_path)
        assert [row["description"] for row in accepted(result)] == ["#N/A"]
        assert reasons(result) == [(2, "not_a_number", "#DIV/0!")]

    def test_cells_behind_the_header(self, tmp_path: Path):
        result = staged(xlsx_file(tmp_path, [NAMES, ["A1", "2024-01-02", "x", "more"]]), tmp_path)
        assert [reason for _, reason, _ in reasons(result)] == ["cell_count"]

    @pytest.mark.parametrize("number", [str(2**53 + 1), str(10**40), "12345678"])
    def test_numbers_too_big_to_be_exact_stay_as_written(self, tmp_path: Path, number: str):
        row = f"<row><c><v>{number}</v></c>" + text_cell("2024-01-02") + text_cell("x") + "</row>"
        result = staged(book_with(tmp_path, sheet=sheet_xml(HEAD_ROW + row)), tmp_path)
        assert [row["declaration_id"] for row in accepted(result)] == [number]


class TestWorkbookDates:
    @pytest.mark.parametrize(
        ("epoch", "expected"),
        [("1900", dt.date(2024, 1, 2)), ("1904", dt.date(2028, 1, 3))],
    )
    def test_both_date_systems(self, tmp_path: Path, epoch: str, expected: dt.date):
        book = openpyxl.Workbook()
        book.active.append(NAMES)
        book.active.append(["A1", 45293, "x"])
        book.active["B2"].number_format = "yyyy-mm-dd"
        if epoch == "1904":
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.save(tmp_path / "in.xlsx")
        assert [row["date"] for row in accepted(staged(tmp_path / "in.xlsx", tmp_path))] == [expected]

    @pytest.mark.parametrize(
        ("serial", "expected"),
        [
            (1, dt.date(1900, 1, 1)),
            (59, dt.date(1900, 2, 28)),
            (60, None),  # 29 February 1900 never was
            (61, dt.date(1900, 3, 1)),
            (45293.99, dt.date(2024, 1, 2)),
            (2958465, dt.date(9999, 12, 31)),
            (2958466, None),
            (0, None),
            (-1, None),
            (1e300, None),
        ],
    )
    @pytest.mark.parametrize("kind", ["xlsx", "parquet"])
    def test_serial_days(self, tmp_path: Path, kind: str, serial: float, expected: dt.date | None):
        mapping = mapped("date: {from: date, dates: [excel]}")
        if kind == "xlsx":
            path = xlsx_file(tmp_path, [NAMES, ["A1", serial, "x"]])
        else:
            path = parquet_file(tmp_path, {"declaration_id": ["A1"], "date": [serial], "description": ["x"]})
        result = staged(path, tmp_path, mapping)
        assert [row["date"] for row in accepted(result)] == ([] if expected is None else [expected])
        assert adds_up(result)

    def test_a_date_beyond_range(self, tmp_path: Path):
        book = openpyxl.Workbook()
        book.active.append(NAMES)
        book.active.append(["A1", 99_999_999, "x"])
        book.active["B2"].number_format = "yyyy-mm-dd"
        book.save(tmp_path / "in.xlsx")
        assert [reason for _, reason, _ in reasons(staged(tmp_path / "in.xlsx", tmp_path))] == ["not_a_date"]


class TestBrokenWorkbooks:
    def test_truncated(self, tmp_path: Path):
        path = xlsx_file(tmp_path, [NAMES, ["A1", "2024-01-02", "x"]])
        path.write_bytes(path.read_bytes()[:-30])
        assert "truncated, protected or broken" in refused(path, tmp_path).message

    def test_another_zip_archive(self, tmp_path: Path):
        with zipfile.ZipFile(tmp_path / "in.xlsx", "w") as archive:
            archive.writestr("table.csv", HEADER)
        assert "no Excel workbook" in refused(tmp_path / "in.xlsx", tmp_path).message

    def test_parts_that_are_encrypted(self, tmp_path: Path):
        path = xlsx_file(tmp_path, [NAMES, ["A1", "2024-01-02", "x"]])
        data = bytearray(path.read_bytes())
        for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            at = data.find(mark)
            while at >= 0:
                data[at + offset] |= 1
                at = data.find(mark, at + 1)
        path.write_bytes(data)
        error = refused(path, tmp_path)
        assert "protected" in error.message
        assert "without a password" in error.remedy

    def test_a_sheet_that_is_not_there(self, tmp_path: Path):
        mapping = mapped("date: {from: date}", "file: {sheet: Nope}")
        error = refused(xlsx_file(tmp_path, [NAMES], title="Data"), tmp_path, mapping)
        assert "has no sheet 'Nope'" in error.message
        assert "Data" in error.remedy

    def test_an_empty_sheet(self, tmp_path: Path):
        assert "The sheet is empty." in refused(xlsx_file(tmp_path, []), tmp_path).message


def table(rows: int = 1, **more: Any) -> dict[str, Any]:
    return {"declaration_id": ["A1"] * rows, "date": ["2024-01-02"] * rows, "description": ["x"] * rows, **more}


EVENING = dt.datetime(2024, 1, 1, 23)  # noqa: DTZ001 (columns without a zone, and one in UTC)
TYPES = [
    ("declaration_id", pa.array([Decimal(150)], pa.decimal128(10, 2)), "150"),
    ("declaration_id", pa.array([Decimal(12345678901234567890)], pa.decimal128(38, 2)), "12345678901234567890"),
    ("declaration_id", pa.array([Decimal("1.50")], pa.decimal128(10, 2)), "1.50"),
    ("declaration_id", pa.array([Decimal(100)], pa.decimal128(10, 0)), "100"),
    ("declaration_id", pa.array(["A1"], pa.large_string()), "A1"),
    ("declaration_id", pa.array(["A1"]).dictionary_encode(), "A1"),
    ("declaration_id", pa.array([b"A1"], pa.binary(2)), "A1"),
    ("declaration_id", pa.array([12345678901.0]), "12345678901"),
    ("date", pa.array([EVENING], pa.timestamp("ns", "UTC")), dt.date(2024, 1, 1)),
    ("date", pa.array([EVENING], pa.timestamp("us", "Asia/Shanghai")), dt.date(2024, 1, 2)),
    ("date", pa.array([dt.datetime(2024, 1, 2, 2)], pa.timestamp("us", "America/New_York")), dt.date(2024, 1, 1)),  # noqa: DTZ001
    ("date", pa.array([EVENING], pa.timestamp("us")), dt.date(2024, 1, 1)),
    ("transit_countries", pa.array([["CN", "HK"]], pa.large_list(pa.large_string())), ["CN", "HK"]),
    ("transit_countries", pa.array([["CN", "HK"]], pa.list_(pa.string(), 2)), ["CN", "HK"]),
    ("transit_countries", pa.array([["CN"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), ["CN"]),
    ("transit_countries", pa.array([[{"a": "CN"}]]), "not_text"),
    ("transit_countries", pa.array([[["CN"]]]), "not_text"),
    ("transit_countries", pa.array([[b"CN"]]), "not_text"),
    ("hs_code", pa.array([[("a", "b")]], pa.map_(pa.string(), pa.string())), "not_text"),
    ("date", pa.array([dt.date(2024, 1, 1)], pa.date64()), dt.date(2024, 1, 1)),
    ("date", pa.array([1 << 62], pa.timestamp("us", "UTC")), "not_a_date"),
    ("date", pa.array([1 << 30], pa.date32()), "not_a_date"),
    ("net_mass_kg", pa.array([Decimal("1.5")], pa.decimal256(50, 2)), 1.5),
    ("net_mass_kg", pa.array([1.5], pa.float16()), 1.5),
    ("net_mass_kg", pa.array([float("nan")]), "not_finite"),
    ("net_mass_kg", pa.array([float("inf")]), "not_finite"),
    ("net_mass_kg", pa.array([True]), "not_a_number"),
    ("net_mass_kg", pa.array([{"a": 1}]), "not_a_number"),
    ("line", pa.array([2**64 - 1], pa.uint64()), "not_a_whole_number"),
    ("line", pa.array([-(2**53) - 1], pa.int64()), "below_minimum"),
    ("line", pa.array([7.0]), 7),
    ("line", pa.array([None], pa.null()), 1),
    ("hs_code", pa.array([{"a": 1}]), "not_text"),
    ("hs_code", pa.array([["a"]]), "not_text"),
    ("hs_code", pa.array([b"\xff\xfe"]), "not_decodable"),
    ("hs_code", pa.array([291411], pa.int32()), "291411"),
]


class TestParquet:
    @pytest.mark.parametrize("cut", [1, 4, 8, 40, 300])
    def test_truncated(self, tmp_path: Path, cut: int):
        path = parquet_file(tmp_path, table(100))
        path.write_bytes(path.read_bytes()[:-cut])
        assert "The Parquet file is truncated or broken" in refused(path, tmp_path).message

    @pytest.mark.parametrize("length", [0, 7, 1 << 31, (1 << 32) - 1])
    def test_a_footer_that_lies_about_its_length(self, tmp_path: Path, length: int):
        path = parquet_file(tmp_path, table(100))
        data = path.read_bytes()
        path.write_bytes(data[:-8] + struct.pack("<I", length) + b"PAR1")
        assert "truncated or broken" in refused(path, tmp_path).message

    def test_pages_that_are_not_what_the_footer_says(self, tmp_path: Path):
        path = parquet_file(tmp_path, table(100))
        data = bytearray(path.read_bytes())
        data[40:140] = b"\xff" * 100
        path.write_bytes(data)
        assert "truncated or broken" in refused(path, tmp_path).message

    @pytest.mark.parametrize("limits", [Limits(max_group_bytes=100), Limits(max_columns=2)])
    def test_beyond_a_limit(self, tmp_path: Path, limits: Limits):
        error = refused(parquet_file(tmp_path, table(5000)), tmp_path, limits=limits)
        assert "row group unpacks to" in error.message or "at most 2 are read" in error.message

    def test_a_column_name_that_is_no_text(self, tmp_path: Path):
        """Found by fuzzing."""
        path = parquet_file(tmp_path, table(3, nonsense=["x"] * 3), store_schema=False)
        path.write_bytes(path.read_bytes().replace(b"nonsense", b"non\xca\xffnse"))
        assert "truncated or broken" in refused(path, tmp_path).message

    @pytest.mark.parametrize("kind", [pa.string(), pa.binary()])
    def test_a_text_that_stands_once_in_the_file_and_in_every_row(self, tmp_path: Path, kind: pa.DataType):
        path = self._repeated(tmp_path, 16 << 20, kind)
        found = in_child(path, tmp_path, show=False)
        assert found["counts"] == [50_000, 0, 50_000]

    def test_a_shorter_one_is_read_in_small_blocks(self, tmp_path: Path):
        found = in_child(self._repeated(tmp_path, 30_000, pa.string()), tmp_path, show=False)
        assert found["counts"] == [50_000, 50_000, 0]

    def test_long_texts_within_lists_are_refused(self, tmp_path: Path):
        words = pa.DictionaryArray.from_arrays(pa.array([0] * 1000, pa.int32()), ["a" * (1 << 20)])
        lists = pa.ListArray.from_arrays(pa.array(range(1001), pa.int32()), words)
        path = parquet_file(tmp_path, table(1000, transit_countries=lists), store_schema=False)
        error = refused(path, tmp_path)
        assert "The lists of this column hold texts that are too long." in error.message
        assert str(error.place).endswith("transit_countries")

    @staticmethod
    def _repeated(folder: Path, size: int, kind: pa.DataType) -> Path:
        words = pa.DictionaryArray.from_arrays(pa.array([0] * 50_000, pa.int32()), pa.array(["a" * size], kind))
        options = {"dictionary_pagesize_limit": 1 << 30, "compression": "zstd", "store_schema": False}
        return parquet_file(folder, {**table(50_000), "description": words}, **options)

    def test_a_column_that_is_there_twice(self, tmp_path: Path):
        columns = [pa.array(["A1"]), pa.array(["2024-01-02"]), pa.array(["2024-01-03"]), pa.array(["x"])]
        pq.write_table(
            pa.Table.from_arrays(columns, ["declaration_id", "date", "date", "description"]), tmp_path / "in.parquet"
        )
        assert "has the column 'date' 2 times" in refused(tmp_path / "in.parquet", tmp_path).message

    @pytest.mark.parametrize(
        ("name", "values", "meant"), TYPES, ids=lambda value: str(value)[:20] if isinstance(value, str) else None
    )
    def test_types(self, tmp_path: Path, name: str, values: pa.Array, meant: Any):
        result = staged(parquet_file(tmp_path, table(**{name: values})), tmp_path)
        if isinstance(meant, str) and meant.startswith(("not_", "below_")):
            assert [(row["field"], row["reason"]) for row in quarantined(result)] == [(name, meant)]
        else:
            assert [row[name] for row in accepted(result)] == [meant]
