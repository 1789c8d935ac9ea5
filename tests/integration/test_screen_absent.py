"""Rows that name a substance as absent: in hits.parquet and in the report, never in a lead by themselves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from entente.cli import leads_view
from entente.leads.reportwords import words
from entente.leads.show import LeadWords
from entente.screening.schema import COUNTS_FROM
from screen_files import ROWS, run, write_rows

#: Alpha Chem and Beta SA have a lead by D1 of the small file; the others have none.
NEGATED = (
    "N1,2024-03-05,cleaner without ephedrine,3402.20,CN,MX,Alpha Chem,Beta SA,250",
    "N2,2024-03-05,sin anhídrido acético,3402.20,CN,MX,Delta Textil,Beta SA,900",
    "N3,2024-03-05,洗甲水 不含丙酮,3304.30,CN,MX,Eta,Theta,900",
    "N4,2024-03-05,nail polish remover acetone-free,3304.30,CN,MX,Eta,Theta,900",
    "N5,2024-03-05,no acetic anhydride,2915.24,CN,MX,Iota,Kappa,900",
)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("absent")
    source = write_rows(folder / "trade.csv", (*ROWS, *NEGATED))
    for lang in ("en", "zh", "es"):
        run(source, folder / lang, sample=1, lang=lang)
    plain = [",".join([*row.split(",")[:2], "cleaning cloths", *row.split(",")[3:]]) for row in NEGATED]
    run(write_rows(folder / "plain.csv", (*ROWS, *plain)), folder / "plain", sample=1)
    return folder


def _table(folder: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(folder / f"{name}.parquet").to_pylist()
    return rows


def _record(folder: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    return record


def test_each_is_a_hit_that_says_so(finished: Path) -> None:
    absent = [hit for hit in _table(finished / "en", "hits") if hit["method"] == "absent"]
    assert {hit["declaration_id"]: hit["matched_text"] for hit in absent} == {
        "N1": "without ephedrine",
        "N2": "sin anhídrido acético",
        "N3": "不含丙酮",
        "N4": "acetone-free",
        "N5": "no acetic anhydride",
    }
    assert {hit["match_confidence"] < COUNTS_FROM for hit in absent} == {True}
    assert "listed" in {hit["status"] for hit in absent}


def test_none_makes_or_raises_a_lead_and_a_code_of_the_row_does(finished: Path) -> None:
    leads, plain = (_table(finished / name, "leads") for name in ("en", "plain"))
    assert leads == plain
    in_leads = {record["declaration_id"] for lead in leads if lead["kind"] == "lead" for record in lead["records"]}
    assert in_leads & {"N1", "N2", "N3", "N4", "N5"} == {"N5"}


def test_no_rule_speaks_of_what_they_name(finished: Path) -> None:
    assert _table(finished / "en", "flags") == _table(finished / "plain", "flags")


def test_the_record_counts_them(finished: Path) -> None:
    counts = _record(finished / "en")["counts"]
    assert (counts["absent_records"], counts["absent_records_with_signs"]) == (5, 2)
    assert counts["hits"] == len(_table(finished / "en", "hits"))
    plain = _record(finished / "plain")["counts"]
    assert counts["hit_records"] == plain["hit_records"]
    assert (plain["absent_records"], plain["absent_records_with_signs"]) == (0, 0)


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_the_report_lists_them_with_their_other_signs_first(finished: Path, lang: str) -> None:
    say = words(lang)
    page = (finished / lang / "report.html").read_text(encoding="utf-8")
    assert say("absent_short", rows="5", signs="2") in page
    section = page.split('id="absent"')[1].split("</table>")[0]
    assert [section.index(f"<bdi>{name}</bdi>") for name in ("N1", "N5", "N3")] == sorted(
        section.index(f"<bdi>{name}</bdi>") for name in ("N1", "N5", "N3")
    )
    assert section.count(f">{say('absent_label')}<") == 5
    assert section.count(say("absent_hit")) == 1
    assert "<mark>不含丙酮</mark>" in section
    assert f"{say('absent_label')}: <bdi>no acetic anhydride</bdi>" in page.split('id="leads"')[1]
    assert say("absent_title") not in (finished / "plain" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_a_terminal_says_so_beside_the_words(
    finished: Path, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    (lead,) = [
        row for row in _table(finished / "en", "leads") if {one["declaration_id"] for one in row["records"]} == {"N5"}
    ]
    hits = [hit for hit in _table(finished / "en", "hits") if hit["declaration_id"] == "N5"]
    leads_view.whole(LeadWords(lead, ()), hits, lang)
    shown = capsys.readouterr().out
    assert f"no acetic anhydride ({words(lang)('absent_label')})" in shown
    assert shown.count(words(lang)("absent_label")) == sum(hit["method"] == "absent" for hit in hits)
