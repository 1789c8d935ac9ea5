"""What a malicious peer, who holds its own keys, may send; each is refused for the reason that names it."""

from __future__ import annotations

import os
import struct
from dataclasses import replace
from datetime import date, timedelta

import pytest

from entente.exchange import dsse, errors, frame, officers, permits, strict
from entente.exchange.content import PAYLOAD_TYPE, draft, read_content
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import FrameHeader, join, split
from entente.exchange.handling import read_marking
from entente.exchange.messages import check_references, load_registry
from entente.exchange.officers import Released
from entente.exchange.permits import Action, Circumstances
from entente.exchange.sealing import Position, sign_frame
from exchange_people import (
    ALERT,
    CHANNEL,
    NOW,
    SUITES,
    alert,
    authority,
    header,
    known,
    send,
    signed,
    signing_key,
    take,
)

US, MX, CN = known("us-dea"), known("mx-pgr"), known("cn-nncc")
HONEST = alert(US)
WIRE = send(HONEST, US, MX)


def forged(plain=None, *, head=None, node=None, raw_header=None, **changes):
    """A message whose parts the sender chose freely, sealed and signed with its own keys."""
    head = head or FrameHeader("S1", MX.sealing.record.id, CHANNEL, "us-dea", "mx-pgr")
    data = raw_header or head.as_bytes()
    plain = HONEST.envelope.as_bytes() if plain is None else plain
    sealed = SUITES.get("S1", frozenset({"S1"})).seal(MX.sealing.record.public, plain, frame.info(data))
    fields = {"header": frame.digest(data), "sealed": frame.digest(sealed), **changes}
    signed_frame, _ = sign_frame(replace(WIRE.frame, **fields), node or US.node)
    return join(data, signed_frame, sealed)


def forged_content(payload: bytes, *keys, **changes):
    """A message around a payload that its officers signed as it is."""
    envelope = dsse.Envelope(PAYLOAD_TYPE, payload)
    for key in keys or (US.ann, US.bob):
        envelope = envelope.with_signature(dsse.Signature(key.record.id, key.signer.sign(envelope.signed)))
    return forged(envelope.as_bytes(), content=envelope.id, **changes)


def refused(data: bytes, expected: type[ExchangeError], **arguments):
    with pytest.raises(expected) as caught:
        take(data, MX, arguments.pop("sender", US), **arguments)
    assert type(caught.value) is expected
    assert caught.value.code == expected.code
    assert caught.value.remedy


def test_the_forger_of_these_tests_can_also_be_honest():
    assert take(forged(), MX, US).content.id == HONEST.id
    assert take(forged_content(HONEST.envelope.payload), MX, US).content.id == HONEST.id


def test_wrong_recipient():
    refused(send(alert(US, "cn-nncc"), US, CN).wire, errors.WrongRecipientError)


def test_wrong_recipient_under_a_header_of_its_own():
    """Sealed to another's key, relabelled: the sealing binds the header."""
    parts = split(send(alert(US, "cn-nncc"), US, CN).wire)
    head = replace(parts.header, recipient="mx-pgr", key=MX.sealing.record.id).as_bytes()
    signed_frame, _ = sign_frame(replace(parts.frame, header=frame.digest(head)), US.node)
    refused(join(head, signed_frame, parts.sealed), errors.SealError)


def test_surreptitious_forwarding_of_a_third_party():
    """China's content to the United States, passed on to Mexico as if Mexico were meant."""
    stolen = alert(CN, "us-dea")
    refused(forged(stolen.envelope.as_bytes(), content=stolen.id), errors.ForwardedError)


def test_surreptitious_forwarding_of_a_content_that_also_names_the_victim():
    stolen = alert(CN, "us-dea", "mx-pgr")
    refused(forged(stolen.envelope.as_bytes(), content=stolen.id), errors.ForwardedError)


def test_surreptitious_forwarding_of_its_own_content_for_another():
    other = alert(US, "cn-nncc")
    refused(forged(other.envelope.as_bytes(), content=other.id), errors.ForwardedError)


def test_stripped_signature():
    one = replace(HONEST.envelope, signatures=HONEST.envelope.signatures[:1])
    refused(forged(one.as_bytes()), errors.TooFewSignaturesError)
    none = replace(HONEST.envelope, signatures=())
    refused(forged(none.as_bytes()), errors.TooFewSignaturesError)


