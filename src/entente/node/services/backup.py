"""Backup of a node at work: one moment of the database, and the ciphertext that it names, in one encrypted file.

The keys of contents are left out, so that a content that is shredded later is not kept by its backups. They go
into a file of their own if one is named: keep it apart, and only for a short time. Private keys are in neither.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entente import __version__
from entente.node import archive
from entente.node.config import FILE, write_config
from entente.node.errors import BackupError
from entente.node.services import match_policy
from entente.node.services.parts import Parts
from entente.node.store import database, dump
from entente.node.store.models import Ciphertext
from entente.node.taxii import access

_AT_ONCE = 500
FORMAT = "entente.node-backup/1"
SETTINGS = (match_policy.FILE, access.FILE)
"""Files beside the settings that a person writes; a node has them or not."""


@dataclass(frozen=True, slots=True)
class Backup:
    """What was backed up: rows by table, and packs of ciphertext."""

    rows: dict[str, int]
    packs: int


def backup(parts: Parts, file: Path, keys_file: Path | None = None) -> Backup:
    """Write a backup.

    Args:
        parts: the node, unlocked; it may be at work meanwhile.
        file: a file that is not there yet.
        keys_file: another one, for the keys of contents.

    Raises:
        BackupError: a file is there already or cannot be written, or ciphertext is missing.
    """
    settings = database.settings_of(parts.config.database, parts.home.path)
    secret = parts.keys().secret
    with dump.snapshot(settings) as alias:
        if keys_file is not None:
            with archive.writing(keys_file, secret) as target:
                _rows(parts, alias, target, keys=True)
        with archive.writing(file, secret) as target:
            counts = _rows(parts, alias, target, keys=False)
            packs = sum(1 for _ in _packs(parts, alias, target))
            end = {"rows": counts, "packs": packs, "gone": list(_gone(parts, alias))}
            target.add("end.json", json.dumps(end).encode())
    return Backup(counts, packs)


def _rows(parts: Parts, alias: str, target: archive.Archive, *, keys: bool) -> dict[str, int]:
    models = dump.tables(keys=keys)
    manifest = {
        "format": FORMAT,
        "kind": "keys" if keys else "node",
        "name": parts.name,
        "made": parts.clock().isoformat(),
        "version": __version__,
        "tables": [[model._meta.label_lower, dump.columns(model)] for model in models],  # noqa: SLF001
    }
    target.add("manifest.json", json.dumps(manifest).encode())
    if not keys:
        target.add(FILE, write_config(parts.config).encode())
        for name in SETTINGS:
            if (parts.home.path / name).is_file():
                target.add(name, (parts.home.path / name).read_bytes())
    counts = {}
    for model in models:
        label, count = model._meta.label_lower, 0  # noqa: SLF001
        for number, data in enumerate(dump.rows(alias, model)):
            target.add(f"rows/{label}/{number:08d}", data)
            count += data.count(b"\n")
        counts[label] = count
    if keys:
        target.add("end.json", json.dumps({"rows": counts, "packs": 0, "gone": []}).encode())
    return counts


def _packs(parts: Parts, alias: str, target: archive.Archive) -> Iterator[str]:
    """A pack that is gone was deleted since the snapshot, if nothing names it now."""
    names = Ciphertext.objects.using(alias).order_by("pack").values_list("pack", flat=True).distinct()
    for pack in names.iterator(chunk_size=2000):
        try:
            target.add_file(f"packs/{pack}", parts.uow.blobs.path(pack))
        except FileNotFoundError:
            if Ciphertext.objects.using(parts.alias).filter(pack=pack).exists():
                raise BackupError(
                    f"The pack {pack[:16]} is missing.", remedy="Run the doctor: entente node doctor"
                ) from None
        else:
            yield pack


def _gone(parts: Parts, alias: str) -> Iterator[str]:
    """Ciphertext that was deleted since the snapshot; the packs may have been copied before or after."""
    digests = Ciphertext.objects.using(alias).order_by("digest").values_list("digest", flat=True)
    live = Ciphertext.objects.using(parts.alias)
    some: list[str] = []
    for digest in digests.iterator(chunk_size=2000):
        some.append(digest)
        if len(some) == _AT_ONCE:
            yield from _missing(live, some)
            some = []
    yield from _missing(live, some)


def _missing(live: Any, some: list[str]) -> list[str]:
    there = set(live.filter(digest__in=some).values_list("digest", flat=True))
    return [digest for digest in some if digest not in there]
