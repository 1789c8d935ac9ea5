"""What travels at one meeting, by network or on a medium: a contact, frames, and receipts for what came before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from entente.exchange.channel import Apply, Channel, settle
from entente.exchange.channel_contact import MOST_ENTRIES, Contact, make_contact, read_contact, take_contact
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.channel_pieces import give_pieces, take_piece
from entente.exchange.channel_restore import take_report
from entente.exchange.channel_taking import receive_all
from entente.exchange.errors import ExchangeError
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.contact import Outcome
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.outbox import MOST, MOST_BYTES, acknowledge_all, pull, ready
from entente.exchange.receipts import Rejection, open_rejection, sign_rejection
from entente.exchange.store import Message, UnitOfWork, Way

MOST_REJECTIONS = 16


@dataclass(frozen=True, slots=True)
class Parcel:
    """The bytes of one meeting.

    Attributes:
        contact, note: see `channel_contact`.
        frames: messages, in order.
        receipts: by the sequence of the frame they are for.
        rejections: signed notes, for bytes that took no sequence; the last ones, however often they were given.
        pieces: ciphertext of attachments; by network they are fetched one by one instead.
    """

    contact: bytes
    note: bytes | None
    frames: tuple[bytes, ...] = ()
    receipts: tuple[tuple[int, bytes], ...] = ()
    rejections: tuple[bytes, ...] = ()
    pieces: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a parcel.

    Attributes:
        outcome: of the contact.
        taken: the rows of its frames, old ones included.
        receipts: sequences whose receipt was taken in.
        rejections: signed, for frames that took no sequence; they are kept for the next parcel, too.
        pieces: how many pieces of attachments were taken in.
        rejected: what the peer rejected of the bytes that reached it, and what was not known yet.
        errors: what was wrong with frames and receipts, in words for the person here.
    """

    outcome: Outcome
    taken: tuple[Message, ...] = ()
    receipts: tuple[int, ...] = ()
    rejections: tuple[bytes, ...] = ()
    pieces: int = 0
    rejected: tuple[Rejection, ...] = ()
    errors: tuple[ExchangeError, ...] = ()


def pack(
    uow: UnitOfWork,
    channel: Channel,
    *,
    most: int = MOST,
    most_bytes: int = MOST_BYTES,
    most_entries: int = MOST_ENTRIES,
    piece_bytes: int = 0,
) -> Parcel:
    """What to give the peer now. A restored node gives a contact only, without a signature.

    Args:
        uow: the store.
        channel: the channel.
        most: frames, and receipts.
        most_bytes: of all frames; one frame is given in any case.
        most_entries: of each log.
        piece_bytes: of pieces of attachments: those that the peer asked for, then those of the frames.
    """
    if _waits(uow, channel):
        return Parcel(*make_contact(uow, channel))
    settle(uow, channel)
    contact, note = make_contact(uow, channel, most=most_entries)
    frames = _frames(uow, channel, most, most_bytes)
    return Parcel(
        contact=contact,
        note=note,
        frames=frames,
        receipts=_receipts(uow, channel, most),
        rejections=_rejections(uow, channel),
        pieces=give_pieces(uow, channel, frames, piece_bytes) if piece_bytes else (),
    )


def take(uow: UnitOfWork, channel: Channel, parcel: Parcel, at: datetime, apply: Apply | None = None) -> Report:
    """Take in a parcel; each step is a transaction, so a parcel that was cut off is simply taken in again.

    Raises:
        WrongdoingError: the peer signed what proves that it broke its word.
        ExchangeError: the contact is not good; nothing was taken.
    """
    contact = read_contact(parcel.contact, parcel.note, channel.peer_log)
    try:
        outcome = _meet(uow, channel, contact, at)
    except RestoreError as error:  # this node waits on; what it gives back tells the peer what it lacks
        return Report(Outcome.BEHIND, errors=(error,))
    if _waits(uow, channel):
        return Report(outcome)
    report = _take_receipts(uow, channel, parcel, Report(outcome))
    report = _take_rejections(uow, channel, parcel, report)
    report = _take_frames(uow, channel, parcel, report, at, apply)
    return replace(report, pieces=sum(take_piece(uow, channel, piece) for piece in parcel.pieces))


