"""Signed notes of C2SP signed-note, with two kinds of key: Ed25519 (0x01) and cosignature/v1 (0x04).

A note is a text and signature lines, byte for byte as they came. Lines of unknown keys are kept and say nothing. A
line of a known key must verify, or the whole note is refused. Stricter than the standard, so that a note has one
spelling: base64 must be canonical, and a key may stand under a note once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from entente.exchange import strict
from entente.exchange.errors import MalformedError
from entente.exchange.ledger.errors import NoteError

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_NOTE = 512 * 1024  # bytes; a post-quantum signature takes 5 kB
MAX_SIGNATURES = 64  # signed-note asks for at least 16
MAX_TIME = 2**63 - 1
_DASH = "— ".encode()
_ID_BYTES = 4


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name.

    Args:
        name: without spaces and plus signs; for a log, its origin.
        public: the 32 bytes of RFC 8032.
        kind: ED25519 or COSIGNATURE.
    """

    name: str
    public: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.public) != 32 or self.kind not in {ED25519, COSIGNATURE}:
            raise NoteError(f"The key {self.name[:80]!r} is malformed.", remedy="Ask for the key again.")

    @property
    def key_id(self) -> bytes:
        """Four bytes that name the key on a signature line; no fingerprint."""
        named = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(named).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{strict.write_base64(bytes([self.kind]) + self.public)}"


def parse_key(text: str) -> VerifierKey:
    """The key in a `name+id+key` text."""
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    try:
        data = strict.read_base64(encoded, what="key", size=33)
    except MalformedError:
        raise NoteError(f"The key {name[:80]!r} is malformed.", remedy="Ask for the key again.") from None
    key = VerifierKey(name, data[1:], data[0])
    if key.key_id.hex() != key_id:
        raise NoteError(f"The id of the key {name[:80]!r} does not fit the key.", remedy="Ask for the key again.")
    return key


def is_name(name: str) -> bool:
    """Whether a text can name a key."""
    return bool(name) and "+" not in name and not any(ch.isspace() or ch < " " for ch in name) and _encodes(name)


def _encodes(text: str) -> bool:
    return not any("\ud800" <= ch <= "\udfff" for ch in text)


class Signer(Protocol):
    """Whoever can sign under a name; the private key stays there."""

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature."""
        ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A signer with the private key in memory."""

    name: str
    private: Ed25519PrivateKey
    kind: int = ED25519

    @property
    def key(self) -> VerifierKey:
        """The public key."""
        return VerifierKey(self.name, self.private.public_key().public_bytes_raw(), self.kind)

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of an Ed25519 signature."""
        return self.private.sign(message)


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line under a note: key name, key id (4 bytes), and what the key made."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> bytes:
        """The line, with its newline."""
        return f"— {self.name} {strict.write_base64(self.key_id + self.signature)}\n".encode()


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its last newline) and the lines under it."""

    text: bytes
    lines: tuple[SignatureLine, ...]

    def encode(self) -> bytes:
        """The note as bytes; of a parsed note, the bytes it was parsed from."""
        return self.text + b"\n" + b"".join(line.encode() for line in self.lines)

    def line_of(self, key: VerifierKey) -> SignatureLine | None:
        """The line of a key, verified or not."""
        return next((line for line in self.lines if (line.name, line.key_id) == (key.name, key.key_id)), None)


def parse_note(data: bytes) -> Note:
    """The parts of a note; nothing is verified."""
    if len(data) > MAX_NOTE:
        raise _malformed("it is too long")
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise _malformed("it is not UTF-8") from None
    if any(ch < " " and ch != "\n" for ch in text):
        raise _malformed("it has control characters")
    body, gap, below = data.rpartition(b"\n\n")
    if not gap or not below.endswith(b"\n"):
        raise _malformed("the signatures are missing or cut off")
    return Note(body + b"\n", _parse_lines(below[:-1].split(b"\n")))


def _parse_lines(raw: list[bytes]) -> tuple[SignatureLine, ...]:
    if len(raw) > MAX_SIGNATURES:
        raise _malformed(f"it has more than {MAX_SIGNATURES} signatures")
    lines = tuple(_parse_line(line) for line in raw)
    if len({(line.name, line.key_id) for line in lines}) != len(lines):
        raise _malformed("a key stands under it twice")
    return lines


def _parse_line(raw: bytes) -> SignatureLine:
    name, gap, encoded = raw.removeprefix(_DASH).decode().partition(" ")
    if not raw.startswith(_DASH) or not gap or not is_name(name):
        raise _malformed("a signature line is malformed")
    try:
        data = strict.read_base64(encoded, what="signature line")
    except MalformedError:
        raise _malformed("a signature line is not base64") from None
    if len(data) <= _ID_BYTES:
        raise _malformed("a signature is empty")
    return SignatureLine(name, data[:_ID_BYTES], data[_ID_BYTES:])


def _malformed(why: str) -> NoteError:
    return NoteError(f"The note is malformed: {why}.")


def verify_note(note: Note, keys: Iterable[VerifierKey]) -> Mapping[VerifierKey, int | None]:
    """Which of the known keys signed, with the time for a cosignature (seconds since 1970).

    Raises:
        NoteError: a line of a known key does not verify, or two known keys cannot be told apart.
    """
    known = tuple(dict.fromkeys(keys))
    if len({(key.name, key.key_id) for key in known}) != len(known):
        raise NoteError("Two known keys have one name and one id.", remedy="Replace one of the two keys.")
    lines = ((key, note.line_of(key)) for key in known)
    return {key: _verify_line(key, line, note.text) for key, line in lines if line is not None}


def _verify_line(key: VerifierKey, line: SignatureLine, text: bytes) -> int | None:
    signature, time, message = line.signature, None, text
    if key.kind == COSIGNATURE:
        time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
        message = cosigned_message(text, time)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise NoteError(
            f"The signature of {key.name} does not verify.",
            remedy="Treat the note as changed or forged. Keep it as evidence and ask the peer out of band.",
        ) from None
    return time


def cosigned_message(text: bytes, time: int) -> bytes:
    """What a cosigner signs over a checkpoint's text (C2SP tlog-cosignature)."""
    if not 0 < time <= MAX_TIME:
        raise NoteError("The time of a cosignature is out of range.", remedy="Set the clock of the cosigner.")
    return b"cosignature/v1\ntime %d\n" % time + text


def add_signature(note: Note, signer: Signer, time: int | None = None) -> Note:
    """The note with one more line; an older line of the same key gives way.

    Args:
        note: what is signed.
        signer: who signs.
        time: seconds since 1970, for a cosigner, and for nobody else.
    """
    key = signer.key
    if (key.kind == COSIGNATURE) != (time is not None):
        raise NoteError("A cosignature has a time, another signature has none.", remedy="Use the other kind of key.")
    if time is None:
        made = signer.sign(note.text)
    else:
        message = cosigned_message(note.text, time)
        made = time.to_bytes(8, "big") + signer.sign(message)
    kept = (line for line in note.lines if (line.name, line.key_id) != (key.name, key.key_id))
    return replace(note, lines=(*kept, SignatureLine(key.name, key.key_id, made)))
