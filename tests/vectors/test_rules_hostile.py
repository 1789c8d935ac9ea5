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


#: Expressions that would run, and mean something else on each engine.
UNLIKE = {
    "a number as text": ("CAST(net_mass_kg AS VARCHAR)", "varchar"),
    "a text as a number": ("CAST(hs6 AS BIGINT)", "bigint"),
    "a text as a number, if it is one": ("TRY_CAST(hs6 AS BIGINT)", "bigint"),
    "a text as a date": ("CAST(description AS DATE)", "date"),
    "a truth as a number": ("CAST(free_zone AS BIGINT)", "bigint"),
    "a truth as a number, by its type": ("free_zone", "bigint"),
    "a text as a number, by its type": ("hs6", "bigint"),
    "a number as text, by its type": ("net_mass_kg", "varchar"),
    "a day as text, by its type": ("date", "varchar"),
    "a text beside a number": ("hs6 = 28", "boolean"),
    "a text in numbers": ("hs6 IN (28, 29)", "boolean"),
    "a number between texts": ("net_mass_kg BETWEEN '1' AND '2'", "boolean"),
    "a number joined to a text": ("hs6 || line", "varchar"),
    "a number in letters": ("LOWER(net_mass_kg)", "varchar"),
    "a text or a number": ("COALESCE(hs6, 0)", "varchar"),
    "a text or a number, by case": ("CASE WHEN line > 1 THEN hs6 ELSE 1 END", "varchar"),
    "a number as a condition": ("CASE WHEN line THEN 1 END", "bigint"),
    "a number and a truth": ("free_zone AND line", "boolean"),
    "a text that counts": ("hs6 + 1", "bigint"),
    "a day as text": ("date > '2024-01-01'", "boolean"),
    "a computed position": ("SUBSTR(hs6, line)", "varchar"),
    "a computed length": ("SUBSTR(hs6, 1, line)", "varchar"),
    "a position from the end": ("SUBSTR(hs6, -2)", "varchar"),
    "a position before the first": ("SUBSTR(hs6, 0, 2)", "varchar"),
    "a computed beginning": ("LEFT(hs6, line)", "varchar"),
    "distinct values along a window": ("COUNT(DISTINCT hs6) OVER (PARTITION BY exporter_key)", "bigint"),
    "a place among equals": ("row_number() OVER (PARTITION BY hs6 ORDER BY date)", "bigint"),
    "the one before among equals": ("lag(date) OVER (PARTITION BY hs6 ORDER BY date)", "date"),
}


@pytest.mark.parametrize(("sql", "kind"), UNLIKE.values(), ids=UNLIKE.keys())
def test_what_engines_do_not_share_is_refused(tmp_path: Path, sql: str, kind: str) -> None:
    refused(tmp_path, FEATURE.replace("net_mass_kg * 2", f'"{sql}"').replace("double", kind))


@pytest.mark.parametrize("predicate", ["hs6 = 28", "net_g = '5'", "free_zone = 1", "net_g", "date > 20240101"])
def test_a_predicate_compares_values_of_one_kind(tmp_path: Path, predicate: str) -> None:
    refused(tmp_path, RULE.replace("net_g > 0", f'"{predicate}"'))


LIKE = {
    "a day written out": ("date > CAST('2024-01-01' AS DATE)", "boolean"),
    "whole tens": ("CAST(FLOOR(line / 10) AS BIGINT)", "bigint"),
    "days between": ("date - dispatch_date", "bigint"),
    "a week later": ("date + INTERVAL 7 DAY > dispatch_date", "boolean"),
    "a heading": ("SUBSTR(hs6, 1, 4)", "varchar"),
    "a place": ("row_number() OVER (PARTITION BY hs6 ORDER BY date, row_id)", "bigint"),
    "a country of transit": ("ARRAY_CONTAINS(transit_countries, destination_country)", "boolean"),
    "nothing": ("NULL", "bigint"),
}


@pytest.mark.parametrize(("sql", "kind"), LIKE.values(), ids=LIKE.keys())
def test_what_they_share_is_not(tmp_path: Path, sql: str, kind: str) -> None:
    text = FEATURE.replace("net_mass_kg * 2", f'"{sql}"').replace("double", kind)
    assert load(tmp_path, RULE, text).features.features["own_feature"].kind in {"row", "window"}


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
    "an exception of nothing": (RULE, "net_g > 0", "net_g > 0\n  optional: {hs_code: Nobody needs this column.}"),
    "an exception without a reason": (RULE, "net_g > 0", "net_g > 0\n  optional: {net_mass_kg: why}"),
    "one of columns that nobody reads": (
        FEATURE,
        "type: double",
        "one_of: {value|freight: Either of them is enough.}\n  type: double",
    ),
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
