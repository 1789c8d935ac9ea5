"""The miner finds what a search through all possibilities finds, on graphs small enough for that."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.money.miner.cycles import CycleLimits, find_cycles
from entente.money.transfers import Transfers, transfers

few_accounts = st.integers(0, 5)
moments = st.integers(0, 9)
graphs = st.lists(st.tuples(few_accounts, few_accounts, moments), max_size=14).map(
    lambda rows: transfers(*(np.array(rows, np.int64).reshape(-1, 3).T))
)


def every_cycle(graph: Transfers, window: int, hops: int, least: int) -> list[tuple[int, ...]]:
    """All simple cycles along which time does not fall, each as its transfers, by trying everything."""
    found: dict[frozenset[int], tuple[int, ...]] = {}
    leaving = defaultdict(list)
    for e in range(len(graph)):
        leaving[int(graph.payer[e])].append(e)

    def walk(path: list[int], passed: set[int]) -> None:
        end = int(graph.payee[path[-1]])
        if end == int(graph.payer[path[0]]):
            if least <= len(path) <= hops:
                found.setdefault(frozenset(path), tuple(path))
            return
        if end in passed or len(path) == hops:
            return
        for e in leaving[end]:
            if graph.time[path[-1]] <= graph.time[e] <= graph.time[path[0]] + window:
                walk([*path, e], passed | {end})

    for root in range(len(graph)):
        if graph.payer[root] != graph.payee[root]:
            walk([root], set())
    return sorted(found.values())


def mined(graph: Transfers, limits: CycleLimits) -> list[tuple[int, ...]]:
    batches = list(find_cycles(graph, limits))
    assert not any(batch.out_of_steps or batch.hubs or batch.not_kept for batch in batches)
    return sorted(
        tuple(batch.edge[batch.start[c] : batch.start[c + 1]].tolist()) for batch in batches for c in range(len(batch))
    )


@settings(max_examples=300)
@given(graphs, st.integers(0, 9), st.integers(2, 7), st.integers(2, 3))
def test_cycles_are_those_that_trying_everything_finds(graph, window, hops, least):
    limits = CycleLimits(window, hops, least, steps=10**6, hub=10**6, each=10**4)
    assert mined(graph, limits) == every_cycle(graph, window, hops, least)


@settings(max_examples=200)
@given(graphs, st.integers(1, 3), st.integers(1, 6), st.integers(1, 2))
def test_what_the_limits_leave_out_is_counted(graph, hub, steps, each):
    batches = list(find_cycles(graph, CycleLimits(9, 6, 2, steps, hub, each)))
    found = {frozenset(b.edge[b.start[c] : b.start[c + 1]].tolist()) for b in batches for c in range(len(b))}
    true = {frozenset(cycle) for cycle in every_cycle(graph, 9, 6, 2)}
    assert found <= true
    assert found == true or any(b.out_of_steps or b.hubs or b.not_kept for b in batches)
