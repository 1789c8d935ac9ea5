"""`entente leads show` as a person, a program and a spreadsheet meet it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date

import pytest
from click.testing import CliRunner

from entente.cli.app import main
from entente.leads.show import json_safe, printable
from entente.leads.show_csv import COLUMNS, cell
from entente.screening.rules import load_rules
from leads_runs import lead, lead_number, reason, write_run

RULE = load_rules().rules[0]
HOSTILE = "\x1b[2J\x1b]0;pwned\x07Alpha \u202etxt.exe\u202c \x9b31m\r\nEvil"


def run(*args: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["leads", *map(str, args)])
    assert result.exit_code == code, result.output
    return result.output


def words(*args: object, code: int = 0) -> str:
    return " ".join(run(*args, code=code).split())


def hit_row(number: int, **more):
    return {
        "declaration_id": f"D{number}",
        "line": 1,
        "row_id": number,
        "date": date(2026, 3, 1),
        "substance_id": "piperonal",
        "field": "description",
        "method": "name",
        "matched_text": "Piperonal",
        "span_start": 0,
        "span_end": 9,
        "form": 0,
        "match_confidence": 1.0,
        "role": "export",
        "jurisdiction": "CN",
        "status": "listed",
        "reason": "in_force",
        "listed_from": date(2005, 11, 1),
        **more,
    }


@pytest.fixture
def folder(tmp_path):
    both = [reason("hit.in_force", "hit", value=0.85), reason(RULE.id, RULE.family, weight=900, counted=400)]
    leads = [lead(1, both), lead(2, both[:1], exporter=HOSTILE, consignee="B" * 5000)]
    leads += [lead(number, both[:1]) for number in range(3, 21)]
    leads += [lead(90, kind="sample", exporter="=HYPERLINK(1)", inclusion_probability=0.01)]
    return write_run(tmp_path / "run", leads, hits=[hit_row(1)])


def test_leads_are_shown_best_first_with_reasons_in_words(folder):
    text = words("show", folder, "--top", 1)
    assert "#1 score 1.4" in text
    assert "A substance that was listed on that day" in text
    assert f"{RULE.title['en']} (in 1 of 1 record, 0.9 before its family's cap)" in text
    assert "1 of 20 leads. The random sample has 1 row:" in text


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_reasons_come_in_three_languages(folder, lang):
    rows = json.loads(run("show", folder, "--top", 1, "--lang", lang, "--json"))
    assert [one["title"] for one in rows[0]["reasons"]][1] == RULE.title[lang]
    assert rows[0]["reasons"][1]["explanation"]


def test_ten_leads_are_shown_by_default_and_json_has_the_columns_of_the_file(folder):
    rows = json.loads(run("show", folder, "--json"))
    assert [row["rank"] for row in rows] == list(range(1, 11))
    assert rows[0]["lead_id"] == lead_number(1)
    assert rows[0]["reasons"][0]["value"] == 0.85


def test_one_lead_in_full_shows_what_matched_and_its_records(folder):
    text = words("show", folder, "--lead", lead_number(1).lower())
    assert "Match confidence 0.85." in text
    assert "D1/1" in text
    assert "Piperonal" in text
    assert "2005-11-01" in text


def test_a_sample_row_can_be_shown(folder):
    assert "sample score 0.0" in words("show", folder, "--samples")
    assert "bear no reason" in words("show", folder, "--samples")


def test_a_number_that_the_run_does_not_have_is_refused(folder):
    assert "This run has no lead" in words("show", folder, "--lead", "\x1b[31mX", code=2)


def test_a_terminal_obeys_nothing_that_a_record_says(folder):
    for args in (
        ("--top", 2),
        ("--lead", lead_number(2)),
        ("--top", 2, "--json"),
        ("--lead", lead_number(2), "--json"),
    ):
        text = run("show", folder, *args)
        assert not {character for character in text if character != "\n" and not character.isprintable()}
    assert json.loads(run("show", folder, "--top", 2, "--json"))[1]["exporter"] == HOSTILE


def test_a_long_name_has_an_end_and_says_how_long_it_is(folder):
    text = words("show", folder, "--top", 2)
    assert "(5000 characters)" in text
    assert text.count("B") < 400


def test_printable_keeps_names_of_every_script_and_limits_stacked_marks():
    for name in ("山东胡椒化工有限公司", "Químicos Ñandú", "शर्मा केमिकल", "Müller & Söhne"):
        assert printable(name) == name
    assert printable("a" + "\u0301" * 50).count("\u0301") <= 3
    assert printable(None) == printable("") == "–"


def test_json_stays_the_same_to_a_program():
    text = json.dumps({"a": HOSTILE + "\U000e0001"}, ensure_ascii=False)
    assert json.loads(json_safe(text)) == json.loads(text)


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u200b=1", "|cmd", "%0A"],
)
def test_a_spreadsheet_runs_no_cell(text):
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["Alpha Chem", "山东胡椒化工", "3-methyl", "a=b", "(R)-x", "'quoted"])
def test_a_harmless_cell_stays_as_it_is(text):
    assert cell(text) == text


def test_the_work_list_has_all_leads_the_sample_and_empty_columns_for_outcomes(folder, tmp_path):
    file = tmp_path / "list.csv"
    assert "21 rows written" in run("show", folder, "--csv", file)
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["kind"] for row in rows] == ["lead"] * 20 + ["sample"]
    assert rows[-1]["exporter"] == "'=HYPERLINK(1)"
    assert {row["outcome"] + row["decided_on"] + row["note"] for row in rows} == {""}
    assert "\x1b" not in content.decode()


def test_a_work_list_can_be_cut(folder, tmp_path):
    assert "4 rows written" in run("show", folder, "--csv", tmp_path / "list.csv", "--top", 3)
    assert "1 rows written" in run("show", folder, "--csv", tmp_path / "list.csv", "--samples")


def test_a_work_list_that_cannot_be_written_is_an_error_with_a_remedy(folder, tmp_path):
    assert "Name another after --csv" in words("show", folder, "--csv", tmp_path / "no" / "list.csv", code=2)


def test_a_folder_without_a_run_is_refused(tmp_path):
    assert "holds no finished run" in words("show", tmp_path, code=2)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": "entente-run-9"}', '{"format": "entente-run-1"}', "\xff"])
def test_a_record_of_a_run_that_is_none_is_refused(folder, text):
    (folder / "run.json").write_text(text, encoding="latin-1")
    assert "What to do" in words("show", folder, code=2)


def test_a_table_that_was_changed_after_the_run_is_refused(folder):
    with (folder / "leads.parquet").open("ab") as stream:
        stream.write(b"x")
    assert "changed after the run" in words("show", folder, code=2)
    (folder / "leads.parquet").unlink()
    assert "missing" in words("show", folder, code=2)


def test_a_rule_that_is_not_known_here_keeps_its_id(tmp_path):
    folder = write_run(tmp_path / "run", [lead(1, [reason("own-rule", "price")])])
    assert "own-rule (in 1 of 1 record)" in words("show", folder)
