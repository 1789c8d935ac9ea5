"""Named hostile text files: what becomes of each, word for word, and in how much memory.

A refused file is an `InputError` whose words are asserted; a bad row stands in quarantine with its reason.
"""

from __future__ import annotations

import gzip
import os
import stat
from pathlib import Path

import pytest

from entente.errors import EntenteError, InputError
from entente.records import Limits, Mapping, describe, parse_mapping
from entente.records.mapping import FileFormat
from records_files import (
    HEADER,
    accepted,
    adds_up,
    csv_file,
    gz_file,
    in_child,
    parquet_file,
    quarantined,
    refused,
    staged,
    xlsx_file,
)

ROW = "A1,2024-01-02,acetone\n"
MIB = 1 << 20


def text(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def reasons(result) -> list[tuple[int, str]]:
    assert adds_up(result)
    return [(row["line"], row["reason"]) for row in quarantined(result)]


def descriptions(result) -> list[str]:
    return [row["description"] for row in accepted(result)]


def plain_mapping(**file: object) -> Mapping:
    lines = "".join(f"  {name}: {value!r}\n" for name, value in file.items())
    fields = "".join(f"  {name}: {{from: {name}}}\n" for name in HEADER.split(","))
    return parse_mapping(f"mapping: m\ntable: shipments\nfile:\n{lines}fields:\n{fields}", "m.yaml")


class TestEmpty:
    @pytest.mark.parametrize(
        "data", [b"", b"\n\n\r\n", b"  \n \t ", b"\xef\xbb\xbf"], ids=["none", "ends", "spaces", "bom"]
    )
    def test_a_file_without_a_character(self, tmp_path: Path, data: bytes):
        assert "The file is empty." in refused(csv_file(tmp_path, data), tmp_path).message

    def test_a_header_alone_has_no_rows_and_is_no_error(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, HEADER + "\n"), tmp_path)
        assert (result.rows_read, accepted(result), quarantined(result)) == (0, [], [])

    def test_an_empty_gzip_file(self, tmp_path: Path):
        assert "The file is empty." in refused(gz_file(tmp_path, ""), tmp_path).message


class TestEncodings:
    @pytest.mark.parametrize(("encoding", "words"), [("gb18030", "丙酮和甲苯，桶装"), ("big5", "丙酮與甲苯，這是國產")])
    def test_chinese_that_claims_to_be_utf8_is_refused_with_a_hint(self, tmp_path: Path, encoding: str, words: str):
        source = csv_file(tmp_path, text(*[f"A{n},2024-01-02,{words}" for n in range(9)]), encoding=encoding)
        error = refused(source, tmp_path)
        assert f"Most lines are not text in UTF-8; it looks like {encoding}." in error.message
        assert "records describe" in error.remedy

    def test_latin_1_that_claims_to_be_utf8(self, tmp_path: Path):
        rows = [f"A{n},2024-01-02,ácido acético año {n}" for n in range(9)]
        error = refused(csv_file(tmp_path, text(*rows), encoding="latin-1"), tmp_path)
        assert "it looks like latin-1" in error.message

    def test_a_few_lines_of_another_encoding_cost_those_lines_only(self, tmp_path: Path):
        data = (HEADER + "\n" + ROW * 5).encode() + "A2,2024-01-02,丙酮\n".encode("gb18030") + ROW.encode()
        result = staged(csv_file(tmp_path, data), tmp_path)
        assert reasons(result) == [(6, "not_decodable")]
        assert result.accepted == 6

    @pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
    def test_marked_or_obvious_encodings_are_read(self, tmp_path: Path, encoding: str):
        source = csv_file(tmp_path, text(*["A1,2024-01-02,acetone é"] * 9), encoding=encoding)
        assert set(descriptions(staged(source, tmp_path))) == {"acetone é"}

    def test_half_a_character_at_the_end_of_utf16(self, tmp_path: Path):
        source = csv_file(tmp_path, text("A1,2024-01-02,x").encode("utf-16") + b"y")
        assert reasons(staged(source, tmp_path)) == [(2, "cell_count")]

    def test_a_mark_in_the_middle_stays_a_character(self, tmp_path: Path):
        """Two exports in one file: the second header is a row that cannot be read, and nothing else suffers."""
        data = text("A1,2024-01-02,x").encode("utf-8-sig")
        result = staged(csv_file(tmp_path, data + data), tmp_path)
        assert reasons(result) == [(2, "not_a_date")]
        assert descriptions(result) == ["x", "x"]

    @pytest.mark.parametrize("name", ["utf-9", "base64", "punycode", "unicode_escape", "undefined", "a\0b", ""])
    def test_an_encoding_that_is_none(self, tmp_path: Path, name: str):
        with pytest.raises(InputError, match="There is no encoding"):
            describe(csv_file(tmp_path, text("A1,2024-01-02,x")), how=FileFormat(encoding=name))

    def test_a_wrongly_declared_encoding_costs_the_rows_that_show_it(self, tmp_path: Path):
        source = csv_file(tmp_path, text("A1,2024-01-02,丙酮", "A2,2024-01-02,x"), encoding="gb18030")
        assert reasons(staged(source, tmp_path, plain_mapping(encoding="ascii"))) == [(1, "not_decodable")]


