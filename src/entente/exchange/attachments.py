"""Attachments: files too large for a message, encrypted as a stream and fetched in pieces.

The cipher is Cobblestone-256 (https://c2sp.org/chunked-encryption: AES-256-GCM in chunks of 16 KiB, bound to their
order and to the end of the stream), as pyca/cryptography implements it. Each attachment has a key of its own that
travels inside the signed and sealed content, with the digest of every piece of the ciphertext: whoever fetches checks
each piece when it comes and fetches only the missing and damaged ones again, and nothing is decrypted before all of
it is there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from entente.exchange import strict
from entente.exchange.errors import AttachmentError, MalformedError, OversizedError

PIECE = 8 * 1024 * 1024
"""Bytes of ciphertext in a piece; the last may be shorter."""

MOST = 2 * 1024 * 1024 * 1024
"""The largest plain attachment (2 GiB)."""

_CONTEXT = b"entente attachment 1"
_KEY = 32
_DIGEST = 32
_OVERHEAD = 16 * 1024 * 1024
_BLOCK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """What a content says of a file that belongs to it.

    Attributes:
        name: a file name without folders, for people.
        media: its media type, for people; nothing trusts it.
        size: bytes of the ciphertext.
        digest: SHA-256 of the plain file.
        pieces: SHA-256 of each piece of the ciphertext, in order.
        key: of the stream cipher; for this file only.
    """

    name: str
    media: str
    size: int
    digest: bytes
    pieces: tuple[bytes, ...]
    key: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """Names the ciphertext: the SHA-256 over the digests of its pieces."""
        return hashlib.sha256(b"".join(self.pieces)).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """The attachment as a JSON object in a content's header."""
        return {
            "digest": strict.write_base64(self.digest),
            "key": strict.write_base64(self.key),
            "media": self.media,
            "name": self.name,
            "pieces": [strict.write_base64(piece) for piece in self.pieces],
            "size": self.size,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Attachment:
        """An attachment from a JSON object.

        Raises:
            MalformedError: a field is wrong, the name has folders, or the pieces do not add up to the size.
            OversizedError: it is larger than 2 GiB.
        """
        name = strict.field(value, "name", str, what="attachment")
        size = strict.field(value, "size", int, what="attachment")
        pieces = strict.field(value, "pieces", list, what="attachment")
        if not name or set(name) & set("/\\\0") or name in {".", ".."}:
            raise MalformedError("The name of an attachment must not lead to another folder.")
        if size > MOST + _OVERHEAD:
            raise OversizedError("An attachment is larger than 2 GiB.")
        if size < 1 or len(pieces) != -(-size // PIECE):
            raise MalformedError("The pieces of an attachment do not add up to its size.")
        return cls(
            name=name,
            media=strict.field(value, "media", str, what="attachment"),
            size=size,
            digest=strict.read_base64(value.get("digest"), what="The digest of an attachment", size=_DIGEST),
            pieces=tuple(strict.read_base64(piece, what="The digest of a piece", size=_DIGEST) for piece in pieces),
            key=strict.read_base64(value.get("key"), what="The key of an attachment", size=_KEY),
        )

    def check_piece(self, number: int, data: bytes) -> None:
        """Return if some bytes are the piece with this number, from 0.

        Raises:
            AttachmentError: they are not, or there is no such piece.
        """
        if not 0 <= number < len(self.pieces):
            raise AttachmentError(f"{self.name} has no piece {number}.")
        if hashlib.sha256(data).digest() != self.pieces[number]:
            raise AttachmentError(f"Piece {number} of {self.name} is damaged.")

    def missing(self, have: Iterable[int]) -> tuple[int, ...]:
        """The pieces that are still to be fetched."""
        return tuple(sorted(set(range(len(self.pieces))) - set(have)))


def encrypt(
    blocks: Iterable[bytes], write: Callable[[bytes], object], *, name: str, media: str, most: int = MOST
) -> Attachment:
    """Encrypt a file of any size in bounded memory.

    Args:
        blocks: the plain bytes, in blocks.
        write: takes each piece of the ciphertext in turn.
        name: a file name, for people.
        media: its media type, for people.
        most: bytes; never more than 2 GiB.

    Raises:
        OversizedError: the file has more bytes than `most`.
    """
    key = Cobblestone256Encryptor.generate_key()
    plain = hashlib.sha256()
    pieces: list[bytes] = []
    size = 0
    for piece in _pieces(_ciphertext(key, blocks, plain, min(most, MOST))):
        write(piece)
        pieces.append(hashlib.sha256(piece).digest())
        size += len(piece)
    return Attachment(name, media, size, plain.digest(), tuple(pieces), key)


def decrypt(attachment: Attachment, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The plain bytes of an attachment, in blocks; the last comes only if all of it was right.

    Raises:
        AttachmentError: a piece is damaged, missing or one too many, or the plain bytes are others.
    """
    decryptor = Cobblestone256Decryptor(attachment.key, _CONTEXT)
    plain, count = hashlib.sha256(), 0
    try:
        for count, piece in enumerate(pieces, 1):
            attachment.check_piece(count - 1, piece)
            block = decryptor.update(piece)
            plain.update(block)
            yield block
        last = decryptor.finalize()
    except (InvalidTag, ValueError):
        raise AttachmentError(f"{attachment.name} cannot be decrypted.") from None
    plain.update(last)
    if count != len(attachment.pieces) or plain.digest() != attachment.digest:
        raise AttachmentError(f"{attachment.name} is cut short, or is another file than was signed.")
    yield last


def _ciphertext(key: bytes, blocks: Iterable[bytes], plain: Any, most: int) -> Iterator[bytes]:
    encryptor = Cobblestone256Encryptor(key, _CONTEXT)
    size = 0
    for block in blocks:
        size += len(block)
        if size > most:
            raise OversizedError(
                f"An attachment is larger than {most} bytes.", remedy="Split it, or hand it over on a medium."
            )
        plain.update(block)
        yield encryptor.update(block)
    yield encryptor.finalize()


def _pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)
