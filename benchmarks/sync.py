"""Resume after N missed messages over loopback: one node sends to the server of another, in two processes.

    python benchmarks/sync.py [--messages 100000] [--size 4096] [--folder DIR]

What is measured: from the first meeting until both sides have everything (messages, receipts, logs), and the peak
resident memory of both processes. Making and committing the messages is timed apart. What must hold: at most 120 s for
100,000 messages, and memory that does not grow with their number.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from entente.exchange.store import Way
from entente.node.node import Node
from entente.node.wire.syncing import Progress, sync
from node_people import MX, PASS, US, Office
from wire_people import line, now, paired, process

_COMMIT = 500


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(dir=options.folder))
    try:
        run(folder, options.messages, options.size)
    finally:
        shutil.rmtree(folder)


def run(folder: Path, count: int, size: int) -> None:
    both = paired(folder, US, MX)
    us, mx = both[US], both[MX]
    took = _timed(lambda: _fill(us, count, size))
    print(f"sent and committed {count} messages of {size} B: {took:.1f} s, {count / took:.0f}/s")
    base = _peak()
    with process(mx.node.parts.home.path) as (server, port), line(us, mx, port) as wire:
        start, cpu, others = time.perf_counter(), time.process_time(), _cpu_of(server.pid)
        done = sync(us.node, wire, MX, _teller(start))
        took = time.perf_counter() - start
        cpu, others = time.process_time() - cpu, _cpu_of(server.pid) - others
        served = _peak_of(server.pid)
    if not done.done or done.receipted != count:
        raise SystemExit(f"Not everything arrived: {done}")
    print(f"resumed: {took:.1f} s, {count / took:.0f} messages/s, {done.meetings} meetings")
    print(f"CPU: client {cpu:.1f} s, server {others:.1f} s; they take turns")
    print(f"peak memory: client {_peak():.0f} MiB (before: {base:.0f}), server {served:.0f} MiB")
    node = Node.open(mx.node.parts.home.path, now, PASS)
    if [row.sequence for row in node.messages(US, Way.TAKEN, count, 2)] != [count]:
        raise SystemExit("The last message is not there.")


def _fill(us: Office, count: int, size: int) -> None:
    body = {"title": "Load", "summary": "x" * max(1, size - 1100), "urgency": "routine"}
    for start in range(0, count, _COMMIT):
        us.node.send_many([us.signed(MX, body=body) for _ in range(min(_COMMIT, count - start))], MX)


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _teller(start: float) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        if progress.meetings % 20 == 0:
            print(f"  {time.perf_counter() - start:6.1f} s  {progress.receipted} receipts", flush=True)

    return tell


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _peak_of(pid: int) -> float:
    for row in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if row.startswith("VmHWM"):
            return int(row.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
