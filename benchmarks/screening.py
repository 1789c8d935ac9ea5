"""How fast screening is, beside decoding the same Parquet: a table and one line of JSON.

    python benchmarks/screening.py [--rows 5000000] [--processes 2] [--share 0.02] [--no-spelling]

Figures are CPU-seconds of all processes; ratios are within this run, `ratio` of CPU-seconds and `wall_ratio` of wall
seconds. `decode` reads every column of the file with pyarrow, one thread: the median of three times before and three
times after the rest. The kernel and the join are the engine's whole way: start, compile, read, match, as-of join, hits
written to Parquet. `misspellings` is what the second pass adds. Peak is the largest sum of proportional set sizes of
all processes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import data
from entente.engine.base import open_engine
from entente.screening.asof import join_listings
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import CARRIED, MATCHES
from measuring import Peak, timed

SEVEN = ("row_id", "declaration_id", "date", "export_country", "destination_country", "description", "hs_code")
SHARES = (0.02, 0.5)
#: Decoding is short, and the load of a machine changes: it is measured so often before the rest, and so often after.
DECODES = 3


@dataclass(frozen=True)
class SevenColumns:
    """The screening kernel on a file of seven columns: the others are absent."""

    kernel: ScreeningKernel

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The columns of the file."""
        return SEVEN

    @property
    def repeated_columns(self) -> tuple[str, ...]:
        """Those of them that the kernel takes dictionary-encoded."""
        return tuple(name for name in self.kernel.repeated_columns if name in SEVEN)

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
    results = []
    for share in options.share or SHARES:
        result = measure(options.rows, share, options.processes, spelling=not options.no_spelling)
        results.append(result)
        for name, value in result.items():
            print(f"{name:>22}  {value:,.3f}" if isinstance(value, float) else f"{name:>22}  {value:,}")
        print(flush=True)
    print(json.dumps(results))


if __name__ == "__main__":
    main()
