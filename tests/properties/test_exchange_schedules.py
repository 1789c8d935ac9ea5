"""Schedules of nodes in memory, and a node that is put back to old backups: see `exchange_schedules`."""

from __future__ import annotations

import copy
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from entente.exchange.channel_restore import begin
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.store import Way
from exchange_memory import nodes
from exchange_schedules import Schedule, check, step, str_key


class Backups(RuleBasedStateMachine):
    """Two nodes, one of which is put back to an old backup now and then; frames it had signed are not signed again."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes = nodes("us-dea", "mx-pgr")
        self.us, self.mx = self.nodes["us-dea"], self.nodes["mx-pgr"]
        self.backup = self.us.store.backup()
        self.arrived: list[str] = []

    def _meet(self, times: int) -> None:
        for _ in range(times):
            self.mx.take("us-dea", self.us.pack("mx-pgr"))
            self.us.take("mx-pgr", self.mx.pack("us-dea"))

    @rule()
    def send(self) -> None:
        self.us.send("mx-pgr")

    @rule()
    def answer(self) -> None:
        self.mx.send("us-dea")

    @rule()
    def meet(self) -> None:
        self._meet(1)

    @rule()
    def back_up(self) -> None:
        self.backup = self.us.store.backup()

    @rule()
    def restore(self) -> None:
        self._meet(2)
        self.us.store.channels = copy.deepcopy(self.backup)
        begin(self.us.store, self.us.channels.values())
        with pytest.raises(RestoreError):
            self.us.send("mx-pgr")
        self._meet(3)

    def teardown(self) -> None:
        self._meet(4)
        us, mx = self.us.tables("mx-pgr"), self.mx.tables("us-dea")
        assert us.mirror == mx.leaves
        assert mx.mirror == us.leaves
        assert us.applied == [
            row.content for (way, _), row in sorted(mx.messages.items(), key=str_key) if way is Way.SENT
        ]
        assert mx.book.taken == us.book.sent
        assert len(us.leaves) == us.book.sent.sequence + us.book.taken.sequence  # one leaf for each frame
        assert len(set(mx.applied)) == len(mx.applied) == mx.book.taken.sequence


TestSchedule = Schedule.TestCase
TestSchedule.settings = settings(max_examples=25, stateful_step_count=40, deadline=None)
TestBackups = Backups.TestCase
TestBackups.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)


# Hypothesis writes short schedules, which it can shrink; these are long.
@given(seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_long_schedules(seed: int):
    world, chance = Schedule(), random.Random(seed)
    for _ in range(120):
        step(world, chance)
        check(world)
    world.teardown()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8, deadline=None)
def test_long_lives_with_old_backups(seed: int):
    world, chance = Backups(), random.Random(seed)
    for _ in range(40):
        acts = [world.send, world.answer, world.meet, world.back_up, world.restore]
        chance.choices(acts, [4, 4, 4, 1, 1])[0]()
    world.teardown()
