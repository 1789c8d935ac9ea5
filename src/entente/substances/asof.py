"""What the law said on a day: the one definition of status and reason.

For one substance (or one of its forms), one jurisdiction, one day, one destination and one direction:

1. Every listing in force there and then, whose scopes all hold, is answered `listed` / `in_force`.
2. If there is none, one answer is given: that of the nearest listing, in this order of reasons:
   `effective_date_imprecise` (all scopes hold, but the source's month or year leaves the day open),
   `form_outside_scope`, `destination_outside_scope`, `direction_outside_scope` (in force that day, but for other
   forms, destinations or directions; the first that fails, in this order), `before_effective` (all scopes hold; the
   earliest later listing), `after_repeal` (all scopes hold; the latest earlier listing), `no_listing`.
   A listing that is outside its time *and* outside a scope is not near.
3. The status of 2 is `not_listed` only where the jurisdiction's coverage is complete on that day, else
   `unknown_coverage`. Coverage is that of precursor lists: what only lists of other kinds hold (a class, equipment)
   is never cleared by it. An imprecise day is always `unknown_coverage`; so is a destination scope that cannot be
   decided because the destination is not given.

`findings` answers for one substance, `listings_on` for a jurisdiction as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from entente.substances.forms import Form
from entente.substances.model import ANY_DIRECTION, Direction, Listing
from entente.substances.tables import coverage_spans

if TYPE_CHECKING:
    from entente.substances.register import Register

LISTED, NOT_LISTED, UNKNOWN = "listed", "not_listed", "unknown_coverage"

#: Reasons other than in_force, nearest first.
NEAREST = (
    "effective_date_imprecise",
    "form_outside_scope",
    "destination_outside_scope",
    "direction_outside_scope",
    "before_effective",
    "after_repeal",
    "no_listing",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: `listing` is the one in force, or the nearest, or None."""

    jurisdiction: str
    status: str
    reason: str
    coverage: str
    listing: Listing | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What was listed in a jurisdiction on a day.

    Args:
        jurisdiction: whose law.
        on: the day.
        coverage: complete, or partial: then a substance that is absent is unknown, not unlisted.
        listings: surely in force.
        uncertain: perhaps in force; their first day is known only as a month or a year.
    """

    jurisdiction: str
    on: date
    coverage: str
    listings: tuple[Listing, ...]
    uncertain: tuple[Listing, ...]


def coverage_on(register: Register, jurisdiction: str, day: date) -> str:
    """Whether the register is `complete` or `partial` for a jurisdiction on a day."""
    own = [i for i in register.instruments.values() if i.jurisdiction == jurisdiction]
    return next((state for start, end, state in coverage_spans(own) if start <= day < end), "partial")


def listings_on(
    register: Register,
    on: date,
    jurisdiction: str,
    destination: str | None = None,
    direction: Direction | None = None,
    *,
    known_at: date | None = None,
) -> Answer:
    """All listings of a jurisdiction that hold on a day.

    Args:
        register: the lists.
        on: the day.
        jurisdiction: ISO 3166-1 alpha-2, EU or UN.
        destination: country of destination; None leaves destination-conditional listings out.
        direction: None is any.
        known_at: answer as the register would have on that day; None is as it was loaded.
    """
    known = register.at(known_at) if known_at is not None else register
    scoped = [
        x
        for x in known.listings
        if x.jurisdiction == jurisdiction and _scope_failure(x, Form.BASE, destination, direction) is None
    ]
    return Answer(
        jurisdiction,
        on,
        coverage_on(known, jurisdiction, on),
        tuple(x for x in scoped if _time_reason(x, on) == "in_force"),
        tuple(x for x in scoped if _time_reason(x, on) == "effective_date_imprecise"),
    )


def findings(
    register: Register,
    substance_id: str,
    on: date,
    jurisdiction: str,
    *,
    destination: str | None = None,
    direction: Direction | None = None,
    form: Form = Form.BASE,
) -> tuple[Finding, ...]:
    """The answer for one substance: one finding per listing in force, else exactly one that says why not."""
    coverage = "partial" if substance_id in register.beyond else coverage_on(register, jurisdiction, on)
    candidates = register.by_subject.get((substance_id, jurisdiction), ())
    reasons = [(reason_of(x, on, form, destination, direction), x) for x in candidates]
    in_force = tuple(
        Finding(jurisdiction, LISTED, "in_force", coverage, x) for reason, x in reasons if reason == "in_force"
    )
    return in_force or (_nearest(reasons, jurisdiction, coverage, destination),)


def reason_of(listing: Listing, on: date, form: Form, destination: str | None, direction: Direction | None) -> str:
    """How one listing stands to a form, a day, a destination and a direction; see the module's rules."""
    scope = _scope_failure(listing, form, destination, direction)
    time = _time_reason(listing, on)
    if scope is None:
        return time
    return scope if time == "in_force" else "no_listing"


def _time_reason(listing: Listing, on: date) -> str:
    if on < listing.effective_from:
        return "before_effective"
    if on >= listing.effective_to:
        return "after_repeal"
    return "in_force" if on >= listing.from_latest else "effective_date_imprecise"


def _scope_failure(listing: Listing, form: Form, destination: str | None, direction: Direction | None) -> str | None:
    if form & ~listing.forms:
        return "form_outside_scope"
    if listing.destinations is not None and destination not in listing.destinations:
        return "destination_outside_scope"
    if not (direction or ANY_DIRECTION) & listing.directions:
        return "direction_outside_scope"
    return None


def _nearest(reasons: list[tuple[str, Listing]], jurisdiction: str, coverage: str, destination: str | None) -> Finding:
    for reason in NEAREST[:-1]:
        same = [listing for found, listing in reasons if found == reason]
        if same:
            unknown = reason == "effective_date_imprecise" or (
                reason == "destination_outside_scope" and destination is None
            )
            return Finding(
                jurisdiction, _status(coverage, unknown=unknown), reason, coverage, _representative(reason, same)
            )
    return Finding(jurisdiction, _status(coverage), "no_listing", coverage)


def _status(coverage: str, *, unknown: bool = False) -> str:
    return NOT_LISTED if coverage == "complete" and not unknown else UNKNOWN


def _representative(reason: str, same: list[Listing]) -> Listing:
    """The earliest listing, by (effective_from, id); after a repeal the latest to end, by (effective_to, id)."""
    if reason == "after_repeal":
        return max(same, key=lambda x: (x.effective_to, x.id))
    return min(same, key=lambda x: (x.effective_from, x.id))
