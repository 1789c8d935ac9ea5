"""Reads of the account."""

from __future__ import annotations

from collections.abc import Iterator

from entente.exchange.ledger.tree import TreeHead
from entente.node.store import desk_account


def access_head(alias: str) -> tuple[TreeHead, bytes]:
    """Size and root, and the checkpoint that was signed last; empty bytes before the first."""
    return desk_account.head(alias)


def access_entries(alias: str, start: int, stop: int) -> Iterator[bytes]:
    """The entries of [start, stop), exactly as they were logged."""
    return desk_account.entries(alias, start, stop)
