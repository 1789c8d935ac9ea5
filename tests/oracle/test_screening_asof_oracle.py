"""The as-of join gives what the register's own definition gives, question by question."""

from __future__ import annotations

import random
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest

from entente.engine.base import open_engine
from entente.screening.asof import join_listings
from entente.screening.schema import HITS, MATCHES
from entente.substances import asof
from entente.substances.forms import Form
from entente.substances.model import FOREVER, Direction, Listing
from entente.substances.tables import TABLES

SUBSTANCES = [f"s{i}" for i in range(8)]
COUNTRIES = {
    "US": ("US",),
    "PR": ("US", "PR"),
    "DE": ("EU", "DE"),
    "FR": ("EU", "FR"),
    "CN": ("CN",),
    "MX": ("MX",),
    "XX": (),
}
JURISDICTIONS = ["US", "EU", "CN", "MX", "UN"]
DAY = date(2015, 1, 1)
BEGINNING = date(1, 1, 1)


class _Scoped(SimpleNamespace):
    """A listing with only what the as-of definition reads."""


def _listing(rng: random.Random, number: int, *, one_scope: bool) -> _Scoped:
    start = DAY + timedelta(days=rng.randrange(2000))
    latest = start + timedelta(days=rng.choice([0, 0, 0, 30, 364]))
    end = latest + timedelta(days=rng.randrange(1, 900)) if rng.random() < 0.5 else FOREVER
    substance, jurisdiction = rng.choice(SUBSTANCES), rng.choice(JURISDICTIONS)
    scope = random.Random(f"{substance}{jurisdiction}") if one_scope else rng
    return _Scoped(
        id=f"L{rng.randrange(10**6):06d}-{number}",
        substance_id=substance,
        jurisdiction=jurisdiction,
        instrument=f"i{rng.randrange(3)}",
        # the first substance stands on no precursor list, so no complete list clears it
        kind="equipment"
        if substance == SUBSTANCES[0]
        else rng.choice(["precursor_list", "precursor_list", "equipment"]),
        category=rng.choice(["1", "2"]),
        confidence="high",
        effective_from=start,
        effective_to=end,
        from_latest=latest,
        destinations=frozenset(scope.sample(["MX", "US", "DE"], scope.randrange(1, 4)))
        if scope.random() < 0.4
        else None,
        directions=Direction(scope.choice([1, 2, 3, 4, 7, 7, 7])),
        forms=Form(scope.choice([0, 1, 3, 255])),
    )


class _Register:
    def __init__(self, rng: random.Random, listings: int, *, one_scope: bool) -> None:
        self.listings = [_listing(rng, number, one_scope=one_scope) for number in range(listings)]
        self.by_subject: dict[tuple[str, str], tuple[_Scoped, ...]] = {}
        for x in self.listings:
            key = (x.substance_id, x.jurisdiction)
            self.by_subject[key] = (*self.by_subject.get(key, ()), x)
        self.complete_from = {j: DAY + timedelta(days=rng.randrange(1500)) for j in JURISDICTIONS}

    @property
    def beyond(self) -> set[str]:
        return {s for s in SUBSTANCES if {x.kind for x in self.listings if x.substance_id == s} == {"equipment"}}

    def coverage(self, jurisdiction: str, day: date) -> str:
        return (
            "complete" if jurisdiction in self.complete_from and day >= self.complete_from[jurisdiction] else "partial"
        )

    def table(self, name: str) -> pa.Table:
        return pa.Table.from_pylist(getattr(self, f"_{name}")(), schema=TABLES[name])

    def _listings(self) -> list[dict[str, object]]:
        return [
            {
                **{
                    k: getattr(x, k)
                    for k in ("substance_id", "instrument", "jurisdiction", "category", "confidence", "kind")
                },
                **{k: getattr(x, k) for k in ("effective_from", "effective_to", "from_latest")},
                "listing_id": x.id,
                "destination": destination,
                "directions": int(x.directions),
                "forms": int(x.forms),
                "known_from": BEGINNING,
                "known_to": FOREVER,
            }
            for x in self.listings
            for destination in (sorted(x.destinations) if x.destinations is not None else [None])
        ]

    def _coverage(self) -> list[dict[str, object]]:
        rows = []
        for jurisdiction, start in self.complete_from.items():
            rows.append({"jurisdiction": jurisdiction, "date_from": BEGINNING, "date_to": start, "coverage": "partial"})
            rows.append({"jurisdiction": jurisdiction, "date_from": start, "date_to": FOREVER, "coverage": "complete"})
        return rows

    def _jurisdictions(self) -> list[dict[str, object]]:
        return [
            {"country": country, "jurisdiction": j, "date_from": BEGINNING, "date_to": FOREVER}
            for country, all_ in COUNTRIES.items()
            for j in all_
        ]


