"""What both engines take from DuckDB: a closed-in connection, the types of a query, ordered files.

The local engine runs its SQL here. The Spark engine asks here which types a query has in DuckDB, so that both give
the same ones, and writes its ordered files here, so that both write the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import duckdb

from entente.engine.dialect import literal, quote
from entente.errors import EntenteError, UsageError

#: MiB that SQL may hold before it spills; processes of the pool and Arrow come on top.
DEFAULT_MEMORY_MB = 768
#: Arrow has no 128-bit integers and Parquet would store them as floating point; Spark's sums are 64-bit as well. A
#: column of nothing but the word NULL is stored as whole numbers.
NARROWED = {"HUGEINT": "BIGINT", "UHUGEINT": "BIGINT", '"NULL"': "INTEGER"}

#: DuckDB 2.0 gives one code to many texts that are alike: 4,825 of 2.6 million made-up addresses met another, and with
#: them the parties that live there. Read backwards as well, none did.
_HASH = "CREATE MACRO hash(x) AS system.main.hash(x, reverse(x))"


def connect(home: Path, threads: int, memory_mb: int) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills under `home` and never goes to the network."""
    sql = duckdb.connect(
        ":memory:",
        config={
            "threads": str(threads),
            "memory_limit": f"{memory_mb}MiB",
            "temp_directory": str(home / "spill"),
            "preserve_insertion_order": "false",  # results are sets; order is asked for where it matters
            "autoinstall_known_extensions": "false",  # the engine never goes to the network
            "autoload_known_extensions": "false",
        },
    )
    sql.execute(_HASH)
    sql.execute("SET enable_progress_bar = false")  # long statements would draw over the run's own progress
    return sql


@contextmanager
def spoken() -> Iterator[None]:
    """Say in words what DuckDB raises for lack of memory.

    Raises:
        EntenteError: memory or disk ran out.
    """
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise EntenteError(
            "The query needs more memory or disk than it may use.",
            remedy="Give it more (`--memory`, in MiB), or put the results on a larger disk: work is done beside them.",
        ) from error


def read_files(files: Sequence[Path]) -> str:
    """SQL that reads Parquet files as one table; it may stand after FROM."""
    return f"read_parquet([{', '.join(literal(str(file)) for file in files)}])"


def narrow(sql: duckdb.DuckDBPyConnection, query: str) -> str:
    """Wrap `query` where a column's type has no like in Arrow and Spark."""
    relation = sql.sql(query)
    described = list(zip(relation.columns, map(str, relation.types), strict=True))
    if not any(kind in NARROWED for _, kind in described):
        return query
    columns = ", ".join(
        f"CAST({quote(name)} AS {NARROWED[kind]}) AS {quote(name)}" if kind in NARROWED else quote(name)
        for name, kind in described
    )
    return f"SELECT {columns} FROM ({query})"


def copy_ordered(relation: str, path: Path, order_by: Sequence[str]) -> str:
    """SQL that writes what `relation` names to one Parquet file, in the given order."""
    order = ", ".join(quote(column) for column in order_by)
    ordered = f"SELECT * FROM {relation}" + (f" ORDER BY {order}" if order else "")
    return f"COPY ({ordered}) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"


@cache
def changed_letters(function: str) -> tuple[str, str]:
    """All letters that `lower` or `upper` changes, and what each becomes, as two texts of the same length.

    DuckDB maps letter by letter; Java and ICU also know ß -> SS and a sigma that ends a word, and other editions of
    Unicode.
    """
    with duckdb.connect(":memory:") as sql:
        rows = sql.execute(
            f"SELECT letter, {function}(letter) AS changed FROM ("
            "SELECT CASE WHEN code BETWEEN 55296 AND 57343 THEN '' ELSE chr(code::INT) END AS letter "
            "FROM range(1, 1114112) AS codes(code)) WHERE letter <> changed ORDER BY letter"
        ).fetchall()
    return "".join(row[0] for row in rows), "".join(row[1] for row in rows)


def must_have(name: str, present: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse a request for a column that a table does not have.

    Raises:
        UsageError: a column is missing.
    """
    missing = [column for column in columns if column not in set(present)]
    if missing:
        raise UsageError(
            f"Table {name!r} has no column {missing[0]!r}.", remedy=f"It has: {', '.join(sorted(present))}."
        )
