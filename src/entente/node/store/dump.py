"""All rows of all tables, for backups, in a form that both databases read.

The rows are read in one snapshot that blocks nobody. Each is a list of values in the order of the model's columns;
bytes, moments and the like are written as `[kind, text]`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.management.color import no_style
from django.db import connections, transaction
from django.db.models import Model

from entente.node.errors import BackupError
from entente.node.store import database
from entente.node.store.models import ContentKey

_LEFT_OUT = frozenset({"sessions.session"})
_AT_ONCE = 2000


def tables(*, keys: bool) -> list[type[Model]]:
    """The models of a backup, those first to which others refer; or only the keys of contents."""
    if keys:
        return [ContentKey]
    every = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]  # noqa: SLF001
    wanted = [model for model in every if model is not ContentKey and model._meta.label_lower not in _LEFT_OUT]  # noqa: SLF001
    return _sorted(wanted)


def _sorted(models: list[type[Model]]) -> list[type[Model]]:
    done: dict[type[Model], None] = {}
    while rest := [model for model in models if model not in done]:
        ready = [model for model in rest if _needs(model) & set(rest) <= {model}]
        if not ready:
            raise BackupError("The tables refer to one another in a circle.", remedy="This is a mistake: report it.")
        done |= dict.fromkeys(ready)
    return list(done)


def _needs(model: type[Model]) -> set[type[Model]]:
    found = (field.related_model for field in model._meta.concrete_fields)  # noqa: SLF001
    return {one for one in found if isinstance(one, type) and issubclass(one, Model)}


@contextmanager
def snapshot(settings: dict[str, Any]) -> Iterator[str]:
    """An alias under which one moment of a database can be read, whatever is written meanwhile."""
    options = dict(settings["OPTIONS"])
    if "transaction_mode" in options:
        options["transaction_mode"] = "DEFERRED"
    else:
        from psycopg import IsolationLevel

        options["isolation_level"] = IsolationLevel.REPEATABLE_READ
    alias = database.register({**settings, "OPTIONS": options, "CONN_MAX_AGE": 0})
    try:
        with transaction.atomic(using=alias):
            yield alias
    finally:
        database.forget(alias)


def rows(alias: str, model: type[Model]) -> Iterator[bytes]:
    """The rows of a table, some thousands at a time, as lines of JSON."""
    names = [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001
    found = model._base_manager.using(alias).order_by("pk").values_list(*names)  # noqa: SLF001
    some: list[bytes] = []
    for row in found.iterator(chunk_size=_AT_ONCE):
        some.append(json.dumps([_write(value) for value in row], ensure_ascii=False).encode() + b"\n")
        if len(some) == _AT_ONCE:
            yield b"".join(some)
            some = []
    if some:
        yield b"".join(some)


def columns(model: type[Model]) -> list[str]:
    """The columns of a model, as a backup names them."""
    return [field.attname for field in model._meta.concrete_fields]  # noqa: SLF001


def load(alias: str, model: type[Model], names: Sequence[str], data: bytes) -> int:
    """Insert rows from lines of JSON; returns how many.

    Raises:
        BackupError: the backup has columns that this version does not have.
    """
    if unknown := set(names) - set(columns(model)):
        raise BackupError(
            f"The backup has a column {min(unknown)!r} that this version does not know.",
            remedy="Restore it with the version of Entente that made it, then update.",
        )
    values = [[_read(value) for value in json.loads(line)] for line in data.splitlines()]
    objects = [model(**dict(zip(names, row, strict=True))) for row in values]
    model._base_manager.using(alias).bulk_create(objects)  # noqa: SLF001
    return len(objects)


def is_empty(alias: str) -> bool:
    """Whether a database has no rows yet, apart from those that a migration makes."""
    return not any(model._base_manager.using(alias).exists() for model in _own_tables())  # noqa: SLF001


def _own_tables() -> list[type[Model]]:
    return [model for model in tables(keys=False) if model.__module__.startswith("entente.")]


def clear_made(alias: str) -> None:
    """Delete what migrations made, so that rows of a backup take their place."""
    for model in reversed(tables(keys=False)):
        model._base_manager.using(alias).all().delete()  # noqa: SLF001


def reset_counters(alias: str) -> None:
    """Let new rows be numbered behind those that were loaded."""
    statements = connections[alias].ops.sequence_reset_sql(no_style(), tables(keys=False))
    with connections[alias].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _write(value: Any) -> Any:
    if isinstance(value, memoryview | bytes):
        return ["b", base64.b64encode(bytes(value)).decode()]
    if isinstance(value, datetime | date | time):
        return ["t" if isinstance(value, datetime) else "d" if isinstance(value, date) else "h", value.isoformat()]
    if isinstance(value, Decimal | UUID):
        return ["n" if isinstance(value, Decimal) else "u", str(value)]
    return ["j", value] if isinstance(value, dict | list) else value


def _read(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    kind, text = value
    return _READERS[kind](text)


_READERS: dict[str, Any] = {
    "b": base64.b64decode,
    "t": datetime.fromisoformat,
    "d": date.fromisoformat,
    "h": time.fromisoformat,
    "n": Decimal,
    "u": UUID,
    "j": lambda value: value,
}
