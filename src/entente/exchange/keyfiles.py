"""Private keys at rest and in memory.

A key file is JSON: the public record in the clear, and the private key under AES-256-GCM with a key that scrypt makes
of a passphrase or of a file's bytes. The record is authenticated with it, so a private key cannot be put under
another record. scrypt and not Argon2id, because the OpenSSL of today's long-lived distributions has no Argon2.

Nothing here prints, logs or pickles a private key. Python cannot promise to wipe memory; a process that may be dumped
holds its keys in the clear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from entente.exchange import strict
from entente.exchange.errors import KeyFileError
from entente.exchange.keys import KeyRecord

_TYPE = "entente-private-key"
COST = 17
"""scrypt's N as a power of two (128 MiB, about half a second)."""

_COSTS = range(10, 21)
_SALT = 32
_NONCE = 12
_LIMIT = 64 * 1024


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A private key with its public record. Its text form shows the record's id and nothing else."""

    record: KeyRecord
    secret: bytes = field(repr=False)

    def __repr__(self) -> str:
        return f"PrivateKey({self.record.id[:16]}, {self.record.role.value}, secret redacted)"

    def __reduce__(self) -> NoReturn:
        raise KeyFileError("A private key cannot be pickled.", remedy="Write it to a key file with a passphrase.")


def lock(key: PrivateKey, passphrase: bytes, random: Callable[[int], bytes], *, cost: int = COST) -> bytes:
    """The bytes of a key file.

    Args:
        key: what is written.
        passphrase: UTF-8 of a passphrase, or the bytes of a file; never empty.
        random: gives so many random bytes, such as `os.urandom`.
        cost: power of two for scrypt.
    """
    salt, nonce = random(_SALT), random(_NONCE)
    cipher = AESGCM(_derive(passphrase, salt, cost))
    sealed = cipher.encrypt(nonce, key.secret, strict.write_object(key.record.as_json()))
    return strict.write_object(
        {
            "cost": cost,
            "nonce": strict.write_base64(nonce),
            "private": strict.write_base64(sealed),
            "record": key.record.as_json(),
            "salt": strict.write_base64(salt),
            "type": _TYPE,
            "v": 1,
        }
    )


def unlock(data: bytes, passphrase: bytes) -> PrivateKey:
    """The private key in a key file.

    Raises:
        KeyFileError: no key file, another passphrase, or damage.
        MalformedError: the file is not strict.
    """
    value = strict.read_object(data, limit=_LIMIT, what="key file")
    if value.get("type") != _TYPE or value.get("v") != 1 or value.get("cost") not in _COSTS:
        raise KeyFileError("This is no key file of a known version.")
    record = KeyRecord.from_json(strict.field(value, "record", dict, what="key file"))
    salt = strict.read_base64(value.get("salt"), what="The salt", size=_SALT)
    nonce = strict.read_base64(value.get("nonce"), what="The nonce", size=_NONCE)
    sealed = strict.read_base64(value.get("private"), what="The private key")
    try:
        cipher = AESGCM(_derive(passphrase, salt, value["cost"]))
        return PrivateKey(record, cipher.decrypt(nonce, sealed, strict.write_object(record.as_json())))
    except InvalidTag:
        raise KeyFileError("The key file cannot be opened with this passphrase, or it is damaged.") from None


def _derive(passphrase: bytes, salt: bytes, cost: int) -> bytes:
    if not passphrase:
        raise KeyFileError("A private key is never written or read without a passphrase.")
    return Scrypt(salt=salt, length=32, n=2**cost, r=8, p=1).derive(passphrase)