class TestLongLines:
    """In a process of its own with a bound on its peak of memory."""

    def test_ten_gigabytes_of_nul_bytes_are_no_header(self, tmp_path: Path):
        source = csv_file(tmp_path, b"")
        os.truncate(source, 10 << 30)
        assert "longer than 1024 KiB, so it is no header" in in_child(source, tmp_path)["error"]

    def test_a_gigabyte_in_one_line_behind_a_header(self, tmp_path: Path):
        source = csv_file(tmp_path, text("A1,2024-01-02,x"))
        os.truncate(source, 1 << 30)
        assert in_child(source, tmp_path)["reasons"] == [[2, "row_too_long"]]

    @pytest.mark.parametrize("before", ["", 'A1,2024-01-02,"', "\0"], ids=["plain", "quoted", "nul"])
    def test_a_long_line_costs_itself_only(self, tmp_path: Path, before: str):
        source = csv_file(tmp_path, text("A1,2024-01-02,x"))
        with source.open("ab") as stream:
            stream.write(before.encode())
            for _ in range(100):
                stream.write(b"a" * MIB)
            stream.write(b"\nA2,2024-01-02,y\n")
        found = in_child(source, tmp_path)
        assert found["reasons"] == [[2, "row_too_long"]]
        assert found["accepted"] == 2

    def test_a_long_line_in_gzip_that_is_not_dense(self, tmp_path: Path):
        source = tmp_path / "in.csv.gz"
        with gzip.open(source, "wb", compresslevel=1) as stream:
            stream.write(text("A1,2024-01-02,x").encode())
            for _ in range(30):
                stream.write(b"a" * MIB)
        assert in_child(source, tmp_path)["reasons"] == [[2, "row_too_long"]]


class TestQuotes:
    def test_a_quote_that_is_never_closed_costs_one_line(self, tmp_path: Path):
        source = csv_file(tmp_path, text("A1,2024-01-02,x", 'A2,2024-01-02,"open', *["A3,2024-01-02,y"] * 5000))
        result = staged(source, tmp_path, limits=Limits(block_bytes=1 << 12, max_record_bytes=1 << 14))
        assert reasons(result) == [(2, "bad_quoting")]
        assert result.accepted == 5001

    def test_quotes_that_open_each_other_without_end(self, tmp_path: Path):
        """Each line, taken alone, opens a quote that the next one closes and opens again: work must stay linear."""
        source = csv_file(tmp_path, HEADER + "\n" + 'x","\n' * 40_000)
        found = in_child(source, tmp_path)
        assert found["accepted"] == 0
        assert {reason for _, reason in found["reasons"]} == {"bad_quoting"}
        assert len(found["reasons"]) == 40_000

    def test_text_behind_a_closing_quote(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, text('A1,2024-01-02,"x"y', "A2,2024-01-02,z")), tmp_path)
        assert reasons(result) == [(1, "bad_quoting")]

    def test_odd_quoting_between_tabs(self, tmp_path: Path):
        rows = ['A1\t"2024-01-02"\t"x"', 'A2\t2024-01-02\t"y"z', '"A3"\t"2024-01-02"\t"w"']
        source = csv_file(tmp_path, "\n".join([HEADER.replace(",", "\t"), *rows, ""]))
        result = staged(source, tmp_path)
        assert reasons(result) == [(2, "bad_quoting")]
        assert descriptions(result) == ["x", "w"]

    def test_a_header_with_broken_quotes(self, tmp_path: Path):
        assert "its quoting is broken" in refused(csv_file(tmp_path, '"a"b,c\n'), tmp_path).message

    @pytest.mark.parametrize(("delimiter", "quote"), [("；", '"'), (",", ","), ("\n", '"'), (",", "「")])
    def test_marks_that_cannot_tell_cells_apart(self, tmp_path: Path, delimiter: str, quote: str):
        with pytest.raises(InputError, match="Cells cannot be told apart"):
            describe(csv_file(tmp_path, text(ROW)), how=FileFormat(delimiter=delimiter, quote=quote))


