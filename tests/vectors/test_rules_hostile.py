"""Hostile rule files, each with a name: nothing runs, and what is wrong is said with file, line and field."""

from __future__ import annotations

from pathlib import Path

import pytest

from entente.errors import Place, RegisterError
from entente.screening.predicate import Grammar, parse
from entente.screening.rules import SHIPPED, SHIPPED_FEATURES, RuleSet, load_rules

RULE = """format: entente-rules-1
rules:
- id: own-rule
  title: {en: Own rule, zh: 自有规则, es: Regla propia}
  explanation: {en: Own rule, zh: 自有规则, es: Regla propia}
  family: quantity
  subject: row
  strength: supporting
  weight: 100
  weight_reason: A rule to test the reader with.
  source: {title: Nobody, url: "https://example.org/rule"}
  predicate: net_g > 0
"""
FEATURE = """format: entente-features-1
features:
- name: own_feature
  meaning: A feature to test the reader with.
  sql: net_mass_kg * 2
  type: double
"""
SOURCE = """format: entente-features-1
sources:
- name: own_source
  meaning: A source to test the reader with.
  sql: SELECT s.row_id AS row_id FROM shipments AS s
"""


def load(folder: Path, *texts: str) -> RuleSet:
    """Some own files beside the shipped families and basic features."""
    for path in (SHIPPED / "families.yaml", SHIPPED_FEATURES / "base.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    for number, text in enumerate(texts):
        (folder / f"own-{number}.yaml").write_text(text, encoding="utf-8")
    return load_rules((folder,))


def refused(folder: Path, *texts: str) -> RegisterError:
    with pytest.raises(RegisterError) as caught:
        load(folder, *texts)
    assert caught.value.remedy
    assert caught.value.place is not None
    assert "own-" in str(caught.value.place.file)
    return caught.value


def test_the_files_that_the_vectors_spoil_are_good(tmp_path: Path) -> None:
    loaded = load(tmp_path, RULE, FEATURE, SOURCE)
    assert loaded.rule("own-rule").needs_columns == {"net_mass_kg"}


OUTSIDE = {
    "a file": "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
    "a file by table function": "read_text('/etc/passwd') IS NOT NULL",
    "a setting": "current_setting('temp_directory') = 'x'",
    "the environment": "getenv('HOME') = 'x'",
    "a pragma": "PRAGMA database_list",
    "another statement": "net_g > 0; DROP TABLE shipments",
    "an attached database": "ATTACH 'x.db'",
    "a copy": "COPY shipments TO '/tmp/x'",
    "a subselect": "net_g > (SELECT max(net_g) FROM shipments)",
    "an exists": "EXISTS (SELECT 1 FROM payments)",
    "another table's column": "payments.amount > 0",
    "a lambda": "list_filter([1], x -> x > 0) IS NOT NULL",
    "a window": "row_number() OVER () > 1",
    "an aggregate": "sum(net_g) > 1",
    "chance": "random() > 0.5",
    "the clock": "now() > date",
    "a division by a column": "net_g / gross_g > 1",
    "a division by zero": "net_g / 0 > 1",
    "a remainder": "net_g % gross_g = 1",
    "a decimal": "net_g > 0.1",
    "a pattern": "regexp_matches(description, 'x')",
    "a parameter": "net_g > ?",
    "not SQL": "net_g >",
    "nothing": " ",
}


@pytest.mark.parametrize("predicate", OUTSIDE.values(), ids=OUTSIDE.keys())
def test_a_predicate_reaches_nothing_outside(tmp_path: Path, predicate: str) -> None:
    assert refused(tmp_path, RULE.replace("net_g > 0", f'"{predicate}"')).place.field in {
        "own-rule.predicate",
        "rules.0.predicate",
    }  # type: ignore[union-attr]


def test_a_comment_is_no_part_of_what_runs(tmp_path: Path) -> None:
    loaded = load(tmp_path, RULE.replace("net_g > 0", '"net_g > 0 -- AND 1/0"'))
    assert loaded.rule("own-rule").predicate == "net_g > 0"


PATTERNS = {
    "look ahead": "(?=a)b",
    "look behind": "(?<!a)b",
    "a back reference": r"(a)\1",
    "a repeated group": "(a+)+b",
    "a repeat of a repeat": "a++b",
    "a bounded repeat": "a{1,1000}",
    "a flag": "(?i)a",
    "not a pattern": "(a",
    "a very long one": "a|" * 1_000,
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS.keys())
def test_a_pattern_is_plain(tmp_path: Path, pattern: str) -> None:
    text = FEATURE.replace("net_mass_kg * 2", f"regexp_matches(description, '{pattern}')").replace("double", "boolean")
    refused(tmp_path, RULE, text)


@pytest.mark.parametrize("sql", ["regexp_matches(description, cas)", "regexp_replace(description, 'a', 'b')"])
def test_a_pattern_is_written_out_and_replaces_everything(tmp_path: Path, sql: str) -> None:
    refused(tmp_path, FEATURE.replace("net_mass_kg * 2", sql).replace("double", "varchar"))


SOURCES = {
    "a file": "SELECT c.a AS row_id FROM read_csv('/etc/passwd') AS c",
    "a file by name": "SELECT c.a AS row_id FROM '/etc/passwd' AS c",
    "another schema": "SELECT t.table_name AS row_id FROM information_schema.tables AS t",
    "a star": "SELECT * FROM shipments",
    "a function of the system": "SELECT duckdb_settings() AS row_id FROM shipments",
    "a statement": "INSERT INTO shipments VALUES (1)",
    "a WITH": "WITH x AS (SELECT 1 AS row_id) SELECT x.row_id AS row_id FROM x",
    "a column of nobody": "SELECT s.row_id AS row_id FROM shipments AS s JOIN hits AS h ON line = 1",
    "a column that is not": "SELECT s.nothing AS row_id FROM shipments AS s",
    "itself": "SELECT o.row_id AS row_id FROM own_source AS o",
    "a limit by chance": "SELECT s.row_id AS row_id FROM shipments AS s LIMIT 1",
}


@pytest.mark.parametrize("sql", SOURCES.values(), ids=SOURCES.keys())
def test_a_source_joins_tables_of_the_run_only(tmp_path: Path, sql: str) -> None:
    refused(tmp_path, SOURCE.replace("SELECT s.row_id AS row_id FROM shipments AS s", sql))


def test_features_in_a_circle(tmp_path: Path) -> None:
    circle = FEATURE.replace("net_mass_kg", "other_feature") + (
        "- {name: other_feature, meaning: Half of a circle., sql: own_feature + 1, type: double}\n"
    )
    assert "own_feature -> other_feature -> own_feature" in str(refused(tmp_path, circle))


SPOILED = {
    "a column that is not": (RULE, "net_g > 0", "nothing_known > 0"),
    "a family that is not": (RULE, "family: quantity", "family: nowhere"),
    "no Chinese": (RULE, "title: {en: Own rule, zh: 自有规则, es: Regla propia}", "title: {en: Own, es: Regla}"),
    "no Spanish explanation": (
        RULE,
        "explanation: {en: Own rule, zh: 自有规则, es: Regla propia}",
        "explanation: {en: Own rule, zh: 自有规则}",
    ),
    "no source": (RULE, '  source: {title: Nobody, url: "https://example.org/rule"}\n', ""),
    "a source without TLS": (RULE, "https://", "http://"),
    "a weight of nothing": (RULE, "weight: 100", "weight: 0"),
    "a weight beyond all": (RULE, "weight: 100", "weight: 100000"),
    "a weight without reason": (RULE, "weight_reason: A rule to test the reader with.", "weight_reason: none"),
    "a strength of its own": (RULE, "supporting", "damning"),
    "a key twice": (RULE, "  weight: 100\n", "  weight: 100\n  weight: 200\n"),
    "a key unknown": (RULE, "  weight: 100\n", "  weight: 100\n  run: rm\n"),
    "a tag of Python": (RULE, "net_g > 0", '!!python/object/apply:os.system ["true"]'),
    "a feature's name taken": (FEATURE, "own_feature", "net_g"),
    "an aggregate without grain": (FEATURE, "net_mass_kg * 2", "sum(net_mass_kg)"),
    "a row expression with grain": (FEATURE, "  sql", "  grain: [hs6]\n  sql"),
    "a type of its own": (FEATURE, "double", "blob"),
    "within what is no gate": (FEATURE, "sql: net_mass_kg * 2", "within: net_g\n  grain: [hs6]\n  sql: sum(net_g)"),
    "a name with a quote": (FEATURE, "own_feature", "'own\"; drop'"),
}


@pytest.mark.parametrize(("text", "old", "new"), SPOILED.values(), ids=SPOILED.keys())
def test_a_spoiled_file_says_where(tmp_path: Path, text: str, old: str, new: str) -> None:
    assert old in text
    refused(tmp_path, text.replace(old, new))


def test_an_id_stands_once(tmp_path: Path) -> None:
    refused(tmp_path, RULE, RULE)


def test_own_rules_do_not_take_the_id_of_a_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(RULE.replace("own-rule", "unit-value-off"), encoding="utf-8")
    with pytest.raises(RegisterError, match="defined twice"):
        load_rules((SHIPPED, SHIPPED_FEATURES, tmp_path))


@pytest.mark.parametrize("grammar", list(Grammar))
def test_deep_nesting_ends_in_an_error_of_ours(grammar: Grammar) -> None:
    with pytest.raises(RegisterError):
        parse("(" * 20_000 + "1" + ")" * 20_000, grammar, Place("own.yaml"))
