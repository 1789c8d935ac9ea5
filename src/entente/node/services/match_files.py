"""What a node keeps of a private match beside its messages: its own set and key, the auditor's copy, and marks.

    match/auditor.json     public key of the nation's own auditor
    match/RUN/escrow       sealed to that key; the node cannot open it
    match/RUN/own          the same for the node itself, under a key of its keyring, while the run lasts
    match/RUN/marks        keyed hashes of the set, to find overlaps with later ones

All of it is durable before an offer or answer is committed. A crash in between leaves files that no message names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.keyfiles import COST, lock
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.match import escrow
from entente.exchange.match.errors import EscrowError
from entente.exchange.match.escrow import Escrow
from entente.exchange.match.terms import run_name
from entente.node import keyring
from entente.node.errors import NodeError
from entente.node.files import make_private_folder, read_private, write_private
from entente.node.services.parts import Parts

_AUDITOR, _ESCROW, _OWN, _MARKS = "auditor.json", "escrow", "own", "marks"
_NONCE = 12
_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Shelf:
    """The folder `match` of a node."""

    parts: Parts

    @property
    def path(self) -> Path:
        """The folder."""
        return self.parts.home.path / "match"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One command at a time: two at once could each use what is left of a budget."""
        make_private_folder(self.path)
        handle = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def auditor(self) -> KeyRecord:
        """The public key of the nation's own auditor.

        Raises:
            NodeError: none is set.
        """
        path = self.path / _AUDITOR
        if not path.exists():
            raise NodeError(
                "There is no auditor's key, and every set is put away for the auditor before a match.",
                remedy="Have the auditor make one: entente match auditor FILE",
            )
        return KeyRecord.from_json(strict.read_object(read_private(path), limit=_LIMIT, what="auditor's key"))

    def new_auditor(self, passphrase: bytes, hand_over: Callable[[bytes], object], *, cost: int = COST) -> KeyRecord:
        """Make the auditor's key; its public part stays here.

        Args:
            passphrase: of the auditor.
            hand_over: takes the private key file; only when that is done is the key used here.
            cost: see `keyfiles.lock`.

        Raises:
            NodeError: there is one. An older escrow needs the older key, so that an auditor must say that it is kept.
        """
        path = self.path / _AUDITOR
        if path.exists():
            raise NodeError(
                "There is an auditor's key already.",
                remedy=f"To change it, keep the old private key for the old runs, then move {path} away.",
            )
        parts = self.parts
        key = keyring.new_key(parts.name, Role.SEAL, parts.config.suite, parts.suites, parts.clock())
        hand_over(lock(key, passphrase, parts.random, cost=cost))
        make_private_folder(self.path)
        write_private(path, strict.write_object(key.record.as_json()))
        return key.record

    def keep(self, put_away: Escrow, marks: bytes) -> None:
        """Put away a run's set for the auditor, and keep what the node needs."""
        folder, run = self._folder(put_away.own.run), put_away.own.run
        write_private(folder / _ESCROW, escrow.seal(put_away, self.auditor(), self.parts.suites))
        write_private(folder / _MARKS, marks)
        nonce = self.parts.random(_NONCE)
        write_private(folder / _OWN, nonce + self._cipher().encrypt(nonce, escrow.write(put_away), run.encode()))

    def own(self, run: str) -> Escrow:
        """What the node keeps of a run.

        Raises:
            EscrowError: it is not there any more, or damaged.
        """
        path = self._folder(run) / _OWN
        if not path.exists():
            raise EscrowError(
                f"The set of the run {run_name(run)} is not on this node.",
                remedy="Restore the folder `match` from a backup, or stop the run.",
            )
        data = read_private(path)
        try:
            return escrow.read(self._cipher().decrypt(data[:_NONCE], data[_NONCE:], run.encode()))
        except InvalidTag:
            raise EscrowError("The set of the run is damaged.", place=Place(file=str(path))) from None

    def marks(self, run: str) -> bytes:
        """The marks of a run's own set; none if this side put nothing in."""
        path = self._folder(run) / _MARKS
        return read_private(path) if path.exists() else b""

    def escrow(self, run: str) -> bytes | None:
        """The auditor's sealed copy of a run."""
        path = self._folder(run) / _ESCROW
        return read_private(path) if path.exists() else None

    def forget(self, run: str) -> None:
        """Delete the node's own copy of a run that is over; the auditor's stays."""
        (self._folder(run) / _OWN).unlink(missing_ok=True)

    def secret(self) -> bytes:
        """The secret of the marks: always the same for this node."""
        return self._derive(b"entente match marks 1")

    def _cipher(self) -> AESGCM:
        return AESGCM(self._derive(b"entente match own 1"))

    def _derive(self, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.parts.keys().secret)

    def _folder(self, run: str) -> Path:
        return self.path / strict.read_base64(run, what="The run", size=32).hex()
