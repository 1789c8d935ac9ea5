"""The report of a run: what it says, that it is safe to open, and that it says it in three languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from entente.leads.report import write_report
from entente.leads.reportdata import (
    Bar,
    InputFile,
    Law,
    LeadView,
    Link,
    ListVersion,
    Missing,
    NotEstablished,
    Reason,
    Record,
    ReportData,
    Sample,
    UnreadRow,
)
from entente.leads.reportlaw import link
from entente.leads.reportleads import marked
from entente.leads.reportwords import all_labels, words
from entente.records.shaping import MESSAGES

DAY = date(2024, 7, 1)
RECORD = Record(
    declaration_id="D1",
    line=2,
    date=DAY,
    goods=(("pure ", False), ("piperonal", True)),
    cas=(),
    hs_code=(("2932.93", True),),
    route="CN → MX",
    exporter="Alpha",
    consignee="Beta",
    net_mass_kg=25.5,
    value=1200.0,
    currency="USD",
    signs=(1, 2),
)
LAW = Law(
    substance="piperonal",
    jurisdiction="CN",
    roles=("export",),
    status="not_listed",
    reason="before_effective",
    statement="Not listed on that day; listed from 2024-09-01.",
    instrument="Catalogue",
    category="Category 1",
    quote="胡椒醛",
    quote_lang="zh-Hans",
    sources=(Link("Gazette", "https://example.org/gazette"),),
    register_confidence="low",
    note="The day rests on one source.",
    n_records=1,
    first_date=DAY,
    last_date=DAY,
)
REASON = Reason("hit.in_force", "Listed", "Match confidence 0.9.", "hit", "strong", 1800, 1800, 1)
CAPPED = Reason(
    "price-off", "Price", "Off.", "price", "supporting", 600, 200, 1, Link("Guidance", "https://example.org")
)
LEAD = LeadView(
    lead_id="AAAABBBBCCCCDDDD",
    rank=1,
    score=2000,
    exporter="Alpha",
    consignee="Beta",
    n_records=3,
    n_hits=1,
    n_in_force=1,
    first_date=DAY,
    last_date=DAY,
    substances=("piperonal",),
    routes=("CN → MX",),
    reasons=(REASON, CAPPED),
    law=(LAW,),
    n_answers=4,
    records=(RECORD,),
)
DATA = ReportData(
    lang="en",
    started="2026-11-24T00:00:00+00:00",
    counts={
        "read": 12_000,
        "accepted": 11_999,
        "quarantined": 1,
        "quarantined_naming": 1,
        "hit_records": 3,
        "in_force_records": 1,
        "flags": 4,
        "leads": 503,
        "samples": 1,
        "unflagged": 11_000,
    },
    inputs=(InputFile("trade.csv", "shipments", "ab" * 32, 100, 12_000, 11_999, 1),),
    run=(("Engine", "local"),),
    lists=(ListVersion("Catalogue", "CN", "2026-11-24", "cd" * 32),),
    n_evaluated=40,
    not_evaluable=(Missing("paid-by-outsider", "Paid by a stranger", ("table payments",)),),
    leads=(LEAD,),
    listed=(replace(LEAD, lead_id="EEEEFFFFGGGGHHHH", rank=2, law=(), records=()),),
    samples=(Sample("SSSSTTTTUUUUVVVV", replace(RECORD, declaration_id="D9", signs=())),),
    by_substance=(Bar("piperonal", 1, 2),),
    by_route=(Bar("CN → MX", 1, 2),),
    by_month=(Bar("2024-07", 1, 2), Bar("2024-08", 0, 0)),
    unknown=(NotEstablished("SG", "Records between 2024-01-01 and 2024-02-01.", 7),),
    imprecise=(NotEstablished("piperonal, Catalogue", "about 1998", 2),),
    doubted=(NotEstablished("piperonal, Catalogue: low confidence", "One source.", 3),),
    more_doubted=5,
    quarantine=(("shipments.date", "Not a date in the expected format.", 1),),
    warnings=("trade.csv: shipments.hs_code: no six-digit HS code in it (1)",),
    inclusion_probability=0.001,
    unread=(UnreadRow("trade.csv", 7, "D7", "PIPERONAL <b>2 drums</b>", ("piperonal",)),),
)


class _Page(HTMLParser):
    """Tags with their attributes, ids, and whether everything that opens is closed."""

    VOID = frozenset({"meta", "br", "rect", "line"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def rendered(tmp_path: Path, data: ReportData = DATA) -> str:
    write_report(data, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_every_part_is_there_in_every_language(tmp_path: Path, lang: str) -> None:
    page = rendered(tmp_path, replace(DATA, lang=lang))
    say = words(lang)
    parts = ("summary", "unknown", "leads", "charts", "sample", "run", "inputs", "quarantine", "unread_title", "lists")
    for part in parts:
        assert say(part) in page
    for said in ("AAAABBBBCCCCDDDD", "EEEEFFFFGGGGHHHH", "SSSSTTTTUUUUVVVV", "胡椒醛", "table payments", "ab" * 32):
        assert said in page


def test_a_listing_to_come_is_no_breach(tmp_path: Path) -> None:
    page = rendered(tmp_path)
    assert "Not listed on that day; listed from 2024-09-01." in page
    said = " ".join(text for label in all_labels().values() for text in label.values()).casefold()
    for word in ("breach", "violation", "illegal", "违法行为", "违反", "ilegal", "incumpl"):
        assert word not in said


def test_what_a_lead_rests_on_is_shown(tmp_path: Path) -> None:
    page = rendered(tmp_path)
    assert "<mark>piperonal</mark>" in page
    assert "Price: 0.20 of 0.60" in page
    assert "0.60 before the family" in page
    assert 'href="https://example.org/gazette"' in page
    assert "The day rests on one source." in page
    assert "2 further records" in page
    assert "3 further answers" in page
    assert "501 further leads" in page


def test_nothing_of_a_record_becomes_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=y>\"'\x00\u202e"
    record = replace(RECORD, declaration_id=evil, goods=((evil, True),), currency=evil)
    lead = replace(LEAD, exporter=evil, consignee=evil, records=(record,), routes=(evil,))
    page = rendered(
        tmp_path, replace(DATA, leads=(lead,), warnings=(evil,), inputs=(replace(DATA.inputs[0], path=evil),))
    )
    tags = {tag for tag, _ in _Page(page).tags}
    assert not tags & {"script", "img", "iframe", "link", "object", "embed", "form"}
    assert "\x00" not in page
    assert "\u202e" not in page


def test_the_page_loads_nothing_and_allows_nothing_but_its_own_style(tmp_path: Path) -> None:
    page = _Page(rendered(tmp_path))
    policy = next(str(attrs["content"]) for tag, attrs in page.tags if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    for tag, attrs in page.tags:
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        assert "src" not in attrs
        if "href" in attrs:
            assert tag == "a"


def test_the_page_is_well_formed_and_readable_by_machines(tmp_path: Path) -> None:
    page = _Page(rendered(tmp_path, replace(DATA, lang="zh")))
    assert page.open == []
    assert next(attrs for tag, attrs in page.tags if tag == "html")["lang"] == "zh-Hans"
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in page.tags:
        if "aria-labelledby" in attrs:
            assert attrs["aria-labelledby"] in ids
        if str(attrs.get("href", "")).startswith("#"):
            assert str(attrs["href"])[1:] in ids
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")
    assert all("aria-label" in attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("role") == "img")


def test_colours_of_text_have_contrast() -> None:
    css = (Path(__file__).parents[2] / "src/entente/leads/templates/report.css").read_text(encoding="utf-8")
    for scheme in re.findall(r":root \{(.*?)\}", css, re.DOTALL):
        colours = dict(re.findall(r"--([\w-]+): (#\w{6})", scheme))
        pairs = [(a, b) for a in ("ink", "soft", "strong", "note") for b in ("page", "pale")]
        for ink, paper in [*pairs, ("ink", "mark"), ("note", "note-pale"), ("page", "strong")]:
            assert _contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)


def _contrast(one: str, other: str) -> float:
    """Contrast ratio of WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_an_empty_run_says_so(tmp_path: Path) -> None:
    nothing = dict.fromkeys(DATA.counts, 0)
    lists = ("leads", "listed", "samples", "by_substance", "by_route", "by_month", "unknown", "imprecise", "doubted")
    rest = dict.fromkeys(("not_evaluable", "quarantine", "warnings", "unread"), ())
    data = replace(DATA, counts=nothing, **dict.fromkeys(lists, ()), **rest)
    page = rendered(tmp_path, data)
    for key in ("no_leads", "no_hits", "nothing_unknown"):
        assert words("en")(key) in page


