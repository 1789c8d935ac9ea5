"""Messages that wait for a person: they fit no object, a rule refused them, or a peer refused what was sent."""

from __future__ import annotations

from collections.abc import Sequence

from entente.node.services.desk.access_queue import Waits, access_waiting, access_waiting_one
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_rows
from entente.node.store.desk_account import Entry


@use_case
def waiting(parts: Parts, who: Who, most: int = 100) -> Sequence[Waits]:
    """What waits, about objects that the person may see or of a type on which they work; the longest waiting first."""
    return access_waiting(parts.alias, who, most)


@use_case
def settle(parts: Parts, who: Who, number: int, how: str) -> None:
    """Say that a person has looked at a message, and what came of it.

    Args:
        parts: the node.
        who: who looked.
        number: of what waits.
        how: in a few words, such as the object that was changed by hand; no name of a person.

    Raises:
        NotFoundError: nothing waits under this number for this person.
    """
    with writing(parts):
        one = access_waiting_one(parts.alias, who, number)
        desk_rows.settle_waiting(parts.alias, number, who.id, how, parts.clock())
        facts = {"message": one.content, "type": one.type}
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "settle", more=facts))
