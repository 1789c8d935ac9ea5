"""The miner finds what a search through all possibilities finds, on graphs small enough for that."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.money.miner.chains import chains
from entente.money.miner.cycles import CycleLimits, find_cycles
from entente.money.miner.fans import fans_in, fans_out, gather_scatters
from entente.money.miner.scatters import scatter_gathers
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


@settings(max_examples=150)
@given(graphs, st.integers(0, 9), st.integers(2, 7), st.integers(2, 3))
def test_cycles_are_those_that_trying_everything_finds(graph, window, hops, least):
    limits = CycleLimits(window, hops, least, steps=10**6, hub=10**6, each=10**4)
    assert mined(graph, limits) == every_cycle(graph, window, hops, least)


@settings(max_examples=80)
@given(graphs, st.integers(1, 3), st.integers(1, 6), st.integers(1, 2))
def test_what_the_limits_leave_out_is_counted(graph, hub, steps, each):
    batches = list(find_cycles(graph, CycleLimits(9, 6, 2, steps, hub, each)))
    found = {frozenset(b.edge[b.start[c] : b.start[c + 1]].tolist()) for b in batches for c in range(len(b))}
    true = {frozenset(cycle) for cycle in every_cycle(graph, 9, 6, 2)}
    assert found <= true
    assert found == true or any(b.out_of_steps or b.hubs or b.not_kept for b in batches)


def counterparts(graph: Transfers, account: int, begun: int, ended: int) -> tuple[set[int], set[int]]:
    """Who pays an account, and whom it pays, between two moments."""
    inside = (graph.time >= begun) & (graph.time <= ended)
    payers = set(graph.payer[inside & (graph.payee == account)].tolist()) - {account}
    return payers, set(graph.payee[inside & (graph.payer == account)].tolist()) - {account}


def most_in_a_window(graph: Transfers, account: int, window: int) -> tuple[int, int]:
    sizes = [tuple(map(len, counterparts(graph, account, t, t + window))) for t in set(graph.time.tolist())]
    return max((a for a, _ in sizes), default=0), max((b for _, b in sizes), default=0)


@settings(max_examples=80)
@given(graphs, st.integers(0, 9), st.integers(1, 4))
def test_fans_are_the_windows_with_the_most_counterparts(graph, window, least):
    for find, side in ((fans_in, 0), (fans_out, 1)):
        found = find(graph, window, least)
        counts = (found.payers, found.payees)[side]
        best: dict[int, int] = {}
        for a, begun, ended, count in zip(found.account, found.begun, found.ended, counts, strict=True):
            assert ended - begun <= window
            assert len(counterparts(graph, a, begun, ended)[side]) == count >= least
            best[int(a)] = max(best.get(int(a), 0), int(count))
        true = {a: most_in_a_window(graph, a, window)[side] for a in range(graph.accounts)}
        assert best == {a: most for a, most in true.items() if most >= least}


@settings(max_examples=80)
@given(graphs, st.integers(0, 9), st.integers(1, 3))
def test_a_window_of_one_account_does_not_overlap_another(graph, window, least):
    for found in (fans_in(graph, window, least), fans_out(graph, window, least), gather_scatters(graph, window, least)):
        spans = sorted(zip(found.account.tolist(), found.begun.tolist(), found.ended.tolist(), strict=True))
        for (a, _, ended), (b, begun, _) in pairwise(spans):
            assert a != b or begun > ended or begun == ended


@settings(max_examples=80)
@given(graphs, st.integers(0, 9), st.integers(1, 3))
def test_what_is_gathered_and_scattered_is_there(graph, window, least):
    found = gather_scatters(graph, window, least)
    for a, begun, ended, payers, payees in zip(
        found.account, found.begun, found.ended, found.payers, found.payees, strict=True
    ):
        assert ended - begun <= window
        assert tuple(map(len, counterparts(graph, a, begun, ended))) == (payers, payees)
        assert min(payers, payees) >= least
    true = {
        a
        for a in range(graph.accounts)
        if any(min(map(len, counterparts(graph, a, t, t + window))) >= least for t in set(graph.time.tolist()))
    }
    assert set(found.account.tolist()) == true


@settings(max_examples=80)
@given(graphs, st.integers(0, 9), st.integers(1, 3))
def test_accounts_between_two_are_counted(graph, window, least):
    found = scatter_gathers(graph, window, least, hub=10**6)
    assert (found.hubs, found.cut) == (0, 0)
    pairs = {}
    for s, t, begun, between in zip(found.source, found.target, found.begun, found.between, strict=True):
        true = {
            m
            for m in counterparts(graph, s, begun, begun + window)[1] - {int(t)}
            if int(t) in counterparts(graph, m, begun, begun + window)[1]
        }
        assert len(true) == between >= least
        pairs[int(s), int(t)] = True
    inside = (graph.time - graph.time.min() <= window).all() if len(graph) else True
    if inside:  # one window holds all: nothing may be missing that begins with the payer's first transfer
        for s in range(graph.accounts):
            own = graph.time[graph.payer == s]
            for t in set(range(graph.accounts)) - {s}:
                begun = own.min() if len(own) else 0
                between = {
                    m
                    for m in counterparts(graph, s, begun, begun + window)[1] - {t}
                    if t in counterparts(graph, m, begun, begun + window)[1]
                }
                assert len(between) < least or (s, t) in pairs


@settings(max_examples=80)
@given(graphs, st.integers(0, 9), st.data())
def test_chains_pass_on_what_came_in_time_and_amount(graph, dwell, data):
    amount = np.array(data.draw(st.lists(st.integers(1, 4), min_size=len(graph), max_size=len(graph))), float)
    found = chains(graph, amount, dwell, low=0.5, high=1.0, least=2)
    for c in range(len(found)):
        path = found.edge[found.start[c] : found.start[c + 1]]
        assert len(path) >= 2
        for e, f in pairwise(path):
            assert graph.payee[e] == graph.payer[f]
            assert 0 <= graph.time[f] - graph.time[e] <= dwell
            assert 0.5 * amount[e] <= amount[f] <= amount[e]
        accounts = [graph.payer[path[0]], *graph.payee[path]]
        assert len(set(accounts)) == len(accounts)
    assert len(set(found.edge.tolist())) == len(found.edge)
    links = any(
        graph.payee[e] == graph.payer[f]
        and len({graph.payer[e], graph.payee[e], graph.payee[f]}) == 3
        and e < f
        and graph.time[f] - graph.time[e] <= dwell
        and 0.5 * amount[e] <= amount[f] <= amount[e]
        for e in range(len(graph))
        for f in range(len(graph))
    )
    assert (len(found) > 0) == links
