"""Checkpoints of C2SP tlog-checkpoint: what a log says of itself, signed by it and cosigned by others.

The name of a log's key is its origin; a checkpoint of another origin is refused, whoever signed it. Extension lines
are kept and never interpreted, and this log writes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from entente.exchange import strict
from entente.exchange.errors import MalformedError
from entente.exchange.ledger.errors import CheckpointError, NoteError
from entente.exchange.ledger.note import (
    COSIGNATURE,
    Note,
    Signer,
    VerifierKey,
    add_signature,
    parse_note,
    verify_note,
)
from entente.exchange.ledger.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, TreeHead

_DIGITS = len(str(MAX_SIZE))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Origin, size and root, as in the text of a checkpoint."""

    origin: str
    head: TreeHead
    extensions: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """The text that is signed."""
        lines = (self.origin, str(self.head.size), strict.write_base64(self.head.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint whose log signed it, and who else is known to have.

    Args:
        checkpoint: what it says.
        log: the key of the log that signed.
        times: the known cosigners whose lines verified, and when they cosigned (seconds since 1970).
        note: the bytes, with all lines that came.
    """

    checkpoint: Checkpoint
    log: VerifierKey
    times: Mapping[VerifierKey, int]
    note: bytes

    @property
    def head(self) -> TreeHead:
        """Size and root."""
        return self.checkpoint.head


def parse_checkpoint(text: bytes) -> Checkpoint:
    """What a checkpoint's text says; nothing is verified. The text has the one spelling that `encode` gives."""
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        raise CheckpointError("The text of the checkpoint is not UTF-8.") from None
    if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
        raise CheckpointError("The note is no checkpoint: three lines are needed, and none may be empty.")
    head = TreeHead(read_size(lines[1]), read_hash(lines[2]))
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise CheckpointError("The checkpoint gives an empty log a root that it cannot have.")
    return Checkpoint(lines[0], head, tuple(lines[3:-1]))


def read_size(text: str) -> int:
    """A size or index in decimal, without sign and leading zeros, below 2**63."""
    digits = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    if not digits or (text[0] == "0" and text != "0") or int(text) > MAX_SIZE:
        raise CheckpointError(f"{text[:40]!r} is no size of a log.")
    return int(text)


def read_hash(text: str) -> bytes:
    """A hash in base64."""
    try:
        return strict.read_base64(text, what="hash", size=HASH_SIZE)
    except MalformedError:
        raise CheckpointError(f"{text[:60]!r} is no SHA-256 hash in base64.") from None


def sign_checkpoint(head: TreeHead, signer: Signer) -> bytes:
    """A checkpoint of the signer's log.

    A log signs only what continues everything it signed before. This function cannot know that: take the head from
    a `TileLog` that was opened with the last signed head, and ask `restore.check_signing` first.
    """
    text = Checkpoint(signer.key.name, head).encode()
    return add_signature(Note(text, ()), signer).encode()


def cosign_checkpoint(signed: SignedCheckpoint, signer: Signer, time: int) -> bytes:
    """The checkpoint with a cosignature: that at `time` this was the largest consistent state the signer had seen."""
    return add_signature(parse_note(signed.note), signer, time).encode()


def open_checkpoint(data: bytes, log: VerifierKey, cosigners: Iterable[VerifierKey] = ()) -> SignedCheckpoint:
    """A checkpoint that its log signed.

    Args:
        data: the signed note.
        log: the key of the log.
        cosigners: keys whose lines must verify if they are there; whether enough are there is for a `Policy`.

    Raises:
        NoteError: malformed, not signed by the log, or a line of a known key does not verify.
        CheckpointError: no checkpoint, or one of another log.
    """
    note = parse_note(data)
    signed = verify_note(note, (log, *cosigners))
    if log not in signed or log.kind == COSIGNATURE:
        raise NoteError(f"The checkpoint is not signed by the log {log.name}.")
    checkpoint = parse_checkpoint(note.text)
    if checkpoint.origin != log.name:
        raise CheckpointError(f"The checkpoint is of the log {checkpoint.origin[:80]!r}, not of {log.name!r}.")
    times = {key: time for key, time in signed.items() if time is not None}
    return SignedCheckpoint(checkpoint, log, times, data)
