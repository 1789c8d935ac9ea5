"""SQL is written once, in DuckDB's dialect; Spark gets a translated copy that means the same.

Quoting is here and nowhere else: an identifier or a text that comes from outside enters SQL only through `quote`
or `literal`.

sqlglot prints the other dialect; where the same words mean something else there, `spark_rewrite` writes what DuckDB
means. That takes types: the difference of two dates is a number in DuckDB and an interval in Spark, a cast to a whole
number rounds in one and cuts off in the other. Types come from the tables' columns and are carried upwards by sqlglot.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from entente.errors import UsageError

if TYPE_CHECKING:
    from sqlglot import exp

#: Column name -> type in DuckDB's words, in order.
Columns = Mapping[str, str]


def quote(identifier: str) -> str:
    """An identifier in double quotes, whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as an SQL literal, whatever it holds."""
    return "'" + text.replace("'", "''") + "'"


def spark_type(kind: str) -> str:
    """A type of DuckDB's in Spark's words; a 64-bit code of a text is signed there."""
    from sqlglot import exp

    known = {"UBIGINT": "BIGINT", "TIMESTAMP": "TIMESTAMP_NTZ", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP"}
    return known.get(kind) or exp.DataType.build(kind, dialect="duckdb").sql("spark")


def to_spark(query: str, tables: Mapping[str, Columns], views: Mapping[str, str]) -> str:
    """A SELECT of DuckDB's dialect in Spark's.

    Args:
        query: the SELECT.
        tables: the columns of every table that it may read.
        views: table -> name of Spark's view of it.

    Raises:
        UsageError: it holds something that cannot be made to mean the same.
    """
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError
    from sqlglot.optimizer.annotate_types import annotate_types
    from sqlglot.optimizer.qualify import qualify

    from entente.engine.spark_rewrite import dates_apart, rewrite

    schema: dict[str, object] = {
        quote(table): {quote(name): _annotated(kind) for name, kind in columns.items()}
        for table, columns in tables.items()
    }
    try:
        tree = parse_one(query, dialect="duckdb")
        tree = qualify(tree, schema=schema, dialect="duckdb", validate_qualify_columns=False)
        tree = annotate_types(tree, schema=schema, dialect="duckdb")
        if dates_apart(tree):
            tree = annotate_types(tree, schema=schema, dialect="duckdb")
        tree = rewrite(tree)
        _rename(tree, views)
        return tree.sql("spark", comments=False)
    except SqlglotError as error:
        raise UsageError(
            f"This query has no like in Spark: {str(error).splitlines()[0]}", remedy="Use --engine local."
        ) from error


def _annotated(kind: str) -> str:
    return "BIGINT" if kind == "UBIGINT" else kind


def _rename(tree: exp.Expr, views: Mapping[str, str]) -> None:
    """Put the views' names in the place of tables' names, but not of names that the query itself gives."""
    from sqlglot import exp
    from sqlglot.optimizer.scope import traverse_scope

    known = {
        name.lower(): view for name, view in views.items()
    }  # DuckDB takes no notice of case, and qualify lowers it
    for scope in traverse_scope(tree):
        for source in scope.sources.values():
            if isinstance(source, exp.Table) and source.name.lower() in known:
                source.set("this", exp.to_identifier(known[source.name.lower()], quoted=True))
