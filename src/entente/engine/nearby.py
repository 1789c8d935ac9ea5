"""Small work of a cluster's driver, done in the driver's own DuckDB.

Spark takes a large part of a second to plan, compile and start a query, whatever it reads, and a run has dozens of
queries over small tables. Queries are written in DuckDB's dialect, and a table is Parquet files that the driver sees as
well; so where all that a query reads is small, DuckDB answers it at once. What it gives is what Spark would give: that
is what it means that engines agree.

One thing they do not agree on is the 64-bit code of a text (`hash`), which is only ever compared with other codes. A
query that makes codes is therefore always left to Spark, which made the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from entente.engine import duck
from entente.engine.dialect import literal, quote

_FILLED = "filled"


class Nearby:
    """Answers queries over small tables.

    Args:
        sql: a database whose main schema holds empty tables of the same names; a schema of its own is made in it.
        most_rows: rows of all tables of a query together up to which they are small.
    """

    def __init__(self, sql: duckdb.DuckDBPyConnection, most_rows: int) -> None:
        self._sql, self._most = sql, most_rows
        self._rows: dict[str, int] = {}
        sql.execute(f"CREATE SCHEMA {_FILLED}")

    def keep(self, name: str, files: tuple[Path, ...], rows: int) -> None:
        """Note a table, its files and the number of its rows."""
        self._sql.execute(f"CREATE VIEW {_FILLED}.{quote(name)} AS SELECT * FROM {duck.read_files(files)}")
        self._rows[name] = rows

    def forget(self, name: str) -> None:
        """Forget a table."""
        self._sql.execute(f"DROP VIEW {_FILLED}.{quote(name)}")
        del self._rows[name]

    def takes(self, query: str) -> bool:
        """Whether a query is small enough, and makes no codes of texts."""
        try:
            tree = sqlglot.parse_one(query, dialect="duckdb")
        except SqlglotError:
            return False
        if any(call.name.lower() == "hash" for call in tree.find_all(exp.Anonymous)):
            return False
        return self.is_small(*self._read(tree))

    def read(self, query: str) -> list[str]:
        """The tables that a query names; perhaps more, where it gives such a name to something of its own."""
        return self._read(sqlglot.parse_one(query, dialect="duckdb"))

    def _read(self, tree: exp.Expr) -> list[str]:
        named = {table.name.lower() for table in tree.find_all(exp.Table)}
        return [name for name in self._rows if name.lower() in named]

    def is_small(self, *names: str) -> bool:
        """Whether some tables together are small."""
        return sum(self._rows[name] for name in names) <= self._most

    def fetch(self, query: str) -> pa.Table:
        """The result of a query."""
        with self._filled() as sql:
            return sql.sql(query).to_arrow_table()

    def write(self, query: str, folder: Path) -> tuple[Path, ...]:
        """Write the result of a query to Parquet files in a folder."""
        with self._filled() as sql:
            sql.execute(
                f"COPY ({query}) TO {literal(str(folder))} "
                "(FORMAT parquet, COMPRESSION lz4, PER_THREAD_OUTPUT true, OVERWRITE_OR_IGNORE true)"
            )
        return tuple(sorted(folder.glob("*.parquet")))

    @contextmanager
    def _filled(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database, with names of tables meaning those that hold rows."""
        self._sql.execute(f"USE {_FILLED}")
        try:
            with duck.spoken():
                yield self._sql
        finally:
            self._sql.execute("USE main")
