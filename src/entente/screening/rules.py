"""Rules: red flags that the public guidance names, as data.

A rule is a predicate over features (features.py), with a weight in milli-log-odds and its reason, a source that
anybody can open, and words in English, Chinese and Spanish. `strength` is *strong* where the sign speaks for itself
(a legal duty not met), *supporting* where it means something only beside others. A rule's `family` groups signs that
say much the same; what a family may add to a score is capped (families.yaml).

What a rule needs (tables, columns) follows from the features that it uses. A rule whose needs a run cannot meet is
*not evaluable*, which is not the same as not fired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from entente.errors import Place, RegisterError
from entente.screening import datafile
from entente.screening.features import SHIPPED as SHIPPED_FEATURES
from entente.screening.features import FeatureSet, load_features
from entente.screening.kinds import Kind, kind_of
from entente.screening.needs import COLUMNS, DERIVED, EITHER, SHIPMENTS, check_exceptions, spare
from entente.screening.predicate import Grammar, parse

LANGUAGES = ("en", "zh", "es")
SHIPPED = Path(__file__).parent / "rules"
_SCHEMA = SHIPPED / "schema.json"
_FAMILIES = "families.yaml"
_FAMILIES_SCHEMA = SHIPPED / "families.schema.json"
#: What a file may say it is in its line `format: entente-KIND-1`; weights are read in `leads`.
_KINDS = ("rules", "features", "families", "weights")

Words = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Family:
    """Signs that say much the same; `cap` is the most they add to a score together, in milli-log-odds."""

    id: str
    title: Words
    cap: int


@dataclass(frozen=True, slots=True)
class Rule:
    """One red flag.

    `predicate`, `value` and `reference` are SQL over features; `value` and `reference` are the two numbers that the
    rule compares, where it compares numbers, and stand in `explanation` as `{value}` and `{reference}`.
    `undecided`, where a rule has it, holds on rows of which the rule cannot tell; a run counts them.
    `needs_tables` and `needs_columns` are what a run must have; `reads` are the features and columns it uses, and
    `gates` those of them that narrow the rows it has to look at.
    `examples` are small data sets with the declarations on which the rule must fire (and on no others).
    """

    id: str
    title: Words
    explanation: Words
    family: str
    subject: str
    strength: str
    weight: int
    weight_reason: str
    source_title: str
    source_url: str
    predicate: str
    value: str | None
    reference: str | None
    undecided: str | None
    reads: frozenset[str]
    gates: frozenset[str]
    needs_tables: frozenset[str]
    needs_columns: frozenset[str]
    examples: tuple[Mapping[str, Any], ...]
    place: Place

    def missing(self, tables: frozenset[str], columns: frozenset[str]) -> tuple[str, ...]:
        """What a run lacks for this rule, in words, sorted.

        Args:
            tables: tables that the run has.
            columns: columns that it has; those of other tables than the shipments as `table.column`.
        """
        lacking = [f"table {name}" for name in self.needs_tables - tables]
        for need in self.needs_columns:
            given = [given for column in need.split(EITHER) for given in DERIVED.get(column, (column,))]
            absent = {table_of(column) for column in need.split(EITHER)} & (self.needs_tables - tables)
            if not absent and not columns.intersection(given):
                lacking.append(f"column {' or '.join(dict.fromkeys(given))}")
        return tuple(sorted(lacking))


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules with the features and families they use. `version` is a short SHA-256 over the files' content."""

    rules: tuple[Rule, ...]
    families: Mapping[str, Family]
    features: FeatureSet
    version: str
    files: tuple[str, ...]

    @property
    def caps(self) -> Mapping[str, int]:
        """Family -> the most it may add to a score, in milli-log-odds."""
        return {family.id: family.cap for family in self.families.values()}

    def rule(self, rule_id: str) -> Rule:
        """The rule called `rule_id`.

        Raises:
            RegisterError: there is none.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise RegisterError(f"There is no rule {rule_id!r}.", remedy="See docs/rules.md for the rules.")

    def only(self, rule_ids: Iterable[str]) -> RuleSet:
        """The same set with some of its rules."""
        kept = frozenset(rule_ids)
        return replace(self, rules=tuple(rule for rule in self.rules if rule.id in kept))


def load_rules(directories: Sequence[Path] = (SHIPPED, SHIPPED_FEATURES)) -> RuleSet:
    """Read all rule, feature and family files of some folders.

    A file says by its `format` what it holds. Rules are sorted by id.

    Raises:
        RegisterError: a file breaks its schema or holds SQL that is not allowed, an id is given twice, or a rule
            names a feature, column or family that does not exist.
    """
    paths = datafile.yaml_files(directories)
    kinds = {path: _kind(path) for path in paths}
    features = load_features([path for path in paths if kinds[path] == "features"])
    families = _families([path for path in paths if kinds[path] == "families"])
    rules: dict[str, Rule] = {}
    for path in (path for path in paths if kinds[path] == "rules"):
        for rule in _rules(path, features, families):
            if rule.id in rules:
                raise RegisterError(
                    f"Rule {rule.id!r} is defined twice.", remedy="Give one another id.", place=rule.place
                )
            rules[rule.id] = rule
    ordered = tuple(rules[rule_id] for rule_id in sorted(rules))
    return RuleSet(ordered, families, features, datafile.digest(paths), tuple(path.name for path in paths))


def catalogue(ruleset: RuleSet, language: str = "en") -> list[dict[str, Any]]:
    """One dictionary per rule for reports and documentation, with words in one language ("en", "zh" or "es")."""
    return [
        {
            "id": rule.id,
            "title": rule.title[language],
            "explanation": rule.explanation[language],
            "family": rule.family,
            "family_title": ruleset.families[rule.family].title[language],
            "family_cap": ruleset.families[rule.family].cap,
            "subject": rule.subject,
            "strength": rule.strength,
            "weight": rule.weight,
            "weight_reason": rule.weight_reason,
            "source_title": rule.source_title,
            "source_url": rule.source_url,
            "needs_tables": sorted(rule.needs_tables),
            "needs_columns": sorted(rule.needs_columns),
        }
        for rule in ruleset.rules
    ]


def explain(rule: Rule, value: float | None, reference: float | None, language: str = "en") -> str:
    """The rule's explanation with the two numbers that it compared put in."""
    words = rule.explanation[language]
    return words.replace("{value}", _number(value)).replace("{reference}", _number(reference))