class TestRows:
    def test_nul_bytes(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, text("A1,2024-01-02,a\0b", "A2,2024-01-02,y")), tmp_path)
        assert reasons(result) == [(1, "nul_byte")]

    def test_a_nul_byte_in_the_header(self, tmp_path: Path):
        assert "The header holds NUL bytes." in refused(csv_file(tmp_path, "a\0,b\n1,2\n"), tmp_path).message

    def test_mixed_line_ends(self, tmp_path: Path):
        data = f"{HEADER}\rA1,2024-01-02,a\r\nA2,2024-01-02,b\nA3,2024-01-02,c\r\r\n\nA4,2024-01-02,d"
        assert descriptions(staged(csv_file(tmp_path, data), tmp_path)) == ["a", "b", "c", "d"]

    def test_too_few_and_too_many_cells(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, text("A1", "A2,2024-01-02,x,y", "A3,2024-01-02,z")), tmp_path)
        assert reasons(result) == [(1, "cell_count"), (2, "cell_count")]

    def test_a_million_empty_lines_are_no_records(self, tmp_path: Path):
        result = staged(csv_file(tmp_path, HEADER + "\n" * 1_000_000 + ROW), tmp_path)
        assert (result.rows_read, result.accepted) == (1, 1)

    def test_many_rows_of_empty_cells_all_stand_in_quarantine(self, tmp_path: Path):
        found = in_child(csv_file(tmp_path, HEADER + "\n" + ",,\n" * 300_000 + ROW), tmp_path, show=False)
        assert found["counts"] == [300_001, 1, 300_000]

    def test_many_rows_with_one_cell(self, tmp_path: Path):
        found = in_child(csv_file(tmp_path, HEADER + "\n" + "x\n" * 300_000), tmp_path, show=False)
        assert found["counts"] == [300_000, 0, 300_000]

    @pytest.mark.parametrize(
        "cell", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")']
    )
    def test_what_a_spreadsheet_would_run_is_a_text(self, tmp_path: Path, cell: str):
        quoted = '"' + cell.replace('"', '""') + '"'
        assert descriptions(staged(csv_file(tmp_path, text(f"A1,2024-01-02,{quoted}")), tmp_path)) == [cell]


class TestHeaders:
    def test_a_million_columns(self, tmp_path: Path):
        assert (
            "has 1000001 columns; at most 4096" in refused(csv_file(tmp_path, "," * 1_000_000 + "\n"), tmp_path).message
        )

    def test_a_million_named_columns(self, tmp_path: Path):
        header = ",".join(f"c{n}" for n in range(1_000_000))
        assert (
            "longer than 1024 KiB, so it is no header" in refused(csv_file(tmp_path, header + "\n"), tmp_path).message
        )

    @pytest.mark.parametrize("second", ["date", "Date", " DATE "])
    def test_a_column_that_is_there_twice(self, tmp_path: Path, second: str):
        source = csv_file(tmp_path, f"declaration_id,date,{second},description\nA1,2024-01-02,2024-01-03,x\n")
        assert "The header has the column 'date' 2 times." in refused(source, tmp_path).message

    def test_a_doubled_column_that_nobody_reads_does_not_matter(self, tmp_path: Path):
        source = csv_file(tmp_path, f"{HEADER},note,note\nA1,2024-01-02,x,1,2\n")
        assert descriptions(staged(source, tmp_path)) == ["x"]

    def test_columns_that_say_nothing(self, tmp_path: Path):
        error = refused(csv_file(tmp_path, "a,b\n1,2\n"), tmp_path)
        assert "No column gives declaration_id and date and one of description, cas, hs_code" in error.message
        assert "records describe" in error.remedy


