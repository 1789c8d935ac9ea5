"""Signed requests: who asks whom for what, when, over which bytes. For the wire only; a bundle needs none.

A request is a DSSE envelope in one HTTP header, `Entente-Request`, signed by the node's key. What is signed names
method, target (path and query as they are sent), the SHA-256 of the body, sender, recipient, time and 16 random bytes.
So a signature that a node gave to one peer is worth nothing to another peer, for another path, or for another body.

Replay: a request that comes again, with the same signature, is answered again. That is harmless by construction:
what is posted is idempotent, what is asked for is sealed to the peer, and the same bytes can come twice by a bundle
anyway. The time keeps what was recorded from being useful later: a request whose time is further than `keys.SKEW` (10
minutes) from the recipient's clock, either way, is refused with the code `clock`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from entente.exchange import dsse, strict
from entente.exchange.content import is_id, member
from entente.exchange.errors import ClockError, MalformedError, RequestError, SignatureError, WrongRecipientError
from entente.exchange.frame import digest
from entente.exchange.keys import SKEW, Role, Use
from entente.exchange.parties import NodeKey, Peer
from entente.exchange.suites import Suites

HEADER = "Entente-Request"
PAYLOAD_TYPE = "application/vnd.entente.request+json;v=1"
LIMIT = 12 * 1024
"""The most bytes of the header; with the suite S3 about half of it is used."""

_NONCE = 16
_TARGET_LIMIT = 1024
METHODS = frozenset({"GET", "POST"})
_FIELDS = frozenset({"at", "body", "from", "method", "nonce", "target", "to", "v"})


@dataclass(frozen=True, slots=True)
class Request:
    """What a request says of itself.

    Attributes:
        method: `GET` or `POST`.
        target: path and query, as they are sent.
        body: SHA-256 of the body in hexadecimal; of no bytes for `GET`.
        sender, recipient: names of authorities.
        at: when, by the sender's clock.
        nonce: random bytes that tell two requests apart.
    """

    method: str
    target: str
    body: str
    sender: str
    recipient: str
    at: datetime
    nonce: bytes

    def as_bytes(self) -> bytes:
        """The payload that the node signs."""
        return strict.write_object(
            {
                "at": strict.write_moment(self.at),
                "body": self.body,
                "from": self.sender,
                "method": self.method,
                "nonce": strict.write_base64(self.nonce),
                "target": self.target,
                "to": self.recipient,
                "v": 1,
            }
        )


@dataclass(frozen=True, slots=True)
class Claimed:
    """A request whose form is right and whose signature is not checked yet."""

    request: Request
    envelope: dsse.Envelope


def sign_request(
    method: str, target: str, body: bytes, *, to: str, node: NodeKey, at: datetime, random: Callable[[int], bytes]
) -> str:
    """The value of the header for a request.

    Args:
        method: `GET` or `POST`.
        target: path and query, exactly as they will be sent.
        body: the bytes that will be sent.
        to: the name of the peer.
        node: this node's signing key.
        at: now.
        random: gives so many random bytes.
    """
    request = Request(method, target, digest(body), node.record.owner, to, at, random(_NONCE))
    envelope = dsse.Envelope(PAYLOAD_TYPE, request.as_bytes())
    signature = dsse.Signature(node.record.id, node.signer.sign(envelope.signed))
    return envelope.with_signature(signature).as_bytes().decode("ascii")


def read_request(values: Sequence[bytes]) -> Claimed:
    """The request in the values of the header `Entente-Request`, its signature unchecked.

    Raises:
        RequestError: there is no such header, or more than one.
        OversizedError: it is too long.
        MalformedError: its form is wrong, or it has a field that this version does not know.
    """
    if len(values) != 1:
        raise RequestError("A request has exactly one header that signs it.")
    envelope = dsse.read(values[0], payload_type=PAYLOAD_TYPE, limit=LIMIT, what="request")
    value = strict.read_object(envelope.payload, limit=LIMIT, what="request")
    if set(value) != _FIELDS or value["v"] != 1 or len(envelope.signatures) != 1:
        raise MalformedError("The request is of an unknown version, or has not exactly one signature.")
    if value["method"] not in METHODS or not is_id(value["body"]):
        raise MalformedError("The request names no method or no body.")
    return Claimed(
        Request(
            method=value["method"],
            target=_target(value["target"]),
            body=value["body"],
            sender=member(value["from"], "from"),
            recipient=member(value["to"], "to"),
            at=strict.read_moment(value["at"], what="at"),
            nonce=strict.read_base64(value["nonce"], what="The nonce", size=_NONCE),
        ),
        envelope,
    )


def verify_request(
    claimed: Claimed, *, method: str, target: str, me: str, peer: Peer, suites: Suites, at: datetime
) -> Request:
    """The request, if the peer signed it for this node, now, for what was really asked.

    Args:
        claimed: from `read_request`.
        method: as it came on the wire.
        target: path and query as they came on the wire.
        me: the name of this node.
        peer: who sent it, as it was pinned.
        suites: what this node has.
        at: now.

    Raises:
        ExchangeError: as `verify_signature` and `check_request`.
    """
    verify_signature(claimed, peer, suites, at)
    return check_request(claimed, method=method, target=target, me=me, at=at)


def verify_signature(claimed: Claimed, peer: Peer, suites: Suites, at: datetime) -> None:
    """Return if the peer signed the request with a key that it may use now. Before that it is told nothing.

    Raises:
        KeyRefusedError, SuiteError, SignatureError: the key or the signature is not good.
    """
    request, signature = claimed.request, claimed.envelope.signatures[0]
    if request.sender != peer.name:
        raise SignatureError(f"The request does not come from {peer.name}.")
    record = peer.keys.require(signature.key, Role.NODE, Use(claimed=at, at=at))
    suites.get(record.suite, peer.suites).verify(record.public, claimed.envelope.signed, signature.value)


def check_request(claimed: Claimed, *, method: str, target: str, me: str, at: datetime) -> Request:
    """The request, if it was signed for this node, now, for what was really asked.

    Raises:
        WrongRecipientError: it is meant for another node.
        ClockError: its time is too far from now.
        RequestError: it was signed for another method or target.
    """
    request = claimed.request
    if request.recipient != me:
        raise WrongRecipientError(f"The request is for {request.recipient}.")
    if abs(at - request.at) > SKEW:
        raise ClockError(f"The request is of {strict.write_moment(request.at)}; the clocks are too far apart.")
    if (request.method, request.target) != (method, target):
        raise RequestError("The request was signed for another method or path.")
    return request


def check_body(request: Request, body: bytes) -> None:
    """Return if the body is the one that was signed.

    Raises:
        RequestError: it is another one.
    """
    if not hmac.compare_digest(request.body, digest(body)):
        raise RequestError("The request was signed for another body.")


def _target(text: object) -> str:
    if not isinstance(text, str) or not 0 < len(text) <= _TARGET_LIMIT or not text.startswith("/"):
        raise MalformedError("The request names no path.")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise MalformedError("The path of the request is not in its encoded form.")
    return text
