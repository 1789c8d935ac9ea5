"""Many rows in one statement, for tables that grow by each message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import connections
from django.db.models import Field, Model

_COPIED = 64
"""From so many rows on, PostgreSQL's COPY is faster than a statement a row."""


def insert(
    alias: str, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], *, over: str = ""
) -> None:
    """Insert rows; the values are such as the database's own driver takes.

    Args:
        alias: of the database.
        model: of the table.
        columns: names of the fields, in the order of the values.
        rows: the values.
        over: the name of a unique field; a row that has the same value gives way to the new one.

    Django's `bulk_create` builds an object for each row and a statement for each batch; this is several times as fast.
    """
    values = list(rows)
    if not values:
        return
    connection = connections[alias]
    quote = connection.ops.quote_name
    names = ", ".join(quote(_column(model, name)) for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    table = quote(model._meta.db_table)  # noqa: SLF001 - Django's own name for it
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql" and len(values) >= _COPIED and not over:
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
        else:
            tail = _over(model, columns, over, quote)
            cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks}){tail}", values)


def _over(model: type[Model], columns: Sequence[str], unique: str, quote: Callable[[str], str]) -> str:
    if not unique:
        return ""
    others = [quote(_column(model, name)) for name in columns if name != unique]
    news = ", ".join(f"{name} = excluded.{name}" for name in others)
    return f" ON CONFLICT ({quote(_column(model, unique))}) DO UPDATE SET {news}"


def _column(model: type[Model], name: str) -> str:
    field = model._meta.get_field(name)  # noqa: SLF001
    assert isinstance(field, Field)  # noqa: S101 - a relation from elsewhere has no column
    return str(field.column)
