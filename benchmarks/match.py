"""Private match: CPU-seconds of both sides together, bytes on the wire, memory; how they grow with the set.

    python benchmarks/match.py [--rows 10000 --rows 100000] [--reveal]

Two nodes in one process, everything real: normalised keys from rows, commitments, the engine in its own process, steps
as encrypted attachments, messages signed by two officers and sealed (S1). Half of each set is common. The wire counts
every sealed message and every piece of ciphertext, from the offer to the result.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from entente.exchange import attachments
from entente.exchange.content import Header, Predicate, draft
from entente.exchange.handling import Marking, Tlp
from entente.exchange.match import playing, session
from entente.exchange.match.controls import Policy
from entente.exchange.match.folds import PlainFold
from entente.exchange.match.kinds import kind
from entente.exchange.match.openmined import OpenMined
from entente.exchange.match.playing import House, Outgoing, Own, Wish
from entente.exchange.match.session import Phase, Run, Said
from entente.exchange.match.sets import KeySet, make_set
from exchange_people import NOW, Authority, known, send, signed
from measuring import Peak, timed

US, MX = "us-dea", "mx-pgr"
PREDICATE = Predicate("seizure", "S-2026-7")
GOAL = {"rows": 100_000, "cpu": 35.0, "wire": 10_000_000}


@dataclass
class Wire:
    """What passed between the two, in bytes."""

    bytes: int = 0
    steps: dict[str, int] = field(default_factory=dict)


@dataclass
class Side:
    """One authority at its node."""

    who: Authority
    house: House
    keys: KeySet
    own: Own | None = None
    run: Run | None = None


def sets(rows: int) -> tuple[KeySet, KeySet]:
    def firms(start: int) -> KeySet:
        table = (
            {"name": f"Firm {number} S.A.", "city": "León", "reference": f"r{number}"}
            for number in range(start, start + rows)
        )
        return make_set(kind("name-city"), PlainFold(), enumerate(table, 2))

    return firms(0), firms(rows // 2)


def deliver(wire: Wire, one: Side, two: Side, out: Outgoing) -> None:
    """Sign, seal and hand over one message, its protocol bytes as an attachment."""
    pieces: list[bytes] = []
    head = Header(out.type, 1, one.who.name, (two.who.name,), NOW, Marking(Tlp.AMBER), predicate=PREDICATE)
    body = dict(out.body)
    if out.data:
        name = f"{body['step']}.bin"
        made = attachments.encrypt([out.data], pieces.append, name=name, media="application/octet-stream")
        head, body = replace(head, attachments=(made,)), {**body, "attachment": name}
    content = signed(draft(head, body, os.urandom), one.who.ann, one.who.bob)
    sealed = send(content, one.who, two.who)
    size = len(sealed.wire) + sum(map(len, pieces))
    wire.bytes += size
    wire.steps[str(body.get("step") or body.get("answer") or out.type)] = size
    data = b"".join(attachments.decrypt(content.header.attachments[0], pieces)) if out.data else b""
    said = Said.of(content, two.who.name, NOW, data)
    for side in (one, two):
        side.run = session.begin(said, ()) if side.run is None else session.advance(side.run, said)


def play(left: Side, right: Side, wire: Wire, *, reveal: bool) -> None:
    rows = len(right.keys.items)
    wish = Wish(US, MX, "diversion", PREDICATE, most=rows, due=NOW + timedelta(days=9))
    left.own, _, out = playing.offer(left.house, wish, left.keys, NOW)
    deliver(wire, left, right, out)
    right.own, _, out = playing.answer(right.house, right.run, right.keys, NOW)
    deliver(wire, right, left, out)
    for one, two in ((left, right), (right, left), (left, right), (right, left)):
        deliver(wire, one, two, playing.play(one.house.engine, one.run, one.own, one.who.name))
    if reveal and left.run.common <= playing.MOST_REVEALED:
        for one, two in ((left, right), (right, left)):
            deliver(wire, one, two, playing.ask(one.run, one.who.name))
        for one, two in ((left, right), (right, left), (left, right)):
            deliver(wire, one, two, playing.play(one.house.engine, one.run, one.own, one.who.name))


def measure(rows: int, *, reveal: bool) -> dict[str, Any]:
    policy = Policy(budgets={"diversion": 10_000_000}, most=10_000_000)
    with Peak() as peak:
        (left_keys, right_keys), making, _ = timed(lambda: sets(rows))
        sides = [
            Side(known(name), House(policy, [], os.urandom(32), OpenMined(), os.urandom), keys)
            for name, keys in ((US, left_keys), (MX, right_keys))
        ]
        wire = Wire()
        _, cpu, wall = timed(lambda: play(*sides, wire, reveal=reveal))
    for side in sides:
        if side.run.phase not in {Phase.COUNTED, Phase.REVEALED} or side.run.common != rows - rows // 2:
            raise SystemExit(f"A wrong result: {side.run.common} common, {side.run.phase}.")
    return {
        "rows": rows,
        "cpu_s": round(cpu, 2),
        "wall_s": round(wall, 2),
        "keys_cpu_s": round(making, 2),
        "us_each": round(cpu / rows * 1e6, 1),
        "wire_bytes": wire.bytes,
        "steps": wire.steps,
        "peak_mib": round(peak.mib),
        "phase": sides[0].run.phase,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, action="append", help="elements of each side; may be given again")
    parser.add_argument("--reveal", action="store_true", help="go on to the reveal, where few enough are common")
    options = parser.parse_args()
    found = [measure(rows, reveal=options.reveal) for rows in options.rows or (10_000, 100_000)]
    print("| Elements, each side | CPU-s, both | of it per element | wire, MB | keys from rows, CPU-s | peak MiB |")
    print("|---|---|---|---|---|---|")
    for one in found:
        print(
            f"| {one['rows']:,} | {one['cpu_s']:.1f} | {one['us_each']:.0f} µs | {one['wire_bytes'] / 1e6:.2f} "
            f"| {one['keys_cpu_s']:.1f} | {one['peak_mib']} |"
        )
    met = [one for one in found if one["rows"] == GOAL["rows"]]
    good = all(one["cpu_s"] <= GOAL["cpu"] and one["wire_bytes"] <= GOAL["wire"] for one in met)
    verdict = ("met" if good else "NOT met") if met else "not measured"
    print(f"Goal at 100,000: at most 35 CPU-s and 10 MB: {verdict}.")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