def test_one_officer_twice():
    twice = replace(HONEST.envelope, signatures=HONEST.envelope.signatures[:1] * 2)
    refused(forged(twice.as_bytes()), errors.TooFewSignaturesError)


def test_one_officer_with_two_keys():
    second = signing_key("us-dea", "Ann")
    content = signed(draft(header(), ALERT, os.urandom), US.ann, second)
    peer = US.as_peer(keys=US.keys.with_added(second.record))
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.TooFewSignaturesError, peer=peer)


def test_two_officers_with_one_key():
    shared = replace(US.ann.record, holder="Eve")
    eve = replace(US.ann, record=shared)
    content = signed(draft(header(), ALERT, os.urandom), US.ann, eve)
    peer = US.as_peer(keys=US.keys.with_added(shared))
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.TooFewSignaturesError, peer=peer)


def test_a_bad_signature_beside_two_good_ones():
    noise = dsse.Signature(US.ann.record.id, bytes(64))
    refused(forged(HONEST.envelope.with_signature(noise).as_bytes()), errors.SignatureError)


def test_node_key_in_the_place_of_an_officer():
    content = signed(draft(header(), ALERT, os.urandom), US.ann, US.node)
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.KeyRoleError)


def test_officer_key_in_the_place_of_the_node():
    refused(forged(node=US.ann), errors.KeyRoleError)


def test_key_of_nobody():
    refused(forged(node=signing_key("us-dea")), errors.UnknownKeyError)


def test_signature_of_a_frame_used_for_a_content():
    """The type is signed with the payload, so one kind of document is never another."""
    signature = US.ann.signer.sign(dsse.pae(frame.PAYLOAD_TYPE, HONEST.envelope.payload))
    swapped = (dsse.Signature(US.ann.record.id, signature), HONEST.envelope.signatures[1])
    refused(forged(replace(HONEST.envelope, signatures=swapped).as_bytes()), errors.SignatureError)


def test_changed_content():
    other = alert(US)
    mixed = replace(HONEST.envelope, payload=other.envelope.payload)
    refused(forged(mixed.as_bytes(), content=mixed.id), errors.SignatureError)


def test_another_content_than_the_frame_names():
    refused(forged(alert(US).envelope.as_bytes()), errors.SealError)


def test_changed_ciphertext():
    data = bytearray(WIRE.wire)
    data[-1] ^= 1
    refused(bytes(data), errors.SignatureError)


def test_changed_header():
    data = WIRE.wire.replace(b'"suite":"S1"', b'"suite":"S2"', 1)
    refused(data, errors.SuiteError)


def test_changed_frame():
    parts = split(WIRE.wire)
    other = replace(parts.envelope, payload=replace(parts.frame, sent=NOW + timedelta(seconds=1)).as_bytes())
    refused(join(parts.header_bytes, other.as_bytes(), parts.sealed), errors.SignatureError)


def test_two_signatures_on_a_frame():
    parts = split(WIRE.wire)
    twice = parts.envelope.with_signature(parts.envelope.signatures[0])
    refused(join(parts.header_bytes, twice.as_bytes(), parts.sealed), errors.SignatureError)


def test_swapped_suite():
    """A peer that is pinned to S3 falls back to S1 with keys that are known."""
    peer = US.as_peer(frozenset({"S3"}))
    refused(WIRE.wire, errors.SuiteRefusedError, peer=peer)


def test_swapped_suite_of_the_node_only():
    strong = authority("us-dea", "S3")
    keys = strong.keys.with_added(US.node.record)
    content = signed(draft(header(), ALERT, os.urandom), strong.ann, strong.bob)
    data = forged(content.envelope.as_bytes(), content=content.id)
    refused(data, errors.SuiteRefusedError, peer=strong.as_peer(frozenset({"S3"}), keys=keys))


def test_swapped_suite_of_an_officer():
    weak = signing_key("us-dea", "Carl", "S2")
    content = signed(draft(header(), ALERT, os.urandom), US.ann, weak)
    peer = US.as_peer(keys=US.keys.with_added(weak.record))
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.SuiteRefusedError, peer=peer)


def test_half_of_a_double_signature():
    """Of S3 both halves must be right: neither the curve's nor the lattice's signature is enough."""
    strong = known("us-dea", "S3")
    suite = SUITES.get("S3", frozenset({"S3"}))
    signature = strong.node.signer.sign(b"data")
    suite.verify(strong.node.record.public, b"data", signature)
    for broken in (signature[:64], signature[:64] + bytes(3309), bytes(64) + signature[64:], b""):
        with pytest.raises(errors.SignatureError):
            suite.verify(strong.node.record.public, b"data", broken)


