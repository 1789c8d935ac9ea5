"""The account: every act as an entry of a log that only grows, for a national auditor.

The auditor reads it, and nothing else: entries name people of this authority, objects and digests, and no text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from entente.exchange.ledger.checkpoint import open_checkpoint, sign_checkpoint
from entente.exchange.ledger.note import KeySigner, VerifierKey
from entente.exchange.ledger.tree import EMPTY, CompactRange, TreeHead, head_of, leaf_hash
from entente.node.keyring import public_ledger_keys
from entente.node.services.desk.access_account import access_entries, access_head
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account


@dataclass(frozen=True, slots=True)
class Exported:
    """An account that was written to a folder: how many entries, and the root over them in hexadecimal."""

    entries: int
    root: str


def origin(name: str) -> str:
    """The name of the log of an authority's account."""
    return f"entente.account/{name}"


def checkpoint(parts: Parts) -> bytes:
    """Sign the account as it stands, unless that was done; the signed note. Call it by the clock, once a day.

    What was signed once stays signed: the entries under the last checkpoint must be the first ones still.

    Raises:
        KeyFileError: the node is locked.
        DeskError: entries are missing or were changed; nothing is signed.
    """
    signer = KeySigner(origin(parts.name), parts.keys().log)
    with writing(parts):
        head, last = access_head(parts.alias)
        if last and open_checkpoint(last, signer.key).head == head:
            return last
        _check_grown(parts, head, last, signer.key)
        note = sign_checkpoint(head, signer)
        desk_account.keep_checkpoint(parts.alias, note)
    return note


@use_case
def entries(parts: Parts, who: Who, start: int = 0, most: int = 200) -> Sequence[dict[str, Any]]:
    """Entries of the account from a position on, as JSON objects."""
    del who
    return [_read(data) for data in access_entries(parts.alias, start, start + most)]


@use_case
def export(parts: Parts, who: Who, folder: Path) -> Exported:
    """Write the whole account, with a checkpoint over it, to a new folder, and verify what was written.

    `entries.jsonl` holds an entry a line, exactly as it was logged; `checkpoint` is the signed note over them. Who
    exported it stands in the account, behind what was exported.

    Args:
        parts: the node, unlocked.
        who: an auditor.
        folder: a folder that is not there yet.

    Raises:
        DeskError: the folder is there, or the account is not what was signed.
    """
    if folder.exists():
        raise DeskError(f"{folder} is there already.", remedy="Name a new folder.")
    note = checkpoint(parts)
    head = open_checkpoint(note, KeySigner(origin(parts.name), parts.keys().log).key).head
    folder.mkdir(parents=True)
    (folder / "checkpoint").write_bytes(note)
    with (folder / "entries.jsonl").open("wb") as file:
        for data in access_entries(parts.alias, 0, head.size):
            file.write(data + b"\n")
    with writing(parts):
        desk_account.append(
            parts.alias, desk_account.Entry(parts.clock(), (who.name,), "export-account", more={"size": head.size})
        )
    check((folder / "entries.jsonl").read_bytes().splitlines(), head)
    return Exported(head.size, head.root.hex())


def check(lines: Iterable[bytes], head: TreeHead) -> None:
    """Return if entries are those under a checkpoint.

    Raises:
        DeskError: one is missing, was changed or was added.
    """
    if head_of(map(leaf_hash, lines)) != head:
        raise _not_signed()


def _not_signed() -> DeskError:
    return DeskError(
        "The entries of the account are not those that were signed.",
        remedy="Keep everything as it is, and have the database compared with a backup.",
    )


def _check_grown(parts: Parts, head: TreeHead, last: bytes, key: VerifierKey) -> None:
    """Return if the entries are those under the head, and the first of them those under the last checkpoint."""
    signed = open_checkpoint(last, key).head if last else EMPTY
    tree = CompactRange()
    if head.size < signed.size:
        raise _not_signed()
    for data in access_entries(parts.alias, 0, head.size):
        if tree.size == signed.size and tree.head() != signed:
            raise _not_signed()
        tree.append(leaf_hash(data))
    if tree.head() != head or (head.size == signed.size and head != signed):
        raise _not_signed()


def verify(parts: Parts) -> TreeHead:
    """Read the whole account, and compare it with its tree and with what was signed last; for the doctor.

    Raises:
        DeskError: they differ.
    """
    head, last = access_head(parts.alias)
    key = VerifierKey(origin(parts.name), public_ledger_keys(parts.home.keys)[0])
    _check_grown(parts, head, last, key)
    return head


def _read(data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(data)
    return found
