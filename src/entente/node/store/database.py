"""Database addresses, and connections to them.

Django's settings are one for a process, and name one database. A process that holds several nodes (tests, a
simulation, a restore into another place) registers each node's database under an alias of its own; everything in the
store names its alias, and never relies on the default one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from entente.node.errors import NodeError, StoreError

BUSY_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

_PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"


def settings_of(url: str, home: Path) -> dict[str, Any]:
    """Django's settings of a database.

    Args:
        url: `postgresql://user@host:5432/name?sslmode=verify-full`, `sqlite:///absolute/path`, or empty for
            `db.sqlite3` in the node's directory.
        home: the node's directory.

    Raises:
        NodeError: another kind of database, or no name.
    """
    parts = urlsplit(url)
    if not url or parts.scheme == "sqlite":
        return _sqlite(Path(unquote(parts.path)) if url else home / "db.sqlite3")
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise NodeError(
            f"No database has the address {_without_password(url)!r}.",
            remedy="Write sqlite:////path/db.sqlite3 or postgresql://user@host:5432/name.",
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.strip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": BUSY_SECONDS, "init_command": _PRAGMAS},
    }


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def register(settings: dict[str, Any]) -> str:
    """The alias of a database in this process; a new one if these settings have none yet."""
    from django.db import connections
    from django.db.utils import DEFAULT_DB_ALIAS

    default = connections.databases[DEFAULT_DB_ALIAS]
    if all(default.get(key) == value for key, value in settings.items()):
        return DEFAULT_DB_ALIAS
    alias = "node-" + hashlib.sha256(repr(sorted(settings.items(), key=str)).encode()).hexdigest()[:16]
    if alias not in connections.databases:
        full: Callable[[dict[str, Any]], dict[str, Any]] = connections.configure_settings
        connections.databases[alias] = full({DEFAULT_DB_ALIAS: {}, alias: dict(settings)})[alias]
    return alias


def migrate(alias: str) -> None:
    """Make or bring up to date all tables; killed at any point, it goes on from there when it is called again."""
    from entente.node.store import migrating

    migrating.migrate(alias)


def missing_migrations(alias: str) -> list[str]:
    """Names of the migrations that a database still needs."""
    from django.db import OperationalError, connections
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connections[alias])
    except OperationalError as error:
        raise StoreError(
            f"The database cannot be reached ({' '.join(str(error).split())}).",
            remedy="See that it runs, and look at `database` in config.toml.",
        ) from error
    return [f"{step.app_label}.{step.name}" for step, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def is_postgres(alias: str) -> bool:
    """Whether it is PostgreSQL; else it is SQLite."""
    from django.db import connections

    return connections[alias].vendor == "postgresql"


def close(alias: str) -> None:
    """Close this thread's connection."""
    from django.db import connections

    connections[alias].close()


def forget(alias: str) -> None:
    """Close this thread's connection, and forget a database that was registered for a while."""
    from django.db import connections

    close(alias)
    if alias in connections.databases and alias.startswith("node-"):
        del connections[alias]
        del connections.databases[alias]
