"""The crew: this process and others share tasks; order, errors and death are as in the pool."""

from __future__ import annotations

import os
import time

import pytest

from entente.engine.crew import run_beside
from entente.errors import EntenteError, InputError, Place


def slow_double(number: int) -> tuple[int, int]:
    time.sleep(0.02)
    return 2 * number, os.getpid()


def fail_on_three_and_five(number: int) -> int:
    if number in {3, 5}:
        raise InputError(f"{number} is not read.", remedy="Leave it out.", place=Place("a.csv", number, "n"))
    return number


def die_elsewhere(parent: int) -> int:
    if os.getpid() != parent:
        os._exit(9)
    return parent


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_results_come_in_the_order_of_the_tasks(processes):
    results = run_beside(slow_double, list(range(20)), processes)
    assert [double for double, _ in results] == [2 * number for number in range(20)]


def test_this_process_works_too():
    workers = {worker for _, worker in run_beside(slow_double, list(range(12)), 2)}
    assert os.getpid() in workers


def test_two_tasks_are_shared_by_two_processes():
    assert len({worker for _, worker in run_beside(slow_double, [1, 2], 2)}) == 2


@pytest.mark.parametrize("tasks", [[], [1]])
def test_no_task_or_one_is_done_here(tasks):
    assert run_beside(slow_double, tasks, 2) == [(2 * number, os.getpid()) for number in tasks]


@pytest.mark.parametrize("processes", [1, 2])
def test_of_several_errors_the_first_in_the_order_of_the_tasks_comes_out(processes):
    with pytest.raises(InputError, match="3 is not read") as caught:
        run_beside(fail_on_three_and_five, list(range(8)), processes)
    assert caught.value.place == Place("a.csv", 3, "n")


def test_another_process_that_dies_is_an_error_with_a_remedy():
    with pytest.raises(EntenteError, match="worker process") as caught:
        run_beside(die_elsewhere, [os.getpid()] * 6, 2)
    assert "memory" in caught.value.remedy
