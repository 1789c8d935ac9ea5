"""What the clock brings: reminders, silence, what fell due, what expired. The node does it by itself, and says so."""

from __future__ import annotations

from datetime import datetime

from entente.casework.engine import transition
from entente.casework.errors import CaseworkError
from entente.casework.model import Command, Hand, State, node
from entente.casework.tables import machine
from entente.node.cards import channel_id
from entente.node.services import peers
from entente.node.services.desk.access_cases import node_object, node_waking
from entente.node.services.desk.receiving import turn
from entente.node.services.desk.recording import Change, keep, next_waits, writing
from entente.node.services.parts import Parts
from entente.node.store import desk_rows

_BY_CLOCK = ("expire", "fell-due", "overdue", "remind")
"""Commands that the clock brings, the last word first."""
_AT_ONCE = 100


def wake(parts: Parts, most: int = 10_000) -> int:
    """Do what is due by now; returns how many events there were. Idempotent; call it by the clock.

    Args:
        parts: the node; it may be locked.
        most: objects that are looked at.
    """
    for peer in peers.all_peers(parts):
        if peer.confirmed:
            _turn(parts, peer.card.name)
    done, looked = 0, set[str]()
    while len(looked) < most:
        with writing(parts):
            now = parts.clock()
            names = [name for name in node_waking(parts.alias, now, _AT_ONCE) if name not in looked]
            for name in names:
                done += _look(parts.alias, name, now)
        looked |= set(names)
        if not names:
            return done
    return done


def _turn(parts: Parts, peer: str) -> None:
    """Let a suspension begin that was announced for a day."""
    channel = channel_id(parts.name, peer)
    with writing(parts, [channel]) as locked:
        now = parts.clock()
        standing = locked[channel].book().suspensions
        if standing and min(one.start for one in standing) <= now:
            turn(parts.alias, peer, standing[0].content, now, standing)


def _look(alias: str, name: str, now: datetime) -> int:
    found = node_object(alias, name)
    if found is None:
        desk_rows.set_wait(alias, name, desk_rows.Waits())
        return 0
    for command in _BY_CLOCK:
        if not _has(found.state, command):
            continue
        try:
            state, events = transition(found.state, Command(command), node(), now)
        except CaseworkError:
            continue  # a rule says that it is not yet so
        keep(alias, Change(found.state, state, events), found.key)
        return len(events)
    desk_rows.set_wait(alias, name, next_waits(found.state, now))
    return 0


def _has(state: State, command: str) -> bool:
    spec = machine(state.machine).commands.get(command)
    return spec is not None and Hand.NODE in spec.by and state.at in spec.sources and state.side in spec.sides
