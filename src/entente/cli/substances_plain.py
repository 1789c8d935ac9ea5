"""The register's values as plain dicts, for `--json`."""

from __future__ import annotations

from enum import IntFlag
from typing import Any

from entente.substances import Check, Instrument, Listing, Register, Substance
from entente.substances.asof import Answer, Finding
from entente.substances.diff import Change
from entente.substances.forms import Form
from entente.substances.model import FOREVER, Coverage, Direction, Known, Name, Source
from entente.substances.resolve import Resolved, resolve
from entente.substances.validate import Problem

Thing = Substance | Instrument | Listing


def register(given: Register) -> dict[str, Any]:
    """Which register answered."""
    return {"version": given.version, "known_at": _text(given.known_at), "lists": [x.file for x in given.lists]}


def check(given: Check, register: Register) -> dict[str, Any]:
    """All answers to one question."""
    return {
        "text": given.text,
        "known": given.known,
        "on": given.on.isoformat(),
        "exporting": given.exporting,
        "importing": given.importing,
        "transit": list(given.transit),
        "substances": [_resolved(item, register) for item in given.resolved],
        "answers": [
            {"role": a.role, "country": a.country, "substance": a.resolved.substance_id, **finding(a.finding)}
            for a in given.answers
        ],
        "notes": list(given.notes),
    }


def _resolved(given: Resolved, register: Register) -> dict[str, Any]:
    substance = register.substances[given.substance_id]
    names = {"en": substance.name("en"), "zh": substance.name("zh-Hans"), "es": substance.name("es")}
    return {
        "id": given.substance_id,
        "names": names,
        "form": form_names(given.form),
        "method": given.method,
        "note": given.note,
    }


def finding(given: Finding) -> dict[str, Any]:
    """One jurisdiction's answer, with the listing it rests on."""
    return {
        "jurisdiction": given.jurisdiction,
        "status": given.status,
        "reason": given.reason,
        "coverage": given.coverage,
        "listing": listing(given.listing) if given.listing else None,
    }


def listing(given: Listing) -> dict[str, Any]:
    """One listing, with the law's words."""
    return {
        "id": given.id,
        "substance": given.substance_id,
        "instrument": given.instrument,
        "jurisdiction": given.jurisdiction,
        "category": given.category,
        "entry": given.entry,
        "listed_from": given.effective_from.isoformat(),
        "listed_from_latest": given.from_latest.isoformat(),
        "listed_to": None if given.effective_to == FOREVER else given.effective_to.isoformat(),
        "destinations": None if given.destinations is None else sorted(given.destinations),
        "directions": [str(d.name).lower() for d in Direction if d & given.directions],
        "forms": form_names(given.forms),
        "quote": given.quote,
        "quote_lang": given.quote_lang,
        "clauses": [{"id": c.id, "quote": c.quote, "quote_lang": c.quote_lang} for c in given.clauses],
        "confidence": given.confidence,
        "note": given.note,
        "sources": [_source(source) for source in given.sources],
        **_known(given.known),
    }


def instruments(given: Register) -> list[dict[str, Any]]:
    """All instruments, each with its count of listings."""
    return [instrument(item, given) for item in given.instruments.values()]


def instrument(given: Instrument, register: Register) -> dict[str, Any]:
    """One instrument."""
    return {
        "id": given.id,
        "jurisdiction": given.jurisdiction,
        "kind": given.kind,
        "title": dict(given.titles),
        "listings": sum(x.instrument == given.id for x in register.listings),
        "coverage": [
            {"from": str(c.start), "to": _end(c.end), "state": c.state, "note": c.note} for c in given.coverage
        ],
        "quote": given.quote,
        "note": given.note,
        "sources": [_source(source) for source in given.sources],
    }


def substance(given: Substance, register: Register) -> dict[str, Any]:
    """One substance with all its listings."""
    return {
        "id": given.id,
        "group": given.group,
        "names": [
            {
                "text": n.text,
                "lang": n.lang,
                "kind": n.kind,
                "needs_context": n.needs_context,
                "form": form_names(n.form),
            }
            for n in given.names
        ],
        "cas": [{"cas": c.cas, "form": form_names(c.form)} for c in given.cas],
        "hs": [{"code": c.hs6, "edition": c.edition, "specific": c.specific} for c in given.hs],
        "note": given.note,
        "listings": [listing(x) for x in register.listings if x.substance_id == given.id],
        **_known(given.known),
    }


def answer(given: Answer) -> dict[str, Any]:
    """All listings of a jurisdiction on a day."""
    return {
        "jurisdiction": given.jurisdiction,
        "on": given.on.isoformat(),
        "coverage": given.coverage,
        "listings": [listing(x) for x in given.listings],
        "uncertain": [listing(x) for x in given.uncertain],
    }


def problem(given: Problem) -> dict[str, Any]:
    """One problem of a list."""
    place = {"file": given.place.file, "line": given.place.line, "field": given.place.field}
    return {"level": given.level, "code": given.code, "message": given.message, "remedy": given.remedy, **place}


def change(given: Change) -> dict[str, Any]:
    """One difference between two registers."""
    plain = {"kind": given.kind, "what": given.what, "id": given.id}
    return (
        plain
        if given.field is None
        else {**plain, "field": given.field, "before": value_text(given.before), "after": value_text(given.after)}
    )


def value_text(value: Any) -> str:
    """A value of the register in a few words, for a person who compares two."""
    if isinstance(value, (tuple, frozenset)):
        words = [value_text(item) for item in value]
        return "; ".join(sorted(words) if isinstance(value, frozenset) else words) or "none"
    if isinstance(value, Coverage):
        return f"{value.state} from {value.start} to {_end(value.end) or 'now'}"
    if isinstance(value, Name):
        return f"{value.text} ({value.lang})"
    if isinstance(value, IntFlag):
        return ", ".join(str(bit.name).lower() for bit in type(value) if bit and bit & value) or "none"
    for field in ("cas", "hs6", "quote", "address"):
        if hasattr(value, field):
            return str(getattr(value, field))
    return "none" if value is None else str(value)


def find(register: Register, name: str) -> list[Thing]:
    """What an id, a name, a CAS number or an HS code means; empty if nothing."""
    exact: list[Thing] = [x for x in (register.substances.get(name), register.instruments.get(name)) if x is not None]
    exact += [x for x in register.listings if x.id == name]
    if exact:
        return exact
    ids = dict.fromkeys(item.substance_id for item in resolve(register, name))
    return [register.substances[substance_id] for substance_id in ids]


def whole(given: Thing, register: Register) -> dict[str, Any]:
    """All that is held on one thing."""
    if isinstance(given, Substance):
        return substance(given, register)
    return instrument(given, register) if isinstance(given, Instrument) else listing(given)


def form_names(form: Form) -> list[str]:
    """A form's bits as words; empty for the substance itself."""
    return [str(bit.name).lower() for bit in Form if bit and bit & form]


def _source(given: Source) -> dict[str, Any]:
    return {"address": given.address, "title": given.title, "note": given.note}


def _known(given: Known) -> dict[str, Any]:
    return {"known_from": given.start.isoformat(), "known_to": _end(given.end)}


def _end(day: Any) -> str | None:
    return None if day == FOREVER else str(day)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
