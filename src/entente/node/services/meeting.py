"""Meetings: what a node gives a peer, and what it takes in, by network or on a medium.

What a function returns is committed, and its ciphertext durable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import cast

from entente.exchange import bundle, outbox
from entente.exchange.channel import Apply, Channel, settle
from entente.exchange.channel_errors import BundleError, WrongdoingError
from entente.exchange.channel_parcel import Parcel, Report, pack, take
from entente.exchange.channel_taking import receive_all
from entente.exchange.errors import ExchangeError
from entente.exchange.opening import Opened
from entente.exchange.receipts import open_rejection, sign_rejection
from entente.exchange.store import Message, Transaction, Way
from entente.node.errors import PairingError
from entente.node.services import accepting, peers
from entente.node.services.desk import following
from entente.node.services.parts import Parts
from entente.node.store import models
from entente.node.store.transaction import ChannelTransaction

Also = Callable[[ChannelTransaction, Opened], None]
"""What else is committed with an accepted message."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """The answer to one frame: a receipt or a rejection.

    Attributes:
        message: its row; None if it took no sequence.
        receipt: signed proof that this node's log holds it, accepted or refused.
        rejection: a signed note that the bytes were not taken.
        error: why, in words for the person here.
    """

    message: Message | None = None
    receipt: bytes | None = None
    rejection: bytes | None = None
    error: ExchangeError | None = None


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file for a medium.

    Attributes:
        data: its bytes.
        messages, receipts, pieces: how many are in it; pieces are those of attachments.
        waiting: messages that have no receipt yet and are not in it.
    """

    data: bytes
    messages: int
    receipts: int
    pieces: int
    waiting: int


_BUNDLE_FRAMES = 1024
_BUNDLE_BYTES = 96 * 1024 * 1024
"""The most bytes of frames in a bundle, and of pieces; both are in memory (`bundle.LIMIT`)."""


def deliver(parts: Parts, name: str, frames: Sequence[bytes], also: Also | None = None) -> list[Delivered]:
    """Take frames in their order, and answer each with a signed receipt or a signed rejection.

    Frames behind a gap or a fork are not looked at and have no answer: they come again.

    Raises:
        WrongdoingError: the peer signed two histories; the evidence is stored, and what was taken before it is kept.
        RestoreError: this node came back from a backup, and takes and signs nothing yet.
        PairingError: no confirmed peer.
    """
    with _witnessed(parts, name):
        found = _receive(parts, name, frames, also)
        end = peers.channel(parts, name)
        settle(parts.uow, end)
        with parts.uow.transaction(end.id):
            answers = [_answer(parts, end, data, one) for data, one in zip(frames, found, strict=False)]
        for one in found:
            if isinstance(one, WrongdoingError):
                raise one
    return answers


def _receive(parts: Parts, name: str, frames: Sequence[bytes], also: Also | None) -> list[Message | ExchangeError]:
    """After a change of keys, the channel is built anew: what comes behind is judged by the new keys."""
    found: list[Message | ExchangeError] = []
    while len(found) < len(frames):
        end = peers.channel(parts, name)
        found += receive_all(parts.uow, end, frames[len(found) :], parts.clock(), _apply(parts, also))
        if not _changed_keys(found):
            break
    return found


def _changed_keys(found: Sequence[Message | ExchangeError]) -> bool:
    return bool(found) and isinstance(found[-1], Message) and found[-1].type == accepting.KEY_CHANGE


def _answer(parts: Parts, end: Channel, data: bytes, found: Message | ExchangeError) -> Delivered:
    with parts.uow.transaction(end.id) as tx:
        if isinstance(found, Message):
            return Delivered(found, tx.receipts(Way.TAKEN, found.sequence, found.sequence + 1)[found.sequence])
        note = sign_rejection(data, found.code, parts.clock(), end.log)
        tx.put_rejection(Way.TAKEN, open_rejection(note, end.log.key), note)
    return Delivered(rejection=note, error=found)


def _apply(parts: Parts, also: Also | None) -> Apply:
    def apply(tx: Transaction, opened: Opened) -> None:
        inner = cast("ChannelTransaction", tx)  # the node's unit of work gives no other
        accepting.peer_act(inner, opened, parts.clock())
        if also is not None:
            also(inner, opened)

    return apply


def give(parts: Parts, name: str, **most: int) -> Parcel:
    """What to give a peer now: contact, frames, receipts. New entries of the log are signed first.

    Args:
        parts: the node.
        name: the peer.
        most: see `channel_parcel.pack`.
    """
    return pack(parts.uow, peers.channel(parts, name), **most)


