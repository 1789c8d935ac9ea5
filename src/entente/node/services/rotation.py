"""Change of this authority's keys: one content, signed by two officers, sent in every channel.

In each channel the change comes before anything that is signed with the new keys, because a channel keeps its order:
`Peer.told` counts the own keys that a peer knows, and only those sign for it. A change that was cut off by a crash is
sent to the peers that lack it by the next call.

Old keys are retired some months later, not at once: what was signed with them may be long on its way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Min, Q

from entente.exchange import strict
from entente.exchange.errors import ExchangeError, SealError, UnknownKeyError
from entente.exchange.handling import Marking, Tlp
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.officers import Released
from entente.exchange.parties import NodeKey
from entente.exchange.store import Way
from entente.node import keyring
from entente.node.errors import PairingError
from entente.node.services import peers, pins, reading, sending, servers, staff
from entente.node.services.accepting import KEY_CHANGE
from entente.node.services.parts import Parts
from entente.node.store import models

RETIRE_AFTER = timedelta(days=90)
"""How long what an old key signed may still be on its way."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change.

    Attributes:
        node, seal: make new keys of these roles, and retire the old ones later.
        server: announce a new key of the server (see `servers`).
        retire: ids of officers' keys, or their beginnings, that are used no more from now on.
        compromised: ids of keys, or their beginnings, and since when others may have had them.
    """

    node: bool = True
    seal: bool = True
    server: bool = False
    retire: tuple[str, ...] = ()
    compromised: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done: new keys, the peers that will be told by the next meeting, and why others cannot be told now."""

    added: tuple[KeyRecord, ...]
    told: tuple[str, ...]
    failed: tuple[tuple[str, ExchangeError], ...] = ()


def rotate(parts: Parts, change: Change, officers: Sequence[NodeKey]) -> Changed:
    """Change keys. Officers whose key files are not announced yet are announced with it.

    Args:
        parts: the node, unlocked.
        change: what is to change.
        officers: two, who sign; nobody is needed before the first peer is confirmed.

    Raises:
        UnknownKeyError: a key that is named is none of this authority, or not one alone.
        ExchangeError: see `officers.release`.
    """
    announce(parts)
    names = _confirmed(parts)
    retired = _old(parts, change)
    untold = _untold(parts, names)
    added = (*_new_keys(parts, change), *staff.waiting(parts))
    if not names:
        if change.server:
            raise PairingError("No peer knows the server's key yet.", remedy="Pair with peers; there is none to tell.")
        pins.pin(parts.alias, parts.name, added)
        _retire_quietly(parts, retired, change)
        return Changed(added, ())
    body: dict[str, Any] = {
        "add": [record.as_json() for record in (*untold, *added)],
        "retire": [{"key": key, "at": strict.write_moment(at)} for key, at in retired],
        "compromised": [
            {"key": _own_key(parts, key), "since": strict.write_moment(at)} for key, at in change.compromised
        ],
    }
    body |= {"server": {"tls": servers.prepare(parts)}} if change.server else {}
    body = {name: value for name, value in body.items() if value}
    if not body:
        raise PairingError("There is nothing to change.", remedy="Say which: --node, --seal, --server, --retire KEY.")
    content = sending.sign(sending.make(parts, KEY_CHANGE, body, names, Marking(Tlp.GREEN)), officers)
    told, failed = _tell(parts, sending.release(parts, content), names)
    if change.server:
        servers.announced(parts, content.id, names)
    return Changed(added, told, failed)


def ended(parts: Parts, ago: timedelta) -> list[KeyRecord]:
    """Sealing keys whose private part is here though nobody has used them for a while; never the last one."""
    now, held = parts.clock(), parts.keys().sealing
    own = [state for state in pins.history(parts.alias, parts.name) if state.record.id in held]
    found = [state.record for state in own if state.end + ago <= now]
    return found if len(found) < len(own) else []


def destroy(parts: Parts, records: Sequence[KeyRecord]) -> None:
    """Destroy the private parts of sealing keys."""
    for record in records:
        keyring.destroy(parts.home.keys, record)