def _take_frames(
    uow: UnitOfWork, channel: Channel, parcel: Parcel, report: Report, at: datetime, apply: Apply | None
) -> Report:
    if not parcel.frames:
        return report
    try:
        found = receive_all(uow, channel, parcel.frames, at, apply)
    except RestoreError as error:  # it takes nothing yet, and signs no rejection either: the frames come again
        return replace(report, errors=(*report.errors, error))
    errors = tuple(one for one in found if isinstance(one, ExchangeError))
    _raise_wrongdoing(errors)
    taken = tuple(one for one in found if isinstance(one, Message))
    # Nothing behind a gap was looked at, so there may be more frames than answers.
    wrong = [(data, one) for data, one in zip(parcel.frames, found, strict=False) if isinstance(one, ExchangeError)]
    rejections = _reject(uow, channel, wrong, at)
    return replace(report, taken=taken, rejections=rejections, errors=(*report.errors, *errors))


def _reject(
    uow: UnitOfWork, channel: Channel, wrong: Sequence[tuple[bytes, ExchangeError]], at: datetime
) -> tuple[bytes, ...]:
    if not wrong:
        return ()
    notes = tuple(sign_rejection(data, error.code, at, channel.log) for data, error in wrong)
    with uow.transaction(channel.id) as tx:
        for note in notes:
            tx.put_rejection(Way.TAKEN, open_rejection(note, channel.log.key), note)
    return notes


def _meet(uow: UnitOfWork, channel: Channel, contact: Contact, at: datetime) -> Outcome:
    with uow.transaction(channel.id) as tx:
        restored = isinstance(tx.book().ledger, restore.Restored)
    if restored:
        take_report(uow, channel, contact)
    return Outcome.CONSISTENT if _waits(uow, channel) else take_contact(uow, channel, contact, at)


def _waits(uow: UnitOfWork, channel: Channel) -> bool:
    """Whether nothing is taken and signed: a log of this node is restored, or this one is being succeeded."""
    with uow.transaction(channel.id) as tx:
        return restore.waits(tx.states(), tx.book().ledger)


def _frames(uow: UnitOfWork, channel: Channel, most: int, most_bytes: int) -> tuple[bytes, ...]:
    """From where the peer stands; a peer back from a backup is given again what it gave receipts for."""
    with uow.transaction(channel.id) as tx:
        book, queued = tx.book(), tx.queued(1)
    taken = book.asked.taken
    if book.seen and book.asked.entries < open_checkpoint(book.seen, channel.peer_log).head.size:
        return ()  # it takes nothing before it has its own entries back
    if queued and queued[0] <= taken + 1:
        return ready(uow, channel, most=most, most_bytes=most_bytes)
    return pull(uow, channel, taken, most=most, most_bytes=most_bytes)


def _receipts(uow: UnitOfWork, channel: Channel, most: int) -> tuple[tuple[int, bytes], ...]:
    with uow.transaction(channel.id) as tx:
        start = tx.book().asked.receipted + 1
        return tuple(sorted(tx.receipts(Way.TAKEN, start, start + most).items()))


def _rejections(uow: UnitOfWork, channel: Channel) -> tuple[bytes, ...]:
    with uow.transaction(channel.id) as tx:
        return tuple(tx.rejections(Way.TAKEN, MOST_REJECTIONS))


def _take_rejections(uow: UnitOfWork, channel: Channel, parcel: Parcel, report: Report) -> Report:
    if not parcel.rejections:
        return report
    try:
        found = [(open_rejection(note, channel.peer_log), note) for note in parcel.rejections[:MOST_REJECTIONS]]
    except ExchangeError as error:
        return replace(report, errors=(*report.errors, error))
    with uow.transaction(channel.id) as tx:
        known = set(tx.rejections(Way.SENT, 4 * MOST_REJECTIONS))
        new = [(rejection, note) for rejection, note in found if note not in known]
        for rejection, note in new:
            tx.put_rejection(Way.SENT, rejection, note)
    return replace(report, rejected=tuple(rejection for rejection, _ in new))


def _take_receipts(uow: UnitOfWork, channel: Channel, parcel: Parcel, report: Report) -> Report:
    found = list(zip(parcel.receipts, acknowledge_all(uow, channel, parcel.receipts), strict=True))
    errors = tuple(one for _, one in found if isinstance(one, ExchangeError))
    _raise_wrongdoing(errors)
    good = tuple(sequence for (sequence, _), one in found if not isinstance(one, ExchangeError))
    return replace(report, receipts=good, errors=errors)


def _raise_wrongdoing(errors: Iterable[ExchangeError]) -> None:
    for error in errors:
        if isinstance(error, WrongdoingError):
            raise error
