"""How fast a ledger grows, durably, and how fast it proves: a table and one line of JSON.

    python benchmarks/ledger.py [--leaves 10000000] [--batch 16384] [--folder DIR]

A leaf is a commitment of 32 bytes. *Durable* means: committed to SQLite (WAL, synchronous FULL), indexed into tiles and
entry bundles that are synced with their folders, and covered by a signed checkpoint that is synced too; then the next
batch starts. One process. Proofs are of random entries in the full log, first with an empty cache, and include reading
the tiles and checking them against their parents. Memory is the resident set of the process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from entente.exchange.ledger.checkpoint import open_checkpoint, sign_checkpoint
from entente.exchange.ledger.files import DiskFiles, publish
from entente.exchange.ledger.leaves import SqliteLeaves
from entente.exchange.ledger.note import KeySigner
from entente.exchange.ledger.proofs import verify_consistency, verify_inclusion
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import EMPTY, leaf_hash

PROOFS = 5000
SMALL = {32: 6_400, 256: 51_200}
"""Small commits: entries to a commit, and entries in all."""


@dataclass
class Node:
    """A store, a log over it and the log's key."""

    folder: Path

    def __post_init__(self) -> None:
        connection = sqlite3.connect(self.folder / "leaves.db")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        self.files = DiskFiles(self.folder / "log")
        self.leaves = SqliteLeaves(connection)
        self.log = TileLog(self.files, self.leaves)
        self.signer = KeySigner("log.entente.example/bench", Ed25519PrivateKey.generate())

    def append(self, entries: list[bytes], batch: int) -> None:
        """Commit, index, sign, and make each durable."""
        self.leaves.append(entries)
        head = self.log.index(batch=batch)
        publish(self.files, {"checkpoint": sign_checkpoint(head, self.signer)})


def entry(position: int) -> bytes:
    """What stands at a position: 32 bytes."""
    return position.to_bytes(8, "big") * 4


def resident() -> int:
    """MiB of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") >> 20


def grow(node: Node, count: int, batch: int) -> dict[str, float]:
    """Append, and report leaves a second by the clock and by the processor."""
    wall, cpu, first, memory = time.perf_counter(), time.process_time(), node.log.size, {}
    stops = {count * part // 10 for part in (1, 5, 10)}
    for start in range(0, count, batch):
        stop = min(count, start + batch)
        node.append([entry(first + position) for position in range(start, stop)], batch)
        if any(start < point <= stop for point in stops):
            memory[f"resident MiB at {first + stop:,}"] = resident()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"leaves": count, "leaves/s": count / wall, "leaves/CPU-s": count / cpu} | memory


def timed(work: Callable[[], object]) -> float:
    """Milliseconds by the clock."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def spread(times: list[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum, in milliseconds."""
    times = sorted(times)
    return {"p50 ms": times[len(times) // 2], "p99 ms": times[len(times) * 99 // 100], "max ms": times[-1]}


def prove(node: Node) -> dict[str, dict[str, float]]:
    """Proofs of random entries and random earlier sizes, verified outside of the measured time."""
    head, chance = node.log.head(), random.Random(7)
    log = TileLog(node.files, node.leaves, head)
    inclusion, growth = [], []
    for _ in range(PROOFS):
        index, size = chance.randrange(head.size), chance.randrange(1, head.size)
        inclusion.append(timed(lambda index=index: log.inclusion_proof(index)))
        verify_inclusion(log.inclusion_proof(index), leaf_hash(entry(index)), index, head)
        growth.append(timed(lambda size=size: log.consistency_proof(size)))
        verify_consistency(log.consistency_proof(size), log.head_at(size), head)
    if log.repaired:
        sys.exit(f"The benchmark damaged its own log: {log.repaired[:3]}")
    return {"inclusion": spread(inclusion), "consistency": spread(growth)}


def small_commits() -> dict[str, dict[str, float]]:
    """A checkpoint every few entries, on a new log."""
    found = {}
    for batch, count in SMALL.items():
        with tempfile.TemporaryDirectory(prefix="entente-ledger-") as folder:
            found[f"append, {batch} to a checkpoint"] = grow(Node(Path(folder)), count, batch)
    return found


def measure(folder: Path, leaves: int, batch: int) -> dict[str, dict[str, float]]:
    """Everything, on a log in a folder."""
    node = Node(folder)
    result = small_commits() | {f"append, {batch} to a checkpoint": grow(node, leaves, batch)}
    head = node.log.head()
    result |= prove(node) | {"after": {"resident MiB": resident()}}
    data = node.files.read("checkpoint") or b""
    result["checkpoint"] = spread([timed(lambda: sign_checkpoint(node.log.head(), node.signer)) for _ in range(1000)])
    result["open checkpoint"] = spread([timed(lambda: open_checkpoint(data, node.signer.key)) for _ in range(1000)])
    result["restart"] = {"ms": timed(lambda: TileLog(node.files, node.leaves, head))}
    if open_checkpoint(data, node.signer.key).head != head or head == EMPTY:
        sys.exit("The checkpoint is not of the log.")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--batch", type=int, default=16_384)
    parser.add_argument("--folder", type=Path, default=None, help="where to write; a temporary folder by default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="entente-ledger-", dir=options.folder) as folder:
        result = measure(Path(folder), options.leaves, options.batch)
    for name, values in result.items():
        print(f"{name:34}", "  ".join(f"{key} {value:,.3f}".rstrip("0").rstrip(".") for key, value in values.items()))
    print(json.dumps({"benchmark": "ledger", "result": result}))


if __name__ == "__main__":
    main()
