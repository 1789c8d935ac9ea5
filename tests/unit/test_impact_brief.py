"""The brief: the same bytes, nothing later than the meeting, tagged PDF, and a page that needs nothing beside it."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

import pytest

from entente.impact.brief.data import brief_data, shipped_record
from entente.impact.brief.pages import html, pdf
from entente.impact.claims import Checking
from entente.impact.store import IndicatorStore

MEETING = date(2024, 7, 31)


@cache
def data(lang: str, meeting: date = MEETING) -> dict[str, Any]:
    store = IndicatorStore()
    return brief_data(store, meeting, lang, Checking(store, {}, lang, meeting), shipped_record())


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_the_pdf_is_tagged_and_the_same_bytes_from_the_same_data(lang: str):
    first = pdf(data(lang))
    assert first == pdf(data(lang))
    assert first.startswith(b"%PDF")
    assert b"/StructTreeRoot" in first or b"/MarkInfo" in first


@pytest.mark.parametrize("lang", ["en", "zh", "es"])
def test_the_page_fetches_nothing_and_cites_only_sources_that_it_lists(lang: str):
    page = html(data(lang))
    assert page == html(data(lang))
    assert not re.search(r"<(?:script|link|img|iframe)\b", page)
    assert not re.search(r"url\((?!data:|#)", page)
    listed = {int(number) for number in re.findall(r'<li id="s(\d+)"', page)}
    assert {int(number) for number in re.findall(r'href="#s(\d+)"', page)} == listed
    assert all(figure["alt"] for figure in data(lang)["figures"])


def test_nothing_later_than_the_meeting_is_in_it():
    early = data("en")
    assert "1 September 2024" not in [one["day"] for one in early["measures"]]
    assert [row[0] for row in early["table"]][-1] == "2022"
    late = data("en", date(2025, 12, 31))
    assert [row[0] for row in late["table"]][-1] == "2023"
    assert len(late["measures"]) > len(early["measures"])


def test_disputed_statements_stand_side_by_side_in_their_own_words():
    disputed = [one for one in data("zh")["statements"] if one["disputed"]]
    assert len(disputed) == 3
    words = [said["words"] for one in disputed for said in one["said"]]
    assert "七、暂停中美禁毒合作。" in words
    assert any(word.startswith("There is no such thing") for word in words)
