"""Keys: pinned with a history, good for one role and a time, and never printed."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.errors import (
    ClockError,
    CompromisedKeyError,
    ExpiredKeyError,
    FingerprintError,
    KeyFileError,
    KeyRoleError,
    MalformedError,
    UnknownKeyError,
)
from entente.exchange.fingerprint import confirm, fingerprint
from entente.exchange.keyfiles import PrivateKey, lock, unlock
from entente.exchange.keys import KeyHistory, KeyRecord, Role, Use
from entente.exchange.parties import load_sealing, load_signing
from entente.exchange.suites import builtin
from entente.exchange.suites.classic import Modern
from exchange_people import END, NOW, START, alert, known, send, signing_key, take

DAY = timedelta(days=1)
LOW = 10


def node_history() -> tuple[KeyHistory, str]:
    key = signing_key("us-dea").record
    return KeyHistory("us-dea").with_added(key), key.id


def test_a_record_reads_back_and_every_field_changes_its_id():
    record = signing_key("us-dea", "Ann").record
    assert KeyRecord.from_json(record.as_json()) == record
    changes = {
        "suite": "S2",
        "owner": "mx-pgr",
        "holder": "Bob",
        "public": b"x",
        "start": START + DAY,
        "end": END + DAY,
    }
    others = {replace(record, **{name: value}).id for name, value in changes.items()}
    assert len(others | {record.id}) == len(changes) + 1


@pytest.mark.parametrize("change", [{"role": "admin"}, {"extra": 1}, {"end": "2020-01-01T00:00:00Z"}, {"holder": ""}])
def test_a_record_that_says_too_much_or_nonsense_is_refused(change):
    record = signing_key("us-dea", "Ann").record
    with pytest.raises(MalformedError):
        KeyRecord.from_json({**record.as_json(), **change})


def test_a_key_of_another_authority_cannot_be_pinned():
    with pytest.raises(KeyRoleError):
        KeyHistory("mx-pgr").with_added(signing_key("us-dea").record)


def test_an_unknown_key_and_a_wrong_role_are_refused():
    history, key = node_history()
    with pytest.raises(UnknownKeyError):
        history.require("0" * 64, Role.NODE, Use(NOW, NOW))
    with pytest.raises(KeyRoleError):
        history.require(key, Role.OFFICER, Use(NOW, NOW))


def test_a_key_is_good_from_its_start_to_its_end():
    history, key = node_history()
    assert history.require(key, Role.NODE, Use(END - DAY, END - DAY)).id == key
    for claimed in (START - DAY, END, END + DAY):
        with pytest.raises(ExpiredKeyError):
            history.require(key, Role.NODE, Use(claimed, claimed))


def test_an_old_claim_does_not_make_an_expired_key_good():
    history, key = node_history()
    with pytest.raises(ExpiredKeyError):
        history.require(key, Role.NODE, Use(claimed=END - DAY, at=END + DAY))
    assert history.require(key, Role.NODE, Use(claimed=END - DAY, at=END + DAY, late=2 * DAY)).id == key


def test_clocks_may_differ_by_minutes_and_no_more():
    history, key = node_history()
    assert history.require(key, Role.NODE, Use(claimed=NOW + timedelta(minutes=5), at=NOW)).id == key
    with pytest.raises(ClockError):
        history.require(key, Role.NODE, Use(claimed=NOW + timedelta(hours=1), at=NOW))


def test_what_is_proven_older_than_the_compromise_stays_good():
    history, key = node_history()
    known_since = history.with_compromised(key, NOW)
    assert known_since.require(key, Role.NODE, Use(claimed=NOW - DAY, at=NOW - DAY)).id == key
    with pytest.raises(CompromisedKeyError):
        known_since.require(key, Role.NODE, Use(claimed=NOW - DAY, at=NOW))


def test_history_is_verified_again_by_the_time_that_the_ledger_proves():
    us, mx = known("us-dea"), known("mx-pgr")
    wire = send(alert(us), us, mx).wire
    peer = us.as_peer(keys=us.keys.with_compromised(us.bob.record.id, NOW + DAY))
    assert take(wire, mx, us, peer=peer, at=NOW).content.header.sender == "us-dea"
    with pytest.raises(CompromisedKeyError):
        take(wire, mx, us, peer=peer, at=NOW + 2 * DAY)


def test_a_compromise_or_end_only_moves_to_earlier():
    history, key = node_history()
    moved = history.with_compromised(key, NOW).with_compromised(key, NOW + DAY)
    assert moved.state(key).compromised == NOW
    assert history.with_retired(key, NOW).with_retired(key, NOW + DAY).state(key).end == NOW


def test_pinning_again_revives_nothing():
    history, key = node_history()
    record = history.state(key).record
    assert history.with_compromised(key, NOW).with_added(record).state(key).compromised == NOW


def test_usable_keys_are_the_newest_first_and_never_a_compromised_one():
    history, key = node_history()
    newer = signing_key("us-dea").record
    both = history.with_added(newer)
    assert [record.id for record in both.usable(Role.NODE, NOW)] == [newer.id, key]
    assert [record.id for record in both.with_compromised(newer.id, NOW).usable(Role.NODE, NOW)] == [key]
    assert both.usable(Role.SEAL, NOW) == ()


def test_a_fingerprint_is_digits_that_can_be_spoken():
    spoken = fingerprint("us-dea", ["b", "a"])
    assert spoken == fingerprint("us-dea", ["a", "b", "a"])
    assert [len(group) for group in spoken.split()] == [4] * 8
    confirm(spoken.replace(" ", "-"), spoken)
    assert fingerprint("mx-pgr", ["a", "b"]) != spoken


def test_a_slip_of_the_tongue_is_told_from_another_key():
    spoken = fingerprint("us-dea", ["a"])
    slip = ("1" if spoken[0] != "1" else "2") + spoken[1:]
    with pytest.raises(FingerprintError, match="slip"):
        confirm(slip, spoken)
    swapped = next(
        spoken[:i] + spoken[i + 1] + spoken[i] + spoken[i + 2 :] for i in range(3) if spoken[i] != spoken[i + 1]
    )
    with pytest.raises(FingerprintError, match="slip"):
        confirm(swapped, spoken)
    with pytest.raises(FingerprintError, match="other keys"):
        confirm(fingerprint("us-dea", ["b"]), spoken)
    with pytest.raises(FingerprintError, match="slip"):
        confirm("one two three", spoken)


def test_a_private_key_is_never_shown():
    key = PrivateKey(signing_key("us-dea").record, b"very secret indeed")
    for text in (repr(key), str(key), f"{key}", repr([key])):
        assert "secret redacted" in text
        assert "very" not in text
    assert "signer" not in repr(known("us-dea").node)
    with pytest.raises(KeyFileError):
        pickle.dumps(key)


def test_a_key_file_needs_its_passphrase():
    key = PrivateKey(signing_key("us-dea").record, os.urandom(32))
    data = lock(key, b"correct horse", os.urandom, cost=LOW)
    assert unlock(data, b"correct horse") == key
    assert key.secret not in data
    for wrong in (b"battery", b""):
        with pytest.raises(KeyFileError):
            unlock(data, wrong)
    with pytest.raises(KeyFileError):
        lock(key, b"", os.urandom, cost=LOW)


def test_a_private_key_cannot_be_put_under_another_record():
    key = PrivateKey(signing_key("us-dea", "Ann").record, os.urandom(32))
    data = lock(key, b"correct horse", os.urandom, cost=LOW)
    with pytest.raises(KeyFileError):
        unlock(data.replace(b"Ann", b"Bob"), b"correct horse")


def test_a_key_file_cannot_ask_for_all_memory():
    key = PrivateKey(signing_key("us-dea").record, os.urandom(32))
    data = lock(key, b"correct horse", os.urandom, cost=LOW)
    with pytest.raises(KeyFileError):
        unlock(data.replace(b'"cost":10', b'"cost":40'), b"correct horse")


def test_a_private_key_is_loaded_under_its_own_record_only():
    suites = builtin()
    private = Modern().new_signing_key()
    record = replace(signing_key("us-dea").record, public=Modern().signer(private).public)
    loaded = load_signing(PrivateKey(record, private), suites)
    Modern().verify(record.public, b"data", loaded.signer.sign(b"data"))
    for secret in (Modern().new_signing_key(), b"short", b""):
        with pytest.raises(KeyFileError):
            load_signing(PrivateKey(record, secret), suites)
    with pytest.raises(KeyRoleError):
        load_sealing(PrivateKey(record, private), suites)
    with pytest.raises(KeyRoleError):
        load_signing(known("us-dea").sealing, suites)
