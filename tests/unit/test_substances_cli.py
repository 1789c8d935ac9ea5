"""`entente substances` as a person or a program uses it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from entente.cli.app import main
from substances_toy import list_text, listing


def run(*args: str, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["substances", *args])
    assert result.exit_code == code, result.output
    return result.output


def words(*args: str) -> str:
    """Output with its lines joined: where a terminal breaks them does not matter."""
    return " ".join(run(*args).split())


def plain(*args: str, code: int = 0):
    return json.loads(run(*args, "--json", code=code))


def test_check_answers_every_role_with_the_laws_words_and_a_source():
    answer = plain("check", "4-AP hydrochloride", "--in", "cn", "--to", "MX", "--on", "2024-10-01")
    assert [(a["role"], a["jurisdiction"], a["status"]) for a in answer["answers"]] == [
        ("export", "CN", "listed"),
        ("import", "MX", "unknown_coverage"),
        ("international", "UN", "listed"),
    ]
    assert all(
        a["listing"]["quote"] and a["listing"]["sources"] and a["listing"]["listed_from"] for a in answer["answers"]
    )
    assert answer["substances"][0]["form"] == ["salt"]


def test_check_is_readable():
    text = words("check", "4-AP", "--in", "CN", "--to", "US", "--on", "2019-01-01")
    assert "listed from 2020-05-15, which is later" in text
    assert "absence proves nothing" in text


def test_check_names_transit_countries():
    answer = plain("check", "acetone", "--via", "HK", "--via", "PA", "--on", "2020-01-01")
    roles = {(a["role"], a["country"]) for a in answer["answers"]}
    assert roles >= {("transit", "HK"), ("transit", "PA")}


def test_check_of_an_unknown_text_clears_nothing():
    assert "does not mean that it is not controlled" in " ".join(
        run("check", "kitchen salt", "--on", "2020-01-01").split()
    )


@pytest.mark.parametrize("text", ["kitchen salt", "50-00-0", "1609-66-5", "3808.91"])
def test_what_is_not_known_is_not_told_as_not_listed(text):
    answer = plain("check", text, "--in", "CN", "--on", "2020-01-01")
    assert (answer["known"], answer["substances"], answer["answers"]) == (False, [], [])
    assert "NOT KNOWN to the register, so nothing is said of its law" in words("check", text, "--in", "CN")
    assert "not listed" not in words("check", text, "--in", "CN")


def test_a_misspelled_name_gets_a_suggestion_and_no_answer():
    answer = plain("check", "4-anilinopiperidin", "--in", "CN")
    assert not answer["known"]
    assert "4-anilinopiperidine" in answer["notes"][1]
    assert "Spelled nearly so: norfentanyl" in words("check", "norfentanyll hydrochloride", "--in", "CN")
    assert "Spelled nearly so: acetone" in " ".join(run("show", "aceton3", code=2).split())


def test_a_basket_code_is_told_as_one():
    text = words("check", "2933.39", "--in", "CN", "--to", "US", "--on", "2024-10-01")
    assert "An HS code is not a substance" in text
    assert "“" not in text


def test_a_law_on_domestic_transactions_only_is_told_as_one():
    text = words("check", "iodine", "--in", "US", "--on", "2006-10-03")
    assert "not listed listed for domestic transactions only" in text


def test_an_imprecise_day_is_told_as_the_year():
    text = words("check", "propionyl chloride", "--in", "US", "--on", "2025-05-01")
    assert "listed from a day in 2026, which is later" in text
    assert "2026-01-01" not in text
    assert "from a day in 2007-04" in words("show", "us-21cfr1310-02:npp:2007-04")


def test_answers_fit_a_narrow_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for args in (("list",), ("list", "--jurisdiction", "CN"), ("show", "npp"), ("check", "NPP", "--in", "CN")):
        lines = [line.rstrip() for line in run(*args).splitlines() if "http" not in line]
        assert max(map(cell_len, lines)) <= 80
        assert "…" not in "".join(lines)


def test_check_can_be_repeated_as_it_was_known():
    answer = plain("check", "acetone", "--on", "2020-01-01", "--known-at", "2020-01-01")
    assert answer["substances"] == []
    assert answer["notes"] == ["The register held no list yet on 2020-01-01."]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("check", "acetone", "--on", "2024"), "is not a day"),
        (("check", "acetone", "--in", "China"), "is not a country"),
        (("check", "acetone", "--in", "XX"), "There is no country XX"),
        (("check", " - "), "There is nothing to look up"),
        (("list", "--on", "2024-01-01"), "need a jurisdiction"),
        (("list", "--jurisdiction", "ZZ"), "There is no jurisdiction ZZ"),
        (("list", "--jurisdiction", "CN", "--on", "2024-01-01", "--to", "ZZ"), "There is no country ZZ"),
        (("show", "nothing"), "holds nothing called"),
        (("diff",), "Two things to compare"),
        (("check", "acetone", "--lists", "/nowhere"), "does not exist"),
    ],
)
def test_a_mistake_is_told_with_what_to_do(args, said):
    assert said in run(*args, code=2)


def test_list_shows_instruments_with_their_coverage():
    rows = {row["id"]: row for row in plain("list")}
    assert rows["un-1988-table-2"]["listings"] == 11
    assert rows["us-21cfr1310-02"]["coverage"][1]["state"] == "complete"
    assert "un-1988-table-1" in run("list")
    assert "held since 2026-11-24" in run("list")
    assert "not held yet" in run("list", "--known-at", "2020-01-01")


def test_a_run_for_a_day_before_all_lists_is_refused_and_clears_nobody(tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("declaration_id,date,description\n1,2024-10-01,acetone\n", "utf-8")
    out = str(tmp_path / "out")
    result = CliRunner().invoke(main, ["screen", str(rows), "--out", out, "--known-at", "2020-01-01"])
    assert result.exit_code == 2
    assert "held no list yet on 2020-01-01" in result.output


def test_list_of_a_jurisdiction_on_a_day_says_what_is_uncertain():
    answer = plain("list", "--jurisdiction", "UN", "--on", "2000-06-01")
    assert [x["substance"] for x in answer["uncertain"]] == ["norephedrine"]
    assert "Perhaps in force" in run("list", "--jurisdiction", "UN", "--on", "2000-06-01")
    assert "not cover this law completely" in " ".join(
        run("list", "--jurisdiction", "MX", "--on", "2024-01-01").split()
    )


def test_list_of_a_jurisdiction_over_all_time():
    assert {x["jurisdiction"] for x in plain("list", "--jurisdiction", "EU")} == {"EU"}


@pytest.mark.parametrize(
    "name",
    ["acetic-anhydride", "醋酸酐", "108-24-7", "un-1988-table-1", "us-21cfr1310-02:npp:2007-04", "cn-fentanyl-class"],
)
def test_show_takes_ids_names_and_numbers(name):
    assert plain("show", name)
    assert run("show", name)


def test_validate_finds_nothing_wrong_with_the_shipped_lists():
    wrong = [p for p in plain("validate") if p["level"] != "not_checked"]
    # 苯丙酮 is in use for two listed chemicals, and is answered for both
    assert [p["level"] for p in wrong] == ["warning"]
    assert "'苯丙酮' stands under 1-phenyl-2-propanone and under propiophenone" in wrong[0]["message"]


def test_validate_finds_the_bad_public_number(tmp_path):
    path = tmp_path / "own.yaml"
    bad = "substances:\n  - id: own\n    names:\n      en: [own substance]\n    cas:\n      - cas: 1609-66-5\n"
    path.write_text(list_text(substances=bad), "utf-8")
    for args in (("validate", str(path)), ("validate", "--lists", str(tmp_path))):
        text = " ".join(run(*args, code=2).split())
        assert "1609-66-5 of own fails its check digit" in text
        assert "1609-66-1" in text


def test_diff_between_folders_and_between_days(tmp_path):
    for name, text in (
        ("old", list_text(listing())),
        ("new", list_text(listing(category="Schedule 2"), listing("otherine"))),
    ):
        tmp_path.joinpath(name).mkdir()
        tmp_path.joinpath(name, "a.yaml").write_text(text, "utf-8")
    changes = plain("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert [(c["what"], c["id"], c.get("field")) for c in changes] == [
        ("changed", "toy:examplin:2020-03-01", "category"),
        ("added", "toy:otherine:2020-03-01", None),
    ]
    assert "Schedule 1 -> Schedule 2" in run("diff", str(tmp_path / "old"), str(tmp_path / "new"))
    assert "coverage: none -> partial from 0001-01-01 to now" in words("diff", "--from", "2020-01-01")
    assert any(c["what"] == "added" and c["kind"] == "listing" for c in plain("diff", "--from", "2020-01-01"))
    assert run("diff", "--from", "2026-11-25", "--until", "2026-11-26").strip() == "No difference."
