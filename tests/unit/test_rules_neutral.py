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
    """The one pattern over names of parties is that of forwarders."""
    for match in sqlglot.parse_one(sql, dialect="duckdb").find_all(exp.RegexpLike, exp.RegexpReplace):
        if {column.name for column in match.find_all(exp.Column)} & NAMES_OF_PARTIES:
            assert match.expression.name.startswith("reight [Ff]orw|")


@pytest.mark.parametrize("word", ["nationality", "script_of_name", "RELIGION", "ethnic_group"])
def test_the_search_would_find_one(word: str) -> None:
    assert WHO.search(f"CASE WHEN {word} = 'x' THEN 1 END")
