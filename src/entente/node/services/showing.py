"""Keys in words, for the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from entente.exchange.keys import KeyState
from entente.node.services import peers, pins
from entente.node.services.parts import Parts


def keys(parts: Parts, name: str, now: datetime) -> Iterator[str]:
    """A line for each key of a peer, with what became of it."""
    found = peers.paired(parts, name)
    yield f"{name} ({found.card.jurisdiction}), {found.state}, {', '.join(found.suites)}"
    pinned = list(pins.history(parts.alias, name))
    for state in pinned or [KeyState(record) for record in found.card.keys]:
        yield f"  {state.record.id[:16]}  {state.record.suite:<9}{_role(state):<24}{_standing(state, now)}"


def _role(state: KeyState) -> str:
    return f"officer {state.record.holder}" if state.record.holder else state.record.role.value


def _standing(state: KeyState, now: datetime) -> str:
    if state.compromised:
        return f"compromised since {state.compromised:%Y-%m-%d}"
    if state.end <= now:
        return f"ended {state.end:%Y-%m-%d}"
    return f"valid {state.record.start:%Y-%m-%d} to {state.end:%Y-%m-%d}"
