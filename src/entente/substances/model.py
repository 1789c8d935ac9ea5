"""Frozen values of the register.

Two time axes. *Effective* time is when the law held: `[effective_from, effective_to)`. *Known* time is when the
register held a row: `[known_from, known_to)`. A date that the source gives only as a month or a year is the
interval from its first day (`effective_from`) to its last (`from_latest`): before the first day the listing is
surely not in force, from the last day on it surely is, and between them the answer is "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import IntFlag

from entente.substances.forms import Form

BEGINNING = date.min
FOREVER = date(9999, 12, 31)

#: Kinds of instrument whose coverage together decides what "not listed" may be said of in a jurisdiction.
PRECURSOR_KINDS = ("precursor_list", "export_catalogue", "immediate_precursor")


class Direction(IntFlag):
    """Directions of trade that a listing speaks of."""

    EXPORT = 1
    IMPORT = 2
    TRANSIT = 4


ANY_DIRECTION = Direction(7)


@dataclass(frozen=True, slots=True)
class Known:
    """When the register held something: `[start, end)`."""

    start: date
    end: date = FOREVER

    def holds(self, known_at: date | None) -> bool:
        """Whether it was held on that day; None asks for the latest knowledge."""
        return self.end == FOREVER if known_at is None else self.start <= known_at < self.end


@dataclass(frozen=True, slots=True)
class Source:
    """Where a person can read it."""

    address: str
    title: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A name of a substance or of one of its forms; `kind` is name, synonym or acronym."""

    text: str
    lang: str
    kind: str
    needs_context: bool
    form: Form
    known: Known


@dataclass(frozen=True, slots=True)
class CasNumber:
    """A CAS Registry Number of a substance or of one of its forms."""

    cas: str
    form: Form
    known: Known


@dataclass(frozen=True, slots=True)
class HsCode:
    """A six-digit HS code in one edition; `specific` when the code is the substance's own, not a basket."""

    hs6: str
    edition: str
    specific: bool


@dataclass(frozen=True, slots=True)
class Substance:
    """What a listing lists. `group` is chemical, mixture, class or equipment."""

    id: str
    group: str
    names: tuple[Name, ...]
    cas: tuple[CasNumber, ...]
    hs: tuple[HsCode, ...]
    sources: tuple[Source, ...]
    note: str | None
    known: Known
    file: str
    line: int | None

    def name(self, lang: str = "en") -> str:
        """The preferred name in a language (en, zh-Hans, zh-Hant, es), else in English."""
        found = next((name.text for name in self.names if name.lang == lang and name.kind == "name"), None)
        return found or next(name.text for name in self.names if name.lang == "en")


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far an instrument's file covers `[start, end)`: `state` is complete or partial."""

    start: date
    end: date
    state: str
    note: str | None
    known: Known


@dataclass(frozen=True, slots=True)
class Instrument:
    """One legal instrument, as one file describes it."""

    id: str
    jurisdiction: str
    kind: str
    titles: Mapping[str, str]
    sources: tuple[Source, ...]
    coverage: tuple[Coverage, ...]
    quote: str | None
    quote_lang: str | None
    note: str | None
    file: str

    def covers(self, day: date, known_at: date | None = None) -> bool:
        """Whether every member on `day` is in the file; days that no interval names are not covered."""
        named = [span for span in self.coverage if span.start <= day < span.end and span.known.holds(known_at)]
        return bool(named) and all(span.state == "complete" for span in named)


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered clause of a class definition, in the law's own words."""

    id: str
    quote: str
    quote_lang: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """Substance x instrument x jurisdiction x effective interval x destination scope x form scope x source.

    `effective_to` is the first day it no longer holds; `from_latest` is the last day on which it can have begun
    (equal to `effective_from` where the day is known). `destinations` is None where any destination is meant.
    """

    id: str
    substance_id: str
    instrument: str
    jurisdiction: str
    kind: str
    category: str
    entry: str | None
    effective_from: date
    from_latest: date
    effective_to: date
    destinations: frozenset[str] | None
    directions: Direction
    forms: Form
    quote: str
    quote_lang: str
    clauses: tuple[Clause, ...]
    sources: tuple[Source, ...]
    confidence: str
    note: str | None
    known: Known
    file: str
    line: int | None

    @property
    def exact(self) -> bool:
        """Whether the first day is known to the day."""
        return self.from_latest == self.effective_from