def _matches(rng: random.Random, rows: int) -> pa.Table:
    countries = [*COUNTRIES, None]
    return pa.Table.from_pylist(
        [
            {
                "row_id": number,
                "declaration_id": f"D{number}",
                "line": 1,
                "date": DAY + timedelta(days=rng.randrange(-100, 3000)),
                "origin_country": rng.choice(countries),
                "export_country": rng.choice(countries),
                "destination_country": rng.choice(countries),
                "transit_countries": rng.choice([None, [], ["DE"], ["DE", "FR"], ["US", "MX", "US"]]),
                "substance_id": rng.choice([*SUBSTANCES, "unlisted"]),
                "field": "description",
                "method": "name",
                "matched_text": "x",
                "span_start": 0,
                "span_end": 1,
                "form": rng.choice([0, 0, 1, 2, 3, 4]),
                "confidence": 0.98,
            }
            for number in range(rows)
        ],
        schema=MATCHES,
    )


def _expected(register: _Register, match: dict[str, object]) -> set[tuple[object, ...]]:
    roles = {("export", j, 1) for j in COUNTRIES.get(match["export_country"] or match["origin_country"], ())}
    roles |= {("import", j, 2) for j in COUNTRIES.get(match["destination_country"], ())}
    roles |= {("transit", j, 4) for country in match["transit_countries"] or () for j in COUNTRIES[country]}
    roles.add(("international", "UN", 7))
    out = set()
    for role, jurisdiction, direction in roles:
        for found in asof.findings(
            register,
            match["substance_id"],
            match["date"],
            jurisdiction,
            destination=match["destination_country"],
            direction=Direction(direction),
            form=Form(match["form"]),
        ):
            listing = found.listing
            cited = (listing.id, listing.effective_from, listing.effective_to) if listing else (None, None, None)
            out.add((match["row_id"], role, jurisdiction, found.status, found.reason, *cited))
    return out


@pytest.mark.parametrize("one_scope", [True, False])
@pytest.mark.parametrize("seed", range(3))
def test_the_join_answers_as_the_definition_does(seed, one_scope, tmp_path: Path, monkeypatch):
    rng = random.Random(seed)
    register = _Register(rng, 90, one_scope=one_scope)
    matches = _matches(rng, 1500)
    monkeypatch.setattr(asof, "coverage_on", lambda known, jurisdiction, day: known.coverage(jurisdiction, day))
    with open_engine("local", tmp_path) as engine:
        engine.register("matches", matches)
        join_listings(engine, register)
        hits = pa.Table.from_batches(engine.batches("hits")).select(HITS.names).cast(HITS)
    columns = ["row_id", "role", "jurisdiction", "status", "reason", "listing_id", "listed_from", "listed_to"]
    found = [tuple(row.values()) for row in hits.select(columns).to_pylist()]
    assert len(found) == len(set(found))
    expected = set().union(*(_expected(register, match) for match in matches.to_pylist()))
    assert set(found) == expected
    assert {row[4] for row in found} == {"in_force", *asof.NEAREST}
    assert SUBSTANCES[0] in register.beyond
    assert {row["status"] for row in hits.to_pylist() if row["substance_id"] in register.beyond} == {
        "listed",
        "unknown_coverage",
    }


def test_a_listing_is_what_the_definition_reads():
    assert {"id", "effective_from", "effective_to", "from_latest", "destinations", "directions", "forms"} <= set(
        Listing.__slots__
    )
