"""Invitations as strangers may write them: damaged, contradictory, or another's in disguise."""

from __future__ import annotations

import json

import pytest

from entente.exchange import strict
from entente.exchange.errors import FingerprintError
from entente.node.cards import read_card
from entente.node.errors import PairingError
from node_people import CN, MX, US, office


@pytest.fixture(scope="module")
def us(tmp_path_factory):
    return office(tmp_path_factory.mktemp("us") / "node", US)


@pytest.fixture(scope="module")
def mx(tmp_path_factory):
    return office(tmp_path_factory.mktemp("mx") / "node", MX)


def changed(card: bytes, **fields) -> bytes:
    return strict.write_object({**json.loads(card), **fields})


def test_a_card_reads_back(mx):
    card = mx.node.card()
    assert read_card(card.encode()) == card


def test_every_pinned_field_changes_the_fingerprint(mx):
    data = mx.node.card().encode()
    value = json.loads(data)
    others = {
        "jurisdiction": "XX",
        "suites": ["S1", "S2"],
        "keys": [*value["keys"][1:], {**value["keys"][0], "end": "2031-01-01T00:00:00Z"}],
        "log": strict.write_base64(bytes(32)),
        "witness": strict.write_base64(bytes(32)),
        "tls": "ab" * 32,
        "again": {"peer": "us-dea", "generation": 2},
        "relying_party": {"id": "a.example", "origins": ["https://a.example"]},
    }
    prints = {read_card(changed(data, **{name: new})).fingerprint for name, new in others.items()}
    assert len(prints | {mx.node.fingerprint}) == len(others) + 1


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "other"},
        {"again": {"peer": "us-dea", "generation": 1}},
        {"again": {"peer": "us-dea", "generation": 10**9}},
        {"again": {"peer": "US DEA", "generation": 2}},
        {"again": {"peer": "us-dea", "generation": 2, "more": 1}},
        {"again": None},
        {"relying_party": None},
        {"relying_party": {"id": "a.example", "origins": []}},
        {"relying_party": {"id": "a.example", "origins": ["https://b.example"]}},
        {"relying_party": {"id": "a.example", "origins": ["http://a.example"]}},
        {"relying_party": {"id": "a.example", "origins": ["https://a.example"], "more": 1}},
        {"v": 2},
        {"name": "MX PGR"},
        {"name": "cn-nncc"},
        {"jurisdiction": "mexico"},
        {"suites": []},
        {"keys": []},
        {"keys": ["x"]},
        {"log": "AAAA"},
        {"url": "http://plain.example"},
        {"url": "https://u@h"},
        {"tls": "xyz"},
        {"made": "yesterday"},
        {"witness": None},
    ],
)
def test_a_card_that_is_not_one_is_refused(mx, fields):
    with pytest.raises(PairingError):
        read_card(changed(mx.node.card().encode(), **fields))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b'{"a":1,"a":2}', b"[" * 10_000, b" " * 300_000])
def test_bytes_that_are_no_card_are_refused(data):
    with pytest.raises(PairingError):
        read_card(data)


def test_one_officer_under_two_keys_is_not_two(mx):
    value = json.loads(mx.node.card().encode())
    one = [{**key, "holder": "Ann"} if key["holder"] else key for key in value["keys"]]
    with pytest.raises(PairingError, match="fewer than two officers"):
        read_card(strict.write_object({**value, "keys": one}))


@pytest.mark.parametrize("name", ["\x1b[2Jx", "a\u202eb", "x" * 200, " Ann"])
def test_names_that_a_terminal_would_obey_are_refused(mx, name):
    value = json.loads(mx.node.card().encode())
    keys = [{**key, "holder": name} if key["holder"] == "Ann" else key for key in value["keys"]]
    with pytest.raises(PairingError, match="cannot be shown"):
        read_card(strict.write_object({**value, "keys": keys}))


def test_log_and_witness_are_two_keys(mx):
    value = json.loads(mx.node.card().encode())
    with pytest.raises(PairingError, match="twice"):
        read_card(strict.write_object({**value, "witness": value["log"]}))


def test_ones_own_card_is_refused(us):
    with pytest.raises(PairingError, match="itself"):
        us.node.accept(us.node.card().encode())


def test_an_authority_with_the_ledger_keys_of_another_is_refused(us, mx):
    us.node.accept(mx.node.card().encode())
    value = json.loads(mx.node.card().encode())
    copy = {**value, "name": CN, "keys": [{**key, "owner": CN} for key in value["keys"]]}
    with pytest.raises(PairingError, match="another authority has"):
        us.node.accept(strict.write_object(copy))


def test_an_invitation_that_is_exchanged_before_it_is_confirmed_needs_the_new_fingerprint(us, mx):
    us.node.accept(mx.node.card().encode())
    us.node.accept(changed(mx.node.card().encode(), tls="cd" * 32))
    with pytest.raises(FingerprintError):
        us.node.confirm(MX, mx.node.fingerprint)
