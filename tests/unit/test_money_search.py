"""What the miner finds in a handful of transfers, member by member, and what is said of it."""

from __future__ import annotations

import numpy as np
import pytest

from entente.errors import InputError
from entente.money.miner.cycles import CycleLimits
from entente.money.miner.members import Candidates, Shape
from entente.money.search import Look, candidates, distinct
from entente.money.signs import SIGNS, signs
from entente.money.transfers import Transfers, transfers

DAY = 86_400
#        payer payee hours amount
RING = [(0, 1, 0, 900.0), (1, 2, 10, 880.0), (2, 0, 30, 870.0)]
FAN = [(i, 9, i, 1000.0) for i in range(3, 8)]
SCATTER = [(10, m, m - 10, 500.0) for m in (11, 12, 13)] + [(m, 14, m, 480.0) for m in (11, 12, 13)]


def graph_of(rows: list[tuple[int, int, int, float]]) -> tuple[Transfers, np.ndarray]:
    payer, payee, hours, amount = (np.array(column) for column in zip(*rows, strict=True))
    graph = transfers(payer, payee, hours * 3600)
    return graph, amount[graph.given].astype(float)


def found_in(rows, **look) -> dict[Shape, list[set[tuple[int, int]]]]:
    graph, amount = graph_of(rows)
    found, left_out = candidates(graph, amount, Look(**look))
    assert left_out == type(left_out)(0, 0, 0, 0)
    by_shape: dict[Shape, list[set[tuple[int, int]]]] = {}
    for c in range(len(found)):
        edge = found.of(c)
        by_shape.setdefault(Shape(found.shape[c]), []).append(
            set(zip(graph.payer[edge].tolist(), graph.payee[edge].tolist(), strict=True))
        )
    return by_shape


def test_a_ring_is_a_cycle_with_its_three_transfers():
    assert found_in(RING)[Shape.CYCLE] == [{(0, 1), (1, 2), (2, 0)}]


def test_five_payers_of_one_account_are_a_fan():
    assert found_in(FAN)[Shape.FAN_IN] == [{(i, 9) for i in range(3, 8)}]


def test_three_accounts_between_two_are_found_with_both_legs():
    legs = {(payer, payee) for payer, payee, _, _ in SCATTER}
    assert found_in(SCATTER)[Shape.SCATTER_GATHER] == [legs]


def test_money_passed_on_is_a_chain():
    assert found_in(RING[:2])[Shape.CHAIN] == [{(0, 1), (1, 2)}]
    assert Shape.CHAIN not in found_in([RING[0], (1, 2, 10, 90.0)])


def test_a_window_that_is_too_short_finds_nothing():
    limits = CycleLimits(3600)
    assert Shape.CYCLE not in found_in(RING, cycles=limits)


def test_the_signs_of_a_scatter_gather():
    graph, amount = graph_of([*SCATTER, (14, 20, 400, 5.0)])
    found, _ = candidates(graph, amount)
    c = found.shape.tolist().index(Shape.SCATTER_GATHER)
    said = dict(zip(SIGNS, signs(graph, amount, found)[c].tolist(), strict=True))
    assert (said["transfers"], said["accounts"], said["between"]) == (6, 5, 3)
    assert (said["most_in"], said["most_out"]) == (3, 3)
    assert said["kept_log"] == pytest.approx(np.log(500 / 480), abs=1e-6)
    assert (said["ordered"], said["new_pairs"], said["round"]) == (1.0, 1.0, 0.5)
    assert said["other_most"] == pytest.approx(np.log(2), abs=1e-6)


def test_signs_do_not_depend_on_how_accounts_are_numbered():
    graph, amount = graph_of(SCATTER)
    turned, same = graph_of([(19 - a, 19 - b, hours, money) for a, b, hours, money in SCATTER])
    one, other = candidates(graph, amount)[0], candidates(turned, same)[0]
    first, second = signs(graph, amount, one), signs(turned, same, other)
    assert sorted(map(str, first.tolist())) == sorted(map(str, second.tolist()))


def test_of_candidates_that_share_their_transfers_the_best_is_kept():
    found = Candidates(np.zeros(3, np.int32), np.array([0, 2, 4, 6]), np.array([0, 1, 0, 1, 2, 3], np.int32))
    assert distinct(found, np.array([0.1, 0.9, 0.5]), 10) == [1, 2]
    assert distinct(found, np.array([0.1, 0.9, 0.5]), 1) == [1]


def test_no_transfers_hold_nothing():
    graph = transfers([], [], [])
    found, _ = candidates(graph, np.zeros(0))
    assert len(found) == 0
    assert signs(graph, np.zeros(0), found).shape == (0, len(SIGNS))


def test_an_account_that_pays_itself_is_in_no_shape():
    assert Shape.CYCLE not in found_in([(1, 1, 0, 5.0), (1, 1, 1, 5.0)])


@pytest.mark.parametrize(("payer", "payee", "time"), [([0], [1, 2], [0]), ([-1], [1], [0])])
def test_arrays_that_do_not_fit_are_refused(payer, payee, time):
    with pytest.raises(InputError) as refused:
        transfers(payer, payee, time)
    assert refused.value.remedy
