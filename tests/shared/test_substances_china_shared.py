"""China's lists against the public facts beside the checkout."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from entente.substances import load_register
from entente.substances.asof import findings
from entente.substances.resolve import normalise

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def register():
    return load_register()


@pytest.fixture(scope="module")
def facts(shared_data):
    with (shared_data / "reference" / "control_facts_cn_precursors.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_cas(register):
    return {cas.cas: substance for substance in register.substances.values() for cas in substance.cas}


def test_every_fact_is_a_listing_of_the_same_category_and_day(register, facts):
    assert len(facts) == 32
    known = by_cas(register)
    for fact in facts:
        own = [
            x for x in register.listings if x.instrument == "cn-precursors" and x.substance_id == known[fact["cas"]].id
        ]
        assert any(
            x.category == f"Category {fact['category']}"
            and x.effective_from.isoformat().startswith(fact["controlled_from"])
            for x in own
        ), fact


def test_every_chinese_name_of_the_facts_is_a_name_of_the_register(register, facts):
    known = by_cas(register)
    for fact in facts:
        names = {normalise(name.text) for name in known[fact["cas"]].names if name.lang == "zh-Hans"}
        assert normalise(fact["name_zh"]) in names, fact


@pytest.mark.parametrize(
    ("event", "substance", "destination"),
    [
        ("NPP, ANPP added to the precursor catalogue", "npp", None),
        ("6 precursors added to the catalogue", "mapa", None),
        ("24 chemicals added to the specific-country export catalogue", "cn-export-2024-unnamed", "MM"),
        ("4-AP, 1-boc-4-AP, norfentanyl (and others) to Category II", "norfentanyl", None),
        ("export licence for 13 chemicals to US, MX, CA", "cn-export-2025-unnamed", "MX"),
    ],
)
def test_dated_events_agree(register, shared_data, event, substance, destination):
    with (shared_data / "reference" / "control_events.csv").open(encoding="utf-8") as file:
        (row,) = [row for row in csv.DictReader(file) if row["event"] == event]
    stated = row["effect"].removeprefix("effective ")
    listing = next(x for x in register.listings if x.jurisdiction == "CN" and x.substance_id == substance)
    assert listing.effective_from.isoformat().startswith(stated)
    (found,) = findings(register, substance, listing.effective_from, "CN", destination=destination)
    assert found.status == "listed"


def test_the_classes_agree_with_the_events(register, shared_data):
    with (shared_data / "reference" / "control_events.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    dates = {x.effective_from for x in register.listings if x.substance_id == "fentanyl-related-substances"}
    assert {date.fromisoformat(row["date"]) for row in rows if "as a class (four" in row["event"]} <= dates
    assert {date.fromisoformat(row["date"]) for row in rows if "temporary class scheduling" in row["event"]} <= dates
