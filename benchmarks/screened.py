"""What `screening.py` measures."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

import data
from entente.engine.base import open_engine
from entente.screening.asof import join_listings
from entente.screening.kernel import ScreeningKernel
from measuring import Peak, timed
from seven import SevenColumns

SHARES = (0.02, 0.5)
#: Decoding is short, and the load of a machine changes: it is measured so often before the rest, and so often after.
DECODES = 3


def decode(path: Path, *, threads: bool = False) -> int:
    rows = 0
    for batch in pq.ParquetFile(path).iter_batches(batch_size=1 << 16, use_threads=threads):
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
        matches, map_cpu, map_wall = timed(lambda: engine.map(kernel, "shipments", "matches"))
        if not joined:
            return {"matches": matches, "map_cpu_s": map_cpu}
        _, join_cpu, join_wall = timed(lambda: join_listings(engine, register))
        rows = engine.fetch("SELECT COUNT(DISTINCT row_id) AS rows FROM matches")["rows"][0].as_py()
        seconds = {"map_cpu_s": map_cpu, "join_cpu_s": join_cpu, "wall_s": map_wall + join_wall}
        return {"matches": matches, "rows_with_a_hit": rows, "hits": engine.count("hits"), **seconds}


def measure(rows: int, share: float, processes: int, *, spelling: bool) -> dict[str, Any]:
    path = data.shipments(rows, share)
    decodes = [timed(lambda: decode(path))[1:] for _ in range(DECODES)]
    with Peak() as peak:
        result = screen(path, misspellings=False, processes=processes, joined=True)
    decodes += [timed(lambda: decode(path))[1:] for _ in range(DECODES)]
    decode_cpu, decode_wall = (median(column) for column in zip(*decodes, strict=True))
    threaded = median(timed(lambda: decode(path, threads=True))[2] for _ in range(DECODES))
    cpu = result["map_cpu_s"] + result["join_cpu_s"]
    out = {
        "rows": rows,
        "share": share,
        "file_mb": round(path.stat().st_size / 1e6),
        "decode_cpu_s": decode_cpu,
        **result,
    }
    out |= {
        "decode_wall_s": decode_wall,
        "total_wall_s": result["wall_s"],
        "wall_ratio": decode_wall / result["wall_s"],
        "decode_threads_wall_s": threaded,
        "wall_ratio_threads": threaded / result["wall_s"],
    }
    out |= {"total_cpu_s": cpu, "ratio": decode_cpu / cpu, "rows_per_cpu_s": rows / cpu, "peak_mib": peak.mib}
    if spelling:
        both = screen(path, misspellings=True, processes=processes, joined=False)
        out["misspellings_cpu_s"] = both["map_cpu_s"] - result["map_cpu_s"]
        out["misspellings_found"] = both["matches"] - result["matches"]
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast screening is, beside decoding the same Parquet.")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--no-spelling", action="store_true")
    parser.add_argument("--share", type=float, action="append")
    parser.add_argument("--repeats", type=int, default=1)
    options = parser.parse_args()
    results = []
    for share in options.share or SHARES:
        runs = [
            measure(options.rows, share, options.processes, spelling=not options.no_spelling)
            for _ in range(options.repeats)
        ]
        result = {name: median(run[name] for run in runs) for name in runs[0]}
        results.append(result)
        for name, value in result.items():
            print(f"{name:>22}  {value:,.3f}" if isinstance(value, float) else f"{name:>22}  {value:,}")
        print(flush=True)
    print(json.dumps(results))
