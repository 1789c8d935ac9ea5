"""Received content at rest: encrypted again at once, each under a key of its own.

Backups of content leave the keys out. To shred a content, its key is destroyed; the sealed bytes that came are
deleted when the content is locked, because the node's sealing key could open them again.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.exchange.content import Content, read_content
from entente.exchange.errors import SealError

KEY = 32
_NONCE = 12


def lock(content: Content, random: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """A new key, and the content under it (AES-256-GCM, bound to the content's id).

    Args:
        content: what came.
        random: gives so many random bytes, such as `os.urandom`.
    """
    key, nonce = random(KEY), random(_NONCE)
    return key, nonce + AESGCM(key).encrypt(nonce, content.envelope.as_bytes(), bytes.fromhex(content.id))


def unlock(key: bytes, blob: bytes, content_id: str) -> Content:
    """The content that was locked.

    Raises:
        SealError: another key or id, or changed bytes.
    """
    try:
        plain = AESGCM(key).decrypt(blob[:_NONCE], blob[_NONCE:], bytes.fromhex(content_id))
    except (InvalidTag, ValueError):
        raise SealError(
            "A stored content cannot be opened.", remedy="Restore it from a backup, or ask for it again."
        ) from None
    return read_content(plain)
