"""Keys in words, and evidence as files, for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db.models import Q

from entente.exchange.keys import KeyState
from entente.node.services import peers, pins
from entente.node.services.parts import Parts
from entente.node.store import models


def keys(parts: Parts, name: str, now: datetime) -> Iterator[str]:
    """A line for each key of a peer, with what became of it."""
    found = peers.paired(parts, name)
    yield f"{name} ({found.card.jurisdiction}), {found.state}, {', '.join(found.suites)}"
    pinned = list(pins.history(parts.alias, name))
    for state in pinned or [KeyState(record) for record in found.card.keys]:
        yield f"  {state.record.id[:16]}  {state.record.suite:<9}{_role(state):<24}{_standing(state, now)}"


def write_evidence(parts: Parts, name: str, folder: Path) -> list[Path]:
    """Write the evidence against a peer to files that are not there yet; returns those written.

    Raises:
        PairingError: no such peer.
    """
    peers.paired(parts, name)
    its = Q(channel__peer_id=name) | Q(channel__peer__name__startswith=f"{name}/")
    rows = models.EvidenceFile.objects.using(parts.alias).filter(its).order_by("at")
    folder.mkdir(parents=True, exist_ok=True)
    paths = {folder / f"{name}-{row.kind}-{row.digest[:16]}.json": bytes(row.data) for row in rows}
    for path, data in paths.items():
        if not path.exists():
            path.write_bytes(data)
    return list(paths)


def _role(state: KeyState) -> str:
    return f"officer {state.record.holder}" if state.record.holder else state.record.role.value


def _standing(state: KeyState, now: datetime) -> str:
    if state.compromised:
        return f"compromised since {state.compromised:%Y-%m-%d}"
    if state.end <= now:
        return f"ended {state.end:%Y-%m-%d}"
    return f"valid {state.record.start:%Y-%m-%d} to {state.end:%Y-%m-%d}"
