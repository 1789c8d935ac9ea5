"""Inwards: frames that came are verified and committed with content, leaf and what the caller adds (`apply`).

A frame that came before changes nothing: its first receipt stands. A frame in its place whose content is refused takes
its sequence as `refused`; anything else that is wrong takes no sequence, and may be answered with
`receipts.sign_rejection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from entente.exchange import atrest
from entente.exchange.channel import Apply, Channel, frame_row, note_pieces
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.channel_fork import write_fork
from entente.exchange.channel_state import check_open, suspensions_after
from entente.exchange.errors import ChannelError, ExchangeError, ForkError, ReplayError, SequenceGapError
from entente.exchange.frame import FIRST, Parts, digest, split
from entente.exchange.ledger import restore
from entente.exchange.messages.standing import check_references
from entente.exchange.opening import Opened, open_parts, verify_frame
from entente.exchange.receipts import SENT, SUCCESSION, TAKEN, Entry, parse_entry, refused_act
from entente.exchange.sealing import Position
from entente.exchange.store import Book, Message, Transaction, UnitOfWork, Way

_KEY_CHANGE = "key-change"


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
    (found,) = receive_all(uow, channel, [data], at, apply)
    if isinstance(found, ExchangeError):
        raise found
    return found


def receive_all(
    uow: UnitOfWork, channel: Channel, frames: Sequence[bytes], at: datetime, apply: Apply | None = None
) -> Sequence[Message | ExchangeError]:
    """Commit frames that came, in one transaction; what is wrong with one does not undo the others.

    The arguments are those of `receive`. `apply` is called for each accepted message, in order, when all rows are
    there. Nothing behind a gap, a fork or a change of keys is looked at: what comes behind a change may be signed with
    the new keys, which this `channel` does not have yet. It comes again.

    Returns:
        For each frame that was looked at its row, or why it was not taken.

    Raises:
        RestoreError: the node came back from a backup and takes nothing yet.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states(), tx.book().ledger)
        work = _Work(tx, channel, tx.book())
        found: list[Message | ExchangeError] = []
        for data in frames:
            found.append(_receive_one(work, data, at))
            if isinstance(found[-1], SequenceGapError | WrongdoingError) or work.changes_keys:
                break
        work.commit(uow)
        for opened in work.accepted:
            if apply is not None:
                apply(tx, opened)
    return found


class _Work:
    """What a transaction has done so far and not written yet.

    The book is written once, the rows, keys and ciphertext each at once: a wait for the disk is dear.
    """

    def __init__(self, tx: Transaction, channel: Channel, book: Book) -> None:
        self.tx, self.channel, self.book = tx, channel, book
        self.rows: dict[int, Message] = {}
        self.accepted: list[Opened] = []
        self.senders: dict[str, str] = {}
        self._first = tx.leaves.size()
        self._entries: list[bytes] = []
        self._keys: dict[str, bytes] = {}
        self._locked: list[bytes] = []

    @property
    def changes_keys(self) -> bool:
        """Whether what was accepted last changes the peer's keys."""
        return bool(self.accepted) and self.accepted[-1].content.header.type == _KEY_CHANGE

    def sender_of(self, content: str) -> str | None:
        """The sender of a content, those of this transaction included."""
        return self.senders.get(content) or self.tx.sender_of(content)

    def leaf(self, entry: Entry) -> int:
        """The index that an entry gets."""
        self._entries.append(entry.encode())
        return self._first + len(self._entries) - 1

    def lock(self, opened: Opened) -> str:
        """Lock an accepted content; the digest of its ciphertext."""
        key, locked = atrest.lock(opened.content, self.channel.random)
        self._keys[opened.content.id] = key
        self._locked.append(locked)
        return digest(locked)

    def commit(self, uow: UnitOfWork) -> None:
        """Make the ciphertext durable, then write what names it."""
        if not self.rows:
            return
        uow.blobs.put_all(self._locked)
        self.tx.add_leaves(self._entries)
        self.tx.put_keys(self._keys)
        self.tx.put_messages(list(self.rows.values()))
        for opened in self.accepted:
            note_pieces(self.tx, Way.TAKEN, opened.content)
        self.tx.save(self.book)


def _receive_one(work: _Work, data: bytes, at: datetime) -> Message | ExchangeError:
    before = work.book
    try:
        parts = split(data)
        _check_channel(parts, work.channel)
        if known := _known(work, parts.frame.sequence):
            if known.frame != parts.envelope.id:
                _accuse(work.channel, data, at, known)
            return known
        return _take(work, data, parts, at)
    except ExchangeError as error:
        work.book = before
        return error


