"""Contact: what two nodes show one another whenever they meet, by network or on a medium.

A node shows the latest checkpoint of its own log and the entries that the peer does not mirror yet; it gives back the
peer's largest checkpoint with its own cosignature, and the peer's entries where the peer has fewer than were seen (it
came back from a backup). The receiver takes the entries only if they make up the checkpoint together with those it
mirrors, and cosigns only then. What the peer signed and cannot both be true raises with evidence.

On the wire: a JSON object, and a signed note over its SHA-256 by the log's key. A restored node signs nothing; its
contact carries no note, and says only what it has.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from entente.exchange import strict
from entente.exchange.channel import Channel
from entente.exchange.channel_errors import MirrorError, WrongdoingError
from entente.exchange.content import is_id
from entente.exchange.errors import MalformedError
from entente.exchange.frame import digest
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import SignedCheckpoint, cosign_checkpoint, open_checkpoint
from entente.exchange.ledger.contact import Outcome, assess
from entente.exchange.ledger.errors import NoteError, ProofError
from entente.exchange.ledger.note import Note, Signer, VerifierKey, add_signature, parse_note, verify_note
from entente.exchange.ledger.proofs import Proof, verify_consistency
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import EMPTY, CompactRange, TreeHead, leaf_hash
from entente.exchange.receipts import parse_entry
from entente.exchange.store import Ask, Book, Transaction, UnitOfWork

LIMIT = 64 * 1024 * 1024
"""The most bytes of a contact."""
MOST_ENTRIES = 20_000
MOST_WANTED = 64
_FORMAT = "entente.contact/1"
_NOTE = "entente/contact/1"


@dataclass(frozen=True, slots=True)
class Contact:
    """What a node shows.

    Attributes:
        origin: of its log.
        ask: what it has.
        checkpoint: its latest; None before the first.
        start: index of the first of `entries`.
        entries: of its log, from `start`.
        proof: consistency from the last of `entries` to the checkpoint; empty if they reach it.
        link: consistency from the largest checkpoint the peer cosigned to this one.
        cosigned: the peer's largest checkpoint with this node's cosignature; None if it never cosigned one.
        back: the peer's own entries from `ask.entries` of the peer on, if the peer has fewer than were seen.
        back_start: index of the first of `back`.
        back_proof: consistency from the last of `back` to `cosigned`; empty if they reach it.
        reminder: the largest checkpoint of this log that the peer cosigned, with that cosignature, so that a peer back
            from a backup cosigns nothing smaller.
    """

    origin: str
    ask: Ask
    checkpoint: bytes | None = None
    start: int = 0
    entries: tuple[bytes, ...] = ()
    proof: Proof = ()
    link: Proof = ()
    cosigned: bytes | None = None
    back: tuple[bytes, ...] = ()
    back_start: int = 0
    back_proof: Proof = ()
    reminder: bytes | None = None

    def encode(self) -> bytes:
        """The contact as JSON bytes."""
        return strict.write_object(
            {
                "ask": [self.ask.entries, self.ask.mirrored, self.ask.taken, self.ask.receipted],
                "back": _write(self.back),
                "back_proof": _write(self.back_proof),
                "back_start": self.back_start,
                "checkpoint": _text(self.checkpoint),
                "cosigned": _text(self.cosigned),
                "entries": _write(self.entries),
                "format": _FORMAT,
                "link": _write(self.link),
                "origin": self.origin,
                "proof": _write(self.proof),
                "reminder": _text(self.reminder),
                "start": self.start,
                "wanted": list(self.ask.wanted),
            }
        )


def mirror_of(tx: Transaction, channel: Channel, book: Book) -> TileLog:
    """The mirror of the peer's log, for proofs about it."""
    return channel.mirror(tx.mirror, _mirrored(book))


def _mirrored(book: Book) -> TreeHead:
    return CompactRange(book.mirror_size, book.mirror_peaks).head() if book.mirror_size else EMPTY


def make_contact(uow: UnitOfWork, channel: Channel, *, most: int = MOST_ENTRIES) -> tuple[bytes, bytes | None]:
    """What this node shows now, at most so many entries of each log, and the note over it (None while it is restored).

    Show it after `settle`.
    """
    with uow.transaction(channel.id) as tx:
        book = tx.book()
        waits = restore.waits(tx.states(), book.ledger)
        if waits or not isinstance(book.ledger, restore.Signing) or book.checkpoint is None:
            return Contact(channel.log.key.name, _ask(tx, book)).encode(), None
        data = _contact(tx, channel, book, book.ledger.head, most).encode()
    return data, _sign(data, channel.log)


