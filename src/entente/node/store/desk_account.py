"""The account: an RFC 6962 log of every act, in the database, grown under the desk's lock.

The row of `AccountHead` is the lock of all that the desk writes. Who takes it has locked every channel that it needs
before, so that nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.exchange import strict
from entente.exchange.ledger.tree import HASH_SIZE, CompactRange, TreeHead, leaf_hash
from entente.node.store.desk_models import AccountHead, AccountLeaf

_ONLY = 1
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """What the account says of an act.

    Attributes:
        at: when, UTC.
        actor: who; two names for two people, a peer's name with its message, or nobody for the node itself.
        act: what was done, as `service` or `machine/command`.
        object: to what.
        purpose: what for, as a word of `purposes`.
        before, after: keyed digests of the object; empty where there is none.
        more: other facts without personal data.
    """

    at: datetime
    actor: tuple[str, ...]
    act: str
    object: str = ""
    purpose: str = ""
    before: str = ""
    after: str = ""
    more: Mapping[str, Any] | None = None

    def encode(self, position: int) -> bytes:
        """The bytes that are logged."""
        value: dict[str, Any] = {"v": 1, "position": position, "at": strict.write_moment(self.at)}
        value |= {"actor": list(self.actor), "act": self.act, "object": self.object, "purpose": self.purpose}
        value |= {"before": self.before, "after": self.after, "more": dict(self.more or {})}
        return strict.write_object(value)


def lock(alias: str) -> AccountHead:
    """The head, locked until the transaction ends: nothing else of the desk is written meanwhile."""
    AccountHead.objects.using(alias).get_or_create(pk=_ONLY)
    return AccountHead.objects.using(alias).select_for_update().get(pk=_ONLY)


def append(alias: str, entry: Entry) -> int:
    """Add an entry; returns its position."""
    head = lock(alias)
    tree = CompactRange(head.size, _peaks(bytes(head.peaks)))
    data = entry.encode(head.size)
    tree.append(leaf_hash(data))
    AccountLeaf.objects.using(alias).create(
        position=head.size,
        entry=data,
        at=entry.at,
        actor=" + ".join(entry.actor),
        act=entry.act,
        object=entry.object,
    )
    AccountHead.objects.using(alias).filter(pk=_ONLY).update(size=tree.size, peaks=b"".join(tree.peaks))
    return head.size


def head(alias: str) -> tuple[TreeHead, bytes]:
    """Size and root over the account, and the checkpoint that was signed last; empty bytes before the first."""
    row = AccountHead.objects.using(alias).filter(pk=_ONLY).first()
    if row is None:
        return CompactRange().head(), b""
    return CompactRange(row.size, _peaks(bytes(row.peaks))).head(), bytes(row.checkpoint)


def keep_checkpoint(alias: str, checkpoint: bytes) -> None:
    """Keep a signed checkpoint."""
    AccountHead.objects.using(alias).filter(pk=_ONLY).update(checkpoint=checkpoint)


def entries(alias: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The entries of [start, stop), in order."""
    rows = AccountLeaf.objects.using(alias).filter(position__gte=start).order_by("position")
    rows = rows if stop is None else rows.filter(position__lt=stop)
    for entry in rows.values_list("entry", flat=True).iterator(chunk_size=_AT_ONCE):
        yield bytes(entry)


def _peaks(data: bytes) -> list[bytes]:
    return [data[start : start + HASH_SIZE] for start in range(0, len(data), HASH_SIZE)]
