"""Evaluate rules: plan the queries, run them, say which rules could not be evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from entente.engine.base import Engine
from entente.screening.needs import SHIPMENTS
from entente.screening.planner import Planner
from entente.screening.rules import RuleSet
from entente.screening.schema import FLAGS


@dataclass(frozen=True, slots=True)
class RuleReport:
    """What became of each rule.

    `evaluated` are ids in order; `not_evaluable` pairs an id with what the run lacks for it, in words; `undecided`
    pairs the id of a rule that says so with the number of rows of which it cannot tell.
    """

    evaluated: tuple[str, ...]
    not_evaluable: tuple[tuple[str, tuple[str, ...]], ...]
    undecided: tuple[tuple[str, int], ...] = ()

    def note_in(self, record: dict[str, Any]) -> None:
        """Write into the record of a run of how many rows rules cannot tell, and warn of them."""
        record["rules"]["undecided"] = dict(self.undecided)
        record["warnings"] += [
            {"table": SHIPMENTS, "file": "", "field": "", "value": "", "reason": f"undecided:{rule_id}", "count": rows}
            for rule_id, rows in self.undecided
            if rows
        ]


def evaluate(
    engine: Engine,
    ruleset: RuleSet,
    *,
    available: frozenset[str],
    present_columns: frozenset[str],
    into: str = "flags",
) -> RuleReport:
    """Evaluate all rules that can be, and keep the flags (schema `FLAGS`) as table `into`.

    Args:
        engine: holds the staged `shipments` and the other tables.
        ruleset: the rules.
        available: tables that the engine holds.
        present_columns: columns of the shipments that some source file really had, and those of other tables as
            `table.column`.
        into: name of the table of flags.
    """
    missing = {rule.id: rule.missing(available, present_columns) for rule in ruleset.rules}
    rules = [rule for rule in ruleset.rules if not missing[rule.id]]
    undecided: tuple[tuple[str, int], ...] = ()
    if rules:
        undecided = _run(engine, Planner(ruleset.features, rules), into)
    else:
        engine.register(into, FLAGS.empty_table())
    return RuleReport(
        evaluated=tuple(rule.id for rule in rules),
        not_evaluable=tuple((rule_id, lacking) for rule_id, lacking in missing.items() if lacking),
        undecided=undecided,
    )


def _run(engine: Engine, planner: Planner, into: str) -> tuple[tuple[str, int], ...]:
    made: list[str] = []
    try:
        for step in planner.steps(into):
            engine.sql(step.query, step.into)
            made.append(step.into)
        counted = ((rule_id, engine.fetch(query)) for rule_id, query in planner.undecided().items())
        return tuple((rule_id, found.column("n")[0].as_py()) for rule_id, found in counted)
    finally:
        for name in made:
            if name != into:
                engine.drop(name)
