"""The directory of a node: what stands where, who may read it, and who may use it at the same time.

| what | mode | in a backup |
|---|---|---|
| `config.toml`, `match.toml`, `taxii.toml` | 600 | yes |
| `keys/` | 700, files 600 | no; keep a copy of your own apart |
| `db.sqlite3` | 600 | yes, without the keys of contents |
| `blobs/` ciphertext | 700 | yes |
| `tiles/`, `mirror/` proofs, made anew from the database | 700 | no |
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from entente.exchange.keyfiles import COST
from entente.exchange.suites import Suites
from entente.node import keyring
from entente.node.config import FILE, Config, read_config, write_config
from entente.node.errors import NodeError
from entente.node.files import check_private, make_private_folder, sync_folder, write_private

RESTORING = "restoring"
"""A file that is there while a node is restored: nothing may be signed before it is gone."""
MAKING = "making"
"""A file that is there while a node is made: before it is gone, a part of the keys or tables may be missing."""


@dataclass(frozen=True, slots=True)
class Home:
    """A node's directory."""

    path: Path

    @property
    def keys(self) -> Path:
        """Private keys."""
        return self.path / "keys"

    @property
    def officers(self) -> Path:
        """Officers' key files, in the embedded default."""
        return self.keys / "officers"

    @property
    def blobs(self) -> Path:
        """Ciphertext."""
        return self.path / "blobs"

    def tiles(self, peer: str) -> Path:
        """Tiles of the log of the channel with a peer."""
        return self.path / "tiles" / peer

    def mirror(self, peer: str) -> Path:
        """Tiles of the mirror of the peer's log."""
        return self.path / "mirror" / peer

    def config(self, environ: Mapping[str, str]) -> Config:
        """The settings.

        Raises:
            NodeError: there is no node, it was not finished, its settings are not good, or others may read its
                directory.
        """
        if (self.path / MAKING).exists():
            raise NodeError(
                f"The making of the node in {self.path} was not finished.",
                remedy="Nobody knows its keys yet. Remove this directory, and make the node again: entente node init; "
                "if the database is PostgreSQL, on an empty one.",
            )
        config = read_config(self.path, environ)
        if (self.path / RESTORING).exists():
            raise NodeError(
                f"The restore into {self.path} was not finished.",
                remedy="Remove this directory, and restore again; if the database is PostgreSQL, into an empty one.",
            )
        for path in (self.path, self.keys):
            if path.exists():
                check_private(path)
        return config

    @contextmanager
    def used(self, *, alone: bool = False) -> Iterator[None]:
        """Hold the directory while something works with it; `alone` for what may not have company.

        Raises:
            NodeError: somebody works with it who cannot have company, or anybody if this one cannot.
        """
        handle = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise NodeError(
                f"Another program is working with {self.path}.",
                remedy="Stop the server and other commands of this node, then try again.",
            ) from None
        finally:
            os.close(handle)


def check_free(path: Path) -> None:
    """Return if a new node can be made in a directory.

    Raises:
        NodeError: there is something in it.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise NodeError(f"{path} is not empty.", remedy="Choose another directory for the new node, by --home.")


def create(home: Home, config: Config, suites: Suites, passphrase: bytes, now: datetime, *, cost: int = COST) -> None:
    """Make the directory of a new node, with its keys. It is no node before `finish`.

    Args:
        home: the directory; nothing may be in it yet.
        config: its settings.
        suites: what this node has.
        passphrase: opens the keys later.
        now: the beginning of the keys' life.
        cost: see `keyfiles.lock`.

    Raises:
        NodeError: there is something already.
    """
    check_free(home.path)
    make_private_folder(home.path)
    write_private(home.path / MAKING, b"")
    for folder in (home.keys, home.officers, home.blobs, home.path / "tiles", home.path / "mirror"):
        make_private_folder(folder)
    keyring.create(home.keys, config.name, config.suite, suites, passphrase, now, cost=cost)
    os.close(os.open(home.path / "db.sqlite3", os.O_WRONLY | os.O_CREAT, 0o600))  # its journals inherit the mode
    write_private(home.keys / "django-secret", secrets.token_urlsafe(48).encode())
    write_private(home.path / FILE, write_config(config).encode())


def finish(home: Home) -> None:
    """Say that a node is whole, when all of it is durable."""
    (home.path / MAKING).unlink()
    sync_folder(home.path)
