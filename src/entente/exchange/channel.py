"""A channel: frames go out and come in, each in one transaction; checkpoints and receipts follow in batches.

Out: `send` seals, makes the ciphertext durable, and commits row, leaf and outbox together. The frame leaves the node
only after `settle` has signed a checkpoint over its leaf (`outbox.ready`).

In: `receive` verifies and commits content, leaf and what the caller adds (`apply`) together. A frame that came before
changes nothing: its first receipt stands. A frame in its place whose content is refused takes its sequence as
`refused`; anything else that is wrong raises, takes no sequence, and may be answered with `receipts.sign_rejection`.

`settle` indexes the leaves that are committed, signs one checkpoint over them, and makes the receipts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from entente.exchange import atrest
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.channel_fork import write_fork
from entente.exchange.channel_state import check_open, suspensions_after
from entente.exchange.content import Checker
from entente.exchange.errors import ChannelError, ExchangeError, ExpiredKeyError, ForkError
from entente.exchange.frame import FIRST, Parts, split
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
from entente.exchange.opening import Opened, open_message, verify_frame
from entente.exchange.parties import NodeKey, Peer, Self
from entente.exchange.receipts import SENT, TAKEN, Entry, parse_entry, refused_act
from entente.exchange.sealing import Position, seal
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
        own_key: the sealing key for own copies.
        suites, types: what this node has and knows.
        log: signs checkpoints of this node's log of the channel; its name is the origin.
        cosigner: signs that a checkpoint of the peer was seen.
        peer_log, peer_cosigner: the peer's keys for the same.
        tiles: opens the tiles over leaves at the head that was signed last.
        random: gives so many random bytes, such as `os.urandom`.
    """

    me: Self
    peer: Peer
    node: NodeKey
    own_key: KeyRecord
    suites: Suites
    types: Checker
    log: Signer
    cosigner: Signer
    peer_log: VerifierKey
    peer_cosigner: VerifierKey
    tiles: Tiles
    random: Callable[[int], bytes]

    @property
    def id(self) -> str:
        """Its id."""
        return self.peer.channel

    def new_book(self) -> Book:
        """The state of a channel nothing has gone through."""
        return Book(restore.Signing(self.log.key, EMPTY))


def send(uow: UnitOfWork, channel: Channel, released: Released, now: datetime) -> Message:
    """Commit a released content as the next frame.

    Raises:
        RestoreError: the node came back from a backup and may not sign yet.
        SuspendedError: cooperation is suspended.
        ExchangeError: see `seal`.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states())
        book, content = tx.book(), released.content
        check_open(book.suspensions, content, now)
        check_references(content, tx.sender_of)
        suspensions = suspensions_after(book.suspensions, content)
        sealed = seal(
            released,
            to=channel.peer,
            to_key=_sealing_key(channel.peer, now),
            own_key=channel.own_key,
            node=channel.node,
            place=book.sent,
            now=now,
            suites=channel.suites,
        )
        wire, own = uow.blobs.put(sealed.wire), uow.blobs.put(sealed.own)
        parts = split(sealed.wire)
        leaf = tx.add_leaves([Entry(SENT, parts.envelope.payload).encode()])
        message = _row(Way.SENT, parts, channel.me.name, content.header.type, leaf, now, blob=own, wire=wire)
        tx.put_message(message)
        tx.queue(message.sequence)
        tx.save(replace(book, sent=sealed.position, suspensions=suspensions))
    return message


def receive(uow: UnitOfWork, channel: Channel, data: bytes, at: datetime, apply: Apply | None = None) -> Message:
    """Commit a frame that came; one that came before gives the row it has.

    Args:
        uow: the store.
        channel: the channel.
        data: the bytes as they came.
        at: the time of arrival.
        apply: what else is to be committed with an accepted message. What it raises undoes all.

    Raises:
        WrongdoingError: the peer signed two histories.
        RestoreError: the node came back from a backup and takes nothing yet.
        ExchangeError: what is wrong; nothing was taken.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states())
        book, parts = tx.book(), split(data)
        _check_channel(parts, channel)
        if known := tx.message(Way.TAKEN, parts.frame.sequence):
            if known.frame != parts.envelope.id:
                _accuse(channel, data, at, known)
            return known
        try:
            opened = _open(tx, channel, data, book, at)
            suspensions = suspensions_after(book.suspensions, opened.content)
        except ExchangeError as error:
            return _refuse(tx, channel, data, book, at, error)
        return _accept(uow, tx, channel, parts, replace(book, suspensions=suspensions), opened, at, apply)


