"""From rules to as few SQL queries as possible.

Sources that other sources read are made first. `base` then keeps the columns that something downstream reads and the
row features that need nothing else; facts, what another table says of a row by itself (as the hits do), are joined to
it there. A gate is a condition that few rows meet; where it is one on the row alone, its rows have a base of their
own (a frame), with what only they need. Then come the groups, one query for all aggregates that share source, grain,
frame and level (a level is how many aggregates stand one on another). A wide query for each gate joins what its rules
read and keeps the rows on which some rule fired, and each rule takes its own rows out of that.

    facts -> base -> groups of level 1 -> groups of level 2 ... -> wide, one a gate -> flags

All text is DuckDB's dialect and means the same on every engine (predicate.py lists the functions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from entente.engine.dialect import literal, quote
from entente.screening import aggregates
from entente.screening.features import Feature, FeatureSet
from entente.screening.needs import COLUMNS, SHIPMENTS, reached
from entente.screening.rules import Rule

BASE = "rules_base"
WIDE = "rules_wide"
_IDENTITY = ("row_id", "declaration_id", "line")


@dataclass(frozen=True, slots=True)
class Step:
    """One query and the table that its result is kept as."""

    query: str
    into: str


@dataclass(frozen=True, slots=True)
class Group:
    """Aggregates, or windows, computed in one query: table `name`, joined to the shipments on its grain."""

    name: str
    level: int
    features: tuple[Feature, ...]

    @property
    def first(self) -> Feature:
        """Any of the features: they share source, grain and kind."""
        return self.features[0]


class Planner:
    """Plans the queries for some rules.

    Args:
        features: all features there are.
        rules: the rules to evaluate.
    """

    def __init__(self, features: FeatureSet, rules: Sequence[Rule]) -> None:
        self._set = features
        self._rules = rules
        read = {name for rule in rules for name in rule.reads}
        within = {features.features[name].within for name in read if name in features.features}
        self._wanted = features.closure(frozenset(read | {gate for gate in within if gate}))
        self._level = cache(self._find_level)
        self._groups = self._grouped()

    def steps(self, into: str) -> list[Step]:
        """The queries in order; the last one gives the flags."""
        facts = [group for group in self._groups if group.level == 0]
        return [
            *(Step(self._set.sources[name].sql, name) for name in self._set.shared_sources(self._wanted)),
            *(Step(self._group(group), group.name) for group in facts),
            *(Step(self._base(facts, frame), _home(frame)) for frame in self._frames()),
            *(Step(self._group(group), group.name) for group in self._groups if group.level > 0),
            *(Step(self._wide(gate), self._table_of(gate)) for gate in self._gates()),
            Step(self._flags(), into),
        ]

    def undecided(self) -> dict[str, str]:
        """Rule -> a query for the number (`n`) of rows of which it cannot tell; it reads tables that the steps make."""
        return {
            rule.id: f"SELECT COUNT(*) AS n FROM ({self._rule_rows(rule)}) AS v WHERE {rule.undecided}"
            for rule in self._rules
            if rule.undecided is not None
        }

    def _rule_rows(self, rule: Rule) -> str:
        return self._view(rule.reads, max(map(self._level, rule.reads), default=0), self._frame(rule))

    def _find_level(self, name: str) -> int:
        feature = self._set.features.get(name)
        if feature is None or self._set.is_fact(feature):
            return 0
        below = max((self._level(other) for other in self._set.builds_on(name)), default=0)
        return below if feature.kind == "row" else below + 1

    def _grouped(self) -> list[Group]:
        merged: dict[tuple[object, ...], list[Feature]] = {}
        for feature in sorted(self._features(), key=lambda feature: feature.name):
            if feature.kind != "row":
                grain = tuple((key.on, key.value.sql) for key in feature.grain)
                merged.setdefault(
                    (self._level(feature.name), feature.source, grain, self._row_frame(feature), feature.kind), []
                ).append(feature)
        ordered = sorted(merged.values(), key=lambda features: self._level(features[0].name))
        return [
            Group(f"rules_group_{number}", self._level(features[0].name), tuple(features))
            for number, features in enumerate(ordered)
        ]

    def _features(self) -> Iterator[Feature]:
        return (self._set.features[name] for name in self._wanted if name in self._set.features)

    def _rows(self, level: int) -> list[Feature]:
        """Row features of a level, those that others build on first."""
        rows = sorted(
            (f for f in self._features() if f.kind == "row" and self._level(f.name) == level), key=lambda f: f.name
        )
        return sorted(rows, key=lambda feature: self._depth(feature.name))

    def _depth(self, name: str) -> int:
        """How many row features of the same level stand below this one."""
        level = self._level(name)
        below = [
            self._depth(other) + 1
            for other in self._set.builds_on(name)
            if other in self._set.features and self._set.features[other].kind == "row" and self._level(other) == level
        ]
        return max(below, default=0)

    def _frames(self) -> list[str | None]:
        """The gates whose rows are kept apart, and None for all rows."""
        groups = {group.first.within for group in self._groups if group.level > 0 and group.first.source == SHIPMENTS}
        return sorted(groups | {self._frame(rule) for rule in self._rules}, key=lambda frame: frame or "")

    def _frame(self, rule: Rule) -> str | None:
        """The gate over columns of the row within which a rule can fire, if there is one."""
        gates = (self._set.features[name] for name in sorted(rule.gates))
        return next((gate.within or gate.name for gate in gates if gate.within or self._is_row(gate.name)), None)

    def _row_frame(self, feature: Feature) -> str:
        """The frame whose rows an aggregate of shipments is over."""
        return feature.within or "" if feature.source == SHIPMENTS else ""

    def _is_row(self, name: str) -> bool:
        return self._set.features[name].kind == "row" and self._level(name) == 0

    def _base(self, facts: Sequence[Group], frame: str | None) -> str:
        """The shipments (of a frame) with facts and level-0 row features, as far as something in it reads them."""
        kept = self._carried(frame) | set(_IDENTITY)
        needed = self._set.closure(frozenset(kept | ({frame} if frame else set())))
        rows = [feature for feature in self._rows(0) if feature.name in needed]
        columns = ", ".join(quote(name) for name in sorted(needed & COLUMNS | set(_IDENTITY)))
        told = [(group, [f for f in group.features if f.name in needed]) for group in facts]
        inner = _joined(
            f"SELECT {columns} FROM {SHIPMENTS}", [(group, features) for group, features in told if features]
        )
        where = f" WHERE {quote(frame)}" if frame else ""
        names = ", ".join(quote(name) for name in sorted(kept))
        return f"SELECT {names} FROM ({_with_rows(inner, rows, self._depth)}) AS t{where}"

    def _carried(self, frame: str | None) -> set[str]:
        """Columns, facts and level-0 row features that groups and rules of a frame read."""
        waiting = {name for rule in self._rules if self._frame(rule) == frame for name in {*rule.reads, *rule.gates}}
        for feature in self._features():
            if feature.source == SHIPMENTS and feature.kind != "row" and feature.within == frame:
                waiting |= feature.reads
        return {name for name in self._beside(waiting) if self._level(name) == 0}

    def _beside(self, names: Iterable[str]) -> set[str]:
        """`names` and what has to stand in the same row for them, but not what their aggregates are made of."""
        return reached(names, lambda name: self._read_with(self._set.features[name]) if self._level(name) else ())

    def _read_with(self, feature: Feature) -> frozenset[str]:
        """What a row has to have for a feature above level 0 to be put beside it."""
        if feature.kind == "row":
            return self._set.builds_on(feature.name)
        return frozenset(key.on for key in feature.grain) | ({"row_id"} if feature.kind == "window" else set())

    def _group(self, group: Group) -> str:
        feature = group.first
        values = [(feature.name, _typed(feature)) for feature in group.features]
        rows = self._rows_of(group)
        if feature.kind == "window":
            return f"SELECT row_id, {', '.join(f'{sql} AS {quote(name)}' for name, sql in values)} FROM {rows}"
        return aggregates.grouped(rows, [(key.on, key.value.sql) for key in feature.grain], values)

    def _rows_of(self, group: Group) -> str:
        """The rows that a group aggregates, as something that may stand after FROM."""
        source = group.first.source
        if source == SHIPMENTS:
            needed = frozenset().union(*(feature.reads for feature in group.features))
            return f"({self._view(needed, group.level - 1, group.first.within)}) AS v"
        if source in self._set.sources:
            return f"({self._set.sources[source].sql}) AS v"
        if source in self._set.features:
            return next(other.name for other in self._groups if any(f.name == source for f in other.features))
        return quote(source)

    def _view(self, names: frozenset[str], level: int, frame: str | None) -> str:
        """A SELECT of the base rows (of a frame) with `names` and what has to stand beside them, up to a level."""
        needed = self._beside(names)
        query = f"SELECT * FROM {_home(frame)}"
        for step in range(1, level + 1):
            groups = [g for g in self._groups if g.level == step and any(f.name in needed for f in g.features)]
            query = _joined(query, [(g, [f for f in g.features if f.name in needed]) for g in groups])
            query = _with_rows(query, [f for f in self._rows(step) if f.name in needed], self._depth)
        return query

    def _gates(self) -> list[str | None]:
        """The gates that rules share, and None where some rule has none."""
        return sorted({self._gate(rule) for rule in self._rules}, key=lambda gate: gate or "")

    def _gate(self, rule: Rule) -> str | None:
        """The deepest of a rule's gates: it leaves the fewest rows."""
        gates = self._set.features
        return max(sorted(rule.gates), key=lambda name: (self._level(name), bool(gates[name].within)), default=None)

    def _table_of(self, gate: str | None) -> str:
        return f"{WIDE}_{gate}" if gate else WIDE

    def _wide(self, gate: str | None) -> str:
        """The rows on which a rule of this gate fired, with what each rule compared there."""
        rules = [(number, rule) for number, rule in enumerate(self._rules) if self._gate(rule) == gate]
        names = frozenset().union(*(rule.reads for _, rule in rules))
        level = max((self._level(name) for name in names), default=0)
        inner, outer, fired = list(_IDENTITY), list(_IDENTITY), []
        for number, rule in rules:
            inner.append(f"({rule.predicate}) AS p{number}")
            outer.append(f"CASE WHEN p{number} THEN TRUE END AS p{number}")
            fired.append(f"p{number}")
            for letter, number_sql in (("v", rule.value), ("r", rule.reference)):
                if number_sql is not None:
                    inner.append(f"CAST({number_sql} AS DOUBLE) AS {letter}{number}")
                    outer.append(f"CASE WHEN p{number} THEN {letter}{number} END AS {letter}{number}")
        frame = self._frame(rules[0][1])
        narrowed = f" WHERE {quote(gate)}" if gate and gate != frame else ""
        tested = f"SELECT {', '.join(inner)} FROM ({self._view(names, level, frame)}) AS v{narrowed}"
        return f"SELECT {', '.join(outer)} FROM ({tested}) AS w WHERE {' OR '.join(fired)}"

    def _flags(self) -> str:
        return " UNION ALL ".join(
            _flag(number, rule, self._table_of(self._gate(rule))) for number, rule in enumerate(self._rules)
        )


