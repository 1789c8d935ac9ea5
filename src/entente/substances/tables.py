"""Flat Arrow tables of a register, for engines.

Days are date32; an open end is 9999-12-31; intervals are `[from, to)`. Rows are sorted, so that equal registers
give equal tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from entente.substances.dates import cut_points
from entente.substances.model import BEGINNING, FOREVER, PRECURSOR_KINDS, Instrument

if TYPE_CHECKING:
    from entente.substances.register import Register


def _schema(**fields: str | tuple[str, bool]) -> pa.Schema:
    """Fields as name=type, or name=(type, nullable)."""
    types = {"string": pa.string(), "date": pa.date32(), "int": pa.int32(), "bool": pa.bool_()}
    parts = {name: (given, False) if isinstance(given, str) else given for name, given in fields.items()}
    return pa.schema([pa.field(name, types[kind], nullable=nullable) for name, (kind, nullable) in parts.items()])


#: Tables by name. `listings`: one row per destination; `directions` is export=1, import=2, transit=4; `forms` are the
#: `Form` bits covered; `from_latest` is the last day on which an imprecisely dated listing can have begun.
#: `coverage`: non-overlapping, every jurisdiction from 0001-01-01 to 9999-12-31. `hs.specific`: the code is the
#: substance's own; a basket code is no hit by itself.
TABLES: Mapping[str, pa.Schema] = {
    "listings": _schema(
        listing_id="string",
        substance_id="string",
        instrument="string",
        jurisdiction="string",
        kind="string",
        category="string",
        effective_from="date",
        effective_to="date",
        from_latest="date",
        destination=("string", True),
        directions="int",
        forms="int",
        confidence="string",
        known_from="date",
        known_to="date",
    ),
    "coverage": _schema(jurisdiction="string", date_from="date", date_to="date", coverage="string"),
    "jurisdictions": _schema(country="string", jurisdiction="string", date_from="date", date_to="date"),
    "names": _schema(
        substance_id="string", name="string", lang="string", kind="string", needs_context="bool", form="int"
    ),
    "cas": _schema(substance_id="string", cas="string", form="int"),
    "hs": _schema(substance_id="string", hs6="string", edition="string", specific="bool"),
    "substances": _schema(substance_id="string", name_en="string", name_zh="string", name_es="string", group="string"),
}


def coverage_spans(instruments: Iterable[Instrument]) -> list[tuple[date, date, str]]:
    """Coverage of one jurisdiction over all time: complete on the days on which every instrument is complete.

    Only precursor lists, export catalogues and lists of immediate precursors count. Without any of them nothing is
    known of the jurisdiction, and all days are partial.
    """
    counted = [instrument for instrument in instruments if instrument.kind in PRECURSOR_KINDS]
    days = cut_points(((s.start, s.end) for i in counted for s in i.coverage), BEGINNING, FOREVER)
    spans: list[tuple[date, date, str]] = []
    for start, end in pairwise(days):
        state = "complete" if counted and all(_covers(i, start) for i in counted) else "partial"
        if spans and spans[-1][2] == state:
            spans[-1] = (spans[-1][0], end, state)
        else:
            spans.append((start, end, state))
    return spans


def _covers(instrument: Instrument, day: date) -> bool:
    # The register has already left out spans that were not known: those that remain all hold.
    named = [span for span in instrument.coverage if span.start <= day < span.end]
    return bool(named) and all(span.state == "complete" for span in named)


def _listings(register: Register) -> Iterable[dict[str, Any]]:
    for listing in register.listings:
        for destination in sorted(listing.destinations) if listing.destinations is not None else [None]:
            yield {
                "listing_id": listing.id,
                "substance_id": listing.substance_id,
                "instrument": listing.instrument,
                "jurisdiction": listing.jurisdiction,
                "kind": listing.kind,
                "category": listing.category,
                "effective_from": listing.effective_from,
                "effective_to": listing.effective_to,
                "from_latest": listing.from_latest,
                "destination": destination,
                "directions": int(listing.directions),
                "forms": int(listing.forms),
                "confidence": listing.confidence,
                "known_from": listing.known.start,
                "known_to": listing.known.end,
            }


def _coverage(register: Register) -> Iterable[dict[str, Any]]:
    jurisdictions = register.jurisdictions.all() | {i.jurisdiction for i in register.instruments.values()}
    for jurisdiction in sorted(jurisdictions):
        own = [i for i in register.instruments.values() if i.jurisdiction == jurisdiction]
        for start, end, state in coverage_spans(own):
            yield {"jurisdiction": jurisdiction, "date_from": start, "date_to": end, "coverage": state}


def _jurisdictions(register: Register) -> Iterable[dict[str, Any]]:
    for m in register.jurisdictions.memberships:
        yield {"country": m.country, "jurisdiction": m.jurisdiction, "date_from": m.start, "date_to": m.end}


def _names(register: Register) -> Iterable[dict[str, Any]]:
    for substance_id, name in register.names:
        yield {
            "substance_id": substance_id,
            "name": name.text,
            "lang": name.lang,
            "kind": name.kind,
            "needs_context": name.needs_context,
            "form": int(name.form),
        }


def _cas(register: Register) -> Iterable[dict[str, Any]]:
    for substance in register.substances.values():
        for cas in substance.cas:
            yield {"substance_id": substance.id, "cas": cas.cas, "form": int(cas.form)}


def _hs(register: Register) -> Iterable[dict[str, Any]]:
    for substance in register.substances.values():
        for code in substance.hs:
            yield {"substance_id": substance.id, "hs6": code.hs6, "edition": code.edition, "specific": code.specific}


def _substances(register: Register) -> Iterable[dict[str, Any]]:
    for substance in register.substances.values():
        yield {
            "substance_id": substance.id,
            "name_en": substance.name("en"),
            "name_zh": substance.name("zh-Hans"),
            "name_es": substance.name("es"),
            "group": substance.group,
        }


_ROWS: Mapping[str, Callable[[Register], Iterable[dict[str, Any]]]] = {
    "listings": _listings,
    "coverage": _coverage,
    "jurisdictions": _jurisdictions,
    "names": _names,
    "cas": _cas,
    "hs": _hs,
    "substances": _substances,
}


def build(register: Register, name: str) -> pa.Table:
    """One table of a register.

    Raises:
        KeyError: no table has this name.
    """
    return pa.Table.from_pylist(list(_ROWS[name](register)), schema=TABLES[name])
