"""Nodes that are killed: each act runs in a child process, which ends itself with SIGKILL before its n-th write.

Writes are what changes the disk or the database: opening a file for writing, fsync, rename, a statement, a commit. The
files that the child had not synced when it died are then dropped or torn as chance will have it (`Disk`), as a power
cut would. SQLite's own files are left to SQLite, whose settings (WAL, synchronous FULL) a test looks at.

A `CrashNode` has the surface of the node in memory, so the same schedules run on both.
"""

from __future__ import annotations

import errno
import os
import pickle
import random
import signal
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from entente.exchange.channel_parcel import Parcel, Report
from entente.exchange.store import Message, Way
from entente.node.errors import StoreError
from entente.node.node import Node
from entente.node.services import meeting
from entente.node.store import models
from exchange_memory import Tables
from exchange_people import NOW
from ledger_toy import PowerCutError
from node_people import Office

TREES = ("blobs", "tiles", "mirror")


class Disk:
    """What of a node's files is durable, as far as the program asked for it.

    The child logs what it did; the log is read when it has ended.
    """

    def __init__(self, home: Path) -> None:
        self.home, self.log = home, home.parent / f"{home.name}.disk"
        self._contents: set[str] = set(self._files())
        self._names: set[str] = set(self._contents)
        self._pending: dict[str, set[str]] = {}

    def _files(self) -> Iterator[str]:
        for tree in TREES:
            yield from (str(path) for path in (self.home / tree).rglob("*") if path.is_file())

    def replay(self) -> None:
        """Read what the child logged."""
        if not self.log.exists():
            return
        for line in self.log.read_text(encoding="utf-8").splitlines():
            act, *paths = line.split("\t")
            if act == "sync":
                self._synced(paths[0])
            elif act == "made":
                self._made(paths[0])
            else:
                self._renamed(*paths)
        self.log.unlink()

    def _synced(self, path: str) -> None:
        if Path(path).is_dir():
            self._names |= self._pending.pop(path, set())
        else:
            self._contents.add(path)

    def _made(self, path: str) -> None:
        self._contents.discard(path)
        self._pending.setdefault(str(Path(path).parent), set()).add(path)

    def _renamed(self, old: str, new: str) -> None:
        if old in self._contents:
            self._contents.add(new)
        else:
            self._contents.discard(new)
        self._contents.discard(old)
        self._names.discard(new)
        self._pending.setdefault(str(Path(new).parent), set()).add(new)

    def cut_power(self, chance: random.Random) -> None:
        """Lose what was not synced."""
        for path in list(self._files()):
            if chance.random() < 0.5:
                continue
            if path not in self._names:
                Path(path).unlink()
            elif path not in self._contents:
                data = Path(path).read_bytes()
                Path(path).write_bytes(data[: chance.randrange(len(data) + 1)])
        self._contents = set(self._files())
        self._names = set(self._contents)
        self._pending = {}


