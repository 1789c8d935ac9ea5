"""Two nodes in one process, each with a directory and a database of its own, and no network between them."""

from __future__ import annotations

import pytest

from entente.exchange.attachments import decrypt, encrypt
from entente.exchange.errors import FingerprintError, KeyFileError, TooFewSignaturesError
from entente.exchange.store import Way
from entente.node.errors import NodeError, PairingError
from entente.node.node import Node
from entente.node.services import meeting
from exchange_people import NOW
from node_people import CN, MX, PASS, US, meet, office, offices, pair


@pytest.fixture
def both(tmp_path, databases):
    return offices(tmp_path, US, MX, databases=databases)


def test_a_content_that_comes_again_holds_up_nothing(both):
    us, mx = both[US], both[MX]
    content = us.signed(MX)
    us.node.send_many([content, content], MX)
    us.send(MX)
    meet(us, mx, 2)
    assert [row.refused for row in mx.node.messages(US, Way.TAKEN)] == ["", "replay", ""]


def test_a_message_arrives_is_receipted_and_can_be_read_on_both_sides(both):
    us, mx = both[US], both[MX]
    sent = us.send(MX)
    meet(us, mx, 2)
    (taken,) = mx.node.messages(US, Way.TAKEN)
    assert taken.frame == sent.frame
    assert mx.node.read(taken).body == us.node.read(sent).body
    (status,) = us.node.status()
    assert (status.sent, status.waiting, status.mirrored) == (1, 0, 1)


def test_each_frame_gets_a_signed_receipt_or_a_signed_rejection(both):
    us, mx = both[US], both[MX]
    us.send(MX)
    us.node.contact(MX)
    (frame,) = us.node.pull(MX, 0)
    good, again, bad = mx.node.deliver(US, [frame, frame, frame[1:]])
    assert good.receipt == again.receipt is not None
    assert bad.receipt is None
    assert bad.rejection.startswith(b"entente/rejection/1\n")


def test_what_one_node_sends_another_cannot_take(tmp_path):
    three = offices(tmp_path, US, MX, CN)
    three[US].send(MX)
    parcel = three[US].node.give(MX)
    (answer,) = three[CN].node.deliver(US, parcel.frames)
    assert answer.rejection is not None


def test_a_bundle_names_its_sender_and_is_acknowledged_by_the_one_that_comes_back(both):
    us, mx = both[US], both[MX]
    us.send(MX)
    name, report = mx.node.import_bundle(us.node.export_bundle(MX))
    assert (name, len(report.taken)) == (US, 1)
    us.node.import_bundle(mx.node.export_bundle(US))
    assert next(us.node.status()).waiting == 0


def test_a_bundle_brings_attachments_as_far_as_there_is_room(both, monkeypatch):
    us, mx = both[US], both[MX]
    plain = [bytes([number]) * 300_000 for number in range(3)]
    for one in plain:
        about = encrypt([one], us.node.parts.uow.blobs.put, name="scan.pdf", media="application/pdf")
        us.send(MX, attachments=(about,))
    without = meeting.make_bundle(us.node.parts, MX, attachments=False)
    assert (without.messages, without.pieces, without.waiting) == (3, 0, 0)
    assert meeting.make_bundle(us.node.parts, MX).pieces == 3
    monkeypatch.setattr(meeting, "_BUNDLE_BYTES", 700_000)
    _, report = mx.node.import_bundle(us.node.export_bundle(MX))
    assert (len(report.taken), report.pieces) == (3, 2)
    us.node.import_bundle(mx.node.export_bundle(US))
    assert mx.node.import_bundle(us.node.export_bundle(MX))[1].pieces == 1
    blobs = mx.node.parts.uow.blobs
    for row, one in zip(mx.node.messages(US, Way.TAKEN), plain, strict=True):
        (about,) = mx.node.read(row).header.attachments
        assert b"".join(decrypt(about, (blobs.get(piece.hex()) for piece in about.pieces))) == one


def test_one_officer_alone_releases_nothing(both):
    us = both[US]
    draft = us.signed(MX)
    alone = us.node.sign(us.node.draft("alert", draft.body, [MX], draft.header.marking), [us.ann])
    with pytest.raises(TooFewSignaturesError):
        us.node.send(alone, MX)
    assert us.node.messages(MX, Way.SENT) == []


def test_nothing_passes_before_the_fingerprint_was_confirmed(tmp_path):
    us, mx = office(tmp_path / US, US), office(tmp_path / MX, MX)
    us.node.accept(mx.node.card().encode())
    with pytest.raises(PairingError, match="unconfirmed"):
        us.send(MX)
    with pytest.raises(FingerprintError, match="slip"):
        us.node.confirm(MX, "1" + mx.node.fingerprint[1:] if mx.node.fingerprint[0] != "1" else "2" * 32)
    with pytest.raises(FingerprintError, match="other keys"):
        us.node.confirm(MX, us.node.fingerprint)
    us.node.confirm(MX, mx.node.fingerprint)
    assert us.send(MX).sequence == 1


def test_a_confirmed_peer_cannot_be_replaced_by_another_invitation(both, tmp_path):
    other = office(tmp_path / "other", MX)
    with pytest.raises(PairingError, match="confirmed already"):
        both[US].node.accept(other.node.card().encode())


def test_a_node_opens_again_with_its_passphrase_and_not_with_another(both, tmp_path):
    both[US].send(MX)
    again = Node.open(tmp_path / US, lambda: NOW, PASS)
    assert [row.sequence for row in again.messages(MX, Way.SENT)] == [1]
    with pytest.raises(KeyFileError):
        Node.open(tmp_path / US, lambda: NOW, b"another")


def test_a_locked_node_shows_and_does_not_send(both, tmp_path):
    locked = Node.open(tmp_path / US, lambda: NOW)
    assert next(locked.status()).peer == MX
    with pytest.raises(KeyFileError, match="locked"):
        locked.give(MX)


def test_a_directory_that_others_can_read_is_refused(both, tmp_path):
    (tmp_path / US / "keys").chmod(0o750)
    with pytest.raises(NodeError, match="mode 750"):
        Node.open(tmp_path / US, lambda: NOW)


def test_nodes_of_different_suites_talk_if_both_have_both(tmp_path):
    us, mx = office(tmp_path / US, US, suite="S1"), office(tmp_path / MX, MX, suite="S3")
    pair(us, mx)
    us.send(MX)
    mx.send(US)
    meet(us, mx, 2)
    assert [status.waiting for one in (us, mx) for status in one.node.status()] == [0, 0]


def test_many_messages_in_one_commit_arrive_in_order(both):
    us, mx = both[US], both[MX]
    rows = us.node.send_many([us.signed(MX) for _ in range(70)], MX)
    meet(us, mx, 2)
    taken = mx.node.messages(US, Way.TAKEN)
    assert [row.content for row in taken] == [row.content for row in rows]
    assert len({row.leaf for row in taken}) == 70
