"""What can be said of any candidate, whatever its shape: the numbers that a model ranks by.

All are read from the candidate's transfers and from what else their accounts do. None is a name, a script, a
nationality or a country.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from entente.money.compiled import compiled
from entente.money.miner.members import Candidates
from entente.money.transfers import Ints, Small, Transfers

SIGNS = (
    "shape",
    "transfers",
    "accounts",
    "payers",
    "payees",
    "most_in",
    "most_out",
    "days",
    "between",  # accounts that are paid and pay
    "kept_log",  # mean |ln(out / in)| over them
    "kept_worst",
    "dwell_days",  # mean time between what comes to them and what goes
    "ordered",  # share of them that are paid before they pay
    "amount_log",
    "amount_spread",
    "amount_next",  # mean |ln| of an amount by the one before it in the candidate
    "new_pairs",  # share of transfers whose pair has no other transfer outside
    "other_log",  # mean ln(1 + other transfers) of its accounts
    "other_most",
    "focus_other",  # the same of the account with the most transfers
    "focus_share",  # share of all transfers of that account that are in the candidate
    "focus_other_in",
    "focus_other_out",
    "one_day",  # largest share of transfers in one day
    "round",  # share of amounts that are whole hundreds
)

_MANY = len(SIGNS)


def signs(graph: Transfers, amount: npt.NDArray[np.float64], found: Candidates) -> npt.NDArray[np.float32]:
    """The signs of every candidate.

    Args:
        graph: the transfers.
        amount: shape (transfers,), in one currency, in the order of the graph.
        found: candidates.

    Returns:
        Shape (candidates, len(SIGNS)); what does not apply is not a number.
    """
    pair = graph.payer.astype(np.int64) * graph.accounts + graph.payee
    _, place, count = np.unique(pair, return_inverse=True, return_counts=True)
    pays, paid = np.diff(graph.outgoing.start), np.diff(graph.incoming.start)
    logs = np.log(np.maximum(amount, 0.01))
    whole = np.mod(amount, 100) == 0
    return _signs(
        graph.ends,
        (found.shape, found.start, found.edge),
        (amount, logs, whole),
        (count[place].astype(np.int32), place.astype(np.int64), pays, paid),
    )


_Money = tuple["npt.NDArray[np.float64]", "npt.NDArray[np.float64]", "npt.NDArray[np.bool_]"]


@compiled
def _signs(  # noqa: C901, PLR0912, PLR0915 - one walk over a candidate, which numba compiles as a whole
    ends: tuple[Small, Small, Ints],
    found: tuple[Small, Ints, Small],
    money: _Money,
    known: tuple[Small, Ints, Ints, Ints],
) -> npt.NDArray[np.float32]:
    payer, payee, time = ends
    shape, start, edge = found
    amount, logs, whole = money
    in_pair, pair, pays, paid = known
    many = len(shape)
    result = np.full((many, _MANY), np.nan, np.float32)
    place = np.full(len(pays), -1, np.int64)
    owner = np.full(len(pays), -1, np.int64)
    pair_seen = np.zeros(len(payer), np.int32)
    longest = 1
    for c in range(many):
        longest = max(longest, start[c + 1] - start[c])
    account = np.empty(2 * longest, np.int32)
    ins, outs = np.zeros(2 * longest, np.int32), np.zeros(2 * longest, np.int32)
    came, went = np.zeros(2 * longest), np.zeros(2 * longest)
    came_at, went_at = np.zeros(2 * longest), np.zeros(2 * longest)
    for c in range(many):
        low, high = start[c], start[c + 1]
        size = high - low
        if size == 0:
            continue
        accounts = 0
        first, last = time[edge[low]], time[edge[low]]
        total, squares, steps, hundreds = 0.0, 0.0, 0.0, 0
        for x in range(low, high):
            e = edge[x]
            pair_seen[pair[e]] += 1
            first, last = min(first, time[e]), max(last, time[e])
            total += logs[e]
            squares += logs[e] * logs[e]
            hundreds += whole[e]
            if x > low:
                steps += abs(logs[e] - logs[edge[x - 1]])
            for side in range(2):
                a = payer[e] if side == 0 else payee[e]
                if owner[a] != c:
                    owner[a], place[a] = c, accounts
                    account[accounts] = a
                    ins[accounts] = outs[accounts] = 0
                    came[accounts] = went[accounts] = came_at[accounts] = went_at[accounts] = 0.0
                    accounts += 1
                p = place[a]
                if side == 0:
                    outs[p] += 1
                    went[p] += amount[e]
                    went_at[p] += time[e]
                else:
                    ins[p] += 1
                    came[p] += amount[e]
                    came_at[p] += time[e]
        new = 0
        for x in range(low, high):
            new += pair_seen[pair[edge[x]]] == in_pair[edge[x]]
        for x in range(low, high):
            pair_seen[pair[edge[x]]] = 0
        payers, payees, most_in, most_out, between, in_order, focus = 0, 0, 0, 0, 0, 0, 0
        kept, worst, dwell, other, other_most = 0.0, 0.0, 0.0, 0.0, 0.0
        for p in range(accounts):
            a = account[p]
            payers += outs[p] > 0
            payees += ins[p] > 0
            most_in, most_out = max(most_in, ins[p]), max(most_out, outs[p])
            if ins[p] + outs[p] > ins[focus] + outs[focus]:
                focus = p
            beside = np.log(1.0 + pays[a] + paid[a] - ins[p] - outs[p])
            other += beside
            other_most = max(other_most, beside)
            if ins[p] and outs[p]:
                between += 1
                gone = abs(np.log(max(went[p], 0.01) / max(came[p], 0.01)))
                kept += gone
                worst = max(worst, gone)
                stayed = went_at[p] / outs[p] - came_at[p] / ins[p]
                dwell += stayed
                in_order += stayed >= 0
        most_day = 0
        for x in range(low, high):
            here = 0
            for y in range(x, min(high, x + 200)):
                here += 0 <= time[edge[y]] - time[edge[x]] < 86400
            most_day = max(most_day, here)
            if x - low > 200:
                break
        a = account[focus]
        here = ins[focus] + outs[focus]
        row = result[c]
        row[0], row[1], row[2], row[3], row[4] = shape[c], size, accounts, payers, payees
        row[5], row[6], row[7], row[8] = most_in, most_out, (last - first) / 86400.0, between
        if between:
            row[9], row[10], row[11], row[12] = kept / between, worst, dwell / between / 86400.0, in_order / between
        row[13] = total / size
        row[14] = np.sqrt(max(squares / size - (total / size) ** 2, 0.0))
        if size > 1:
            row[15] = steps / (size - 1)
        row[16], row[17], row[18] = new / size, other / accounts, other_most
        row[19] = np.log(1.0 + pays[a] + paid[a] - here)
        row[20] = here / max(1, pays[a] + paid[a])
        row[21], row[22] = paid[a] - ins[focus], pays[a] - outs[focus]
        row[23], row[24] = most_day / min(size, 200), hundreds / size
    return result
