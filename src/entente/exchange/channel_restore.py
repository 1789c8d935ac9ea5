"""A node back from a backup: its logs wait for the peers, take back what they saw, and go on from there.

`begin` marks every log of the node. Until every peer has shown, in a signed contact, the largest checkpoint that it
cosigned and the entries up to it, nothing is signed, sent or taken (`restore.check_node`). Frames that were taken after
the backup are pulled again; they get the leaves that they had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from entente.exchange import dsse
from entente.exchange.channel import Channel
from entente.exchange.channel_contact import Contact, reminded
from entente.exchange.frame import PAYLOAD_TYPE
from entente.exchange.ledger import restore
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.ledger.proofs import verify_consistency
from entente.exchange.ledger.tree import EMPTY, CompactRange, TreeHead, leaf_hash
from entente.exchange.receipts import SENT, parse_entry
from entente.exchange.sealing import Position
from entente.exchange.store import Book, Transaction, UnitOfWork, Way


def begin(uow: UnitOfWork, channels: Iterable[Channel]) -> None:
    """Mark all logs of this node as restored."""
    for channel in channels:
        with uow.transaction(channel.id) as tx:
            book, size = tx.book(), tx.leaves.size()
            peers = {channel.peer.name: channel.peer_cosigner}
            head = book.ledger.head if isinstance(book.ledger, restore.Signing) else _heads(tx, [size])[size]
            waiting = restore.restored(channel.log.key, head, peers)
            tx.save(replace(book, ledger=waiting, held_size=0, held_peaks=()))


def take_report(uow: UnitOfWork, channel: Channel, contact: Contact) -> None:
    """Take in what the peer saw of this node's log, and put the log in order.

    Args:
        uow: the store.
        channel: a channel whose log waits.
        contact: from `read_contact`, with a note.

    Entries come in parts; until they are all there the log waits on.

    Raises:
        ProofError: a part of the entries is not of what this log had signed.
        RestoreError: the log does not wait, the report does not fit, or what was sent last is lost on both sides; a
            person then signs a succession.
        LedgerError: a checkpoint is not this log's or not cosigned.
    """
    with uow.transaction(channel.id) as tx:
        book = tx.book()
        if not isinstance(book.ledger, restore.Restored) or contact.checkpoint is None:
            raise RestoreError("This log waits for no report, or this is none.", remedy="Exchange contacts as usual.")
        state = restore.report(book.ledger, channel.peer.name, contact.cosigned)
        before = tx.leaves.size()
        _append_back(tx, contact, before)
        size = tx.leaves.size()
        book = replace(reminded(book, channel, contact), recovered=_recovered(book, before, size), asked=contact.ask)
        if before < size < state.goal.size:
            held = _held(tx, book, size)
            verify_consistency(contact.back_proof, held.head(), state.goal)
            # The rest comes with the next contacts.
            tx.save(replace(book, ledger=state, held_size=held.size, held_peaks=held.peaks))
            return
        heads = _heads(tx, {size, *(head.size for head in (state.head, state.goal, *state.reports.values()))})
        ledger = restore.resumed(state, size, heads.__getitem__)
        # Leaves that are committed and were never signed are kept, and stay unsigned until the next `settle`.
        ledger = replace(ledger, head=heads[state.goal.size])
        book = replace(book, held_size=0, held_peaks=())
        sent = _last_sent(tx, book)
        _check_not_lost(tx, sent, contact)
        tx.save(replace(book, ledger=ledger, sent=sent, checkpoint=None))


def _recovered(book: Book, before: int, size: int) -> tuple[int, int]:
    """The leaves whose frames are still to be taken again, from this restore and from one before it."""
    start, stop = book.recovered
    return (start if start < stop else before), size


def _append_back(tx: Transaction, contact: Contact, before: int) -> None:
    if contact.back and contact.back_start <= before:
        fresh = contact.back[before - contact.back_start :]
        for entry in fresh:
            parse_entry(entry)
        tx.add_leaves(fresh)


_SPAN = 10_000
"""Entries that are in memory at once."""


def _entries(tx: Transaction, start: int, stop: int) -> Iterator[bytes]:
    for at in range(start, stop, _SPAN):
        yield from tx.leaves.entries(at, min(at + _SPAN, stop))


def _held(tx: Transaction, book: Book, size: int) -> CompactRange:
    """The tree over the entries that are here; only those that came since the last part are hashed."""
    tree = CompactRange(book.held_size, book.held_peaks)
    for data in _entries(tx, tree.size, size):
        tree.append(leaf_hash(data))
    return tree


def _heads(tx: Transaction, sizes: Iterable[int]) -> dict[int, TreeHead]:
    """The states of the entries at some sizes, as far as there are so many, in one reading."""
    found, tree = {0: EMPTY}, CompactRange()
    for size in sorted(size for size in set(sizes) if size <= tx.leaves.size()):
        for data in _entries(tx, tree.size, size):
            tree.append(leaf_hash(data))
        found[size] = tree.head()
    return found


def _last_sent(tx: Transaction, book: Book) -> Position:
    last = book.sent
    for data in _entries(tx, 0, tx.leaves.size()):
        entry = parse_entry(data)
        if entry.act == SENT and entry.frame.sequence > last.sequence:
            last = Position(entry.frame.sequence, dsse.Envelope(PAYLOAD_TYPE, entry.payload).id)
    return last


def _check_not_lost(tx: Transaction, sent: Position, contact: Contact) -> None:
    lost = [
        number for number in range(contact.ask.taken + 1, sent.sequence + 1) if tx.message(Way.SENT, number) is None
    ]
    if lost:
        raise RestoreError(
            f"The frames {lost[0]} to {lost[-1]} were signed, but neither side has them.",
            remedy="Sign a succession of the log; the peer confirms it.",
        )
