"""Pairing again after a revocation, and a server's key that changes by an announcement."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.errors import FingerprintError, MalformedError
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.store import Way
from entente.exchange.suites import builtin
from entente.node.cards import read_card
from entente.node.errors import NodeError, PairingError
from entente.node.home import Home
from entente.node.node import Node
from entente.node.services import auditing, backup, checkup, peers, pins, restoring, rotation, servers
from exchange_people import NOW
from node_people import CN, MX, PASS, US, Office, copied, meet, office, offices


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    both = offices(tmp_path_factory.mktemp("again"), US, MX)
    for one, other in ((US, MX), (MX, US)):
        both[one].send(other)
    meet(both[US], both[MX], 2)
    return both


@pytest.fixture
def pair(made, tmp_path):
    return copied(made, tmp_path)


def again(us: Office, mx: Office) -> None:
    """Pair again; MX may be another node under the old name."""
    cards = {office.name: office.node.card(other.name).encode() for office, other in ((us, mx), (mx, us))}
    for here, there in ((us, mx), (mx, us)):
        here.node.accept(cards[there.name])
        here.node.confirm(there.name, read_card(cards[there.name]).fingerprint)


def taken(here: Office, there: str) -> list[str]:
    return [row.content for row in here.node.messages(there, Way.TAKEN)]


def test_a_revoked_peer_is_paired_again_and_its_history_stays_verifiable(pair):
    us, mx = pair[US], pair[MX]
    before = taken(us, MX)
    old = us.node.give(MX)
    for here, there in ((us, MX), (mx, US)):
        peers.revoke(here.node.parts, there)
    again(us, mx)
    assert peers.generation(us.node.parts, MX) == peers.generation(mx.node.parts, US) == 2
    us.send(MX)
    mx.send(US)
    meet(us, mx, 2)
    assert len(taken(us, MX)) == len(taken(mx, US)) == 1
    assert taken(us, f"{MX}/1") == before
    for here, there in ((us, MX), (mx, US)):
        assert auditing.audit(here.node.parts, there).receipts == 1
        past = auditing.audit(here.node.parts, f"{there}/1")
        assert (past.receipts, past.entries) == (1, 2)
    assert [one.peer for one in us.node.status()] == [MX]
    with pytest.raises(MalformedError):
        mx.node.take(US, old)


def test_a_new_node_under_the_old_name_gets_none_of_the_old_trust(pair, tmp_path):
    us, old = pair[US], pair[MX]
    old_keys = {state.record.id for state in pins.history(us.node.parts.alias, MX)}
    peers.revoke(us.node.parts, MX)
    new = office(tmp_path / "new", MX)
    card = us.node.card(MX).encode()
    new.node.accept(card)
    new.node.confirm(US, read_card(card).fingerprint)
    mine = peers.invitation(new.node.parts, US)
    us.node.accept(mine.encode())
    us.node.confirm(MX, mine.fingerprint)
    new.send(US)
    us.send(MX)
    meet(us, new, 2)
    assert len(taken(us, MX)) == len(taken(new, US)) == 1
    ended = {state.record.id for state in pins.history(us.node.parts.alias, MX) if state.retired}
    assert ended == old_keys
    with pytest.raises((MalformedError, WrongdoingError)):
        us.node.take(MX, old.node.give(US))
    assert len(taken(us, f"{MX}/1")) == 1
    assert auditing.audit(us.node.parts, f"{MX}/1").receipts == 1


def test_nothing_passes_before_the_new_fingerprint_is_confirmed(pair):
    us, mx = pair[US], pair[MX]
    plain = mx.node.card().encode()
    peers.revoke(us.node.parts, MX)
    peers.revoke(mx.node.parts, US)
    card = mx.node.card(US)
    us.node.accept(card.encode())
    with pytest.raises(PairingError):
        us.send(MX)
    with pytest.raises(FingerprintError):
        us.node.confirm(MX, us.node.fingerprint)
    with pytest.raises(FingerprintError):
        us.node.confirm(MX, read_card(plain).fingerprint)
    us.node.accept(plain)
    with pytest.raises(PairingError, match="pairing again"):
        us.node.confirm(MX, read_card(plain).fingerprint)
    other = replace(card, again=(CN, 2))
    us.node.accept(other.encode())
    with pytest.raises(PairingError, match="written for cn-nncc"):
        us.node.confirm(MX, other.fingerprint)


def test_a_stolen_key_does_not_come_back_by_an_invitation(pair):
    us, mx = pair[US], pair[MX]
    key = mx.node.channel(US).node.record.id
    change = rotation.Change(seal=False, compromised=((key, us.node.parts.clock()),))
    before = peers.invitation(mx.node.parts)
    rotation.rotate(mx.node.parts, change, [mx.ann, mx.bob])
    meet(us, mx, 2)
    for here, there in ((us, MX), (mx, US)):
        peers.revoke(here.node.parts, there)
    with pytest.raises(PairingError, match="compromised"):
        us.node.accept(replace(before, again=(US, 2)).encode())
    assert peers.paired(us.node.parts, MX).state == "revoked"
    again(us, mx)


def test_who_paired_again_more_often_is_followed(pair, tmp_path):
    us, mx = pair[US], pair[MX]
    for here, there in ((us, MX), (mx, US)):
        peers.revoke(here.node.parts, there)
    again(us, mx)
    peers.revoke(us.node.parts, MX)
    new = office(tmp_path / "new", MX)
    card = us.node.card(MX)
    assert card.again == (MX, 3)
    new.node.accept(card.encode())
    new.node.confirm(US, card.fingerprint)
    mine = peers.invitation(new.node.parts, US)
    us.node.accept(mine.encode())
    us.node.confirm(MX, mine.fingerprint)
    new.send(US)
    meet(us, new, 2)
    assert len(taken(us, MX)) == 1
    assert [one.past for one in peers.earlier(us.node.parts, MX)] == [1, 2]


def test_a_confirmed_peer_is_not_paired_again(pair):
    us, mx = pair[US], pair[MX]
    with pytest.raises(PairingError, match="nothing to do again"):
        mx.node.card(US)
    with pytest.raises(PairingError, match="confirmed already"):
        us.node.accept(mx.node.card().encode())


def test_a_backup_holds_all_generations_and_is_verified_after_a_restore(pair, tmp_path):
    us, mx = pair[US], pair[MX]
    for here, there in ((us, MX), (mx, US)):
        peers.revoke(here.node.parts, there)
    again(us, mx)
    us.send(MX)
    mx.send(US)
    meet(us, mx, 2)
    parts = us.node.parts
    backup.backup(parts, tmp_path / "b", tmp_path / "k")
    home, keys = Home(tmp_path / "restored"), parts.home.keys
    done = restoring.restore(tmp_path / "b", home, keys, PASS, builtin(), parts.clock, keys_file=tmp_path / "k")
    assert (done.entries, done.awaited) == (4, [MX])
    back = replace(us, node=Node.open(home.path, parts.clock, PASS))
    with pytest.raises(RestoreError):
        back.send(MX)
    meet(back, mx, 2)
    back.send(MX)
    meet(back, mx, 2)
    assert len(taken(mx, US)) == 2
    for row in back.node.messages(f"{MX}/1", Way.TAKEN):
        assert back.node.read(row)
    assert auditing.audit(back.node.parts, f"{MX}/1").entries == 2
    assert not [one for one in checkup.examine(back.node.parts, everything=True) if one.what == "ledger" and one.remedy]


def announced(us: Office, mx: Office) -> str:
    change = rotation.Change(node=False, seal=False, server=True)
    rotation.rotate(us.node.parts, change, [us.ann, us.bob])
    return servers.prepare(us.node.parts)


def test_a_servers_new_key_is_taken_beside_the_old_one_until_it_is_met(pair):
    us, mx = pair[US], pair[MX]
    (old,) = servers.accepted(mx.node.parts, US)
    new = announced(us, mx)
    with pytest.raises(NodeError, match="not acknowledged by: mx-pgr"):
        servers.switch(us.node.parts)
    meet(us, mx, 2)
    assert servers.accepted(mx.node.parts, US) == (new, old)
    servers.met(mx.node.parts, US, old)
    assert servers.accepted(mx.node.parts, US) == (new, old)
    assert servers.switch(us.node.parts) == new == us.node.card().tls
    servers.met(mx.node.parts, US, new)
    assert servers.accepted(mx.node.parts, US) == (new,)
    with pytest.raises(NodeError, match="No new key"):
        servers.switch(us.node.parts)


def test_a_switch_that_was_cut_off_is_ended(pair):
    us, mx = pair[US], pair[MX]
    new = announced(us, mx)
    meet(us, mx, 2)
    folder = us.node.parts.home.keys / "next"
    (folder / "switching").touch()
    shutil.move(folder / "tls.key", us.node.parts.home.keys / "tls.key")
    assert servers.switch(us.node.parts) == new
    assert not folder.exists()


def test_a_peer_that_was_paired_since_is_told_first(pair, tmp_path):
    us, mx = pair[US], pair[MX]
    announced(us, mx)
    meet(us, mx, 2)
    cn = office(tmp_path / "cn", CN)
    for here, there in ((us, cn), (cn, us)):
        here.node.accept(there.node.card().encode())
        here.node.confirm(there.name, there.node.fingerprint)
    with pytest.raises(NodeError, match="cn-nncc"):
        servers.switch(us.node.parts)
    announced(us, mx)
    for other in (mx, cn):
        meet(us, other, 2)
    servers.switch(us.node.parts)


def test_keys_that_ended_are_destroyed_and_everything_stays_readable(tmp_path):
    clock = [NOW]
    both = offices(tmp_path, US, MX, clock=lambda: clock[0])
    us, mx = both[US], both[MX]
    us.send(MX)
    mx.send(US)
    meet(us, mx, 2)
    rotation.rotate(us.node.parts, rotation.Change(), [us.ann, us.bob])
    assert rotation.ended(us.node.parts, timedelta(0)) == []
    clock[0] += timedelta(days=100)
    (due,) = rotation.ended(us.node.parts, timedelta(days=5))
    rotation.destroy(us.node.parts, [due])
    assert due.id not in us.node.parts.keys().sealing
    opened = Node.open(us.node.parts.home.path, lambda: clock[0], PASS)
    for way in Way:
        for row in opened.messages(MX, way):
            assert opened.read(row).header.type in {"alert", "key-change"}
