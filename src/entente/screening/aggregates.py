"""Aggregates whose memory does not grow with the rows that they are over.

Engines keep, for a median and for a count of different values, every value of every group in memory, and do not spill
them: DuckDB ran out of 768 MiB at ten million lines. Groups, sorts and joins of engines do spill. So the same numbers
are found by those:

- of values each counted once, the different ones of each group are found first, as groups of their own;
- for a median, each row is numbered along its group in the order of the value: of `n` values the median is the mean
  of those whose place `p` satisfies `n <= 2 p <= n + 2`, which is the one in the middle, or the two beside it. That is
  what `quantile_cont(value, 1/2)` gives (Hyndman and Fan 1996, definition 7).

Rows without a value come last and count for nothing; a group without any value has null, or a count of 0, as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from entente.engine.dialect import quote
from entente.screening.predicate import AGGREGATING

#: A column's name and the SQL that gives it.
Column = tuple[str, str]


def grouped(rows: str, keys: Sequence[Column], values: Sequence[Column]) -> str:
    """A SELECT of some aggregates per group; rows without a key stand in no group.

    Args:
        rows: what stands after FROM.
        keys: the groups' names and expressions; none makes one group of all rows.
        values: names and expressions over aggregates of the rows.
    """
    trees = [(name, sqlglot.parse_one(sql, dialect="duckdb")) for name, sql in values]
    if not any(_is_whole(node) for _, tree in trees for node in tree.walk()):
        return _select([*keys, *values], rows, keys, keys)
    parts = _Parts()
    made = [(name, _apart(tree, parts).sql("duckdb", comments=False)) for name, tree in trees]
    queries = [*_over_rows(parts, rows, keys), *_over_different(parts, rows, keys)]
    if len(queries) == 1:
        found = [(name, quote(name)) for name, _ in keys]
        return f"SELECT {_named([*found, *made])} FROM ({queries[0]}) AS g0"
    first = [(name, f"g0.{quote(name)}") for name, _ in keys]
    return f"SELECT {_named([*first, *made])} FROM {_side_by_side(queries, keys)}"


@dataclass(slots=True)
class _Parts:
    """Aggregates by what they are over: the rows with some medians, or the different values of an expression."""

    plain: list[Column] = field(default_factory=list)
    medians: list[str] = field(default_factory=list)
    different: dict[str, list[Column]] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def column(self, aggregate: exp.Expr) -> exp.Expr:
        """The column that stands for an aggregate."""
        sql = aggregate.sql("duckdb", comments=False)
        if sql not in self._names:
            self._names[sql] = f"_a{len(self._names)}"
            self._place(self._names[sql], aggregate)
        return exp.column(self._names[sql], quoted=True)

    def _place(self, name: str, node: exp.Expr) -> None:
        bare, condition = (node.this, node.expression.this) if isinstance(node, exp.Filter) else (node, None)
        if not _is_whole(bare):
            self.plain.append((name, node.sql("duckdb", comments=False)))
            return
        once = isinstance(bare.this, exp.Distinct)
        value = bare.this.expressions[0] if once else bare.this
        kept = exp.case().when(condition, value) if condition is not None else value
        sql = kept.sql("duckdb", comments=False)
        if once:
            bare.set("this", exp.column("_v", quoted=True))
            self.different.setdefault(sql, []).append((name, bare.sql("duckdb", comments=False)))
        else:
            number = len(self.medians)
            self.medians.append(sql)
            middle = f'"_p{number}" * 2 BETWEEN "_n{number}" AND "_n{number}" + 2'
            self.plain.append((name, f'AVG(CASE WHEN {middle} THEN CAST("_m{number}" AS DOUBLE) END)'))


def _is_whole(node: exp.Expr) -> bool:
    """Whether engines need all of a group's values at once for an aggregate."""
    if not isinstance(node, AGGREGATING):
        return False
    return isinstance(node, exp.Median) or (isinstance(node.this, exp.Distinct) and len(node.this.expressions) == 1)


def _apart(tree: exp.Expr, parts: _Parts) -> exp.Expr:
    """A tree with a column in the place of each aggregate."""
    for node in list(tree.find_all(*AGGREGATING)):
        whole = node.parent if isinstance(node.parent, exp.Filter) else node
        column = parts.column(whole.copy())
        if whole is tree:
            return column
        whole.replace(column)
    return tree


def _over_rows(parts: _Parts, rows: str, keys: Sequence[Column]) -> list[str]:
    if not parts.plain:
        return []
    if not parts.medians:
        return [_select([*keys, *parts.plain], rows, keys, keys)]
    by = f"PARTITION BY {', '.join(sql for _, sql in keys)}" if keys else ""
    numbered: list[Column] = []
    for number, value in enumerate(parts.medians):
        numbered += [
            (f"_m{number}", value),
            (f"_p{number}", f"ROW_NUMBER() OVER ({by} ORDER BY {value} NULLS LAST)"),
            (f"_n{number}", f"COUNT({value}) OVER ({by})"),
        ]
    inner = f"SELECT *, {_named(numbered)} FROM {rows}{_known(keys)}"
    return [_select([*keys, *parts.plain], f"({inner}) AS r", (), keys)]


def _over_different(parts: _Parts, rows: str, keys: Sequence[Column]) -> list[str]:
    found = [(name, quote(name)) for name, _ in keys]
    queries = []
    for value, made in parts.different.items():
        once = [*keys, ("_v", value)]
        queries.append(_select([*found, *made], f"({_select(once, rows, keys, once)}) AS d", (), found))
    return queries


def _select(columns: Sequence[Column], rows: str, known: Sequence[Column], by: Sequence[Column]) -> str:
    grouping = f" GROUP BY {', '.join(sql for _, sql in by)}" if by else ""
    return f"SELECT {_named(columns)} FROM {rows}{_known(known)}{grouping}"


def _named(columns: Sequence[Column]) -> str:
    return ", ".join(f"{sql} AS {quote(name)}" for name, sql in columns)


def _known(keys: Sequence[Column]) -> str:
    return f" WHERE {' AND '.join(f'({sql}) IS NOT NULL' for _, sql in keys)}" if keys else ""


def _side_by_side(queries: Sequence[str], keys: Sequence[Column]) -> str:
    """The queries as one table: each gives every group once."""
    tables = [f"({query}) AS g{number}" for number, query in enumerate(queries)]
    if not keys:
        return " CROSS JOIN ".join(tables)
    on = [
        " AND ".join(f"g0.{quote(name)} = g{number}.{quote(name)}" for name, _ in keys)
        for number in range(1, len(queries))
    ]
    return " ".join([tables[0], *(f"JOIN {table} ON {same}" for table, same in zip(tables[1:], on, strict=True))])
