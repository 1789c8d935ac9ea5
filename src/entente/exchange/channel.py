"""A channel: frames go out, and come in (`channel_taking`), one or many in a transaction; then checkpoints.

Out: `send` seals, locks the own copy under a key of its own, makes both ciphertexts durable, and commits row, leaf and
outbox together. The frame leaves the node only after `settle` has signed a checkpoint over its leaf (`outbox.ready`).

`settle` indexes the leaves that are committed, signs one checkpoint over them, and makes the receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entente.exchange import atrest
from entente.exchange.channel_state import check_open, suspensions_after
from entente.exchange.content import Checker, Content
from entente.exchange.errors import ExpiredKeyError
from entente.exchange.frame import Parts, digest, split
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import sign_checkpoint
from entente.exchange.ledger.leaves import LeafStore
from entente.exchange.ledger.note import Signer, VerifierKey
from entente.exchange.ledger.receipt import Receipt
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import EMPTY, TreeHead
from entente.exchange.messages.standing import check_references
from entente.exchange.officers import Released
from entente.exchange.opening import Opened
from entente.exchange.parties import NodeKey, Peer, Self
from entente.exchange.receipts import SENT, Entry, parse_entry
from entente.exchange.sealing import Position, Sealed, seal
from entente.exchange.store import Book, Message, Transaction, UnitOfWork, Way
from entente.exchange.suites import Suites

Tiles = Callable[[LeafStore, TreeHead], TileLog]
Apply = Callable[[Transaction, Opened], None]


@dataclass(frozen=True, slots=True)
class Channel:
    """One end of a channel, as far as it does not change with each message.

    Attributes:
        me: this node with its sealing keys.
        peer: the authority at the other end.
        node: the key that signs frames.
        suites, types: what this node has and knows.
        log: signs checkpoints of this node's log of the channel; its name is the origin.
        cosigner: signs that a checkpoint of the peer was seen.
        peer_log, peer_cosigner: the peer's keys for the same.
        tiles: opens the tiles over leaves at the head that was signed last.
        mirror: the same for the mirror of the peer's log, at the head that was mirrored last; other files.
        random: gives so many random bytes, such as `os.urandom`.
        store: its name in the store; its id, if it is not given.
    """

    me: Self
    peer: Peer
    node: NodeKey
    suites: Suites
    types: Checker
    log: Signer
    cosigner: Signer
    peer_log: VerifierKey
    peer_cosigner: VerifierKey
    tiles: Tiles
    mirror: Tiles
    random: Callable[[int], bytes]
    store: str = ""

    @property
    def id(self) -> str:
        """Its name in the store. What frames name is `peer.channel`, and changes with the generation."""
        return self.store or self.peer.channel

    def new_book(self) -> Book:
        """The state of a channel nothing has gone through."""
        return Book(restore.Signing(self.log.key, EMPTY))


def send(uow: UnitOfWork, channel: Channel, released: Released, now: datetime) -> Message:
    """Commit a released content as the next frame; see `send_all`."""
    return send_all(uow, channel, [released], now)[0]


def send_all(uow: UnitOfWork, channel: Channel, released: Sequence[Released], now: datetime) -> Sequence[Message]:
    """Commit released contents as the next frames, all of them or none.

    Raises:
        RestoreError: the node came back from a backup and may not sign yet.
        SuspendedError: cooperation is suspended.
        ExchangeError: see `seal`.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states(), tx.book().ledger)
        book, sent = tx.book(), list[Sealed]()
        for item in released:
            _check_sendable(tx, book, released[: len(sent)], item.content, now)
            sent.append(_seal(channel, item, book.sent, now))
            suspensions = suspensions_after(book.suspensions, item.content)
            book = replace(book, sent=sent[-1].position, suspensions=suspensions)
        kept = [atrest.lock(item.content, channel.random) for item in released]
        uow.blobs.put_all([data for sealed, (_, own) in zip(sent, kept, strict=True) for data in (sealed.wire, own)])
        tx.put_keys({sealed.position.frame: key for sealed, (key, _) in zip(sent, kept, strict=True)})
        first = tx.add_leaves([Entry(SENT, split(sealed.wire).envelope.payload).encode() for sealed in sent])
        rows = [
            _sent_row(channel, item, sealed, digest(own), first + at, now)
            for at, (item, sealed, (_, own)) in enumerate(zip(released, sent, kept, strict=True))
        ]
        tx.put_messages(rows)
        tx.queue([row.sequence for row in rows])
        for item in released:
            note_pieces(tx, Way.SENT, item.content)
        tx.save(book)
    return rows


