"""Suites: the same contract for each, an allow-list for each peer, and S4 only through a provider."""

from __future__ import annotations

import pytest

from entente.exchange.errors import SealError, SignatureError, SuiteError, SuiteRefusedError
from entente.exchange.suites import Suites, builtin
from entente.exchange.suites.classic import Modern, Nist
from entente.exchange.suites.external import External
from entente.exchange.suites.hybrid import Hybrid
from exchange_people import alert, authority, send, take
from exchange_provider import PREFIX, NotForProduction

S4 = External(NotForProduction())
ALL = [Modern(), Nist(), Hybrid(), S4]


@pytest.fixture(params=ALL, ids=lambda suite: suite.name)
def suite(request):
    return request.param


def test_what_is_signed_verifies_and_nothing_else(suite):
    signer = suite.signer(suite.new_signing_key())
    signature = signer.sign(b"data")
    suite.verify(signer.public, b"data", signature)
    other = suite.signer(suite.new_signing_key()).public
    for public, data, signed in (
        (signer.public, b"date", signature),
        (other, b"data", signature),
        (signer.public, b"data", signature[:-1]),
        (signer.public, b"data", b""),
    ):
        with pytest.raises(SignatureError):
            suite.verify(public, data, signed)


def test_what_is_sealed_opens_with_its_key_and_info_only(suite):
    opener = suite.opener(suite.new_sealing_key())
    sealed = suite.seal(opener.public, b"secret " * 10, b"info")
    assert opener.open(sealed, b"info") == b"secret " * 10
    assert b"secret" not in sealed
    stranger = suite.opener(suite.new_sealing_key())
    for who, what, info in (
        (stranger, sealed, b"info"),
        (opener, sealed, b"other"),
        (opener, sealed[:-1], b"info"),
        (opener, sealed[:10], b"info"),
        (opener, b"", b"info"),
    ):
        with pytest.raises(SealError):
            who.open(what, info)


def test_every_key_and_every_sealing_is_new(suite):
    assert suite.new_signing_key() != suite.new_signing_key()
    opener = suite.opener(suite.new_sealing_key())
    assert suite.seal(opener.public, b"x", b"") != suite.seal(opener.public, b"x", b"")


def test_a_suite_must_be_on_the_allow_list_and_on_this_node():
    suites = builtin()
    assert suites.get("S3", frozenset({"S3"})).name == "S3"
    with pytest.raises(SuiteRefusedError):
        suites.get("S1", frozenset({"S3"}))
    with pytest.raises(SuiteError) as caught:
        suites.get("S4", frozenset({"S4"}))
    assert type(caught.value) is SuiteError


def test_a_message_in_the_national_suite():
    suites = Suites([S4])
    cn, hk = authority("cn-nncc", "S4", suites), authority("hk-ced", "S4", suites)
    sealed = send(alert(cn, "hk-ced"), cn, hk)
    assert PREFIX in sealed.wire
    assert take(sealed.wire, hk, cn).content.header.sender == "cn-nncc"


class Careless(NotForProduction):
    """Answers something that is not True, and seals nothing."""

    verify = staticmethod(lambda *_: "yes")
    seal = staticmethod(lambda _, plain, __: b"sealed:" + plain)


def test_a_careless_provider_is_noticed():
    careless = External(Careless())
    with pytest.raises(SignatureError):
        careless.verify(b"", b"", b"")
    with pytest.raises(SealError):
        careless.seal(b"", b"a content that should be secret", b"")
