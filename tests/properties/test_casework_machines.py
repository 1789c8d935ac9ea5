"""Every machine under random commands, people, clocks and fields.

No event is lost, no state is undocumented or without an exit for a person, nobody acts alone where two are needed, and
nothing is sent without two people.
"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from casework_data import NOTIFICATION, NOW, data_for, sensible
from entente.casework.deadlines import Standing, deadlines
from entente.casework.engine import begin, possible, replay, transition
from entente.casework.errors import CaseworkError, FourEyesError
from entente.casework.history import event_as_json, event_from_json
from entente.casework.model import Actor, Command, Event, Hand, State, node, pair, peer, person
from entente.casework.outgoing import to_message
from entente.casework.tables import SIDES, exits, machine, machines, reachable
from entente.exchange.content import Header, draft
from entente.exchange.messages import load_registry

SETTINGS = settings(
    max_examples=25,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example, HealthCheck.data_too_large],
)
VERSIONS = dict(sorted(load_registry().types))
PEOPLE = st.sampled_from(["Ann", "ann ", "Bob", "Ａｎｎ", "Cid", ""])
PEERS = st.sampled_from(["us-dea", "mx-pgr", "cn-nncc"])
ACTORS = st.one_of(
    st.builds(person, PEOPLE),
    st.builds(pair, PEOPLE, PEOPLE),
    st.builds(peer, PEERS, st.just("f" * 64)),
    st.builds(node, st.none() | st.just("f" * 64)),
)
ZONES = st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-12, -5, 0, 8, 14)])


def fitting(hand: Hand, state: State | None = None) -> st.SearchStrategy[Actor]:
    sides = [state.counterpart] if state and state.counterpart else state.fields.get("members") if state else None
    return {
        Hand.PERSON: st.builds(person, st.sampled_from(["Ann", "Bob", "Cid"])),
        Hand.PAIR: st.builds(pair, st.just("Ann"), st.sampled_from(["Bob", "Cid"])),
        Hand.PEER: st.builds(peer, st.sampled_from(sides) if sides else PEERS, st.just("f" * 64)),
        Hand.NODE: st.just(node("f" * 64)),
    }[hand]


class Desk(RuleBasedStateMachine):
    """One object of one machine, and everything that anybody may do to it."""

    name = ""

    @initialize(data=st.data())
    def start(self, data: Any) -> None:
        self.now = NOW
        self.state: State | None = None
        self.events: list[Event] = []
        self.data = data
        starters = [one for one in machine(self.name).commands.values() if one.starts]
        while self.state is None:
            spec = data.draw(st.sampled_from(starters))
            by = data.draw(fitting(spec.by[0]))
            fields = data.draw(data_for(spec.schema))
            self.act(spec.name, sensible(None, spec, by, fields, self.now), by, self.now)

        if self.name == "notification" and self.state.side == "ours" and data.draw(st.booleans()):
            self.on_its_way()

    def on_its_way(self) -> None:
        """Random commands seldom get a notification out of the house."""
        self.act("revise", NOTIFICATION | {"due": "2026-12-10T16:00:00Z"}, person("Ann"), self.now)
        self.act("release", {}, pair("Ann", "Bob"), self.now)
        self.act("sent", {"content": "a" * 64}, node(), self.now)
        self.act("received", {}, node(), self.now)

    def act(self, name: str, fields: Any, by: Actor, now: datetime) -> bool:
        before, sent = copy.deepcopy(self.state), copy.deepcopy(fields)
        command = Command(name, fields)
        try:
            if self.state is None:
                state, events = begin(self.name, "object-1", command, by, now)
            else:
                state, events = transition(self.state, command, by, now)
        except CaseworkError as error:
            assert (self.state, bool(error.remedy)) == (before, True)  # noqa: PT017 - nothing need be raised
            return False
        assert self.state == before
        assert fields == sent
        self.state, self.events = state, [*self.events, *events]
        self.judge(before, events)
        return True

    def judge(self, before: State | None, events: tuple[Event, ...]) -> None:
        made = machine(self.name)
        for event in events:
            assert event.target in reachable(made, self.state.side)
            assert event.by.hand in made.command(event.command).by
            if event.sends or event.by.hand is Hand.PAIR:
                assert event.by.hand is Hand.PAIR
                assert len({"".join(name.lower().split()).replace("ａｎｎ", "ann") for name in event.by.names}) == 2
            if event.sends:
                sent = to_message(before, event, self.state, "de-bka")
                head = Header(sent.type, VERSIONS[sent.type], "de-bka", sent.recipients, NOW, sent.least)
                head = replace(head, predicate=sent.predicate, withdraws=sent.withdraws, supersedes=sent.supersedes)
                load_registry().check(draft(head, sent.body, bytes))
            if event.by.hand is Hand.PEER and not made.several:
                assert event.by.names == (self.state.counterpart,)

    @precondition(lambda self: self.state is not None)
    @rule(data=st.data(), hours=st.integers(1, 12), leap=st.integers(0, 9))
    def forward(self, data: Any, hours: int, leap: int) -> None:
        """A command that leads somewhere, with fields that a desk would give."""
        self.now += timedelta(days=12) if leap == 0 else timedelta(hours=hours)
        specs = [one for one in possible(self.state) if one.targets() and one.name not in {"withdraw", "amended"}]
        spec = data.draw(st.sampled_from(specs or possible(self.state)))
        by = data.draw(fitting(spec.by[0], self.state))
        fields = data.draw(data_for(spec.schema))
        self.act(spec.name, sensible(self.state, spec, by, fields, self.now), by, self.now)

    @precondition(lambda self: self.state is not None)
    @rule(data=st.data())
    def beside(self, data: Any) -> None:
        """A command that adds something, with fields that a desk would give."""
        specs = [one for one in possible(self.state) if one.adds]
        spec = data.draw(st.sampled_from(specs))
        by = data.draw(fitting(spec.by[0], self.state))
        fields = data.draw(data_for(spec.schema))
        self.act(spec.name, sensible(self.state, spec, by, fields, self.now), by, self.now)

    @precondition(lambda self: self.state is not None)
    @rule(data=st.data(), wild=st.integers(0, 9), jump=st.integers(-40, 400), zone=ZONES)
    def anything(self, data: Any, wild: int, jump: int, zone: Any) -> None:
        self.now += timedelta(hours=jump)
        specs = possible(self.state) if wild else tuple(machine(self.name).commands.values())
        spec = data.draw(st.sampled_from(specs))
        by = data.draw(fitting(spec.by[0]) if wild > 2 else ACTORS)
        fields = data.draw(data_for(spec.schema)) if wild != 1 else data.draw(st.dictionaries(st.text(), st.none()))
        self.act(spec.name, fields, by, self.now.astimezone(zone))

    @precondition(lambda self: self.state is not None)
    @rule(data=st.data())
    def alone(self, data: Any) -> None:
        """Whatever needs two people is refused to one, and to one under two spellings."""
        specs = [one for one in possible(self.state) if one.by == (Hand.PAIR,)]
        if specs:
            spec = data.draw(st.sampled_from(specs))
            fields = data.draw(data_for(spec.schema))
            for by in (person("Ann"), pair("Ann", " ａｎｎ"), pair("Ann", "Ann")):
                with pytest.raises(FourEyesError):
                    transition(self.state, Command(spec.name, fields), by, self.now)

    def teardown(self) -> None:
        if not getattr(self, "state", None):
            return
        assert [event.number for event in self.events] == list(range(1, len(self.events) + 1))
        assert replay(self.events) == self.state
        written = json.loads(json.dumps([event_as_json(event) for event in self.events]))
        assert replay(map(event_from_json, written)) == self.state
        assert exits(machine(self.name), self.state.side, self.state.at)
        for one in deadlines(self.state, self.now):
            assert one.standing in Standing


@pytest.mark.parametrize("name", sorted(machines()))
def test_random_sequences(name):
    kind = type(f"Desk_{name}", (Desk,), {"name": name})
    run_state_machine_as_test(kind, settings=SETTINGS)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", sorted(machines()))
def test_a_person_can_leave_every_state(name, side):
    made = machine(name)
    for state in reachable(made, side):
        assert exits(made, side, state)
