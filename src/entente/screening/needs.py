"""What a piece of SQL cannot do without, read off the SQL itself.

A rule must not change its verdict because a column is absent; it must say that it cannot be evaluated. What it needs
is therefore derived and not written by hand. Of a source (a SELECT over tables of the run) every column counts that
decides which rows there are (joins, conditions, groups), and of those it hands on the ones that a feature reads. Of
columns that stand side by side in COALESCE one is enough. Data files name only the exceptions, each with its reason.

A *need* is the name of a column, plain for the shipments' and `table.column` for other tables', or several names with
`|` between them of which one is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from entente.errors import Place, RegisterError
from entente.records.schema import TABLES, staged_schema, table_spec

#: The table that rules are evaluated on.
SHIPMENTS = "shipments"
#: Columns of the staged shipments.
COLUMNS = frozenset(staged_schema(SHIPMENTS).names)
#: Columns of the shipments that have a value in every row.
ALWAYS = frozenset({"row_id", "source_file", "source_row", "declaration_id", "line", "date"})
#: Between columns of which one is enough.
EITHER = "|"
#: Tables that a run makes of a column of another table.
MADE_OF = {"memo_matches": "payments.memo"}

Needs = frozenset[str]


def named(table: str, column: str) -> str:
    """The name of a column as needs give it."""
    return column if table == SHIPMENTS else f"{table}.{column}"


def _derived() -> Iterator[tuple[str, tuple[str, ...]]]:
    for table in TABLES:
        spec = table_spec(table)
        if spec.hs6_from:
            yield named(table, "hs6"), (named(table, spec.hs6_from),)
        for key, parts in spec.party_keys.items():
            yield named(table, key), tuple(named(table, part) for part in parts if part)
        if {"substance", "substance_id"} <= set(spec.names):
            yield named(table, "substance_id"), (named(table, "substance"), named(table, "substance_id"))


#: Columns that staging derives, and the columns a file must have had for them to mean something (any of them).
DERIVED: Mapping[str, tuple[str, ...]] = dict(_derived())


def column_needs(table: str, column: str) -> Needs:
    """What one column of a table of the run needs: nothing where every row has it."""
    if table not in TABLES:
        return frozenset()
    spec = table_spec(table)
    required = {field.name for field in spec.fields if field.required or field.default is not None}
    if column in required or column in {"row_id", "source_file", "source_row"}:
        return frozenset()
    return frozenset({named(table, column)})


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a source needs: `always` for there to be rows, and `gives` for each column that it hands on."""

    always: Needs
    gives: Mapping[str, Needs]

    def needs(self, columns: Iterable[str]) -> Needs:
        """What the source needs for some of its columns."""
        return self.always.union(*(self.gives.get(column, frozenset()) for column in columns))

    def but(self, optional: Iterable[str], one_of: Iterable[str]) -> Lineage:
        """The same with exceptions made."""
        return Lineage(
            spare(self.always, optional, one_of),
            {column: spare(needs, optional, one_of) for column, needs in self.gives.items()},
        )


