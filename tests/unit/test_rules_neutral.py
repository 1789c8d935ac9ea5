"""No rule sees who somebody is: no nationality, ethnicity, religion, sex, or script of a name.

Countries may be compared with each other (a route, a law), and stand in a group's key; none is named.
"""

from __future__ import annotations

import re

import pytest
import sqlglot
from sqlglot import exp

from entente.records.schema import TABLES, staged_schema
from entente.screening.features import Feature, FeatureSet, Source
from entente.screening.rules import load_rules

RULES = load_rules()
FEATURES: FeatureSet = RULES.features
WHO = re.compile(
    r"nationali|citizen|ethnic|\brace\b|religio|faith|muslim|islam|christian|jewish|hindu|gender|\bsex\b|birth|"
    r"(?<!de)script|alphabet|hanzi|cyrillic|arabic|\blatin\b|native_name|surname|language",
    re.IGNORECASE,
)
#: Whether names can be compared at all: keeps a payer whose name is in other letters from being called an outsider.
GUARD = FEATURES.features["payer_comparable"]
NAMES_OF_PARTIES = frozenset({"exporter", "importer", "consignee", "forwarder", "payer", "payee", "holder"})
SQL = {
    **{f"feature {name}": feature.value.sql for name, feature in FEATURES.features.items()},
    **{f"source {name}": source.sql for name, source in FEATURES.sources.items()},
    **{f"rule {rule.id}": rule.predicate for rule in RULES.rules},
}


def texts(sql: str) -> set[str]:
    tree = sqlglot.parse_one(sql, dialect="duckdb")
    return {literal.name for literal in tree.find_all(exp.Literal) if literal.is_string}


@pytest.mark.parametrize("sql", SQL.values(), ids=SQL.keys())
def test_no_sql_speaks_of_who_somebody_is(sql: str) -> None:
    assert not WHO.search(sql)


@pytest.mark.parametrize("feature", FEATURES.features.values(), ids=lambda feature: feature.name)
def test_no_feature_is_called_or_meant_so(feature: Feature) -> None:
    assert not WHO.search(f"{feature.name} {feature.meaning}")


@pytest.mark.parametrize("source", FEATURES.sources.values(), ids=lambda source: source.name)
def test_no_source_is_called_so(source: Source) -> None:
    assert not WHO.search(source.name)


@pytest.mark.parametrize("table", TABLES)
def test_no_table_that_rules_read_has_such_a_column(table: str) -> None:
    assert not [name for name in staged_schema(table).names if WHO.search(name)]


@pytest.mark.parametrize("sql", SQL.values(), ids=SQL.keys())
def test_no_country_is_named(sql: str) -> None:
    assert not {text for text in texts(sql) if re.fullmatch(r"[A-Z]{2}|[A-Z]{3}", text)} - {
        "KGM",
        "KG",
        "KGS",
        "TNE",
        "TON",
        "MT",
        "GRM",
        "GR",
    }


@pytest.mark.parametrize("sql", SQL.values(), ids=SQL.keys())
def test_a_pattern_looks_at_a_party_s_name_for_its_business_only(sql: str) -> None:
    """The one pattern over names of parties is that of forwarders, but for the guard below."""
    if sql == GUARD.value.sql:
        return
    for match in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.RegexpLike, exp.RegexpReplace):
        if {column.name for column in match.find_all(exp.Column)} & NAMES_OF_PARTIES:
            assert match.expression.name.startswith("reight [Ff]orw|")


def test_what_compares_letters_of_names_only_ever_keeps_a_rule_from_firing() -> None:
    """It stands in one predicate, as a condition that has to hold and never as one that must not."""
    readers = [rule for rule in RULES.rules if GUARD.name in RULES.features.closure(rule.reads)]
    assert [rule.id for rule in readers] == ["third-party-payer"]
    tree = sqlglot.parse_one(readers[0].predicate, dialect="duckdb")
    (column,) = [column for column in tree.find_all(exp.Column) if column.name == GUARD.name]
    above = column.parent
    while above is not None:
        assert isinstance(above, exp.And | exp.Or | exp.Paren)
        above = above.parent


def test_the_guard_treats_every_writing_system_alike() -> None:
    """Each is compared with itself, for both names in the same words."""
    pairs = [
        {(match.this.name, match.expression.name) for match in both.find_all(exp.RegexpLike)}
        for both in sqlglot.parse_one(GUARD.value.sql, dialect="duckdb").find_all(exp.And)
        if isinstance(both.this, exp.RegexpLike) and isinstance(both.expression, exp.RegexpLike)
    ]
    assert len(pairs) == 16
    for pair in pairs:
        assert len({pattern for _, pattern in pair}) == 1
        assert {name for name, _ in pair} in ({"payer", "importer"}, {"payer", "consignee"})


@pytest.mark.parametrize("word", ["nationality", "script_of_name", "RELIGION", "ethnic_group"])
def test_the_search_would_find_one(word: str) -> None:
    assert WHO.search(f"CASE WHEN {word} = 'x' THEN 1 END")
