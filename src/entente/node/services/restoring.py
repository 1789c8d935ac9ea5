"""Restore of a node from a backup, into a directory of its own, verified before anything else.

Verified are: every entry of every log against the last head that was signed, every mirror against the last checkpoint
that was seen, and every ciphertext against its digest. Then all logs are marked as restored: they sign nothing until
every peer has shown what it saw (`entente.exchange.channel_restore`), because no backup knows what was signed after it.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.db import transaction
from django.db.models import Model

from entente.exchange.channel_restore import begin
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.errors import LedgerError
from entente.exchange.ledger.leaves import LeafStore
from entente.exchange.ledger.restore import Signing
from entente.exchange.ledger.tree import TreeHead, head_of, leaf_hash
from entente.exchange.suites import Suites
from entente.node import archive, keyring
from entente.node.config import FILE, Config, check_config, write_config
from entente.node.errors import BackupError
from entente.node.files import make_private_folder, write_private
from entente.node.home import RESTORING, Home, check_free
from entente.node.node import Node
from entente.node.services import peers
from entente.node.services.backup import FORMAT, SETTINGS
from entente.node.services.parts import Parts
from entente.node.store import database, dump, models

_ROWS = re.compile(r"rows/([a-z_]+\.[a-z_]+)/\d{8}")
_SPAN = 10_000
_PACK = re.compile(r"packs/([0-9a-f]{64})")


@dataclass
class Restored:
    """What was restored.

    Attributes:
        name: the authority.
        rows: by table.
        packs: of ciphertext.
        entries: of this node's logs, verified.
        awaited: peers that must answer before the node signs.
    """

    name: str
    rows: dict[str, int] = field(default_factory=dict)
    packs: int = 0
    entries: int = 0
    awaited: list[str] = field(default_factory=list)


def restore(
    file: Path,
    home: Home,
    keys: Path,
    passphrase: bytes,
    suites: Suites,
    clock: Callable[[], datetime],
    *,
    keys_file: Path | None = None,
    url: str | None = None,
) -> Restored:
    """Restore a node.

    Args:
        file: the backup.
        home: a directory that is not there, or is empty.
        keys: a copy of the node's folder of private keys.
        passphrase: opens them.
        suites: what this node has.
        clock: gives now.
        keys_file: the keys of received contents, if there is such a file.
        url: another database; an empty one.

    Raises:
        BackupError: not a backup of the node with these keys, damaged, or not what was signed.
        NodeError: the directory or the database is not empty.
    """
    check_free(home.path)
    secret = keyring.open_secret(keys, passphrase)
    make_private_folder(home.path)
    write_private(home.path / RESTORING, b"")
    _copy_keys(keys, home)
    with archive.reading(file, secret) as members:
        loading = _Loading(members, "node")
        config = loading.config()
        config = config if url is None else replace(config, database=url)
        write_private(home.path / FILE, write_config(config).encode())
        node = Node(home, config, clock, keyring.load(home.keys, suites, passphrase), suites)
        _make_empty(node.parts)
        result = loading.load(node.parts)
    if keys_file is not None:
        with archive.reading(keys_file, secret) as members:
            _Loading(members, "keys").load(node.parts)
    _verify(node.parts, result)
    _mark(node.parts, result)
    (home.path / RESTORING).unlink()
    return result


def _copy_keys(keys: Path, home: Home) -> None:
    shutil.copytree(keys, home.keys)
    for path in (home.keys, *home.keys.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    for folder in (home.officers, home.blobs, home.path / "tiles", home.path / "mirror"):
        make_private_folder(folder)


def _make_empty(parts: Parts) -> None:
    database.migrate(parts.alias)
    if not dump.is_empty(parts.alias):
        raise BackupError("The database is not empty.", remedy="Name an empty one by --database.")


class _Loading:
    """One archive, read from its beginning to its end."""

    def __init__(self, members: Iterator[tuple[str, IO[bytes]]], kind: str) -> None:
        self._members = members
        self._manifest = self._json("manifest.json")
        if self._manifest.get("format") != FORMAT or self._manifest.get("kind") != kind:
            raise BackupError(
                f"This is no backup of the kind {kind!r} in a version that is known.", remedy="Name the other file."
            )

    def _next(self, name: str) -> bytes:
        found, file = next(self._members, ("", None))
        if found != name or file is None:
            raise BackupError(f"The backup lacks {name}.", remedy="Use another copy of the backup.")
        return file.read()

    def _json(self, name: str) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self._next(name))
        return value

    def config(self) -> Config:
        """The settings in it."""
        return check_config(tomllib.loads(self._next(FILE).decode()), FILE)

    def load(self, parts: Parts) -> Restored:
        """Load all rows in one transaction, and write all packs."""
        columns, by_label = dict(self._manifest["tables"]), _models()
        if unknown := sorted(set(columns) - set(by_label)):
            raise BackupError(
                f"The backup has a table {unknown[0]!r} that this version does not know.",
                remedy="Restore it with the version of Entente that made it, then update.",
            )
        result = Restored(self._manifest["name"], dict.fromkeys(columns, 0))
        with transaction.atomic(using=parts.alias):
            if self._manifest["kind"] == "node":
                dump.clear_made(parts.alias)
            end = self._rows_and_packs(parts, columns, by_label, result)
            dump.reset_counters(parts.alias)
            gone = end.pop("gone", []) if isinstance(end, dict) else []
            if end != {"rows": result.rows, "packs": result.packs}:
                raise BackupError("The backup holds less than it says.", remedy="Use another copy of the backup.")
            for digest in gone:
                parts.uow.blobs.delete(digest)
        return result

    def _rows_and_packs(
        self, parts: Parts, columns: Mapping[str, list[str]], by_label: Mapping[str, type[Model]], result: Restored
    ) -> Any:
        for name, file in self._members:
            if match := _ROWS.fullmatch(name):
                label = match[1]
                result.rows[label] += dump.load(parts.alias, by_label[label], columns[label], file.read())
            elif match := _PACK.fullmatch(name):
                parts.uow.blobs.write_pack(match[1], file.read())
                result.packs += 1
            elif name in SETTINGS:
                write_private(parts.home.path / name, file.read())
            elif name == "end.json":
                return json.loads(file.read())
            else:
                raise BackupError(f"A backup has no member {name[:80]!r}.", remedy="Use another copy of the backup.")
        return None


def _models() -> dict[str, type[Model]]:
    every = dump.tables(keys=False) + dump.tables(keys=True)
    return {model._meta.label_lower: model for model in every}  # noqa: SLF001


def _verify(parts: Parts, result: Restored) -> None:
    if result.name != parts.keys().owner or parts.config.name != result.name:
        raise BackupError("The backup is of another node than the keys.", remedy="Use the keys of the same node.")
    for damaged in parts.uow.blobs.damaged():
        raise BackupError(
            f"The ciphertext {damaged[:16]} is not in the backup, or damaged.", remedy="Use another copy."
        )
    for row in models.Channel.objects.using(parts.alias).order_by("name"):
        with parts.uow.transaction(row.name) as tx:
            result.entries += _verify_logs(parts, tx, row.peer_id)


def _verify_logs(parts: Parts, tx: Any, peer: str) -> int:
    book, size = tx.book(), tx.leaves.size()
    if isinstance(book.ledger, Signing):
        head = book.ledger.head
        if size < head.size or _head(tx.leaves, head.size) != head:
            raise _not_signed(f"this node's log of the channel with {peer}")
    if book.seen is not None:
        try:
            seen = open_checkpoint(book.seen, peers.log_key(parts, peer)).head
        except LedgerError:
            raise _not_signed(f"what {peer} has shown") from None
        if _head(tx.mirror, seen.size) != seen:
            raise _not_signed(f"the mirror of the log of {peer}")
    return int(size)


def _head(leaves: LeafStore, size: int) -> TreeHead:
    spans = ((start, min(start + _SPAN, size)) for start in range(0, size, _SPAN))
    return head_of(leaf_hash(entry) for span in spans for entry in leaves.entries(*span))


def _not_signed(what: str) -> BackupError:
    return BackupError(
        f"The entries in the backup are not those that were signed: {what}.",
        remedy="Use an older backup, or another copy of this one.",
    )


def _mark(parts: Parts, result: Restored) -> None:
    confirmed = [peer.card.name for peer in peers.all_peers(parts) if peer.state == "confirmed"]
    begin(parts.uow, [peers.channel(parts, name) for name in confirmed])
    result.awaited = confirmed
