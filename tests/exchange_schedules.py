"""Three nodes under any schedule: crashes between any two writes, loss, doubling, disorder, delay, bundles, clocks.

What a node has a receipt for was delivered exactly once; what was delivered is a beginning of what was sent, in
order, in every channel; and when the nodes meet again in peace, everything has arrived and both ledgers agree.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel_errors import MirrorError
from entente.exchange.channel_parcel import Parcel
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.store import Way
from exchange_memory import Node, channel_id, nodes
from exchange_people import NOW
from ledger_toy import PowerCutError

NAMES = ("cn-nncc", "mx-pgr", "us-dea")
PAIRS = [(one, two) for one in NAMES for two in NAMES if one != two]
pairs = st.sampled_from(PAIRS)
spots = st.integers(0, 1000)
cuts = st.one_of(st.just(-1), st.integers(0, 25))


class Schedule(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = dict.fromkeys(NAMES, NOW)
        self.nodes = nodes(*NAMES)
        for name, node in self.nodes.items():
            node.clock = lambda name=name: self.now[name]
        self.sent: dict[tuple[str, str], list[str]] = {pair: [] for pair in PAIRS}
        self.flying: list[tuple[str, str, Parcel]] = []

    def _until_cut(self, node: Node, cut: int, act) -> None:
        """Let a node act; its machine stops after so many writes."""
        node.store.cut = cut
        with suppress(PowerCutError):
            act()
        node.store.cut = -1

    @rule(pair=pairs, cut=cuts)
    def send(self, pair: tuple[str, str], cut: int) -> None:
        node = self.nodes[pair[0]]
        self._until_cut(node, cut, lambda: node.send(pair[1]))
        rows = node.tables(pair[1]).messages
        self.sent[pair] = [row.content for (way, _), row in sorted(rows.items(), key=str_key) if way is Way.SENT]

    @rule(pair=pairs, cut=cuts, most=st.integers(1, 5), on_medium=st.booleans())
    def pack(self, pair: tuple[str, str], cut: int, most: int, on_medium: bool) -> None:
        node = self.nodes[pair[0]]

        def act() -> None:
            parcel = node.pack(pair[1], most=most)
            self.flying.append((*pair, by_bundle(parcel, pair) if on_medium else parcel))

        self._until_cut(node, cut, act)

    @rule(at=spots, cut=cuts, keep=st.booleans(), backwards=st.booleans())
    def deliver(self, at: int, cut: int, keep: bool, backwards: bool) -> None:
        if not self.flying:
            return
        at %= len(self.flying)
        sender, to, parcel = self.flying[at]
        if not keep:
            del self.flying[at]
        if backwards:
            parcel = Parcel(parcel.contact, parcel.note, parcel.frames[::-1], parcel.receipts[::-1])
        self._until_cut(self.nodes[to], cut, lambda: self._take(to, sender, parcel))

    def _take(self, to: str, sender: str, parcel: Parcel) -> None:
        with suppress(MirrorError):  # a contact that came before the one it builds on
            self.nodes[to].take(sender, parcel)

    @rule(at=spots)
    def lose(self, at: int) -> None:
        if self.flying:
            del self.flying[at % len(self.flying)]

    @rule(name=st.sampled_from(NAMES), seconds=st.integers(-240, 240))
    def jump(self, name: str, seconds: int) -> None:
        self.now[name] = NOW + timedelta(seconds=seconds)

    @invariant()
    def what_arrived_is_a_beginning_of_what_was_sent(self) -> None:
        for one, two in PAIRS:
            applied = self.nodes[two].tables(one).applied
            assert applied == self.sent[one, two][: len(applied)]

    @invariant()
    def what_is_receipted_arrived(self) -> None:
        for one, two in PAIRS:
            receipts = [number for way, number in self.nodes[one].tables(two).receipts if way is Way.SENT]
            assert max(receipts, default=0) <= len(self.nodes[two].tables(one).applied)

    @invariant()
    def a_mirror_is_a_beginning_of_the_log(self) -> None:
        for one, two in PAIRS:
            mirror, log = self.nodes[two].tables(one).mirror, self.nodes[one].tables(two).leaves
            assert mirror == log[: len(mirror)]

    @invariant()
    def every_ciphertext_is_there(self) -> None:
        for node in self.nodes.values():
            for tables in node.store.channels.values():
                wanted = {name for row in tables.messages.values() for name in (row.blob, row.wire) if name}
                assert wanted <= set(node.store.blobs.durable)

    def teardown(self) -> None:
        self.now = dict.fromkeys(NAMES, NOW)
        for _ in range(4):
            for one, two in PAIRS:
                self._take(two, one, self.nodes[one].pack(two))
        for one, two in PAIRS:
            here, there = self.nodes[one].tables(two), self.nodes[two].tables(one)
            assert there.applied == self.sent[one, two]
            assert here.outbox == set()
            assert there.mirror == here.leaves
            if there.book.seen:
                seen = open_checkpoint(there.book.seen, self.nodes[two].channels[one].peer_log)
                assert seen.head.size == len(here.leaves)


def str_key(item):
    (way, sequence), _ = item
    return way.value, sequence


def by_bundle(parcel: Parcel, pair: tuple[str, str]) -> Parcel:
    names = {"channel": channel_id(*pair), "sender": pair[0], "recipient": pair[1]}
    return read_bundle(write_bundle(parcel, **names), **names)


def step(world: Schedule, chance: random.Random) -> None:
    """One step of a schedule; most steps bring something forward."""
    pair, cut = chance.choice(PAIRS[:4]), chance.choice([-1, chance.randrange(30)])
    kind = chance.choices(["send", "pack", "deliver", "lose", "jump"], [3, 4, 6, 1, 1])[0]
    if kind == "send":
        world.send(pair, cut)
    elif kind == "pack":
        world.pack(pair, cut, chance.randint(1, 5), chance.random() < 0.3)
    elif kind == "deliver":
        world.deliver(chance.choice([0, chance.randrange(1000)]), cut, chance.random() < 0.4, chance.random() < 0.2)
    elif kind == "lose":
        world.lose(chance.randrange(1000))
    else:
        world.jump(chance.choice(NAMES), chance.randint(-240, 240))


def check(world: Schedule) -> None:
    world.what_arrived_is_a_beginning_of_what_was_sent()
    world.what_is_receipted_arrived()
    world.a_mirror_is_a_beginning_of_the_log()
    world.every_ciphertext_is_there()
