"""Officers may sign with authenticators, if the peer pinned where they do so."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from entente.exchange import officers
from entente.exchange.content import draft, with_signatures
from entente.exchange.errors import MalformedError, SignatureError, SuiteRefusedError, TooFewSignaturesError
from exchange_authenticator import PARTY, PRESENT, VERIFIED, Authenticator
from exchange_people import ALERT, NOW, SUITES, alert, header, known

US = known("us-dea")
CARLA, DAN = Authenticator("us-dea", "Carla"), Authenticator("us-dea", "Dan")
PEER = US.as_peer(
    frozenset({"S1", "WebAuthn"}),
    keys=US.keys.with_added(CARLA.record).with_added(DAN.record),
    relying_party=PARTY,
)


def released(content, *signatures, peer=PEER):
    return officers.verify(with_signatures(content, signatures), peer, SUITES, NOW)


def test_two_officers_touch_their_keys():
    content = draft(header(), ALERT, os.urandom)
    keys = released(content, CARLA.sign(content.id), DAN.sign(content.id))
    assert [key.holder for key in keys] == ["Carla", "Dan"]


def test_a_touch_and_a_key_file_go_together():
    content = draft(header(), ALERT, os.urandom)
    assert len(released(content, CARLA.sign(content.id), officers.sign(content, US.ann))) == 2


def test_a_touch_for_another_content_is_worth_nothing():
    content = draft(header(), ALERT, os.urandom)
    with pytest.raises(SignatureError):
        released(content, CARLA.sign(alert(US).id), DAN.sign(content.id))


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "https://evil.example"},
        {"kind": "webauthn.create"},
        {"party": "evil.example"},
        {"flags": PRESENT},
        {"flags": VERIFIED},
    ],
    ids=["origin", "kind", "party", "not verified", "not present"],
)
def test_what_the_authenticator_says_must_be_right(change):
    content = draft(header(), ALERT, os.urandom)
    with pytest.raises(SignatureError):
        released(content, CARLA.sign(content.id, **change), DAN.sign(content.id))


def test_a_changed_assertion_is_refused():
    content = draft(header(), ALERT, os.urandom)
    good = CARLA.sign(content.id)
    with pytest.raises(SignatureError):
        released(content, replace(good, value=good.value[:-1] + b"\0"), DAN.sign(content.id))
    with pytest.raises(SignatureError):
        released(content, replace(good, key=DAN.record.id), DAN.sign(content.id))
    with pytest.raises(MalformedError):
        released(content, replace(good, extra={}), DAN.sign(content.id))


@pytest.mark.parametrize(
    "public", [b"", b"\xff" * 40, b"\xa0", CARLA.record.public[:-10]], ids=["empty", "nonsense", "no fields", "cut"]
)
def test_a_malformed_key_is_a_plain_refusal(public):
    record = replace(CARLA.record, public=public)
    content = draft(header(), ALERT, os.urandom)
    peer = replace(PEER, keys=PEER.keys.with_added(record))
    with pytest.raises(SignatureError):
        released(content, replace(CARLA.sign(content.id), key=record.id), DAN.sign(content.id), peer=peer)


def test_one_officer_touching_twice_is_one():
    content = draft(header(), ALERT, os.urandom)
    with pytest.raises(TooFewSignaturesError):
        released(content, CARLA.sign(content.id), CARLA.sign(content.id))


def test_only_if_the_peer_was_paired_so():
    content = draft(header(), ALERT, os.urandom)
    signatures = (CARLA.sign(content.id), DAN.sign(content.id))
    with pytest.raises(SuiteRefusedError):
        released(content, *signatures, peer=replace(PEER, suites=frozenset({"S1"})))
    with pytest.raises(SignatureError):
        released(content, *signatures, peer=replace(PEER, relying_party=None))
