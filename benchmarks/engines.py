"""`entente screen` on both engines: wall and CPU seconds, and whether the results are the same.

    python benchmarks/engines.py [--rows 1000000] [--master local[2]]

Both runs screen the same file of shipments with all canonical columns, with all rules, leads and the report, each as
a user runs it, in a process of its own; so Spark's figure holds the start of Java. `x` is Spark's wall time over that
of the local engine in the same run. Results are compared by the digests of hits, flags and leads in run.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import canonical
from measuring import Peak, timed

_COMMAND = "from entente.cli.app import main; main()"
_STAGES = ("read", "match", "law", "rules", "leads", "report")


def screened(path: Path, out: Path, options: list[str]) -> dict[str, Any]:
    """Figures and result digests of one run."""
    command = [sys.executable, "-c", _COMMAND, "screen", str(path), "--out", str(out), *options]
    with Peak() as peak:
        _, cpu, wall = timed(lambda: subprocess.run(command, check=True, capture_output=True))
    record = json.loads((out / "run.json").read_text("utf-8"))
    stages = {name: record["timings"][name]["wall_s"] for name in _STAGES}
    return {"wall_s": wall, "cpu_s": cpu, "peak_mib": peak.mib, "stages_wall_s": stages, "results": record["results"]}


def measure(rows: int, master: str) -> dict[str, Any]:
    path = canonical.shipments(rows)
    with tempfile.TemporaryDirectory() as folder:
        local = screened(path, Path(folder) / "local", ["--processes", "2"])
        spark = screened(path, Path(folder) / "spark", ["--engine", "spark", "--master", master])
    ours, theirs = local.pop("results"), spark.pop("results")
    differ = sorted(name for name in ours if ours[name] != theirs[name])
    return {"rows": rows, "local": local, "spark": spark, "x": spark["wall_s"] / local["wall_s"], "differ": differ}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--master", default="local[2]")
    options = parser.parse_args()
    result = measure(options.rows, options.master)
    print(f"{'':8}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}" + "".join(f"{stage:>9}" for stage in _STAGES))
    for name in ("local", "spark"):
        run = result[name]
        stages = "".join(f"{run['stages_wall_s'][stage]:>9.1f}" for stage in _STAGES)
        print(f"{name:8}{run['wall_s']:>9.1f}{run['cpu_s']:>9.1f}{run['peak_mib']:>10.0f}{stages}")
    print(
        f"x = {result['x']:.1f} for {result['rows']:,} rows; files that differ: {', '.join(result['differ']) or 'none'}"
    )
    print(json.dumps(result))


if __name__ == "__main__":
    main()