def read_contact(data: bytes, note: bytes | None, log: VerifierKey) -> Contact:
    """A contact that came; its checkpoints are not verified here.

    Raises:
        MalformedError: the form is wrong, or it shows something without a note.
        NoteError: not signed by the peer's log.
    """
    value = strict.read_object(data, limit=LIMIT, what="contact")
    if value.get("format") != _FORMAT or value.get("origin") != log.name:
        raise MalformedError("This is no contact of this peer.")
    contact = _read(value)
    if note is None:
        if contact != Contact(contact.origin, contact.ask):
            raise MalformedError("A contact without a signature may only say what the peer has.")
        return contact
    parsed = parse_note(note)
    if log not in verify_note(parsed, [log]) or parsed.text != f"{_NOTE}\n{digest(data)}\n".encode():
        raise NoteError("The contact is not signed by the peer's log.")
    return contact


def take_contact(uow: UnitOfWork, channel: Channel, contact: Contact, at: datetime) -> Outcome:
    """Mirror what the peer shows, cosign it, and keep its cosignature of this node's log.

    Args:
        uow: the store.
        channel: the channel.
        contact: from `read_contact`.
        at: now; the time of the cosignature.

    Returns:
        `CONSISTENT`; or `BEHIND` for a checkpoint older than one that was seen: a late message, a replay, or a peer
        back from a backup. Nothing is cosigned then.

    Raises:
        WrongdoingError: a fork or a rewrite, with the evidence.
        MirrorError: what it shows does not fit together; nothing was taken.
        LedgerError: a checkpoint is not the peer's, or a cosignature does not verify.
    """
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states(), tx.book().ledger)
        book = _with_cosigned(tx.book(), channel, contact)
        book = replace(book, asked=contact.ask)
        outcome = Outcome.CONSISTENT
        if contact.checkpoint is not None:
            outcome, book = _mirror(tx, channel, book, contact, contact.checkpoint, at)
        tx.save(book)
    return outcome


def reminded(book: Book, channel: Channel, contact: Contact) -> Book:
    """The book of a restored node that is told what it had cosigned of the peer's log.

    Raises:
        NoteError: the reminder is not signed by the peer, or not cosigned by this node.
    """
    if contact.reminder is None:
        return book
    own = channel.cosigner.key
    signed = open_checkpoint(contact.reminder, channel.peer_log, (own,))
    if own not in signed.times:
        raise NoteError(f"{channel.peer.name} says that this node cosigned what it did not cosign.")
    known = open_checkpoint(book.seen, channel.peer_log).head.size if book.seen else -1
    return replace(book, seen=contact.reminder) if signed.head.size > known else book


def _contact(tx: Transaction, channel: Channel, book: Book, head: TreeHead, most: int) -> Contact:
    log = channel.tiles(tx.leaves, head)
    start = min(book.asked.mirrored, head.size)
    stop = min(start + most, head.size)
    known = open_checkpoint(book.cosigned, channel.log.key).head.size if book.cosigned else 0
    seen = open_checkpoint(book.seen, channel.peer_log).head.size if book.seen else 0
    back = book.asked.entries
    back_stop = min(seen, back + most) if seen <= book.mirror_size else back  # else this node is restored itself
    mirror = mirror_of(tx, channel, book) if back < back_stop < seen else None
    return Contact(
        origin=channel.log.key.name,
        ask=_ask(tx, book),
        checkpoint=book.checkpoint,
        start=start,
        entries=tuple(tx.leaves.entries(start, stop)),
        proof=log.consistency_proof(stop, head.size) if stop else (),
        link=log.consistency_proof(known, head.size) if known else (),
        cosigned=book.seen,
        back=tuple(tx.mirror.entries(back, back_stop)) if back < back_stop else (),
        back_start=back,
        back_proof=mirror.consistency_proof(back_stop, seen) if mirror else (),
        reminder=book.cosigned,
    )


def _ask(tx: Transaction, book: Book) -> Ask:
    queued = tx.queued(1)
    receipted = queued[0] - 1 if queued else book.sent.sequence
    wanted = tuple(tx.wanted(MOST_WANTED))
    return Ask(tx.leaves.size(), book.mirror_size, book.taken.sequence, receipted, wanted)


def _with_cosigned(book: Book, channel: Channel, contact: Contact) -> Book:
    """Keep the largest checkpoint of this log that the peer cosigned."""
    if contact.cosigned is None:
        return book
    signed = open_checkpoint(contact.cosigned, channel.log.key, (channel.peer_cosigner,))
    if channel.peer_cosigner not in signed.times:
        raise NoteError(f"{channel.peer.name} gave back a checkpoint without its cosignature.")
    old = open_checkpoint(book.cosigned, channel.log.key).head.size if book.cosigned else -1
    return replace(book, cosigned=contact.cosigned) if signed.head.size > old else book


def _mirror(
    tx: Transaction, channel: Channel, book: Book, contact: Contact, offered: bytes, at: datetime
) -> tuple[Outcome, Book]:
    new = open_checkpoint(offered, channel.peer_log)
    known = open_checkpoint(book.seen, channel.peer_log).head.size if book.seen else -1
    if new.head.size < known:
        if book.mirror_size < known:  # back from a backup, and what was cosigned then is not shown again yet
            return Outcome.BEHIND, book
        _check_behind(tx, channel, book, new, known)
        return Outcome.BEHIND, book
    if known > 0:
        _check_grown(channel, book.seen or b"", new, contact)
    book = _extend(tx, channel, book, contact, new)
    if book.mirror_size == new.head.size and new.head.size > known:
        stamp = int(at.timestamp())
        book = replace(book, seen=cosign_checkpoint(new, channel.cosigner, stamp))
    return Outcome.CONSISTENT, book


