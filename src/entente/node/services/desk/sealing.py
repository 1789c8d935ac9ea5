"""Put a released message into the outbox of each recipient, and tell the object that the node sent it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from entente.casework.engine import transition
from entente.casework.model import Command, Event, State, node
from entente.exchange.content import Content
from entente.node.services import sending
from entente.node.services.parts import Parts
from entente.node.store import desk_rows

_KNOWN_BY = frozenset(
    {
        ("notification", "release"),
        ("notification", "amend"),
        ("request", "release"),
        ("commitment", "propose"),
        ("statement", "state"),
        ("statement", "restate"),
        ("deconfliction", "ask"),
    }
)
"""Commands whose message is what the other side knows the object by from then on."""

_SHARES = frozenset({("incident", "share"), ("case", "share"), ("case", "share-lead"), ("case", "alert")})
"""Commands that tell one authority of an object of several."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A content that went into a peer's outbox, under this sequence of the channel."""

    content: str
    peer: str
    sequence: int


def send(parts: Parts, event: Event, contents: Sequence[Content]) -> tuple[Sent, ...]:
    """Commit contents that two people signed as the next frames to their recipients, in the transaction that is open.

    Raises:
        ExchangeError, PairingError: it cannot be sent.
    """
    made: list[Sent] = []
    for content in contents:
        released = sending.release(parts, content)
        for peer in content.header.recipients:
            row = sending.send(parts, released, peer)
            made.append(Sent(content.id, peer, row.sequence))
    if event.sends and not made:
        raise ValueError(event.sends)  # a message that nobody got would be lost
    return tuple(made)


def reported(state: State, event: Event, sent: Sequence[Sent], now: datetime) -> tuple[State, tuple[Event, ...]]:
    """The object after the node told it that its message was sent, and those events."""
    key, events = (event.machine, event.command), list[Event]()
    for one in sent:
        if key in _KNOWN_BY:
            command = Command("sent", {"content": one.content})
        elif key in _SHARES:
            command = Command("shared", {"to": one.peer, "content": one.content})
        else:
            break
        state, more = transition(state, command, node(one.content), now)
        events += more
    return state, tuple(events)


def note(alias: str, event: Event, sent: Sequence[Sent]) -> None:
    """Note what waits for a receipt."""
    for one in sent:
        desk_rows.put_dispatch(alias, event, one.content, one.peer, one.sequence)
