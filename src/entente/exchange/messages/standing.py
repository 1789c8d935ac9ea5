"""What became of a message: current, replaced or withdrawn, today or on any past date.

`supersedes` and `withdraws` only work on messages of the same sender. Ids are hashes, so a message can only name older
ones, and there are no circles. Replacing and withdrawing are never undone: a message that is withdrawn does not give
life back to the one it replaced; its sender says what it means in a new message. Two messages that replace the same
one both stand, and a person sees both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from entente.exchange.content import Content
from entente.exchange.errors import ForeignRecallError


class State(StrEnum):
    """What a message is worth at a moment."""

    CURRENT = "current"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as the ledger has it.

    Attributes:
        id: of its content.
        sender: who released it.
        at: when it was committed here.
        supersedes, withdraws: ids of older messages.
    """

    id: str
    sender: str
    at: datetime
    supersedes: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()

    @classmethod
    def of(cls, content: Content, at: datetime) -> Entry:
        """The entry of a verified content that was committed at a moment."""
        header = content.header
        return cls(content.id, header.sender, at, header.supersedes, header.withdraws)


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a message, and the ids of the messages that brought it about, in the order they came."""

    state: State
    by: tuple[str, ...] = ()


def check_references(content: Content, sender_of: Callable[[str], str | None]) -> None:
    """Return if a content replaces and withdraws nothing but its own sender's messages.

    Args:
        content: what came.
        sender_of: the sender of a message by its id, or None if this node never had it.

    Raises:
        ForeignRecallError: it names a message of another authority.
    """
    for reference in (*content.header.supersedes, *content.header.withdraws):
        if sender_of(reference) not in {None, content.header.sender}:
            raise ForeignRecallError(
                f"{content.header.sender} withdraws or replaces {reference[:16]}, which is not its own."
            )


def standing(entries: Iterable[Entry], at: datetime) -> Mapping[str, Standing]:
    """The standing of every message that was there at a moment.

    Args:
        entries: messages in the order of the ledger.
        at: the moment; what was committed later does not count.

    Returns:
        By content id; an id that is missing was not there.
    """
    there = [entry for entry in entries if entry.at <= at]
    senders = {entry.id: entry.sender for entry in there}
    result = {entry.id: Standing(State.CURRENT) for entry in there}
    for entry in there:
        for state, references in ((State.SUPERSEDED, entry.supersedes), (State.WITHDRAWN, entry.withdraws)):
            for reference in references:
                if senders.get(reference) == entry.sender:
                    result[reference] = _after(result[reference], state, entry.id)
    return result


def _after(before: Standing, state: State, by: str) -> Standing:
    """Withdrawn stays withdrawn; what brought the same state about is added."""
    if before.state is state:
        return Standing(state, (*before.by, by))
    return before if before.state is State.WITHDRAWN else Standing(state, (by,))
