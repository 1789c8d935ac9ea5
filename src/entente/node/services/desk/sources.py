"""What other authorities gave and what goes out again: their markings go with it.

A content comes into an object as what it was made from or told, or by an item that names it: by its id, or by the
object that it made. If another authority sent it, its marking is combined into that of the message, and the originator
is named among those whose consent a further share needs; the permit of the release (`sending.permitted`) asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from entente.casework.model import Event, State, folded
from entente.exchange.handling import Marking, inherited
from entente.exchange.store import Way
from entente.node.services import reading
from entente.node.services.desk.access_cases import access_message, node_object
from entente.node.services.desk.errors import DeskError
from entente.node.services.parts import Parts


def markings(parts: Parts, state: State, event: Event, recipients: Sequence[str] = ()) -> list[Marking]:
    """The markings that a message inherits from what other authorities gave.

    An object of another authority passes on all that it was made of, whatever goes out: its title may go into any
    message. Of an own object, the items that go out pass on what they name.

    Args:
        parts: the node.
        state: the object before the event.
        event: what sends the message.
        recipients: whom it is for; what goes back to its originator alone needs no consent of the originator.

    Raises:
        DeskError: an item that goes out is a message, and no message or object is found by its reference.
        SealError: what was received can no longer be read here.
    """
    numbers = event.data.get("items", ())
    numbers = numbers if isinstance(numbers, list | tuple) else ()
    items = state.fields.get("items", ())
    out = [item for item in items if item["entry"] in numbers]
    for item in out:
        if item["kind"] == "message" and not _named(parts, item):
            raise DeskError(
                f"Item {item['entry']} is a message, and none is found by its reference.",
                remedy="Add the item again with the id of the message, and drop this one.",
            )
    found: dict[str, None] = {}
    seen = {state.object}
    if state.side == "theirs":
        found |= dict.fromkeys(_contents(parts, state, seen))
    for item in out:
        found |= dict.fromkeys(_of_item(parts, item, seen))
    only = frozenset(recipients) if len(recipients) == 1 else frozenset()
    made = (marking for content in found for marking in _marking(parts, content))
    return [replace(one, consent=one.consent - only) for one in made]


def _contents(parts: Parts, state: State, seen: set[str]) -> Iterator[str]:
    """Ids of all contents that an object holds, and that those which it names hold."""
    if content := state.fields.get("content"):
        yield str(content)
    yield from (str(told["content"]) for told in state.fields.get("told", ()) if told.get("content"))
    for item in state.fields.get("items", ()):
        yield from _of_item(parts, item, seen)


def _of_item(parts: Parts, item: Mapping[str, Any], seen: set[str]) -> Iterator[str]:
    for name in _named(parts, item):
        if access_message(parts.alias, name) is not None:
            yield name
        there = node_object(parts.alias, name)
        if there is not None and there.state.object not in seen:
            seen.add(there.state.object)
            yield from _contents(parts, there.state, seen)


def _named(parts: Parts, item: Mapping[str, Any]) -> list[str]:
    """Contents and objects that an item names, however it writes them, and the case that it came from."""
    names = dict.fromkeys(folded(str(item.get(field) or "")) for field in ("reference", "origin"))
    return [name for name in names if name and _is_there(parts, name)]


def _is_there(parts: Parts, name: str) -> bool:
    return access_message(parts.alias, name) is not None or node_object(parts.alias, name) is not None


def _marking(parts: Parts, content: str) -> Iterator[Marking]:
    row = access_message(parts.alias, content)
    if row is not None and row.way is Way.TAKEN:
        read = reading.content(parts, row)
        yield inherited(read.header.marking, read.header.sender)
