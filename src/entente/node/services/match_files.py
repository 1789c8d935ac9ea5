"""What a node keeps of a private match beside its messages: its own set and key, the auditor's copy, and marks.

| kind | what |
|---|---|
| `auditor` | public key of the nation's own auditor; of no run |
| `escrow` | key, seed and set of a run, sealed to that key; the node cannot open it |
| `own` | the same for the node itself, under a key of its keyring, while the run lasts |
| `marks` | keyed hashes of the set, to find overlaps with later ones |
| `counts` | what the run counts for in budgets, for the day when its messages cannot be read any more |

They are rows of the node's database, so that its backups hold them. All of a run are durable before its offer or
answer is committed; a crash in between leaves papers that no message names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.db import models, transaction

from entente.exchange import strict
from entente.exchange.keyfiles import COST, lock
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.match import escrow
from entente.exchange.match.controls import Past
from entente.exchange.match.errors import EscrowError
from entente.exchange.match.escrow import Escrow
from entente.exchange.match.terms import run_name
from entente.node import keyring
from entente.node.errors import NodeError
from entente.node.services.parts import Parts
from entente.node.store.models import MatchPaper

_AUDITOR, _ESCROW, _OWN, _MARKS, _COUNTS = "auditor", "escrow", "own", "marks", "counts"
_NONCE = 12
_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class Shelf:
    """The papers of a node's matches."""

    parts: Parts

    @contextmanager
    def alone(self) -> Iterator[None]:
        """One command at a time: two at once could each use what is left of a budget."""
        handle = os.open(self.parts.home.path / ".match.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
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
        data = self._read("", _AUDITOR)
        if data is None:
            raise NodeError(
                "There is no auditor's key, and every set is put away for the auditor before a match.",
                remedy="Have the auditor make one: entente match auditor FILE",
            )
        return KeyRecord.from_json(strict.read_object(data, limit=_LIMIT, what="auditor's key"))

    def new_auditor(
        self, passphrase: bytes, hand_over: Callable[[bytes], object], *, replace: bool = False, cost: int = COST
    ) -> KeyRecord:
        """Make the auditor's key; its public part stays here.

        Args:
            passphrase: of the auditor.
            hand_over: takes the private key file; only when that is done is the key used here.
            replace: whether it takes the place of an earlier one, which still opens the earlier escrows.
            cost: see `keyfiles.lock`.

        Raises:
            NodeError: there is one, and it is not to be replaced.
        """
        if not replace and self._read("", _AUDITOR) is not None:
            raise NodeError(
                "There is an auditor's key already.",
                remedy="If it is lost, or the auditor is another, give --replace. Keep the old one for the old runs.",
            )
        parts = self.parts
        key = keyring.new_key(parts.name, Role.SEAL, parts.config.suite, parts.suites, parts.clock())
        hand_over(lock(key, passphrase, parts.random, cost=cost))
        self._write("", _AUDITOR, strict.write_object(key.record.as_json()))
        return key.record

    def keep(self, put_away: Escrow, past: Past) -> None:
        """Put away a run's set for the auditor, and keep what the node needs."""
        run = put_away.own.run
        nonce = self.parts.random(_NONCE)
        own = nonce + self._cipher().encrypt(nonce, escrow.write(put_away), run.encode())
        with transaction.atomic(using=self.parts.alias):
            self._write(run, _ESCROW, escrow.seal(put_away, self.auditor(), self.parts.suites))
            self._write(run, _MARKS, past.marks or b"")
            self._write(run, _COUNTS, _write_past(past))
            self._write(run, _OWN, own)

    def own(self, run: str) -> Escrow:
        """What the node keeps of a run.

        Raises:
            EscrowError: it is not there any more, or damaged.
        """
        data = self._read(run, _OWN)
        if data is None:
            raise EscrowError(
                f"The set of the run {run_name(run)} is not on this node.",
                remedy="It came back from a backup that is older than the run. Stop the run, and make a new one.",
            )
        try:
            return escrow.read(self._cipher().decrypt(data[:_NONCE], data[_NONCE:], run.encode()))
        except InvalidTag:
            raise EscrowError(f"The set of the run {run_name(run)} is damaged.") from None

    def marks(self, run: str) -> bytes | None:
        """The marks of a run's own set; None if they are lost."""
        return self._read(run, _MARKS)

    def counts(self) -> Iterator[Past]:
        """What each run of this node counted for when it put its set in, with its marks."""
        for row in self._rows().filter(kind=_COUNTS).order_by("pk"):
            past = _read_past(bytes(row.data))
            yield replace(past, marks=self.marks(past.run))

    def runs(self) -> list[str]:
        """The ids of all runs into which this node put a set, or was about to."""
        rows = self._rows().filter(kind=_ESCROW).order_by("pk").values_list("run", flat=True)
        return [strict.write_base64(bytes.fromhex(run)) for run in rows]

    def escrow(self, run: str) -> bytes | None:
        """The auditor's sealed copy of a run."""
        return self._read(run, _ESCROW)

    def forget(self, run: str) -> None:
        """Delete the node's own copy of a run that is over; the auditor's stays."""
        self._rows().filter(run=_hex(run), kind=_OWN).delete()

    def secret(self) -> bytes:
        """The secret of the marks: always the same for this node."""
        return self._derive(b"entente match marks 1")

    def _cipher(self) -> AESGCM:
        return AESGCM(self._derive(b"entente match own 1"))

    def _derive(self, info: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(self.parts.keys().secret)

    def _rows(self) -> models.QuerySet[MatchPaper]:
        return MatchPaper.objects.using(self.parts.alias)

    def _read(self, run: str, kind: str) -> bytes | None:
        row = self._rows().filter(run=_hex(run), kind=kind).first()
        return None if row is None else bytes(row.data)

    def _write(self, run: str, kind: str, data: bytes) -> None:
        self._rows().update_or_create(run=_hex(run), kind=kind, defaults={"data": data})


def _write_past(past: Past) -> bytes:
    return strict.write_object(
        {
            "at": strict.write_moment(past.at),
            "kind": past.kind,
            "other": past.other,
            "own": past.own,
            "peer": past.peer,
            "purpose": past.purpose,
            "run": past.run,
        }
    )


def _read_past(data: bytes) -> Past:
    value = strict.read_object(data, limit=_LIMIT, what="counts of a run")
    return Past(**{**value, "at": strict.read_moment(value["at"], what="at")})


def _hex(run: str) -> str:
    return strict.read_base64(run, what="The run", size=32).hex() if run else ""
