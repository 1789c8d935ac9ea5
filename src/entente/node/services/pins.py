"""Public keys that are pinned, for every authority and for this one, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import lru_cache

from django.db import transaction
from django.db.models import Max

from entente.exchange import strict
from entente.exchange.keys import KeyHistory, KeyRecord, KeyState
from entente.node.store.models import PinnedKey


def history(alias: str, owner: str) -> KeyHistory:
    """All keys of an authority, in the order in which they were pinned."""
    rows = PinnedKey.objects.using(alias).filter(owner=owner).order_by("position")
    return KeyHistory(owner, (KeyState(_record(bytes(row.record)), row.retired, row.compromised) for row in rows))


def store(alias: str, new: KeyHistory) -> None:
    """Keep a history that grew out of the one that is stored; nothing in it is ever taken back."""
    old = {state.record.id: state for state in history(alias, new.owner)}
    with transaction.atomic(using=alias):
        for state in new:
            if state.record.id not in old:
                _add(alias, state)
            elif state != old[state.record.id]:
                rows = PinnedKey.objects.using(alias).filter(owner=new.owner, key=state.record.id)
                rows.update(retired=state.retired, compromised=state.compromised)


def pin(alias: str, owner: str, records: Iterable[KeyRecord]) -> None:
    """Pin more keys of an authority."""
    grown = history(alias, owner)
    for record in records:
        grown = grown.with_added(record)
    store(alias, grown)


def retire_others(alias: str, owner: str, kept: Collection[str], at: datetime) -> None:
    """Use no key of an authority any more but some: it pairs again, and says with which keys."""
    known = history(alias, owner)
    for state in list(known):
        if state.record.id not in kept:
            known = known.with_retired(state.record.id, at)
    store(alias, known)


def _add(alias: str, state: KeyState) -> None:
    rows = PinnedKey.objects.using(alias)
    last = rows.filter(owner=state.record.owner).aggregate(last=Max("position"))["last"]
    rows.create(
        owner=state.record.owner,
        position=0 if last is None else last + 1,
        key=state.record.id,
        record=strict.write_object(state.record.as_json()),
        retired=state.retired,
        compromised=state.compromised,
    )


@lru_cache(maxsize=4096)
def _record(data: bytes) -> KeyRecord:
    return KeyRecord.from_json(strict.read_object(data, limit=64 * 1024, what="key record"))
