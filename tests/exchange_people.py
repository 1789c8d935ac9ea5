"""Two made-up authorities with keys, and everything needed to send a message from one to the other."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from entente.exchange import officers
from entente.exchange.content import Content, Header, draft, with_signatures
from entente.exchange.handling import Marking, Tlp
from entente.exchange.keyfiles import PrivateKey
from entente.exchange.keys import KeyHistory, KeyRecord, Role
from entente.exchange.messages import load_registry
from entente.exchange.opening import Opened, open_message
from entente.exchange.parties import NodeKey, Peer, Self, load_sealing
from entente.exchange.sealing import Position, Sealed, seal
from entente.exchange.suites import Suites, builtin

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
START = NOW - timedelta(days=30)
END = NOW + timedelta(days=335)
SUITES = builtin()
CHANNEL = "mx-pgr/us-dea"
ALERT = {"title": "New trade name", "summary": "Sold under a new name.", "urgency": "routine"}
MARKING = Marking(Tlp.AMBER)


@dataclass(frozen=True)
class Authority:
    """An authority with its private keys."""

    name: str
    ann: NodeKey
    bob: NodeKey
    node: NodeKey
    sealing: PrivateKey
    keys: KeyHistory
    suites: Suites

    def as_peer(self, allowed: frozenset[str] | None = None, **changes: Any) -> Peer:
        peer = Peer(self.name, CHANNEL, allowed or frozenset({self.node.record.suite}), self.keys)
        return replace(peer, **changes)

    def as_self(self) -> Self:
        return Self(self.name, {self.sealing.record.id: load_sealing(self.sealing, self.suites)})


def signing_key(
    name: str,
    holder: str = "",
    suite: str = "S1",
    suites: Suites = SUITES,
    start: datetime = START,
    end: datetime = END,
) -> NodeKey:
    made = suites.get(suite, suites.names())
    signer = made.signer(made.new_signing_key())
    role = Role.OFFICER if holder else Role.NODE
    return NodeKey(KeyRecord(suite, role, name, holder, signer.public, start, end), signer)


def authority(name: str, suite: str = "S1", suites: Suites = SUITES) -> Authority:
    made = suites.get(suite, suites.names())
    secret = made.new_sealing_key()
    ann, bob = signing_key(name, "Ann", suite, suites), signing_key(name, "Bob", suite, suites)
    node = signing_key(name, "", suite, suites)
    sealing = PrivateKey(KeyRecord(suite, Role.SEAL, name, "", made.opener(secret).public, START, END), secret)
    keys = KeyHistory(name)
    for record in (ann.record, bob.record, node.record, sealing.record):
        keys = keys.with_added(record)
    return Authority(name, ann, bob, node, sealing, keys, suites)


@cache
def known(name: str, suite: str = "S1") -> Authority:
    """One authority for all tests that do not change it."""
    return authority(name, suite)


def header(sender: str = "us-dea", *recipients: str, **changes: Any) -> Header:
    base = Header("alert", 1, sender, recipients or ("mx-pgr",), NOW, MARKING)
    return replace(base, **changes)


def signed(content: Content, *keys: NodeKey) -> Content:
    return with_signatures(content, [officers.sign(content, key) for key in keys])


def alert(sender: Authority, *recipients: str, body: dict[str, Any] | None = None, **changes: Any) -> Content:
    content = draft(header(sender.name, *recipients, **changes), body or ALERT, os.urandom)
    return signed(content, sender.ann, sender.bob)


def send(content: Content, sender: Authority, to: Authority, place: Position | None = None) -> Sealed:
    return seal(
        officers.release(content, sender.as_peer(), sender.suites, load_registry(), NOW),
        to=to.as_peer(),
        to_key=to.sealing.record,
        node=sender.node,
        place=place or Position(),
        now=NOW,
        suites=sender.suites,
    )


def take(
    data: bytes,
    to: Authority,
    sender: Authority,
    place: Position | None = None,
    peer: Peer | None = None,
    at: datetime = NOW,
) -> Opened:
    return open_message(
        data,
        me=to.as_self(),
        peer=peer or sender.as_peer(),
        place=place or Position(),
        at=at,
        suites=to.suites,
        types=load_registry(),
    )
