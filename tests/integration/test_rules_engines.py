"""All shipped rules give the same flags on both engines: the first example of every rule, in one set of tables."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from entente.engine import open_engine
from entente.screening.evaluate import evaluate
from entente.screening.rules import load_rules
from rule_examples import EVERY_COLUMN, example_tables

RULES = load_rules()
#: What ties rows to one another; made different from example to example.
KEYS = (
    *("declaration_id", "notification_id", "authorisation_id", "payment_id", "invoice_number"),
    *("exporter_key", "importer_key", "consignee_key", "holder_key", "substance_id"),
)
#: Substances that features call by name.
KNOWN = frozenset({"tableting-machine", "encapsulating-machine"})


def together() -> dict[str, pa.Table]:
    """The tables of every rule's first example, one below the other."""
    made: dict[str, pa.Table] = {}
    first = 0
    for rule in RULES.rules:
        tables = example_tables(rule.examples[0])
        for name, table in tables.items():
            own = _apart(table, rule.id, first if name in {"shipments", "hits"} else 0)
            if name != "jurisdictions" or name not in made:
                made[name] = pa.concat_tables([made[name], own]) if name in made else own
        first += len(tables["shipments"])
    return made


def _apart(table: pa.Table, rule_id: str, first: int) -> pa.Table:
    columns = table.to_pydict()
    if first:
        columns["row_id"] = [number + first for number in columns["row_id"]]
    for key in KEYS:
        if key in columns:
            columns[key] = [
                value if value is None or value in KNOWN else f"{rule_id}:{value}" for value in columns[key]
            ]
    return pa.table(columns, schema=table.schema)


def flags_of(engine_name: str, workdir: Path) -> list[str]:
    tables = together()
    with open_engine(engine_name, workdir) as engine:
        for name, table in tables.items():
            engine.register(name, table)
        report = evaluate(engine, RULES, available=frozenset(tables), present_columns=EVERY_COLUMN)
        assert report.not_evaluable == ()
        return sorted(str(flag) for flag in engine.fetch("SELECT * FROM flags").to_pylist())


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.usefixtures("spark_engine")
def test_spark_gives_the_flags_that_local_gives(tmp_path: Path) -> None:
    local = flags_of("local", tmp_path)
    assert {rule.id for rule in RULES.rules if any(f"'rule_id': '{rule.id}'" in flag for flag in local)} == {
        rule.id for rule in RULES.rules
    }
    assert flags_of("spark", tmp_path) == local