def settle(uow: UnitOfWork, channel: Channel) -> int:
    """Sign one checkpoint over all committed leaves, and make the receipts that are due; returns the log's size.

    Raises:
        RestoreError: the node came back from a backup and may not sign yet.
        DamageError: the entries are not those that were signed.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states())
        book = tx.book()
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
    while due := tx.unreceipted(size, _BATCH):
        for message in due:
            act = refused_act(message.refused) if message.refused else TAKEN
            receipt = Receipt(message.leaf, log.inclusion_proof(message.leaf, size), checkpoint, act.encode())
            tx.put_receipt(Way.TAKEN, message.sequence, receipt.encode())


def _sealing_key(peer: Peer, now: datetime) -> KeyRecord:
    usable = peer.keys.usable(Role.SEAL, now)
    if not usable:
        raise ExpiredKeyError(f"No sealing key of {peer.name} is valid now.", remedy="Ask the peer for a new key.")
    return usable[0]


def _check_channel(parts: Parts, channel: Channel) -> None:
    if parts.header.channel != channel.id or parts.frame.channel != channel.id:
        raise ChannelError(f"The message is not of the channel with {channel.peer.name}.")


def _open(tx: Transaction, channel: Channel, data: bytes, book: Book, at: datetime) -> Opened:
    opened = open_message(
        data,
        me=channel.me,
        peer=channel.peer,
        place=book.taken,
        at=at,
        suites=channel.suites,
        types=channel.types,
    )
    check_references(opened.content, tx.sender_of)
    own = [entry for entry in book.suspensions if entry.by == channel.peer.name]
    check_open(own, opened.content, at)
    return opened


def _accept(
    uow: UnitOfWork,
    tx: Transaction,
    channel: Channel,
    parts: Parts,
    book: Book,
    opened: Opened,
    at: datetime,
    apply: Apply | None,
) -> Message:
    recovered = _recovered(tx, book, parts)
    if recovered and recovered[1].refused:
        return _take(tx, channel, parts, book, at, "", recovered[1].refused, recovered[0])
    key, locked = atrest.lock(opened.content, channel.random)
    blob = uow.blobs.put(locked)
    tx.put_key(opened.content.id, key)
    leaf = recovered[0] if recovered else None
    message = _take(tx, channel, parts, book, at, opened.content.header.type, "", leaf, blob)
    if apply is not None:
        apply(tx, opened)
    return message


def _refuse(tx: Transaction, channel: Channel, data: bytes, book: Book, at: datetime, error: ExchangeError) -> Message:
    """Take the sequence of a frame whose content is refused; raise what is wrong if the frame itself is not good."""
    try:
        parts = verify_frame(data, me=channel.me, peer=channel.peer, place=book.taken, at=at, suites=channel.suites)
    except ForkError:
        last = tx.message(Way.TAKEN, book.taken.sequence)
        if last is not None:
            _accuse(channel, data, at, last)
        raise
    except ExchangeError:
        raise error from None
    recovered = _recovered(tx, book, parts)
    return _take(tx, channel, parts, book, at, "", error.code, recovered[0] if recovered else None)


def _take(
    tx: Transaction,
    channel: Channel,
    parts: Parts,
    book: Book,
    at: datetime,
    kind: str,
    refused: str,
    leaf: int | None,
    blob: str = "",
) -> Message:
    if leaf is None:
        act = refused_act(refused) if refused else TAKEN
        leaf = tx.add_leaves([Entry(act, parts.envelope.payload).encode()])
    message = _row(Way.TAKEN, parts, channel.peer.name, kind, leaf, at, blob=blob, refused=refused)
    tx.put_message(message)
    tx.save(replace(book, taken=Position(message.sequence, message.frame)))
    return message


def _recovered(tx: Transaction, book: Book, parts: Parts) -> tuple[int, Entry] | None:
    """The leaf that a frame got before the node was lost, if it had one."""
    start, stop = book.recovered
    for index, data in enumerate(tx.leaves.entries(start, stop), start):
        entry = parse_entry(data)
        if entry.act != SENT and entry.frame.sequence == parts.frame.sequence:
            if entry.payload != parts.envelope.payload:
                raise ForkError("This node's own log holds another frame with this sequence.")
            return index, entry
    return None


def _accuse(channel: Channel, data: bytes, at: datetime, known: Message) -> None:
    """Raise that the peer signed two histories, if it did; the frame stands beside one that was taken."""
    parts = split(data)
    place = Position(parts.frame.sequence - 1, parts.frame.previous if parts.frame.sequence > 1 else FIRST)
    verify_frame(data, me=channel.me, peer=channel.peer, place=place, at=at, suites=channel.suites)
    evidence = write_fork(known.signed, parts.envelope.as_bytes())
    raise WrongdoingError(f"{channel.peer.name} signed two histories of the channel.", "frame-fork", evidence)


def _row(
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
    frame = parts.frame
    signed = parts.envelope.as_bytes()
    return Message(
        way, frame.sequence, parts.envelope.id, frame.content, sender, kind, signed, blob, wire, refused, leaf, at
    )