def settle(uow: UnitOfWork, channel: Channel) -> int:
    """Sign one checkpoint over all committed leaves, and make the receipts that are due; returns the log's size.

    Raises:
        RestoreError: the node came back from a backup and may not sign yet.
        DamageError: the entries are not those that were signed.
    """
    with uow.transaction(channel.id) as tx:
        book = tx.book()
        restore.check_node(tx.states(), book.ledger)
        head = restore.check_signing(book.ledger, channel.log.key)
        log = channel.tiles(tx.leaves, head)
        new = log.index()
        if new != head or book.checkpoint is None:
            checkpoint = sign_checkpoint(new, channel.log)
            book = replace(book, ledger=restore.Signing(channel.log.key, new), checkpoint=checkpoint)
            tx.save(book)
        _make_receipts(tx, log, book.checkpoint or b"", new.size)
    return new.size


_BATCH = 1000


def _make_receipts(tx: Transaction, log: TileLog, checkpoint: bytes, size: int) -> None:
    """What a receipt says stands in the log: a frame that is taken again after a restore has the answer it had then."""
    while due := tx.unreceipted(size, _BATCH):
        acts = _acts(tx, [message.leaf for message in due])
        receipts = {
            message.sequence: Receipt(
                message.leaf, log.inclusion_proof(message.leaf, size), checkpoint, acts[message.leaf].encode()
            ).encode()
            for message in due
        }
        tx.put_receipts(Way.TAKEN, receipts)


def _acts(tx: Transaction, leaves: Sequence[int]) -> dict[int, str]:
    """The line of each entry. They mostly stand side by side, and one reading is cheaper than many."""
    first, stop = leaves[0], leaves[-1] + 1
    if stop - first <= 4 * len(leaves):
        return {first + at: parse_entry(data).act for at, data in enumerate(tx.leaves.entries(first, stop))}
    return {leaf: parse_entry(tx.leaves.entries(leaf, leaf + 1)[0]).act for leaf in leaves}


def _check_sendable(tx: Transaction, book: Book, before: Sequence[Released], content: Content, now: datetime) -> None:
    """Whether a content may go out now; it may refer to those that go out before it in the same transaction."""
    check_open(book.suspensions, content, now)
    senders = {item.content.id: item.content.header.sender for item in before}
    check_references(content, lambda reference: senders.get(reference) or tx.sender_of(reference))


def _seal(channel: Channel, released: Released, place: Position, now: datetime) -> Sealed:
    return seal(
        released,
        to=channel.peer,
        to_key=_sealing_key(channel.peer, now),
        node=channel.node,
        place=place,
        now=now,
        suites=channel.suites,
    )


def _sent_row(channel: Channel, released: Released, sealed: Sealed, own: str, leaf: int, now: datetime) -> Message:
    parts, kind = split(sealed.wire), released.content.header.type
    return frame_row(Way.SENT, parts, channel.me.name, kind, leaf, now, blob=own, wire=digest(sealed.wire))


def note_pieces(tx: Transaction, way: Way, content: Content) -> None:
    """Note which pieces the attachments of a content have."""
    pieces = [piece.hex() for attachment in content.header.attachments for piece in attachment.pieces]
    if pieces:
        tx.put_pieces(way, content.id, list(dict.fromkeys(pieces)))


def _sealing_key(peer: Peer, now: datetime) -> KeyRecord:
    usable = peer.keys.usable(Role.SEAL, now)
    if not usable:
        raise ExpiredKeyError(f"No sealing key of {peer.name} is valid now.", remedy="Ask the peer for a new key.")
    return usable[0]


def frame_row(
    way: Way,
    parts: Parts,
    sender: str,
    kind: str,
    leaf: int,
    at: datetime,
    *,
    blob: str = "",
    wire: str = "",
    refused: str = "",
) -> Message:
    """The row of a frame, from its parts and what was done with it."""
    frame = parts.frame
    signed = parts.envelope.as_bytes()
    return Message(
        way, frame.sequence, parts.envelope.id, frame.content, sender, kind, signed, blob, wire, refused, leaf, at
    )
