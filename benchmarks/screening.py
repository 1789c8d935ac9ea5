"""How fast screening is, beside decoding the same Parquet: a table and one line of JSON.

    python benchmarks/screening.py [--rows 5000000] [--processes 2]

All figures are CPU-seconds of all processes; ratios are within this run. `decode` reads every column of the file
with pyarrow, one thread. `kernel + join` is the engine's whole way: read, match, as-of join, hits written to Parquet.
`misspellings` is what the second pass adds. Peak is the largest sum of proportional set sizes of all processes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

import data
from entente.engine.base import open_engine
from entente.screening.asof import join_listings
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import CARRIED, MATCHES

SEVEN = ("row_id", "declaration_id", "date", "export_country", "destination_country", "description", "hs_code")
SHARES = (0.02, 0.5)
_SAMPLE_S = 0.1


@dataclass(frozen=True)
class SevenColumns:
    """The screening kernel on a file of seven columns: the others are absent."""

    kernel: ScreeningKernel

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The columns of the file."""
        return SEVEN

    @property
    def output_schema(self) -> pa.Schema:
        """What the kernel gives back."""
        return MATCHES

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Put nulls for what is absent, and screen."""
        absent = {"line": pa.repeat(pa.scalar(1, pa.int64()), len(batch)), "cas": pa.nulls(len(batch), pa.string())}
        absent |= {"origin_country": pa.nulls(len(batch), pa.string())}
        absent |= {"transit_countries": pa.nulls(len(batch), pa.list_(pa.string()))}
        names = [*CARRIED, "description", "cas", "hs_code"]
        columns = [absent[name] if name in absent else batch.column(name) for name in names]
        return self.kernel(pa.RecordBatch.from_arrays(columns, names=names))


def cpu_seconds() -> float:
    """CPU time of this process and of its finished children."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


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
            self.mib = max(self.mib, sum(map(_pss_kib, _family())) / 1024)


def _family() -> list[int]:
    own, found = os.getpid(), []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError):
                continue
            if int(entry.name) == own or parent == own:
                found.append(int(entry.name))
    return found


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


def decode(path: Path) -> int:
    rows = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=1 << 16, use_threads=False):
        rows += len(batch)
    return rows


def screen(path: Path, *, misspellings: bool, processes: int, joined: bool) -> dict[str, Any]:
    register = data.Register()
    kernel = SevenColumns(ScreeningKernel(data.vocabulary(), misspellings=misspellings))
    with (
        tempfile.TemporaryDirectory() as folder,
        open_engine("local", Path(folder), processes=processes, memory_mb=384) as engine,
    ):
        engine.register("shipments", path)
        matches, map_cpu, _ = timed(lambda: engine.map(kernel, "shipments", "matches"))
        if not joined:
            return {"matches": matches, "map_cpu_s": map_cpu}
        _, join_cpu, _ = timed(lambda: join_listings(engine, register))
        return {"matches": matches, "hits": engine.count("hits"), "map_cpu_s": map_cpu, "join_cpu_s": join_cpu}


def measure(rows: int, share: float, processes: int, *, spelling: bool) -> dict[str, Any]:
    path = data.shipments(rows, share)
    _, decode_cpu, _ = timed(lambda: decode(path))
    with Peak() as peak:
        result = screen(path, misspellings=False, processes=processes, joined=True)
    cpu = result["map_cpu_s"] + result["join_cpu_s"]
    out = {
        "rows": rows,
        "share": share,
        "file_mb": round(path.stat().st_size / 1e6),
        "decode_cpu_s": decode_cpu,
        **result,
    }
    out |= {"total_cpu_s": cpu, "ratio": decode_cpu / cpu, "rows_per_cpu_s": rows / cpu, "peak_mib": peak.mib}
    if spelling:
        both = screen(path, misspellings=True, processes=processes, joined=False)
        out["misspellings_cpu_s"] = both["map_cpu_s"] - result["map_cpu_s"]
        out["misspellings_found"] = both["matches"] - result["matches"]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--no-spelling", action="store_true")
    parser.add_argument("--share", type=float, action="append")
    options = parser.parse_args()
    results = [
        measure(options.rows, share, options.processes, spelling=not options.no_spelling)
        for share in options.share or SHARES
    ]
    for result in results:
        for name, value in result.items():
            print(f"{name:>22}  {value:,.3f}" if isinstance(value, float) else f"{name:>22}  {value:,}")
        print()
    print(json.dumps(results), file=sys.stdout)


if __name__ == "__main__":
    main()
