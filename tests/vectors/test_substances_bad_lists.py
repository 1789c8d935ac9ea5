"""Bad control lists, each with a name: what is wrong is said, with file, line and field."""

from __future__ import annotations

import pytest

from entente.errors import RegisterError
from entente.substances.document import parse_document, read_document
from entente.substances.register import build_register
from entente.substances.validate import Problem, validate
from substances_toy import COMPLETE, SUBSTANCES, list_text, listing, register_of

GOOD = list_text(listing())


def problems(*texts: str) -> list[Problem]:
    return list(validate([parse_document(text.encode(), f"list{i}.yaml") for i, text in enumerate(texts)]))


def one(*texts: str) -> Problem:
    (only,) = problems(*texts)
    return only


def line_of(text: str, words: str) -> int:
    return next(i for i, line in enumerate(text.splitlines(), 1) if words in line)


def cas(*numbers: str) -> str:
    return SUBSTANCES.replace("cas: 64-17-5", f"cas: {numbers[0]}")


def test_a_good_list_has_no_problem():
    assert problems(GOOD) == []


# What cannot be read at all

UNREADABLE = {
    "empty": (b"", "not of type 'object'"),
    "not_utf8": (GOOD.encode().replace("玩具".encode(), "玩具".encode("gb18030")), "not UTF-8"),
    "tab_indent": (b"format: entente/list/1\n\tknown_from: 2024-01-01\n", "not YAML"),
    "unclosed_quote": (b"format: 'entente/list/1\n", "not YAML"),
    "control_character": (b"format: a\x00b\n", "not YAML"),
    "repeated_key": (
        GOOD.encode().replace(b"category: Schedule 1", b"category: Schedule 1\n    category: Schedule 2"),
        "stands twice",
    ),
    "key_is_a_list": (b"? [a]\n: b\n", "key is not a text"),
    "alias_of_itself": (b"a: &x [*x]\n", "contains itself"),
    "a_list": (b"- format\n", "not of type 'object'"),
    "a_word": (b"hello", "not of type 'object'"),
    "two_documents": (b"a: b\n---\nc: d\n", "not YAML"),
    "tag_that_calls": (b"a: !!python/object/apply:os.system [ls]\n", "tag .* is not read"),
    "tag_of_a_date": (GOOD.encode().replace(b"known_from: ", b"known_from: !!timestamp "), "tag .* is not read"),
    "tag_of_bytes": (GOOD.encode().replace(b"category: Schedule 1", b"category: !!binary QQ=="), "tag .* is not read"),
    "own_tag": (GOOD.encode().replace(b"category: ", b"category: !law "), "tag .* is not read"),
    "utf_16": (GOOD.encode("utf-16"), "not UTF-8"),
    "surrogate": (GOOD.encode().replace(b"Schedule 1", b'"\\ud800"'), "not YAML"),
    "turned_direction": (GOOD.replace("Schedule 1", "Sch\u202eedule").encode(), "turns its direction"),
    "alias_of_nothing": (b"a: *nothing\n", "not YAML"),
    "merge_key": (GOOD.encode().replace(b"listings:", b"<<: {format: b}\nlistings:"), "Additional properties"),
}


@pytest.mark.parametrize("name", sorted(UNREADABLE))
def test_what_cannot_be_read_is_an_error_with_a_remedy(name):
    raw, words = UNREADABLE[name]
    with pytest.raises(RegisterError, match=words) as caught:
        build_register([parse_document(raw, "bad.yaml")])
    assert caught.value.remedy
    assert caught.value.place.file == "bad.yaml"


def test_an_alias_bomb_ends_early():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(RegisterError, match="multiply without end"):
        parse_document("\n".join(lines).encode(), "bomb.yaml")


def test_one_long_text_that_aliases_repeat_ends_early():
    """Told in full, the error would fill the memory."""
    text = "a: &a " + "x" * 1_000_000 + "\nb: [" + ", ".join(["*a"] * 100_000) + "]\n"
    with pytest.raises(RegisterError, match="multiply without end"):
        parse_document(text.encode(), "bomb.yaml")


@pytest.mark.parametrize("raw", [b"[" * 200 + b"]" * 200, b"[" * 300_000, b"- " * 300_000 + b"a", b"{a: " * 300_000])
def test_deep_nesting_is_an_error_not_a_crash(raw):
    with pytest.raises(RegisterError, match="nested too deeply"):
        parse_document(raw, "deep.yaml")


def test_a_repeated_key_names_its_line():
    text = GOOD.replace("category: Schedule 1", "category: Schedule 1\n    category: Schedule 2")
    with pytest.raises(RegisterError) as caught:
        parse_document(text.encode(), "bad.yaml")
    assert caught.value.place.line == line_of(text, "Schedule 2")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(RegisterError, match="cannot be read"):
        read_document(tmp_path / "none.yaml")


