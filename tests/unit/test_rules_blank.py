"""A column that is absent never changes a verdict in silence: a rule says that it is not evaluable.

Every column that an example fills is taken away, one at a time. What is left may not fire where it did not before, and
may fall silent only where one of several columns is enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from entente.engine import Engine, open_engine
from entente.records.schema import TABLES, table_spec
from entente.records.staging import stage
from entente.screening.evaluate import evaluate
from entente.screening.needs import DERIVED, EITHER, SHIPMENTS, named
from entente.screening.rules import Rule, load_rules
from rule_examples import EVERY_COLUMN, example_tables

RULES = load_rules()
#: A file without these numbers is one whose lines cite no paper; the rule then looks for one that fits.
CITES_NONE = {("authorisation-missing", "authorisation_id"), ("notification-missing", "notification_id")}
#: A file names the receiver in one of two columns at least; what the other would have said is not known.
ONE_RECEIVER = {("third-party-payer", "consignee")}
#: What hits are made of: without it there are none, in a run as in an example.
MADE_INTO_HITS = {"description", "cas"}


def filled(example: Mapping[str, Any], table: str) -> set[str]:
    """The columns of a table that an example fills, by their names as needs give them."""
    always = example.get("always", {}) if table == SHIPMENTS else {}
    rows = [always, *example.get(table, [])]
    return {named(table, key) for row in rows for key, value in row.items() if value is not None and key in spec(table)}


def spec(table: str) -> dict[str, bool]:
    return {field.name: field.empty_tells for field in table_spec(table).fields if not field.required}


def without(example: Mapping[str, Any], table: str, column: str) -> dict[str, Any]:
    """An example whose rows lack a column."""
    rows = [{key: value for key, value in row.items() if key != column} for row in example[table]]
    made = {**example, table: rows}
    if table == SHIPMENTS:
        made["always"] = {key: value for key, value in example.get("always", {}).items() if key != column}
    return made


def present_without(rule: Rule, example: Mapping[str, Any], lost: str) -> frozenset[str]:
    """The columns of a run that lacks one, and what would stand in for it where the example does not fill that."""
    has = set().union(*(filled(example, table) for table in TABLES))
    absent = {lost}
    for need in rule.needs_columns:
        given = {name for column in need.split(EITHER) for name in DERIVED.get(column, (column,))}
        absent |= given - has if lost in given else set()
    return EVERY_COLUMN - absent


TAKEN = [
    pytest.param(rule, example, table, column, id=f"{rule.id}: {example['name']}: {named(table, column)}")
    for rule in RULES.rules
    for example in rule.examples
    for table in TABLES
    if table in example
    for column in spec(table)
    if named(table, column) in filled(example, table) and column not in MADE_INTO_HITS
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    workdir: Path = tmp_path_factory.mktemp("rules")
    with open_engine("local", workdir, processes=1) as opened:
        yield opened


def fired(engine: Engine, rule: Rule, example: Mapping[str, Any], present: frozenset[str]) -> set[str] | None:
    """The declarations on which a rule fires; None where it is not evaluable."""
    tables = example_tables(example)
    for name, table in tables.items():
        engine.register(name, table)
    report = evaluate(engine, RULES.only([rule.id]), available=frozenset(tables), present_columns=present)
    flags = {flag["declaration_id"] for flag in engine.fetch("SELECT * FROM flags").to_pylist()}
    for name in [*tables, "flags"]:
        engine.drop(name)
    return flags if report.evaluated else None


@pytest.mark.parametrize(("rule", "example", "table", "column"), TAKEN)
def test_without_a_column(engine: Engine, rule: Rule, example: dict[str, Any], table: str, column: str) -> None:
    lost = named(table, column)
    flags = fired(engine, rule, without(example, table, column), present_without(rule, example, lost))
    if flags is None or (rule.id, lost) in CITES_NONE | ONE_RECEIVER:
        return
    assert flags <= set(example["fires"])
    one_is_enough = any(lost in need.split(EITHER) for need in rule.needs_columns if EITHER in need)
    assert flags == set(example["fires"]) or table == SHIPMENTS or one_is_enough


@pytest.mark.parametrize(
    ("rule_id", "column"),
    [
        ("authorisation-missing", "authorisations.valid_to"),
        ("notification-missing", "invocations.invoked_to"),
        ("notification-missing", "notifications.quantity_kg"),
        ("dispatched-before-reply", "notifications.replied_on"),
    ],
)
def test_what_decides_a_verdict_is_needed_though_no_file_says_so(rule_id: str, column: str) -> None:
    assert column in RULES.rule(rule_id).needs_columns


def test_a_column_given_empty_counts_where_its_emptiness_says_something(tmp_path: Path) -> None:
    source = tmp_path / "authorisations.csv"
    source.write_text("authorisation_id,valid_from,valid_to,quantity_kg\nA1,2024-01-01,,\n", encoding="utf-8")
    given = stage("authorisations", [source], None, tmp_path / "out").present_columns
    assert given == {"authorisation_id", "valid_from", "valid_to"}
