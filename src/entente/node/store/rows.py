"""Many rows in one statement, for tables that grow by each message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connections
from django.db.models import Field, Model


def insert(alias: str, model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows; the values are such as the database's own driver takes.

    Django's `bulk_create` builds an object for each row and a statement for each batch; this is several times as fast.
    """
    values = list(rows)
    if not values:
        return
    connection = connections[alias]
    quote = connection.ops.quote_name
    names = ", ".join(quote(_column(model, name)) for name in columns)
    marks = ", ".join(["%s"] * len(columns))
    with connection.cursor() as cursor:
        table = quote(model._meta.db_table)  # noqa: SLF001 - Django's own name for it
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({marks})", values)


def _column(model: type[Model], name: str) -> str:
    field = model._meta.get_field(name)  # noqa: SLF001
    assert isinstance(field, Field)  # noqa: S101 - a relation from elsewhere has no column
    return str(field.column)
