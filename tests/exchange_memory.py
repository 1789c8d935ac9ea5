"""A store in memory that can be cut off before any step, and whole nodes on it: a directory of peers and a clock."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entente.exchange import officers
from entente.exchange.channel import Channel, send
from entente.exchange.channel_parcel import Parcel, Report, pack, take
from entente.exchange.content import Content, Header, draft
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import digest
from entente.exchange.handling import Marking, Tlp
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.restore import State
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.messages import load_registry
from entente.exchange.parties import Peer
from entente.exchange.receipts import Rejection
from entente.exchange.store import Book, Message, Way
from exchange_people import NOW, SUITES, Authority, alert, known, signed
from ledger_toy import MemoryFiles, PowerCutError, signer, witness


@dataclass
class Tables:
    book: Book
    messages: dict[tuple[Way, int], Message] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    mirror: list[bytes] = field(default_factory=list)
    outbox: set[int] = field(default_factory=set)
    receipts: dict[tuple[Way, int], bytes] = field(default_factory=dict)
    applied: list[str] = field(default_factory=list)
    rejections: dict[tuple[Way, str, str], bytes] = field(default_factory=dict)
    pieces: list[tuple[Way, str, str]] = field(default_factory=list)
    arrived: set[str] = field(default_factory=set)


class MemoryBlobs:
    """Ciphertext of which only what was synced survives a crash."""

    def __init__(self, step: Callable[[], None]) -> None:
        self.durable: dict[str, bytes] = {}
        self._step = step

    def put(self, data: bytes) -> str:
        self._step()
        self.durable[digest(data)] = data
        return digest(data)

    def put_all(self, items: Sequence[bytes]) -> Sequence[str]:
        return [self.put(data) for data in items]

    def get_all(self, names: Sequence[str]) -> Iterator[bytes]:
        return (self.get(name) for name in names)

    def has(self, name: str) -> bool:
        return name in self.durable

    def get(self, name: str) -> bytes:
        if name not in self.durable:
            raise ExchangeError("A ciphertext is missing.")
        return self.durable[name]


class MemoryTransaction:
    def __init__(self, store: MemoryStore, tables: Tables) -> None:
        self._store, self.tables = store, tables

    def book(self) -> Book:
        return self.tables.book

    def save(self, book: Book) -> None:
        self._store.step()
        self.tables.book = book

    def states(self) -> Sequence[State]:
        return [tables.book.ledger for tables in self._store.channels.values()]

    def put_messages(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._store.step()
            assert (message.way, message.sequence) not in self.tables.messages
            self.tables.messages[message.way, message.sequence] = message

    def messages(self, way: Way, start: int, stop: int) -> Sequence[Message]:
        found = (self.message(way, sequence) for sequence in range(start, stop))
        return [row for row in found if row is not None]

    def message(self, way: Way, sequence: int) -> Message | None:
        return self.tables.messages.get((way, sequence))

    def sender_of(self, content: str) -> str | None:
        rows = (row for tables in self._store.channels.values() for row in tables.messages.values())
        return next((row.sender for row in rows if row.content == content and not row.refused), None)

    def put_keys(self, keys: Mapping[str, bytes]) -> None:
        self._store.step()
        self.tables.keys |= keys

    def add_leaves(self, entries: Sequence[bytes]) -> int:
        self._store.step()
        self.tables.leaves += entries
        return len(self.tables.leaves) - len(entries)

    @property
    def leaves(self) -> MemoryLeaves:
        return MemoryLeaves(self.tables.leaves)

    def add_mirror(self, entries: Sequence[bytes]) -> None:
        self._store.step()
        self.tables.mirror += entries

    @property
    def mirror(self) -> MemoryLeaves:
        return MemoryLeaves(self.tables.mirror)

    def queue(self, sequences: Sequence[int]) -> None:
        self._store.step()
        self.tables.outbox |= set(sequences)

    def queued(self, most: int) -> Sequence[int]:
        return sorted(self.tables.outbox)[:most]

    def unqueue(self, sequences: Sequence[int]) -> None:
        self._store.step()
        self.tables.outbox -= set(sequences)

    def put_receipts(self, way: Way, receipts: Mapping[int, bytes]) -> None:
        self._store.step()
        for sequence, receipt in receipts.items():
            assert (way, sequence) not in self.tables.receipts
            self.tables.receipts[way, sequence] = receipt

    def receipts(self, way: Way, start: int, stop: int) -> Mapping[int, bytes]:
        found = ((sequence, self.tables.receipts.get((way, sequence))) for sequence in range(start, stop))
        return {sequence: receipt for sequence, receipt in found if receipt is not None}

    def put_rejection(self, way: Way, rejection: Rejection, note: bytes) -> None:
        self._store.step()
        self.tables.rejections.setdefault((way, rejection.digest, rejection.code), note)

    def rejections(self, way: Way, most: int) -> Sequence[bytes]:
        return [note for (one, *_), note in self.tables.rejections.items() if one is way][-most:]

    def put_pieces(self, way: Way, content: str, pieces: Sequence[str]) -> None:
        self._store.step()
        self.tables.pieces += [(way, content, piece) for piece in pieces]

    def pieces(self, way: Way, content: str) -> Sequence[str]:
        return [name for one, message, name in self.tables.pieces if (one, message) == (way, content)]

    def has_piece(self, way: Way, piece: str) -> bool:
        return any((one, name) == (way, piece) for one, _, name in self.tables.pieces)

    def wanted(self, most: int) -> Sequence[str]:
        names = dict.fromkeys(name for way, _, name in self.tables.pieces if way is Way.TAKEN)
        return [name for name in names if name not in self.tables.arrived][:most]

    def arrived(self, piece: str) -> None:
        self._store.step()
        self.tables.arrived.add(piece)

    def unreceipted(self, stop: int, most: int) -> Sequence[Message]:
        rows = (row for (way, _), row in self.tables.messages.items() if way is Way.TAKEN)
        due = (row for row in rows if row.leaf < stop and (Way.TAKEN, row.sequence) not in self.tables.receipts)
        return sorted(due, key=lambda row: row.leaf)[:most]


class MemoryStore:
    """One node's store; `cut` steps from now the machine stops (never, if below zero)."""

    def __init__(self) -> None:
        self.channels: dict[str, Tables] = {}
        self.cut = -1
        self.blobs = MemoryBlobs(self.step)

    def step(self) -> None:
        if self.cut == 0:
            self.cut = -1
            raise PowerCutError
        self.cut -= self.cut > 0

    @contextmanager
    def transaction(self, channel: str) -> Iterator[MemoryTransaction]:
        work = copy.copy(self.channels[channel])
        for name in vars(work).keys() - {"book"}:
            setattr(work, name, copy.copy(getattr(work, name)))
        yield MemoryTransaction(self, work)
        self.step()
        self.channels[channel] = work
        self.step()

    def backup(self) -> dict[str, Tables]:
        return copy.deepcopy(self.channels)


