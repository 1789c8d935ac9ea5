"""The committed entries of a log, in their order. The database is the truth; tiles follow from it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Protocol


class LeafStore(Protocol):
    """Where committed entries are read. An entry that was once read at an index never changes."""

    def size(self) -> int:
        """How many entries are committed; they have the indices from 0 without a gap."""
        ...

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """The entries of [start, stop), which are all committed."""
        ...


class MemoryLeaves:
    """Entries in memory, for tests."""

    def __init__(self, entries: Sequence[bytes] = ()) -> None:
        self._entries = list(entries)

    def append(self, entries: Sequence[bytes]) -> None:
        """Commit entries."""
        self._entries += entries

    def size(self) -> int:
        """How many entries are committed."""
        return len(self._entries)

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """The entries of [start, stop)."""
        return self._entries[start:stop]


class SqliteLeaves:
    """Entries in one SQLite table; `append` returns when they are durable.

    Args:
        connection: opened by the caller, who also decides how durable a commit is (WAL with synchronous FULL).
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("CREATE TABLE IF NOT EXISTS leaf (position INTEGER PRIMARY KEY, entry BLOB NOT NULL)")
        connection.commit()

    def append(self, entries: Sequence[bytes]) -> None:
        """Commit entries behind those that are there, all or none."""
        with self._connection:
            rows = enumerate(entries, self.size())
            self._connection.executemany("INSERT INTO leaf (position, entry) VALUES (?, ?)", rows)

    def size(self) -> int:
        """How many entries are committed."""
        found = self._connection.execute("SELECT coalesce(max(position) + 1, 0) FROM leaf").fetchone()
        return int(found[0])

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """The entries of [start, stop)."""
        query = "SELECT entry FROM leaf WHERE position >= ? AND position < ? ORDER BY position"
        return [row[0] for row in self._connection.execute(query, (start, stop))]
