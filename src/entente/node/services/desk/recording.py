"""The one way a change of an object becomes rows: state, event, index and account, in the transaction that is open.

Whoever calls this holds the desk's lock (`desk_account.lock`), so an object does not change between look and write.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from entente.casework.deadlines import SOON, deadlines
from entente.casework.model import Event, Hand, State
from entente.casework.tables import machine
from entente.casework.times import due_at, frozen, frozen_for
from entente.exchange import strict
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_rows, desk_vault
from entente.node.store.desk_account import Entry
from entente.node.store.desk_rows import Place, Proof, Waits
from entente.node.store.transaction import ChannelTransaction

_DAY, _AGAIN = timedelta(days=1), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an object, to be written.

    Attributes:
        before, after: the object; before is None if it is new.
        events: what happened, in order.
        proofs: what stands beside each event; the last one stands for those behind it.
        purpose: for the account.
        contents: more messages by which the object is found.
    """

    before: State | None
    after: State
    events: tuple[Event, ...]
    proofs: tuple[Proof, ...] = (Proof(),)
    purpose: str = ""
    contents: tuple[str, ...] = ()


def keep(alias: str, change: Change, key: bytes | None = None, place: Place | None = None) -> None:
    """Write a change.

    Args:
        alias: of the database.
        change: what happened.
        key: what the object's secrets are under; None if it is new.
        place: whose a new object is.
    """
    state = change.after
    if key is None:
        key = desk_vault.make(alias, desk_rows.KIND, [state.object])[state.object]
        desk_rows.put_state(alias, key, state, waits(state), place or Place())
    else:
        desk_rows.put_state(alias, key, state, waits(state))
    for number, event in enumerate(change.events):
        proof = change.proofs[min(number, len(change.proofs) - 1)]
        desk_rows.put_event(alias, key, event, proof)
    desk_rows.index(alias, state, change.events, change.contents)
    _account(alias, key, change)


def _account(alias: str, key: bytes, change: Change) -> None:
    before = desk_vault.digest(key, desk_rows.state_as_json(change.before)) if change.before else ""
    after = desk_vault.digest(key, desk_rows.state_as_json(change.after))
    for event in change.events:
        facts = {"event": event.number, "message": event.by.message or "", "sends": event.sends or ""}
        entry = Entry(
            at=event.at,
            actor=event.by.names,
            act=f"{event.machine}/{event.command}",
            object=event.object,
            purpose=change.purpose,
            before=before,
            after=after,
            more={name: value for name, value in facts.items() if value} | {"hand": event.by.hand.value},
        )
        desk_account.append(alias, entry)


def waits(state: State) -> Waits:
    """What an object waits for, and when the node looks at it next; while its time stands still, it does not look."""
    due = min((one.due for one in deadlines(state, state.since)), default=None)
    return Waits(due, None if frozen(state.fields) else min(_moments(state, due), default=None))


def next_waits(state: State, now: datetime) -> Waits:
    """The same after the node looked and a rule refused: it looks again a while later."""
    found = waits(state)
    return found if found.wake is None or found.wake > now else Waits(found.due, now + _AGAIN)


def _moments(state: State, due: datetime | None) -> Iterable[datetime]:
    """When each command of the node may become possible; what was done already is not waited for again."""
    made = machine(state.machine)
    possible = {
        one.name
        for one in made.commands.values()
        if Hand.NODE in one.by and state.at in one.sources and state.side in one.sides
    }
    if due is not None and not state.fields.get("overdue"):
        if "remind" in possible and (next_ := _reminder(state, due)) < due:
            yield next_
        if possible & {"overdue", "fell-due"}:
            yield due
    if "expire" in possible and (last := due_at(state.fields, "dispatch")):
        yield last + frozen_for(state.fields, state.since)


def _reminder(state: State, due: datetime) -> datetime:
    last = [strict.read_moment(one["entry-at"], what="entry-at") for one in state.fields.get("reminders", ())]
    return max(due - SOON, last[-1] + _DAY) if last else due - SOON


@contextmanager
def writing(parts: Parts, channels: Iterable[str] = ()) -> Iterator[Mapping[str, ChannelTransaction]]:
    """The one transaction of a use case: channels first, then the desk's lock, then what is done; all or nothing.

    Raises:
        StoreError: the database or the disk does not answer as it should; nothing was committed.
    """
    with parts.uow.whole(channels) as locked:
        desk_account.lock(parts.alias)
        yield locked
