"""Entries of a log or mirror in their table. The channel's lock is held, so nobody else adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Max

from entente.node.store.models import Leaf, MirrorLeaf
from entente.node.store.rows import insert


class TableLeaves:
    """The entries of one channel in one of the two tables: a `LeafStore`.

    Args:
        alias: of the database.
        model: of the log or of the mirror.
        channel: number of the channel.
    """

    def __init__(self, alias: str, model: type[Leaf | MirrorLeaf], channel: int) -> None:
        self._alias, self._model, self._channel = alias, model, channel
        self._rows: Any = model._default_manager.using(alias).filter(channel_id=channel)  # noqa: SLF001 - Django's own
        self._size: int | None = None

    def size(self) -> int:
        """How many entries there are. The positions have no gap, so the last one says it."""
        if self._size is None:
            last = self._rows.aggregate(last=Max("position"))["last"]
            self._size = 0 if last is None else int(last) + 1
        return self._size

    def entries(self, start: int, stop: int) -> Sequence[bytes]:
        """The entries of [start, stop)."""
        if start >= stop:
            return []
        found = self._rows.filter(position__gte=start, position__lt=stop).order_by("position")
        return [bytes(entry) for entry in found.values_list("entry", flat=True)]

    def append(self, entries: Sequence[bytes]) -> int:
        """Add entries; returns the index of the first."""
        first = self.size()
        rows = [(self._channel, position, entry) for position, entry in enumerate(entries, first)]
        insert(self._alias, self._model, ("channel", "position", "entry"), rows)
        self._size = first + len(rows)
        return first

    def forget(self) -> None:
        """Count anew, after a rollback to a savepoint."""
        self._size = None
