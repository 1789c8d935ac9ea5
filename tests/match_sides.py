"""Two sides of a private match that hand one another messages, and a set of companies for each."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from entente.exchange import strict
from entente.exchange.content import Predicate
from entente.exchange.match import playing, session
from entente.exchange.match.controls import Past, Policy
from entente.exchange.match.folds import PlainFold
from entente.exchange.match.kinds import kind
from entente.exchange.match.playing import House, Outgoing, Own, Wish
from entente.exchange.match.session import Run, Said
from entente.exchange.match.sets import KeySet, make_set
from exchange_people import NOW
from match_engine import quick

US, MX = "us-dea", "mx-pgr"
PREDICATE = Predicate("seizure", "S-2026-7")
POLICY = Policy(budgets={"diversion": 1000}, most=100)


def companies(names: Iterable[str], **more: str) -> KeySet:
    """A set of the kind name-city; the reference of a row is made of its name."""
    rows = [{"name": name, "city": "León", "reference": f"r-{name}", **more} for name in names]
    return make_set(kind("name-city"), PlainFold(), enumerate(rows, 2))


def mailboxes(names: Iterable[str], **more: str) -> KeySet:
    rows = [{"email": f"{name}@x.example", "reference": f"r-{name}", **more} for name in names]
    return make_set(kind("email"), PlainFold(), enumerate(rows, 2))


def wish(asker: str = US, asked: str = MX, **changes: Any) -> Wish:
    base = Wish(asker, asked, "diversion", PREDICATE, most=100, due=NOW + timedelta(days=20))
    return replace(base, **changes)


@dataclass
class Side:
    """One authority: its house, what it keeps, and its view of the run."""

    name: str
    policy: Policy = POLICY
    past: list[Past] = field(default_factory=list)
    own: Own | None = None
    run: Run | None = None
    secret: bytes = field(default_factory=lambda: os.urandom(32))

    @property
    def house(self) -> House:
        return House(self.policy, self.past, self.secret, quick(), os.urandom)

    def say(self, out: Outgoing, **changes: Any) -> Said:
        to = MX if self.name == US else US
        said = Said(self.name, to, out.type, out.body, os.urandom(32).hex(), NOW, out.data, PREDICATE)
        return replace(said, **changes)

    def hear(self, said: Said) -> None:
        known = {one.run for one in self.past}
        self.run = session.begin(said, known) if self.run is None else session.advance(self.run, said)

    def offers(self, keys: KeySet, **changes: Any) -> Said:
        self.own, past, out = playing.offer(
            self.house, wish(self.name, MX if self.name == US else US, **changes), keys, NOW
        )
        said = self.say(out)
        self.hear(said)
        self.past.append(past)
        return said

    def answers(self, keys: KeySet) -> Said:
        self.own, past, out = playing.answer(self.house, self.run, keys, NOW)
        self.past.append(past)
        return self.say(out)

    def plays(self, **more: Any) -> Said:
        return self.say(playing.play(quick(), self.run, self.own, self.name, **more))


def tell(said: Said, *sides: Side) -> Said:
    for side in sides:
        side.hear(said)
    return said


def accepted(left: Iterable[str], right: Iterable[str], **changes: Any) -> tuple[Side, Side]:
    """Two sides whose run is accepted; `us-dea` asks and serves unless `client` says otherwise."""
    us, mx = Side(US), Side(MX)
    mx.hear(us.offers(companies(left), **changes))
    tell(mx.answers(companies(right)), us, mx)
    return us, mx


def go_on(us: Side, mx: Side, **more: Any) -> None:
    """Play on until somebody has to decide."""
    while True:
        due = next((side for side in (us, mx) if playing.owed(side.run, side.name)), None)
        if due is None:
            return
        tell(due.plays(**more), us, mx)


def counted(left: Iterable[str], right: Iterable[str], **changes: Any) -> tuple[Side, Side]:
    us, mx = accepted(left, right, **changes)
    go_on(us, mx)
    return us, mx


def asks(side: Side) -> Said:
    return side.say(playing.ask(side.run, side.name))


def other_run() -> str:
    return strict.write_base64(os.urandom(32))
