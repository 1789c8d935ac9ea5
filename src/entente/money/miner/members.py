"""The exact transfers of what the miner found, one shape beside the other.

An alert is its transfers: whoever reads it wants to see each of them. Candidates of all shapes are brought into one
form, a list of transfers each, so that what comes after need not know the shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from entente.money.compiled import compiled
from entente.money.miner.chains import Chains
from entente.money.miner.cycles import Cycles
from entente.money.miner.fans import Windows
from entente.money.miner.scatters import Scatters
from entente.money.miner.search import first_after, first_at
from entente.money.transfers import Ints, Small, Transfers


class Shape(IntEnum):
    """What a candidate looks like."""

    CYCLE = 0
    FAN_IN = 1
    FAN_OUT = 2
    GATHER_SCATTER = 3
    SCATTER_GATHER = 4
    CHAIN = 5


@dataclass(frozen=True)
class Candidates:
    """Sets of transfers that have a shape.

    Attributes:
        shape: shape (candidates,), `Shape` of each.
        start: shape (candidates + 1,); the transfers of c are `edge[start[c]:start[c + 1]]`.
        edge: numbers of transfers, in the order of time within a candidate, or in that of the chain or cycle.
    """

    shape: Small
    start: Ints
    edge: Small

    def __len__(self) -> int:
        return len(self.shape)

    def of(self, candidate: int) -> Small:
        """The transfers of one candidate."""
        return self.edge[self.start[candidate] : self.start[candidate + 1]]


def join(parts: list[Candidates]) -> Candidates:
    """All candidates of several lists, in the same order."""
    sizes = np.concatenate([np.diff(part.start) for part in parts]) if parts else np.zeros(0, np.int64)
    start = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    if not parts:
        return Candidates(np.zeros(0, np.int32), start, np.zeros(0, np.int32))
    return Candidates(np.concatenate([part.shape for part in parts]), start, np.concatenate([p.edge for p in parts]))


def of_paths(found: Cycles | Chains) -> Candidates:
    """Cycles or chains as candidates."""
    shape = Shape.CYCLE if isinstance(found, Cycles) else Shape.CHAIN
    return Candidates(np.full(len(found), shape, np.int32), found.start, found.edge)


def of_windows(graph: Transfers, found: Windows, shape: Shape) -> Candidates:
    """All transfers of an account inside its window, into it, out of it, or both."""
    start, edge = _windows(
        graph.time, graph.sides, found.account, found.begun, found.ended, shape != Shape.FAN_IN, shape != Shape.FAN_OUT
    )
    return Candidates(np.full(len(found), shape, np.int32), start, edge)


def of_scatters(graph: Transfers, found: Scatters, window: int) -> Candidates:
    """Of each pair, the transfers to the accounts between and from them."""
    start, edge = _between(graph.ends, graph.sides, found.source, found.target, found.begun, window)
    return Candidates(np.full(len(found), Shape.SCATTER_GATHER, np.int32), start, edge)


@compiled
def _windows(
    time: Ints,
    sides: tuple[Ints, Small, Ints, Small],
    account: Small,
    begun: Ints,
    ended: Ints,
    paying: bool,
    paid: bool,
) -> tuple[Ints, Small]:
    out_start, out_edge, in_start, in_edge = sides
    starts, edges = np.zeros(len(account) + 1, np.int64), [np.int32(0)]
    for i in range(len(account)):
        a = account[i]
        if paid:
            low = first_at(time, in_edge, in_start[a], in_start[a + 1], begun[i])
            for x in range(low, first_after(time, in_edge, low, in_start[a + 1], ended[i])):
                edges.append(in_edge[x])  # noqa: PERF401 - numba compiles it
        if paying:
            low = first_at(time, out_edge, out_start[a], out_start[a + 1], begun[i])
            for x in range(low, first_after(time, out_edge, low, out_start[a + 1], ended[i])):
                edges.append(out_edge[x])  # noqa: PERF401 - numba compiles it
        starts[i + 1] = len(edges) - 1
    return starts, np.array(edges)[1:]


@compiled
def _between(
    ends: tuple[Small, Small, Ints],
    sides: tuple[Ints, Small, Ints, Small],
    source: Small,
    target: Small,
    begun: Ints,
    window: int,
) -> tuple[Ints, Small]:
    payer, payee, time = ends
    out_start, out_edge, in_start, in_edge = sides
    gives, gets = np.full(len(out_start), -1, np.int64), np.full(len(out_start), -1, np.int64)
    starts, edges = np.zeros(len(source) + 1, np.int64), [np.int32(0)]
    for i in range(len(source)):
        s, t, end = source[i], target[i], begun[i] + window
        low = first_at(time, out_edge, out_start[s], out_start[s + 1], begun[i])
        high = first_after(time, out_edge, low, out_start[s + 1], end)
        low_in = first_at(time, in_edge, in_start[t], in_start[t + 1], begun[i])
        high_in = first_after(time, in_edge, low_in, in_start[t + 1], end)
        for x in range(low, high):
            gets[payee[out_edge[x]]] = i
        for x in range(low_in, high_in):
            gives[payer[in_edge[x]]] = i
        gets[s] = gets[t] = gives[s] = gives[t] = -1
        for x in range(low, high):
            if gives[payee[out_edge[x]]] == i:
                edges.append(out_edge[x])  # noqa: PERF401 - numba compiles it
        for x in range(low_in, high_in):
            if gets[payer[in_edge[x]]] == i:
                edges.append(in_edge[x])  # noqa: PERF401 - numba compiles it
        starts[i + 1] = len(edges) - 1
    return starts, np.array(edges)[1:]
