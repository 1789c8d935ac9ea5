"""Logs and keys for tests of the ledger, a slow tree, and a disk that loses what was not synced."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from entente.exchange.ledger.checkpoint import sign_checkpoint
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.note import COSIGNATURE, ED25519, KeySigner
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import EMPTY_ROOT, TreeHead, leaf_hash, node_hash

ORIGIN = "log.entente.example/us-dea/cn-nncc"


def signer(name: str = ORIGIN, kind: int = ED25519) -> KeySigner:
    """A key that follows from its name."""
    seed = random.Random(f"{name} {kind}").randbytes(32)
    return KeySigner(name, Ed25519PrivateKey.from_private_bytes(seed), kind)


def witness(name: str) -> KeySigner:
    return signer(name, COSIGNATURE)


def entries(count: int, salt: str = "") -> list[bytes]:
    return [f"entry {salt}{number}".encode() for number in range(count)]


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    half = largest_below(len(leaves))
    return node_hash(slow_root(leaves[:half]), slow_root(leaves[half:]))


def slow_path(index: int, leaves: Sequence[bytes]) -> tuple[bytes, ...]:
    """RFC 6962, section 2.1.1, word for word."""
    if len(leaves) == 1:
        return ()
    half = largest_below(len(leaves))
    if index < half:
        return (*slow_path(index, leaves[:half]), slow_root(leaves[half:]))
    return (*slow_path(index - half, leaves[half:]), slow_root(leaves[:half]))


def slow_consistency(first: int, leaves: Sequence[bytes], *, known: bool = True) -> tuple[bytes, ...]:
    """RFC 6962, section 2.1.2, word for word (SUBPROOF)."""
    if first == len(leaves):
        return () if known else (slow_root(leaves),)
    half = largest_below(len(leaves))
    if first <= half:
        return (*slow_consistency(first, leaves[:half], known=known), slow_root(leaves[half:]))
    return (*slow_consistency(first - half, leaves[half:], known=False), slow_root(leaves[:half]))


def largest_below(count: int) -> int:
    half = 1
    while half * 2 < count:
        half *= 2
    return half


def slow_head(items: Sequence[bytes]) -> TreeHead:
    return TreeHead(len(items), slow_root([leaf_hash(item) for item in items]))


class MemoryFiles:
    """Files in a dictionary, and a hook that is called before each step."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.content: dict[str, bytes] = {}
        self._before = before

    def read(self, path: str) -> bytes | None:
        return self.content.get(path)

    def save(self, contents: Mapping[str, bytes]) -> None:
        for path, data in contents.items():
            self._before()
            self.content[path] = data
            self._before()

    def make_folders(self, folders: Iterable[str]) -> set[str]:  # noqa: ARG002 -- a dictionary has no folders
        return set()

    def rename(self, pairs: Iterable[tuple[str, str]]) -> None:
        for old, new in pairs:
            self._before()
            self.content[new] = self.content.pop(old)

    def sync_folders(self, folders: Iterable[str]) -> None:
        for _ in folders:
            self._before()

    def remove_folder(self, folder: str) -> None:
        self._before()
        for path in [path for path in self.content if path.startswith(folder + "/")]:
            del self.content[path]


class PowerCutError(Exception):
    """The machine stops here."""


class SimulatedDisk:
    """Files of which only what was synced survives; the rest survives, is lost or is torn as chance will have it.

    Contents and names are synced apart, as on a real file system. A power cut comes before step `stop`.
    """

    def __init__(self, stop: int = -1) -> None:
        self.stop, self.steps = stop, 0
        self._live: dict[str, list] = {}  # name -> [content, content is synced]
        self._durable: dict[str, list] = {}  # names that survive for certain
        self._pending: dict[str, set[str]] = {}  # folder -> names changed since its last sync

    def _step(self) -> None:
        if self.steps == self.stop:
            raise PowerCutError
        self.steps += 1

    def read(self, path: str) -> bytes | None:
        found = self._live.get(path)
        return None if found is None else found[0]

    def save(self, contents: Mapping[str, bytes]) -> None:
        for path, data in contents.items():
            self._step()
            self._live[path] = [data, False]
            self._touch(path)
        for path in contents:
            self._step()
            self._live[path][1] = True

    def make_folders(self, folders: Iterable[str]) -> set[str]:  # noqa: ARG002 -- a dictionary has no folders
        return set()

    def rename(self, pairs: Iterable[tuple[str, str]]) -> None:
        for old, new in pairs:
            self._step()
            self._live[new] = self._live.pop(old)
            self._touch(old)
            self._touch(new)

    def sync_folders(self, folders: Iterable[str]) -> None:
        for folder in folders:
            self._step()
            for name in self._pending.pop(folder, ()):
                self._settle(name)

    def _settle(self, name: str) -> None:
        if name in self._live:
            self._durable[name] = self._live[name]
        else:
            self._durable.pop(name, None)

    def remove_folder(self, folder: str) -> None:
        for path in [path for path in self._live if path.startswith(folder + "/")]:
            self._step()
            del self._live[path]
            self._touch(path)

    def _touch(self, path: str) -> None:
        self._pending.setdefault(path.rpartition("/")[0], set()).add(path)

    def after_power_cut(self, chance: random.Random) -> SimulatedDisk:
        """The disk after the restart."""
        for name in self._pending_names():
            if chance.random() < 0.5:
                self._settle(name)
        new = SimulatedDisk()
        for name, (data, synced) in self._durable.items():
            new._live[name] = [data if synced else _torn(data, chance), True]
        new._durable = dict(new._live)
        return new

    def _pending_names(self) -> Iterator[str]:
        return (name for folder in sorted(self._pending) for name in sorted(self._pending[folder]))


def _torn(data: bytes, chance: random.Random) -> bytes:
    kept = chance.randrange(len(data) + 1)
    return chance.choice([data, data[:kept], data[:kept] + bytes(len(data) - kept)])


def log_of(items: Sequence[bytes]) -> TileLog:
    log = TileLog(MemoryFiles(), MemoryLeaves(items))
    log.index()
    return log


def note_of(items: Sequence[bytes], key: KeySigner | None = None) -> bytes:
    """The checkpoint of a log of these entries."""
    return sign_checkpoint(log_of(items).head(), key or signer())
