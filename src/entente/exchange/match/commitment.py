"""What binds a side to its set before the run, and hides it: a Merkle root over salted keys, in their order.

    salt i   = HMAC-SHA-256(seed, i), i as 8 bytes, big-endian
    entry i  = HMAC-SHA-256(salt i, key i)
    commitment = SHA-256("entente match set 1" NUL kind "/" edition NUL fold NUL size, 8 bytes, root of RFC 6962)

It stands in the signed offer or answer, so it is in the ledger before the other side gives anything. Whoever has the
seed and the keys can show that a run used this set; one entry can be opened without the others.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

from entente.exchange import strict
from entente.exchange.ledger.tree import head_of

SEED = 32
_TAG = b"entente match set 1\0"


def commit(seed: bytes, kind: str, edition: int, fold: str, keys: Sequence[str]) -> str:
    """The commitment in base64.

    Args:
        seed: 32 random bytes, for this set and run only.
        kind: of the keys.
        edition: of the kind.
        fold: id of the normaliser.
        keys: in their order.
    """
    root = head_of(entry(seed, place, key) for place, key in enumerate(keys)).root
    head = f"{kind}/{edition}\0{fold}\0".encode() + len(keys).to_bytes(8, "big")
    return strict.write_base64(hashlib.sha256(_TAG + head + root).digest())


def entry(seed: bytes, place: int, key: str) -> bytes:
    """The salted key at a place."""
    salt = hmac.digest(seed, place.to_bytes(8, "big"), "sha256")
    return hmac.digest(salt, key.encode(), "sha256")
