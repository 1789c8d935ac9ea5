"""Entries of a channel's log, and what a recipient signs about a frame: a receipt, or a rejection.

An entry is one line that says what was done with a frame (`sent`, `taken`, `refused CODE`) and the exact payload of
the frame. The first entry of a log that takes another's place is `succession` and the signed notes of that instead.

A receipt is a tlog-proof of the recipient's entry; its `extra` is that line, so the sender can build the
entry from what it sent and needs nothing else. A frame that was signed in its place and whose content is refused
takes its sequence all the same, and so nothing behind it is held up; its receipt says `refused CODE`.

Bytes that are no frame in its place get a rejection: a signed note of five lines. It takes no sequence.

    entente/rejection/1
    <origin of the log of who rejects>
    <SHA-256 of the bytes>
    <code>
    <moment>
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from entente.exchange import strict
from entente.exchange.errors import MalformedError
from entente.exchange.frame import Frame, digest, read_frame
from entente.exchange.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from entente.exchange.ledger.errors import NoteError, ReceiptError
from entente.exchange.ledger.note import Note, Signer, VerifierKey, add_signature, parse_note, verify_note
from entente.exchange.ledger.proofs import verify_inclusion
from entente.exchange.ledger.receipt import parse_receipt
from entente.exchange.ledger.tree import leaf_hash

Open = Callable[[bytes, VerifierKey], SignedCheckpoint]

SENT, TAKEN, SUCCESSION = "sent", "taken", "succession"
_REFUSED = "refused "
_REJECTION = "entente/rejection/1"


@dataclass(frozen=True, slots=True)
class Entry:
    """What an entry says: `act` is its line, `payload` the frame's exact payload, or the notes of a succession."""

    act: str
    payload: bytes

    @property
    def frame(self) -> Frame:
        """The frame in it."""
        return read_frame(self.payload)

    @property
    def refused(self) -> str:
        """The code of a refusal; empty for another act."""
        return self.act.removeprefix(_REFUSED) if self.act.startswith(_REFUSED) else ""

    def encode(self) -> bytes:
        """The bytes that are logged."""
        return self.act.encode() + b"\n" + self.payload


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A receipt that holds: the refusal's code (empty for an accepted frame), and the checkpoint it stands under."""

    refused: str
    checkpoint: SignedCheckpoint
    index: int


@dataclass(frozen=True, slots=True)
class Rejection:
    """A rejection that holds: the digest of the bytes, why, and when."""

    digest: str
    code: str
    at: datetime


def refused_act(code: str) -> str:
    """The line of an entry for a frame whose content was refused."""
    return _REFUSED + code


def parse_entry(data: bytes) -> Entry:
    """An entry of a channel's log.

    Raises:
        MalformedError: it is none.
    """
    line, gap, payload = data.partition(b"\n")
    act = line.decode("ascii", errors="replace")
    refused = act.startswith(_REFUSED) and _is_code(act.removeprefix(_REFUSED))
    if not gap or not (act in {SENT, TAKEN, SUCCESSION} or refused):
        raise MalformedError("The entry is none of a channel's log.")
    return Entry(act, payload)


def verify_frame_receipt(data: bytes, payload: bytes, log: VerifierKey, opened: Open = open_checkpoint) -> Acknowledged:
    """What a receipt proves about a frame.

    Args:
        data: the receipt.
        payload: the payload of the frame that was sent.
        log: the key of the recipient's log.
        opened: opens a checkpoint of that log; give a memory where many receipts stand under one.

    Raises:
        ReceiptError: malformed, or it does not say what became of the frame.
        NoteError, CheckpointError: the checkpoint is not the log's.
        ProofError: it is the receipt of another frame.
    """
    receipt = parse_receipt(data)
    entry = parse_entry((receipt.extra or b"") + b"\n" + payload)
    if entry.act in {SENT, SUCCESSION}:
        raise ReceiptError("The receipt does not say that the frame arrived.")
    signed = opened(receipt.checkpoint, log)
    verify_inclusion(receipt.path, leaf_hash(entry.encode()), receipt.index, signed.head)
    return Acknowledged(entry.refused, signed, receipt.index)


def sign_rejection(data: bytes, code: str, at: datetime, log: Signer) -> bytes:
    """A signed statement that some bytes were not taken, and why."""
    lines = (_REJECTION, log.key.name, digest(data), code, strict.write_moment(at))
    return add_signature(Note("".join(f"{line}\n" for line in lines).encode(), ()), log).encode()


def open_rejection(note: bytes, log: VerifierKey) -> Rejection:
    """A rejection that a peer signed.

    Raises:
        NoteError: it is none, or not signed by the peer's log.
    """
    parsed = parse_note(note)
    lines = parsed.text.decode().split("\n")
    if log not in verify_note(parsed, [log]) or len(lines) != 6 or lines[:2] != [_REJECTION, log.name]:
        raise NoteError("The note is no rejection by this peer.")
    return Rejection(lines[2], lines[3], strict.read_moment(lines[4], what="moment"))


def _is_code(text: str) -> bool:
    return 0 < len(text) <= 64 and text.replace("-", "").isalnum() and text.isascii()
