"""Two nodes over a real network on this machine: TLS 1.3, pinned keys, real servers."""

from __future__ import annotations

import pytest

from entente.exchange.store import Way
from entente.node.wire.syncing import sync
from node_people import MX, US, Office
from wire_people import line, paired, serving


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    return paired(tmp_path_factory.mktemp("wire"), US, MX)


def book(here: Office, there: Office):
    with here.node.parts.uow.transaction(here.node.channel(there.name).id) as tx:
        return tx.book()


def test_messages_go_both_ways_and_are_receipted(both):
    us, mx = both[US], both[MX]
    for _ in range(3):
        us.send(MX)
    mx.send(US)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        done = sync(us.node, wire, MX)
    assert (done.done, done.receipted, done.taken, done.problems) == (True, 3, 1, ())
    here, there = book(us, mx), book(mx, us)
    assert here.asked.receipted == 1
    assert here.mirror_size == there.mirror_size == 4
    assert len(mx.node.messages(US, Way.TAKEN)) == 3


def test_a_second_sync_finds_nothing_to_do(both):
    us, mx = both[US], both[MX]
    with serving(mx.node) as port, line(us, mx, port) as wire:
        sync(us.node, wire, MX)
        done = sync(us.node, wire, MX)
    assert (done.done, done.meetings, done.receipted, done.taken) == (True, 1, 0, 0)
