"""Money passed on: chains of transfers, each soon after the one before and of about its amount.

At an account, a transfer that comes in and one that goes out are linked if the second follows within `dwell` seconds
and the ratio of their amounts, in one currency, lies within bounds (fees, and what was held back or added). A chain is
a path over such links that passes no account twice. The longest path that ends in each transfer is found in one pass
over time; chains are then taken from the longest down, each transfer belonging to one.

With bounds around 1 these are pass-through accounts; with bounds below 1, peel chains, which leave a little at each
hop.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.errors import InputError
from entente.money.compiled import compiled
from entente.money.miner.search import first_at
from entente.money.transfers import Ints, Small, Transfers

Amounts = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Chains:
    """Paths along which money was passed on.

    Attributes:
        start: shape (chains + 1,); the transfers of chain c are `edge[start[c]:start[c + 1]]`.
        edge: numbers of transfers, in the order of the chain.
        hubs: times that an account with too many transfers was not passed through.
    """

    start: Ints
    edge: Small
    hubs: int

    def __len__(self) -> int:
        return len(self.start) - 1

    def lengths(self) -> Ints:
        """How many transfers each has."""
        return np.diff(self.start)


def chains(  # noqa: D417 - the bounds are one thing
    graph: Transfers,
    amount: Amounts,
    dwell: int,
    *,
    low: float = 0.9,
    high: float = 1.1,
    least: int = 3,
    hub: int = 200,
) -> Chains:
    """Chains of `least` or more transfers.

    Args:
        graph: the transfers.
        amount: shape (transfers,), in the order of the graph, in one currency; what is not known is not a number.
        dwell: seconds that money may stay at an account.
        low, high: bounds of an amount as a share of the one before.
        least: transfers in a chain.
        hub: transfers into an account within `dwell` above which it is not passed through.

    Raises:
        InputError: there is not one amount for every transfer.
    """
    if len(amount) != len(graph):
        raise InputError("Transfers and amounts differ in number.", remedy="Give one amount for every transfer.")
    into = graph.incoming
    before, length, hubs = _link(graph.ends, (into.start, into.edge), amount, dwell, low, high, hub)
    start, edge = _take(graph.payer, graph.payee, before, length, np.argsort(-length, kind="stable"), least)
    return Chains(start, edge, int(hubs))


@compiled
def _link(
    ends: tuple[Small, Small, Ints],
    rows: tuple[Ints, Small],
    amount: Amounts,
    dwell: int,
    low: float,
    high: float,
    hub: int,
) -> tuple[Small, Small, int]:
    """For each transfer, the one before it on the longest chain that ends in it, and how long that is."""
    payer, payee, time = ends
    start, edge = rows
    before, length = np.full(len(payer), -1, np.int32), np.ones(len(payer), np.int32)
    upto = start[:-1].copy()  # incoming transfers of each account that are not later in the order than the present one
    hubs = 0
    for e in range(len(payer)):
        a = payer[e]
        first = first_at(time, edge, start[a], upto[a], time[e] - dwell)
        if upto[a] - first > hub:
            hubs += 1
        elif a != payee[e]:
            for x in range(upto[a] - 1, first - 1, -1):
                f = edge[x]
                if payer[f] == payee[e] or payer[f] == a:
                    continue
                if low * amount[f] <= amount[e] <= high * amount[f] and length[f] + 1 > length[e]:
                    before[e], length[e] = f, length[f] + 1
        upto[payee[e]] += 1
    return before, length, hubs


@compiled
def _take(payer: Small, payee: Small, before: Small, length: Small, order: Ints, least: int) -> tuple[Ints, Small]:
    taken = np.zeros(len(payer), np.bool_)
    passed = np.full(max(payer.max(), payee.max()) + 1 if len(payer) else 0, -1, np.int64)
    starts, edges = [np.int64(0)], [np.int32(0)]
    path = np.empty(length.max() if len(length) else 0, np.int32)
    for turn in range(len(order)):
        e = order[turn]
        if length[e] < least:
            break
        many = 0
        passed[payee[e]] = turn
        while e >= 0 and not taken[e] and passed[payer[e]] != turn:
            path[many] = e
            many += 1
            passed[payer[e]] = turn
            e = before[e]
        if many < least:
            continue
        for i in range(many - 1, -1, -1):
            taken[path[i]] = True
            edges.append(path[i])
        starts.append(np.int64(len(edges) - 1))
    return np.array(starts), np.array(edges)[1:]
