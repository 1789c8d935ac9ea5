"""From a schema-valid document to frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from entente.errors import RegisterError
from entente.substances.dates import parse_day, parse_loose_day
from entente.substances.document import Document
from entente.substances.forms import Form
from entente.substances.model import (
    ANY_DIRECTION,
    FOREVER,
    CasNumber,
    Clause,
    Coverage,
    Direction,
    HsCode,
    Instrument,
    Known,
    Listing,
    Name,
    Source,
    Substance,
)

_LANGS = ("en", "zh-Hans", "zh-Hant", "es")
Raw = Mapping[str, Any]


class DocumentParser:
    """Reads the three parts of one document. The document must be valid against the schema.

    Args:
        document: the file.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.data: Raw = document.data
        self.learned = self._day(self.data["known_from"], ("known_from",))

    def instrument(self) -> Instrument | None:
        """The instrument of the file, if it has one."""
        raw: Raw | None = self.data.get("instrument")
        if raw is None:
            return None
        return Instrument(
            id=raw["id"],
            jurisdiction=raw["jurisdiction"],
            kind=raw["kind"],
            titles=dict(raw["title"]),
            sources=_sources(raw),
            coverage=tuple(self._coverage(span, i) for i, span in enumerate(raw["coverage"])),
            quote=raw.get("quote"),
            quote_lang=raw.get("quote_lang"),
            note=raw.get("note"),
            file=self.document.file,
        )

    def substances(self) -> list[Substance]:
        """The identities the file defines."""
        return [self._substance(raw, i) for i, raw in enumerate(self.data.get("substances") or ())]

    def listings(self) -> list[Listing]:
        """The listings of the file's instrument."""
        return [self._listing(raw, i) for i, raw in enumerate(self.data.get("listings") or ())]

    def _coverage(self, raw: Raw, i: int) -> Coverage:
        path = ("instrument", "coverage", i)
        start = self._day(raw["from"], (*path, "from"))
        end = self._day(raw["to"], (*path, "to")) if "to" in raw else FOREVER
        self._ordered(start, end, path)
        return Coverage(start, end, raw["state"], raw.get("note"), self._known(raw, path, self.learned))

    def _substance(self, raw: Raw, i: int) -> Substance:
        path = ("substances", i)
        known = self._known(raw, path, self.learned)
        names = [
            self._name(item, lang, rank, known)
            for lang in _LANGS
            for rank, item in enumerate(raw["names"].get(lang, ()))
        ]
        names += [self._name(item, "mul", -1, known) for item in raw.get("acronyms", ())]
        return Substance(
            id=raw["id"],
            group=raw.get("group", "chemical"),
            names=tuple(names),
            cas=tuple(
                CasNumber(c["cas"], _forms(c.get("form", ())), self._known(c, path, known.start))
                for c in raw.get("cas", ())
            ),
            hs=tuple(HsCode(h["code"].replace(".", ""), h["edition"], h["specific"]) for h in raw.get("hs", ())),
            sources=_sources(raw),
            note=raw.get("note"),
            known=known,
            file=self.document.file,
            line=self.document.line_of(path),
        )

    def _name(self, raw: str | Raw, lang: str, rank: int, known: Known) -> Name:
        item: Raw = {"text": raw} if isinstance(raw, str) else raw
        kind = "acronym" if rank < 0 else "synonym" if rank else "name"
        needs_context = kind == "acronym" or bool(item.get("needs_context", False))
        return Name(
            item["text"], lang, kind, needs_context, _forms(item.get("form", ())), self._known(item, (), known.start)
        )

    def _listing(self, raw: Raw, i: int) -> Listing:
        path = ("listings", i)
        home: Raw = self.data["instrument"]
        start, latest = self._loose(raw["effective_from"], (*path, "effective_from"))
        end = self._day(raw["effective_to"], (*path, "effective_to")) if "effective_to" in raw else FOREVER
        self._ordered(latest, end, path)
        scope = raw.get("destination_scope")
        return Listing(
            id=raw.get("id") or f"{home['id']}:{raw['substance']}:{raw['effective_from']}",
            substance_id=raw["substance"],
            instrument=home["id"],
            jurisdiction=home["jurisdiction"],
            kind=home["kind"],
            category=raw["category"],
            entry=raw.get("entry"),
            effective_from=start,
            from_latest=latest,
            effective_to=end,
            destinations=None if scope is None else frozenset(scope),
            directions=_directions(raw.get("directions", home.get("directions"))),
            forms=_reach(raw.get("forms", home.get("forms", ()))) & ~_reach(raw.get("forms_excluded", ())),
            quote=raw["quote"],
            quote_lang=raw["quote_lang"],
            clauses=tuple(Clause(c["id"], c["quote"], c["quote_lang"], c.get("note")) for c in raw.get("clauses", ())),
            sources=_sources(raw) or _sources(home),
            confidence=raw["confidence"],
            note=raw.get("note"),
            known=self._known(raw, path, self.learned),
            file=self.document.file,
            line=self.document.line_of(path),
        )

    def _known(self, raw: Raw, path: tuple[str | int, ...], default: date) -> Known:
        start = self._day(raw["known_from"], (*path, "known_from")) if "known_from" in raw else default
        end = self._day(raw["known_to"], (*path, "known_to")) if "known_to" in raw else FOREVER
        return Known(start, end)

    def _day(self, text: str, path: tuple[str | int, ...]) -> date:
        try:
            return parse_day(text)
        except ValueError as error:
            raise self._no_such_day(text, path) from error

    def _loose(self, text: str, path: tuple[str | int, ...]) -> tuple[date, date]:
        try:
            return parse_loose_day(text)
        except ValueError as error:
            raise self._no_such_day(text, path) from error

    def _no_such_day(self, text: str, path: tuple[str | int, ...]) -> RegisterError:
        return RegisterError(f"There is no day {text!r}.", remedy="Write YYYY-MM-DD.", place=self.document.place(path))

    def _ordered(self, start: date, end: date, path: tuple[str | int, ...]) -> None:
        if start >= end:
            raise RegisterError(
                f"The interval ends ({end}) before it surely begins ({start}).",
                remedy="An end is the first day it no longer holds, and lies after the beginning.",
                place=self.document.place(path),
            )


def _forms(names: Iterable[str]) -> Form:
    result = Form.BASE
    for name in names:
        result |= Form[name.upper()]
    return result


def _reach(names: Iterable[str]) -> Form:
    """The forms that a law's words reach: "its salts" are all of them."""
    forms = _forms(names)
    return forms | Form.DIHYDROCHLORIDE if forms & Form.SALT else forms


def _directions(names: Iterable[str] | None) -> Direction:
    if names is None:
        return ANY_DIRECTION
    result = Direction(0)
    for name in names:
        result |= Direction[name.upper()]
    return result


def _sources(raw: Raw) -> tuple[Source, ...]:
    return tuple(Source(s["address"], s.get("title"), s.get("note")) for s in raw.get("sources", ()))
