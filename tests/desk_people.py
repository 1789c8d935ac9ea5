"""Desks in tests: paired nodes with people at them."""

from __future__ import annotations

import atexit
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from casework_data import NOTIFICATION
from entente.casework.model import State
from entente.exchange.answers import Answers
from entente.exchange.parties import NodeKey
from entente.node.services.desk import access_people, acting, opening, people, releasing, signing, viewing
from entente.node.services.desk.drafting import Said
from entente.node.services.desk.rules import Role, Who
from entente.node.services.parts import Parts
from exchange_people import NOW
from node_people import CN, COST, MX, PASS, US, Office, copied, meet, offices

SAID = Said(answers=Answers(assessment="A-1"))
PEOPLE = {
    "Ann": (Role.OFFICER, Role.ANALYST, Role.LIAISON),
    "Bob": (Role.RELEASING,),
    "Ida": (Role.ADMINISTRATOR,),
    "Joe": (Role.ADMINISTRATOR,),
}
"""The first people of a desk; Ann and Bob have officers' keys."""


@dataclass
class Desk:
    """A desk of one authority, with its first people."""

    office: Office
    keys: dict[str, NodeKey] = field(default_factory=dict)

    @property
    def parts(self) -> Parts:
        return self.office.node.parts

    @property
    def alias(self) -> str:
        return self.parts.alias

    def who(self, name: str) -> Who:
        return access_people.who(self.alias, name, self.parts.clock())

    def begin(self, machine: str, command: str, data: Mapping[str, Any], by: str = "Ann") -> str:
        return opening.begin(self.parts, self.who(by), machine, command, data).object

    def act(self, name: str, command: str, data: Mapping[str, Any] | None = None, by: str = "Ann") -> State:
        return acting.act(self.parts, self.who(by), name, command, data)

    def two(self, name: str, command: str, data: Mapping[str, Any] | None = None, by: tuple[str, str] = ("Ann", "Bob")):
        one = releasing.prepare(self.parts, self.who(by[0]), name, command, data, said=SAID)
        return self.sign(one.id, by)

    def sign(self, act: str, by: tuple[str, ...] = ("Ann", "Bob")):
        for name in by:
            done = releasing.sign(self.parts, self.who(name), act, self.keys[name])
        return done

    def state(self, name: str, by: str = "Ann") -> State:
        return viewing.opened(self.parts, self.who(by), name, "quality").state

    def objects(self, by: str = "Ann", **wanted: Any) -> list[str]:
        return [line.object for line in viewing.listed(self.parts, self.who(by), viewing.Wanted(**wanted))]


def desk(office: Office) -> Desk:
    """An office with its first people."""
    made = Desk(office, {"Ann": office.ann, "Bob": office.bob})
    for name, roles in PEOPLE.items():
        key = None if name in made.keys else signing.make(made.parts, name, PASS, cost=COST)
        people.found(made.parts, name, roles, key=key)
        if name not in made.keys:
            made.keys[name] = signing.load(made.parts, name, PASS)
    return made


@dataclass
class Clock:
    """A clock that a test moves; all desks of the test see the same."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def add(self, **span: float) -> None:
        self.now += timedelta(**span)


@cache
def _made() -> dict[str, Desk]:
    """Three desks, made once for all tests of a process."""
    folder = Path(mkdtemp(prefix="entente-desks-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    return {name: desk(one) for name, one in offices(folder, MX, CN, US).items()}


def desks(path: Path, *names: str) -> tuple[list[Desk], Clock]:
    """Desks of some authorities in directories of a test, on SQLite, and their clock."""
    clock, made = Clock(), _made()
    opened = copied({name: made[name].office for name in names}, path)
    for one in opened.values():
        one.node.parts = replace(one.node.parts, clock=clock)
    return [Desk(opened[name], dict(made[name].keys)) for name in names], clock


def newcomer(mx: Desk, name: str, *roles: Role, unit: str = "") -> None:
    """Somebody whom the two administrators make, with a key that signs acts and no messages."""
    key = signing.make(mx.parts, name, PASS, cost=COST)
    act = people.prepare_person(mx.parts, mx.who("Ida"), name, roles, unit, key)
    mx.sign(act.id, ("Ida", "Joe"))
    mx.keys[name] = signing.load(mx.parts, name, PASS)


def talk(one: Desk, two: Desk, times: int = 2) -> None:
    """Let two nodes meet."""
    for _ in range(times):
        meet(one.office, two.office)


def notify(one: Desk, to: str, **fields: Any) -> str:
    """A notification that two people released."""
    name = one.begin("notification", "draft", {**NOTIFICATION, "counterpart": to, **fields})
    one.two(name, "release")
    return name
