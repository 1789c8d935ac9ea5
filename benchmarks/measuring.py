"""CPU-seconds, wall seconds and memory of a process and all that it starts."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

_SAMPLE_S = 0.2
#: CPU-seconds of each thread that watches memory: reading /proc costs as much as some of what is measured.
_watching: dict[int, float] = {}


def cpu_seconds() -> float:
    """CPU time of this process and of its finished children, without what watching the memory took."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages) - sum(_watching.values())


class Peak:
    """Watches the memory of this process and its children."""

    def __init__(self) -> None:
        self.mib = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(_SAMPLE_S):
            self.mib = max(self.mib, sum(map(_pss_kib, _family(os.getpid()))) / 1024)
            _watching[threading.get_ident()] = time.thread_time()


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    family = [pid]
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = children.read_text().split()
        except OSError:
            continue
        for child in below:
            family += _family(int(child))
    return family


def _pss_kib(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """Result, CPU-seconds and wall seconds of some work."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    result = work()
    return result, cpu_seconds() - cpu, time.perf_counter() - wall
