"""What the exchange needs of a store: one transaction per channel, and durable ciphertext beside it.

A transaction holds the channel's lock from its beginning to its end. All of it is committed, or nothing. Ciphertext
is put before the commit that names it, so that a crash leaves at most ciphertext that nothing names, never a row
whose ciphertext is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from entente.exchange.ledger.leaves import LeafStore
from entente.exchange.ledger.restore import State
from entente.exchange.receipts import Rejection
from entente.exchange.sealing import Position


class Way(Enum):
    """Which way a message went."""

    SENT = "sent"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Message:
    """A row for each frame that was committed.

    Attributes:
        way: sent or taken.
        sequence: of the frame.
        frame: id of the frame.
        content: id of the content.
        sender: authority that released it; the peer for what was taken.
        type: the message type; empty for what was refused.
        signed: the frame as the sender signed it.
        blob: digest of the locked content (see `atrest`); empty for what was refused.
        wire: digest of the bytes that went out; empty for what was taken.
        refused: the code why a taken one was refused; empty for what was accepted.
        leaf: index of its entry in this node's log of the channel.
        at: when it was committed here.
    """

    way: Way
    sequence: int
    frame: str
    content: str
    sender: str
    type: str
    signed: bytes
    blob: str
    wire: str
    refused: str
    leaf: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Suspension:
    """A standing suspension: by whom, the id of the message that says so, and from when."""

    by: str
    content: str
    start: datetime


@dataclass(frozen=True, slots=True)
class Ask:
    """What a node has, so that its peer knows what to show and to send next.

    Attributes:
        entries: entries of its own log.
        mirrored: entries of the peer's log that it mirrors.
        taken: the last sequence that it took and still has.
        receipted: the last sequence up to which it has a receipt for all that it sent.
        wanted: pieces of attachments (SHA-256 of the ciphertext) that it lacks, not necessarily all.
    """

    entries: int = 0
    mirrored: int = 0
    taken: int = 0
    receipted: int = 0
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """The small state of a channel, written anew as a whole.

    Attributes:
        ledger: whether this node's log may sign, and what it continues.
        sent, taken: the last frame of each direction.
        checkpoint: the last checkpoint this node signed of its log; None before the first.
        cosigned: the largest checkpoint of this node's log that the peer cosigned, with that cosignature.
        seen: the largest checkpoint of the peer's log, with this node's cosignature.
        mirror_size, mirror_peaks: the tree over the peer's entries that are mirrored here.
        suspensions: those that stand.
        asked: what the peer said last that it has.
        recovered: leaves [start, stop) that came back from the peer after a restore and whose frames are still to be
            taken again, without another leaf.
        held_size, held_peaks: the tree over this node's own entries while they come back in parts after a restore, so
            that no part makes all before it be hashed again; empty at other times.
    """

    ledger: State
    sent: Position = field(default_factory=Position)
    taken: Position = field(default_factory=Position)
    checkpoint: bytes | None = None
    cosigned: bytes | None = None
    seen: bytes | None = None
    mirror_size: int = 0
    mirror_peaks: tuple[bytes, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    asked: Ask = field(default_factory=Ask)
    recovered: tuple[int, int] = (0, 0)
    held_size: int = 0
    held_peaks: tuple[bytes, ...] = ()


class Blobs(Protocol):
    """Ciphertext under its SHA-256.

    What is put inside a transaction may become durable as late as right before its commit: nothing names it earlier.
    """

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest (hexadecimal) when they are durable."""
        ...

    def put_all(self, items: Sequence[bytes]) -> Sequence[str]:
        """The same for many at once: all are durable when it returns, with as few waits for the disk as it can."""
        ...

    def has(self, digest: str) -> bool:
        """Whether the bytes of a digest are there."""
        ...

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            ExchangeError: they are not there, or are damaged.
        """
        ...

    def get_all(self, digests: Sequence[str]) -> Iterator[bytes]:
        """The bytes of many digests in their order, each read when it is asked for; as `get`, with fewer look-ups."""
        ...


class Transaction(Protocol):
    """One channel, locked."""

    def book(self) -> Book:
        """Its small state."""
        ...

    def save(self, book: Book) -> None:
        """Write its small state."""
        ...

    def states(self) -> Sequence[State]:
        """The state of every log of this node, those of other channels included: see `restore.check_node`."""
        ...

    def put_messages(self, messages: Sequence[Message]) -> None:
        """Add rows; (way, sequence) is unique."""
        ...

    def message(self, way: Way, sequence: int) -> Message | None:
        """The row of a frame."""
        ...

    def messages(self, way: Way, start: int, stop: int) -> Sequence[Message]:
        """The rows that are there of the frames [start, stop), in order."""
        ...

    def sender_of(self, content: str) -> str | None:
        """The sender of a content in any channel of this node, or None if it never had it."""
        ...

    def put_keys(self, keys: Mapping[str, bytes]) -> None:
        """Keep the keys of locked contents by name (`atrest.key_name`), where backups of content do not reach."""
        ...

    def add_leaves(self, entries: Sequence[bytes]) -> int:
        """Add entries to this node's log; returns the index of the first."""
        ...

    @property
    def leaves(self) -> LeafStore:
        """The entries of this node's log."""
        ...

    def add_mirror(self, entries: Sequence[bytes]) -> None:
        """Add entries to the mirror of the peer's log."""
        ...

    @property
    def mirror(self) -> LeafStore:
        """The entries of the peer's log, as far as they were shown."""
        ...

    def queue(self, sequences: Sequence[int]) -> None:
        """Put sent frames into the outbox."""
        ...

    def queued(self, most: int) -> Sequence[int]:
        """Sequences in the outbox, the lowest first."""
        ...

    def unqueue(self, sequences: Sequence[int]) -> None:
        """Take sequences out of the outbox; nothing happens for one that is not there."""
        ...

    def put_receipts(self, way: Way, receipts: Mapping[int, bytes]) -> None:
        """Keep receipts by sequence: of taken frames those this node gave, of sent frames those it got."""
        ...

    def receipts(self, way: Way, start: int, stop: int) -> Mapping[int, bytes]:
        """The receipts that are there of the frames [start, stop)."""
        ...

    def put_rejection(self, way: Way, rejection: Rejection, note: bytes) -> None:
        """Keep a rejection: of bytes that came the one this node signed, of bytes that were sent the peer's.

        Nothing happens if the same bytes were rejected with the same code before.
        """
        ...

    def rejections(self, way: Way, most: int) -> Sequence[bytes]:
        """The last rejections, as notes, the newest last."""
        ...

    def put_pieces(self, way: Way, content: str, pieces: Sequence[str]) -> None:
        """Note which pieces (SHA-256 of the ciphertext) the attachments of a message have; they are kept as blobs."""
        ...

    def pieces(self, way: Way, content: str) -> Sequence[str]:
        """The pieces of a message, in order."""
        ...

    def has_piece(self, way: Way, piece: str) -> bool:
        """Whether a message has a piece: a peer may fetch those of sent ones, and bring those of taken ones."""
        ...

    def wanted(self, most: int) -> Sequence[str]:
        """Pieces of taken messages that have not arrived, those of the oldest message first."""
        ...

    def arrived(self, piece: str) -> None:
        """Note that a piece is among the blobs."""
        ...

    def unreceipted(self, stop: int, most: int) -> Sequence[Message]:
        """Taken messages without a receipt whose leaf has an index below `stop`, by leaf."""
        ...


class UnitOfWork(Protocol):
    """The store of one node."""

    @property
    def blobs(self) -> Blobs:
        """Its ciphertext."""
        ...

    def transaction(self, channel: str) -> AbstractContextManager[Transaction]:
        """Lock a channel; commit at the end, or nothing if an exception passes."""
        ...
