"""Rows in quarantine that name a controlled substance are named on top of everything, and never become leads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from entente.cli.app import main
from records_files import adds_up, csv_file, quarantined, staged
from screen_files import HEADER, run, write_rows

GOOD = "D1,2024-03-01,Cotton shirts,6205.20,CN,MX,Delta Textil,Beta SA,900"
#: Why a row is in quarantine -> the row, which names ephedrine.
UNREADABLE = {
    "not_a_number": "Q1,2024-03-01,Ephedrine hydrochloride 99%,3923.10,CN,MX,Alpha Chem,Beta SA,abt. 250",
    "below_minimum": "Q2,2024-03-01,Ephedrine hydrochloride 99%,3923.10,CN,MX,Alpha Chem,Beta SA,-1",
    "not_a_date": "Q3,2024-13-45,Ephedrine hydrochloride 99%,3923.10,CN,MX,Alpha Chem,Beta SA,250",
    "missing": ",2024-03-01,Ephedrine hydrochloride 99%,3923.10,CN,MX,Alpha Chem,Beta SA,250",
    "cell_count": "Q5,2024-03-01,Ephedrine hydrochloride, 99%,3923.10,CN,MX,Alpha Chem,Beta SA,250",
    "bad_quoting": 'Q6,2024-03-01,"Ephedrine hydrochloride" 99%,3923.10,CN,MX,Alpha Chem,Beta SA,250',
    "nul_byte": "Q7,2024-03-01,Ephedrine hydrochloride,3923.10,CN,MX,Alpha\0Chem,Beta SA,250",
    "hs": "Q8,2024-13-45,goods,2939.41,CN,MX,Alpha Chem,Beta SA,250",
}


def screened(folder: Path, *rows: str, **options: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The record of a run over some rows, and its quarantine."""
    run(write_rows(folder / "in.csv", rows), folder / "out", sample=0, **options)
    record = json.loads((folder / "out" / "run.json").read_text(encoding="utf-8"))
    return record, pq.read_table(folder / "out" / "quarantine.parquet").to_pylist()


@pytest.mark.parametrize("reason", UNREADABLE)
def test_a_substance_in_a_row_that_cannot_be_read_is_named(tmp_path: Path, reason: str):
    record, (row,) = screened(tmp_path, GOOD, UNREADABLE[reason])
    assert "ephedrine" in row["substances"]
    counts = record["counts"]
    assert (counts["read"], counts["accepted"], counts["quarantined"]) == (2, 1, 1)
    assert (counts["quarantined_naming"], counts["hit_records"], counts["leads"]) == (1, 0, 0)
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "Rows in quarantine that name a controlled substance: 1." in page.split('id="charts"')[0]


def test_a_row_that_names_none_is_in_quarantine_and_no_more(tmp_path: Path):
    record, (row,) = screened(tmp_path, GOOD, "Q1,2024-03-01,Cotton shirts,6205.20,CN,MX,Delta,Beta,many")
    assert row["substances"] == []
    assert record["counts"]["quarantined_naming"] == 0
    assert 'id="unread"' not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_bytes_that_are_no_text_hide_no_name(tmp_path: Path):
    row = UNREADABLE["not_a_number"].replace("abt. 250", "250").encode().replace(b"99%", b"\xff\xfe")
    text = "\n".join([HEADER, *[GOOD] * 3, ""]).encode() + row + b"\n"
    run(csv_file(tmp_path, text), tmp_path / "out", sample=0)
    (found,) = pq.read_table(tmp_path / "out" / "quarantine.parquet").to_pylist()
    assert (found["reason"], found["substances"]) == ("not_decodable", ["ephedrine"])


def test_the_terminal_says_it_first(tmp_path: Path):
    path = write_rows(tmp_path / "in.csv", [GOOD, UNREADABLE["not_a_number"]])
    done = CliRunner().invoke(main, ["screen", str(path), "--out", str(tmp_path / "out"), "--processes", "1"])
    assert done.exit_code == 0, done.output
    said = " ".join(done.stdout.split())
    first = said.index("Rows in quarantine that name a controlled substance: 1.")
    assert first < said.index("Rows that could not be read, and so are in no lead: 1.")


def test_every_row_in_quarantine_keeps_its_goods(tmp_path: Path):
    result = staged(csv_file(tmp_path, "\n".join([HEADER, *UNREADABLE.values()])), tmp_path)
    assert adds_up(result)
    kept = pq.read_table(result.unread).to_pylist()
    assert [(row["file"], row["record"]) for row in kept] == [(row["file"], row["line"]) for row in quarantined(result)]
    assert all("phedrine" in row["description"] or row["hs_code"] == "2939.41" for row in kept)


def test_other_tables_have_no_goods(tmp_path: Path):
    path = csv_file(tmp_path, "payment_id,date,amount,memo\nP1,2024-01-02,many,ephedrine\n")
    result = staged(path, tmp_path, table="payments")
    assert (result.quarantined, pq.read_metadata(result.unread).num_rows) == (1, 0)


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
def test_spark_names_the_same_rows(tmp_path: Path):
    found = []
    for engine in ("local", "spark"):
        folder = tmp_path / engine
        folder.mkdir()
        _, rows = screened(folder, GOOD, *UNREADABLE.values(), engine=engine)
        found.append([(row["line"], row["reason"], row["substances"]) for row in rows])
    assert found[0] == found[1]
    assert len(found[0]) == len(UNREADABLE)
