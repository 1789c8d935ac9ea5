"""Reads of what waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from entente.node.services.desk.errors import not_found
from entente.node.store.desk_models import Waiting


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


def access_waiting(alias: str, most: int) -> Sequence[Waits]:
    """What waits, the longest waiting first."""
    rows = Waiting.objects.using(alias).filter(settled=None).order_by("at", "pk")[:most]
    return [_waits(row) for row in rows]


def access_waiting_one(alias: str, number: int) -> Waits:
    """One that waits.

    Raises:
        NotFoundError: there is none.
    """
    row = Waiting.objects.using(alias).filter(pk=number, settled=None).first()
    if row is None:
        raise not_found("message that waits")
    return _waits(row)


def _waits(row: Waiting) -> Waits:
    return Waits(row.pk, row.content, row.sender, row.type, row.reason, row.at)
