"""Content at rest, received or sent: encrypted under a key of its own for each message.

Backups of content leave the keys out. To shred a content, its key is destroyed; the sealed bytes that came are
deleted when the content is locked, because the node's sealing key could open them again. What was sent is kept in two
forms: sealed to the peer, which nobody here can open, and locked like this. So no content needs a sealing key of this
node once it is here, and a retired one can be destroyed.

A key is kept under a name: the content's id for what was taken, the frame's id for what was sent, because one content
may go to several peers.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from entente.exchange.content import Content, read_content
from entente.exchange.errors import SealError
from entente.exchange.store import Way

KEY = 32
_NONCE = 12


def key_name(way: Way, frame: str, content: str) -> str:
    """The name under which the key of a message is kept.

    Args:
        way: sent or taken.
        frame: its id.
        content: its id.
    """
    return frame if way is Way.SENT else content


def lock(content: Content, random: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """A new key, and the content under it (AES-256-GCM, bound to the content's id).

    Args:
        content: what came, or was sent.
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