@dataclass
class Node:
    """A node on a store, with a channel to each peer by name."""

    who: Authority
    store: MemoryStore
    channels: dict[str, Channel]
    clock: Callable[[], datetime]

    def send(self, to: str, content: Content | None = None) -> Message:
        content = content or alert(self.who, to)
        released = officers.release(content, self.who.as_peer(), SUITES, load_registry(), self.clock())
        return send(self.store, self.channels[to], released, self.clock())

    def pack(self, to: str, **most: int) -> Parcel:
        return pack(self.store, self.channels[to], **most)

    def take(self, sender: str, parcel: Parcel) -> Report:
        def apply(tx: Any, opened: Any) -> None:
            tx.tables.applied.append(opened.content.id)

        return take(self.store, self.channels[sender], parcel, self.clock(), apply)

    def tables(self, peer: str) -> Tables:
        return self.store.channels[self.channels[peer].id]


def channel_id(one: str, two: str) -> str:
    return "/".join(sorted((one, two)))


def origin(owner: str, peer: str) -> str:
    return f"log.entente.example/{owner}/{peer}"


def channel(me: Authority, peer: Authority, step: Callable[[], None]) -> Channel:
    files, others = MemoryFiles(step), MemoryFiles(step)
    name = channel_id(me.name, peer.name)
    return Channel(
        me=me.as_self(),
        peer=Peer(peer.name, name, frozenset({"S1"}), peer.keys),
        node=me.node,
        suites=SUITES,
        types=load_registry(),
        log=signer(origin(me.name, peer.name)),
        cosigner=witness(f"{me.name}.example/witness"),
        peer_log=signer(origin(peer.name, me.name)).key,
        peer_cosigner=witness(f"{peer.name}.example/witness").key,
        tiles=lambda leaves, head: TileLog(files, leaves, head),
        mirror=lambda leaves, head: TileLog(others, leaves, head, bundles=False),
        random=os.urandom,
    )


def nodes(*names: str, clock: Callable[[], datetime] = lambda: NOW) -> dict[str, Node]:
    """Nodes of which each has a channel with every other."""
    people = {name: known(name) for name in names}
    return {name: node(people[name], [people[other] for other in names if other != name], clock) for name in names}


def node(me: Authority, peers: Sequence[Authority], clock: Callable[[], datetime]) -> Node:
    store = MemoryStore()
    channels = {peer.name: channel(me, peer, store.step) for peer in peers}
    for end in channels.values():
        store.channels[end.id] = Tables(end.new_book())
    return Node(me, store, channels, clock)


def meet(one: Node, two: Node, times: int = 1) -> None:
    """Parcels both ways, so often."""
    for _ in range(times):
        two.take(one.who.name, one.pack(two.who.name))
        one.take(two.who.name, two.pack(one.who.name))


def typed(node_: Node, to: str, kind: str, body: dict[str, Any], **changes: Any) -> Content:
    head = Header(kind, 1, node_.who.name, (to,), NOW, Marking(Tlp.AMBER), **changes)
    return signed(draft(head, body, os.urandom), node_.who.ann, node_.who.bob)
