"""Frames that cannot both belong to one history, as a file that a third party can check with the node's key."""

from __future__ import annotations

from datetime import datetime

from entente.exchange import dsse, strict
from entente.exchange.errors import SignatureError
from entente.exchange.frame import FRAME_LIMIT, PAYLOAD_TYPE, Frame, read_frame
from entente.exchange.keys import Role, Use
from entente.exchange.ledger.errors import EvidenceError
from entente.exchange.parties import Peer
from entente.exchange.suites import Suites

_FORMAT = "entente.frame-fork/1"


def write_fork(first: bytes, second: bytes) -> bytes:
    """The evidence: two signed frames."""
    return strict.write_object({"format": _FORMAT, "frames": [strict.write_base64(first), strict.write_base64(second)]})


def verify_fork(data: bytes, accused: Peer, suites: Suites, at: datetime) -> tuple[Frame, Frame]:
    """The two frames, if the accused signed both and they are of two histories.

    Args:
        data: the evidence.
        accused: whose keys count, as the reader knows them from elsewhere.
        suites: what this node has.
        at: by when the signatures are proven to have existed.

    Raises:
        EvidenceError: they may be of one history.
        ExchangeError: malformed, or not signed by the accused.
    """
    value = strict.read_object(data, limit=4 * FRAME_LIMIT, what="evidence")
    frames = strict.texts(value, "frames", what="evidence", most=2)
    if value.get("format") != _FORMAT or len(frames) != 2:
        raise EvidenceError("This is no evidence about two frames.")
    (one, one_id), (two, two_id) = (_signed(text, accused, suites, at) for text in frames)
    same = one.sequence == two.sequence and one_id != two_id
    torn = two.sequence == one.sequence + 1 and two.previous != one_id
    if one.channel != two.channel or not (same or torn):
        raise EvidenceError("The two frames may be of one history.")
    return one, two


def _signed(text: str, accused: Peer, suites: Suites, at: datetime) -> tuple[Frame, str]:
    data = strict.read_base64(text, what="frame")
    envelope = dsse.read(data, payload_type=PAYLOAD_TYPE, limit=FRAME_LIMIT, what="frame")
    frame = read_frame(envelope.payload)
    if len(envelope.signatures) != 1:
        raise SignatureError("A frame has exactly one signature.")
    use = Use(claimed=frame.sent, at=at, late=accused.late)
    record = accused.keys.require(envelope.signatures[0].key, Role.NODE, use)
    suites.get(record.suite, accused.suites).verify(record.public, envelope.signed, envelope.signatures[0].value)
    return frame, envelope.id
