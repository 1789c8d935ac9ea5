"""The officers' signatures on a content: two different people, two different keys, of the authority that sends it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from entente.exchange import webauthn
from entente.exchange.content import LIMIT, Checker, Content
from entente.exchange.dsse import Signature
from entente.exchange.errors import ForwardedError, OversizedError, SuiteRefusedError, TooFewSignaturesError
from entente.exchange.keys import KeyRecord, Role, Use
from entente.exchange.parties import NodeKey, Peer
from entente.exchange.suites import Suites

NEEDED = 2


@dataclass(frozen=True, slots=True)
class Released:
    """A content whose officers' signatures were checked; only `release` makes one.

    Attributes:
        content: what was released.
        officers: the keys of those who signed.
    """

    content: Content
    officers: tuple[KeyRecord, ...]


def release(content: Content, me: Peer, suites: Suites, types: Checker, now: datetime) -> Released:
    """Check, before anything is sealed, what the recipient will check: type, size and signatures.

    Args:
        content: signed by officers of this authority.
        me: this authority as its peers see it.
        suites: what this node has.
        types: the message types.
        now: the moment of release.

    Raises:
        OversizedError: it is larger than a recipient takes.
        MessageError: it does not fit its type.
        ForwardedError: the content is another authority's.
        KeyRefusedError, SuiteError, SignatureError: see `verify`.
    """
    if content.header.sender != me.name:
        raise ForwardedError("Only an authority's own content can be sent.", remedy="Ask the author for its consent.")
    if len(content.envelope.as_bytes()) > LIMIT:
        raise OversizedError("The content is too large.", remedy="Send the large part of it as an attachment.")
    types.check(content)
    return Released(content, verify(content, me, suites, now))


def sign(content: Content, key: NodeKey) -> Signature:
    """An officer's signature with a key file. With an authenticator, the browser makes it over `content.id`."""
    return Signature(key.record.id, key.signer.sign(content.envelope.signed))


def verify(content: Content, peer: Peer, suites: Suites, at: datetime) -> tuple[KeyRecord, ...]:
    """The keys of the officers who signed.

    Every signature that is there must be good: a bad one beside two good ones is not noise but a warning.

    Args:
        content: what was signed.
        peer: the authority that sent it.
        suites: what this node has.
        at: by when the signatures are proven to have existed.

    Raises:
        KeyRefusedError: a key is not pinned, not an officer's, not valid or compromised.
        SuiteError: a suite that is not accepted.
        SignatureError: a signature is wrong, or two different officers are not there.
    """
    use = Use(claimed=content.header.made, at=at, late=peer.late)
    records = tuple(_verify_one(content, signature, peer, suites, use) for signature in content.envelope.signatures)
    _require_two(records)
    return records


def _verify_one(content: Content, signature: Signature, peer: Peer, suites: Suites, use: Use) -> KeyRecord:
    record = peer.keys.require(signature.key, Role.OFFICER, use)
    if record.suite == webauthn.SUITE:
        if record.suite not in peer.suites:
            raise SuiteRefusedError(f"Signatures by authenticators are not accepted from {peer.name}.")
        webauthn.verify(record.public, content.id, signature.value, signature.extra, peer.relying_party)
    else:
        suite = suites.get(record.suite, peer.suites)
        suite.verify(record.public, content.envelope.signed, signature.value)
    return record


def _require_two(records: Sequence[KeyRecord]) -> None:
    people = {record.holder for record in records}
    keys = {record.public for record in records}
    if min(len(people), len(keys)) < NEEDED:
        raise TooFewSignaturesError(
            "Two different officers with two different keys must sign.", remedy="Have a second officer release it."
        )
