"""Reply terms: by when a pair of countries answers a notification of a substance, and who asked to be notified.

The Convention sets no term. An authority keeps the terms that it agreed on as rows; without one the date is a person's
to set. A proposal says how it was counted and whether a day in it was doubtful; the date that counts is the one that
is released with the notification.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from entente.casework.errors import CalendarError
from entente.casework.model import folded
from entente.casework.workdays import MOST, Count, calendar
from entente.errors import InputError, Place

EVERY = "*"
"""As a country or substance of a row: every one that no other row names."""


@dataclass(frozen=True, slots=True)
class Term:
    """How long a country has for its reply.

    Attributes:
        exporting, importing: ISO 3166-1 alpha-2, or `EVERY`.
        substance: id, CAS number or name, or `EVERY`.
        days: how many.
        working: working days of the importing country; else calendar days.
        source: the agreement or law.
        start, end: the days from which and until which (exclusive) it holds.
    """

    exporting: str
    importing: str
    substance: str
    days: int
    working: bool
    source: str
    start: date = date.min
    end: date = date.max


@dataclass(frozen=True, slots=True)
class Proposal:
    """A reply date to be set by a person: the moment, the term, and days that the calendar does not establish."""

    due: datetime
    term: Term
    doubtful: tuple[date, ...]


class Invoked(StrEnum):
    """Whether a country asked to be notified of exports of a substance to it, on a day."""

    INVOKED = "invoked"
    NOT_INVOKED = "not-invoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Invocation:
    """A country's request under article 12, paragraph 10 (a): a substance and the days from which and until which."""

    country: str
    substance: str
    start: date
    end: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Invocations:
    """The table of invocations, country x substance x day, and the days for which it is complete.

    Outside its complete days a country that is not in it is `unknown`, never `not-invoked`.
    """

    rows: tuple[Invocation, ...]
    complete_from: date | None = None
    complete_to: date | None = None

    def on(self, country: str, substance: str, day: date) -> Invoked:
        """What the table says; the end of a row is the first day on which it no longer holds."""
        for row in self.rows:
            same = row.country == country and folded(row.substance) == folded(substance)
            if same and row.start <= day and (row.end is None or day < row.end):
                return Invoked.INVOKED
        covered = self.complete_from is not None and self.complete_from <= day <= (self.complete_to or date.min)
        return Invoked.NOT_INVOKED if covered else Invoked.UNKNOWN


def invocations(
    rows: Iterable[Mapping[str, Any]], complete_from: date | None = None, complete_to: date | None = None
) -> Invocations:
    """The table from rows of the canonical table `invocations` (`entente records`).

    A row that names a substance in two ways counts for both.

    Args:
        rows: of that table.
        complete_from: the first day for which the rows are all there are; None if that is never known.
        complete_to: the last such day.
    """
    made = []
    for row in rows:
        names = dict.fromkeys(filter(None, (row.get("substance"), row.get("substance_id"))))
        source = row.get("note") or ""
        made += [Invocation(row["country"], name, row["invoked_from"], row.get("invoked_to"), source) for name in names]
    return Invocations(tuple(made), complete_from, complete_to)


def read_terms(path: Path) -> tuple[Term, ...]:
    """The terms that an authority keeps: a YAML list of the fields of `Term`; countries and substance may be left out.

        - {exporting: MX, importing: CN, days: 10, working: true, source: Working group, start: 2026-01-01}

    Raises:
        InputError: the file cannot be read, or an entry is not whole.
    """
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        entries = [_term(entry) for entry in found]
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError, KeyError, AttributeError, ValueError) as error:
        raise InputError(
            f"The file of reply terms cannot be read: {error}.",
            remedy="Write a list of entries, each with days, working and source; see docs/casework.md.",
            place=Place(str(path)),
        ) from None
    return tuple(entries)


def _term(entry: Mapping[str, Any]) -> Term:
    given = {"exporting": EVERY, "importing": EVERY, "substance": EVERY, **entry}
    values: dict[str, Any] = {name: str(value) if name in _TEXTS else value for name, value in given.items()}
    term = Term(**values)
    days = type(term.days) is int and type(term.working) is bool and type(term.start) is type(term.end) is date
    if not days or not 1 <= term.days <= MOST or not term.source or term.start >= term.end:
        raise ValueError(f"an entry is not whole: {dict(entry)}")
    return term


_TEXTS = frozenset({"exporting", "importing", "substance", "source"})


def term_for(terms: Iterable[Term], exporting: str, importing: str, substance: str, day: date) -> Term | None:
    """The row that holds on a day: of several the one that names more, the substance before the countries.

    Raises:
        CalendarError: two rows that name as much differ; no machine decides between them.
    """
    fits = [term for term in terms if _fits(term, exporting, importing, substance) and term.start <= day < term.end]
    best = [term for term in fits if _named(term) == max(map(_named, fits))]
    if len({(term.days, term.working) for term in best}) > 1:
        raise CalendarError(f"Two terms hold for {substance} from {exporting} to {importing} on {day.isoformat()}.")
    return best[0] if best else None


def propose(term: Term, country: str, received: datetime) -> Proposal:
    """The reply date by a term.

    Args:
        term: the row that holds.
        country: the importing country; its days and its zone count.
        received: when the notification reached it.

    Raises:
        CalendarError: there is no calendar of the country.
    """
    days = calendar(country)
    start = received.astimezone(days.zone).date()
    if term.working:
        count: Count = days.after(start, term.days)
        return Proposal(count.ends, term, count.doubtful)
    return Proposal(days.ends(start + timedelta(days=term.days)), term, ())


def _fits(term: Term, exporting: str, importing: str, substance: str) -> bool:
    pairs = ((term.exporting, exporting), (term.importing, importing), (folded(term.substance), folded(substance)))
    return all(row in {EVERY, asked} for row, asked in pairs)


def _named(term: Term) -> tuple[bool, int]:
    """How much a row names: the substance first, then the countries."""
    return term.substance != EVERY, (term.exporting != EVERY) + (term.importing != EVERY)
