"""Every row of the public fact tables is in the register, with the same table, number, code and day."""

from __future__ import annotations

import csv
from datetime import date

import pytest

from entente.substances import load_register
from entente.substances.dates import parse_loose_day
from entente.substances.resolve import normalise, resolve

pytestmark = pytest.mark.shared

#: Entries whose words in the public table are not those of the rules themselves, and what the register notes.
DISPUTED = {"(a)(38)": 'One public table of the section writes "its halides" as well'}


@pytest.fixture(scope="module")
def register():
    return load_register()


def facts(shared_data, name):
    with shared_data.joinpath("reference", name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def by_cas(register, numbers):
    return {item.substance_id for number in numbers.split(";") for item in resolve(register, number)}


def of(register, instruments, substance_ids):
    return [x for x in register.listings if x.instrument in instruments and x.substance_id in substance_ids]


def agrees(listing, fact: str) -> bool:
    """The register's day lies in what the fact table leaves open, or leaves open what the table says."""
    first, last = parse_loose_day(fact)
    return first <= listing.effective_from <= last or listing.effective_from <= first <= listing.from_latest


def test_un_tables(shared_data, register):
    rows = facts(shared_data, "control_facts_un_1988.csv")
    assert len(rows) == 35
    for row in rows:
        ids = by_cas(register, row["cas"])
        assert len(ids) >= 1, row["name"]
        listings = of(register, {"un-1988-table-1", "un-1988-table-2"}, ids)
        now = {x.category for x in listings if x.effective_to == date(9999, 12, 31)}
        assert now == {f"Table {row['table']}"}, row["name"]
        assert any(agrees(x, row["controlled_from"]) for x in listings), row["name"]
        codes = {(c.hs6, c.edition) for i in ids for c in register.substances[i].hs}
        assert (row["hs2022"].replace(".", ""), "2022") in codes, row["name"]


def test_un_moves_between_tables(shared_data, register):
    moved = {
        row["cas"]: row["note"]
        for row in facts(shared_data, "control_facts_un_1988.csv")
        if "moved to Table I" in row["note"]
    }
    for cas in moved:
        categories = {x.category for x in of(register, {"un-1988-table-1", "un-1988-table-2"}, by_cas(register, cas))}
        assert categories == {"Table I", "Table II"}


def test_un_names_are_known(shared_data, register):
    known = {normalise(name.text) for _, name in register.names}
    for row in facts(shared_data, "control_facts_un_1988.csv"):
        for text in (row["name"], *row["other_names"].split(";")):
            plain = text.replace(" and its esters", "").strip()
            assert not plain or normalise(plain) in known, text


def test_us_lists_entry_by_entry(shared_data, register):
    rows = facts(shared_data, "control_facts_us_21cfr1310_02.csv")
    assert len(rows) == 49
    for row in rows:
        entry = f"({'a' if row['list'] == 'I' else 'b'})({row['entry']})"
        found = [x for x in register.listings if x.instrument == "us-21cfr1310-02" and x.entry == entry]
        assert found, entry
        assert {x.category for x in found} == {f"List {row['list']}"}
        words = {normalise(x.quote) for x in found}
        # The two elements stand in brackets in the table and without them in the section.
        agreed = any(normalise(row["text"]) in quote for quote in words)
        assert agreed != (entry in DISPUTED), entry
        assert agreed or any(DISPUTED[entry] in (x.note or "") for x in found), entry


def test_china_by_number_and_day(shared_data, register):
    for row in facts(shared_data, "control_facts_cn_precursors.csv"):
        ids = by_cas(register, row["cas"])
        found = of(register, {"cn-precursors"}, ids)
        assert any(agrees(x, row["controlled_from"]) for x in found), row["name_en"]
        names = {name.text for i in ids for name in register.substances[i].names}
        assert row["name_zh"] in names, row["name_zh"]


@pytest.mark.parametrize(
    ("day", "jurisdiction", "substances"),
    [
        ("2017-10-18", "UN", {"npp", "anpp"}),
        ("2020-05-15", "US", {"4-anilinopiperidine"}),
        ("2022-11-23", "UN", {"4-anilinopiperidine", "1-boc-4-anilinopiperidine", "norfentanyl"}),
        ("2023-05-12", "US", {"4-piperidone"}),
        ("2023-11-30", "US", {"4-anilinopiperidine"}),
        ("2024-09-01", "CN", {"4-anilinopiperidine", "1-boc-4-anilinopiperidine", "norfentanyl"}),
        ("2024-12-03", "UN", {"4-piperidone", "1-boc-4-piperidone"}),
        ("2021-05-13", "MX", {"4-anilinopiperidine", "propionic-anhydride", "propionyl-chloride"}),
    ],
)
def test_dated_events(shared_data, register, day, jurisdiction, substances):
    events = {(row["jurisdiction"], row["effect"]) for row in facts(shared_data, "control_events.csv")}
    assert (jurisdiction, f"effective {day}") in events
    began = {
        x.substance_id
        for x in register.listings
        if x.jurisdiction == jurisdiction and x.effective_from.isoformat() == day
    }
    assert began >= substances


def test_what_was_proposed_in_2025_became_law_in_2026_on_a_day_not_established(shared_data, register):
    events = {row["effect"]: row["event"] for row in facts(shared_data, "control_events.csv")}
    assert "propionyl chloride" in events["proposed"]
    (listing,) = of(register, {"us-21cfr1310-02"}, {"propionyl-chloride"})
    assert (listing.effective_from, listing.from_latest) == (date(2026, 1, 1), date(2026, 12, 31))


def test_sixteen_amphetamine_type_precursors_joined_in_december_2024(register):
    began = {
        x.substance_id for x in register.listings if x.jurisdiction == "UN" and x.effective_from == date(2024, 12, 3)
    }
    before = {
        x.substance_id for x in register.listings if x.jurisdiction == "UN" and x.effective_from < date(2024, 12, 3)
    }
    assert len(began - before - {"4-piperidone", "1-boc-4-piperidone"}) == 16
