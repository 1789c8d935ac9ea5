"""A channel between nodes in memory: order, receipts, suspension, restore, bundles."""

from __future__ import annotations

import pytest

from entente.exchange import atrest, channel_restore
from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel import settle
from entente.exchange.channel_errors import SuspendedError
from entente.exchange.channel_restore import begin
from entente.exchange.channel_taking import receive
from entente.exchange.errors import MessageError, SequenceGapError
from entente.exchange.ledger.contact import Outcome
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.ledger.restore import Restored
from entente.exchange.ledger.tree import leaf_hash
from entente.exchange.outbox import pull, ready
from entente.exchange.store import Way
from exchange_memory import channel_id, meet, nodes, typed
from exchange_people import NOW

US, MX, CN = "us-dea", "mx-pgr", "cn-nncc"


def test_a_message_arrives_is_receipted_and_can_be_read():
    both = nodes(US, MX)
    row = both[US].send(MX)
    meet(both[US], both[MX], 2)
    there = both[MX].tables(US)
    taken = there.messages[Way.TAKEN, 1]
    assert atrest.unlock(there.keys[row.content], both[MX].store.blobs.get(taken.blob), row.content).id == row.content
    assert there.applied == [row.content]
    assert both[US].tables(MX).outbox == set()
    assert both[US].tables(MX).receipts[Way.SENT, 1] == there.receipts[Way.TAKEN, 1]


def test_both_ledgers_are_mirrored_and_cosigned():
    both = nodes(US, MX)
    for _ in range(5):
        both[US].send(MX)
        both[MX].send(US)
    meet(both[US], both[MX], 3)
    here, there = both[US].tables(MX), both[MX].tables(US)
    assert here.mirror == there.leaves
    assert there.mirror == here.leaves
    assert here.book.cosigned is not None
    assert here.book.cosigned.startswith(here.book.checkpoint or b"-")


def test_nothing_leaves_before_a_checkpoint_covers_it():
    us = nodes(US, MX)[US]
    us.send(MX)
    assert ready(us.store, us.channels[MX]) == ()
    settle(us.store, us.channels[MX])
    assert len(ready(us.store, us.channels[MX])) == 1


def test_a_retry_gets_the_first_receipt():
    both = nodes(US, MX)
    both[US].send(MX)
    parcel = both[US].pack(MX)
    both[MX].take(US, parcel)
    first = both[MX].pack(US).receipts
    both[MX].send(US)
    settle(both[MX].store, both[MX].channels[US])
    both[MX].take(US, parcel)
    assert both[MX].pack(US).receipts == first
    assert len(both[MX].tables(US).applied) == 1


def test_a_gap_is_named_and_filled_by_pulling():
    both = nodes(US, MX)
    for _ in range(3):
        both[US].send(MX)
    meet(both[US], both[MX])
    both[US].send(MX)
    both[US].send(MX)
    settle(both[US].store, both[US].channels[MX])
    fourth, fifth = pull(both[US].store, both[US].channels[MX], 3)
    mx = both[MX]
    with pytest.raises(SequenceGapError):
        receive(mx.store, mx.channels[US], fifth, NOW)
    for data in (fourth, fifth):
        receive(mx.store, mx.channels[US], data, NOW)
    assert mx.tables(US).book.taken.sequence == 5


def test_a_suspension_closes_the_channel_and_a_resumption_goes_on_at_the_same_sequence():
    both = nodes(US, MX)
    both[US].send(MX)
    halt = both[US].send(MX, typed(both[US], MX, "suspension", {"from": "2026-11-24T09:00:00Z"}))
    crossing = both[MX].send(US)
    meet(both[US], both[MX], 2)
    assert both[US].tables(MX).applied == [crossing.content]
    for name, other in ((US, MX), (MX, US)):
        with pytest.raises(SuspendedError):
            both[name].send(other)
    again = {"suspension": halt.content, "from": "2026-11-24T09:00:00Z"}
    with pytest.raises(MessageError):
        both[MX].send(US, typed(both[MX], US, "resumption", again))
    both[US].send(MX, typed(both[US], MX, "resumption", again))
    meet(both[US], both[MX], 2)
    assert both[US].send(MX).sequence == 4
    assert both[MX].send(US).sequence == 2


def _restored(all_nodes, name):
    """A node put back to its backup; what was since then is lost."""
    node = all_nodes[name]
    saved, blobs = node.store.backup(), dict(node.store.blobs.durable)

    def back():
        node.store.channels, node.store.blobs.durable = saved, blobs
        begin(node.store, node.channels.values())

    return back


