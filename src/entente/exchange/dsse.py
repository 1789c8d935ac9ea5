"""DSSE: signatures over exact bytes and their type (https://github.com/secure-systems-lab/dsse, protocol 1.0.2).

What is signed is the pre-authentication encoding (PAE) of payload type and payload, so that a signature of one kind
of document is never one of another kind. The payload is kept as the bytes that came; nobody parses and writes it
again. The hash of the PAE names the document whoever signed it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from entente.exchange import strict
from entente.exchange.errors import MalformedError, OversizedError

MAX_SIGNATURES = 8
_MAX_EXTRA = 16 * 1024


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: the id of the key, the bytes, and what else stands beside it (for WebAuthn)."""

    key: str
    value: bytes
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The entry in the list of signatures."""
        return {**self.extra, "keyid": self.key, "sig": strict.write_base64(self.value)}


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and signatures, none of which is checked yet."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...] = ()

    @property
    def signed(self) -> bytes:
        """The bytes that signatures are over."""
        return pae(self.payload_type, self.payload)

    @property
    def id(self) -> str:
        """SHA-256 of the pre-authentication encoding, in hexadecimal; the same with other signatures."""
        return hashlib.sha256(self.signed).hexdigest()

    def with_signature(self, signature: Signature) -> Envelope:
        """The same payload with one more signature behind the others."""
        return Envelope(self.payload_type, self.payload, (*self.signatures, signature))

    def as_bytes(self) -> bytes:
        """The envelope as JSON bytes."""
        return strict.write_object(
            {
                "payload": strict.write_base64(self.payload),
                "payloadType": self.payload_type,
                "signatures": [signature.as_json() for signature in self.signatures],
            }
        )


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding: lengths in bytes, so that no two pairs give the same."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def read(data: bytes, *, payload_type: str, limit: int, what: str) -> Envelope:
    """The envelope in some bytes, its signatures unchecked.

    Args:
        data: JSON bytes from a stranger.
        payload_type: the only type that is accepted.
        limit: the most bytes that are looked at.
        what: names the part in errors.

    Raises:
        MalformedError: not a strict envelope, or one of another type.
    """
    value = strict.read_object(data, limit=limit, what=what)
    kind = strict.field(value, "payloadType", str, what=what)
    if kind != payload_type:
        raise MalformedError(f"The {what} is of type {kind!r}; {payload_type!r} was expected.")
    entries = strict.field(value, "signatures", list, what=what)
    if len(entries) > MAX_SIGNATURES:
        raise OversizedError(f"The {what} has {len(entries)} signatures; at most {MAX_SIGNATURES} are allowed.")
    payload = strict.read_base64(value.get("payload"), what=f"The payload of the {what}")
    return Envelope(kind, payload, tuple(_signature(entry, what) for entry in entries))


def _signature(entry: Any, what: str) -> Signature:
    if not isinstance(entry, dict):
        raise MalformedError(f"A signature of the {what} is not an object.")
    extra = {name: value for name, value in entry.items() if name not in {"keyid", "sig"}}
    if len(strict.write_object(extra)) > _MAX_EXTRA:
        raise OversizedError(f"A signature of the {what} carries too much.")
    value = strict.read_base64(entry.get("sig"), what=f"A signature of the {what}")
    return Signature(strict.field(entry, "keyid", str, what=what), value, extra)
