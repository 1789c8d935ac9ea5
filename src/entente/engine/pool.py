"""Run independent tasks in order, in this process or in a pool of fresh ones.

The pool spawns its processes and never forks them: a fork copies locks that another thread may hold (Arrow and
DuckDB have threads of their own), and spawned workers behave alike on every platform. A worker's exception comes
out of `run_tasks` as it was raised, and the tasks that have not started yet are cancelled.

A Ctrl-C in a terminal reaches every process of a command at once. The workers do not hear it: each would print where
it was. This process hears it alone, and ends them.
"""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

from entente.errors import EntenteError

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Tasks handed to the pool ahead of the one whose result is awaited, for each process.
_AHEAD = 4


def usable_cores() -> int:
    """Number of cores that this process may use, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(
    fn: Callable[[Task], Result],
    tasks: Iterable[Task],
    processes: int | None = 1,
    on_done: Callable[[Result], None] | None = None,
) -> list[Result]:
    """Call `fn` on every task and return the results in the order of the tasks.

    Args:
        fn: a module-level function or another picklable callable.
        tasks: picklable arguments; a generator is drawn from only as fast as the work goes.
        processes: worker processes; 1 runs everything in this process, None means one per usable core.
        on_done: called in this process with each result, in the order of the tasks.

    Raises:
        EntenteError: a worker process died (killed, most often because memory ran out).
        Exception: whatever `fn` raised first, in the order of the tasks.
    """
    return list(iter_tasks(fn, tasks, processes, on_done))


def iter_tasks(
    fn: Callable[[Task], Result],
    tasks: Iterable[Task],
    processes: int | None = 1,
    on_done: Callable[[Result], None] | None = None,
) -> Iterator[Result]:
    """Like `run_tasks`, but give each result as soon as its turn comes; closing the iterator cancels the rest."""
    workers = usable_cores() if processes is None else max(1, processes)
    results = map(fn, tasks) if workers == 1 else _pooled(fn, tasks, workers)
    for result in results:
        if on_done is not None:
            on_done(result)
        yield result


def _pooled(fn: Callable[[Task], Result], tasks: Iterable[Task], workers: int) -> Iterator[Result]:
    source = iter(tasks)
    first = list(islice(source, 2))
    if len(first) < 2:  # one task gains nothing from another process
        yield from map(fn, first)
        return
    with workers_for(fn, workers) as submit:
        waiting: deque[Future[Result]] = deque(map(submit, first))
        while waiting:
            waiting.extend(map(submit, islice(source, workers * _AHEAD - len(waiting))))
            yield waiting.popleft().result()


@contextmanager
def workers_for(fn: Callable[[Task], Result], workers: int) -> Iterator[Callable[[Task], Future[Result]]]:
    """Processes that call `fn`, as many as are needed and at most `workers`: give it a task, get a future.

    On the way out, tasks that have not started are cancelled and the processes end; after a Ctrl-C they are ended in
    the middle of their tasks, since nobody waits for the results any more.

    Raises:
        EntenteError: a process died (killed, most often because memory ran out).
    """
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"))

    def submit(task: Task) -> Future[Result]:
        with _deaf_children():  # to submit may start a process
            return pool.submit(fn, task)

    try:
        yield submit
    except BrokenProcessPool as error:
        raise EntenteError(
            "A worker process ended before its work was done.",
            remedy="Most often memory ran out: use fewer processes, or give the machine more memory.",
        ) from error
    except KeyboardInterrupt:
        for process in list((pool._processes or {}).values()):  # noqa: SLF001 (public from Python 3.14 on)
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Processes that are started here never hear Ctrl-C: they inherit that the signal is held back, from the first."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
