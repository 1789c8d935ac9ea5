"""Work lists, and opening an object: for a purpose, which the account keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from entente.casework.deadlines import Deadline, Reply, deadlines, reply
from entente.casework.engine import possible
from entente.casework.model import Event, State
from entente.node.services.desk.access_cases import Line, Wanted, access_events, access_list, access_object
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import PURPOSES, Who, check_machine, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account
from entente.node.store.desk_account import Entry


@dataclass(frozen=True, slots=True)
class View:
    """An object as somebody opened it.

    Attributes:
        state: as it stands.
        events: its whole history.
        deadlines: what it waits for.
        reply: what may be said about the reply to a notification; None for another object.
        commands: what the table has for it now; a rule may still refuse one.
    """

    state: State
    events: Sequence[Event]
    deadlines: tuple[Deadline, ...]
    reply: Reply | None
    commands: tuple[str, ...]


@use_case
def listed(parts: Parts, who: Who, wanted: Wanted | None = None) -> Sequence[Line]:
    """A page of the work list, the latest first: nothing of a person but what a title says."""
    return access_list(parts.alias, who, wanted or Wanted())


@use_case
def opened(parts: Parts, who: Who, name: str, purpose: str) -> View:
    """Open an object; who opened it, and what for, stands in the account before it is shown.

    Args:
        parts: the node.
        who: who opens it.
        name: the object.
        purpose: one of `rules.PURPOSES`.

    Raises:
        NotFoundError: there is no such object for this person.
        DeskError: no such purpose, or the object was erased.
    """
    check_purpose(purpose)
    with writing(parts):
        found = access_object(parts.alias, who, name)
        check_machine(who, found.state.machine)
        events = access_events(parts.alias, found)
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "open", name, purpose))
    state, now = found.state, parts.clock()
    answer = reply(state, now) if state.machine == "notification" else None
    commands = tuple(one.name for one in possible(state))
    return View(state, events, tuple(deadlines(state, now)), answer, commands)


def check_purpose(purpose: str) -> None:
    """Return if something is a purpose.

    Raises:
        DeskError: it is none.
    """
    if purpose not in PURPOSES:
        raise DeskError(f"{purpose!r} is no purpose.", remedy=f"Say what for: {', '.join(PURPOSES)}.")
