"""What the rules cost: CPU seconds of every query, and of every rule alone, over a simulated year.

    python benchmarks/rules.py [--rows 1000000] [--each]

The year has all canonical columns and all optional tables. Prints a table and, on the last line, JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import data
from entente.engine import Engine, open_engine
from entente.leads.inputs import stage_inputs
from entente.screening.asof import join_listings
from entente.screening.evaluate import evaluate
from entente.screening.kernel import ScreeningKernel
from entente.screening.memos import MemoKernel
from entente.screening.planner import Planner
from entente.screening.rules import RuleSet, load_rules
from entente.screening.vocabulary import Vocabulary
from entente.simulate.law import listing_days
from entente.simulate.year import Year, simulate
from entente.substances.register import Register, load_register

LAW = ("listings", "coverage", "jurisdictions", "names", "hs", "substances")
OPTIONAL = ("notifications", "authorisations", "invocations", "payments")


def _year(rows: int, register: Register) -> Path:
    folder = data.cached("year", register.version, rows, suffix="")
    if not folder.exists():
        made = Path(tempfile.mkdtemp(dir=data.CACHE))
        simulate(Year(seed=7, declarations=rows, listings=listing_days(register)), made)
        made.rename(folder)
    return folder


def _open(engine: Engine, year: Path, register: Register, work: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Fill the engine as a run does; the tables that rules may join, and the columns that are there."""
    shipments = sorted(path for path in year.glob("*-*ports.parquet"))
    optional = {name: [year / f"{name}.parquet"] for name in OPTIONAL}
    inputs = stage_inputs(shipments, optional, {}, register, work / "staged", processes=None)
    for name, staged in inputs.tables.items():
        engine.register(name, staged.parts)
    for name in LAW:
        engine.register(name, register.table(name))
    vocabulary = Vocabulary.from_register(register)
    engine.map(ScreeningKernel(vocabulary), "shipments", "matches")
    engine.map(MemoKernel(vocabulary), "payments", "memo_matches")
    join_listings(engine, register)
    available = frozenset({*inputs.tables, *LAW, "hits", "memo_matches"})
    return available, inputs.present_columns


def _cpu(work: Callable[[], object]) -> float:
    before = time.process_time()
    work()
    return round(time.process_time() - before, 2)


def _queries(engine: Engine, ruleset: RuleSet) -> dict[str, float]:
    steps = Planner(ruleset.features, ruleset.rules).steps("flags")
    costs = {}
    for step in steps:
        costs[step.into] = _cpu(lambda step=step: engine.sql(step.query, step.into))  # type: ignore[misc]
        print(f"{costs[step.into]:8.2f} s {engine.count(step.into):>12,} rows  {step.into}")
    for step in steps:
        engine.drop(step.into)
    return costs


def _each(engine: Engine, ruleset: RuleSet, available: frozenset[str], present: frozenset[str]) -> dict[str, float]:
    costs = {}
    for rule in ruleset.rules:
        one = ruleset.only([rule.id])
        costs[rule.id] = _cpu(lambda one=one: evaluate(engine, one, available=available, present_columns=present))  # type: ignore[misc]
        print(f"{costs[rule.id]:8.2f} s {engine.count('flags'):>12,} flags  {rule.id}")
        engine.drop("flags")
    return costs


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--each", action="store_true", help="every rule alone as well")
    arguments = parser.parse_args()
    register, ruleset = load_register(), load_rules()
    work = Path(tempfile.mkdtemp(prefix="rules-"))
    try:
        with open_engine("local", work) as engine:
            available, present = _open(engine, _year(arguments.rows, register), register, work)
            print(f"{engine.count('shipments'):,} rows, {engine.count('hits'):,} hits, {len(ruleset.rules)} rules")
            queries = _queries(engine, ruleset)
            each = _each(engine, ruleset, available, present) if arguments.each else {}
    finally:
        shutil.rmtree(work)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result = {"rows": arguments.rows, "cpu_s": round(sum(queries.values()), 2), "peak_mb": peak}
    print(json.dumps({**result, "queries": queries, "each": each}))


if __name__ == "__main__":
    main()
