"""What no lead tells is counted and named: absent names in memos and in quarantine, and laws that were not asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from screen_files import ROWS, run, write_rows

PAYMENTS = """payment_id,date,amount,currency,payer,payee,memo
P1,2024-03-01,10,USD,Alpha,Beta,invoice 7 no acetone
P2,2024-03-01,10,USD,Alpha,Beta,acetone
P3,2024-03-01,10,USD,Alpha,Beta,洗甲水 不含丙酮
P4,2024-03-01,10,USD,Alpha,Beta,invoice
"""
MORE = (
    "U1,2024-03-05,acetone,2914.11,,MX,Iota,Kappa,900",
    "U2,2024-03-05,acetone,2914.11,CN,,Iota,Kappa,900",
    "U3,2024-13-45,acetone-free remover,3304.30,CN,MX,Iota,Kappa,900",
    'U4,2024-03-05,goods,"2909.11; 2914.11",CN,MX,Iota,Kappa,900',
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("untold")
    (folder / "payments.csv").write_text(PAYMENTS, encoding="utf-8")
    source = write_rows(folder / "trade.csv", (*ROWS, *MORE))
    run(source, folder / "out", sample=1, tables={"payments": (folder / "payments.csv",)})
    run(write_rows(folder / "plain.csv"), folder / "plain", sample=1)
    return folder


def _record(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return record


def test_the_record_counts_them(finished: Path) -> None:
    names = ("quarantined_naming_absent", "absent_memos", "unstated_export_records", "unstated_import_records")
    assert [_record(finished / "out")["counts"][name] for name in names] == [1, 2, 1, 1]
    assert [_record(finished / "plain")["counts"][name] for name in names] == [0, 0, 0, 0]


def test_the_notes_and_the_report_name_them(finished: Path) -> None:
    notes = {one["reason"]: one for one in _record(finished / "out")["warnings"]}
    assert notes["memo_absent"]["value"] == "P1: no acetone; P3: 不含丙酮"
    assert notes["export_unstated"]["field"] == "export_country"
    page = (finished / "out" / "report.html").read_text(encoding="utf-8")
    for words in ("state no country of export", "whose memo names a controlled substance as absent", "P1: no acetone"):
        assert words in page
    assert "state no country of export" not in (finished / "plain" / "report.html").read_text(encoding="utf-8")


def test_quarantine_says_which_rows_and_counts_them_apart(finished: Path) -> None:
    rows = {row["raw"]: row for row in pq.read_table(finished / "out" / "quarantine.parquet").to_pylist()}
    (absent,) = [row for raw, row in rows.items() if "U3" in raw]
    assert (absent["substances"], absent["substances_absent"]) == ([], ["acetone"])
    assert _record(finished / "out")["counts"]["quarantined_naming"] == 0


def test_every_code_of_a_cell_is_screened_and_the_row_keeps_what_was_written(finished: Path) -> None:
    hits = pq.read_table(finished / "out" / "hits.parquet").to_pylist()
    found = {(hit["substance_id"], hit["matched_text"]) for hit in hits if hit["declaration_id"] == "U4"}
    assert found == {("acetone", "2909.11; 2914.11"), ("ethyl-ether", "2909.11; 2914.11")}
    assert "no_hs6" not in {one["reason"] for one in _record(finished / "out")["warnings"]}
