"""A small desk lives: whatever its people and its peer do, in whatever order, nothing is half done by nobody alone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from casework_data import data_for, sensible
from desk_checks import check
from desk_people import SAID, Desk, desks, talk
from entente.casework.engine import possible
from entente.casework.model import Actor, Hand, State
from entente.casework.tables import CommandSpec, machines
from entente.errors import EntenteError
from entente.node.services.desk import acting, opening, releasing, waking
from entente.node.services.desk.access_cases import node_object
from entente.node.services.desk.rules import Role
from entente.node.store import database
from entente.node.store.desk_models import CaseEvent
from node_people import CN, MX

STARTS = [
    (name, one.name)
    for name, made in sorted(machines().items())
    for one in made.commands.values()
    if one.starts and Hand.PERSON in one.by
]
NAMES = ("Ann", "Bob", "Ida")


class Lives(RuleBasedStateMachine):
    """Two desks; the rules are what people, the network and the clock do."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        (self.mx, self.cn), self.clock = desks(Path(self.folder.name), MX, CN)
        self.objects: dict[str, list[str]] = {MX: [], CN: []}
        self.acts: dict[str, list[str]] = {MX: [], CN: []}

    def teardown(self) -> None:
        for one in (self.mx, self.cn):
            database.forget(one.alias)
        self.folder.cleanup()

    def desk(self, ours: bool) -> Desk:
        return self.mx if ours else self.cn

    @rule(data=st.data(), ours=st.booleans(), start=st.sampled_from(STARTS))
    def begin(self, data: Any, ours: bool, start: tuple[str, str]) -> None:
        one, (machine, command) = self.desk(ours), start
        spec = machines()[machine].commands[command]
        fields = self._fields(data, None, spec, one)
        with suppress(EntenteError):
            made = opening.begin(one.parts, self._person(one, data), machine, command, fields)
            self.objects[one.office.name].append(made.object)

    @rule(data=st.data(), ours=st.booleans())
    def act(self, data: Any, ours: bool) -> None:
        one = self.desk(ours)
        if found := self._draw(data, one, Hand.PERSON):
            state, spec = found
            with suppress(EntenteError):
                fields = self._fields(data, state, spec, one)
                acting.act(one.parts, self._person(one, data), state.object, spec.name, fields)

    @rule(data=st.data(), ours=st.booleans())
    def prepare(self, data: Any, ours: bool) -> None:
        one = self.desk(ours)
        if found := self._draw(data, one, Hand.PAIR):
            state, spec = found
            with suppress(EntenteError):
                fields = self._fields(data, state, spec, one)
                who = self._person(one, data)
                act = releasing.prepare(one.parts, who, state.object, spec.name, fields, said=SAID)
                self.acts[one.office.name].append(act.id)

    @precondition(lambda self: any(self.acts.values()))
    @rule(data=st.data(), ours=st.booleans())
    def sign(self, data: Any, ours: bool) -> None:
        one = self.desk(ours)
        if acts := self.acts[one.office.name]:
            who = self._person(one, data)
            act = data.draw(st.sampled_from(acts[-3:]))
            with suppress(EntenteError):
                releasing.sign(one.parts, who, act, one.keys[who.name])

    @rule()
    def meet(self) -> None:
        talk(self.mx, self.cn, 1)

    @rule(days=st.integers(0, 20))
    def time_passes(self, days: int) -> None:
        self.clock.add(days=days)
        waking.wake(self.mx.parts)
        waking.wake(self.cn.parts)

    @invariant()
    def nothing_is_half_done(self) -> None:
        check(self.mx)
        check(self.cn)

    @invariant()
    def nobody_acts_alone_where_two_are_needed(self) -> None:
        for one in (self.mx, self.cn):
            for row in CaseEvent.objects.using(one.alias).select_related("object", "first", "second"):
                by = machines()[row.object.machine].commands[row.command].by
                assert Hand(row.hand) in by
                if row.hand == Hand.PAIR:
                    assert row.first_id != row.second_id
                    roles = one.who(row.first.name).roles | one.who(row.second.name).roles
                    assert Role.RELEASING in roles

    def _person(self, one: Desk, data: Any) -> Any:
        return one.who(data.draw(st.sampled_from(NAMES)))

    def _draw(self, data: Any, one: Desk, hand: Hand) -> tuple[State, CommandSpec] | None:
        names = one.objects() if data.draw(st.booleans()) else self.objects[one.office.name]
        found = [node_object(one.alias, name) for name in names[-5:]]
        pairs = [(item.state, spec) for item in found if item for spec in possible(item.state) if hand in spec.by]
        return data.draw(st.sampled_from(pairs)) if pairs else None

    def _fields(self, data: Any, state: State | None, spec: CommandSpec, one: Desk) -> dict[str, Any]:
        other = CN if one is self.mx else MX
        by = Actor(Hand.PAIR, ("Ann", "Bob"))
        fields = sensible(state, spec, by, data.draw(data_for(spec.schema)), self.clock.now)
        to_peer = {"counterpart": other, "to": other, "members": [MX, CN], "authority": one.office.name}
        return {name: to_peer.get(name, value) for name, value in fields.items()}


def lives(examples: int, steps: int) -> type:
    """The test case, with so many lives of so many acts."""
    Lives.TestCase.settings = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    return Lives.TestCase


def test_a_desk_lives():
    lives(2, 12)("runTest").runTest()


@pytest.mark.soak
def test_desks_live_long():
    lives(60, 50)("runTest").runTest()