# What the schema forbids

FORBIDDEN = {
    "unknown_field": ("category: Schedule 1", "categry: Schedule 1", "listings.0"),
    "no_quote": ("    quote: Examplin\n", "", "listings.0"),
    "empty_quote": ("quote: Examplin", "quote: '  '", "listings.0.quote"),
    "unknown_confidence": ("confidence: low", "confidence: sure", "listings.0.confidence"),
    "unknown_kind": ("kind: precursor_list", "kind: blacklist", "instrument.kind"),
    "day_written_otherwise": ("effective_from: 2020-03-01", "effective_from: 01.03.2020", "listings.0.effective_from"),
    "time_stamp_for_a_day": (
        "effective_from: 2020-03-01",
        "effective_from: 2020-03-01T00:00:00Z",
        "listings.0.effective_from",
    ),
    "source_without_address": ("- address: https://example.org/act", "- title: Act", "instrument.sources.0"),
    "source_that_is_no_address": ("https://example.org/act", "the Act", "instrument.sources.0.address"),
    "cas_in_another_form": ("cas: 64-17-5", "cas: '64175'", "substances.0.cas.0.cas"),
    "hs_of_eight_digits": ("code: 2933.39", "code: 2933.39.99", "substances.0.hs.0.code"),
    "edition_that_never_was": ("edition: 2022", "edition: 2019", "substances.0.hs.0.edition"),
    "country_in_lower_case": ("jurisdiction: CN", "jurisdiction: cn", "instrument.jurisdiction"),
    "cas_with_a_line_feed": ("cas: 64-17-5", 'cas: "64-17-5\\n"', "substances.0.cas.0.cas"),
    "cas_in_other_digits": ("cas: 64-17-5", "cas: ٦٤-17-5", "substances.0.cas.0.cas"),
    "day_with_a_line_feed": (
        "effective_from: 2020-03-01",
        'effective_from: "2020-03-01\\n"',
        "listings.0.effective_from",
    ),
    "day_in_wide_digits": ("effective_from: 2020", "effective_from: ２０２０", "listings.0.effective_from"),
    "id_with_a_line_feed": ("substance: examplin", 'substance: "examplin\\n"', "listings.0.substance"),
    "name_of_two_lines": ("en: [otherine]", 'en: ["other\\nine"]', "substances.1.names.en.0"),
    "name_that_is_a_book": ("en: [otherine]", f"en: [{'o' * 301}]", "substances.1.names.en.0"),
    "quote_that_is_a_book": ("quote: Examplin", f"quote: {'E' * 20_001}", "listings.0.quote"),
    "script_for_an_address": ("https://example.org/act", "javascript:act()", "instrument.sources.0.address"),
    "title_in_two_languages": ("zh: 玩具清单, ", "", "instrument.title"),
    "another_format": ("entente/list/1", "entente/list/9", "format"),
}


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_what_the_schema_forbids_is_named_by_field_and_line(name):
    good, bad, field = FORBIDDEN[name]
    assert good in GOOD
    text = GOOD.replace(good, bad, 1)
    found = [p for p in problems(text) if p.code == "schema"]
    assert field in {p.place.field for p in found}
    assert all(p.place.file == "list0.yaml" and p.place.line for p in found)


def test_listings_need_an_instrument():
    text = "format: entente/list/1\nknown_from: 2024-01-01\n" + SUBSTANCES + "listings:\n" + listing()
    assert one(text).code == "schema"


# What only the whole can show


def test_a_wrong_check_digit_is_found_and_the_right_one_given():
    text = list_text(listing(), substances=cas("1609-66-5"))
    found = one(text)
    assert (found.level, found.code) == ("error", "cas_check_digit")
    assert "1609-66-5" in found.message
    assert "1609-66-1" in found.remedy
    assert found.place.line == line_of(text, "id: examplin")


def test_one_cas_number_under_two_unlike_names():
    other = SUBSTANCES.replace("      en: [otherine]", "      en: [otherine]\n    cas:\n      - cas: 64-17-5")
    found = one(list_text(listing(), substances=other))
    assert (found.level, found.code) == ("error", "cas_two_names")


def test_one_cas_number_under_two_like_names_is_a_warning():
    other = SUBSTANCES.replace("      en: [otherine]", "      en: [examplins]\n    cas:\n      - cas: 64-17-5")
    assert (one(list_text(substances=other)).level, one(list_text(substances=other)).code) == (
        "warning",
        "cas_two_substances",
    )