NUMBERS = {
    "1": 1.0,
    "1e308": 1e308,
    "1e-400": 0.0,
    "+1": 1.0,
    "1.": 1.0,
    "１２": 12.0,
    "9" * 400: "not_finite",
    "1e309": "not_finite",
    "NaN": "not_a_number",
    "inf": "not_a_number",
    "-Infinity": "not_a_number",
    "1e999999999": "not_a_number",
    "0x10": "not_a_number",
    "1_000": "not_a_number",
    "1,5": "not_a_number",
    "1\u202f000": "not_a_number",
    "--1": "not_a_number",
    "-1": "below_minimum",
    "null": "not_a_number",
    "∞": "not_a_number",
}


@pytest.mark.parametrize(("written", "meant"), NUMBERS.items())
def test_numbers(tmp_path: Path, written: str, meant: float | str):
    source = csv_file(tmp_path, f'{HEADER},net_mass_kg\nA1,2024-01-02,x,"{written}"\n')
    result = staged(source, tmp_path)
    if isinstance(meant, str):
        assert reasons(result) == [(1, meant)]
        assert quarantined(result)[0]["value"] == written[:200]
    else:
        assert [row["net_mass_kg"] for row in accepted(result)] == [meant]


DATES = {
    "2024-01-02": "2024-01-02",
    "0001-01-01": "0001-01-01",
    "9999-12-31": "9999-12-31",
    "2024-01-02T23:59:59Z": "2024-01-02",
    "2024-01-02 10:00": "2024-01-02",
    "2024-1-2": "2024-01-02",
    "20240102": "2024-01-02",
    **dict.fromkeys(
        [
            *("0000-01-01", "10000-01-01", "2024-02-30", "1900-02-29", "45000", "-1"),
            *("2024-01-02T25:00:00", "2024-01-02T10:00:00+99:99", "2024‐01‐02", "2024-01-02x"),
        ]
    ),
}


@pytest.mark.parametrize(("written", "meant"), DATES.items())
def test_dates(tmp_path: Path, written: str, meant: str | None):
    result = staged(csv_file(tmp_path, text(f"A1,{written},x")), tmp_path)
    if meant is None:
        assert reasons(result) == [(1, "not_a_date")]
        assert (quarantined(result)[0]["field"], quarantined(result)[0]["value"]) == ("date", written)
    else:
        assert [str(row["date"]) for row in accepted(result)] == [meant]