def _tell(
    parts: Parts, released: Released, names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ExchangeError], ...]]:
    """Send to every peer; one that cannot be sent to, for its own keys have ended, holds up no other."""
    told, failed = [], []
    for name in names:
        try:
            sending.send(parts, released, name)
        except ExchangeError as error:
            failed.append((name, error))
        else:
            told.append(name)
    if not told:
        raise failed[0][1]
    return tuple(told), tuple(failed)


def announce(parts: Parts) -> list[str]:
    """Send earlier changes of keys to peers that a crash has kept from them; returns those that are told now."""
    sent = models.Frame.objects.using(parts.alias).filter(way=Way.SENT.value, type=KEY_CHANGE)
    told = []
    for name in _confirmed(parts):
        its = Q(channel__peer_id=name) | Q(channel__peer__name__startswith=f"{name}/")
        had = set(sent.filter(its).values_list("content", flat=True))
        for row in sent.exclude(content__in=had).order_by("id"):
            (message,) = reading.messages(parts, peers.channel_peer(parts, row.channel_id), Way.SENT, row.sequence, 1)
            try:
                content = reading.content(parts, message)
            except SealError:  # its key was left out of a backup; `_untold` makes up for it
                continue
            if name in content.header.recipients and row.content not in had:
                had.add(row.content)
                with suppress(ExchangeError):  # as in `_tell`; it is tried again by the next call
                    sending.send(parts, sending.release(parts, content), name)
                    told.append(name)
    return told


def _untold(parts: Parts, names: Sequence[str]) -> list[KeyRecord]:
    """Own keys that still count and that a peer does not know, though it should have been told of them."""
    told = models.Peer.objects.using(parts.alias).filter(name__in=names).aggregate(least=Min("told"))["least"]
    now, own = parts.clock(), list(pins.history(parts.alias, parts.name))
    return [state.record for state in own[told or 0 :] if state.end > now and not state.compromised and names]


def _confirmed(parts: Parts) -> list[str]:
    return [one.card.name for one in peers.all_peers(parts) if one.state == "confirmed"]


def _new_keys(parts: Parts, change: Change) -> Iterable[KeyRecord]:
    """New private keys, on the disk before anybody is told of them."""
    wanted = [role for role, is_wanted in ((Role.NODE, change.node), (Role.SEAL, change.seal)) if is_wanted]
    for role in wanted:
        key = keyring.new_key(parts.name, role, parts.config.suite, parts.suites, parts.clock())
        keyring.add(parts.home.keys, parts.keys().secret, key)
        yield key.record


def _old(parts: Parts, change: Change) -> list[tuple[str, datetime]]:
    """The keys that are retired, and when."""
    now = parts.clock().replace(microsecond=0)
    own = pins.history(parts.alias, parts.name)
    roles = {role for role, is_wanted in ((Role.NODE, change.node), (Role.SEAL, change.seal)) if is_wanted}
    old = [record.id for role in roles for record in own.usable(role, now)]
    later = [(key, now + RETIRE_AFTER) for key in old if own.state(key).end > now + RETIRE_AFTER]
    return later + [(_own_key(parts, key), now) for key in change.retire]


def _own_key(parts: Parts, beginning: str) -> str:
    own = pins.history(parts.alias, parts.name)
    found = [state.record.id for state in own if state.record.id.startswith(beginning)]
    if len(found) != 1 or len(beginning) < 8:
        raise UnknownKeyError(
            f"{beginning!r} names {len(found)} keys of this authority.",
            remedy="Give the first 16 characters, as `entente node officer list` shows them.",
        )
    return found[0]


def _retire_quietly(parts: Parts, retired: Iterable[tuple[str, datetime]], change: Change) -> None:
    own = pins.history(parts.alias, parts.name)
    for key, at in retired:
        own = own.with_retired(key, at)
    for key, since in change.compromised:
        own = own.with_compromised(_own_key(parts, key), since)
    pins.store(parts.alias, own)