def _home(frame: str | None) -> str:
    """The table of the rows of a frame."""
    return f"{BASE}_{frame}" if frame else BASE


def _typed(feature: Feature) -> str:
    return feature.value.sql if feature.type == "hash" else f"CAST({feature.value.sql} AS {feature.type.upper()})"


def _with_rows(query: str, rows: Sequence[Feature], depth: Callable[[str], int]) -> str:
    """Wrap a query once for every depth of row features that build on one another."""
    for step in sorted({depth(feature.name) for feature in rows}):
        made = ", ".join(f"{_typed(f)} AS {quote(f.name)}" for f in rows if depth(f.name) == step)
        query = f"SELECT *, {made} FROM ({query}) AS t"
    return query


def _joined(query: str, groups: Sequence[tuple[Group, Sequence[Feature]]]) -> str:
    if not groups:
        return query
    columns = ", ".join(f"{group.name}.{quote(feature.name)}" for group, features in groups for feature in features)
    return f"SELECT b.*, {columns} FROM ({query}) AS b {' '.join(_join(group) for group, _ in groups)}"


def _join(group: Group) -> str:
    feature = group.first
    if feature.kind == "window":
        return f"LEFT JOIN {group.name} ON b.row_id = {group.name}.row_id"
    if not feature.grain:
        return f"CROSS JOIN {group.name}"
    on = " AND ".join(f"b.{quote(key.on)} = {group.name}.{quote(key.on)}" for key in feature.grain)
    return f"LEFT JOIN {group.name} ON {on}"


def _flag(number: int, rule: Rule, wide: str) -> str:
    value = f"v{number}" if rule.value is not None else "CAST(NULL AS DOUBLE)"
    reference = f"r{number}" if rule.reference is not None else "CAST(NULL AS DOUBLE)"
    return (
        f"SELECT declaration_id, line, row_id, {literal(rule.id)} AS rule_id, {literal(rule.family)} AS family, "
        f"{literal(rule.strength)} AS strength, {literal(rule.subject)} AS subject, "
        f"CAST({rule.weight} AS BIGINT) AS weight, {value} AS value, {reference} AS reference "
        f"FROM {wide} WHERE p{number}"
    )
