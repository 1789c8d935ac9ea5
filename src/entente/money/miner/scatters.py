"""One account to another through several between them: scatter-gather.

An account pays several others, and these pay one and the same account, all inside one window. Of real labelled attempts
two in five do not keep the order of time at every account between (money is advanced), so that order is counted and not
demanded.

For every account the payees of a window are followed one transfer further, and arrivals are counted by account. Windows
begin at each of the account's transfers that is a quarter of a window after the last begin, so an attempt of at most
three quarters of a window is always inside one of them whole. An account between with more than `hub` transfers in the
window is not passed through, a payer with more than `fan` payees in a window is cut there; both are counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.money.compiled import compiled
from entente.money.miner.search import first_after, first_at
from entente.money.transfers import Ints, Small, Transfers


@dataclass(frozen=True)
class Scatters:
    """Pairs of accounts with several between them.

    Attributes:
        source, target: shape (found,), accounts.
        begun: shape (found,), seconds; where the window begins that has the most accounts between.
        between: shape (found,), accounts between.
        ordered: shape (found,), how many of them were paid before they paid.
        hubs: accounts between that were not passed through, each time counted.
        cut: windows of payers that were cut.
    """

    source: Small
    target: Small
    begun: Ints
    between: Small
    ordered: Small
    hubs: int
    cut: int

    def __len__(self) -> int:
        return len(self.source)


def scatter_gathers(graph: Transfers, window: int, least: int, *, hub: int = 200, fan: int = 5000) -> Scatters:
    """Pairs with `least` or more accounts between them inside `window` seconds, once each stretch of time.

    Args:
        graph: the transfers.
        window: seconds.
        least: accounts between; 2 or more.
        hub: transfers in a window above which an account between is not passed through.
        fan: transfers of a payer in a window that are followed.
    """
    out = graph.outgoing
    found = _pairs(graph.payee, graph.time, out.start, out.edge, window, least, hub, fan)
    source, target, begun, between, ordered, hubs, cut = found
    keep = _first_of_most(source, target, begun, between, window)
    return Scatters(source[keep], target[keep], begun[keep], between[keep], ordered[keep], int(hubs), int(cut))


def _first_of_most(source: Small, target: Small, begun: Ints, between: Small, window: int) -> Ints:
    """Of windows of one pair that overlap, the one with the most between, the first of equals."""
    order = np.lexsort((begun, -between, target, source))
    kept: list[int] = []
    taken: list[int] = []
    pair = (-1, -1)
    for i in order.tolist():
        if (source[i], target[i]) != pair:
            pair, taken = (source[i], target[i]), []
        if all(abs(int(begun[i]) - other) > window for other in taken):
            taken.append(int(begun[i]))
            kept.append(i)
    return np.array(sorted(kept), np.int64)


@compiled
def _pairs(  # noqa: C901, PLR0912, PLR0915 - one walk, which numba compiles as a whole
    payee: Small, time: Ints, start: Ints, edge: Small, window: int, least: int, hub: int, fan: int
) -> tuple[Small, Small, Ints, Small, Small, int, int]:
    accounts = len(start) - 1
    source, target, begun = [np.int32(0)], [np.int32(0)], [np.int64(0)]
    between, ordered = [np.int32(0)], [np.int32(0)]
    tried, reached = np.full(accounts, -1, np.int64), np.full(accounts, -1, np.int64)
    here = np.full(accounts, -1, np.int64)  # the last account between that was counted for a target
    count, kept = np.zeros(accounts, np.int32), np.zeros(accounts, np.int32)
    in_order = np.full(accounts, -1, np.int64)
    targets = np.empty(accounts, np.int32)
    turn, step, hubs, cut = 0, 0, 0, 0
    for s in range(accounts):
        last = np.int64(-(1 << 62))
        for x in range(start[s], start[s + 1]):
            begin = time[edge[x]]
            if begin - last < window // 4 and x > start[s]:
                continue
            end = first_after(time, edge, x, start[s + 1], begin + window)
            if end - x < least:
                continue
            last = begin
            if end - x > fan:
                cut += 1
                end = x + fan
            turn += 1
            found = 0
            for y in range(x, end):
                m = payee[edge[y]]
                if m == s or tried[m] == turn:
                    continue
                tried[m] = turn
                step += 1
                paid = time[edge[y]]
                low = first_at(time, edge, start[m], start[m + 1], begin)
                high = first_after(time, edge, low, start[m + 1], begin + window)
                if high - low > hub:
                    hubs += 1
                    continue
                for z in range(low, high):
                    t = payee[edge[z]]
                    if t == np.int32(s) or t == m:
                        continue
                    if reached[t] != turn:
                        reached[t] = turn
                        count[t] = kept[t] = 0
                        targets[found] = t
                        found += 1
                    if here[t] != step:
                        here[t] = step
                        count[t] += 1
                    if time[edge[z]] >= paid and in_order[t] != step:
                        in_order[t] = step
                        kept[t] += 1
            for i in range(found):
                t = targets[i]
                if count[t] >= least:
                    source.append(np.int32(s))
                    target.append(t)
                    begun.append(begin)
                    between.append(count[t])
                    ordered.append(kept[t])
    return (
        np.array(source)[1:],
        np.array(target)[1:],
        np.array(begun)[1:],
        np.array(between)[1:],
        np.array(ordered)[1:],
        hubs,
        cut,
    )
