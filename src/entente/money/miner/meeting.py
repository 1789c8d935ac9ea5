"""Whether money that leaves an account can come back at all: two short searches that meet in the middle.

Looking twelve hops back for every transfer visits thousands of accounts; looking six hops from either side visits
dozens, and for most transfers one of the two sides ends by itself after a step or two. The answer errs on one side
only: "no" is certain, as far as accounts with many transfers may be passed through; "yes" means that it is worth a
search.
"""

from __future__ import annotations

import numpy as np

from entente.money.compiled import compiled
from entente.money.miner.search import first_after, first_at
from entente.money.transfers import Ints, Small

Side = tuple[Small, Ints, Small, Small]
_FRONTIER = 4096  # accounts; a wider frontier is not worth ruling out


def side(accounts: int) -> Side:
    """Room for one side: who was reached for which root, at what time, and two frontiers."""
    return (
        np.full(accounts, -1, np.int32),
        np.empty(accounts, np.int64),
        np.empty(_FRONTIER, np.int32),
        np.empty(_FRONTIER, np.int32),
    )


@compiled
def reach(
    graph: tuple[Small, Small, Ints],
    sides: tuple[Ints, Small, Ints, Small],
    forward: Side,
    root: int,
    window: int,
    hops: int,
    hub: int,
    hubs: Ints,
) -> int:
    """Learn when money of transfer `root` arrives at accounts within `hops` transfers of its payee.

    Returns:
        Within how many transfers all of them are known: fewer than `hops` where the frontier becomes too wide.
    """
    _, payee, time = graph
    out_start, out_edge, _, _ = sides
    came, early, ahead, ahead_next = forward
    came[payee[root]], early[payee[root]] = root, time[root]
    ahead[0], wide = payee[root], 1
    for hop in range(hops):
        fresh = 0
        for i in range(wide):
            a = ahead[i]
            low = first_at(time, out_edge, out_start[a], out_start[a + 1], early[a])
            high = first_after(time, out_edge, low, out_start[a + 1], time[root] + window)
            if high - low > hub:
                hubs[0] += 1
                continue
            for x in range(low, high):
                e = out_edge[x]
                b = payee[e]
                if came[b] != root or time[e] < early[b]:
                    if fresh == len(ahead):
                        return hop
                    came[b], early[b] = root, time[e]
                    ahead_next[fresh] = b
                    fresh += 1
        ahead, ahead_next = ahead_next, ahead
        wide = fresh
    return hops


@compiled
def meet(  # noqa: C901, PLR0912, PLR0915 - two directions, which numba compiles as a whole
    graph: tuple[Small, Small, Ints],
    sides: tuple[Ints, Small, Ints, Small],
    forward: Side,
    backward: Side,
    root: int,
    window: int,
    hops: int,
    hub: int,
    hubs: Ints,
    direct: bool,
) -> bool:
    """Whether money paid by transfer `root` may reach its payer again in `hops` more transfers.

    Args:
        graph: payers, payees and times of the transfers.
        sides: outgoing and incoming rows.
        forward: room for the search from the payee; reached accounts have the earliest time of arrival.
        backward: room for the search from the payer; reached accounts have the latest time of departure.
        root: the transfer.
        window: seconds after its time.
        hops: transfers after it.
        hub: an account with more transfers in the window is not passed through.
        hubs: counts how often one was not.
        direct: whether to count it if the payee itself pays the payer; most of what comes back at once is a refund.
    """
    payer, payee, time = graph
    out_start, out_edge, in_start, in_edge = sides
    came, early, ahead, ahead_next = forward
    goes, late, behind, behind_next = backward
    home, next_door, begun = payer[root], payee[root], time[root]
    ended = begun + window
    came[next_door], early[next_door] = root, begun
    goes[home], late[home] = root, ended
    ahead[0], behind[0] = next_door, home
    wide, deep = 1, 1
    # What it costs to go on from either side: all transfers of its frontier, which is known without a search.
    wide_cost = out_start[next_door + 1] - out_start[next_door]
    deep_cost = in_start[home + 1] - in_start[home]
    for _ in range(hops):
        if wide == 0 or deep == 0:
            return False
        fresh, cost = 0, np.int64(0)
        if wide_cost <= deep_cost:
            for i in range(wide):
                a = ahead[i]
                low = first_at(time, out_edge, out_start[a], out_start[a + 1], early[a])
                high = first_after(time, out_edge, low, out_start[a + 1], ended)
                if high - low > hub:
                    hubs[0] += 1
                    continue
                for x in range(low, high):
                    e = out_edge[x]
                    b = payee[e]
                    if not direct and b == home and a == next_door:
                        continue
                    if goes[b] == root and time[e] <= late[b]:
                        return True
                    if came[b] != root or time[e] < early[b]:
                        if fresh == len(ahead):
                            return True
                        came[b], early[b] = root, time[e]
                        ahead_next[fresh] = b
                        fresh += 1
                        cost += out_start[b + 1] - out_start[b]
            ahead, ahead_next = ahead_next, ahead
            wide, wide_cost = fresh, cost
        else:
            for i in range(deep):
                a = behind[i]
                low = first_at(time, in_edge, in_start[a], in_start[a + 1], begun)
                high = first_after(time, in_edge, low, in_start[a + 1], late[a])
                if high - low > hub and a != home:
                    hubs[0] += 1
                    continue
                for x in range(low, high):
                    e = in_edge[x]
                    b = payer[e]
                    if not direct and a == home and b == next_door:
                        continue
                    if came[b] == root and early[b] <= time[e]:
                        return True
                    if goes[b] != root or time[e] > late[b]:
                        if fresh == len(behind):
                            return True
                        goes[b], late[b] = root, time[e]
                        behind_next[fresh] = b
                        fresh += 1
                        cost += in_start[b + 1] - in_start[b]
            behind, behind_next = behind_next, behind
            deep, deep_cost = fresh, cost
    return False
