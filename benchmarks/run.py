"""Run the benchmarks, print their tables, and keep what they measured as JSON in benchmarks/.cache/results.

    python benchmarks/run.py [--only screening --only recall] [--rows 5000000] [--list]

Each part is a script of its own and runs in a process of its own, so that none sees the memory of another. Its last
line is its result as JSON. A part that fails is said at the end, and does not stop the others.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / ".cache" / "results"


@dataclass(frozen=True)
class Part:
    """One benchmark: its script, its arguments, and whether the number of rows can be chosen."""

    name: str
    script: str
    arguments: tuple[str, ...] = ()
    takes_rows: bool = False


PARTS = (
    Part("screening", "screening.py", takes_rows=True),
    Part("recall", "recall.py"),
    Part("false_alarms", "false_alarms.py", ("report",)),
    Part("records", "records.py", takes_rows=True),
    Part("rules", "rules.py", takes_rows=True),
    Part("fraud", "fraud.py"),
    Part("calibration", "calibration.py"),
    Part("engines", "engines.py", takes_rows=True),
    Part("endtoend", "endtoend.py", takes_rows=True),
    Part("node", "node.py"),
    Part("match", "match.py"),
)


def run(part: Part, rows: int | None) -> bool:
    """Run one part; show what it prints; keep its result. Did it succeed?"""
    command = [sys.executable, str(HERE / part.script), *part.arguments]
    if rows is not None and part.takes_rows:
        command += ["--rows", str(rows)]
    print(f"== {part.name}: {' '.join(command[1:])}", flush=True)
    last = ""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            last = line if line.strip() else last
            if not line.startswith(("{", "[")):
                print(line, end="", flush=True)
    return process.returncode == 0 and _keep(part, last)


def _keep(part: Part, line: str) -> bool:
    try:
        result = json.loads(line)
    except ValueError:
        print(f"{part.script} did not end with a line of JSON.")
        return False
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{part.name}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"-> {path}\n", flush=True)
    return True


def main() -> int:
    there = {part.name: part for part in PARTS if (HERE / part.script).exists()}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", choices=sorted(there), help="run this part; may be given again")
    parser.add_argument("--rows", type=int, help="rows, for the parts that measure speed")
    parser.add_argument("--list", action="store_true", help="say which parts there are")
    options = parser.parse_args()
    if options.list:
        print("\n".join(there))
        return 0
    failed = [name for name in options.only or there if not run(there[name], options.rows)]
    if failed:
        print(f"These parts failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
