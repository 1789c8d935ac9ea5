"""Cases that go on in another one, and items that move into a case of their own: all of it in one commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from entente.casework.engine import begin, transition
from entente.casework.model import Actor, Command, State, person
from entente.casework.views import items
from entente.node.services.desk.access_cases import Found, access_object
from entente.node.services.desk.errors import DeskError, not_found
from entente.node.services.desk.opening import new_id
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import Who, check_machine, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_people, desk_retention
from entente.node.store.desk_rows import Place, Proof

_KEPT = ("kind", "reference", "text", "sha256", "due", "person")


@use_case
def merge(parts: Parts, who: Who, name: str, into: str, reason: str) -> State:
    """Let a case go on in another one, which takes in all its items.

    Args:
        parts: the node.
        who: who merges.
        name: the case that ends here.
        into: the case in which it goes on.
        reason: why.

    Raises:
        NotFoundError: one of them is no case that this person may see.
        DeskError: others would see in the second one what is of a unit or a group.
        CaseworkError: it is not possible now; nothing changed.
    """
    by = person(who.name)
    with writing(parts):
        one, two = _case(parts, who, name), _case(parts, who, into)
        _check_place(one, two)
        _step(parts, who, one, Command("merge", {"into": into, "reason": reason}), by)
        _follow(parts, name, into)
        return _take_in(parts, who, two, one.state, items(one.state))


@use_case
def split(parts: Parts, who: Who, name: str, numbers: Sequence[int], title: str, reason: str = "") -> State:
    """Move items of a case into a new one of the same unit and group.

    Args:
        parts: the node.
        who: who splits.
        name: the case.
        numbers: of the items.
        title: of the new case; it names nobody.
        reason: why.

    Raises:
        NotFoundError: there is no such case for this person.
        CaseworkError: it is not possible now; nothing changed.
    """
    by, now = person(who.name), parts.clock()
    with writing(parts):
        one = _case(parts, who, name)
        moved = [item for item in items(one.state) if item["entry"] in numbers]
        new = new_id("case")
        told = {"items": list(numbers), "into": new, **({"reason": reason} if reason else {})}
        _step(parts, who, one, Command("split", told), by)
        fields = {"title": title, "purpose": one.state.fields.get("purpose", title), "split-from": name}
        state, events = begin("case", new, Command("open", fields), by, now)
        keep(parts.alias, Change(None, state, events, (Proof(who.id),)), place=Place(one.unit, one.group))
        made = access_object(parts.alias, who, new)
        _follow(parts, name, new)
        return _take_in(parts, who, made, one.state, moved)


def _check_place(one: Found, into: Found) -> None:
    """Whatever is of a unit or a group goes on in the same one; what is everybody's may go on anywhere."""
    if (one.unit, one.group) not in {(None, None), (into.unit, into.group)}:
        raise DeskError(
            f"{one.state.object} belongs to a unit or a group, and {into.state.object} not to the same one.",
            remedy="Merge the other way round, or have the other case assigned to the same unit and group first.",
        )


def _follow(parts: Parts, name: str, into: str) -> None:
    """Who declared a conflict with a case has it with what came out of it; and what holds the one holds the other."""
    desk_people.copy_conflicts(parts.alias, name, into)
    desk_retention.copy_holds(parts.alias, name, into)


def _case(parts: Parts, who: Who, name: str) -> Found:
    found = access_object(parts.alias, who, name)
    if found.state.machine != "case":
        raise not_found("case")
    check_machine(who, "case")
    return found


def _step(parts: Parts, who: Who, found: Found, command: Command, by: Actor) -> State:
    after, events = transition(found.state, command, by, parts.clock())
    keep(parts.alias, Change(found.state, after, events, (Proof(who.id),)), found.key)
    return after


def _take_in(parts: Parts, who: Who, found: Found, source: State, moved: Sequence[Mapping[str, Any]]) -> State:
    state, by = found.state, person(who.name)
    for item in moved:
        kept = {name: item[name] for name in _KEPT if name in item}
        told = {**kept, "origin": source.object, "origin-item": item["entry"]}
        after, events = transition(state, Command("absorb", told), by, parts.clock())
        keep(parts.alias, Change(state, after, events, (Proof(who.id),)), found.key)
        state = after
    return state
