"""`entente screen` on shipments with all canonical columns: CPU-seconds by stage, and peak memory.

    python benchmarks/endtoend.py [--rows 5000000] [--file FILE] [--processes 2]

The command runs as a user runs it, in a process of its own, with all rules, leads and the report. Stages are those
of its run.json; `outside` is what the command takes beside them (start, law). Peak is the largest sum of proportional
set sizes of all its processes.
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


def measure(path: Path, processes: int) -> dict[str, Any]:
    """Screen a file; figures of the run."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [
            sys.executable,
            "-c",
            _COMMAND,
            "screen",
            str(path),
            "--out",
            str(out),
            "--processes",
            str(processes),
        ]
        with Peak() as peak:
            _, cpu, wall = timed(lambda: subprocess.run(command, check=True, capture_output=True))
        record = json.loads((out / "run.json").read_text("utf-8"))
    stages = {f"{name}_cpu_s": stage["cpu_s"] for name, stage in record["timings"].items()}
    outside = cpu - sum(stages.values())
    total = {"outside_cpu_s": outside, "total_cpu_s": cpu, "wall_s": wall, "peak_mib": peak.mib}
    return {
        "rows": record["counts"]["read"],
        "file_mb": round(path.stat().st_size / 1e6),
        "counts": record["counts"],
        **stages,
        **total,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--file", type=Path, help="screen this file in place of a generated one")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    result = measure(options.file or canonical.shipments(options.rows), options.processes)
    for name, value in result.items():
        print(f"{name:>16}  {value:,.2f}" if isinstance(value, float) else f"{name:>16}  {value}")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