def test_rows_in_quarantine_that_name_a_substance_are_named_on_top(tmp_path: Path) -> None:
    page = rendered(tmp_path, replace(DATA, counts={**DATA.counts, "quarantined_naming": 41}))
    summary, rest = page.split('id="charts"')[0], page.split('id="charts"')[1]
    assert words("en")("unread_short", rows="41") in summary
    assert "PIPERONAL &lt;b&gt;2 drums&lt;/b&gt;" in rest
    assert words("en")("unread_more", n="40") in rest


def test_matched_words_are_marked_where_spans_overlap() -> None:
    assert marked("abcdef", [(1, 3), (2, 4)]) == (("a", False), ("bc", True), ("d", True), ("ef", False))
    assert marked("abc", []) == (("abc", False),)
    assert marked("", []) == ()


def test_a_long_text_is_clipped_around_its_first_match() -> None:
    pieces = marked("x" * 5000 + "piperonal" + "y" * 5000, [(5000, 5009)])
    assert ("piperonal", True) in pieces
    assert sum(len(text) for text, _ in pieces) < 320


def test_only_web_addresses_become_links() -> None:
    assert link("Gazette", "https://example.org/a").address == "https://example.org/a"
    assert link(None, "https://example.org/a").title == "example.org"
    for address in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "Official Journal L 22"):
        assert link("Gazette", address).address == ""


def test_every_label_has_three_languages_with_the_same_braces() -> None:
    for key, label in all_labels().items():
        assert set(label) == {"en", "zh", "es"}, key
        assert len({frozenset(re.findall(r"\{\w+\}", text)) for text in label.values()}) == 1, key


def test_every_reason_of_quarantine_has_words() -> None:
    assert {f"quarantine_{reason}" for reason in MESSAGES} <= set(all_labels())


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert words("en").number(1234567.5, 1) == "1,234,567.5"
    assert words("es").number(1234567.5, 1) == "1\u202f234\u202f567,5"
    assert words("en").short(0.99) == "0.99"
    assert words("es").short(12.5) == "12,5"
    assert words("en").short(1000) == "1,000"
    assert words("en").short(None) == "–"
    assert words("zh").points(-250) == "-0.25"
