"""Begin an object: a notification, an incident, a request, a case, an undertaking, a claim, a query, a meeting."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from entente.casework import engine
from entente.casework.model import Command, State, person
from entente.casework.tables import machine as machine_of
from entente.node.services.desk import access_people
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.desk.viewing import check_purpose
from entente.node.services.parts import Parts
from entente.node.store.desk_rows import Place, Proof


@use_case
def begin(
    parts: Parts,
    who: Who,
    machine: str,
    command: str,
    data: Mapping[str, Any],
    *,
    group: str = "",
    purpose: str = "",
) -> State:
    """Begin an object of the unit of who begins it.

    Args:
        parts: the node.
        who: who begins it.
        machine: what it is, such as `notification`.
        command: what begins it, such as `draft`; of a machine's commands, one that starts an object.
        data: its fields.
        group: a need-to-know group, in place of the unit; who begins it is in it.
        purpose: one of `rules.PURPOSES` for the account, or none.

    Raises:
        CaseworkError: the fields or the command are not good.
        NotAllowedError: the person does not work on this machine.
        DeskError: there is no such group that they are in, or no such purpose.
    """
    if purpose:
        check_purpose(purpose)
    place = _place(parts, who, machine, group)
    name = new_id(machine)
    with writing(parts):
        state, events = engine.begin(machine, name, Command(command, data), person(who.name), parts.clock())
        keep(parts.alias, Change(None, state, events, (Proof(who.id),), purpose), place=place)
    return state


def new_id(machine: str) -> str:
    """A new object's id: it says what it is, and nothing else."""
    return f"{machine}-{secrets.token_hex(8)}"


def _place(parts: Parts, who: Who, machine: str, group: str) -> Place:
    machine_of(machine)
    check_machine(who, machine)
    if not group:
        return Place(unit=who.unit)
    number = access_people.group_id(parts.alias, group)
    if number is None or number not in who.groups:
        raise DeskError(f"You are in no group {group!r}.", remedy="Have a releasing officer put you into it.")
    return Place(unit=who.unit, group=number)
