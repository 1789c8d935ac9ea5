"""Outwards: a content that two officers released becomes the bytes that go out. What the sender keeps is `atrest`.

The caller holds the channel's lock: it gives the place, and takes the next one from the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from entente.exchange import dsse
from entente.exchange.errors import KeyRoleError, WrongRecipientError
from entente.exchange.frame import FIRST, PAYLOAD_TYPE, Frame, FrameHeader, digest, info, join
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.officers import Released
from entente.exchange.parties import NodeKey, Peer
from entente.exchange.suites import Suites


@dataclass(frozen=True, slots=True)
class Position:
    """The last frame that was sent, or taken, in one direction of a channel."""

    sequence: int = 0
    frame: str = FIRST


@dataclass(frozen=True, slots=True)
class Sealed:
    """What `seal` gives.

    Attributes:
        wire: the bytes that go to the peer.
        frame: what was signed.
        position: the place after this one, with the frame's id.
    """

    wire: bytes
    frame: Frame
    position: Position


def seal(
    released: Released,
    *,
    to: Peer,
    to_key: KeyRecord,
    node: NodeKey,
    place: Position,
    now: datetime,
    suites: Suites,
) -> Sealed:
    """Seal a released content to a peer, and sign its frame.

    Args:
        released: a content whose officers' signatures were checked.
        to: the recipient.
        to_key: its sealing key, one of `to.keys.usable(Role.SEAL, now)`.
        node: this node's signing key.
        place: the last frame sent in this channel.
        now: the moment of sending.
        suites: what this node has.

    Raises:
        WrongRecipientError: the content was not released to this peer.
        SuiteError: a suite that the peer does not accept.
        KeyRefusedError: a key of another role or owner, or one that may not be used now.
    """
    me = released.content.header.sender
    if to.name not in released.content.header.recipients:
        raise WrongRecipientError(f"The content was not released to {to.name}.", remedy="Release it to this recipient.")
    _check_keys(to, to_key, node, me, now)
    suites.get(node.record.suite, to.suites)
    plain = released.content.envelope.as_bytes()
    header = FrameHeader(to_key.suite, to_key.id, to.channel, me, to.name).as_bytes()
    sealed = suites.get(to_key.suite, to.suites).seal(to_key.public, plain, info(header))
    frame = Frame(to.channel, place.sequence + 1, place.frame, released.content.id, digest(header), digest(sealed), now)
    signed, frame_id = sign_frame(frame, node)
    return Sealed(
        wire=join(header, signed, sealed),
        frame=frame,
        position=Position(frame.sequence, frame_id),
    )


def sign_frame(frame: Frame, node: NodeKey) -> tuple[bytes, str]:
    """The envelope of a signed frame, and the frame's id."""
    envelope = dsse.Envelope(PAYLOAD_TYPE, frame.as_bytes())
    signature = dsse.Signature(node.record.id, node.signer.sign(envelope.signed))
    return envelope.with_signature(signature).as_bytes(), envelope.id


def _check_keys(to: Peer, to_key: KeyRecord, node: NodeKey, me: str, now: datetime) -> None:
    if to_key not in to.keys.usable(Role.SEAL, now):
        raise KeyRoleError(f"The key {to_key.id[:16]} is not a sealing key that {to.name} uses now.")
    key = node.record
    if key.role is not Role.NODE or key.owner != me or not key.start <= now < key.end:
        raise KeyRoleError("The key of this node has another role or owner, or is not valid now.")
