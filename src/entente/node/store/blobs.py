"""Ciphertext as files named by their SHA-256, durable before the commit that names them.

Inside a transaction of the unit of work, `put` begins to write at once, on other threads, and the commit waits for
all of them (`settle`): many files are synced together, which costs a journal a fraction of syncing each alone.
"""

from __future__ import annotations

import os
import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from entente.exchange.content import is_id
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import digest as digest_of

TEMPORARY = ".new"
_AT_ONCE = 32


class _Pool:
    """The threads that write. A forked process has none of them, and makes its own."""

    def __init__(self) -> None:
        self.renew()
        os.register_at_fork(after_in_child=self.renew)

    def renew(self) -> None:
        self.threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="blobs")


_POOL = _Pool()


class FileBlobs:
    """Ciphertext below a folder: `ab/abcdef…`.

    Args:
        root: the folder; made with its 256 folders if they are missing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._local = threading.local()
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not (root / "ff").is_dir():
            _make_folders(root)

    def put(self, data: bytes) -> str:
        """Keep bytes and return their digest. They are durable at return; between `begin` and `end`, at `settle`."""
        name = digest_of(data)
        waiting: dict[str, tuple[bytes, Future[None]]] | None = getattr(self._local, "waiting", None)
        if waiting is None:
            self._write(name, data)
            _sync_folder(self._path(name).parent)
        elif name not in waiting:
            waiting[name] = data, _POOL.threads.submit(self._write, name, data)
        return name

    def put_all(self, items: Sequence[bytes]) -> Sequence[str]:
        """The same for many at once."""
        if getattr(self._local, "waiting", None) is not None:
            return [self.put(data) for data in items]
        self.begin()
        try:
            names = [self.put(data) for data in items]
            self.settle()
        finally:
            self.end()
        return names

    def has(self, digest: str) -> bool:
        """Whether the bytes of a digest are there."""
        return digest in (getattr(self._local, "waiting", None) or {}) or self._path(digest).is_file()

    def begin(self) -> None:
        """From now on, in this thread, `put` does not wait."""
        self._local.waiting = {}

    def settle(self) -> None:
        """Return when all that was put since `begin` is durable.

        Raises:
            OSError: a file could not be written, for example because the disk is full.
        """
        waiting: dict[str, tuple[bytes, Future[None]]] = self._local.waiting
        for _, done in waiting.values():
            done.result()
        list(_POOL.threads.map(_sync_folder, sorted({self._path(name).parent for name in waiting})))
        waiting.clear()

    def end(self) -> None:
        """`put` waits again. What was put and not settled is left to the disk; nothing names it."""
        waiting: dict[str, tuple[bytes, Future[None]]] = self._local.waiting
        self._local.waiting = None
        for _, done in waiting.values():
            done.exception()

    def get(self, digest: str) -> bytes:
        """The bytes of a digest.

        Raises:
            ExchangeError: they are not there, or are damaged.
        """
        waiting = getattr(self._local, "waiting", None) or {}
        if digest in waiting:
            return bytes(waiting[digest][0])
        try:
            data = self._path(digest).read_bytes()
        except FileNotFoundError:
            raise _gone(f"The ciphertext {digest[:16]} is missing.") from None
        if digest_of(data) != digest:
            raise _gone(f"The ciphertext {digest[:16]} is damaged.")
        return data

    def names(self) -> set[str]:
        """The digests of all files that are there."""
        return {path.name for path in self._root.glob("[0-9a-f][0-9a-f]/*") if is_id(path.name)}

    def delete(self, name: str) -> None:
        """Remove a ciphertext; nothing happens if it is not there."""
        self._path(name).unlink(missing_ok=True)
        _sync_folder(self._path(name).parent)

    def _path(self, name: str) -> Path:
        if not is_id(name):
            raise _gone(f"{name[:70]!r} is no digest.")
        return self._root / name[:2] / name

    def _write(self, name: str, data: bytes) -> None:
        path = self._path(name)
        new = path.with_name(f"{name}.{secrets.token_hex(4)}{TEMPORARY}")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb", buffering=0) as file:
            left = memoryview(data)
            while left:
                left = left[file.write(left) :]
            os.fsync(file.fileno())
        new.replace(path)


def _make_folders(root: Path) -> None:
    for number in range(256):
        (root / f"{number:02x}").mkdir(mode=0o700, exist_ok=True)
    _sync_folder(root)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _gone(message: str) -> ExchangeError:
    return ExchangeError(message, remedy="Restore the folder of ciphertext from a backup, then run the doctor.")
