"""Named hostile requests: each line is a way to make a node do what its peer did not sign."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entente.exchange import dsse, strict
from entente.exchange.errors import (
    ClockError,
    CompromisedKeyError,
    ExchangeError,
    ExpiredKeyError,
    KeyRoleError,
    MalformedError,
    OversizedError,
    RequestError,
    SignatureError,
    SuiteRefusedError,
    UnknownKeyError,
    WrongRecipientError,
)
from entente.exchange.keys import SKEW, KeyHistory
from entente.exchange.parties import NodeKey
from entente.exchange.requests import LIMIT, check_body, read_request, sign_request, verify_request
from exchange_people import NOW, SUITES, known

US, MX, CN = known("us-dea"), known("mx-pgr"), known("cn-nncc")
TARGET, BODY = "/entente/v1/parcels?most=3", b"a parcel"


def made(node: NodeKey = US.node, to: str = "mx-pgr", target: str = TARGET, at=NOW, method: str = "POST") -> bytes:
    return sign_request(method, target, BODY, to=to, node=node, at=at, random=os.urandom).encode()


def taken(value: bytes, *, me: str = "mx-pgr", target: str = TARGET, method: str = "POST", at=NOW, peer=None):
    claimed = read_request([value])
    return verify_request(claimed, method=method, target=target, me=me, peer=peer or US.as_peer(), suites=SUITES, at=at)


def rewritten(value: bytes, **changes: object) -> bytes:
    """The same signature over another payload."""
    envelope = read_request([value]).envelope
    payload = strict.read_object(envelope.payload, limit=LIMIT, what="request") | changes
    return dsse.Envelope(envelope.payload_type, strict.write_object(payload), envelope.signatures).as_bytes()


def test_a_request_is_taken_once_and_again():
    value = made()
    assert taken(value) == taken(value)
    assert taken(value).sender == "us-dea"
    check_body(taken(value), BODY)


@pytest.mark.parametrize("suite", ["S1", "S2", "S3"])
def test_every_suite_fits_into_the_header(suite):
    sender = known("us-dea", suite)
    value = made(sender.node)
    assert len(value) < LIMIT
    assert taken(value, peer=sender.as_peer()).recipient == "mx-pgr"


@pytest.mark.parametrize("apart", [-SKEW, SKEW, timedelta(0)])
def test_clocks_may_be_ten_minutes_apart(apart):
    assert taken(made(at=NOW + apart)).at == NOW + apart


VECTORS = {
    "for another node": (lambda: taken(made(to="cn-nncc")), WrongRecipientError),
    "recipient changed afterwards": (
        lambda: taken(rewritten(made(to="cn-nncc"), to="mx-pgr")),
        SignatureError,
    ),
    "for another path": (lambda: taken(made(target="/entente/v1/frames/1")), RequestError),
    "for another query": (lambda: taken(made(target="/entente/v1/parcels?most=4")), RequestError),
    "path changed behind the signature": (lambda: taken(rewritten(made(target="/x"), target=TARGET)), SignatureError),
    "for another method": (lambda: taken(made(method="GET")), RequestError),
    "for another body": (lambda: check_body(taken(made()), b"another parcel"), RequestError),
    "digest of the body changed": (lambda: taken(rewritten(made(), body="0" * 64)), SignatureError),
    "too old": (lambda: taken(made(at=NOW - SKEW - timedelta(seconds=1))), ClockError),
    "from the future": (lambda: taken(made(at=NOW + SKEW + timedelta(seconds=1))), ClockError),
    "time changed behind the signature": (
        lambda: taken(rewritten(made(at=NOW - timedelta(days=1)), at=strict.write_moment(NOW))),
        SignatureError,
    ),
    "key of nobody": (lambda: taken(made(), peer=replace(US.as_peer(), keys=KeyHistory("us-dea"))), UnknownKeyError),
    "key of another authority": (lambda: taken(rewritten(made(CN.node), **{"from": "us-dea"})), UnknownKeyError),
    "sender is another peer": (lambda: taken(made(CN.node)), SignatureError),
    "officer's key": (lambda: taken(made(US.ann)), KeyRoleError),
    "retired key": (
        lambda: taken(made(), peer=replace(US.as_peer(), keys=US.keys.with_retired(US.node.record.id, NOW))),
        ExpiredKeyError,
    ),
    "compromised key": (
        lambda: taken(made(), peer=replace(US.as_peer(), keys=US.keys.with_compromised(US.node.record.id, NOW))),
        CompromisedKeyError,
    ),
    "suite that is not agreed": (lambda: taken(made(), peer=US.as_peer(frozenset({"S3"}))), SuiteRefusedError),
    "no header": (lambda: read_request([]), RequestError),
    "header twice": (lambda: read_request([made(), made()]), RequestError),
    "oversized header": (lambda: read_request([made() + b" " * LIMIT]), OversizedError),
    "no JSON": (lambda: read_request([b"Bearer abc"]), MalformedError),
    "duplicate JSON key": (lambda: read_request([made().replace(b"{", b'{"payload":"",', 1)]), MalformedError),
    "unknown field": (lambda: taken(rewritten(made(), admin=True)), MalformedError),
    "another version": (lambda: taken(rewritten(made(), v=2)), MalformedError),
    "method that changes nothing we know": (lambda: taken(rewritten(made(), method="DELETE")), MalformedError),
    "no path": (lambda: taken(rewritten(made(), target="")), MalformedError),
    "path with a line break": (lambda: taken(rewritten(made(), target="/x\r\nHost: y")), MalformedError),
    "endless path": (lambda: taken(rewritten(made(), target="/" + "x" * 5000)), MalformedError),
    "short nonce": (lambda: taken(rewritten(made(), nonce="AA==")), MalformedError),
    "time without a zone": (lambda: taken(rewritten(made(), at="2026-11-24T09:00:00")), MalformedError),
    "signature of a frame": (
        lambda: read_request([made().replace(b"entente.request", b"entente.frame")]),
        MalformedError,
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_hostile_request_is_refused(name):
    attempt, error = VECTORS[name]
    with pytest.raises(error):
        attempt()


def test_a_stripped_signature_and_a_second_one_are_refused():
    envelope = read_request([made()]).envelope
    for signatures in ((), envelope.signatures * 2):
        with pytest.raises(MalformedError):
            read_request([dsse.Envelope(envelope.payload_type, envelope.payload, signatures).as_bytes()])


@given(st.binary(max_size=300))
def test_bytes_that_are_no_request_raise_only_what_is_documented(data):
    with pytest.raises(ExchangeError):
        read_request([data])


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_of_a_request_is_taken_for_another_request(at, flip):
    value = made()
    at %= len(value)
    changed = value[:at] + bytes([value[at] ^ flip]) + value[at + 1 :]
    try:
        found = taken(changed)
    except ExchangeError:
        return
    assert found == taken(value)
