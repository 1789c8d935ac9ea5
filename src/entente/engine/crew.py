"""Run tasks in order in this process and in others beside it.

To start a process, and to import in it what its work needs, takes about half a second of processor time. Where the
work is ours from end to end (a kernel over files that we wrote), this process need not stand by: it is one of the
crew. What reads a stranger's files runs in `pool`, apart from this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import TypeVar

from entente.engine.pool import workers_for

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Tasks that each of the other processes is given at most: the one it works on and the next.
_EACH = 2


def run_beside(fn: Callable[[Task], Result], tasks: Sequence[Task], processes: int) -> list[Result]:
    """Call `fn` on every task and return the results in the order of the tasks.

    Args:
        fn: a module-level function or another picklable callable.
        tasks: picklable arguments; one task gains nothing from another process, and is done in this one.
        processes: this one included; 1 starts no other. The others are spawned and never forked, as in `pool`.

    Raises:
        EntenteError: another process died (killed, most often because memory ran out).
        Exception: whatever `fn` raised first, in the order of the tasks.
    """
    others = min(processes, len(tasks)) - 1
    if others < 1:
        return list(map(fn, tasks))
    with workers_for(fn, others) as submit:
        return list(_shared(fn, tasks, submit, others))


def _shared(
    fn: Callable[[Task], Result], tasks: Sequence[Task], submit: Callable[[Task], Future[Result]], others: int
) -> Iterator[Result]:
    """Results in order. A task goes to another process while those have too little to do, else it is done here."""
    waiting: list[Future[Result]] = []
    most = others
    for task in tasks:
        while waiting and waiting[0].done():
            yield waiting.pop(0).result()
        if sum(not future.done() for future in waiting) < most:
            waiting.append(submit(task))
        else:
            waiting.append(_done(fn, task))
            most = others * _EACH
    for future in waiting:
        yield future.result()


def _done(fn: Callable[[Task], Result], task: Task) -> Future[Result]:
    """A task done in this process; an exception of it waits for its turn."""
    future: Future[Result] = Future()
    try:
        future.set_result(fn(task))
    except Exception as error:  # noqa: BLE001 - comes out in its turn
        future.set_exception(error)
    return future