def _number(number: float | None) -> str:
    if number is None:
        return "–"
    return f"{number:,.0f}" if number == int(number) else f"{number:,.3g}" if abs(number) < 100 else f"{number:,.1f}"


def _kind(path: Path) -> str:
    kind = datafile.peek_format(path).removeprefix("entente-").rsplit("-", 1)[0]
    if kind not in _KINDS:
        raise RegisterError(
            "The file does not say what it holds.",
            remedy=f"Begin it with a line such as `format: entente-rules-1` (one of: {', '.join(_KINDS)}).",
            place=Place(str(path)),
        )
    return kind


def _families(paths: Sequence[Path]) -> dict[str, Family]:
    families: dict[str, Family] = {}
    for path in paths:
        for entry in datafile.without_lines(datafile.read(path, _FAMILIES_SCHEMA))["families"]:
            families[entry["id"]] = Family(entry["id"], entry["title"], entry["cap"])
    return families


def _rules(path: Path, features: FeatureSet, families: Mapping[str, Family]) -> Iterable[Rule]:
    for entry in datafile.read(path, _SCHEMA)["rules"]:
        place = Place(str(path), entry[datafile.LINE], entry["id"])
        if entry["family"] not in families:
            raise RegisterError(
                f"There is no family {entry['family']!r}.", remedy="Add it to families.yaml.", place=place
            )
        yield _rule(entry, place, features)


def _rule(entry: Mapping[str, Any], place: Place, features: FeatureSet) -> Rule:
    parsed = {
        part: parse(entry[part], Grammar.PREDICATE, Place(place.file, place.line, f"{entry['id']}.{part}"))
        for part in ("predicate", "value", "reference", "undecided")
        if part in entry
    }
    reads = frozenset().union(*(expression.names for expression in parsed.values()))
    _check_columns(features.closure(reads) - features.features.keys(), place)
    tables, columns = features.needs(frozenset().union(*(expression.needs for expression in parsed.values())))
    for part, expression in parsed.items():
        _check_kind(part, expression.sql, features, Place(place.file, place.line, f"{entry['id']}.{part}"))
    plain = datafile.without_lines(entry)
    optional, one_of = plain.get("optional", {}), plain.get("one_of", {})
    check_exceptions(columns, optional, one_of, place)
    return Rule(
        id=plain["id"],
        title=plain["title"],
        explanation=plain["explanation"],
        family=plain["family"],
        subject=plain["subject"],
        strength=plain["strength"],
        weight=plain["weight"],
        weight_reason=plain["weight_reason"],
        source_title=plain["source"]["title"],
        source_url=plain["source"]["url"],
        predicate=parsed["predicate"].sql,
        value=parsed["value"].sql if "value" in parsed else None,
        reference=parsed["reference"].sql if "reference" in parsed else None,
        undecided=parsed["undecided"].sql if "undecided" in parsed else None,
        reads=reads,
        gates=frozenset(
            name for name in parsed["predicate"].conjuncts if name in features.features and features.features[name].gate
        ),
        needs_tables=tables,
        needs_columns=spare(columns, optional, one_of),
        examples=tuple(plain.get("examples", ())),
        place=place,
    )


def table_of(column: str) -> str:
    """The table that a column stands in, by its name as needs give it."""
    return column.partition(".")[0] if "." in column else SHIPMENTS


def _check_kind(part: str, sql: str, features: FeatureSet, place: Place) -> None:
    """What is said of a row is true or false; a value and a reference are numbers."""
    wanted = Kind.TRUTH if part in {"predicate", "undecided"} else Kind.NUMBER
    found = kind_of(sql, features.kinds(SHIPMENTS), place)
    if found not in {None, wanted}:
        raise RegisterError(f"This has to be {wanted.value}.", remedy="Compare what the features give.", place=place)


def _check_columns(columns: frozenset[str], place: Place) -> None:
    unknown = sorted(columns - COLUMNS)
    if unknown:
        raise RegisterError(
            f"There is no feature and no column of the shipments called {unknown[0]!r}.",
            remedy="Check the spelling, or define the feature.",
            place=place,
        )