class TestPaths:
    @pytest.mark.parametrize("name", ["nope.csv", "*.csv", "nope/**/*.parquet", "x" * 300])
    def test_nothing_there(self, tmp_path: Path, name: str):
        error = refused(tmp_path / name, tmp_path)
        assert error.message.startswith(("There is no file here.", "The path cannot be followed"))

    def test_a_folder_without_a_table(self, tmp_path: Path):
        (tmp_path / "notes.md").write_text("x")
        assert "There is no file here." in refused(tmp_path, tmp_path).message

    def test_a_link_to_itself(self, tmp_path: Path):
        (tmp_path / "a.csv").symlink_to(tmp_path / "a.csv")
        assert refused(tmp_path / "a.csv", tmp_path).remedy

    def test_links_that_make_a_loop_end_and_count_once(self, tmp_path: Path):
        folder = tmp_path / "a"
        folder.mkdir()
        csv_file(folder, text("A1,2024-01-02,x"))
        for name in ("one", "two"):
            (folder / name).symlink_to(folder)
        (folder / "again.csv").symlink_to(folder / "in.csv")
        for source in (tmp_path / "**" / "*.csv", folder):
            assert staged(source, tmp_path / "out").rows_read == 1

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path):
        os.mkfifo(tmp_path / "pipe.csv")
        assert "This is no regular file." in refused(tmp_path / "pipe.csv", tmp_path).message

    @pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/stdin"])
    def test_a_device(self, tmp_path: Path, device: str):
        if not Path(device).exists() or stat.S_ISREG(Path(device).stat().st_mode):
            device = "/dev/zero"
        assert "This is no regular file." in refused(Path(device), tmp_path).message

    def test_a_file_that_may_not_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        """Root may read anything, so the refusal is put in place of the system's."""
        source = csv_file(tmp_path, text("A1,2024-01-02,x"))

        def no(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", no)
        error = refused(source, tmp_path)
        assert "The file cannot be opened: Permission denied." in error.message
        assert "permissions" in error.remedy

    def test_a_folder_that_may_not_be_entered(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        def no(*_: object) -> bool:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "is_dir", no)
        assert "The path cannot be followed: Permission denied." in refused(tmp_path / "x.csv", tmp_path).message

    @pytest.mark.parametrize("change", ["grow", "delete"])
    def test_a_file_that_changes_while_it_is_read(self, tmp_path: Path, change: str):
        source = csv_file(tmp_path, text(*["A1,2024-01-02,x"] * 50))

        def meddle(_: object) -> None:
            if change == "grow":
                source.write_text(text("A1,2024-01-02,y"))
            else:
                source.unlink(missing_ok=True)

        with pytest.raises(InputError, match="The file changed while it was read"):
            staged(source, tmp_path, progress=meddle)

    @pytest.mark.parametrize("kind", ["csv", "parquet", "xlsx"])
    def test_a_name_that_is_no_text(self, tmp_path: Path, kind: str):
        columns = {"declaration_id": ["A1", "A2"], "date": ["2024-01-02", "x"], "description": ["x", "y"]}
        rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
        made = {
            "csv": lambda: csv_file(tmp_path, "\n".join(map(",".join, rows))),
            "parquet": lambda: parquet_file(tmp_path, columns),
            "xlsx": lambda: xlsx_file(tmp_path, rows),
        }[kind]()
        odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/od\xff\nd." + kind.encode()))
        made.rename(odd)
        result = staged(odd, tmp_path)
        assert reasons(result) == [(2, "not_a_date")]
        assert quarantined(result)[0]["file"].endswith("od\\xff\nd." + kind)


class TestArchives:
    @pytest.mark.parametrize("cut", [1, 8, 30])
    def test_truncated_gzip(self, tmp_path: Path, cut: int):
        source = gz_file(tmp_path, text(*["A1,2024-01-02,x"] * 100))
        source.write_bytes(source.read_bytes()[:-cut])
        assert "The file cannot be read to its end" in refused(source, tmp_path).message

    def test_gzip_with_something_behind_it(self, tmp_path: Path):
        source = gz_file(tmp_path, text("A1,2024-01-02,x"))
        source.write_bytes(source.read_bytes() + b"garbage")
        assert "The file cannot be read to its end" in refused(source, tmp_path).message

    def test_a_gzip_bomb(self, tmp_path: Path):
        source = tmp_path / "in.csv.gz"
        with gzip.open(source, "wb") as stream:
            stream.write(HEADER.encode() + b"\n")
            for _ in range(100):
                stream.write(ROW.encode() * 50_000)
        found = in_child(source, tmp_path, show=False)
        assert "beyond what is safe" in found["error"]

    @pytest.mark.parametrize(
        ("head", "named"),
        [
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or an encrypted workbook"),
            (b"PARE", "an encrypted Parquet file"),
            (b"%PDF-1.7", "a PDF"),
            (b"BZh9", "a bzip2 archive"),
            (b"\xfd7zXZ\0", "an xz archive"),
            (b"\x28\xb5\x2f\xfd", "a zstd archive"),
            (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
            (b"Rar!\x1a\x07", "a RAR archive"),
            (b"PK\x05\x06", "an empty zip archive"),
        ],
    )
    def test_kinds_that_are_not_read_are_named(self, tmp_path: Path, head: bytes, named: str):
        error = refused(csv_file(tmp_path, head + b"\0" * 600), tmp_path)
        assert f"The file is {named}, which is not read." in error.message

    def test_a_kind_is_told_by_content_and_not_by_name(self, tmp_path: Path):
        rows = [HEADER.split(","), ["A1", "2024-01-02", "x"]]
        book = xlsx_file(tmp_path, rows, name="book.xlsx").rename(tmp_path / "book.csv")
        table = csv_file(tmp_path, text("A1,2024-01-02,x"), name="table.xlsx")
        for source in (book, table):
            assert descriptions(staged(source, tmp_path / source.stem)) == ["x"]


def test_every_error_here_carries_a_remedy_and_a_place(tmp_path: Path):
    for data in (b"", b"PK\x05\x06", b"a,b\n1,2\n", b"," * 9999):
        with pytest.raises(EntenteError) as caught:
            staged(csv_file(tmp_path, data), tmp_path)
        assert caught.value.remedy
        assert "in.csv" in str(caught.value.place)
