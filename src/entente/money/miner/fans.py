"""Many into one, one into many, and both at one account: windows of an account's transfers.

Within a sliding window the number of different counterparts is kept as transfers enter and leave, so that an account
with a million transfers costs a million steps. Of windows that overlap, the one with the most counterparts is kept, the
first of equals: one attempt is found once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.money.compiled import compiled
from entente.money.transfers import Ints, Rows, Small, Transfers


@dataclass(frozen=True)
class Windows:
    """Windows of accounts' transfers.

    Attributes:
        account: shape (windows,), whose.
        begun, ended: shape (windows,), seconds; first and last transfer.
        payers: shape (windows,), different accounts that pay it in the window; 0 where only payees were asked for.
        payees: shape (windows,), different accounts that it pays in the window.
    """

    account: Small
    begun: Ints
    ended: Ints
    payers: Small
    payees: Small

    def __len__(self) -> int:
        return len(self.account)


def fans_in(graph: Transfers, window: int, least: int) -> Windows:
    """Windows of `window` seconds in which `least` or more accounts pay one."""
    return _fans(graph, graph.incoming, graph.payer, window, least, into=True)


def fans_out(graph: Transfers, window: int, least: int) -> Windows:
    """Windows of `window` seconds in which one account pays `least` or more."""
    return _fans(graph, graph.outgoing, graph.payee, window, least, into=False)


def gather_scatters(graph: Transfers, window: int, least: int) -> Windows:
    """Windows of `window` seconds in which `least` or more pay an account and it pays `least` or more.

    The order inside the window is left open: what is gathered may be sent on before all of it has come.
    """
    account, begun, ended, payers, payees = _both(graph.ends, graph.sides, window, least)
    return Windows(account, begun, ended, payers, payees)


def _fans(graph: Transfers, rows: Rows, other: Small, window: int, least: int, *, into: bool) -> Windows:
    account, begun, ended, count = _one_side(rows.start, rows.edge, other, graph.time, window, least)
    none = np.zeros(len(count), np.int32)
    return Windows(account, begun, ended, count if into else none, none if into else count)


@compiled
def _one_side(
    start: Ints, edge: Small, other: Small, time: Ints, window: int, least: int
) -> tuple[Small, Ints, Ints, Small]:
    accounts = len(start) - 1
    account, begun, ended, count = [np.int32(0)], [np.int64(0)], [np.int64(0)], [np.int32(0)]
    inside = np.zeros(accounts, np.int32)
    for a in range(accounts):
        low, end = start[a], start[a + 1]
        if end - low < least:
            continue
        different, most, most_low, most_high = 0, 0, low, low
        for high in range(low, end):
            moment = time[edge[high]]
            while time[edge[low]] < moment - window:
                b = other[edge[low]]
                inside[b] -= 1
                different -= inside[b] == 0 and b != a
                low += 1
            if most >= least and low > most_high:
                account.append(np.int32(a))
                begun.append(time[edge[most_low]])
                ended.append(time[edge[most_high]])
                count.append(np.int32(most))
                most = 0
            b = other[edge[high]]
            inside[b] += 1
            different += inside[b] == 1 and b != a
            if different > most:
                most, most_low, most_high = different, low, high
        if most >= least:
            account.append(np.int32(a))
            begun.append(time[edge[most_low]])
            ended.append(time[edge[most_high]])
            count.append(np.int32(most))
        while low < end:
            inside[other[edge[low]]] -= 1
            low += 1
    return np.array(account)[1:], np.array(begun)[1:], np.array(ended)[1:], np.array(count)[1:]


@compiled
def _both(  # noqa: C901, PLR0915 - one walk over two rows, which numba compiles as a whole
    ends: tuple[Small, Small, Ints], sides: tuple[Ints, Small, Ints, Small], window: int, least: int
) -> tuple[Small, Ints, Ints, Small, Small]:
    payer, payee, time = ends
    out_start, out_edge, in_start, in_edge = sides
    accounts = len(out_start) - 1
    account, begun, ended = [np.int32(0)], [np.int64(0)], [np.int64(0)]
    payers, payees = [np.int32(0)], [np.int32(0)]
    pays, paid = np.zeros(accounts, np.int32), np.zeros(accounts, np.int32)
    for a in range(accounts):
        into, into_end, out, out_end = in_start[a], in_start[a + 1], out_start[a], out_start[a + 1]
        if into_end - into < least or out_end - out < least:
            continue
        into_low, out_low, sources, targets = into, out, 0, 0
        most, most_in, most_out, most_begun, most_ended = 0, 0, 0, np.int64(0), np.int64(0)
        while into < into_end or out < out_end:
            first_in = out == out_end or (into < into_end and time[in_edge[into]] <= time[out_edge[out]])
            moment = time[in_edge[into]] if first_in else time[out_edge[out]]
            while into_low < into and time[in_edge[into_low]] < moment - window:
                b = payer[in_edge[into_low]]
                pays[b] -= 1
                sources -= pays[b] == 0 and b != a
                into_low += 1
            while out_low < out and time[out_edge[out_low]] < moment - window:
                b = payee[out_edge[out_low]]
                paid[b] -= 1
                targets -= paid[b] == 0 and b != a
                out_low += 1
            if most and moment - window > most_ended:
                account.append(np.int32(a))
                begun.append(most_begun)
                ended.append(most_ended)
                payers.append(np.int32(most_in))
                payees.append(np.int32(most_out))
                most = 0
            if first_in:
                b = payer[in_edge[into]]
                pays[b] += 1
                sources += pays[b] == 1 and b != a
                into += 1
            else:
                b = payee[out_edge[out]]
                paid[b] += 1
                targets += paid[b] == 1 and b != a
                out += 1
            if sources >= least and targets >= least and sources + targets > most:
                most, most_in, most_out, most_ended = sources + targets, sources, targets, moment
                most_begun = min(time[in_edge[into_low]], time[out_edge[out_low]])
        if most:
            account.append(np.int32(a))
            begun.append(most_begun)
            ended.append(most_ended)
            payers.append(np.int32(most_in))
            payees.append(np.int32(most_out))
        while into_low < into_end:
            pays[payer[in_edge[into_low]]] -= 1
            into_low += 1
        while out_low < out_end:
            paid[payee[out_edge[out_low]]] -= 1
            out_low += 1
    return (
        np.array(account)[1:],
        np.array(begun)[1:],
        np.array(ended)[1:],
        np.array(payers)[1:],
        np.array(payees)[1:],
    )
