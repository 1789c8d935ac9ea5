"""Deadlines: what an object waits for, and what may be said when one has passed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from entente.casework.model import State
from entente.casework.tables import machine
from entente.casework.times import due_at, frozen, frozen_for, passed

SOON = timedelta(days=5)
"""From when a deadline counts as near; a person may look earlier."""


class Standing(StrEnum):
    """How a deadline stands."""

    AHEAD = "ahead"
    SOON = "soon"
    PASSED = "passed"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True)
class Deadline:
    """One deadline of an object: what is due, when (frozen time added), and how it stands."""

    object: str
    means: str
    due: datetime
    standing: Standing


class Reply(StrEnum):
    """What may be said about the reply to a notification. There is no value that makes silence a consent."""

    NOT_ASKED = "not asked"
    WAITING = "no reply yet"
    SILENCE = "silence: no reply came in time"
    FROZEN = "no reply; cooperation is suspended"
    NO_OBJECTION = "no objection"
    OBJECTION = "objection"
    SUSPENDED = "suspended for enquiry"
    QUERY = "query"


def deadlines(state: State, now: datetime) -> Iterator[Deadline]:
    """The deadlines that count for an object as it stands.

    Args:
        state: the object.
        now: the moment, with a time zone.
    """
    for spec in machine(state.machine).deadlines:
        if state.at in spec.states and state.side in spec.sides and (due := due_at(state.fields, spec.field)):
            yield Deadline(
                state.object, spec.means, due + frozen_for(state.fields, now), _standing(state.fields, due, now)
            )


def reply(state: State, now: datetime) -> Reply:
    """What may be said about the reply to a notification, now.

    Raises:
        KeyError: the object is no notification.
    """
    given = {"no-objection": Reply.NO_OBJECTION, "objection": Reply.OBJECTION}
    given |= {"suspend": Reply.SUSPENDED, "query": Reply.QUERY}
    if "answer" in state.fields:
        return given[state.fields["answer"]]
    if state.at in {"draft", "released"} or "due" not in state.fields:
        return Reply.NOT_ASKED
    if frozen(state.fields):
        return Reply.FROZEN
    return Reply.SILENCE if passed(state.fields, "due", now) else Reply.WAITING


def _standing(fields: Mapping[str, Any], due: datetime, now: datetime) -> Standing:
    if frozen(fields):
        return Standing.FROZEN
    left = due + frozen_for(fields, now) - now
    if left < timedelta():
        return Standing.PASSED
    return Standing.SOON if left <= SOON else Standing.AHEAD
