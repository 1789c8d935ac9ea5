"""What is personal, under a key of its own for each object.

The keys stand in the table of content keys, which backups leave out (`entente.node.services.backup`): when the key of
an object is destroyed, what it says is gone from the database and from every backup. AES-256-GCM, bound to the place
where the secret stands. The digest of a state is keyed with the same key, so that nobody finds a name by guessing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.node.errors import StoreError
from entente.node.store.models import ContentKey
from entente.node.store.rows import insert

_NONCE, _KEY, _AT_ONCE = 12, 32, 500


def key_name(kind: str, name: str) -> str:
    """The name of an object's key among the content keys; no content has it."""
    return hashlib.sha256(f"entente/{kind}\n{name}".encode()).hexdigest()


def make(alias: str, kind: str, names: Sequence[str]) -> dict[str, bytes]:
    """New keys for new objects."""
    made = {name: os.urandom(_KEY) for name in names}
    insert(alias, ContentKey, ("content", "key"), [(key_name(kind, name), key) for name, key in made.items()])
    return made


def keys(alias: str, kind: str, names: Iterable[str]) -> dict[str, bytes]:
    """The keys that are there; that of an erased object is not."""
    hidden = {key_name(kind, name): name for name in names}
    found: dict[str, bytes] = {}
    wanted = list(hidden)
    for start in range(0, len(wanted), _AT_ONCE):
        rows = ContentKey.objects.using(alias).filter(content__in=wanted[start : start + _AT_ONCE])
        found |= {hidden[name]: bytes(key) for name, key in rows.values_list("content", "key")}
    return found


def destroy(alias: str, kind: str, name: str) -> bool:
    """Shred an object; whether there was a key."""
    gone, _ = ContentKey.objects.using(alias).filter(content=key_name(kind, name)).delete()
    return bool(gone)


def close(key: bytes, place: str, value: Mapping[str, Any]) -> bytes:
    """Encrypt a JSON object for its place, such as `object/3`."""
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(key).encrypt(nonce, _bytes(value), place.encode())


def open_(key: bytes, place: str, secret: bytes) -> dict[str, Any]:
    """The JSON object that `close` encrypted.

    Raises:
        StoreError: changed bytes, or another key or place.
    """
    try:
        found: dict[str, Any] = json.loads(AESGCM(key).decrypt(secret[:_NONCE], secret[_NONCE:], place.encode()))
    except (InvalidTag, ValueError):
        raise StoreError(
            f"What is stored for {place} was changed or belongs elsewhere.", remedy="Restore it from a backup."
        ) from None
    return found


def digest(key: bytes, value: Mapping[str, Any]) -> str:
    """A digest for the account: HMAC-SHA256, in hexadecimal; it says nothing once the key is gone."""
    return hmac.new(key, b"entente/account\n" + _bytes(value), hashlib.sha256).hexdigest()


def _bytes(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")