class _Death:
    """Counts writes in the child, and ends it before the one that is due; or from there on, the disk is full."""

    def __init__(self, cut: int, log: Path, *, full: bool) -> None:
        self._left, self._log, self._full = cut, log.open("a", encoding="utf-8", buffering=1), full

    def step(self, *, file: bool = False) -> None:
        if self._left == 0 and not self._full:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._left == 0 and file:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._left -= self._left > 0

    def note(self, *what: str) -> None:
        self._log.write("\t".join(what) + "\n")
        self._log.flush()

    def install(self) -> None:
        self._files()
        self._database()

    def _files(self) -> None:
        fsync, replace, open_ = os.fsync, os.replace, os.open

        def synced(handle: int) -> None:
            path = str(Path(f"/proc/self/fd/{handle}").readlink())
            self.step(file=True)
            fsync(handle)
            self.note("sync", path)

        def replaced(old: Any, new: Any, **more: Any) -> None:
            self.step(file=True)
            self.note("rename", str(old), str(new))
            replace(old, new, **more)

        def opened(path: Any, flags: int, *more: Any, **names: Any) -> int:
            if flags & (os.O_WRONLY | os.O_RDWR):
                self.step(file=True)
                self.note("made", str(path))
            return open_(path, flags, *more, **names)

        os.fsync, os.replace, os.open = synced, replaced, opened  # pathlib calls os.replace

    def _database(self) -> None:
        commit = BaseDatabaseWrapper._commit

        def committed(wrapper: Any) -> None:
            self.step()
            commit(wrapper)
            self.step()

        def executed(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
            if not sql.lstrip().upper().startswith("SELECT"):
                self.step()
            return execute(sql, parameters, many, context)

        BaseDatabaseWrapper._commit = committed
        for connection in connections.all():
            connection.execute_wrappers.append(executed)


def apart(work: Callable[[], Any], cut: int, log: Path, *, full: bool) -> Any:
    """What `work` gives in a child process that dies before its write number `cut` (never, if below zero).

    If `full`, it does not die, but finds the disk full from there on.

    Raises:
        PowerCutError: it died.
        Exception: what it raised.
    """
    connections.close_all()
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # no thread of this process is needed in the child
        child = os.fork()
    if child == 0:
        _be_the_child(work, _Death(cut, log, full=full), writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        data = file.read()
    _, state = os.waitpid(child, 0)
    if os.WIFSIGNALED(state):
        raise PowerCutError
    good, found = pickle.loads(data)  # noqa: S301 - from our own child
    if not good:
        raise found
    return found


def _be_the_child(work: Callable[[], Any], death: _Death, writing: int) -> None:
    try:
        with os.fdopen(writing, "wb") as file:
            try:
                death.install()
                found = True, work()
            except Exception as error:  # noqa: BLE001 - the parent raises it
                found = False, error
            file.write(pickle.dumps(found))
    finally:
        os._exit(0)


@dataclass
class CrashStore:
    """What the schedules look at: the tables by channel, and which ciphertext is there."""

    node: CrashNode
    cut: int = -1

    @property
    def channels(self) -> dict[str, Tables]:
        return {name: self.node.read(name) for name in self.node.peers}

    @property
    def blobs(self) -> Any:
        return self

    @property
    def durable(self) -> set[str]:
        return self.node.office.node.parts.uow.blobs.names()


@dataclass
class CrashNode:
    """A node on a real store, in the shape of `exchange_memory.Node`."""

    office: Office
    peers: list[str]
    disk: Disk
    chance: random.Random
    clock: Callable[[], datetime] = lambda: NOW
    store: CrashStore = field(init=False)
    deaths: int = 0
    full: int = 0
    _cache: dict[str, Tables] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = CrashStore(self)
        self.node.parts = replace(self.node.parts, clock=self._now)

    def _now(self) -> datetime:
        return self.clock()

    @property
    def node(self) -> Node:
        return self.office.node

    @property
    def channels(self) -> dict[str, Any]:
        return {name: self.node.channel(name) for name in self.peers}

    def send(self, to: str) -> Message:
        content = self.office.signed(to)
        return self._act(lambda: self.node.send(content, to))

    def pack(self, to: str, **most: int) -> Parcel:
        return self._act(lambda: self.node.give(to, **most))

    def take(self, sender: str, parcel: Parcel) -> Report:
        return self._act(lambda: meeting.take_in(self.node.parts, sender, parcel, _apply))

    def _act(self, work: Callable[[], Any]) -> Any:
        self._cache.clear()
        full = self.chance.random() < 0.25
        try:
            return apart(work, self.store.cut, self.disk.log, full=full)
        except PowerCutError:
            self.deaths += 1
            self.disk.replay()
            self.disk.cut_power(self.chance)
            raise
        except StoreError:
            if not full:
                raise
            self.full += 1
            raise PowerCutError from None
        finally:
            self.disk.replay()

    def tables(self, peer: str) -> Tables:
        return self.read(peer)

    def read(self, peer: str) -> Tables:
        """The tables of a channel as they are committed; nothing is changed."""
        if peer not in self._cache:
            self._cache[peer] = self._read(peer)
        return self._cache[peer]

    def _read(self, peer: str) -> Tables:
        parts = self.node.parts
        row = models.Channel.objects.using(parts.alias).get(peer_id=peer)
        with parts.uow.transaction(row.name) as tx:
            every = (1, 1_000_000)
            messages = [row for way in Way for row in tx.messages(way, *every)]
            found = Tables(
                tx.book(),
                messages={(row.way, row.sequence): row for row in messages},
                leaves=list(tx.leaves.entries(0, tx.leaves.size())),
                mirror=list(tx.mirror.entries(0, tx.mirror.size())),
                outbox=set(tx.queued(1_000_000)),
                receipts={(way, number): data for way in Way for number, data in tx.receipts(way, *every).items()},
                applied=_applied(parts.alias, row.pk),
            )
        connections.close_all()
        return found


def prepare(alias: str) -> None:
    """A table that another room would have: what is committed with each accepted message."""
    with connections[alias].cursor() as cursor:
        cursor.execute("CREATE TABLE applied (channel BIGINT, position BIGINT, content TEXT)")


def _apply(tx: Any, opened: Any) -> None:
    with connections[tx.alias].cursor() as cursor:
        cursor.execute(
            "INSERT INTO applied (channel, position, content) VALUES (%s, %s, %s)",
            [tx.channel.pk, opened.frame.sequence, opened.content.id],
        )


def _applied(alias: str, channel: int) -> list[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT content FROM applied WHERE channel = %s ORDER BY position", [channel])
        return [content for (content,) in cursor.fetchall()]


def crash_nodes(offices: dict[str, Office], seed: int) -> dict[str, CrashNode]:
    """Paired offices as nodes that can be killed."""
    made = {}
    for name, office in offices.items():
        prepare(office.node.parts.alias)
        others = [other for other in offices if other != name]
        disk = Disk(office.node.parts.home.path)
        made[name] = CrashNode(office, others, disk, random.Random(f"{seed} {name}"))
    connections.close_all()
    return made