def reached(start: Iterable[str], onward: Callable[[str], Iterable[str]]) -> set[str]:
    """All names that some names lead to, themselves among them; `onward` gives those one step away."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += onward(name)
    return found


def spare(needs: Needs, optional: Iterable[str], one_of: Iterable[str]) -> Needs:
    """Needs without those that are optional, and with one of a group where the group was needed."""
    free = frozenset(optional)
    left = {need for need in needs if not free.issuperset(need.split(EITHER))}
    for group in one_of:
        inside = {need for need in left if set(need.split(EITHER)) <= set(group.split(EITHER))}
        left = (left - inside) | ({either(group.split(EITHER))} if inside else set())
    return frozenset(left)


def check_exceptions(needs: Needs, optional: Iterable[str], one_of: Iterable[str], place: Place) -> None:
    """An exception speaks of something that is needed.

    Raises:
        RegisterError: it does not, as where a name is misspelled.
    """
    known = {name for need in needs for name in need.split(EITHER)}
    for name in sorted({*optional, *(name for group in one_of for name in group.split(EITHER))} - known):
        raise RegisterError(
            f"{name!r} is an exception, but nothing here needs it.",
            remedy="Check the spelling, or take it away.",
            place=place,
        )


def either(names: Iterable[str]) -> str:
    """One need of which any of some columns is enough."""
    return EITHER.join(sorted(set(names)))


def groups(tree: exp.Expr) -> Iterator[list[exp.Column]]:
    """The columns of an expression, each alone, or together where COALESCE takes the first of them that is known."""
    together: set[int] = set()
    for call in tree.find_all(exp.Coalesce):
        parts = [call.this, *call.expressions]
        if all(isinstance(part, exp.Column) for part in parts):
            together.update(id(part) for part in parts)
            yield parts
    for column in tree.find_all(exp.Column):
        if id(column) not in together:
            yield [column]


def lineage(sql: str, above: Mapping[str, Lineage], place: Place) -> Lineage:
    """What a checked SELECT needs.

    Args:
        sql: the SELECT, in DuckDB's dialect.
        above: lineages of the sources that it may read.
        place: where it stands, for the error.

    Raises:
        RegisterError: it reads a column that its table does not have.
    """
    return _Reader(above, place).read(sqlglot.parse_one(sql, dialect="duckdb"))


@dataclass(frozen=True, slots=True)
class _Reader:
    above: Mapping[str, Lineage]
    place: Place

    def read(self, tree: exp.Expr) -> Lineage:
        if isinstance(tree, exp.Union):
            return self._union(self.read(tree.this), self.read(tree.expression))
        if isinstance(tree, exp.Subquery):
            return self.read(tree.this)
        return self._select(tree)

    def _union(self, one: Lineage, other: Lineage) -> Lineage:
        pairs = zip(one.gives.items(), other.gives.values(), strict=False)
        return Lineage(one.always | other.always, {name: mine | theirs for (name, mine), theirs in pairs})

    def _select(self, select: exp.Expr) -> Lineage:
        relations = {
            (source.alias_or_name if isinstance(source, exp.Table | exp.Subquery) else ""): source
            for source in sources_of(select)
        }
        tables = {alias: self._relation(source) for alias, source in relations.items()}
        always = set().union(*(table.always for table in tables.values()))
        for part in _deciding(select):
            always |= self._expression(part, tables, relations)
        gives = {item.alias_or_name: self._expression(item, tables, relations) for item in select.expressions}
        return Lineage(frozenset(always), gives)

    def _relation(self, source: exp.Expr) -> Lineage:
        if not isinstance(source, exp.Table):
            return self.read(source)
        if source.name in self.above:
            return self.above[source.name]
        made_of = MADE_OF.get(source.name)
        columns = staged_schema(source.name).names if source.name in TABLES else ()
        return Lineage(
            frozenset({made_of} if made_of else ()),
            {column: column_needs(source.name, column) for column in columns},
        )

    def _expression(self, tree: exp.Expr, tables: Mapping[str, Lineage], relations: Mapping[str, exp.Expr]) -> Needs:
        found: set[str] = set()
        for columns in groups(tree):
            each = [self._column(column, tables, relations) for column in columns]
            if len(each) > 1 and all(len(needs) == 1 for needs in each):
                found.add(either(name for needs in each for need in needs for name in need.split(EITHER)))
            elif all(each) or len(each) == 1:
                found = found.union(*each)
        return frozenset(found)

    def _column(self, column: exp.Column, tables: Mapping[str, Lineage], relations: Mapping[str, exp.Expr]) -> Needs:
        alias = column.table if column.table in tables else next(iter(tables))
        source = relations[alias]
        known = not isinstance(source, exp.Table) or source.name in {*self.above, *TABLES}
        if known and column.name not in tables[alias].gives:
            owner = source.name if isinstance(source, exp.Table) else alias
            raise RegisterError(
                f"The table {owner} has no column {column.name!r}.", remedy="Check the spelling.", place=self.place
            )
        return tables[alias].gives.get(column.name, frozenset())


def sources_of(select: exp.Expr) -> list[exp.Expr]:
    """What a SELECT reads from: tables and SELECTs."""
    first = select.args.get("from_") or select.args.get("from")
    return [*([first.this] if first else []), *(join.this for join in select.args.get("joins") or [])]


def _deciding(select: exp.Expr) -> Iterator[exp.Expr]:
    """The parts of a SELECT that decide which rows it gives."""
    for join in select.args.get("joins") or []:
        yield from filter(None, [join.args.get("on")])
    for part in ("where", "group"):
        yield from filter(None, [select.args.get(part)])
