"""Reads of leads: by unit, as objects are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from entente.node.services.desk.errors import DeskError, not_found
from entente.node.services.desk.rules import Who
from entente.node.store import desk_leads, desk_vault
from entente.node.store.desk_models import Lead

MOST = 200


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead in the work list: no party."""

    lead: str
    kind: str
    rank: int | None
    score: int
    n_records: int
    n_hits: int
    n_in_force: int
    first_date: date
    last_date: date
    substances: tuple[str, ...]
    routes: tuple[str, ...]
    outcome: str


def _visible(alias: str, who: Who) -> QuerySet[Lead]:
    return Lead.objects.using(alias).filter(Q(unit=None) | Q(unit=who.unit))


def access_leads(
    alias: str, who: Who, kind: str, after: int, most: int, *, undecided: bool = False
) -> Sequence[LeadLine]:
    """A page of leads that a person may see, best first, behind a rank."""
    rows = _visible(alias, who).filter(kind=kind)
    if kind == "lead":
        rows = rows.filter(rank__gt=after)
    if undecided:
        rows = rows.filter(outcome="")
    return [_line(row) for row in rows.order_by("rank", "lead").defer("secret")[: min(most, MOST)]]


def access_lead(alias: str, who: Who, name: str) -> tuple[LeadLine, dict[str, Any]]:
    """A lead that a person may see, and what it says of parties and records.

    Raises:
        NotFoundError: there is none for this person.
        DeskError: it was erased.
    """
    row = _visible(alias, who).filter(lead=name).first()
    if row is None:
        raise not_found("lead")
    key = desk_vault.keys(alias, desk_leads.KIND, [name]).get(name)
    if key is None:
        raise DeskError(f"The lead {name} was erased.", remedy="The account says when.")
    return _line(row), desk_leads.open_lead(key, row)


def access_decided(alias: str, who: Who) -> Iterator[tuple[str, str, date | None]]:
    """Leads that somebody decided: id, outcome and day."""
    rows = _visible(alias, who).exclude(outcome="").order_by("lead")
    yield from rows.values_list("lead", "outcome", "decided").iterator(chunk_size=2000)


def _line(row: Lead) -> LeadLine:
    numbers = (row.n_records, row.n_hits, row.n_in_force)
    texts = (tuple(row.substances.split()), tuple(row.routes.split()))
    head = (row.lead, row.kind, row.rank, row.score)
    return LeadLine(*head, *numbers, row.first_date, row.last_date, *texts, row.outcome)
