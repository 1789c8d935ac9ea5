"""Transfers as arrays: the graph that the miner walks.

Accounts are numbered 0 … n-1 and transfers are numbered in the order of time, ties in the order in which they were
given. Each account has its outgoing and its incoming transfers in that same order (compressed sparse rows), so that a
window of time is a slice that a binary search finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from entente.errors import InputError
from entente.money.compiled import compiled

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Rows:
    """Which transfers belong to an account.

    Attributes:
        start: shape (accounts + 1,); those of account a are `edge[start[a]:start[a + 1]]`.
        edge: shape (transfers,), numbers of transfers, in the order of time within each account.
    """

    start: Ints
    edge: Small


@dataclass(frozen=True)
class Transfers:
    """A multigraph of transfers in the order of time.

    Attributes:
        payer: shape (transfers,), number of the account that pays.
        payee: shape (transfers,), number of the account that is paid.
        time: shape (transfers,), seconds since 1970-01-01 UTC, never falling.
        accounts: how many accounts there are.
        given: shape (transfers,), where each transfer stood in what was given.
    """

    payer: Small
    payee: Small
    time: Ints
    accounts: int
    given: Ints

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def outgoing(self) -> Rows:
        """By the account that pays."""
        return Rows(*_rows(self.payer, self.accounts))

    @cached_property
    def incoming(self) -> Rows:
        """By the account that is paid."""
        return Rows(*_rows(self.payee, self.accounts))

    @property
    def ends(self) -> tuple[Small, Small, Ints]:
        """Payers, payees and times, as compiled loops take them."""
        return self.payer, self.payee, self.time

    @property
    def sides(self) -> tuple[Ints, Small, Ints, Small]:
        """The outgoing rows, then the incoming ones, as compiled loops take them."""
        return self.outgoing.start, self.outgoing.edge, self.incoming.start, self.incoming.edge


def transfers(payer: npt.ArrayLike, payee: npt.ArrayLike, time: npt.ArrayLike) -> Transfers:
    """Put transfers in the order of time.

    Args:
        payer: shape (n,), numbers of accounts from 0.
        payee: shape (n,), the same.
        time: shape (n,), seconds since 1970-01-01 UTC.

    Raises:
        InputError: the arrays differ in length, an account is negative, or there are more than 2**31 - 1 of either.
    """
    sources, targets, times = np.asarray(payer), np.asarray(payee), np.asarray(time, np.int64)
    if not len(sources) == len(targets) == len(times):
        raise InputError("Payers, payees and times differ in number.", remedy="Give one of each for every transfer.")
    accounts = int(max(sources.max(), targets.max())) + 1 if len(times) else 0
    if len(times) and min(sources.min(), targets.min()) < 0:
        raise InputError("An account has a negative number.", remedy="Number the accounts from 0.")
    if max(accounts, len(times)) > np.iinfo(np.int32).max:
        raise InputError(
            "More than 2,147,483,647 accounts or transfers.", remedy="Split the payments by time, with an overlap."
        )
    order = np.argsort(times, kind="stable")
    return Transfers(
        sources[order].astype(np.int32), targets[order].astype(np.int32), times[order], accounts, order.astype(np.int64)
    )


@compiled
def _rows(account: Small, accounts: int) -> tuple[Ints, Small]:
    start = np.zeros(accounts + 1, np.int64)
    for a in account:
        start[a + 1] += 1
    for a in range(accounts):
        start[a + 1] += start[a]
    room = start[:-1].copy()
    edge = np.empty(len(account), np.int32)
    for e in range(len(account)):
        a = account[e]
        edge[room[a]] = e
        room[a] += 1
    return start, edge
