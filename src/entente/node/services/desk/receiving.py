"""What comes from peers: a message becomes a command to an object, in the transaction that accepts it.

What fits no object, what a rule refuses and what nobody here knows waits for a person (`queueing`). It never holds up
the channel, and is never half applied: an object is changed with its event and the account, or it waits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from entente.casework import engine
from entente.casework.errors import CaseworkError
from entente.casework.incoming import ACTS, Elsewhere, Routed, from_message
from entente.casework.model import Command, node
from entente.casework.tables import machines
from entente.casework.times import frozen
from entente.exchange import strict
from entente.exchange.content import Content
from entente.exchange.store import Suspension
from entente.node.services.desk.access_cases import NodeDesk, node_object, node_with
from entente.node.services.desk.recording import Change, keep
from entente.node.store import desk_account, desk_rows

_TURNS = frozenset({"suspension", "resumption"})


def receive(alias: str, content: Content, at: datetime, standing: Iterable[Suspension]) -> None:
    """Do at the desk what a verified message asks, within the transaction that accepts it.

    Args:
        alias: of the database.
        content: what was accepted.
        at: when.
        standing: suspensions of the channel after it.
    """
    desk_account.lock(alias)
    if content.header.type in _TURNS:
        turn(alias, content.header.sender, content.id, at, standing)
    for part, asked in enumerate(from_message(content, NodeDesk(alias))):
        reason = asked.reason if isinstance(asked, Elsewhere) else _refused(alias, asked, content, at)
        if reason and reason != ACTS:
            told = {"sender": content.header.sender, "type": content.header.type, "reason": reason}
            told["object"] = asked.object or ""
            desk_rows.put_waiting(alias, content.id, part, at, told)


def sent(alias: str, content: Content, peer: str, at: datetime, standing: Iterable[Suspension]) -> None:
    """Do at the desk what this authority's own message means, within the transaction that sends it.

    Args:
        alias: of the database.
        content: what is sent.
        peer: to whom.
        at: when.
        standing: suspensions of the channel after it.
    """
    if content.header.type in _TURNS:
        desk_account.lock(alias)
        turn(alias, peer, content.id, at, standing)


def _refused(alias: str, asked: Routed, content: Content, at: datetime) -> str:
    """Why a rule refuses what a message asks; empty if it was done."""
    try:
        with transaction.atomic(using=alias):
            _do(alias, asked, content, at)
    except CaseworkError as error:
        return f"{asked.command.name}: {error.message}"
    return ""


def _do(alias: str, asked: Routed, content: Content, at: datetime) -> None:
    found = node_object(alias, asked.object) if asked.object else None
    if found is None:
        name = f"{asked.machine}-{secrets.token_hex(8)}"
        state, events = engine.begin(asked.machine, name, asked.command, asked.by, at)
        keep(alias, Change(None, state, events, contents=(content.id,)))
        return
    state, events = engine.transition(found.state, asked.command, asked.by, at)
    keep(alias, Change(found.state, state, events, contents=(content.id,)), found.key)


def turn(alias: str, peer: str, message: str, at: datetime, standing: Iterable[Suspension]) -> None:
    """Let the time stand still, or run again, for all that waits between this authority and a peer.

    Args:
        alias: of the database.
        peer: with whom cooperation is suspended or goes on.
        message: the message that says so.
        at: the moment.
        standing: suspensions of the channel now; from the beginning of one on, the time stands still.
    """
    begun = [one.start for one in standing if one.start <= at]
    command = "freeze" if begun else "thaw"
    counted = [one.name for one in machines().values() if command in one.commands]
    for name in node_with(alias, peer, counted):
        found = node_object(alias, name)
        if found is None or frozen(found.state.fields) == bool(begun):
            continue
        moment = max(found.state.since, min(begun)) if begun else max(found.state.since, at)
        asked = Command(command, {"from" if begun else "until": strict.write_moment(moment)})
        try:
            state, events = engine.transition(found.state, asked, node(message), at)
        except CaseworkError:
            continue  # a rule of the machine says that its time cannot stand still or run now
        keep(alias, Change(found.state, state, events), found.key)
