"""The private keys of a node at rest and in memory.

The passphrase opens one file, `unlock.json`; the 32 random bytes in it open the others. So a passphrase is stretched
once and changed in one place. Every file has the format of `entente.exchange.keyfiles`.

| file | key |
|---|---|
| `unlock.json` | opens the others |
| `node-….json` | signs frames; several over time |
| `seal-….json` | opens what is sealed to this node; several over time, deleted when they are destroyed |
| `log.json` | signs checkpoints of this node's logs, contacts and rejections |
| `witness.json` | signs that a checkpoint of a peer was seen |
| `officers/NAME.json` | an officer's own, under the officer's own passphrase |
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from entente.exchange.errors import KeyFileError
from entente.exchange.keyfiles import COST, PrivateKey, lock, unlock
from entente.exchange.keys import SKEW, KeyRecord, Role
from entente.exchange.ledger.note import COSIGNATURE, KeySigner
from entente.exchange.parties import NodeKey, SealingKey, load_sealing, load_signing
from entente.exchange.suites import Suites
from entente.node.errors import NodeError
from entente.node.files import read_private, sync_folder, write_private

LIFE = timedelta(days=730)
"""How long a new key is valid."""
_INNER_COST = 10  # the secret is 32 random bytes; nothing is gained by stretching it
_UNLOCK, _LOG, _WITNESS = "unlock", "log", "witness"
_SECRET = 32


@dataclass(frozen=True, slots=True)
class Keyring:
    """The private keys of a node, loaded.

    Attributes:
        owner: the authority.
        signing: keys that sign frames, by the id of their record.
        sealing: keys that open, by the id of their record.
        log, witness: raw Ed25519 keys of the ledger.
        secret: what opens the key files.
        files: the key files that were loaded.
    """

    owner: str
    signing: Mapping[str, NodeKey]
    sealing: Mapping[str, SealingKey]
    log: Ed25519PrivateKey = field(repr=False)
    witness: Ed25519PrivateKey = field(repr=False)
    secret: bytes = field(repr=False)
    files: frozenset[str]

    def log_signer(self, origin: str) -> KeySigner:
        """Signs as one log of this node."""
        return KeySigner(origin, self.log)

    def cosigner(self) -> KeySigner:
        """Signs that a checkpoint was seen."""
        return KeySigner(witness_name(self.owner), self.witness, COSIGNATURE)


def witness_name(owner: str) -> str:
    """The name under which an authority cosigns."""
    return f"entente.witness/{owner}"


def create(
    folder: Path, owner: str, suite: str, suites: Suites, passphrase: bytes, now: datetime, *, cost: int = COST
) -> None:
    """Make all keys of a new node.

    Args:
        folder: where they go.
        owner: the authority.
        suite: of the node's keys.
        suites: what this node has.
        passphrase: opens them later.
        now: the beginning of their life.
        cost: see `keyfiles.lock`.

    Raises:
        NodeError: there are keys already.
    """
    if _path(folder, _UNLOCK).exists():
        raise NodeError(f"There are keys in {folder} already.", remedy="Keep them. Use another directory.")
    secret = os.urandom(_SECRET)
    record = _record("Unlock", owner, hashlib.sha256(secret).digest(), now)
    write_private(_path(folder, _UNLOCK), lock(PrivateKey(record, secret), passphrase, os.urandom, cost=cost))
    for name in (_LOG, _WITNESS):
        key = Ed25519PrivateKey.generate()
        record = _record("Ledger", owner, key.public_key().public_bytes_raw(), now)
        _write(folder, name, PrivateKey(record, key.private_bytes_raw()), secret)
    for role in (Role.NODE, Role.SEAL):
        add(folder, secret, new_key(owner, role, suite, suites, now))


def new_key(owner: str, role: Role, suite: str, suites: Suites, now: datetime, holder: str = "") -> PrivateKey:
    """A new private key, valid from now on."""
    made = suites.get(suite, suites.names())
    private = made.new_sealing_key() if role is Role.SEAL else made.new_signing_key()
    public = made.opener(private).public if role is Role.SEAL else made.signer(private).public
    start = now.replace(microsecond=0) - SKEW  # a peer whose clock is behind uses it at once
    return PrivateKey(KeyRecord(suite, role, owner, holder, public, start, start + LIFE), private)


def add(folder: Path, secret: bytes, key: PrivateKey) -> None:
    """Write one more key of the node."""
    _write(folder, _file(key.record), key, secret)


def _file(record: KeyRecord) -> str:
    return f"{record.role.value}-{record.id[:16]}"


def destroy(folder: Path, record: KeyRecord) -> None:
    """Overwrite and remove the private part of a key of the node. What a disk keeps of it, nobody can promise."""
    path = _path(folder, _file(record))
    with path.open("r+b", buffering=0) as file:
        file.write(bytes(path.stat().st_size))
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(folder)


def open_secret(folder: Path, passphrase: bytes) -> bytes:
    """What opens the other files.

    Raises:
        KeyFileError: another passphrase, or damage.
    """
    return unlock(read_private(_path(folder, _UNLOCK)), passphrase).secret


def change_passphrase(folder: Path, old: bytes, new: bytes) -> None:
    """Open with another passphrase from now on."""
    key = unlock(read_private(_path(folder, _UNLOCK)), old)
    write_private(_path(folder, _UNLOCK), lock(key, new, os.urandom, cost=COST))


def load(folder: Path, suites: Suites, passphrase: bytes) -> Keyring:
    """All keys of a node.

    Raises:
        KeyFileError: another passphrase, damage, or keys of different authorities.
        NodeError: a file is missing or readable by others.
    """
    return _load(folder, suites, open_secret(folder, passphrase), _files(folder))


def fresh(ring: Keyring, folder: Path, suites: Suites) -> Keyring:
    """The keys as they are on the disk now: another process may have made a new one, or destroyed an old one."""
    files = _files(folder)
    return ring if files == ring.files else _again(folder, suites, ring.secret, files)


def _files(folder: Path) -> frozenset[str]:
    return frozenset(path.name for role in (Role.NODE, Role.SEAL) for path in folder.glob(f"{role.value}-*.json"))


def _load(folder: Path, suites: Suites, secret: bytes, files: frozenset[str]) -> Keyring:
    log, witness = (_open(folder, name, secret) for name in (_LOG, _WITNESS))
    signing = [load_signing(key, suites) for key in _all(folder, Role.NODE, secret)]
    sealing = [load_sealing(key, suites) for key in _all(folder, Role.SEAL, secret)]
    records = [log.record, witness.record, *(key.record for key in signing), *(key.record for key in sealing)]
    owners = {record.owner for record in records}
    if len(owners) != 1:
        raise KeyFileError("The key files are of different authorities.")
    return Keyring(
        owner=owners.pop(),
        signing={key.record.id: key for key in signing},
        sealing={key.record.id: key for key in sealing},
        log=Ed25519PrivateKey.from_private_bytes(log.secret),
        witness=Ed25519PrivateKey.from_private_bytes(witness.secret),
        secret=secret,
        files=files,
    )


_again = lru_cache(maxsize=64)(_load)


def public_ledger_keys(folder: Path) -> tuple[bytes, bytes]:
    """The public keys of log and witness; no passphrase is needed."""
    log, witness = (_public(_path(folder, name)) for name in (_LOG, _WITNESS))
    return log, witness


def public_records(folder: Path) -> tuple[KeyRecord, ...]:
    """The records of the node's own keys, oldest first; no passphrase is needed."""
    paths = [path for role in (Role.NODE, Role.SEAL) for path in folder.glob(f"{role.value}-*.json")]
    records = [record_in(path) for path in paths]
    return tuple(sorted(records, key=lambda record: (record.start, record.role.value)))


