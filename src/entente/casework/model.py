"""Frozen values of casework: who acts, what is asked for, what happened, and the state that follows."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Hand(StrEnum):
    """Whose act a command is."""

    PERSON = "person"
    PAIR = "pair"
    PEER = "peer"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts.

    Attributes:
        hand: one person, two different people, a peer by a verified message, or the node by itself.
        names: ids of the persons of this authority, or the name of the peer; none for the node.
        message: the peer's message id, or the id of what the node reports on.
    """

    hand: Hand
    names: tuple[str, ...] = ()
    message: str | None = None


def person(name: str) -> Actor:
    """One person of this authority."""
    return Actor(Hand.PERSON, (name,))


def pair(first: str, second: str) -> Actor:
    """Two people of this authority; whether they are different is for the machine to judge."""
    return Actor(Hand.PAIR, (first, second))


def peer(name: str, message: str) -> Actor:
    """Another authority, by a message that was verified."""
    return Actor(Hand.PEER, (name,), message)


def node(message: str | None = None) -> Actor:
    """The node itself: what it sent, what was receipted, what fell due."""
    return Actor(Hand.NODE, (), message)


@dataclass(frozen=True, slots=True)
class Command:
    """Something that somebody wants done with one object.

    Attributes:
        name: as in the machine's table.
        data: its fields, as JSON values.
    """

    name: str
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to one object; together they are its whole history.

    Attributes:
        machine, object: which object.
        number: 1 for the first, without a gap.
        at: the moment, in UTC.
        command: what was done.
        by: who did it.
        source, target: the state before (None for the first) and after.
        data: the command's fields.
        derived: what the machine worked out from them.
        sends: the message type that these two people release with it, if any.
    """

    machine: str
    object: str
    number: int
    at: datetime
    command: str
    by: Actor
    source: str | None
    target: str
    data: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    derived: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
    sends: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """An object as it stands.

    Attributes:
        machine, object: which object.
        side: `ours` if this authority began it, `theirs` if a peer did.
        counterpart: the authority on the other side; None if there is none (yet).
        at: the name of its state.
        fields: what is known of it; JSON values, not to be changed.
        events: how many there were.
        since: when the last one was.
    """

    machine: str
    object: str
    side: str
    counterpart: str | None
    at: str
    fields: Mapping[str, Any]
    events: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What a guard judges: the object before the command (None if the command begins one), and what is asked.

    `now` is never before the object's last event.
    """

    state: State | None
    command: str
    data: Mapping[str, Any]
    by: Actor
    now: datetime

    @property
    def before(self) -> Mapping[str, Any]:
        """The object's fields before the command."""
        return self.state.fields if self.state else NOTHING

    @property
    def after(self) -> Mapping[str, Any]:
        """The object's fields with those of the command."""
        return {**self.before, **self.data}

    @property
    def at(self) -> str:
        """The name of the state before the command."""
        return self.state.at if self.state else ""


def folded(name: str) -> str:
    """A person's name or id for comparing: names that only differ in case, width or space are one person's."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
