"""Ids of parties that stay over runs, with a history of merges and splits.

A cluster keeps the id of the earlier party with which it shares most mentions; where two clusters would keep the same
id, the one that shares more does. Other clusters get an id made of their first mention.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an id: `new`, `merged` (its mentions went into `into`), `split` (some went into `into`)."""

    party: str
    change: str
    into: str


def name_clusters(
    clusters: Mapping[int, Sequence[str]], before: Mapping[str, str]
) -> tuple[dict[int, str], list[Change]]:
    """Give each cluster its id.

    Args:
        clusters: cluster -> its mentions.
        before: mention -> party of an earlier run (empty for a first run).

    Returns:
        Ids by cluster, and what changed.
    """
    shares = [
        (-count, party, cluster)
        for cluster, mentions in clusters.items()
        for party, count in Counter(before[one] for one in mentions if one in before).items()
    ]
    named: dict[int, str] = {}
    taken: set[str] = set()
    for _, party, cluster in sorted(shares):
        if cluster not in named and party not in taken:
            named[cluster] = party
            taken.add(party)
    changes: list[Change] = []
    for cluster, mentions in clusters.items():
        if cluster not in named:
            named[cluster] = _fresh(min(mentions), taken)
            taken.add(named[cluster])
            if not before:
                continue
            changes.append(Change(named[cluster], "new", ""))
    for _, party, cluster in sorted(shares):
        if named[cluster] != party:
            kept = any(named[other] == party for other in named if other != cluster)
            changes.append(Change(party, "split" if kept else "merged", named[cluster]))
    return named, sorted(changes, key=lambda one: (one.party, one.change, one.into))


def _fresh(mention: str, taken: set[str]) -> str:
    """An id from a mention; with a number where an earlier party that lives on was named after the same mention."""
    number = 0
    while True:
        made = "P" + hashlib.sha256(f"{mention}\x1f{number}".encode()).hexdigest()[:16]
        if made not in taken:
            return made
        number += 1
