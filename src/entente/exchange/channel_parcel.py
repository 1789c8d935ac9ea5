"""What travels at one meeting, by network or on a medium: a contact, frames, and receipts for what came before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from entente.exchange.channel import Apply, Channel, settle
from entente.exchange.channel_contact import MOST_ENTRIES, Contact, make_contact, read_contact, take_contact
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.channel_restore import take_report
from entente.exchange.channel_taking import receive_all
from entente.exchange.errors import ExchangeError
from entente.exchange.ledger import restore
from entente.exchange.ledger.contact import Outcome
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.outbox import MOST, MOST_BYTES, acknowledge_all, pull, ready
from entente.exchange.receipts import sign_rejection
from entente.exchange.store import Message, UnitOfWork, Way


@dataclass(frozen=True, slots=True)
class Parcel:
    """The bytes of one meeting.

    Attributes:
        contact, note: see `channel_contact`.
        frames: messages, in order.
        receipts: by the sequence of the frame they are for.
    """

    contact: bytes
    note: bytes | None
    frames: tuple[bytes, ...] = ()
    receipts: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a parcel.

    Attributes:
        outcome: of the contact.
        taken: the rows of its frames, old ones included.
        receipts: sequences whose receipt was taken in.
        rejections: signed, for frames that took no sequence.
        errors: what was wrong with frames and receipts, in words for the person here.
    """

    outcome: Outcome
    taken: tuple[Message, ...] = ()
    receipts: tuple[int, ...] = ()
    rejections: tuple[bytes, ...] = ()
    errors: tuple[ExchangeError, ...] = ()


def pack(
    uow: UnitOfWork,
    channel: Channel,
    *,
    most: int = MOST,
    most_bytes: int = MOST_BYTES,
    most_entries: int = MOST_ENTRIES,
) -> Parcel:
    """What to give the peer now. A restored node gives a contact only, without a signature.

    Args:
        uow: the store.
        channel: the channel.
        most: frames, and receipts.
        most_bytes: of all frames; one frame is given in any case.
        most_entries: of each log.
    """
    with uow.transaction(channel.id) as tx:
        waits = any(not isinstance(state, restore.Signing) for state in tx.states())
    if waits:
        return Parcel(*make_contact(uow, channel))
    settle(uow, channel)
    contact, note = make_contact(uow, channel, most=most_entries)
    frames = _frames(uow, channel, most, most_bytes)
    return Parcel(contact, note, frames, _receipts(uow, channel, most))


def take(uow: UnitOfWork, channel: Channel, parcel: Parcel, at: datetime, apply: Apply | None = None) -> Report:
    """Take in a parcel; each step is a transaction, so a parcel that was cut off is simply taken in again.

    Raises:
        WrongdoingError: the peer signed what proves that it broke its word.
        ExchangeError: the contact is not good; nothing was taken.
    """
    contact = read_contact(parcel.contact, parcel.note, channel.peer_log)
    outcome = _meet(uow, channel, contact, at)
    report = _take_receipts(uow, channel, parcel, Report(outcome))
    if not parcel.frames:
        return report
    try:
        found = receive_all(uow, channel, parcel.frames, at, apply)
    except RestoreError as error:  # it takes nothing yet, and signs no rejection either: the frames come again
        return replace(report, errors=(*report.errors, error))
    errors = tuple(one for one in found if isinstance(one, ExchangeError))
    _raise_wrongdoing(errors)
    taken = tuple(one for one in found if isinstance(one, Message))
    rejections = tuple(
        sign_rejection(data, one.code, at, channel.log)
        for data, one in zip(parcel.frames, found, strict=False)  # nothing behind a gap was looked at
        if isinstance(one, ExchangeError)
    )
    return replace(report, taken=taken, rejections=rejections, errors=(*report.errors, *errors))


def _meet(uow: UnitOfWork, channel: Channel, contact: Contact, at: datetime) -> Outcome:
    with uow.transaction(channel.id) as tx:
        waits = isinstance(tx.book().ledger, restore.Restored)
    if waits:
        take_report(uow, channel, contact)
    with uow.transaction(channel.id) as tx:
        still = any(not isinstance(state, restore.Signing) for state in tx.states())
    return Outcome.CONSISTENT if still else take_contact(uow, channel, contact, at)


def _frames(uow: UnitOfWork, channel: Channel, most: int, most_bytes: int) -> tuple[bytes, ...]:
    """From where the peer stands; a peer back from a backup is given again what it gave receipts for."""
    with uow.transaction(channel.id) as tx:
        taken, queued = tx.book().asked.taken, tx.queued(1)
    if queued and queued[0] <= taken + 1:
        return ready(uow, channel, most=most, most_bytes=most_bytes)
    return pull(uow, channel, taken, most=most, most_bytes=most_bytes)


def _receipts(uow: UnitOfWork, channel: Channel, most: int) -> tuple[tuple[int, bytes], ...]:
    with uow.transaction(channel.id) as tx:
        start = tx.book().asked.receipted + 1
        return tuple(sorted(tx.receipts(Way.TAKEN, start, start + most).items()))


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
