"""Notifications of the portals that authorities use today: taken in, and given out again, because nobody types twice.

`entente.records` reads a portal's file with its mapping into rows of the table `notifications`; `casework.layouts`
writes such rows in the same layout.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from entente.casework import engine
from entente.casework.model import person
from entente.casework.portal import drafts, notification_rows
from entente.node.services import peers
from entente.node.services.desk.access_cases import NodeDesk, access_states
from entente.node.services.desk.opening import new_id
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.desk.viewing import check_purpose
from entente.node.services.parts import Parts
from entente.node.store import desk_account
from entente.node.store.desk_account import Entry
from entente.node.store.desk_rows import Place, Proof


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a file: new objects, and numbers that are there already."""

    new: tuple[str, ...]
    there: tuple[str, ...]


@use_case
def take_in(parts: Parts, who: Who, rows: Iterable[Mapping[str, Any]], source: str) -> TakenIn:
    """Take in notifications of a portal: an export as a draft, an import as one that came.

    A notification whose number is there already with that authority is left as it is, so a file may be taken in again.
    That an export was sent there is recorded by two people, with the command `sent-elsewhere`.

    Args:
        parts: the node.
        who: who takes them in.
        rows: of the canonical table `notifications`.
        source: names the portal and the file.

    Raises:
        CaseworkError: a row is no notification; nothing was taken in.
    """
    check_machine(who, "notification")
    members = {card.jurisdiction: card.name for card in (one.card for one in peers.all_peers(parts))}
    new: list[str] = []
    there: list[str] = []
    with writing(parts):
        desk = NodeDesk(parts.alias)
        for command, _ in drafts(rows, parts.config.jurisdiction, members, source):
            number, other = str(command.data["number"]), str(command.data["counterpart"])
            if desk.by_reference("notification", number, other):
                there.append(number)
                continue
            name = new_id("notification")
            state, events = engine.begin("notification", name, command, person(who.name), parts.clock())
            keep(parts.alias, Change(None, state, events, (Proof(who.id),)), place=Place(who.unit))
            new.append(name)
    return TakenIn(tuple(new), tuple(there))


@use_case
def give_out(parts: Parts, who: Who, purpose: str) -> Iterator[dict[str, Any]]:
    """Rows of the canonical table `notifications`, of all notifications that the person may see.

    Who took them, what for and how many stands in the account before the first row is given.

    Args:
        parts: the node.
        who: who takes them.
        purpose: one of `rules.PURPOSES`.

    Raises:
        DeskError: no such purpose.
    """
    check_purpose(purpose)
    countries = {one.card.name: one.card.jurisdiction for one in peers.all_peers(parts)}
    with writing(parts):
        states = list(access_states(parts.alias, who, "notification"))
        facts = {"notifications": len(states)}
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "give-out", purpose=purpose, more=facts))
    return iter(notification_rows(states, parts.config.jurisdiction, countries))
