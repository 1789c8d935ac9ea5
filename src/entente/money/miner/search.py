"""Where in an account's transfers a time stands."""

from __future__ import annotations

from entente.money.compiled import compiled
from entente.money.transfers import Ints, Small


@compiled
def first_at(time: Ints, edge: Small, low: int, high: int, moment: int) -> int:
    """The first place in `edge[low:high]` whose transfer is at `moment` or later."""
    while low < high:
        middle = (low + high) >> 1
        if time[edge[middle]] < moment:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def first_after(time: Ints, edge: Small, low: int, high: int, moment: int) -> int:
    """The first place in `edge[low:high]` whose transfer is later than `moment`."""
    while low < high:
        middle = (low + high) >> 1
        if time[edge[middle]] <= moment:
            low = middle + 1
        else:
            high = middle
    return low
