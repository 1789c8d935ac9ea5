"""Frame: how a content travels. Signed by the node, sealed to the recipient, in the channel's order.

The bytes on the wire, and on a medium:

    8 bytes   "ENTENTE" and the version 1
    2 bytes   length of the header, big-endian       header: JSON in the clear; from, to, channel, suite, key
    4 bytes   length of the frame, big-endian        frame: DSSE by the node; order, content id, digests
    the rest                                         the content's envelope, sealed

The frame signs the digest of the header and of the sealed bytes. Sealing binds the exact header bytes (HPKE `info`),
so a sealed content cannot be put under another header, and the header names the recipient, so it cannot be passed on
as if it had been meant for somebody else. The id of a frame is the SHA-256 of its DSSE encoding; each frame names the
one before it.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.errors import Place
from entente.exchange import dsse, strict
from entente.exchange.content import LIMIT as CONTENT_LIMIT
from entente.exchange.content import is_id, member
from entente.exchange.errors import MalformedError, OversizedError

PAYLOAD_TYPE = "application/vnd.entente.frame+json;v=1"
MAGIC = b"ENTENTE\x01"
HEADER_LIMIT = 1024
FRAME_LIMIT = 64 * 1024
SEALED_LIMIT = CONTENT_LIMIT + 64 * 1024
FIRST = "0" * 64
"""Stands for the frame before the first."""

_LENGTHS = struct.Struct(">HI")
_INFO = b"entente seal 1\n"
_HEADER_FIELDS = frozenset({"channel", "from", "key", "suite", "to"})


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """What a carrier sees: suite, id of the sealing key, channel, sender and recipient."""

    suite: str
    key: str
    channel: str
    sender: str
    recipient: str

    def as_bytes(self) -> bytes:
        """The header as JSON bytes."""
        return strict.write_object(
            {
                "channel": self.channel,
                "from": self.sender,
                "key": self.key,
                "suite": self.suite,
                "to": self.recipient,
            }
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """The place of a content in a channel.

    Attributes:
        channel: id of the channel.
        sequence: 1 for the first frame of this sender in the channel, then one more each.
        previous: id of the frame before it, `FIRST` for the first.
        content: id of the content.
        header: SHA-256 of the header's bytes.
        sealed: SHA-256 of the sealed bytes.
        sent: when, by the sender's clock.
    """

    channel: str
    sequence: int
    previous: str
    content: str
    header: str
    sealed: str
    sent: datetime

    def as_bytes(self) -> bytes:
        """The payload that the node signs. It tells nothing of the content, so it may stand in a ledger."""
        return strict.write_object(
            {
                "channel": self.channel,
                "content": self.content,
                "header": self.header,
                "previous": self.previous,
                "sealed": self.sealed,
                "sent": strict.write_moment(self.sent),
                "sequence": self.sequence,
                "v": 1,
            }
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a message, each well-formed, nothing verified."""

    header_bytes: bytes
    header: FrameHeader
    envelope: dsse.Envelope
    frame: Frame
    sealed: bytes


def join(header: bytes, frame: bytes, sealed: bytes) -> bytes:
    """The bytes on the wire."""
    return b"".join((MAGIC, _LENGTHS.pack(len(header), len(frame)), header, frame, sealed))


def split(data: bytes) -> Parts:
    """The parts of a message.

    Raises:
        OversizedError: a part is larger than it may be.
        MalformedError: anything else is wrong with its form.
    """
    start = len(MAGIC) + _LENGTHS.size
    if len(data) < start or not data.startswith(MAGIC):
        raise MalformedError("These bytes are no message of a known version.")
    header_size, frame_size = _LENGTHS.unpack_from(data, len(MAGIC))
    if (
        header_size > HEADER_LIMIT
        or frame_size > FRAME_LIMIT
        or len(data) > start + header_size + frame_size + SEALED_LIMIT
    ):
        raise OversizedError("A part of the message is larger than it may be.")
    if len(data) <= start + header_size + frame_size:
        raise MalformedError("The message is cut short.")
    header = data[start : start + header_size]
    signed = data[start + header_size : start + header_size + frame_size]
    envelope = dsse.read(signed, payload_type=PAYLOAD_TYPE, limit=FRAME_LIMIT, what="frame")
    return Parts(
        header, _header(header), envelope, read_frame(envelope.payload), data[start + header_size + frame_size :]
    )


def read_frame(payload: bytes) -> Frame:
    """The frame in the payload of its envelope.

    Raises:
        MalformedError: its form is wrong.
    """
    value = strict.read_object(payload, limit=FRAME_LIMIT, what="frame")
    sequence = strict.field(value, "sequence", int, what="frame")
    if value.get("v") != 1 or sequence < 1:
        raise MalformedError("The frame is of an unknown version, or has no sequence.", place=Place(field="sequence"))
    return Frame(
        channel=strict.field(value, "channel", str, what="frame"),
        sequence=sequence,
        previous=_digest(value, "previous"),
        content=_digest(value, "content"),
        header=_digest(value, "header"),
        sealed=_digest(value, "sealed"),
        sent=strict.read_moment(value.get("sent"), what="sent"),
    )


def info(header: bytes) -> bytes:
    """What sealing binds: the exact bytes of the header."""
    return _INFO + header


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _header(data: bytes) -> FrameHeader:
    value = strict.read_object(data, limit=HEADER_LIMIT, what="header")
    if set(value) != _HEADER_FIELDS:
        raise MalformedError("The header has other fields than it must have.")
    return FrameHeader(
        suite=strict.field(value, "suite", str, what="header"),
        key=_digest(value, "key"),
        channel=strict.field(value, "channel", str, what="header"),
        sender=member(value["from"], "from"),
        recipient=member(value["to"], "to"),
    )


def _digest(value: dict[str, Any], name: str) -> str:
    found = value.get(name)
    if not is_id(found):
        raise MalformedError(f"{name!r} is not a digest in hexadecimal.", place=Place(field=name))
    return str(found)
