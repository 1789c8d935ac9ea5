"""One officer's question: what a text means, and what the law said of it."""

from __future__ import annotations

from datetime import date

import pytest

from entente.errors import UsageError
from entente.substances import Form, check, load_register
from entente.substances.resolve import check_digit_ok, resolve, strip_salt, with_check_digit
from substances_toy import listing, toy


@pytest.fixture(scope="module")
def shipped():
    return load_register()


def meant(register, text):
    return {(item.substance_id, item.form) for item in resolve(register, text)}


@pytest.mark.parametrize(
    "text",
    [
        "4-anilinopiperidine",
        "４－ＡＮＩＬＩＮＯＰＩＰＥＲＩＤＩＮＥ",
        "4 Anilino Piperidine",
        "23056-29-3",
        "CAS No. 23056 - 29 - 3",
        "4-苯胺基哌啶",
        "4-AP",
    ],
)
def test_a_name_is_known_in_all_its_spellings(shipped, text):
    assert meant(shipped, text) == {("4-anilinopiperidine", Form.BASE)}


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("4-AP hydrochloride", Form.SALT),
        ("4-AP HCl", Form.SALT),
        ("4-anilinopiperidine dihydrochloride", Form.DIHYDROCHLORIDE),
        ("4-AP dihydrochloride", Form.DIHYDROCHLORIDE),
        ("4-AP sulfate", Form.SALT),
        ("clorhidrato de 4-anilinopiperidina", Form.SALT),
        ("4-苯胺基哌啶盐酸盐", Form.SALT),
        ("99918-43-1", Form.DIHYDROCHLORIDE),
    ],
)
def test_a_salt_is_the_substance_in_the_form_of_a_salt(shipped, text, form):
    assert meant(shipped, text) == {("4-anilinopiperidine", form)}


def test_greek_letters_may_be_spelled_out(shipped):
    assert (
        meant(shipped, "γ-butyrolactone")
        == meant(shipped, "gamma butyrolactone")
        == {("gamma-butyrolactone", Form.BASE)}
    )


def test_accents_do_not_matter(shipped):
    assert meant(shipped, "acido fenilacetico") == {("phenylacetic-acid", Form.BASE)}


def test_hydrates_are_the_substance_itself():
    assert strip_salt("examplin monohydrate") == ("examplin", Form.BASE)


def test_a_text_of_salt_words_only_is_left_whole():
    assert strip_salt("sulphate") == ("sulphate", Form.BASE)


def test_an_acid_is_not_taken_for_a_salt(shipped):
    assert meant(shipped, "硫酸") == meant(shipped, "sulfuric acid") == {("sulphuric-acid", Form.BASE)}
    assert meant(shipped, "盐酸") == {("hydrochloric-acid", Form.BASE)}


def test_an_hs_code_says_that_a_basket_holds_other_goods(shipped):
    found = resolve(shipped, "HS 2933.39")
    assert {item.substance_id for item in found} >= {"4-anilinopiperidine", "norfentanyl"}
    assert all(item.note for item in found)
    assert [(item.substance_id, item.note) for item in resolve(shipped, "291524")] == [("acetic-anhydride", None)]


@pytest.mark.parametrize(
    ("cas", "right"), [("1609-66-1", True), ("1609-66-5", False), ("7732-18-5", True), ("50-00-0", True)]
)
def test_check_digits(cas, right):
    assert check_digit_ok(cas) is right
    assert check_digit_ok(with_check_digit(cas))


def test_the_misprinted_number_of_norfentanyl_is_recognised_as_misprinted(shipped):
    answer = check(shipped, "1609-66-5", "CN", "US", date(2024, 1, 1))
    assert answer.answers == ()
    assert "1609-66-1 is meant, which is norfentanyl" in answer.notes[1]


def test_an_unknown_text_is_not_answered_for_and_never_cleared(shipped):
    answer = check(shipped, "kitchen salt", "CN", "US", date(2024, 1, 1))
    assert (answer.resolved, answer.answers) == ((), ())
    assert "does not mean that it is not controlled" in answer.notes[0]


