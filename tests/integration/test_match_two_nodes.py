"""A whole match between two nodes: every message released by two officers, sealed, logged, over parcels and bundles."""

from __future__ import annotations

import pytest

from entente.exchange import atrest, bundle, strict
from entente.exchange.errors import ExchangeError, TooFewSignaturesError
from entente.exchange.match import playing
from entente.exchange.match.session import Phase, Said
from entente.exchange.store import Message, Way
from exchange_memory import Node, nodes, typed
from exchange_people import signed
from match_sides import MX, PREDICATE, US, Side, asks, companies

FIRMS = [f"firm {number}" for number in range(40)]


class Desk(Side):
    """A side at its node: what it says is sent, what it hears came out of the node's store."""

    def __init__(self, name: str, node: Node, peer: str) -> None:
        super().__init__(name)
        self.node, self.peer = node, peer

    def send(self, said: Said) -> None:
        body = dict(said.body) | ({"data": strict.write_base64(said.data)} if said.data else {})
        content = typed(self.node, self.peer, said.type, body, predicate=PREDICATE)
        self.node.send(self.peer, content)

    def heard(self) -> None:
        """Everything in the node's store, in the order of its log: the run follows from the ledger alone."""
        self.run, self.past = None, []  # the run is read anew, so that its own id is no replay
        for message in sorted(self.node.tables(self.peer).messages.values(), key=lambda row: row.leaf):
            assert not message.refused
            self.hear(self._said(message))

    def _said(self, message: Message) -> Said:
        tables, blobs = self.node.tables(self.peer), self.node.store.blobs
        content = atrest.unlock(
            tables.keys[atrest.key_name(message.way, message.frame, message.content)],
            blobs.get(message.blob),
            message.content,
        )
        data = strict.read_base64(content.body.get("data", ""), what="data")
        return Said.of(content, self.peer if message.way is Way.SENT else self.name, message.at, data)


def by_parcel(one: Node, two: Node) -> None:
    two.take(one.who.name, one.pack(two.who.name))


def by_bundle(one: Node, two: Node) -> None:
    end = one.channels[two.who.name]
    ways = {"channel": end.id, "sender": one.who.name, "recipient": two.who.name}
    data = bundle.write_bundle(one.pack(two.who.name), **ways)
    two.take(one.who.name, bundle.read_bundle(data, **ways))


@pytest.mark.parametrize("carry", [by_parcel, by_bundle])
def test_a_match_from_offer_to_reveal(carry):
    both = nodes(US, MX)
    us, mx = Desk(US, both[US], MX), Desk(MX, both[MX], US)

    def met(one: Desk, two: Desk) -> None:
        for _ in range(2):
            carry(one.node, two.node)
            carry(two.node, one.node)
        one.heard()
        two.heard()

    us.send(us.offers(companies(FIRMS[:30])))
    met(us, mx)
    mx.send(mx.answers(companies(FIRMS[20:])))
    met(us, mx)
    for side in (us, mx, us, mx):
        side.send(side.plays())
        met(us, mx)
    assert us.run.common == mx.run.common == 10
    for side in (mx, us):
        side.send(asks(side))
        met(us, mx)
    for side in (us, mx, us):
        side.send(side.plays())
        met(us, mx)
    for side in (us, mx):
        assert side.run.phase is Phase.REVEALED
        assert len(side.run.shown) == 10
        assert [item.key.split("\x1f")[0] for item in playing.common_items(side.run, side.own)] == sorted(FIRMS[20:30])
    assert [entry[:3] for entry in us.run.log] == [entry[:3] for entry in mx.run.log]
    assert len(us.run.log) == 11


def test_a_reveal_needs_a_second_person():
    both = nodes(US, MX)
    us = Desk(US, both[US], MX)
    content = typed(
        us.node,
        MX,
        "match-reveal",
        {"run": "A" * 43 + "=", "terms": "A" * 43 + "=", "stage": "asked"},
        predicate=PREDICATE,
    )
    alone = content.__class__(
        content.envelope.__class__(content.envelope.payload_type, content.envelope.payload),
        content.header,
        content.body,
    )
    with pytest.raises(TooFewSignaturesError):
        us.node.send(MX, signed(alone, us.node.who.ann))
    with pytest.raises(TooFewSignaturesError):
        us.node.send(MX, signed(alone, us.node.who.ann, us.node.who.ann))


def test_a_reveal_and_an_offer_need_a_predicate():
    us = nodes(US, MX)[US]
    for kind, body in (("match-reveal", {"run": "A" * 43 + "=", "terms": "A" * 43 + "=", "stage": "asked"}),):
        with pytest.raises(ExchangeError, match="follows from"):
            us.send(MX, typed(us, MX, kind, body))
