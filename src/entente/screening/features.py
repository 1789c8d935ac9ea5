"""Named SQL features: what rules compare.

A feature is one SQL expression with a name and a type. Where it reads from and what it is grouped by decide what it
is:

- `from: shipments`, no grain: a *row* expression over columns of the shipment and other features;
- a grain of columns: an *aggregate* per value of these columns, joined back to the shipments by equality;
- `grain: file`: an aggregate over everything, one row;
- a window function: computed per row along the shipments.

A grain column is named as on the shipment; where the other side has it under another name or must compute it, the
file says `{key: <shipment's column or feature>, is: <expression over what `from` names>}`. `from` may also name
another table of the run, a *source* (a SELECT that joins tables), or another aggregate feature, whose groups are
then the rows. Features may build on features: the planner (planner.py) orders them and merges those that share a
grain into one query.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entente.errors import Place, RegisterError
from entente.records.schema import TABLES, staged_schema
from entente.screening import datafile
from entente.screening.kinds import OF_TYPE, Kinds, kind_of, of_schema
from entente.screening.needs import (
    ALWAYS,
    COLUMNS,
    EITHER,
    SHIPMENTS,
    Lineage,
    check_exceptions,
    column_needs,
    lineage,
    reached,
    spare,
)
from entente.screening.predicate import Expression, Grammar, parse

_SCHEMA = Path(__file__).parent / "features" / "schema.json"
SHIPPED = Path(__file__).parent / "features"


@dataclass(frozen=True, slots=True)
class Key:
    """One column of a grain: its name on the shipment, and the expression that gives it on the other side."""

    on: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Source:
    """A SELECT that joins tables of the run; `tables` are the tables it needs, `lineage` the columns."""

    name: str
    sql: str
    tables: frozenset[str]
    lineage: Lineage
    place: Place


@dataclass(frozen=True, slots=True)
class Feature:
    """One named expression.

    `kind` is row, aggregate or window. `optional` names columns and features without which this one still means
    something, `one_of` groups of which it needs one. `type` is a type of DuckDB's: bigint, double, boolean, date,
    varchar.
    A `gate` is true on few rows: rules that ask for it are evaluated on these rows only. An aggregate `within` a gate
    is one over these rows only; a gate within another is true on no other rows.
    """

    name: str
    source: str
    grain: tuple[Key, ...]
    value: Expression
    type: str
    kind: str
    optional: frozenset[str]
    one_of: frozenset[str]
    gate: bool
    within: str | None
    meaning: str
    place: Place

    @property
    def reads(self) -> frozenset[str]:
        """Names of the source that it reads: columns and, where the source is the shipments, features."""
        return self.value.names.union(*(key.value.names for key in self.grain))


@dataclass(frozen=True, slots=True)
class FeatureSet:
    """All features and sources that rules may use, by name."""

    features: Mapping[str, Feature]
    sources: Mapping[str, Source]

    def needs(self, names: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
        """Tables, and columns, without which some of `names` mean nothing.

        Args:
            names: needs: names of features and columns of the shipments, with `|` between those of which one is enough.
        """
        tables: set[str] = set()
        columns: set[str] = set()
        for need in self._required(names):
            feature = self.features.get(need)
            if feature is None:
                columns.add(need)
            elif feature.source not in self.features:
                tables |= self._tables_below(feature.source)
                columns |= self._columns_below(feature)
        return frozenset(tables - {SHIPMENTS}), frozenset(need for need in columns if not _given(need))

    def _required(self, names: frozenset[str]) -> set[str]:
        """`names` and all that they need: features and columns of the shipments."""

        def is_choice(need: str) -> bool:
            return EITHER in need and not COLUMNS.issuperset(need.split(EITHER))

        found = reached(names, lambda need: need.split(EITHER) if is_choice(need) else self._directly_needed(need))
        return {need for need in found if not is_choice(need)}

    def _directly_needed(self, name: str) -> frozenset[str]:
        """What a feature needs of the features and columns of the shipments that it builds on."""
        feature = self.features.get(name)
        if feature is None:
            return frozenset()
        return spare(self._beside(feature), feature.optional, feature.one_of)

    def _beside(self, feature: Feature) -> frozenset[str]:
        if feature.source == SHIPMENTS:
            return self.builds_on(feature.name) - feature.value.names | feature.value.needs
        return self.builds_on(feature.name)

    def reads(self, feature: Feature) -> frozenset[str]:
        """All that a feature needs before its exceptions are made."""
        return self._beside(feature) | self._below(feature)

    def _columns_below(self, feature: Feature) -> frozenset[str]:
        """Columns that an aggregate needs of the table or source that it is over."""
        return spare(self._below(feature), feature.optional, feature.one_of)

    def _below(self, feature: Feature) -> frozenset[str]:
        if feature.source == SHIPMENTS or feature.source in self.features:
            return frozenset()
        if feature.source in self.sources:
            return self.sources[feature.source].lineage.needs(feature.reads)
        return frozenset().union(*(column_needs(feature.source, column) for column in feature.reads))

    def _tables_below(self, name: str) -> frozenset[str]:
        """The table itself, or the tables of a source, by way of other sources too."""
        if name not in self.sources:
            return frozenset({name})
        return frozenset().union(*(self._tables_below(below) for below in self.sources[name].tables))

    def is_fact(self, feature: Feature) -> bool:
        """Whether it says something of each row out of another table of the run alone, so that nothing has to wait."""
        other = (
            feature.source != SHIPMENTS and feature.source not in self.sources and feature.source not in self.features
        )
        return other and [key.on for key in feature.grain] == ["row_id"]

    def shared_sources(self, names: frozenset[str]) -> list[str]:
        """Sources that other sources of some features read, those that others read first.

        Args:
            names: features, with all that they build on.
        """
        used = [self.features[name].source for name in names if name in self.features]
        found: list[str] = []

        def visit(table: str) -> None:
            for below in sorted(self.sources[table].tables & self.sources.keys()):
                visit(below)
                if below not in found:
                    found.append(below)

        for table in sorted(set(used) & self.sources.keys()):
            visit(table)
        return found

    def kinds(self, source: str) -> Kinds:
        """The kinds of the values that an expression over a table, a source or a feature's groups may read.

        Those of a source's columns are not told.
        """
        if source == SHIPMENTS:
            return of_schema(staged_schema(SHIPMENTS)) | {name: OF_TYPE[f.type] for name, f in self.features.items()}
        if source in self.features:
            return {name: OF_TYPE[feature.type] for name, feature in self.features.items()}
        return of_schema(staged_schema(source)) if source in TABLES else {}

    def closure(self, names: frozenset[str]) -> frozenset[str]:
        """`names` and every feature and column of the shipments that they build on."""
        return frozenset(reached(names, self.builds_on))

    def builds_on(self, name: str) -> frozenset[str]:
        """The features and columns of the shipments that a feature builds on directly."""
        feature = self.features.get(name)
        if feature is None:
            return frozenset()
        joined = frozenset(key.on for key in feature.grain)
        if feature.source == SHIPMENTS:
            return feature.reads | joined | (frozenset({feature.within}) if feature.within else frozenset())
        return joined | ({feature.source} if feature.source in self.features else frozenset())


def load_features(paths: list[Path]) -> FeatureSet:
    """Read feature files; a later file may not give a name again.

    Raises:
        RegisterError: a file breaks the schema or holds SQL that is not allowed, a name is taken, or features
            build on one another in a circle.
    """
    features: dict[str, Feature] = {}
    sources: dict[str, Source] = {}
    for path in paths:
        data = datafile.read(path, _SCHEMA)
        for entry in data.get("sources", []):
            source = _source(entry, path, sources)
            _claim(source.name, source.place, features, sources)
            sources[source.name] = source
        for entry in data.get("features", []):
            feature = _feature(entry, path)
            _claim(feature.name, feature.place, features, sources)
            features[feature.name] = feature
    loaded = FeatureSet(features, sources)
    _refuse_circles(loaded)
    _refuse_source_circles(loaded)
    _check_within(loaded)
    _check_kinds(loaded)
    for feature in loaded.features.values():
        check_exceptions(loaded.reads(feature), feature.optional, feature.one_of, feature.place)
    return loaded


def _check_kinds(loaded: FeatureSet) -> None:
    """Every feature gives what its type says, and no two kinds of value meet in it."""
    for feature in loaded.features.values():
        kinds = loaded.kinds(feature.source)
        found = kind_of(feature.value.sql, kinds, feature.place)
        for key in feature.grain:
            kind_of(key.value.sql, kinds, feature.place)
        if found not in {None, OF_TYPE[feature.type]}:
            raise RegisterError(
                f"The type {feature.type!r} does not hold {found.value if found else ''}; engines differ in casts.",
                remedy="Give the type of what the expression is.",
                place=feature.place,
            )


def _claim(name: str, place: Place, *taken: Mapping[str, object]) -> None:
    if any(name in names for names in taken):
        raise RegisterError(f"{name!r} is defined twice.", remedy="Give one of them another name.", place=place)


def _given(need: str) -> bool:
    return not ALWAYS.isdisjoint(need.split(EITHER))


def _source(entry: Mapping[str, Any], path: Path, above: Mapping[str, Source]) -> Source:
    place = Place(str(path), entry[datafile.LINE], entry["name"])
    parsed = parse(entry["sql"], Grammar.SOURCE, place)
    read = lineage(parsed.sql, {name: source.lineage for name, source in above.items()}, place)
    optional, one_of = _reasoned(entry, "optional"), _reasoned(entry, "one_of")
    check_exceptions(read.always.union(*read.gives.values()), optional, one_of, place)
    kept = read.but(optional, one_of)
    return Source(entry["name"], parsed.sql, parsed.tables, kept, place)


def _reasoned(entry: Mapping[str, Any], key: str) -> frozenset[str]:
    """Exceptions of an entry, which stand beside their reasons."""
    return frozenset(entry.get(key, {})) - {datafile.LINE}


def _feature(entry: Mapping[str, Any], path: Path) -> Feature:
    place = Place(str(path), entry[datafile.LINE], entry["name"])
    value = parse(entry["sql"], Grammar.FEATURE, place)
    source = entry.get("from", SHIPMENTS)
    whole_file = entry.get("grain") == "file"
    grain = () if whole_file else tuple(_key(key, place) for key in entry.get("grain", []))
    _check_kind(value.kind, source, grouped=bool(grain) or whole_file, place=place)
    return Feature(
        name=entry["name"],
        source=source,
        grain=grain,
        value=value,
        type=entry["type"],
        kind=value.kind,
        optional=_reasoned(entry, "optional"),
        one_of=_reasoned(entry, "one_of"),
        gate=bool(entry.get("gate", False)),
        within=entry.get("within"),
        meaning=entry["meaning"],
        place=place,
    )


def _key(key: str | Mapping[str, Any], place: Place) -> Key:
    if isinstance(key, str):
        return Key(key, parse(key, Grammar.FEATURE, place))
    return Key(key["key"], parse(key["is"], Grammar.FEATURE, place))


def _check_kind(kind: str, source: str, *, grouped: bool, place: Place) -> None:
    if grouped != (kind == "aggregate"):
        raise RegisterError(
            "An aggregate needs a grain, and only an aggregate has one.",
            remedy="Add `grain:` (columns, or `file`), or take it away.",
            place=place,
        )
    if kind != "aggregate" and source != SHIPMENTS:
        raise RegisterError(
            "A row expression or a window reads the shipments.", remedy="Leave `from:` out, or aggregate.", place=place
        )


def _check_within(features: FeatureSet) -> None:
    for feature in features.features.values():
        gate = features.features.get(feature.within or "")
        if feature.within and not (gate and gate.gate and gate.kind == "row"):
            raise RegisterError(
                f"{feature.within!r} is no gate over columns of the row.",
                remedy="Name a row feature with `gate: true`.",
                place=feature.place,
            )


def _refuse_source_circles(features: FeatureSet) -> None:
    """Sources read tables of the run and sources that stand above them, so that there is no way back."""
    seen: set[str] = set()
    for source in features.sources.values():
        later = sorted(source.tables & features.sources.keys() - seen)
        if later:
            raise RegisterError(
                f"The source {source.name!r} reads {later[0]!r}, which does not stand before it.",
                remedy="Put a source below those that it reads, in the same file or a later one.",
                place=source.place,
            )
        seen.add(source.name)


def _refuse_circles(features: FeatureSet) -> None:
    done: set[str] = set()
    path: list[str] = []

    def visit(name: str) -> None:
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            raise RegisterError(
                f"Features build on one another in a circle: {circle}.",
                remedy="Break the circle.",
                place=features.features[name].place,
            )
        if name not in done and name in features.features:
            path.append(name)
            for below in sorted(features.builds_on(name)):
                visit(below)
            path.pop()
            done.add(name)

    for name in features.features:
        visit(name)