def test_what_comes_back_in_parts_is_hashed_once_in_its_part_and_once_at_the_end(monkeypatch):
    all_nodes = nodes(US, MX)
    us, mx = all_nodes[US], all_nodes[MX]
    us.send(MX)
    meet(us, mx, 2)
    back = _restored(all_nodes, US)
    for _ in range(60):
        us.send(MX)
    meet(us, mx, 3)
    back()
    hashed: list[bytes] = []

    def counted(entry: bytes) -> bytes:
        hashed.append(entry)
        return leaf_hash(entry)

    monkeypatch.setattr(channel_restore, "leaf_hash", counted)
    parts = 0
    while isinstance(us.tables(MX).book.ledger, Restored):
        mx.take(US, us.pack(MX))
        us.take(MX, mx.pack(US, most_entries=5))
        parts += 1
    assert parts > 10
    assert us.tables(MX).leaves == mx.tables(US).mirror
    assert len(hashed) <= 2 * len(us.tables(MX).leaves)
    assert us.tables(MX).book.held_size == 0


def test_a_restored_node_signs_nothing_until_all_peers_have_reported():
    all_nodes = nodes(US, MX, CN)
    us, mx, cn = all_nodes[US], all_nodes[MX], all_nodes[CN]
    us.send(MX)
    meet(us, mx, 2)
    meet(us, cn, 2)
    back = _restored(all_nodes, US)
    lost = mx.send(US)
    us.send(MX)
    meet(us, mx, 3)
    back()
    mx.take(US, us.pack(MX))
    us.take(MX, mx.pack(US))
    with pytest.raises(RestoreError, match=CN):
        us.send(MX)
    cn.take(US, us.pack(CN))
    us.take(CN, cn.pack(US))
    meet(us, mx, 3)
    assert us.tables(MX).applied == [lost.content]
    assert us.send(MX).sequence == 3
    meet(us, mx, 3)
    assert us.tables(MX).leaves == mx.tables(US).mirror
    assert len(mx.tables(US).applied) == 3


def test_a_bundle_is_the_same_bytes_and_the_one_that_comes_back_acknowledges_it():
    both = nodes(US, MX)
    for _ in range(5):
        both[US].send(MX)
    for _ in range(4):
        for here, there in ((US, MX), (MX, US)):
            names = {"channel": channel_id(US, MX), "sender": here, "recipient": there}
            parcel = both[here].pack(there, most=2)
            assert read_bundle(write_bundle(parcel, **names), **names) == parcel
            both[there].take(here, read_bundle(write_bundle(parcel, **names), **names))
    assert both[US].tables(MX).outbox == set()
    assert len(both[MX].tables(US).applied) == 5


def test_a_restored_node_gets_its_entries_back_in_parts():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    us.send(MX)
    meet(us, mx, 2)
    back = _restored(both, US)
    lost = [mx.send(US) for _ in range(25)]
    meet(us, mx, 3)
    back()
    rounds = 0
    while us.tables(MX).book.taken.sequence < 25:
        mx.take(US, us.pack(MX, most_entries=4))
        us.take(MX, mx.pack(US, most_entries=4))
        rounds += 1
        assert rounds < 20
    assert rounds > 6
    meet(us, mx, 2)
    assert us.tables(MX).applied == [row.content for row in lost]
    assert us.tables(MX).leaves == mx.tables(US).mirror
    assert len(us.tables(MX).leaves) == 26


def test_a_restored_node_is_told_what_it_had_cosigned_and_cosigns_nothing_smaller():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    mx.send(US)
    meet(us, mx, 2)
    early = mx.pack(US)
    back = _restored(both, US)
    for _ in range(5):
        mx.send(US)
    meet(us, mx, 3)
    cosigned = us.tables(MX).book.seen
    back()
    assert us.tables(MX).book.seen != cosigned
    mx.take(US, us.pack(MX))
    us.take(MX, mx.pack(US))
    assert us.tables(MX).book.seen == cosigned
    assert us.take(MX, early).outcome is Outcome.BEHIND
    meet(us, mx, 3)
    assert us.tables(MX).mirror == mx.tables(US).leaves


def test_a_smaller_cosigned_checkpoint_does_not_replace_a_larger_one():
    both = nodes(US, MX)
    us, mx = both[US], both[MX]
    us.send(MX)
    meet(us, mx, 2)
    early = mx.pack(US)
    us.send(MX)
    meet(us, mx, 2)
    larger = us.tables(MX).book.cosigned
    us.take(MX, early)
    assert us.tables(MX).book.cosigned == larger
