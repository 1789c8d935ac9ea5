"""A message goes from one authority to the other, in every suite, and says at home what it said."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange import dsse, officers
from entente.exchange.atrest import lock, unlock
from entente.exchange.content import draft, read_content
from entente.exchange.errors import (
    ForwardedError,
    KeyRoleError,
    MessageError,
    OversizedError,
    SealError,
    SequenceGapError,
    SuiteRefusedError,
    WrongRecipientError,
)
from entente.exchange.frame import split
from entente.exchange.messages import load_registry
from entente.exchange.sealing import Position
from exchange_people import ALERT, NOW, SUITES, alert, authority, header, known, send, signed, signing_key, take


@pytest.mark.parametrize("suite", ["S1", "S2", "S3"])
def test_a_message_arrives_as_it_was_signed(suite):
    us, mx = known("us-dea", suite), known("mx-pgr", suite)
    content = alert(us)
    opened = take(send(content, us, mx).wire, mx, us)
    assert opened.content.id == content.id
    assert opened.content.body == ALERT
    assert {record.holder for record in opened.officers} == {"Ann", "Bob"}
    assert opened.node == us.node.record


def test_the_next_message_follows_the_first():
    us, mx = known("us-dea"), known("mx-pgr")
    first = send(alert(us), us, mx)
    second = send(alert(us), us, mx, first.position)
    taken = take(first.wire, mx, us)
    assert taken.position == first.position
    assert take(second.wire, mx, us, taken.position).frame.sequence == 2
    with pytest.raises(SequenceGapError):
        take(second.wire, mx, us)


def test_the_same_content_gets_another_id_each_time():
    assert alert(known("us-dea")).id != alert(known("us-dea")).id


def test_the_id_does_not_depend_on_who_signed():
    us = known("us-dea")
    content = draft(header(), ALERT, os.urandom)
    assert signed(content, us.ann).id == signed(content, us.bob, us.ann).id == content.id


def test_unknown_fields_survive_byte_for_byte():
    us, mx = known("us-dea"), known("mx-pgr")
    content = alert(us, body={**ALERT, "colour": {"of": ["the", "sky"], "é": 1.50}})
    payload = content.envelope.payload.replace(b'"made"', b'"later": 1e2, "made"')
    newer = signed(read_content(dsse.Envelope(content.envelope.payload_type, payload).as_bytes()), us.ann, us.bob)
    opened = take(send(newer, us, mx).wire, mx, us)
    assert opened.content.envelope.payload == payload
    key, blob = lock(opened.content, os.urandom)
    assert unlock(key, blob, newer.id).envelope.as_bytes() == newer.envelope.as_bytes()


def test_the_header_on_the_wire_tells_nothing_of_the_content():
    us, mx = known("us-dea"), known("mx-pgr")
    parts = split(send(alert(us), us, mx).wire)
    assert b"alert" not in parts.header_bytes + parts.envelope.payload
    assert set(parts.frame.__slots__) == {"channel", "sequence", "previous", "content", "header", "sealed", "sent"}


def test_nothing_is_released_for_another_authority():
    us, mx = known("us-dea"), known("mx-pgr")
    with pytest.raises(ForwardedError):
        officers.release(alert(us), mx.as_peer(), SUITES, load_registry(), NOW)


def test_nothing_is_sealed_to_somebody_it_was_not_released_to():
    us, cn = known("us-dea"), known("cn-nncc")
    with pytest.raises(WrongRecipientError):
        send(alert(us, "mx-pgr"), us, cn)


def test_a_content_for_two_recipients_is_taken_by_both():
    us, mx, cn = known("us-dea"), known("mx-pgr"), known("cn-nncc")
    content = alert(us, "mx-pgr", "cn-nncc")
    assert take(send(content, us, mx).wire, mx, us).content.id == take(send(content, us, cn).wire, cn, us).content.id


def test_no_suite_is_used_that_the_peer_does_not_accept():
    us, mx = known("us-dea"), known("mx-pgr", "S3")
    with pytest.raises(SuiteRefusedError):
        send(alert(us), us, mx)


def test_a_shredded_content_is_gone():
    content = alert(known("us-dea"))
    key, blob = lock(content, os.urandom)
    with pytest.raises(SealError):
        unlock(os.urandom(len(key)), blob, content.id)
    with pytest.raises(SealError):
        unlock(key, blob, "0" * 64)


def test_a_destroyed_sealing_key_opens_nothing():
    us, mx = known("us-dea"), known("mx-pgr")
    wire = send(alert(us), us, mx).wire
    with pytest.raises(SealError):
        take(wire, authority("mx-pgr"), us)


def test_a_rotated_node_key_is_taken_beside_the_old_one():
    us, mx = known("us-dea"), known("mx-pgr")
    newer = signing_key("us-dea")
    keys = us.keys.with_added(newer.record).with_retired(us.node.record.id, NOW + timedelta(days=1))
    peer = us.as_peer(keys=keys)
    first = send(alert(us), us, mx)
    assert take(first.wire, mx, us, peer=peer).node == us.node.record
    rotated = replace(us, node=newer, keys=keys)
    second = send(alert(us), rotated, mx, first.position)
    assert take(second.wire, mx, us, first.position, peer=peer).node == newer.record
    assert second.position == Position(2, second.position.frame)


def test_only_keys_that_may_be_used_now_seal_and_sign():
    us, mx = known("us-dea"), known("mx-pgr")
    content = alert(us)
    retired = replace(mx, keys=mx.keys.with_retired(mx.sealing.record.id, NOW))
    with pytest.raises(KeyRoleError):
        send(content, us, retired)
    for wrong in (
        replace(us, node=us.ann),
        replace(us, node=mx.node),
        replace(us, node=signing_key("us-dea", start=NOW - timedelta(days=9), end=NOW)),
    ):
        with pytest.raises(KeyRoleError):
            send(content, wrong, mx)


def test_what_a_recipient_would_refuse_is_not_released():
    us, mx = known("us-dea"), known("mx-pgr")
    with pytest.raises(OversizedError):
        send(alert(us, body={**ALERT, "later": "x" * 3_200_000}), us, mx)
    with pytest.raises(MessageError):
        send(alert(us, body={"title": "No more."}), us, mx)
