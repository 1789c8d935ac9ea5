"""Signed acts: who may change keys, handling and consent, and what is left after it."""

from __future__ import annotations

import os
from datetime import date, timedelta

import pytest

from entente.exchange import officers
from entente.exchange.acts import consents_to, keys_after, marking_after
from entente.exchange.content import draft
from entente.exchange.errors import (
    CompromisedKeyError,
    KeyRoleError,
    LooseningError,
    MalformedError,
    MessageError,
    UnknownKeyError,
)
from entente.exchange.handling import Condition, Marking, Tlp
from entente.exchange.permits import Action
from exchange_people import ALERT, NOW, header, known, send, signed, signing_key, take

US, MX = known("us-dea"), known("mx-pgr")
SIGNERS = (US.ann.record, US.bob.record)
WHEN = "2026-11-24T09:00:00Z"


def act(kind: str, body, sender: str = "us-dea", **changes):
    return draft(header(sender, type=kind, **changes), body, os.urandom)


def changed(body, **arguments):
    content = act("key-change", body, arguments.pop("sender", "us-dea"))
    return keys_after(US.keys, content, arguments.pop("officers", SIGNERS), arguments.pop("at", NOW))


def test_a_peer_adds_and_retires_its_own_keys():
    new = signing_key("us-dea", "Carla").record
    history = changed({"add": [new.as_json()], "retire": [{"key": US.bob.record.id, "at": "2026-12-01T00:00:00Z"}]})
    assert history.state(new.id).record == new
    assert history.state(US.bob.record.id).end < US.bob.record.end


def test_a_new_officer_signs_from_then_on():
    carla = signing_key("us-dea", "Carla")
    peer = US.as_peer(keys=changed({"add": [carla.record.as_json()]}))
    content = signed(draft(header(), ALERT, os.urandom), US.ann, carla)
    assert officers.verify(content, peer, US.suites, NOW) == (US.ann.record, carla.record)


def test_nobody_changes_the_keys_of_another():
    with pytest.raises(KeyRoleError):
        changed({"retire": [{"key": US.bob.record.id, "at": WHEN}]}, sender="cn-nncc")
    with pytest.raises(KeyRoleError):
        changed({"add": [signing_key("cn-nncc", "Ann").record.as_json()]})


def test_a_compromised_key_brings_in_no_new_ones():
    new = signing_key("us-dea", "Carla").record.as_json()
    lost = {"compromised": [{"key": US.bob.record.id, "since": WHEN}]}
    with pytest.raises(CompromisedKeyError):
        changed({"add": [new], **lost})
    assert changed(lost).state(US.bob.record.id).compromised == NOW
    assert changed({"add": [new], **lost}, officers=(US.ann.record,)).state(US.bob.record.id).compromised == NOW


def test_what_is_no_statement_of_fact_is_refused():
    with pytest.raises(MessageError):
        changed({"compromised": [{"key": US.bob.record.id, "since": WHEN}]}, at=NOW - timedelta(days=1))
    with pytest.raises(UnknownKeyError):
        changed({"retire": [{"key": "0" * 64, "at": WHEN}]})
    with pytest.raises(MalformedError):
        changed({"retire": [{"key": US.bob.record.id, "at": "2026-02-30T00:00:00Z"}]})
    with pytest.raises(MessageError):
        keys_after(US.keys, act("alert", ALERT), SIGNERS, NOW)


def test_a_change_of_keys_travels_like_any_message():
    body = {"add": [signing_key("us-dea", "Carla").record.as_json()], "reason": "New officer."}
    content = signed(act("key-change", body), US.ann, US.bob)
    opened = take(send(content, US, MX).wire, MX, US)
    assert len(list(keys_after(US.keys, opened.content, opened.officers, NOW))) == 5


ITEM = act("alert", ALERT, marking=Marking(Tlp.AMBER, frozenset({Condition.H1})))


def handling(marking: Marking, sender: str, item: str = ITEM.id):
    return act("handling-change", {"item": item, "handling": marking.as_json(), "reason": "x"}, sender)


def test_the_originator_loosens_and_anybody_tightens():
    looser, red = Marking(Tlp.GREEN), Marking(Tlp.RED, frozenset({Condition.H1}))
    assert marking_after(ITEM, []) == ITEM.header.marking
    assert marking_after(ITEM, [handling(looser, "us-dea")]) == looser
    assert marking_after(ITEM, [handling(red, "mx-pgr")]) == red
    assert marking_after(ITEM, [handling(looser, "mx-pgr", item="f" * 64)]) == ITEM.header.marking
    with pytest.raises(LooseningError):
        marking_after(ITEM, [handling(looser, "mx-pgr")])
    with pytest.raises(LooseningError):
        marking_after(ITEM, [handling(red, "mx-pgr"), handling(ITEM.header.marking, "cn-nncc")])


def consent(answer="granted", sender="us-dea", **changes):
    return act("consent", {"item": ITEM.id, "answer": answer, "action": "share", "to": "cn-nncc", **changes}, sender)


def given_by(*consents, action=Action.SHARE, to="cn-nncc", today=date(2026, 11, 24), item=ITEM.id):
    return consents_to(item, consents, action=action, to=to, today=today)


def test_a_consent_is_for_one_item_one_action_and_one_recipient():
    assert given_by(consent()) == {"us-dea"}
    assert given_by(consent(), to="hk-ced") == set()
    assert given_by(consent(), action=Action.EVIDENCE) == set()
    assert given_by(consent(), item="f" * 64) == set()


def test_the_last_word_of_each_party_counts():
    assert given_by(consent(), consent("declined")) == set()
    assert given_by(consent("declined"), consent()) == {"us-dea"}
    assert given_by(consent(), consent("declined", "hk-ced")) == {"us-dea"}


def test_a_consent_ends_after_its_last_day():
    assert given_by(consent(until="2026-11-24")) == {"us-dea"}
    assert given_by(consent(until="2026-11-23")) == set()


def test_only_consents_are_consents():
    with pytest.raises(MessageError):
        given_by(ITEM)
