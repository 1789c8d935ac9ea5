"""A rule whose inputs are absent is not evaluable, and says what it lacks; it never counts as not fired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from entente.engine import Engine, open_engine
from entente.leads.reportwords import words
from entente.screening.evaluate import RuleReport, evaluate
from entente.screening.needs import DERIVED, EITHER
from entente.screening.rules import LANGUAGES, Rule, load_rules
from entente.screening.schema import FLAGS
from rule_examples import EVERY_COLUMN, example_tables

RULES = load_rules()
TABLES = [(rule, table) for rule in RULES.rules for table in sorted(rule.needs_tables)]
NEEDS = [(rule, need) for rule in RULES.rules for need in sorted(rule.needs_columns)]
by_rule = pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    workdir: Path = tmp_path_factory.mktemp("rules")
    with open_engine("local", workdir, processes=1) as opened:
        yield opened


def run_without(
    engine: Engine, rule: Rule, tables: frozenset[str] = frozenset(), columns: frozenset[str] = frozenset()
) -> tuple[RuleReport, pa.Table]:
    """Evaluate a rule on its first example, without some tables and columns."""
    given = {name: table for name, table in example_tables(rule.examples[0]).items() if name not in tables}
    for name, table in given.items():
        engine.register(name, table)
    report = evaluate(
        engine, RULES.only([rule.id]), available=frozenset(given), present_columns=frozenset(EVERY_COLUMN - columns)
    )
    flags = engine.fetch("SELECT * FROM flags")
    for name in [*given, "flags"]:
        engine.drop(name)
    return report, flags


@pytest.mark.parametrize(("rule", "table"), TABLES, ids=[f"{rule.id}-{table}" for rule, table in TABLES])
def test_without_a_table(engine: Engine, rule: Rule, table: str) -> None:
    report, flags = run_without(engine, rule, tables=frozenset({table}))
    assert report.evaluated == ()
    assert report.not_evaluable == ((rule.id, (f"table {table}",)),)
    assert flags.num_rows == 0
    assert flags.schema.names == FLAGS.names


@pytest.mark.parametrize(("rule", "need"), NEEDS, ids=[f"{rule.id}-{need}" for rule, need in NEEDS])
def test_without_a_column(engine: Engine, rule: Rule, need: str) -> None:
    absent = frozenset(given for column in need.split(EITHER) for given in DERIVED.get(column, (column,)))
    report, flags = run_without(engine, rule, columns=absent)
    assert report.evaluated == ()
    ((rule_id, lacking),) = report.not_evaluable
    assert rule_id == rule.id
    assert any(column in words for words in lacking for column in absent)
    assert flags.num_rows == 0


@by_rule
def test_with_everything_it_is_evaluated(engine: Engine, rule: Rule) -> None:
    report, _ = run_without(engine, rule)
    assert (report.evaluated, report.not_evaluable) == ((rule.id,), ())
    assert [rule_id for rule_id, _ in report.undecided] == [rule.id] * (rule.undecided is not None)


def test_rows_of_which_a_rule_cannot_tell_are_counted(engine: Engine) -> None:
    rule = RULES.rule("third-party-payer")
    report, flags = run_without(engine, replace(rule, examples=rule.examples[1:]))
    assert len(flags) == 3
    assert report.undecided == (("third-party-payer", 4),)
    record: dict[str, Any] = {"rules": {}, "warnings": []}
    report.note_in(record)
    assert record["rules"]["undecided"] == {"third-party-payer": 4}
    for lang in LANGUAGES:
        (warning,) = words(lang).warnings(record["warnings"])
        assert "third-party-payer" in warning
        assert "(4)" in warning


@by_rule
def test_papers_are_needed_where_a_rule_speaks_of_them(rule: Rule) -> None:
    of_family = {"notification": {"notifications"}, "authorisation": {"authorisations"}}
    assert of_family.get(rule.family, set()) <= rule.needs_tables


def test_a_missing_notification_needs_invocations_and_notifications() -> None:
    assert {"invocations", "notifications", "hits"} <= RULES.rule("notification-missing").needs_tables


def test_two_rules_in_one_run_lack_different_things(engine: Engine) -> None:
    tables = example_tables(RULES.rule("first-time-pair").examples[0])
    for name, table in tables.items():
        engine.register(name, table)
    chosen = RULES.only(["first-time-pair", "notification-objected", "third-party-payer"])
    report = evaluate(engine, chosen, available=frozenset(tables), present_columns=frozenset(EVERY_COLUMN - {"payer"}))
    for name in [*tables, "flags"]:
        engine.drop(name)
    assert report.evaluated == ("first-time-pair",)
    assert dict(report.not_evaluable) == {
        "notification-objected": ("table notifications",),
        "third-party-payer": ("column payer",),
    }


def test_there_are_enough_rules_and_each_is_complete() -> None:
    assert len(RULES.rules) >= 28
    for rule in RULES.rules:
        assert set(rule.title) == set(rule.explanation) == set(LANGUAGES)
        assert rule.weight <= RULES.families[rule.family].cap
        for language in LANGUAGES:
            assert ("{value}" in rule.explanation[language]) <= (rule.value is not None)
            assert ("{reference}" in rule.explanation[language]) <= (rule.reference is not None)
            assert rule.explanation[language].rstrip(".。") != rule.title[language]
            for number in ("{value}", "{reference}"):
                assert (number in rule.explanation[language]) == (number in rule.explanation["en"])


def test_no_supporting_sign_weighs_as_much_as_the_lightest_strong_one() -> None:
    strong = min(rule.weight for rule in RULES.rules if rule.strength == "strong")
    assert max(rule.weight for rule in RULES.rules if rule.strength == "supporting") < strong


def test_a_column_of_another_table_is_named_with_its_table(engine: Engine) -> None:
    rule = RULES.rule("dispatched-before-reply")
    report, flags = run_without(engine, rule, columns=frozenset({"notifications.reply_due"}))
    assert report.not_evaluable == ((rule.id, ("column notifications.reply_due",)),)
    assert flags.num_rows == 0


def test_either_of_two_columns_is_enough(engine: Engine) -> None:
    rule = RULES.rule("memo-cas-number")
    report, _ = run_without(engine, rule, columns=frozenset({"payments.invoice_number"}))
    assert report.evaluated == (rule.id,)
