"""Ciphertext in files, durable before the commit that names it.

All that a transaction puts goes into one file, a *pack*, which is synced once: syncing a file for each ciphertext costs
more than sealing it. A pack is named by its SHA-256 and never grows:

    8 bytes  "ENTPACK" and the version 1
    for each ciphertext: 8 bytes of length, big-endian, and the ciphertext

The table `Ciphertext` says where each one stands; it could be made anew from the packs. Every ciphertext that is read
is hashed, so that neither a damaged pack nor a wrong row goes unseen. A pack that no row names is left from a crash.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.db import transaction

from entente.exchange.content import is_id
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import digest as digest_of
from entente.node.files import sync_folder
from entente.node.store.models import Ciphertext
from entente.node.store.rows import insert

MAGIC = b"ENTPACK\x01"
TEMPORARY = ".new"
_LENGTH = 8
_AT_ONCE = 128
"""Places that are looked up with one question."""


class FileBlobs:
    """The ciphertext of one node.

    Args:
        root: folder of the packs: `ab/abcdef…`; made with its 256 folders if they are missing.
        alias: of the database.
    """

    def __init__(self, root: Path, alias: str) -> None:
        self._root, self._alias = root, alias
        self._local = threading.local()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (root / "ff").is_dir():
            _make_folders(root)

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest. They are durable at return; between `begin` and `end`, at `settle`."""
        return self.put_all([data])[0]

    def put_all(self, items: Sequence[bytes]) -> Sequence[str]:
        """The same for many at once."""
        names = [digest_of(data) for data in items]
        waiting = self._waiting()
        if waiting is not None:
            waiting |= zip(names, items, strict=True)
            return names
        with transaction.atomic(using=self._alias):
            self._write(dict(zip(names, items, strict=True)))
        return names

    def begin(self) -> None:
        """From now on, in this thread, what is put is gathered."""
        self._local.waiting = {}

    def settle(self) -> None:
        """Write what was gathered; the pack is durable at return, its rows with the transaction that is open.

        Raises:
            OSError: it could not be written, for example because the disk is full.
        """
        self._write(self._local.waiting)
        self._local.waiting = {}

    def end(self) -> None:
        """Gather no more; what was not settled is forgotten."""
        self._local.waiting = None

    def _waiting(self) -> dict[str, bytes] | None:
        found: dict[str, bytes] | None = getattr(self._local, "waiting", None)
        return found

    def has(self, digest: str) -> bool:
        """Whether the bytes of a digest are there."""
        return digest in (self._waiting() or {}) or self._row(digest) is not None

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            ExchangeError: they are not there, or are damaged.
        """
        return self._read(digest, self._row(digest))

    def get_all(self, digests: Sequence[str]) -> Iterator[bytes]:
        """The bytes of many digests in their order, each read when it is asked for.

        Raises:
            ExchangeError: as `get`, for the first that is not there.
        """
        for start in range(0, len(digests), _AT_ONCE):
            part = digests[start : start + _AT_ONCE]
            rows = {row.digest: row for row in self._rows().filter(digest__in=part)}
            yield from (self._read(digest, rows.get(digest)) for digest in part)

    def _read(self, digest: str, row: Ciphertext | None) -> bytes:
        if digest in (waiting := self._waiting() or {}):
            return bytes(waiting[digest])
        if row is None:
            raise _gone(f"The ciphertext {digest[:16]} is missing.")
        try:
            with self.path(row.pack).open("rb") as file:
                data = os.pread(file.fileno(), row.size, row.start)
        except FileNotFoundError:
            raise _gone(f"The pack {row.pack[:16]} is missing.") from None
        if digest_of(data) != digest:
            raise _gone(f"The ciphertext {digest[:16]} is damaged.")
        return data

    def delete(self, digest: str) -> None:
        """Forget a ciphertext, and overwrite it when the transaction that is open is committed.

        What a disk or file system keeps of overwritten bytes, nobody can promise: what must be unreadable is sealed
        under a key that is destroyed. What a crash right after the commit leaves is overwritten by `sweep`.
        """
        row = self._row(digest)
        if row is not None:
            pack = row.pack
            row.delete(using=self._alias)
            transaction.on_commit(lambda: self._shred(pack), using=self._alias)

    def _shred(self, pack: str) -> bool:
        """Overwrite what no row names in a pack, or remove it; returns whether anything was to be done."""
        path, rows = self.path(pack), self._rows().filter(pack=pack).order_by("start")
        spans = list(rows.values_list("start", "size"))
        if not path.exists():
            return False
        if not spans:
            path.unlink()
            sync_folder(path.parent)
            return True
        with path.open("r+b", buffering=0) as file:
            found = [_zero(file.fileno(), start, stop) for start, stop in _gaps(spans, path.stat().st_size)]
            os.fsync(file.fileno())
        return any(found)

    def names(self) -> set[str]:
        """The digests of all that is there, as the table has it."""
        return set(self._rows().values_list("digest", flat=True))

    def packs(self) -> set[str]:
        """The names of all packs on the disk."""
        return {path.name for path in self._root.glob("[0-9a-f][0-9a-f]/*") if is_id(path.name)}

    def named_packs(self) -> set[str]:
        """The names of all packs that the table needs."""
        return set(self._rows().values_list("pack", flat=True).distinct())

    def sweep(self) -> int:
        """Remove packs that no row names, and overwrite what no row names in others; returns how many were touched.

        Only while nothing else works with the node: a pack that is being written has no row yet.
        """
        named = self.named_packs()
        left = [path for path in self._root.glob("[0-9a-f][0-9a-f]/*") if path.name not in named]
        for path in left:
            path.unlink()
        for folder in {path.parent for path in left}:
            sync_folder(folder)
        return len(left) + sum(self._shred(pack) for pack in sorted(named))

    def damaged(self) -> Iterator[str]:
        """The digests of ciphertext that is missing or is not what its digest says."""
        for digest in sorted(self.names()):
            try:
                self.get(digest)
            except ExchangeError:
                yield digest

    def write_pack(self, name: str, data: bytes) -> None:
        """Put a pack from a backup into its place; its rows come from there too."""
        _write_file(self.path(name), data)

    def _rows(self) -> Any:
        return Ciphertext.objects.using(self._alias)

    def _row(self, digest: str) -> Ciphertext | None:
        row: Ciphertext | None = self._rows().filter(digest=digest).first()
        return row

    def path(self, pack: str) -> Path:
        """Where a pack is."""
        if not is_id(pack):
            raise _gone(f"{pack[:70]!r} is no pack.")
        return self._root / pack[:2] / pack

    def _write(self, items: dict[str, bytes]) -> None:
        if not items:
            return
        parts, rows, at = [MAGIC], [], len(MAGIC)
        for name, data in items.items():
            parts += [len(data).to_bytes(_LENGTH, "big"), data]
            rows.append((name, at + _LENGTH, len(data)))
            at += _LENGTH + len(data)
        whole = b"".join(parts)
        pack = digest_of(whole)
        _write_file(self.path(pack), whole)
        columns = ("digest", "start", "size", "pack")
        insert(self._alias, Ciphertext, columns, [(*row, pack) for row in rows], over="digest")


def _gaps(spans: Sequence[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Between the ciphertexts of a pack; each span has its length before it, and the pack begins with `MAGIC`."""
    at = len(MAGIC)
    for start, length in spans:
        if start - _LENGTH > at:
            yield at, start - _LENGTH
        at = start + length
    if at < size:
        yield at, size


def _zero(handle: int, start: int, stop: int) -> bool:
    """Overwrite a range with zeros; returns whether it was anything else."""
    zeros = bytes(stop - start)
    if os.pread(handle, stop - start, start) == zeros:
        return False
    os.pwrite(handle, zeros, start)
    return True


def _write_file(path: Path, data: bytes) -> None:
    """Write a pack under its own name: nothing names it before it is synced, and a torn one is seen by its hashes."""
    if path.exists():  # left from a crash, or the same bytes once more: never touch what a row may name
        new = path.with_name(f"{path.name}.{secrets.token_hex(4)}{TEMPORARY}")
        _write_new(new, data)
        new.replace(path)
    else:
        _write_new(path, data)
    sync_folder(path.parent)


def _write_new(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        os.fsync(file.fileno())


def _make_folders(root: Path) -> None:
    for number in range(256):
        (root / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
    sync_folder(root)


def _gone(message: str) -> ExchangeError:
    return ExchangeError(message, remedy="Restore the folder of ciphertext from a backup, then run the doctor.")
