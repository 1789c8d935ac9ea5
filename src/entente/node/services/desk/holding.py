"""Retention and legal holds: one person places a hold, two lift it; two set how long a kind of object is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from entente.casework.tables import machine as machine_of
from entente.exchange import strict
from entente.node.services.desk import access_retention, proposing
from entente.node.services.desk.access_cases import access_ended, access_object
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_proposals, desk_retention
from entente.node.store.desk_account import Entry
from entente.node.store.desk_proposals import Proposed

ENDS: Mapping[str, frozenset[str]] = {
    "notification": frozenset({"arrived", "not-arrived", "withdrawn", "expired"}),
    "incident": frozenset({"closed", "withdrawn"}),
    "request": frozenset({"closed", "withdrawn"}),
    "case": frozenset({"closed", "set-aside", "merged"}),
    "commitment": frozenset({"verified", "withdrawn", "declined"}),
    "statement": frozenset({"settled", "withdrawn"}),
    "deconfliction": frozenset({"closed"}),
    "meeting": frozenset({"closed", "cancelled"}),
}
"""States in which nothing more is to be done: from then on the time of retention runs."""


@dataclass(frozen=True, slots=True)
class Ended:
    """An object whose time of retention is over."""

    object: str
    machine: str
    since: datetime


@use_case
def place(parts: Parts, who: Who, name: str, reference: str) -> None:
    """Place a legal hold on an object: nothing of it is erased until two people lift the hold.

    Args:
        parts: the node.
        who: who places it.
        name: the object.
        reference: the order or file that it follows from; no name of a person.

    Raises:
        NotFoundError: there is no such object for this person.
    """
    with writing(parts):
        access_object(parts.alias, who, name)
        desk_retention.put_hold(parts.alias, name, reference, who.id, parts.clock())
        entry = Entry(parts.clock(), (who.name,), "hold", name, more={"reference": reference})
        desk_account.append(parts.alias, entry)


@use_case
def prepare_lift(parts: Parts, who: Who, name: str) -> Proposed:
    """Prepare that the holds that stand on an object now are lifted; two releasing officers sign it.

    Raises:
        NotFoundError: there is no such object for this person.
        DeskError: no hold is on it.
    """
    with writing(parts):
        found = access_object(parts.alias, who, name)
        holds = access_retention.holds_on(parts.alias, name)
        if not holds:
            raise DeskError(f"No hold is on {name}.", remedy="Nothing is to be done.")
        act = proposing.new_id()
        data = {"holds": list(holds)}
        documents = (proposing.document(parts, act, "lift", {"object": name, **data}),)
        one = Proposed(act, "lift", who.name, parts.clock(), documents, data, name, number=found.state.events)
        return proposing.put(parts, who, one, found.key)


@use_case
def prepare_retention(parts: Parts, who: Who, machine: str, days: int) -> Proposed:
    """Prepare how many days objects of a machine are kept after they ended; two releasing officers sign it.

    Raises:
        UnknownCommandError: there is no such machine.
        DeskError: less than a day.
    """
    machine_of(machine)
    if days < 1:
        raise DeskError("Objects are kept for a day at least.", remedy="Give a number of days.")
    return proposing.about_people(parts, who, "retention", {"machine": machine, "days": days})


@use_case
def ended(parts: Parts, who: Who, machine: str, most: int = 200) -> Sequence[Ended]:
    """Objects whose time of retention is over and on which no hold is, the longest over first; a person erases them.

    Without a rule for a machine, nothing of it is ever over.
    """
    days = access_retention.days_of(parts.alias, machine)
    if days is None:
        return []
    before = parts.clock() - timedelta(days=days)
    rows = access_ended(parts.alias, who, machine, tuple(sorted(ENDS[machine])), before, most)
    return [Ended(name, machine, since) for name, since in rows]


def _do_lift(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    desk_retention.lift_holds(parts.alias, one.object, one.data["holds"], (two[0].id, two[1].id), parts.clock())
    _account(parts, one, two)


def _do_retention(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    desk_retention.put_rule(parts.alias, one.data["machine"], one.data["days"], (two[0].id, two[1].id))
    _account(parts, one, two)


def _account(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    proof = strict.write_base64(desk_proposals.signed_bytes(one.documents))
    facts = {**one.data, "proposal": one.id, "signed": proof}
    entry = Entry(parts.clock(), (two[0].name, two[1].name), one.kind, one.object, more=facts)
    desk_account.append(parts.alias, entry)


ACTS: Mapping[str, Callable[[Parts, Proposed, tuple[Who, Who]], None]] = {
    "lift": _do_lift,
    "retention": _do_retention,
}
"""Acts about retention, which two releasing officers sign."""