def _check_behind(tx: Transaction, channel: Channel, book: Book, new: SignedCheckpoint, known: int) -> None:
    mirror, size = mirror_of(tx, channel, book), new.head.size
    if size == 0:
        return
    link, root = mirror.consistency_proof(size, known), mirror.head_at(size).root
    verdict = assess(channel.peer_log, book.seen or b"", new.note, link, root)
    if verdict.outcome is not Outcome.BEHIND:
        _raise(channel, verdict.evidence)


def _check_grown(channel: Channel, seen: bytes, new: SignedCheckpoint, contact: Contact) -> None:
    """Look for evidence only where something is wrong: a peer that knows less of cosignatures links from another."""
    verdict = assess(channel.peer_log, seen, new.note, contact.link)
    if verdict.evidence is not None:
        _raise(channel, verdict.evidence)


def _raise(channel: Channel, evidence: Any) -> None:
    if evidence is None:
        raise MirrorError(f"What {channel.peer.name} shows is not proven to continue what it showed before.")
    raise WrongdoingError(
        f"{channel.peer.name} signed two histories of its log.", evidence.kind.value, evidence.encode()
    )


def _extend(tx: Transaction, channel: Channel, book: Book, contact: Contact, new: SignedCheckpoint) -> Book:
    """Mirror the entries behind those that are there, if they lead to the checkpoint."""
    if contact.start > book.mirror_size:
        raise MirrorError("Entries before those that the peer shows are missing.", remedy="Exchange contacts again.")
    fresh = contact.entries[book.mirror_size - contact.start :]
    tree = CompactRange(book.mirror_size, book.mirror_peaks)
    for entry in fresh:
        parse_entry(entry)
        tree.append(leaf_hash(entry))
    if tree.size > new.head.size or (not fresh and tree.size < new.head.size):
        raise MirrorError("The entries that the peer shows are not those of its checkpoint.")
    if fresh or tree.size == new.head.size:
        _check_leads(tree, contact, new)
    if fresh:
        tx.add_mirror(fresh)
        mirror_of(tx, channel, book).index()
    return replace(book, mirror_size=tree.size, mirror_peaks=tree.peaks)


def _check_leads(tree: CompactRange, contact: Contact, new: SignedCheckpoint) -> None:
    try:
        if tree.size:
            verify_consistency(contact.proof, tree.head(), new.head)
    except ProofError:
        raise MirrorError("The entries that the peer shows do not make up the checkpoint that it signed.") from None


def _sign(data: bytes, log: Signer) -> bytes:
    return add_signature(Note(f"{_NOTE}\n{digest(data)}\n".encode(), ()), log).encode()


def _write(items: tuple[bytes, ...]) -> list[str]:
    return [strict.write_base64(item) for item in items]


def _text(data: bytes | None) -> str | None:
    return None if data is None else data.decode()


def _read(value: dict[str, Any]) -> Contact:
    ask = value.get("ask")
    if not isinstance(ask, list) or len(ask) != 4:
        raise MalformedError("The contact does not say what the peer has.")
    entries, mirrored, taken, receipted = (_count({"ask": number}, "ask") for number in ask)
    return Contact(
        origin=value["origin"],
        ask=Ask(entries, mirrored, taken, receipted, _wanted(value)),
        checkpoint=_bytes(value, "checkpoint"),
        start=_count(value, "start"),
        entries=_items(value, "entries"),
        proof=_items(value, "proof"),
        link=_items(value, "link"),
        cosigned=_bytes(value, "cosigned"),
        back=_items(value, "back"),
        back_start=_count(value, "back_start"),
        back_proof=_items(value, "back_proof"),
        reminder=_bytes(value, "reminder"),
    )


def _wanted(value: dict[str, Any]) -> tuple[str, ...]:
    wanted = strict.texts(value, "wanted", what="contact", most=MOST_WANTED)
    if not all(map(is_id, wanted)):
        raise MalformedError("The contact asks for something that is no piece.")
    return wanted


def _count(value: dict[str, Any], name: str) -> int:
    number = strict.field(value, name, int, what="contact")
    if number < 0:
        raise MalformedError(f"{name!r} is below zero.")
    return int(number)


def _bytes(value: dict[str, Any], name: str) -> bytes | None:
    return None if value.get(name) is None else str(strict.field(value, name, str, what="contact")).encode()


def _items(value: dict[str, Any], name: str) -> tuple[bytes, ...]:
    items = strict.field(value, name, list, what="contact")
    return tuple(strict.read_base64(item, what=name) for item in items)
