"""How often the final verdict is `supported` where nothing happened, and where 40 % fewer died.

`python benchmarks/impact_placebo.py [--step 4] [--half 1]` on the half of the states that the gates were not tuned on.
Also what the naive methods say at the same dates. Prints a Markdown table; about 1.5 CPU-seconds a case.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from itertools import islice
from pathlib import Path

from scipy.stats import beta

from entente.impact.effect import Question, measure
from entente.impact.methods.registry import full
from impact_cases import cases, with_effect


def upper(count: int, total: int) -> float:
    """Upper end of the two-sided 95 % interval of Clopper and Pearson."""
    return 1.0 if count == total else float(beta.ppf(0.975, count + 1, total - count))


def lower(count: int, total: int) -> float:
    return 0.0 if count == 0 else float(beta.ppf(0.025, count, total - count + 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--step", type=int, default=4)
    parser.add_argument("--half", type=int, default=1)
    parser.add_argument("--part", default="0/1", help="k/n: only every n-th case, for several processes at once")
    parser.add_argument("--out", type=Path, help="keep every case as JSON lines")
    chosen = parser.parse_args()
    verdicts, naive, total = {"nothing": Counter(), "effect": Counter()}, Counter(), 0
    begun = time.process_time()
    sink = chosen.out.open("w") if chosen.out else None
    part, parts = (int(number) for number in chosen.part.split("/"))
    for case in islice(cases(chosen.step, halves=(chosen.half,)), part, None, parts):
        total += 1
        asked = {"nothing": case.problem, "effect": with_effect(case.problem)}
        for kind, problem in asked.items():
            result = measure(Question(problem, window=case.window))
            right = result.verdict == "supported" and (kind == "nothing" or result.estimate < 0)
            verdicts[kind]["right" if right else result.reason] += 1
            if sink is not None:
                row = {"name": case.name, "event": str(result.event), "window": case.window, "kind": kind}
                row |= {"verdict": result.verdict, "reason": result.reason, "estimate": result.estimate}
                print(json.dumps(row), file=sink, flush=True)
            if kind == "nothing":
                naive["bsts"] += result.own_interval[0] > 0 or result.own_interval[1] < 0
        cut = case.problem.cut(case.problem.event, case.problem.event + case.window)
        for method in ("its", "did"):
            alone = full(method, 1)(cut)
            naive[method] += alone.low > 0 or alone.high < 0
    cpu = time.process_time() - begun
    false, found = verdicts["nothing"]["right"], verdicts["effect"]["right"]
    print(f"{total} dates, {cpu / max(total, 1):.1f} CPU-s a date with and without effect.\n")
    print("| | `supported` | share | 95 % interval |\n|---|---|---|---|")
    for name, count in (("nothing happened", false), ("-40 % put in", found)):
        print(
            f"| {name} | {count} of {total} | {count / total:.3f} | {lower(count, total):.3f} to "
            f"{upper(count, total):.3f} |"
        )
    print("\n| Method alone, its own 95 % interval | finds an effect where nothing happened |\n|---|---|")
    for method, count in naive.items():
        print(f"| `{method}` | {count} of {total} ({count / total:.0%}) |")
    print("\nReasons with nothing:", dict(verdicts["nothing"]), "\nwith -40 %:", dict(verdicts["effect"]))


if __name__ == "__main__":
    main()
