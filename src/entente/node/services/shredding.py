"""Shredding: a content becomes unreadable here and in every backup; its place in the ledger stays.

Backups hold the ciphertext and not the keys, so that destroying the keys is what counts; the ciphertext goes as well.
Whether a content is due, and whether a legal hold goes first, is decided by who calls (`handling.disposal`). The bytes
that went out stay until they are not needed: they are sealed to the peer, and nobody here can open them.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db import transaction

from entente.exchange.atrest import key_name
from entente.exchange.store import Way
from entente.node.services.parts import Parts
from entente.node.store import models


def shred(parts: Parts, content: str) -> int:
    """Destroy what is kept of a content, sent or taken, in all channels; returns how many copies there were.

    It is a part of the transaction that is open, if one is.
    """
    shredded = 0
    with transaction.atomic(using=parts.alias):
        for name, blob in set(_copies(parts, content)):
            keys = models.ContentKey.objects.using(parts.alias).filter(content=name)
            shredded += keys.delete()[0]
            parts.uow.blobs.delete(blob)
    return shredded


def _copies(parts: Parts, content: str) -> Iterator[tuple[str, str]]:
    """The name of the key and the ciphertext of each copy."""
    rows = models.Frame.objects.using(parts.alias).filter(content=content).exclude(blob="")
    for way, frame, blob in rows.values_list("way", "frame", "blob"):
        yield key_name(Way(way), frame, content), blob