def test_unknown_suite():
    head = FrameHeader("S9", MX.sealing.record.id, CHANNEL, "us-dea", "mx-pgr")
    refused(forged(head=head), errors.SuiteError)


@pytest.mark.parametrize("spelling", ["AA=", "AB==", "AA", "AA== ", "AA==\n", "-_8=", "AA==AA==", "é==="])
def test_non_canonical_base64(spelling):
    with pytest.raises(errors.Base64Error):
        strict.read_base64(spelling, what="It")


def test_non_canonical_base64_in_a_signature():
    envelope = HONEST.envelope.as_bytes()
    signature = strict.write_base64(HONEST.envelope.signatures[0].value)
    stray = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    refused(forged(envelope.replace(signature.encode(), stray.encode())), errors.Base64Error)


def test_oversized_header():
    data = b'{"channel":"' + b"x" * 2000 + b'"}'
    refused(forged(raw_header=data), errors.OversizedError)


@pytest.mark.parametrize("lengths", [(0xFFFF, 10), (10, 0xFFFFFFFF)])
def test_lengths_that_lie(lengths):
    refused(frame.MAGIC + struct.pack(">HI", *lengths) + b"{}", errors.OversizedError)


@pytest.mark.parametrize("cut", [0, 5, 13, 14, 100, -200])
def test_cut_short(cut):
    data = WIRE.wire[:cut]
    with pytest.raises((errors.MalformedError, errors.SignatureError)):
        take(data, MX, US)


def test_too_many_signatures():
    many = replace(HONEST.envelope, signatures=HONEST.envelope.signatures * 5)
    refused(forged(many.as_bytes()), errors.OversizedError)


def test_other_fields_in_the_header():
    data = split(WIRE.wire).header_bytes.replace(b"{", b'{"admin":true,', 1)
    refused(forged(raw_header=data), errors.MalformedError)


def changed(old: bytes, new: bytes) -> bytes:
    payload = HONEST.envelope.payload.replace(old, new, 1)
    assert payload != HONEST.envelope.payload
    return payload


def test_deep_json():
    deep = b'"urgency":' + b"[" * 40_000 + b"]" * 40_000 + b',"urgency2":'
    refused(forged_content(changed(b'"urgency":', deep)), errors.OversizedError)


def test_brackets_in_texts_are_not_depth():
    payload = changed(b'"urgency":', b'"note":"' + b"[" * 100 + b'\\"{{","urgency":')
    assert take(forged_content(payload), MX, US).content.body["note"].startswith("[[")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"urgency":', b'"urgency":"urgent","urgency":'),
        (b'"sender":', b'"sender":"cn-nncc","sender":'),
        (b'"urgency":', b'"n":NaN,"urgency":'),
        (b'"urgency":', b'"n":-Infinity,"urgency":'),
        (b'"urgency":', b'"n":1e999,"urgency":'),
        (b'"urgency":', b'"n":9007199254740993,"urgency":'),
        (b'"urgency":', b'"n":' + b"9" * 5000 + b',"urgency":'),
        (b'"urgency":', b'"n":"\\ud800","urgency":'),
        (b'"urgency":', b'"n":"\xff","urgency":'),
        (b'"urgency":', b'"n":"\x00","urgency":'),
        (b"{", b"\xef\xbb\xbf{"),
        (b'"urgency":', b'"n":1,,"urgency":'),
    ],
    ids=[
        "duplicate keys in the body",
        "duplicate keys in the header",
        "nan",
        "infinity",
        "overflow",
        "integer above 2^53",
        "huge integer",
        "lone surrogate",
        "not utf-8",
        "raw control character",
        "byte order mark",
        "two commas",
    ],
)
def test_json_that_two_readers_read_differently(old, new):
    refused(forged_content(changed(old, new)), errors.JsonError)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"salt":"', b'"sault":"'),
        (b'"mx-pgr"', b'"mx-pgr","mx-pgr"'),
        (b'["mx-pgr"]', b"[]"),
        (b'"sender":"us-dea"', b'"sender":"US DEA"'),
        (b'"made":"2026', b'"made":"+2026'),
        (b'"made":"2026-11-24', b'"made":"2026-02-30'),
        (b'"v":1,', b'"v":2,'),
        (b'"version":1', b'"version":true'),
        (b'"made":', b'"supersedes":["x"],"made":'),
        (b'"made":', b'"predicate":{"kind":"hunch","reference":"1"},"made":'),
    ],
    ids=["salt", "recipient twice", "no recipient", "name", "moment", "no such day", "v", "bool", "id", "predicate"],
)
def test_malformed_content(old, new):
    with pytest.raises(errors.MalformedError):
        take(forged_content(changed(old, new)), MX, US)


