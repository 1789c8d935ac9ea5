"""What one person may do with an object, and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from entente.casework.engine import transition
from entente.casework.model import Command, State, person
from entente.node.services.desk import access_people
from entente.node.services.desk.access_cases import access_object
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.desk.viewing import check_purpose
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_rows
from entente.node.store.desk_account import Entry
from entente.node.store.desk_rows import Place, Proof


@use_case
def act(
    parts: Parts, who: Who, name: str, command: str, data: Mapping[str, Any] | None = None, *, purpose: str = ""
) -> State:
    """Do with an object what one person may do.

    Args:
        parts: the node.
        who: who does it.
        name: the object.
        command: of its machine.
        data: the command's fields.
        purpose: one of `rules.PURPOSES` for the account, or none.

    Raises:
        NotFoundError: there is no such object for this person.
        DeskError: no such purpose.
        CaseworkError: it is not possible now, or needs two people; nothing changed.
    """
    if purpose:
        check_purpose(purpose)
    with writing(parts):
        found = access_object(parts.alias, who, name)
        check_machine(who, found.state.machine)
        after, events = transition(found.state, Command(command, data or {}), person(who.name), parts.clock())
        keep(parts.alias, Change(found.state, after, events, (Proof(who.id),), purpose), found.key)
    return after


@use_case
def assign(parts: Parts, who: Who, name: str, *, unit: str = "", group: str = "") -> None:
    """Say whose an object is: what came from a peer is everybody's until somebody does.

    Args:
        parts: the node.
        who: who says it.
        name: the object.
        unit: its unit; empty leaves it as it is.
        group: its need-to-know group; empty leaves it as it is.

    Raises:
        NotFoundError: there is no such object for this person.
        DeskError: there is no such unit or group, or it is of another group.
    """
    to = Place(_known("unit", unit, parts), _known("group", group, parts))
    with writing(parts):
        found = access_object(parts.alias, who, name)
        if to.group is not None and found.group not in {None, to.group}:
            raise DeskError(
                f"{name} belongs to another group, and nobody takes it out of that alone.",
                remedy="Have a releasing officer who is in its group put those into it who need to know.",
            )
        place = Place(found.unit if to.unit is None else to.unit, found.group if to.group is None else to.group)
        desk_rows.move(parts.alias, name, place)
        facts = {"unit": unit, "group": group}
        entry = Entry(parts.clock(), (who.name,), "assign", found.state.object, more=facts)
        desk_account.append(parts.alias, entry)


def _known(kind: str, name: str, parts: Parts) -> int | None:
    if not name:
        return None
    number = (access_people.unit_id if kind == "unit" else access_people.group_id)(parts.alias, name)
    if number is None:
        raise DeskError(f"There is no {kind} {name!r}.", remedy="Make a person of it, or write it as it is spelt.")
    return number