def take_in(parts: Parts, name: str, parcel: Parcel, also: Also | None = None) -> Report:
    """Take in what a peer gave. A parcel may come any number of times.

    Raises:
        WrongdoingError: the peer signed what proves that it broke its word; the evidence is stored.
        ExchangeError: the contact is not good; nothing was taken.
        PairingError: no confirmed peer.
    """
    with _witnessed(parts, name):
        report = _take(parts, name, parcel, also)
        while _changed_keys(report.taken) and (rest := parcel.frames[len(report.taken) + len(report.rejections) :]):
            report = _added(report, _take(parts, name, replace(parcel, frames=rest, receipts=()), also))
    models.Channel.objects.using(parts.alias).filter(peer_id=name).update(met=parts.clock())
    following.follow(parts, name)
    return report


def _take(parts: Parts, name: str, parcel: Parcel, also: Also | None) -> Report:
    return take(parts.uow, peers.channel(parts, name), parcel, parts.clock(), _apply(parts, also))


def _added(one: Report, two: Report) -> Report:
    return replace(
        one,
        taken=one.taken + two.taken,
        rejections=one.rejections + two.rejections,
        errors=one.errors + two.errors,
    )


def pull(parts: Parts, name: str, after: int, **most: int) -> tuple[bytes, ...]:
    """Frames behind a sequence that a signed checkpoint covers, for a peer that misses them."""
    return outbox.pull(parts.uow, peers.channel(parts, name), after, **most)


def contact(parts: Parts, name: str) -> tuple[bytes, bytes | None]:
    """What this node shows a peer now, and the note over it: see `channel_contact`."""
    parcel = give(parts, name, most=1)
    return parcel.contact, parcel.note


def make_bundle(parts: Parts, name: str, *, attachments: bool = True) -> Bundle:
    """What to give a peer now, as a file for a medium, with as much of the attachments as there is room for.

    Args:
        parts: the node.
        name: the peer.
        attachments: whether pieces of attachments go with it.
    """
    end = peers.channel(parts, name)
    room = _BUNDLE_BYTES if attachments else 0
    parcel = pack(parts.uow, end, most=_BUNDLE_FRAMES, most_bytes=_BUNDLE_BYTES, piece_bytes=room)
    data = bundle.write_bundle(parcel, channel=end.id, sender=parts.name, recipient=name)
    waiting = models.Outgoing.objects.using(parts.alias).filter(channel__name=end.id).count()
    counts = (len(parcel.frames), len(parcel.receipts), len(parcel.pieces))
    return Bundle(data, *counts, waiting=max(0, waiting - len(parcel.frames)))


def export_bundle(parts: Parts, name: str) -> bytes:
    """The bytes of `make_bundle`."""
    return make_bundle(parts, name).data


def import_bundle(parts: Parts, data: bytes, also: Also | None = None) -> tuple[str, Report]:
    """Take in a file from a medium; returns from whom it is, and what became of it.

    Raises:
        BundleError: damaged, or of no confirmed peer.
        ExchangeError: as `take_in`.
    """
    end, parcel = _read_bundle(parts, data)
    return end.peer.name, take_in(parts, end.peer.name, parcel, also)


def _read_bundle(parts: Parts, data: bytes) -> tuple[Channel, Parcel]:
    refusal: BundleError | None = None
    for peer in peers.all_peers(parts):
        if peer.state == "confirmed":
            end = peers.channel(parts, peer.card.name)
            try:
                parcel = bundle.read_bundle(data, channel=end.id, sender=end.peer.name, recipient=parts.name)
            except BundleError as error:
                refusal = error
            else:
                return end, parcel
    raise refusal or PairingError("No peer is confirmed.", remedy="Pair with the peer first: entente peer invite FILE")


@contextmanager
def _witnessed(parts: Parts, name: str) -> Iterator[None]:
    """Store the evidence of a wrong that is proven inside, in a transaction of its own, before it is raised on."""
    try:
        yield
    except WrongdoingError as error:
        channel = models.Channel.objects.using(parts.alias).get(peer_id=name)
        models.EvidenceFile.objects.using(parts.alias).get_or_create(
            digest=hashlib.sha256(error.evidence).hexdigest(),
            defaults={"channel": channel, "kind": error.kind, "data": error.evidence, "at": parts.clock()},
        )
        raise
