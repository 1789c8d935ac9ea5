"""Keys change while nodes talk: new ones are told before they are used, and what was on its way stays good."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from entente.exchange.errors import CompromisedKeyError, ExpiredKeyError, UnknownKeyError
from entente.exchange.keys import Role
from entente.exchange.store import Way
from entente.node.errors import PairingError
from entente.node.node import Node
from entente.node.services import peers, pins, rotation, staff
from entente.node.services.rotation import RETIRE_AFTER, Change, rotate
from exchange_people import NOW
from node_people import CN, COST, MX, PASS, US, Clock, Office, meet, offices, pair


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def both(tmp_path, clock):
    return offices(tmp_path, US, MX, clock=clock)


def change(office: Office, **what) -> rotation.Changed:
    return rotate(office.node.parts, Change(**what), [office.ann, office.bob])


def signing_key(office: Office, peer: str) -> str:
    return office.node.channel(peer).node.record.id


def refused(office: Office, peer: str) -> list[str]:
    return [row.refused for row in office.node.messages(peer, Way.TAKEN)]


def test_a_change_and_what_is_signed_and_sealed_with_the_new_keys_arrive_in_one_parcel(both):
    us, mx = both[US], both[MX]
    before = signing_key(us, MX)
    us.send(MX)
    done = change(us)
    assert {record.role for record in done.added} == {Role.NODE, Role.SEAL}
    assert signing_key(us, MX) != before
    us.send(MX)
    meet(us, mx, 2)
    mx.send(US)
    meet(us, mx, 2)
    assert refused(mx, US) == ["", "", ""]
    assert refused(us, MX) == [""]
    sealed_to = mx.node.channel(US).peer.keys.usable(Role.SEAL, NOW)[0]
    assert sealed_to in done.added


def test_a_new_officer_signs_right_behind_the_change_that_names_them(both):
    us, mx = both[US], both[MX]
    cid = us.node.add_officer("Cid", PASS, cost=COST)
    with pytest.raises(UnknownKeyError):
        us.node.send(us.node.sign(us.signed(MX), [cid]), MX)
    change(us, node=False, seal=False)
    draft = us.signed(MX)
    us.node.send(us.node.sign(us.node.draft("alert", draft.body, [MX], draft.header.marking), [us.ann, cid]), MX)
    meet(us, mx, 2)
    assert refused(mx, US) == ["", ""]


def test_an_officer_who_left_releases_nothing_any_more(both, clock):
    us = both[US]
    us.node.add_officer("Cid", PASS, cost=COST)
    change(us, node=False, seal=False, retire=(us.bob.record.id[:16],))
    clock.now += timedelta(seconds=1)
    with pytest.raises(ExpiredKeyError):
        us.send(MX)


def test_a_frame_that_was_long_on_its_way_is_taken_after_the_change(both, clock):
    us, mx = both[US], both[MX]
    us.send(MX)
    bundle = us.node.export_bundle(MX)
    change(us)
    clock.now += RETIRE_AFTER - timedelta(days=1)
    mx.node.import_bundle(bundle)
    meet(us, mx, 2)
    assert refused(mx, US) == ["", ""]


def test_new_keys_under_a_stolen_signature_are_not_sent(both):
    us = both[US]
    us.node.add_officer("Cid", PASS, cost=COST)
    with pytest.raises(CompromisedKeyError):
        change(us, node=False, seal=False, compromised=((us.bob.record.id[:16], NOW - timedelta(days=3)),))
    assert us.node.messages(MX, Way.SENT) == []


def test_a_stolen_key_is_good_for_nothing_that_comes_later(both, clock):
    us, mx = both[US], both[MX]
    us.send(MX)
    bob, us.bob = us.bob, us.node.add_officer("Cid", PASS, cost=COST)
    rotate(us.node.parts, Change(node=False, seal=False), [us.ann, bob])
    stolen = Change(node=False, seal=False, compromised=((bob.record.id[:16], NOW - timedelta(days=3)),))
    rotate(us.node.parts, stolen, [us.ann, us.bob])
    draft = us.signed(MX)
    forged = us.node.draft("alert", draft.body, [MX], draft.header.marking)
    with pytest.raises(CompromisedKeyError):
        us.node.send(us.node.sign(forged, [us.ann, bob]), MX)
    meet(us, mx, 2)
    assert refused(mx, US) == ["", "", ""]
    state = pins.history(mx.node.parts.alias, US).state(bob.record.id)
    assert state.compromised == NOW - timedelta(days=3)


def test_a_change_that_was_cut_off_reaches_every_peer(tmp_path, monkeypatch):
    three = offices(tmp_path, US, MX, CN)
    us = three[US]
    us.node.add_officer("Cid", PASS, cost=COST)
    real, sent = rotation.sending.send, []

    def cut_off(parts, released, to):
        if sent:
            raise RuntimeError("power cut")
        sent.append(to)
        return real(parts, released, to)

    monkeypatch.setattr(rotation.sending, "send", cut_off)
    with pytest.raises(RuntimeError):
        change(us)
    monkeypatch.undo()
    (missing,) = {MX, CN} - set(sent)
    cid = Office(us.node, us.ann, staff.officer(us.node.parts, "Cid", PASS))
    with pytest.raises(PairingError, match="not told of the key of Cid"):
        cid.send(missing)
    cid.send(sent[0])
    assert signing_key(us, sent[0]) != signing_key(us, missing)
    for name in (MX, CN):
        us.send(name)
    assert rotation.announce(us.node.parts) == [missing]
    assert rotation.announce(us.node.parts) == []
    assert signing_key(us, sent[0]) == signing_key(us, missing)
    for name in (MX, CN):
        cid.send(name)
        meet(us, three[name], 2)
        assert set(refused(three[name], US)) == {""}


def test_a_peer_that_cannot_be_told_holds_up_no_other(tmp_path, monkeypatch):
    three = offices(tmp_path, US, MX, CN)
    us = three[US]
    real = rotation.sending.send

    def broken(parts, released, to):
        if to == CN:
            raise ExpiredKeyError("No sealing key is valid now.")
        return real(parts, released, to)

    monkeypatch.setattr(rotation.sending, "send", broken)
    done = change(us)
    assert done.told == (MX,)
    assert [name for name, _ in done.failed] == [CN]
    assert rotation.announce(us.node.parts) == []
    monkeypatch.undo()
    assert rotation.announce(us.node.parts) == [CN]


def test_a_server_that_runs_opens_what_is_sealed_to_a_key_made_by_another_process(both, tmp_path, clock):
    us, mx = both[US], both[MX]
    running = us.node
    us.node = Node.open(tmp_path / US, clock, PASS)
    change(us)
    us.node = running
    meet(us, mx, 2)
    mx.send(US)
    meet(us, mx, 2)
    assert refused(us, MX) == [""]


def test_before_the_first_peer_keys_change_without_a_message(tmp_path):
    from node_people import office

    us, mx = office(tmp_path / US, US), office(tmp_path / MX, MX)
    rotate(us.node.parts, Change(), [])
    pair(us, mx)
    us.send(MX)
    meet(us, mx, 2)
    assert refused(mx, US) == [""]


def test_nothing_to_change_is_said(both):
    with pytest.raises(PairingError, match="nothing to change"):
        change(both[US], node=False, seal=False)


def test_a_key_that_is_not_ours_cannot_be_retired(both):
    with pytest.raises(UnknownKeyError):
        change(both[US], retire=(both[MX].bob.record.id[:16],))
    assert staff.waiting(both[US].node.parts) == []
    assert peers.paired(both[US].node.parts, MX).state == "confirmed"


def test_a_change_that_names_an_officer_in_controls_is_refused_in_its_place(both, monkeypatch):
    us, mx = both[US], both[MX]
    monkeypatch.setattr("entente.node.services.staff._NAME", re.compile(r"[^/]+"))
    us.node.add_officer("\x1b[2Jx", PASS, cost=COST)
    change(us, node=False, seal=False)
    us.send(MX)
    meet(us, mx, 2)
    assert refused(mx, US) == ["message", ""]
