"""Inwards: bytes from a stranger become a verified object, or an exception; there is nothing between.

No input or output, no clock, no store: what was pinned about the peer, this node's keys, the last frame taken and the
time are arguments. The order of checks is the order of cost and of trust: form and sizes, recipient, suite, the
node's signature, the place in the channel, then opening, the officers' signatures, and the message type last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entente.exchange import officers
from entente.exchange.content import Checker, Content, read_content
from entente.exchange.dsse import Envelope
from entente.exchange.errors import (
    ChannelError,
    ForkError,
    ForwardedError,
    ReplayError,
    SealError,
    SequenceGapError,
    SignatureError,
    SuiteError,
    WrongRecipientError,
)
from entente.exchange.frame import Frame, FrameHeader, Parts, digest, info, split
from entente.exchange.keys import KeyRecord, Role, Use
from entente.exchange.parties import Peer, Self
from entente.exchange.sealing import Position
from entente.exchange.suites import Suites


@dataclass(frozen=True, slots=True)
class Opened:
    """A message that was verified in every respect.

    Attributes:
        content: what was said.
        frame: its place in the channel.
        frame_id: the id of the frame.
        officers: the keys of the officers who released it.
        node: the key of the node that sent it.
        position: the place to remember for the next frame.
    """

    content: Content
    frame: Frame
    frame_id: str
    officers: tuple[KeyRecord, ...]
    node: KeyRecord
    position: Position


def open_message(
    data: bytes,
    *,
    me: Self,
    peer: Peer,
    place: Position,
    at: datetime,
    suites: Suites,
    types: Checker,
) -> Opened:
    """Verify and open a message.

    Args:
        data: the bytes as they came.
        me: this node.
        peer: the authority that is expected to have sent it.
        place: the last frame that was taken from it.
        at: the time of arrival; for history, by when the bytes are proven to have existed.
        suites: what this node has.
        types: the message types.

    Raises:
        ExchangeError: the first thing that is wrong; its class and code say what.
    """
    return open_parts(split(data), me=me, peer=peer, place=place, at=at, suites=suites, types=types)


def open_parts(
    parts: Parts, *, me: Self, peer: Peer, place: Position, at: datetime, suites: Suites, types: Checker
) -> Opened:
    """The same for a message that is split already."""
    _check_header(parts.header, me, peer)
    node = _check_frame(parts, peer, suites, at)
    _check_place(parts.frame, parts.envelope.id, place)
    content = _unseal(parts, me, suites, peer)
    _check_meant(content, parts, me)
    released = officers.verify(content, peer, suites, at)
    types.check(content)
    frame_id = parts.envelope.id
    return Opened(content, parts.frame, frame_id, released, node, Position(parts.frame.sequence, frame_id))


def verify_frame(data: bytes, *, me: Self, peer: Peer, place: Position, at: datetime, suites: Suites) -> Parts:
    """The parts of a message whose frame is the peer's and in its place, whatever is sealed in it.

    Who refuses such a content can say so under the frame's own sequence; the arguments are those of `open_message`.

    Raises:
        ExchangeError: the frame is another's, was changed, or is not the next one.
    """
    parts = split(data)
    _check_addressed(parts.header, me, peer)
    _check_frame(parts, peer, suites, at)
    _check_place(parts.frame, parts.envelope.id, place)
    return parts


def _check_header(header: FrameHeader, me: Self, peer: Peer) -> None:
    _check_addressed(header, me, peer)
    if header.key not in me.keys:
        raise SealError("The message is sealed to a key that this node does not have, or no longer has.")
    if me.keys[header.key].record.suite != header.suite:
        raise SuiteError("The header names another suite than the one of its key.")


def _check_addressed(header: FrameHeader, me: Self, peer: Peer) -> None:
    if header.recipient != me.name:
        raise WrongRecipientError(f"The message is for {header.recipient}.")
    if header.channel != peer.channel or header.sender != peer.name:
        raise ChannelError(f"The message is not of the channel with {peer.name}.")


def _check_frame(parts: Parts, peer: Peer, suites: Suites, at: datetime) -> KeyRecord:
    """The node's key, if the frame is signed by it and holds the header and the sealed bytes."""
    suites.get(parts.header.suite, peer.suites)
    record = _check_signature(parts.envelope, parts.frame, peer, suites, at)
    if parts.frame.channel != peer.channel:
        raise ChannelError("The frame was signed for another channel.")
    if parts.frame.header != digest(parts.header_bytes) or parts.frame.sealed != digest(parts.sealed):
        raise SignatureError("The frame was signed for another header or other bytes.")
    return record


def _check_signature(envelope: Envelope, frame: Frame, peer: Peer, suites: Suites, at: datetime) -> KeyRecord:
    if len(envelope.signatures) != 1:
        raise SignatureError("A frame has exactly one signature.")
    signature = envelope.signatures[0]
    record = peer.keys.require(signature.key, Role.NODE, Use(claimed=frame.sent, at=at, late=peer.late))
    suites.get(record.suite, peer.suites).verify(record.public, envelope.signed, signature.value)
    return record


def _check_place(frame: Frame, frame_id: str, place: Position) -> None:
    if frame.sequence == place.sequence and frame_id != place.frame:
        raise ForkError(f"Two different frames have the sequence {frame.sequence}.")
    if frame.sequence <= place.sequence:
        raise ReplayError(f"The sequence {frame.sequence} was already taken.")
    if frame.sequence > place.sequence + 1:
        raise SequenceGapError(f"The sequences {place.sequence + 1} to {frame.sequence - 1} are missing.")
    if frame.previous != place.frame:
        raise ForkError(f"The frame {frame.sequence} does not follow the one that was taken before it.")


def _unseal(parts: Parts, me: Self, suites: Suites, peer: Peer) -> Content:
    suites.get(parts.header.suite, peer.suites)
    if parts.header.key not in me.keys:
        raise SealError("The bytes are sealed to a key that this node does not have, or no longer has.")
    plain = me.keys[parts.header.key].opener.open(parts.sealed, info(parts.header_bytes))
    return read_content(plain)


def _check_meant(content: Content, parts: Parts, me: Self) -> None:
    if content.id != parts.frame.content:
        raise SealError("The sealed content is another one than the frame names.")
    if content.header.sender != parts.header.sender:
        raise ForwardedError(f"The content was released by {content.header.sender}, not by {parts.header.sender}.")
    if me.name not in content.header.recipients:
        raise ForwardedError("The content was released to others and passed on.")