def test_all_roles_are_answered(shipped):
    answer = check(shipped, "4-AP hydrochloride", "CN", "MX", date(2024, 10, 1), ("HK", "DE"))
    assert [(a.role, a.finding.jurisdiction, a.finding.status) for a in answer.answers] == [
        ("export", "CN", "listed"),
        ("import", "MX", "unknown_coverage"),
        ("transit", "HK", "unknown_coverage"),
        ("transit", "EU", "listed"),
        ("transit", "EU", "listed"),
        ("transit", "DE", "unknown_coverage"),
        ("international", "UN", "listed"),
    ]


@pytest.mark.parametrize(
    ("text", "day", "jurisdiction", "status", "reason"),
    [
        ("4-AP", "2024-08-31", "CN", "unknown_coverage", "before_effective"),
        ("4-AP", "2024-09-01", "CN", "listed", "in_force"),
        ("4-AP", "2022-11-22", "UN", "not_listed", "before_effective"),
        ("4-AP", "2022-11-23", "UN", "listed", "in_force"),
        ("4-AP", "2020-05-14", "US", "not_listed", "before_effective"),
        ("4-AP", "2020-05-15", "US", "listed", "in_force"),
        ("ANPP", "2010-08-30", "US", "listed", "in_force"),
        ("norfentanyl", "2020-05-17", "US", "not_listed", "before_effective"),
        ("NPP", "2017-10-17", "UN", "not_listed", "before_effective"),
        ("NPP", "2017-10-18", "UN", "listed", "in_force"),
        ("APAAN", "2014-10-05", "UN", "not_listed", "before_effective"),
        ("APAAN", "2014-10-06", "UN", "listed", "in_force"),
        ("4-piperidone", "2023-05-12", "US", "listed", "in_force"),
        ("1-boc-4-AP", "2020-05-15", "US", "listed", "in_force"),
        ("red phosphorus", "2021-01-12", "EU", "unknown_coverage", "before_effective"),
        ("red phosphorus", "2021-01-13", "EU", "listed", "in_force"),
        ("norephedrine", "2000-06-01", "UN", "unknown_coverage", "effective_date_imprecise"),
        ("propionyl chloride", "2025-07-01", "US", "unknown_coverage", "before_effective"),
        ("propionyl chloride", "2025-05-01", "US", "not_listed", "before_effective"),
        ("propionyl chloride", "2026-08-01", "US", "unknown_coverage", "effective_date_imprecise"),
        ("propionyl chloride", "2027-01-01", "US", "listed", "in_force"),
        ("1-boc-4-AP", "2022-11-08", "US", "listed", "in_force"),
        ("1-boc-4-AP", "2022-11-09", "US", "listed", "in_force"),
        ("1-boc-4-piperidone", "2023-05-11", "US", "not_listed", "before_effective"),
        ("1-boc-4-piperidone", "2025-10-02", "US", "listed", "in_force"),
        ("BMK ethyl glycidate", "2025-05-01", "US", "not_listed", "before_effective"),
        ("BMK ethyl glycidate", "2026-05-03", "US", "unknown_coverage", "before_effective"),
        ("BMK ethyl glycidate", "2026-05-04", "US", "listed", "in_force"),
        ("iodine", "1996-10-02", "US", "unknown_coverage", "before_effective"),
        ("iodine", "2006-10-03", "US", "not_listed", "direction_outside_scope"),
        ("iodine", "2007-08-01", "US", "listed", "in_force"),
        ("hydrochloric acid", "2020-01-01", "UN", "listed", "in_force"),
        ("lysergic acid", "2020-01-01", "US", "listed", "in_force"),
    ],
)
def test_known_days_of_the_law(shipped, text, day, jurisdiction, status, reason):
    country = {"EU": "DE", "UN": None}.get(jurisdiction, jurisdiction)
    answer = check(shipped, text, country, None, date.fromisoformat(day))
    found = {(a.finding.status, a.finding.reason) for a in answer.answers if a.finding.jurisdiction == jurisdiction}
    assert found == {(status, reason)}


