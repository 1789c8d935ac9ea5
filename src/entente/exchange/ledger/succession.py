"""Succession: a signed note that closes a log which cannot be continued, and names the one that takes its place.

    entente/ledger-succession/1     (the first line, always)
    <origin of the old log>
    <size of the old log that the authority still holds>
    <root at that size, base64>
    <key of the new log, as name+id+key>

It is signed by the new log's key and by a key that the peers have pinned for the authority. A peer confirms with a
signature of its own on the same text. What a peer knows beyond the old size is lost to the authority, not to the
peer: its copy stays evidence. The old log signs nothing afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from entente.exchange import strict
from entente.exchange.ledger.checkpoint import read_hash, read_size
from entente.exchange.ledger.errors import NoteError, RestoreError
from entente.exchange.ledger.note import (
    ED25519,
    Note,
    Signer,
    VerifierKey,
    add_signature,
    is_name,
    parse_key,
    parse_note,
    verify_note,
)
from entente.exchange.ledger.tree import TreeHead

FIRST_LINE = "entente/ledger-succession/1"


@dataclass(frozen=True, slots=True)
class Succession:
    """The old log, the state of it that is still held, and the key of the new log."""

    old_origin: str
    old_head: TreeHead
    new: VerifierKey

    def __post_init__(self) -> None:
        if self.new.kind != ED25519 or self.new.name == self.old_origin or not is_name(self.old_origin):
            raise RestoreError("The new log needs an origin of its own.", remedy="Give it the next number.")

    def encode(self) -> bytes:
        """The text that is signed."""
        size, root = str(self.old_head.size), strict.write_base64(self.old_head.root)
        return "".join(f"{line}\n" for line in (FIRST_LINE, self.old_origin, size, root, self.new)).encode()


def sign_succession(old_origin: str, old_head: TreeHead, new: Signer, authority: Signer) -> bytes:
    """The note of a succession, signed by the new log and by the authority."""
    note = Note(Succession(old_origin, old_head, new.key).encode(), ())
    return add_signature(add_signature(note, new), authority).encode()


def open_succession(data: bytes, authority: VerifierKey) -> Succession:
    """A succession that the new log and the authority signed.

    Args:
        data: the note.
        authority: a key that is pinned for the authority (the old log's, or that of the node).

    Raises:
        NoteError: a signature is missing or does not verify.
        RestoreError: it is no succession.
    """
    note = parse_note(data)
    succession = _parse(note.text)
    signed = verify_note(note, {succession.new, authority})
    if not {succession.new, authority} <= set(signed) or succession.new == authority:
        raise NoteError("The succession is not signed by both the authority and the new log.")
    return succession


def _parse(text: bytes) -> Succession:
    lines = text.decode().split("\n")
    if len(lines) != 6 or lines[0] != FIRST_LINE or lines[-1]:
        raise RestoreError("The note is no succession of a log.")
    return Succession(lines[1], TreeHead(read_size(lines[2]), read_hash(lines[3])), parse_key(lines[4]))


def confirm_succession(data: bytes, authority: VerifierKey, peer: Signer) -> bytes:
    """The succession with a peer's signature: the peer has seen it and will follow the new log.

    A person decides this. Before, compare `old_head` with the largest checkpoint that the peer holds: the difference
    is what the authority says it has lost.
    """
    open_succession(data, authority)
    return add_signature(parse_note(data), peer).encode()