def test_short_salt():
    with pytest.raises(errors.Base64Error):
        draft(header(), ALERT, lambda size: os.urandom(size // 2))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"until":"2026-12-31"', b'"until":"2026-13-31"'),
        (b'"until":"2026-12-31"', b'"until":"soon"'),
        (b'"until":"2026-12-31"', b'"until":null'),
        (b'"until":', b'"recipients2":1,"attachments":{},"until":'),
        (b'"until":', b'"attachments":[1],"until":'),
        (b'"until":', b'"predicate":[],"until":'),
        (b'"until":', b'"withdraws":[1],"until":'),
        (b'"until":', b'"withdraws":[' + b",".join(b'"%064x"' % n for n in range(65)) + b'],"until":'),
        (b'"until":', b'"evaluation":{"source":"Z","information":"1"},"until":'),
        (b'"until":', b'"evaluation":"A1","until":'),
    ],
)
def test_malformed_parts_of_a_header(old, new):
    payload = alert(US, until=date(2026, 12, 31)).envelope.payload
    assert old in payload
    with pytest.raises((errors.MalformedError, errors.MarkingError)):
        read_content(dsse.Envelope(PAYLOAD_TYPE, payload.replace(old, new)).as_bytes())


@pytest.mark.parametrize("entry", [1, {"sig": "AAAA"}, {"keyid": "x", "sig": 1}, {"keyid": 1, "sig": "AAAA"}])
def test_malformed_signatures(entry):
    value = strict.read_object(HONEST.envelope.as_bytes(), limit=10**6, what="it")
    with pytest.raises(errors.MalformedError):
        read_content(strict.write_object({**value, "signatures": [entry]}))


def test_a_signature_that_carries_a_book():
    value = strict.read_object(HONEST.envelope.as_bytes(), limit=10**6, what="it")
    book = {"keyid": "x", "sig": "AAAA", "novel": "x" * 20_000}
    with pytest.raises(errors.OversizedError):
        read_content(strict.write_object({**value, "signatures": [book]}))


@pytest.mark.parametrize("change", [{"v": 2}, {"sequence": 0}, {"sequence": True}, {"previous": "0"}, {"sent": "now"}])
def test_malformed_frames(change):
    value = strict.read_object(WIRE.frame.as_bytes(), limit=10**4, what="it")
    with pytest.raises(errors.MalformedError):
        frame.read_frame(strict.write_object({**value, **change}))


def test_sequence_gap():
    refused(forged(sequence=3), errors.SequenceGapError)


def test_replay():
    refused(WIRE.wire, errors.ReplayError, place=WIRE.position)
    refused(WIRE.wire, errors.ReplayError, place=Position(7, "a" * 64))


def test_fork_at_the_same_sequence():
    refused(forged(alert(US).envelope.as_bytes()), errors.ForkError, place=WIRE.position)


def test_fork_that_does_not_follow():
    refused(forged(sequence=2, previous="b" * 64), errors.ForkError, place=WIRE.position)


def test_frame_of_another_channel():
    refused(forged(channel="us-dea/cn-nncc"), errors.ChannelError)
    head = FrameHeader("S1", MX.sealing.record.id, "us-dea/cn-nncc", "us-dea", "mx-pgr")
    refused(forged(head=head), errors.ChannelError)


def test_another_sender_than_the_channel_has():
    head = FrameHeader("S1", MX.sealing.record.id, CHANNEL, "cn-nncc", "mx-pgr")
    refused(forged(head=head), errors.ChannelError)


def test_recall_of_somebody_elses_message():
    theirs = alert(MX, "us-dea")
    recall = draft(header(withdraws=(theirs.id,), type="recall"), {"action": "purge", "reason": "No."}, os.urandom)
    senders = {theirs.id: "mx-pgr", HONEST.id: "us-dea"}
    with pytest.raises(errors.ForeignRecallError):
        check_references(recall, senders.get)
    own = draft(header(withdraws=(HONEST.id,), type="recall"), {"action": "purge", "reason": "No."}, os.urandom)
    check_references(own, senders.get)