@pytest.mark.parametrize(
    ("text", "day", "tables"),
    [
        ("acetic anhydride", "2000-12-31", {"Table II"}),
        ("acetic anhydride", "2001-12-31", {"Table I"}),
        ("phenylacetic acid", "2011-01-16", {"Table II"}),
        ("phenylacetic acid", "2011-01-17", {"Table I"}),
        ("potassium permanganate", "2002-01-01", {"Table I"}),
    ],
)
def test_substances_moved_between_the_tables_on_their_day(shipped, text, day, tables):
    answer = check(shipped, text, None, None, date.fromisoformat(day))
    assert {a.finding.listing.category for a in answer.answers} == tables


def test_salts_of_hydrochloric_and_sulphuric_acid_are_excluded_by_the_convention(shipped):
    for acid in ("hydrochloric-acid", "sulphuric-acid"):
        (entry,) = [x for x in shipped.listings if x.instrument == "un-1988-table-2" and x.substance_id == acid]
        assert not entry.forms & Form.SALT


@pytest.mark.parametrize(
    "text",
    [
        "23056-29-3",
        "23056 29 3",
        "23056–29–3",
        "23056 − 29 − 3",
        "２３０５６－２９－３",
        "CAS No. 23056-29-3",
        "CAS号：23056-29-3",
    ],
)
def test_a_cas_number_is_known_with_any_dash_or_space(shipped, text):
    assert [item.substance_id for item in check(shipped, text, "CN", None, date(2024, 10, 1)).resolved] == [
        "4-anilinopiperidine"
    ]


@pytest.mark.parametrize("text", ["", "  ", "--", "。"])
def test_a_text_without_letters_and_digits_is_no_question(shipped, text):
    with pytest.raises(UsageError, match="nothing to look up"):
        check(shipped, text, "CN", None, date(2024, 10, 1))


def test_a_long_text_is_no_name_and_gets_no_suggestion(shipped):
    answer = check(shipped, "4-anilinopiperidin " * 20_000, "CN", None, date(2024, 10, 1))
    assert (answer.known, len(answer.notes)) == (False, 1)


def test_two_meanings_are_both_answered():
    register = toy(listing(), listing("otherine"))
    doubled = check(register, "examplin", "CN", "CN", date(2022, 1, 1))
    assert len(doubled.resolved) == 1
    assert doubled.notes == ()


@pytest.mark.parametrize(
    ("text", "without"),
    [("67641", True), ("CAS 67641", True), ("0000067641", True), ("67/64/1", False), ("67.64.1", False)],
)
def test_a_cas_number_without_hyphens_is_read_by_its_check_digit(shipped, text, without):
    assert meant(shipped, text) == {("acetone", Form.BASE)}
    said = "Read as the CAS number 67-64-1, written without hyphens; its check digit fits."
    assert (said in check(shipped, text, None, "MX", date(2024, 1, 1)).notes) == without


def test_a_law_that_was_not_asked_is_named(shipped):
    said = "The country of export is not stated, so no law at export was asked."
    assert said in check(shipped, "acetone", None, "MX", date(2024, 1, 1)).notes
    assert said not in check(shipped, "acetone", "CN", "MX", date(2024, 1, 1)).notes
    assert "at import" in " ".join(check(shipped, "acetone", "CN", None, date(2024, 1, 1)).notes)
    assert check(shipped, "acetone", "CN", "MX", date(2024, 1, 1)).notes == ()


def test_digits_that_are_no_known_cas_number_are_said_to_be_none(shipped):
    unknown = check(shipped, "50000", None, "MX", date(2024, 1, 1))
    assert not unknown.known
    assert any("50-00-0" in note for note in unknown.notes)
    wrong = check(shipped, "67642", None, "MX", date(2024, 1, 1))
    assert not wrong.known
    assert not any("67-64-2" in note for note in wrong.notes)


def test_a_tariff_code_stays_one_beside_cas_numbers(shipped):
    assert {item.method for item in check(shipped, "291411", None, "MX", date(2024, 1, 1)).resolved} == {"hs"}
    assert {item.method for item in check(shipped, "108883", None, "MX", date(2024, 1, 1)).resolved} == {"cas"}
