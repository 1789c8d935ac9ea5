"""Databases for nodes in tests: files of SQLite, or databases that the suite makes on a PostgreSQL server."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from entente.node.boot import boot
from entente.node.store import database

SERVER = "postgresql://postgres@127.0.0.1:5432"
Urls = Callable[[str], str]


def sqlite(_: str) -> str:
    """In the node's own directory."""
    return ""


def is_postgres_there() -> bool:
    try:
        psycopg.connect(f"{SERVER}/postgres", connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def template() -> Iterator[str]:
    """The name of a database with all tables, from which others are copied."""
    boot()
    name = _new()
    database.migrate(_alias(f"{SERVER}/{name}"))
    database.close(_alias(f"{SERVER}/{name}"))
    try:
        yield name
    finally:
        _drop(name)


@contextmanager
def postgres(copied: str) -> Iterator[Urls]:
    """Gives each node a database of its own; all are dropped at the end."""
    made: list[str] = []

    def url(_: str) -> str:
        made.append(_new(copied))
        return f"{SERVER}/{made[-1]}"

    try:
        yield url
    finally:
        for name in made:
            database.close(_alias(f"{SERVER}/{name}"))
            _drop(name)


def _alias(url: str) -> str:
    from pathlib import Path

    return database.register(database.settings_of(url, Path()))


def _new(copied: str = "template0") -> str:
    name = f"entente_test_{secrets.token_hex(6)}"
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {copied}")
    return name


def _drop(name: str) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
