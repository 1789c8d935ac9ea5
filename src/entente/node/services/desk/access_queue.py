"""Reads of what waits for a person: about an object, for those who see it; else for those who work on such messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from entente.node.services.desk.access_cases import visible_names
from entente.node.services.desk.errors import not_found
from entente.node.services.desk.rules import WORK, Role, Who
from entente.node.store.desk_models import Waiting

MACHINES = {
    "pre-export-notification": "notification",
    "pre-export-reply": "notification",
    "shipment-arrival": "notification",
    "incident": "incident",
    "request": "request",
    "response": "request",
    "consent": "request",
    "lead": "case",
    "alert": "case",
    "case-event": "case",
    "commitment": "commitment",
    "statement": "statement",
    "counter-statement": "statement",
    "meeting": "meeting",
}
"""What a message of a type is about; all others are for releasing officers."""


@dataclass(frozen=True, slots=True)
class Waits:
    """A message that waits.

    Attributes:
        number: names it.
        content: id of the message; `entente messages show` opens it.
        sender: who sent it, or who refused it.
        type: the message type; `refused` for what a peer refused.
        reason: why it waits.
        at: since when.
    """

    number: int
    content: str
    sender: str
    type: str
    reason: str
    at: datetime


def access_waiting(alias: str, who: Who, most: int) -> Sequence[Waits]:
    """What waits and is for a person, the longest waiting first."""
    rows = _visible(alias, who).order_by("at", "pk")[:most]
    return [_waits(row) for row in rows]


def access_waiting_one(alias: str, who: Who, number: int) -> Waits:
    """One that waits.

    Raises:
        NotFoundError: there is none for this person.
    """
    row = _visible(alias, who).filter(pk=number).first()
    if row is None:
        raise not_found("message that waits")
    return _waits(row)


def _visible(alias: str, who: Who) -> QuerySet[Waiting]:
    types = [name for name, machine in MACHINES.items() if who.roles & WORK[machine]]
    about_none = Q(object="") if who.may(Role.RELEASING) else Q(object="", type__in=types)
    mine = Q(object__in=visible_names(alias, who)) | about_none
    return Waiting.objects.using(alias).filter(mine, settled=None)


def _waits(row: Waiting) -> Waits:
    return Waits(row.pk, row.content, row.sender, row.type, row.reason, row.at)
