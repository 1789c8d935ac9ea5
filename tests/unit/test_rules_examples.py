"""Every shipped rule fires on the examples its file says it fires on, and on no other row of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from entente.engine import Engine, open_engine
from entente.screening.rules import Rule, load_rules
from rule_examples import example_tables, run

RULES = load_rules()
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}: {example['name']}") for rule in RULES.rules for example in rule.examples
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    workdir: Path = tmp_path_factory.mktemp("rules")
    with open_engine("local", workdir, processes=1) as opened:
        yield opened


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_example(engine: Engine, rule: Rule, example: dict[str, Any]) -> None:
    flags = run(engine, example_tables(example), RULES.only([rule.id])).to_pylist()
    fired = {flag["declaration_id"] for flag in flags}
    assert fired == set(example["fires"])
    for flag in flags:
        assert (flag["rule_id"], flag["weight"]) == (rule.id, rule.weight)
        assert (flag["value"] is None) == (rule.value is None)
        assert (flag["reference"] is None) == (rule.reference is None)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_rule_has_an_example_that_fires_and_a_row_that_does_not(rule: Rule) -> None:
    assert any(example["fires"] for example in rule.examples)
    assert any(
        {row["declaration_id"] for row in example["shipments"]} - set(example["fires"]) for example in rule.examples
    )
