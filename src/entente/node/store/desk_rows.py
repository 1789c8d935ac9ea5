"""What the desk writes: rows of objects, their events, and how they are found. Under the desk's lock only."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.casework.history import event_as_json, event_from_json
from entente.casework.model import Event, State
from entente.exchange import strict
from entente.node.store import desk_vault
from entente.node.store.desk_models import CaseEvent, CaseIndex, CaseObject, Dispatch, Waiting

KIND = "object"
_SECRET = ("data", "derived", "by", "at")
_REFERENCES = ("case", "number", "meeting")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose an object is: a unit, and a need-to-know group, by their numbers."""

    unit: int | None = None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """What an object waits for: its next deadline, and when the node looks at it by itself."""

    due: datetime | None = None
    wake: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands beside an event.

    Attributes:
        first, second: numbers of the people.
        sent: id of the content that it sent.
        signed: what two people signed, where nothing was sent; it holds the whole command.
    """

    first: int | None = None
    second: int | None = None
    sent: str = ""
    signed: bytes | None = None


def put_state(alias: str, key: bytes, state: State, waits: Waits, place: Place | None = None) -> None:
    """Write an object as it stands; a place is given when it is new."""
    values: dict[str, Any] = {
        "machine": state.machine,
        "side": state.side,
        "counterpart": state.counterpart or "",
        "at": state.at,
        "events": state.events,
        "since": state.since,
        "due": waits.due,
        "wake": waits.wake,
        "secret": desk_vault.close(key, state.object, state.fields),
    }
    if place is None:
        CaseObject.objects.using(alias).filter(pk=state.object).update(**values)
    else:
        CaseObject.objects.using(alias).create(object=state.object, unit_id=place.unit, group_id=place.group, **values)


def put_event(alias: str, key: bytes, event: Event, proof: Proof) -> None:
    """Write an event; what was signed stands under the object's key, and beside it only its SHA-256."""
    whole = event_as_json(event)
    secret = {name: whole[name] for name in _SECRET}
    if proof.signed is not None:
        secret["signed"] = strict.write_base64(proof.signed)
    CaseEvent.objects.using(alias).create(
        object_id=event.object,
        number=event.number,
        at=event.at,
        command=event.command,
        hand=event.by.hand.value,
        first_id=proof.first,
        second_id=proof.second,
        peer=event.by.names[0] if event.by.hand == "peer" else "",
        message=event.by.message or "",
        source=event.source or "",
        target=event.target,
        sends=event.sends or "",
        sent=proof.sent,
        signed=None if proof.signed is None else hashlib.sha256(proof.signed).digest(),
        secret=desk_vault.close(key, f"{event.object}/{event.number}", secret),
    )


def read_event(key: bytes, machine: str, row: CaseEvent) -> Event:
    """The event in a row."""
    secret = desk_vault.open_(key, f"{row.object_id}/{row.number}", bytes(row.secret))
    clear = {
        "machine": machine,
        "object": row.object_id,
        "number": row.number,
        "command": row.command,
        "source": row.source or None,
        "target": row.target,
        "sends": row.sends or None,
    }
    return event_from_json({**clear, **{name: secret[name] for name in _SECRET}})


def read_state(key: bytes, row: CaseObject) -> State:
    """The state in a row."""
    fields = desk_vault.open_(key, row.object, bytes(row.secret))
    return State(row.machine, row.object, row.side, row.counterpart or None, row.at, fields, row.events, row.since)


def state_as_json(state: State) -> dict[str, Any]:
    """A state as a JSON object, for its digest."""
    head = {"machine": state.machine, "object": state.object, "side": state.side, "at": state.at}
    more = {"counterpart": state.counterpart, "events": state.events, "since": strict.write_moment(state.since)}
    return {**head, **more, "fields": dict(state.fields)}


def index(alias: str, state: State, events: Iterable[Event], contents: Iterable[str] = ()) -> None:
    """Let an object be found by its references, and by the messages that made or changed it."""
    found = {("reference", str(state.fields[name])) for name in _REFERENCES if name in state.fields}
    found |= {("content", content) for content in contents}
    for event in events:
        found |= {("content", name) for name in (event.by.message, event.data.get("content")) if name}
    rows = [
        CaseIndex(object_id=state.object, kind=kind, value=index_value(kind, value))
        for kind, value in sorted(found | {("reference", state.object)})
    ]
    CaseIndex.objects.using(alias).bulk_create(rows, ignore_conflicts=True)


def index_value(kind: str, value: str) -> str:
    """What stands in the index for a value: a peer writes references, and may write what no database takes."""
    return hashlib.sha256(f"{kind}\n{value}".encode("utf-8", "surrogatepass")).hexdigest()


def put_dispatch(alias: str, event: Event, content: str, peer: str, sequence: int) -> None:
    """Note that an event's message went into a peer's outbox."""
    Dispatch.objects.using(alias).create(
        object_id=event.object, number=event.number, content=content, peer=peer, sequence=sequence
    )


def settle_dispatch(alias: str, number: int, settled: str, code: str = "") -> None:
    """Note what a peer's receipt says."""
    Dispatch.objects.using(alias).filter(pk=number).update(settled=settled, code=code)


def put_waiting(alias: str, content: str, part: int, at: datetime, told: Mapping[str, str]) -> None:
    """Let a message wait for a person; once, however often it is put.

    Args:
        alias: of the database.
        content: id of the message.
        part: which of the things that it asks.
        at: when it came.
        told: `sender`, `type` and `reason`; and `object`, if it is about one.
    """
    Waiting.objects.using(alias).get_or_create(
        content=content,
        part=part,
        sender=told["sender"],
        defaults={
            "type": told["type"],
            "reason": _plain(told["reason"]),
            "object": told.get("object", ""),
            "at": at,
        },
    )


def set_wait(alias: str, name: str, waits: Waits) -> None:
    """When the node looks at an object next."""
    CaseObject.objects.using(alias).filter(pk=name).update(due=waits.due, wake=waits.wake)


def move(alias: str, name: str, place: Place) -> None:
    """Say whose an object is."""
    CaseObject.objects.using(alias).filter(pk=name).update(unit_id=place.unit, group_id=place.group)


def _plain(text: str) -> str:
    """A text of any origin as every database takes it."""
    return text.replace("\x00", " ").encode("utf-8", "replace").decode()[:500]


def settle_waiting(alias: str, number: int, person: int, how: str, at: datetime) -> None:
    """Note that a person has looked."""
    Waiting.objects.using(alias).filter(pk=number).update(settled=at, by_id=person, how=_plain(how)[:200])
