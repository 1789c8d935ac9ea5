"""The task runner: order, errors, laziness and death of a worker."""

from __future__ import annotations

import os

import pytest

from entente.engine.pool import iter_tasks, run_tasks, usable_cores
from entente.errors import EntenteError, InputError, Place


def double(number: int) -> int:
    return number * 2


def fail_on_three(number: int) -> int:
    if number == 3:
        raise InputError("Three is not read.", remedy="Leave three out.", place=Place("a.csv", 3, "n"))
    return number


def die(number: int) -> int:
    if number:
        os._exit(9)
    return number


@pytest.mark.parametrize("processes", [1, 2])
def test_results_come_in_the_order_of_the_tasks(processes):
    seen: list[int] = []
    assert run_tasks(double, iter(range(20)), processes, seen.append) == [2 * n for n in range(20)]
    assert seen == [2 * n for n in range(20)]


def test_no_tasks_give_no_results():
    assert run_tasks(double, [], 2) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_of_a_task_comes_out_as_it_was_raised(processes):
    with pytest.raises(InputError, match="Three") as caught:
        run_tasks(fail_on_three, range(10), processes)
    assert caught.value.place == Place("a.csv", 3, "n")
    assert caught.value.remedy == "Leave three out."


def test_tasks_are_drawn_only_as_fast_as_they_are_done():
    drawn: list[int] = []

    def source():
        for number in range(1000):
            drawn.append(number)
            yield number

    results = iter_tasks(double, source(), 2)
    assert next(results) == 0
    results.close()
    assert len(drawn) < 50


def test_a_worker_that_dies_is_an_error_with_a_remedy():
    with pytest.raises(EntenteError, match="worker process") as caught:
        run_tasks(die, [0, 1, 1], 2)
    assert "memory" in caught.value.remedy


def test_there_is_at_least_one_usable_core():
    assert usable_cores() >= 1
