"""Messages through a node's store: sealing, signing, appending, syncing; and taking them in.

    python benchmarks/node.py [--messages 2048] [--batch 256] [--suites S1,S3] [--postgres]

Bodies are 4 KiB of text. `out` is released contents through `sending.send_many`: seal to the peer
and to oneself, sign the frame, ciphertext synced, rows, leaf and outbox committed. `service` is the whole use case: the
officers' signatures checked, then the same, 32 to a commit; `alone` the same with a commit for each message, which is
three waits for the disk. `in` is opening, verifying, checking against the schema, locking and committing on the other
side, with checkpoint and receipts. Each figure is the best of the runs; in brackets by processor time of all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from entente.node.boot import boot

boot()

from entente.exchange.content import Content  # noqa: E402
from entente.node.services import sending  # noqa: E402 - after boot
from node_people import MX, US, Office, office, pair  # noqa: E402

RUNS = 3
COLUMNS = ("out", "service", "alone", "in")


def contents(us: Office, count: int) -> list[Content]:
    """Signed contents with bodies of 4 KiB, as in `envelope.py`."""
    body = {"title": "New trade name", "summary": "A trade name. " * 280, "urgency": "routine"}
    return [us.signed(MX, body=body) for _ in range(count)]


def rate(count: int, work: Callable[[], object]) -> tuple[float, float]:
    """How many in a second of the clock, and in a second of one core (all threads of this process together)."""
    start, used = time.perf_counter(), time.process_time()
    work()
    return count / (time.perf_counter() - start), count / (time.process_time() - used)


def measure(suite: str, messages: int, batch: int, urls: tuple[str, str]) -> dict[str, object]:
    """The best of some runs, by clock and by processor time, for each of the three."""
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        us, mx = (office(Path(folder) / n, n, suite=suite, database=url) for n, url in zip((US, MX), urls, strict=True))
        pair(us, mx)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in COLUMNS}
        for _ in range(RUNS):
            found["out"].append(outwards(us, messages, batch))
            some, single = contents(us, 256), contents(us, 64)
            groups = [some[start : start + 32] for start in range(0, len(some), 32)]
            found["service"].append(rate(len(some), lambda g=groups: [us.node.send_many(one, MX) for one in g]))
            found["alone"].append(rate(len(single), lambda s=single: [us.node.send(one, MX) for one in s]))
            found["in"].append(inwards(us, mx, messages + len(some) + len(single)))
        us.node.close()
        mx.node.close()
    best = {name: [round(max(column)) for column in zip(*rates, strict=True)] for name, rates in found.items()}
    return {"suite": suite, **best}


def outwards(us: Office, messages: int, batch: int) -> tuple[float, float]:
    """Released contents, so many to a commit."""
    released = [sending.release(us.node.parts, one) for one in contents(us, messages)]
    chunks = [released[start : start + batch] for start in range(0, messages, batch)]
    return rate(messages, lambda: [sending.send_many(us.node.parts, chunk, MX) for chunk in chunks])


def inwards(us: Office, mx: Office, messages: int) -> tuple[float, float]:
    """All that waits, in parcels; only the taking is timed."""
    clock = used = 0.0
    while (parcel := us.node.give(MX)).frames:
        start, before = time.perf_counter(), time.process_time()
        mx.node.take(US, parcel)
        clock, used = clock + time.perf_counter() - start, used + time.process_time() - before
        us.node.take(MX, mx.node.give(US))
    return messages / clock, messages / used


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=2048)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--suites", default="S1,S3")
    parser.add_argument("--postgres", action="store_true")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    if options.postgres:
        from node_databases import postgres, template

        with template() as name, postgres(name) as url:
            rows = [
                measure(suite, options.messages, options.batch, (url(US), url(MX)))
                for suite in options.suites.split(",")
            ]
    else:
        rows = [measure(suite, options.messages, options.batch, ("", "")) for suite in options.suites.split(",")]
    print(
        f"messages of 4 KiB a second (of processor time), {options.batch} to a commit; load of the machine {load:.1f}"
    )
    print(f"{'suite':<6}" + "".join(f"{name:>16}" for name in COLUMNS))
    for row in rows:
        print(f"{row['suite']:<6}" + "".join("{:>8} ({:>5})".format(*row[name]) for name in COLUMNS))
    print(json.dumps({"load": load, "batch": options.batch, "postgres": options.postgres, "rows": rows}))


if __name__ == "__main__":
    main()
