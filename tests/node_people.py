"""Whole nodes in directories of a test: made, paired and with officers, in the blink of an eye."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from entente.exchange.content import Content
from entente.exchange.handling import Marking, Tlp
from entente.exchange.parties import NodeKey
from entente.exchange.store import Message
from entente.node.config import Config
from entente.node.node import Node
from exchange_people import ALERT, NOW

PASS = b"correct horse"
COST = 10
US, MX, CN = "us-dea", "mx-pgr", "cn-nncc"


@dataclass
class Office:
    """A node with two officers at hand."""

    node: Node
    ann: NodeKey
    bob: NodeKey

    @property
    def name(self) -> str:
        return self.node.name

    def signed(self, to: str, kind: str = "alert", body: dict[str, Any] | None = None, **header: Any) -> Content:
        content = self.node.draft(kind, body or ALERT, [to], Marking(Tlp.AMBER), **header)
        return self.node.sign(content, [self.ann, self.bob])

    def send(self, to: str, **content: Any) -> Message:
        return self.node.send(self.signed(to, **content), to)


class Clock:
    """A clock that stands, and is set by the test."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


def office(
    path: Path, name: str, clock: Callable[[], datetime] = lambda: NOW, suite: str = "S1", database: str = ""
) -> Office:
    config = Config(name, name[:2].upper(), suite, database)
    node = Node.init(path, config, clock, PASS, cost=COST)
    return Office(node, *(node.add_officer(officer, PASS, cost=COST) for officer in ("Ann", "Bob")))


def pair(one: Office, two: Office) -> None:
    for here, there in ((one, two), (two, one)):
        here.node.accept(there.node.card().encode())
    for here, there in ((one, two), (two, one)):
        here.node.confirm(there.name, there.node.fingerprint)


def offices(
    path: Path, *names: str, databases: Callable[[str], str] = lambda _: "", **options: Any
) -> dict[str, Office]:
    """Paired nodes, each with every other."""
    made = {name: office(path / name, name, database=databases(name), **options) for name in names}
    for one in names:
        for two in names:
            if one < two:
                pair(made[one], made[two])
    return made


def copied(made: dict[str, Office], path: Path) -> dict[str, Office]:
    """The same nodes in other directories, as they stand on the disk; they use SQLite."""
    for name, one in made.items():
        one.node.close()
        shutil.copytree(one.node.parts.home.path, path / name)
    opened = {name: Node.open(path / name, one.node.parts.clock, PASS) for name, one in made.items()}
    return {name: replace(one, node=opened[name]) for name, one in made.items()}


def meet(one: Office, two: Office, times: int = 1) -> None:
    """Parcels both ways, so often."""
    for _ in range(times):
        two.node.take(one.name, one.node.give(two.name))
        one.node.take(two.name, two.node.give(one.name))