def _known(work: _Work, sequence: int) -> Message | None:
    if sequence > work.book.taken.sequence:
        return None
    return work.rows.get(sequence) or work.tx.message(Way.TAKEN, sequence)


def _check_channel(parts: Parts, channel: Channel) -> None:
    if {parts.header.channel, parts.frame.channel} != {channel.peer.channel}:
        raise ChannelError(f"The message is not of the channel with {channel.peer.name}.")


def _take(work: _Work, data: bytes, parts: Parts, at: datetime) -> Message:
    """Take the frame in its place, accepted or refused; raise what is wrong if the frame itself is not good."""
    try:
        opened = _open(work, parts, at)
        suspensions = suspensions_after(work.book.suspensions, opened.content)
    except ExchangeError as error:
        _check_refusable(work, data, at, error)
        return _put(work, parts, at, None, error.code)
    work.book = replace(work.book, suspensions=suspensions)
    return _put(work, parts, at, opened, "")


def _open(work: _Work, parts: Parts, at: datetime) -> Opened:
    channel, book = work.channel, work.book
    opened = open_parts(
        parts,
        me=channel.me,
        peer=channel.peer,
        place=book.taken,
        at=at,
        suites=channel.suites,
        types=channel.types,
    )
    if work.sender_of(opened.content.id) is not None:
        raise ReplayError("The content was taken before, in another frame.")
    check_references(opened.content, work.sender_of)
    own = [entry for entry in book.suspensions if entry.by == channel.peer.name]
    check_open(own, opened.content, at)
    return opened


def _check_refusable(work: _Work, data: bytes, at: datetime, error: ExchangeError) -> None:
    """Return if the frame is the peer's and in its place, so that a refusal of its content takes its sequence."""
    channel, place = work.channel, work.book.taken
    try:
        verify_frame(data, me=channel.me, peer=channel.peer, place=place, at=at, suites=channel.suites)
    except ForkError:
        last = _known(work, place.sequence)
        if last is not None:
            _accuse(channel, data, at, last)
        raise
    except ExchangeError:
        raise error from None


def _put(work: _Work, parts: Parts, at: datetime, opened: Opened | None, refused: str) -> Message:
    """The row of a frame. One that was taken before a restore keeps its leaf, and stays refused if it was."""
    leaf, before = _recovered(work, parts)
    if before is None:
        leaf = work.leaf(Entry(refused_act(refused) if refused else TAKEN, parts.envelope.payload))
    refused = refused or (before.refused if before else "")
    kind, blob = "", ""
    if opened is not None and not refused:
        kind, blob = opened.content.header.type, work.lock(opened)
        work.accepted.append(opened)
        work.senders[opened.content.id] = work.channel.peer.name
    row = frame_row(Way.TAKEN, parts, work.channel.peer.name, kind, leaf, at, blob=blob, refused=refused)
    work.rows[row.sequence] = row
    work.book = replace(work.book, taken=Position(row.sequence, row.frame))
    return row


_LOOK = 64


def _recovered(work: _Work, parts: Parts) -> tuple[int, Entry | None]:
    """The leaf that a frame got before the node was lost, if it had one. Frames come again in the order of leaves."""
    start, stop = work.book.recovered
    while start < stop:
        for data in work.tx.leaves.entries(start, min(start + _LOOK, stop)):
            entry = parse_entry(data)
            if entry.act not in {SENT, SUCCESSION} and entry.frame.sequence >= parts.frame.sequence:
                return _same(work, start, entry, parts)
            start += 1
    return 0, None


def _same(work: _Work, index: int, entry: Entry, parts: Parts) -> tuple[int, Entry | None]:
    if entry.frame.sequence != parts.frame.sequence:
        return 0, None
    if entry.payload != parts.envelope.payload:
        raise ForkError("This node's own log holds another frame with this sequence.")
    work.book = replace(work.book, recovered=(index + 1, work.book.recovered[1]))
    return index, entry


def _accuse(channel: Channel, data: bytes, at: datetime, known: Message) -> None:
    """Raise that the peer signed two histories, if it did; the frame stands beside one that was taken."""
    parts = split(data)
    place = Position(parts.frame.sequence - 1, parts.frame.previous if parts.frame.sequence > 1 else FIRST)
    verify_frame(data, me=channel.me, peer=channel.peer, place=place, at=at, suites=channel.suites)
    evidence = write_fork(known.signed, parts.envelope.as_bytes())
    raise WrongdoingError(f"{channel.peer.name} signed two histories of the channel.", "frame-fork", evidence)
