"""Money that comes back: simple cycles that respect time.

A cycle is a sequence of transfers, each paid by the account that the one before paid, that ends where it began and
passes no account twice. Times never fall along it, and all of it fits in one window. It is found once, from its first
transfer; where all its transfers have one time, from that which comes first in the data.

For each transfer u → v two short searches, forward from v and backward from u, say whether they can meet at all; mostly
they cannot (see `meeting`). Where they can, a backward search from u learns, for accounts near it, until when money
that leaves them can still reach u in so many hops, and a forward search from v enters only accounts that can. The
search is exponential in the worst case, so each root has a budget of steps, and an account with more transfers inside
the window than `hub` is not passed through; both are counted.

Enumeration by roots with backward pruning follows R. Kumar and T. Calders, "2SCENT: an efficient algorithm to enumerate
all simple temporal cycles", PVLDB 11 (2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from entente.money.compiled import compiled
from entente.money.miner.meeting import Side, meet, reach, side
from entente.money.miner.search import first_after, first_at
from entente.money.transfers import Ints, Small, Transfers


@dataclass(frozen=True)
class CycleLimits:
    """How far to look, and how hard.

    Attributes:
        window: seconds from the first to the last transfer of a cycle.
        hops: most transfers in a cycle.
        least: fewest transfers in a cycle; 2 is a payment and its return.
        steps: transfers looked at for one root, in each direction.
        hub: transfers of an account inside the window, above which it is not passed through.
        each: cycles kept for one root.
    """

    window: int
    hops: int = 12
    least: int = 2
    steps: int = 20_000
    hub: int = 500
    each: int = 64


@dataclass(frozen=True)
class Cycles:
    """Some cycles, and what was left out on the way.

    Attributes:
        start: shape (cycles + 1,); the transfers of cycle c are `edge[start[c]:start[c + 1]]`.
        edge: numbers of transfers, in the order of the cycle.
        out_of_steps: roots whose search was given up.
        hubs: times that an account was not passed through.
        not_kept: roots with more cycles than are kept.
    """

    start: Ints
    edge: Small
    out_of_steps: int
    hubs: int
    not_kept: int

    def __len__(self) -> int:
        return len(self.start) - 1

    def lengths(self) -> Ints:
        """How many transfers each has."""
        return np.diff(self.start)


_ROOM = 1 << 20  # transfers in one batch of cycles
_OUT_OF_STEPS, _NOT_KEPT, _CYCLES, _EDGES, _HUBS = range(5)


def find_cycles(graph: Transfers, limits: CycleLimits, first: int = 0, end: int | None = None) -> Iterator[Cycles]:
    """The cycles whose root is transfer `first` … `end` - 1, in batches, so that memory stays flat.

    Args:
        graph: the transfers.
        limits: how far to look.
        first: the first root.
        end: after the last root; all, if none is given.
    """
    stop = len(graph) if end is None else end
    room = max(_ROOM, limits.each * limits.hops)
    seen = np.full(graph.accounts, -1, np.int32)
    place = np.empty(graph.accounts, np.int32)
    near = np.empty((min(graph.accounts, limits.steps + 2), limits.hops + 1), np.int64)
    forward, backward, reached = side(graph.accounts), side(graph.accounts), side(graph.accounts)
    on_path = np.zeros(graph.accounts, np.bool_)
    while first < stop:
        edge, start = np.empty(room, np.int32), np.zeros(room + 1, np.int64)
        counts = np.zeros(5, np.int64)
        first = _search(
            graph.ends,
            graph.sides,
            (limits.window, limits.hops, limits.least, limits.steps, limits.hub, limits.each),
            (seen, place, near, on_path, forward, backward, reached),
            (edge, start, counts),
            first,
            stop,
        )
        made, used = counts[_CYCLES], counts[_EDGES]
        yield Cycles(
            start[: made + 1].copy(),
            edge[:used].copy(),
            int(counts[_OUT_OF_STEPS]),
            int(counts[_HUBS]),
            int(counts[_NOT_KEPT]),
        )


_Graph = tuple[Small, Small, Ints]
_Sides = tuple[Ints, Small, Ints, Small]
_Bounds = tuple[int, int, int, int, int, int]
_Scratch = tuple[Small, Small, Ints, "np.typing.NDArray[np.bool_]", Side, Side, Side]
_Found = tuple[Small, Ints, Ints]


@compiled
def _search(  # noqa: C901, PLR0912, PLR0915 - one search, which numba compiles as a whole
    graph: _Graph, sides: _Sides, bounds: _Bounds, scratch: _Scratch, found: _Found, first: int, stop: int
) -> int:
    """Search root after root until there is no room; gives the root to go on with."""
    payer, payee, time = graph
    out_start, out_edge, in_start, in_edge = sides
    window, hops, least, steps, hub, each = bounds
    seen, place, near, on_path, forward, backward, reached = scratch
    edge, start, counts = found
    path = np.empty(hops + 1, np.int64)
    at = np.empty(hops + 1, np.int64)
    last = np.empty(hops + 1, np.int64)
    now = np.empty(len(near), np.int32)
    then = np.empty(len(near), np.int32)
    for root in range(first, stop):
        if counts[_EDGES] + each * hops > len(edge):
            return root
        home, next_door, begun = payer[root], payee[root], time[root]
        ended = begun + window
        if home == next_door:
            continue
        if not meet(graph, sides, forward, backward, root, window, hops - 1, hub, counts[_HUBS:], least < 3):
            continue
        known_ahead = hops - 1 - reach(graph, sides, reached, root, window, hops - 1, hub, counts[_HUBS:])
        came, early = reached[0], reached[1]
        # Backward: near[place[a], h] is the latest time at which money may leave a and reach home in h hops or fewer.
        low = first_at(time, in_edge, in_start[home], in_start[home + 1], begun)
        high = first_after(time, in_edge, low, in_start[home + 1], ended)
        if low == high or out_start[next_door] == out_start[next_door + 1]:
            continue
        if time[out_edge[out_start[next_door + 1] - 1]] < begun:
            continue
        if high - low > steps:
            counts[_HUBS] += 1
            continue
        known, work, full = 0, 0, False
        here = 0
        for x in range(low, high):
            e = in_edge[x]
            a = payer[e]
            work += 1
            if a == home or (known_ahead <= 1 and (came[a] != root or early[a] > time[e])):
                continue
            if seen[a] != root:
                if known == len(near):
                    full = True
                    break
                seen[a], place[a] = root, known
                for h in range(hops + 1):
                    near[known, h] = -1
                now[here] = a
                here += 1
                known += 1
            near[place[a], 1] = max(near[place[a], 1], time[e])
        hop = 2
        while here and hop < hops and not full:
            there = 0
            for i in range(here):
                a = now[i]
                latest = near[place[a], hop - 1]
                low = first_at(time, in_edge, in_start[a], in_start[a + 1], begun)
                high = first_after(time, in_edge, low, in_start[a + 1], latest)
                if high - low > hub:
                    counts[_HUBS] += 1
                    continue
                work += high - low
                if work > steps:
                    full = True
                    break
                for x in range(low, high):
                    e = in_edge[x]
                    b = payer[e]
                    if b in (home, a):
                        continue
                    if hop >= known_ahead and (came[b] != root or early[b] > time[e]):
                        continue  # so far back, only where the money can have come from the other side
                    if seen[b] != root:
                        if known == len(near):
                            full = True
                            break
                        seen[b], place[b] = root, known
                        for h in range(hops + 1):
                            near[known, h] = -1
                        known += 1
                    p = place[b]
                    better = -1
                    for h in range(1, hop):
                        better = max(better, near[p, h])
                    if time[e] > max(better, near[p, hop]):
                        if near[p, hop] < 0:
                            then[there] = b
                            there += 1
                        near[p, hop] = time[e]
                if full:
                    break
            now, then = then, now
            here = there
            hop += 1
        if full:
            counts[_OUT_OF_STEPS] += 1
            continue
        if seen[next_door] != root:
            continue
        for k in range(known):
            for h in range(2, hops + 1):
                near[k, h] = max(near[k, h], near[k, h - 1])
        if near[place[next_door], hops - 1] < begun:
            continue
        # Forward: depth d has d transfers on the path, and `at[d]` is the next one to try.
        depth, work, kept = 1, 0, 0
        path[0] = root
        on_path[next_door] = True
        at[1] = first_at(time, out_edge, out_start[next_door], out_start[next_door + 1], begun)
        last[1] = first_after(time, out_edge, at[1], out_start[next_door + 1], ended)
        while depth >= 1:
            if at[depth] == last[depth] or work > steps or kept > each:
                depth -= 1
                on_path[payee[path[depth]]] = False
                continue
            e = out_edge[at[depth]]
            at[depth] += 1
            work += 1
            a = payee[e]
            if a == home:
                if depth + 1 < least:
                    continue
                if time[e] == begun:  # all have one time: only from the first of them
                    earliest = e > root
                    for d in range(1, depth):
                        earliest = earliest and path[d] > root
                    if not earliest:
                        continue
                kept += 1
                if kept > each:
                    continue
                used = counts[_EDGES]
                for d in range(depth):
                    edge[used + d] = path[d]
                edge[used + depth] = e
                counts[_EDGES] = used + depth + 1
                counts[_CYCLES] += 1
                start[counts[_CYCLES]] = counts[_EDGES]
                continue
            if depth + 1 >= hops or on_path[a] or seen[a] != root or near[place[a], hops - depth - 1] < time[e]:
                continue
            path[depth] = e
            depth += 1
            on_path[a] = True
            at[depth] = first_at(time, out_edge, out_start[a], out_start[a + 1], time[e])
            last[depth] = first_after(time, out_edge, at[depth], out_start[a + 1], ended)
        if work > steps:
            counts[_OUT_OF_STEPS] += 1
        if kept > each:
            counts[_NOT_KEPT] += 1
    return stop
