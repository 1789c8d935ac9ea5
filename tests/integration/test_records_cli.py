"""`entente records` as a user meets it: words, exit codes, JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from entente.cli.app import main
from records_files import csv_file

GOOD = "declaration_id,date,description,currency\nA1,2024-01-02,丙酮,USD\n"
MIXED = GOOD + "A2,soon,=1+1,USD\nA3,2024-01-03,acetone,XXA\n"
FOREIGN = "报关单号,申报日期,商品名称,备用\nA1,20241231,丙酮,x\nA2,20240231,丙酮,x\n"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["records", *map(str, arguments)])


class TestDescribe:
    def test_shows_columns_the_guess_and_the_mapping(self, tmp_path: Path):
        done = run("describe", csv_file(tmp_path, FOREIGN, encoding="gb18030"))
        assert done.exit_code == 0
        for words in ("csv, gb18030, delimiter ','; 2 rows looked at", "The encoding is a guess", "not used: '备用'"):
            assert words in done.output
        assert "date: {from: 申报日期, dates: [YYYYMMDD]}" in done.output

    def test_writes_the_mapping_and_says_how_to_try_it(self, tmp_path: Path):
        source, out = csv_file(tmp_path, FOREIGN), tmp_path / "m.yaml"
        done = run("describe", source, "--out", out)
        assert f"Try it: entente records map {out} {source}" in done.output
        assert run("map", out, source).exit_code == 0

    def test_says_when_no_mapping_is_needed(self, tmp_path: Path):
        assert "no mapping is needed" in run("describe", csv_file(tmp_path, GOOD)).output

    def test_says_what_no_column_gives(self, tmp_path: Path):
        assert (
            "No column found for: declaration_id, date" in run("describe", csv_file(tmp_path, "a,Goods\n1,x\n")).output
        )

    def test_words_are_not_broken_on_a_narrow_terminal(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        names = ("declaration_identifier_of_the_customs_office", "harmonised_system_commodity_code", "description")
        source = csv_file(tmp_path, ",".join(names) + "\nA1,291411,disinfectant-x\n")
        for columns in ("80", "200"):
            monkeypatch.setenv("COLUMNS", columns)
            done = run("describe", source)
            for word in (*names, "disinfectant-x"):
                assert word in done.output

    def test_a_first_line_that_says_how_cells_are_parted_is_honoured(self, tmp_path: Path):
        for first in ("sep=;", '"sep=;"', "SEP=;", "\ufeffsep=;"):
            source = csv_file(tmp_path, f"{first}\ndeclaration_id;date;description\nA1;2024-01-02;a, b, c, d\n")
            done = run("describe", source)
            assert "no mapping is needed" in done.output
            assert "delimiter ';'; 1 rows looked at" in done.output

    def test_json(self, tmp_path: Path):
        found = json.loads(run("describe", csv_file(tmp_path, FOREIGN), "--json").output)
        assert (found["kind"], found["encoding"], found["encoding_sure"]) == ("csv", "utf-8", True)
        assert [column["guess"] and column["guess"]["field"] for column in found["columns"]] == [
            "declaration_id",
            "date",
            "description",
            None,
        ]

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--encoding", "utf-9"], "There is no encoding 'utf-9'."),
            (["--delimiter", "ab"], "Cells cannot be told apart"),
            (["--out", "/nonexistent/m.yaml"], "The mapping cannot be written"),
            (["--table", "flights"], "is not one of"),
        ],
    )
    def test_bad_options(self, tmp_path: Path, options: list[str], words: str):
        done = run("describe", csv_file(tmp_path, GOOD), *options)
        assert done.exit_code == 2
        assert words in done.stderr

    def test_a_file_that_cannot_be_read(self, tmp_path: Path):
        done = run("describe", tmp_path / "nope.csv")
        assert done.exit_code == 2
        assert "What to do:" in done.stderr
        assert "Traceback" not in done.output


class TestMap:
    def test_lists_the_shipped_mappings(self):
        assert "kcs-import-declarations  (shipments)" in run("map").output
        assert {"kcs-import-declarations", "mx-data-stage-551"} <= {
            one["mapping"] for one in json.loads(run("map", "--json").output)
        }

    def test_shows_what_a_mapping_says(self):
        done = run("map", "kcs-import-declarations")
        assert "declaration_id       Declaration ID" in done.output
        assert "currency             always 'KRW'" in done.output
        assert json.loads(run("map", "kcs-import-declarations", "--json").output)["table"] == "shipments"

    def test_shows_rows_and_why_others_were_not_read(self, tmp_path: Path):
        source, mapping = csv_file(tmp_path, FOREIGN), tmp_path / "m.yaml"
        run("describe", source, "--out", mapping)
        done = run("map", mapping, source)
        assert done.exit_code == 0
        assert "2 rows were read: 1 accepted, 1 quarantined" in done.output
        assert "declaration_id=A1, line=1, date=2024-12-31, description=丙酮" in done.output
        assert "line 2, date: '20240231': Not a date in a format that is read" in done.output
        found = json.loads(run("map", mapping, source, "--json", "--rows", "1").output)
        assert [row["declaration_id"] for row in found["rows"]] == ["A1"]
        assert [row["reason"] for row in found["quarantined_rows"]] == ["not_a_date"]

    def test_a_mapping_that_is_none(self, tmp_path: Path):
        done = run("map", tmp_path / "nope.yaml")
        assert done.exit_code == 2
        assert "one of the shipped mappings: kcs-import-declarations" in done.stderr


class TestConvert:
    def test_says_what_was_read_and_where_it_is(self, tmp_path: Path):
        done = run("convert", csv_file(tmp_path, MIXED), "--out", tmp_path / "out.parquet")
        assert done.exit_code == 0
        assert "3 rows were read: 2 accepted, 1 quarantined" in done.output
        assert "shipments.currency “XXA”: not in the code list iso4217 (1)" in done.output
        assert f"Quarantine: {tmp_path / 'out.parquet.quarantine.parquet'}" in done.output
        assert pq.read_table(tmp_path / "out.parquet").num_rows == 2

    def test_strict_fails_when_a_row_was_quarantined_and_only_then(self, tmp_path: Path):
        good, mixed = csv_file(tmp_path, GOOD, name="good.csv"), csv_file(tmp_path, MIXED, name="mixed.csv")
        assert run("convert", good, "--out", tmp_path / "1.parquet", "--strict").exit_code == 0
        done = run("convert", mixed, "--out", tmp_path / "2.parquet", "--strict")
        assert done.exit_code == 3
        assert "1 row was quarantined." in done.stderr
        assert (tmp_path / "2.parquet").exists()

    def test_json(self, tmp_path: Path):
        done = run("convert", csv_file(tmp_path, MIXED), "--out", tmp_path / "out.csv", "--json")
        found = json.loads(done.output)
        assert (found["rows_read"], found["accepted"], found["quarantined"]) == (3, 2, 1)
        assert len(found["files"][0]["sha256"]) == 64

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (["in.csv", "--out", "out.xlsx"], "neither .parquet nor .csv"),
            (["in.csv", "--out", "out.csv", "--table", "payments"], "No column gives payment_id"),
            (["in.csv", "--out", "out.csv", "--mapping", "mx-data-stage-551"], "There is no column"),
            (["nope.csv", "--out", "out.csv"], "There is no file here."),
            (["in.csv"], "Missing option '--out'"),
            (["--out", "out.csv"], "Missing argument"),
        ],
    )
    def test_bad_usage(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str):
        csv_file(tmp_path, GOOD)
        monkeypatch.chdir(tmp_path)
        done = run("convert", *arguments)
        assert done.exit_code == 2
        assert words in done.stderr
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]
