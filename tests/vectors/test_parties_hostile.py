"""Hostile names: bounded work, a clear reason, nothing that runs."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from entente.parties.explain import explain
from entente.parties.files import read_parties, write_matches
from entente.parties.index import MOST_POSTINGS
from entente.parties.matching import Candidates, Record, match
from entente.parties.model import load

MODEL = load()
VECTORS = {
    "empty": "",
    "blank": " \t\n",
    "emoji": "\U0001f642\U0001f9ea\U0001f1e8\U0001f1f3",
    "ten thousand letters": "a" * 10_000,
    "ten thousand words": "ab " * 3_333,
    "ten thousand hanzi": "武" * 10_000,
    "mixed scripts": "Wuhan武汉 Ухань وهان ウーハン",
    "control characters": "Wu\x00han\x1b[31m\u202eTrading",
    "lone surrogate": "Wuhan \ud800 Trading",
    "combining marks": "W" + "\u0301" * 5_000,
    "homoglyph": "Wuh\u0430n Tr\u0430ding Ltd",
    "sql": "'; DROP TABLE parties; --",
    "formula": '=HYPERLINK("http://example.org")',
    "template": "{query} %s {0.__class__}",
    "brackets": "(((((((【【【" * 50,
    "digits": "9" * 5_000,
    "private use": "\ue000\ue001",
}


@pytest.mark.parametrize("name", VECTORS.values(), ids=VECTORS.keys())
def test_every_name_has_a_score_against_every_other_and_itself(name: str):
    for other in ("Wuhan Trading Ltd", "武汉贸易有限公司", name):
        found = explain(name, other, MODEL)
        assert 0 <= found.scored.probability <= 1
        assert found.scored.verdict in {"match", "review", "no_match"}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("empty", "empty"),
        ("emoji", "empty"),
        ("ten thousand words", "shortened"),
        ("control characters", "control_characters"),
        ("homoglyph", "homoglyph"),
    ],
)
def test_what_is_odd_is_named(name: str, reason: str):
    assert reason in explain(VECTORS[name], "Wuhan Trading Ltd", MODEL).scored.reasons


def test_an_empty_name_never_matches_an_empty_name():
    assert explain("", "", MODEL).scored.verdict == "no_match"


def test_a_homoglyph_does_not_hide_a_name():
    assert explain(VECTORS["homoglyph"], "Wuhan Trading Ltd", MODEL).scored.probability > 0.9


def test_a_hundred_thousand_identical_names_are_indexed_once_and_do_not_fill_the_result():
    known = Candidates((Record(str(at), "Shandong Moumou Chemical Co., Ltd.") for at in range(100_000)), MODEL)
    found = known.find(Record("q", "山东某某化工有限公司"), 10)
    assert len(found) == 10
    assert len({one.scored.probability for one in found}) == 1


def test_a_block_of_names_that_share_all_common_words_reads_a_bounded_number_of_postings():
    from entente.parties.index import Postings

    block = Postings(
        [["chemical", str(at)] for at in range(MOST_POSTINGS + 50_000)],
        [2.0] * (MOST_POSTINGS + 50_000),
        lambda *_: 1.0,
    )
    scores = block.scores({"chemical": 1.0, "7": 1.0})
    assert int((scores > 0).sum()) <= MOST_POSTINGS
    assert int(scores.argmax()) == 7


def test_a_result_runs_nothing_in_a_spreadsheet_and_refused_identifiers_are_counted(tmp_path: Path):
    source = tmp_path / "p.csv"
    source.write_text('id,name,lei\n=1+1,Moumou Trading Ltd,nonsense\n@x,"a\nb",\n', encoding="utf-8")
    read = read_parties(source)
    assert read.refused == {("lei", "form"): 1}
    out = tmp_path / "out.csv"
    write_matches(out, match(read.records, Candidates(read.records, MODEL), 2))
    with out.open(encoding="utf-8", newline="") as file:
        cells = [value for row in csv.reader(file) for value in row]
    assert cells
    assert not [value for value in cells if value[:1] in tuple("=+-@")]
