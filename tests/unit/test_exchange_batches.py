"""Many frames in one transaction: what holds for one at a time holds for all."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pytest

from entente.exchange import atrest, attachments, officers
from entente.exchange.acts import keys_after
from entente.exchange.attachments import decrypt, encrypt
from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel import send_all, settle
from entente.exchange.channel_errors import SuspendedError
from entente.exchange.channel_pieces import give_piece
from entente.exchange.channel_taking import receive_all
from entente.exchange.errors import AttachmentError, ExchangeError, ForeignRecallError, SequenceGapError
from entente.exchange.frame import digest
from entente.exchange.ledger.errors import ReceiptError
from entente.exchange.messages import load_registry
from entente.exchange.outbox import acknowledge_all, pull
from entente.exchange.receipts import Acknowledged, sign_rejection
from entente.exchange.store import Way
from exchange_memory import Node, meet, nodes, typed
from exchange_people import NOW, SUITES, alert, signing_key

US, MX = "us-dea", "mx-pgr"


def released(node: Node, content: Any) -> officers.Released:
    return officers.release(content, node.who.as_peer(), SUITES, load_registry(), NOW)


def wires(node: Node, count: int) -> tuple[bytes, ...]:
    send_all(node.store, node.channels[MX], [released(node, alert(node.who, MX)) for _ in range(count)], NOW)
    settle(node.store, node.channels[MX])
    return pull(node.store, node.channels[MX], 0)


def test_many_frames_are_taken_in_one_commit_and_in_order():
    both = nodes(US, MX)
    frames = wires(both[US], 40)
    seen: list[int] = []
    found = receive_all(
        both[MX].store, both[MX].channels[US], frames, NOW, lambda _, opened: seen.append(opened.frame.sequence)
    )
    assert [row.sequence for row in found] == seen == list(range(1, 41))
    assert both[MX].tables(US).book.taken.sequence == 40


def test_a_frame_that_stands_twice_in_a_batch_is_taken_once():
    both = nodes(US, MX)
    frames = wires(both[US], 3)
    found = receive_all(both[MX].store, both[MX].channels[US], (*frames, *frames), NOW)
    assert found[:3] == found[3:]
    assert len(both[MX].tables(US).leaves) == 3


def test_damage_in_the_middle_keeps_what_came_before_and_stops_at_the_gap():
    both = nodes(US, MX)
    frames = wires(both[US], 4)
    damaged = frames[1][:-1] + bytes([frames[1][-1] ^ 1])
    found = receive_all(both[MX].store, both[MX].channels[US], (frames[0], damaged, frames[2], frames[3]), NOW)
    assert len(found) == 3
    assert isinstance(found[1], ExchangeError)
    assert isinstance(found[2], SequenceGapError)
    assert both[MX].tables(US).book.taken.sequence == 1


def test_one_content_that_may_not_go_out_keeps_the_others_back():
    both = nodes(US, MX)
    us = both[US]
    theirs = both[MX].send(US)
    meet(us, both[MX])
    foreign = typed(us, MX, "recall", {"action": "purge", "reason": "A mistake."}, withdraws=(theirs.content,))
    items = [released(us, item) for item in (alert(us.who, MX), foreign, alert(us.who, MX))]
    before = us.tables(MX)
    with pytest.raises(ForeignRecallError):
        send_all(us.store, us.channels[MX], items, NOW)
    assert us.tables(MX) is before


def test_a_message_may_withdraw_one_that_goes_out_in_the_same_commit():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    first = alert(us.who, MX)
    second = typed(us, MX, "recall", {"action": "purge", "reason": "A mistake."}, withdraws=(first.id,))
    send_all(us.store, us.channels[MX], [released(us, first), released(us, second)], NOW)
    settle(us.store, us.channels[MX])
    found = receive_all(mx.store, mx.channels[US], pull(us.store, us.channels[MX], 0), NOW)
    assert [row.refused for row in found] == ["", ""]


def test_what_comes_behind_a_change_of_keys_is_left_for_the_new_keys():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    new = signing_key(US)
    change = typed(us, MX, "key-change", {"add": [new.record.as_json()]})
    us.send(MX, change)
    us.channels[MX] = replace(us.channels[MX], node=new)
    us.send(MX)
    settle(us.store, us.channels[MX])
    frames, end = pull(us.store, us.channels[MX], 0), mx.channels[US]
    assert len(receive_all(mx.store, end, frames, NOW)) == 1
    end = replace(end, peer=replace(end.peer, keys=keys_after(end.peer.keys, change, (), NOW)))
    assert [row.refused for row in receive_all(mx.store, end, frames, NOW)] == ["", ""]


def test_what_the_caller_cannot_commit_undoes_the_whole_batch():
    both = nodes(US, MX)
    frames = wires(both[US], 5)

    def apply(_: Any, opened: Any) -> None:
        if opened.frame.sequence == 4:
            raise ForeignRecallError("It cannot be applied.")

    before = both[MX].tables(US)
    with pytest.raises(ForeignRecallError):
        receive_all(both[MX].store, both[MX].channels[US], frames, NOW, apply)
    assert both[MX].tables(US) is before


def test_receipts_are_taken_together_and_a_wrong_one_does_not_hurt_the_others():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    frames = wires(us, 6)
    receive_all(mx.store, mx.channels[US], frames, NOW)
    settle(mx.store, mx.channels[US])
    given = [mx.tables(US).receipts[Way.TAKEN, number] for number in range(1, 7)]
    assert all(isinstance(one, ReceiptError) for one in acknowledge_all(us.store, us.channels[MX], [(1, given[0])]))
    us.take(MX, mx.pack(US, most=1))
    swapped = [(2, given[2]), (3, given[2]), (4, given[3]), (4, given[3]), (99, given[3])]
    found = acknowledge_all(us.store, us.channels[MX], swapped)
    assert [isinstance(one, Acknowledged) for one in found] == [False, True, True, True, False]
    assert us.tables(MX).outbox == {2, 5, 6}
    meet(us, mx, 3)
    assert us.tables(MX).outbox == set()


def test_a_receipt_under_an_older_checkpoint_is_taken_when_the_log_has_grown():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    wires(us, 2)
    mx.take(US, us.pack(MX))
    old = mx.pack(US).receipts
    for _ in range(300):
        mx.send(US)
    us.take(MX, mx.pack(US, most=0))
    assert us.tables(MX).outbox == {1, 2}
    assert all(isinstance(one, Acknowledged) for one in acknowledge_all(us.store, us.channels[MX], old))
    assert us.tables(MX).outbox == set()


def test_a_rejection_comes_back_by_bundle_and_is_kept_by_both():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    us.send(MX)
    parcel = us.pack(MX)
    damaged = parcel.frames[0][:-1] + bytes([parcel.frames[0][-1] ^ 1])
    report = mx.take(US, replace(parcel, frames=(damaged,)))
    names = {"channel": mx.channels[US].id, "sender": MX, "recipient": US}
    back = read_bundle(write_bundle(mx.pack(US), **names), **names)
    assert back.rejections == report.rejections
    (rejected,) = us.take(MX, back).rejected
    assert us.take(MX, back).rejected == ()
    assert (rejected.code, rejected.digest) == ("signature", digest(damaged))
    assert list(us.tables(MX).rejections.values()) == list(mx.tables(US).rejections.values())
    assert us.tables(MX).outbox == {1}


def test_a_rejection_that_the_peer_did_not_sign_is_refused():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    us.send(MX)
    forged = sign_rejection(b"bytes", "signature", NOW, us.channels[MX].log)
    report = us.take(MX, replace(mx.pack(US), rejections=(forged,)))
    assert (len(report.errors), report.rejected) == (1, ())
    assert us.tables(MX).rejections == {}


def with_attachment(node: Node, size: int) -> tuple[bytes, list[bytes]]:
    """A message with an attachment, released; the plain file and the pieces."""
    plain, pieces = os.urandom(size), list[bytes]()
    about = encrypt([plain], pieces.append, name="scan.pdf", media="application/pdf")
    node.store.blobs.put_all(pieces)
    node.send(MX, alert(node.who, MX, attachments=(about,)))
    return plain, pieces


def test_an_attachment_travels_inside_bundles_and_what_does_not_fit_comes_with_the_next(monkeypatch):
    monkeypatch.setattr(attachments, "PIECE", 4096)
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    plain, pieces = with_attachment(us, 20_000)
    names = {"channel": mx.channels[US].id, "sender": US, "recipient": MX}
    taken = []
    for _ in range(3):
        bundle = write_bundle(us.pack(MX, piece_bytes=10_000), **names)
        taken.append(mx.take(US, read_bundle(bundle, **names)).pieces)
        us.take(MX, mx.pack(US))
    assert taken == [2, 2, 1]
    row = mx.tables(US).messages[Way.TAKEN, 1]
    content = atrest.unlock(mx.tables(US).keys[row.content], mx.store.blobs.get(row.blob), row.content)
    (about,) = content.header.attachments
    assert b"".join(decrypt(about, [mx.store.blobs.get(piece.hex()) for piece in about.pieces])) == plain
    assert us.pack(MX, piece_bytes=10_000).pieces == ()
    assert len(pieces) == 5


def test_a_piece_that_no_message_names_is_neither_kept_nor_given():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    stray = b"not asked for"
    assert mx.take(US, replace(us.pack(MX), pieces=(stray,))).pieces == 0
    assert not mx.store.blobs.has(digest(stray))
    us.store.blobs.put(stray)
    with pytest.raises(AttachmentError):
        give_piece(us.store, us.channels[MX], digest(stray))


def test_no_piece_leaves_while_cooperation_is_suspended():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    _, (piece,) = with_attachment(us, 100)
    meet(us, mx, 2)
    assert give_piece(us.store, us.channels[MX], digest(piece)) == piece
    mx.send(US, typed(mx, US, "suspension", {"from": "2026-11-24T09:00:00Z"}))
    meet(us, mx, 2)
    with pytest.raises(SuspendedError):
        give_piece(us.store, us.channels[MX], digest(piece))
    assert us.pack(MX, piece_bytes=10_000).pieces == ()