def test_recall_of_nothing():
    content = signed(draft(header(type="recall"), {"action": "purge", "reason": "No."}, os.urandom), US.ann, US.bob)
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.MessageError)


@pytest.mark.parametrize(
    "marking",
    [
        {"tlp": "TLP:ULTRA", "personal": False},
        {"tlp": "TLP:CLEAR", "personal": False, "conditions": ["eyes-only"]},
        {"tlp": "TLP:CLEAR", "personal": False, "conditions": ["H3"]},
        {"tlp": "TLP:CLEAR", "personal": False, "caveat": "NOFORN"},
        {"tlp": ["TLP:CLEAR"], "personal": False},
        {"personal": False},
        {},
    ],
)
def test_unknown_marking(marking):
    """It is kept, and everything is refused until somebody asks the sender."""
    for action in Action:
        answer = permits.permit(read_marking(marking), action, Circumstances(NOW.date(), "any", "mx-pgr", "us-dea"))
        assert isinstance(answer, permits.Refusal)
        assert "unknown" in dict(answer.reasons)


@pytest.mark.parametrize(
    "marking",
    [
        {"tlp": "TLP:RED", "conditions": "H1"},
        {"tlp": "TLP:RED", "expires": "soon"},
        {"personal": "no"},
        {"words": [""]},
    ],
)
def test_malformed_marking(marking):
    with pytest.raises((errors.MarkingError, errors.MalformedError)):
        read_marking(marking)


def test_expired_key():
    day = timedelta(days=1)
    old = signing_key("us-dea", start=NOW - 9 * day, end=NOW - day)
    peer = US.as_peer(keys=US.keys.with_added(old.record))
    refused(forged(node=old), errors.ExpiredKeyError, peer=peer)
    refused(forged(node=old, sent=NOW - 2 * day), errors.ExpiredKeyError, peer=peer)
    patient = replace(peer, late=3 * day)
    assert take(forged(node=old, sent=NOW - 2 * day), MX, US, peer=patient).node == old.record


def test_compromised_key():
    peer = US.as_peer(keys=US.keys.with_compromised(US.node.record.id, NOW - timedelta(days=1)))
    refused(forged(sent=NOW - timedelta(days=2)), errors.CompromisedKeyError, peer=peer)


def test_clock_far_ahead():
    refused(forged(sent=NOW + timedelta(hours=2)), errors.ClockError)


def test_unknown_type_and_version():
    for change in ({"type": "greeting"}, {"version": 99}):
        content = signed(draft(header(**change), ALERT, os.urandom), US.ann, US.bob)
        refused(forged(content.envelope.as_bytes(), content=content.id), errors.UnknownTypeError)


def test_body_of_another_type():
    content = signed(draft(header(type="purge-receipt"), ALERT, os.urandom), US.ann, US.bob)
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.MessageError)


def test_request_without_a_predicate():
    body = {"question": "Who?", "purpose": "diversion", "due": "2026-12-01T00:00:00Z"}
    content = signed(draft(header(type="request"), body, os.urandom), US.ann, US.bob)
    refused(forged(content.envelope.as_bytes(), content=content.id), errors.PredicateError)


def test_sealed_nonsense():
    refused(forged(b"\x00" * 100), errors.JsonError)
    refused(forged(HONEST.envelope.as_bytes(), content="c" * 64), errors.SealError)


def test_an_unreleased_content_cannot_be_sealed_by_mistake():
    """`seal` takes what `release` gives, and `release` checks the signatures."""
    content = signed(draft(header(), ALERT, os.urandom), US.ann)
    with pytest.raises(errors.TooFewSignaturesError):
        officers.release(content, US.as_peer(), SUITES, load_registry(), NOW)
    assert isinstance(officers.release(HONEST, US.as_peer(), SUITES, load_registry(), NOW), Released)


def test_every_refusal_has_a_code_of_its_own():
    def families(root):
        return [root, *(found for child in root.__subclasses__() for found in families(child))]

    codes = [family.code for family in families(ExchangeError)]
    assert len(set(codes)) == len(codes)


def test_whatever_is_flipped_is_refused():
    """Every byte of a message counts."""
    for position in range(0, len(WIRE.wire), 7):
        data = bytearray(WIRE.wire)
        data[position] ^= 0x20
        with pytest.raises(ExchangeError):
            take(bytes(data), MX, US)


def test_a_content_reads_back_from_its_own_bytes():
    assert read_content(HONEST.envelope.as_bytes()) == HONEST