def test_an_hs_code_that_its_edition_does_not_have():
    found = one(list_text(substances=SUBSTANCES.replace("2933.39", "2933.38")))
    assert (found.level, found.code) == ("error", "hs_code_unknown")


def test_an_edition_that_is_not_shipped_is_not_checked_and_never_passed():
    found = one(list_text(substances=SUBSTANCES.replace("edition: 2022", "edition: 2002")))
    assert (found.level, found.code) == ("not_checked", "hs_edition_not_shipped")


def test_two_listings_at_one_time():
    text = list_text(listing(effective_from="2010-01-01", effective_to="2020-03-02"), listing(category="Schedule 2"))
    found = one(text)
    assert (found.level, found.code) == ("error", "intervals_overlap")
    assert found.place.line == line_of(text, "effective_from: 2020-03-01") - 2


@pytest.mark.parametrize(
    "second",
    [
        listing(effective_from="2021-01-01", destination_scope="[MM]"),
        listing(effective_from="2022-01-01"),
        listing(effective_from="2022"),
    ],
    ids=["another_scope", "after_it", "in_a_year_that_begins_with_its_end"],
)
def test_listings_that_do_not_overlap(second):
    assert problems(list_text(listing(effective_to="2022-01-01"), second)) == []


def test_high_confidence_needs_two_sources():
    assert one(list_text(listing(confidence="high"))).code == "high_needs_two_sources"
    for same in (
        "https://example.org/a",
        "http://example.org/a",
        "https://www.example.org/a/",
        "https://example.org/a#b",
    ):
        twice = f"[{{address: https://example.org/a}}, {{address: '{same}'}}]"
        assert one(list_text(listing(confidence="high", sources=twice))).code == "high_needs_two_sources"
    two = "[{address: https://example.org/a}, {address: https://example.org/b}]"
    assert problems(list_text(listing(confidence="high", sources=two))) == []


def test_coverage_intervals_that_share_days():
    coverage = COMPLETE + "\n    - {from: 2010-01-01, state: partial}"
    assert one(list_text(coverage=coverage)).code == "coverage_overlaps"


def test_a_destination_that_is_no_country():
    assert one(list_text(listing(destination_scope="[XX]"))).code == "country_unknown"


def test_a_jurisdiction_that_no_country_stands_under():
    assert (one(list_text(jurisdiction="XX")).level, one(list_text(jurisdiction="XX")).code) == (
        "warning",
        "jurisdiction_unknown",
    )


def test_a_short_name_without_context():
    assert one(list_text(substances=SUBSTANCES.replace("[otherine]", "[PMK]"))).code == "short_name"


def test_a_name_under_two_substances():
    assert one(list_text(substances=SUBSTANCES.replace("[otherine]", "[Examplin]"))).code == "name_twice"


def test_a_row_that_was_known_for_no_time():
    bad = listing(known_from="2024-05-01", known_to="2024-05-01")
    assert one(list_text(bad)).code == "known_interval"


def test_a_day_that_does_not_exist():
    text = list_text(listing(effective_from="2021-02-30"))
    found = one(text)
    assert found.code == "date"
    assert found.place.line == line_of(text, "2021-02-30")


def test_an_interval_that_ends_before_it_surely_begins():
    assert (
        "before it surely begins" in one(list_text(listing(effective_from="2020", effective_to="2020-06-01"))).message
    )


CONTRADICTIONS = {
    "same_listing_twice": ([list_text(listing(), listing())], "stands here and in line"),
    "same_substance_twice": ([GOOD, list_text(id="second")], "substance 'examplin' is defined already"),
    "same_instrument_twice": ([GOOD, list_text(substances="")], "instrument 'toy' is defined already"),
    "unknown_substance": ([list_text(listing("nothing"))], "No substance has the id 'nothing'"),
}


@pytest.mark.parametrize("name", sorted(CONTRADICTIONS))
def test_files_that_contradict_each_other(name):
    texts, words = CONTRADICTIONS[name]
    with pytest.raises(RegisterError, match=words):
        register_of(*texts)
    found = one(*texts)
    assert (found.level, found.code) == ("error", "contradiction")


def test_all_problems_are_told_at_once():
    text = list_text(
        listing(confidence="high"), listing("otherine", destination_scope="[XX]"), substances=cas("1609-66-5")
    )
    assert {p.code for p in problems(text)} == {"high_needs_two_sources", "country_unknown", "cas_check_digit"}


def test_one_bad_file_does_not_hide_the_problems_of_another():
    found = problems(GOOD.replace("confidence: low", "confidence: sure"), list_text(listing(confidence="high"), id="b"))
    assert {p.code for p in found} >= {"schema"}