def record_in(path: Path) -> KeyRecord:
    """The public record in a key file; no passphrase is needed."""
    from entente.exchange import strict

    value = strict.read_object(read_private(path), limit=64 * 1024, what="key file")
    return KeyRecord.from_json(strict.field(value, "record", dict, what="key file"))


def _public(path: Path) -> bytes:
    return record_in(path).public


def _all(folder: Path, role: Role, secret: bytes) -> Iterable[PrivateKey]:
    paths = sorted(folder.glob(f"{role.value}-*.json"))
    if not paths:
        raise NodeError(f"There is no key for {role.value} in {folder}.", remedy="Restore the folder of keys.")
    return [unlock(read_private(path), secret) for path in paths]


def _open(folder: Path, name: str, secret: bytes) -> PrivateKey:
    return unlock(read_private(_path(folder, name)), secret)


def _write(folder: Path, name: str, key: PrivateKey, secret: bytes) -> None:
    write_private(_path(folder, name), lock(key, secret, os.urandom, cost=_INNER_COST))


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.json"


def _record(suite: str, owner: str, public: bytes, now: datetime) -> KeyRecord:
    """A record for a key that is never pinned as one that signs frames: no suite has this name."""
    start = now.replace(microsecond=0)
    return KeyRecord(suite, Role.NODE, owner, "", public, start, start + 50 * LIFE)
