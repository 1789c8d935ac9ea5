"""Succession of a channel: both logs are closed, and a new generation of the channel goes on from what both sides hold.

It is the way on where the restore rule cannot be followed: the peer cannot give the entries, the last frames are on
neither side, or the log was forked. The asking side closes its log at the last state that the peer cosigned, and two
officers sign where it stands (`ask`). The peer compares that with its copy of the log, with the receipts that it holds
and with its own messages; what the asking side would forget is named, message by message (`examine`). A person of the
peer decides. Then the peer closes its own log, too, and confirms (`answer`); without that, nothing is ever signed in
the new generation. The asking side looks at the answer in the same way (`read_answer`).

The first entry of each new log is the notes of both successions, so that whoever has a log finds the one before it.

    request: {"format": "entente.succession/1", "content": DSSE by two officers, "note": signed note}
    answer:  {"format": "entente.succession-answer/1", "confirmed": the note with the peer's signature,
              "note": signed note of the peer's own log, "request": id of the request's content, "sent": ...,
              "taken": ..., "stamp": signed note over the rest}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from entente.exchange import officers, strict
from entente.exchange.channel import Channel
from entente.exchange.channel_contact import mirror_of
from entente.exchange.content import Content, is_id, read_content
from entente.exchange.errors import ForwardedError, MalformedError
from entente.exchange.frame import digest
from entente.exchange.keys import KeyRecord
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.errors import NoteError, RestoreError
from entente.exchange.ledger.note import Note, Signer, VerifierKey, add_signature, parse_note, verify_note
from entente.exchange.ledger.succession import Succession, confirm_succession, open_succession, sign_succession
from entente.exchange.ledger.tree import EMPTY, TreeHead, head_of, leaf_hash
from entente.exchange.receipts import SUCCESSION, Entry
from entente.exchange.sealing import Position
from entente.exchange.store import Book, Transaction, UnitOfWork, Way

TYPE = "log-succession"
"""Type of the content that two officers sign. It is no message type: in a channel it is refused."""
LIMIT = 256 * 1024
_REQUEST, _ANSWER = "entente.succession/1", "entente.succession-answer/1"
_STAMP = "entente/succession-answer/1"
_SPAN = 10_000
_OLD = "It may be an old one. Ask the peer for the one that it means."


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a side stands in the old generation: the last frame that it sent and still has, and the last it took."""

    sent: Position
    taken: Position


@dataclass(frozen=True, slots=True)
class Examined:
    """What a side's succession means for the other one, who looks at it.

    Attributes:
        note: the signed note of the succession.
        succession: what it says.
        stand: where its side stands.
        dropped: own messages that the other side acknowledged and says nothing of any more; they go out again.
        forgotten: messages of the other side that are held here and that it does not know any more.
        unseen: entries of its log that were never shown here, so that nothing can be said of them.
        reason: why, in its words; empty in an answer.
        officers: keys of those who signed; none in an answer, which the log signed.
        request: id of what the officers signed, which an answer repeats: one to an earlier request is refused.
    """

    note: bytes
    succession: Succession
    stand: Stand
    dropped: tuple[int, ...] = ()
    forgotten: tuple[int, ...] = ()
    unseen: int = 0
    reason: str = ""
    officers: tuple[KeyRecord, ...] = ()
    request: str = ""


def close(uow: UnitOfWork, channel: Channel, new: Signer) -> tuple[bytes, Stand]:
    """Close this side's log by a succession; from now on it signs nothing. Called again, it gives the same note.

    Args:
        uow: the store.
        channel: the channel in its old generation.
        new: signs as the new log.

    Returns:
        The signed note, and where this side stands.
    """
    with uow.transaction(channel.id) as tx:
        book = tx.book()
        stand = Stand(book.sent, book.taken)
        if isinstance(book.ledger, restore.Succeeding):
            old = book.ledger.succession
            if old.new != new.key:
                raise RestoreError("Another succession of this log was begun.", remedy="Go on with that one.")
            return sign_succession(old.old_origin, old.old_head, new, channel.log), stand
        note = sign_succession(channel.log.key.name, _agreed_head(tx, channel, book), new, channel.log)
        state = restore.succeed(note, channel.log.key, {channel.peer.name: channel.peer_log})
        tx.save(replace(book, ledger=state))
    return note, stand


def request_body(note: bytes, stand: Stand, reason: str) -> dict[str, Any]:
    """What two officers sign of a succession: the body of a content of the type `TYPE`."""
    return {"note": digest(parse_note(note).text), "reason": reason, **_write_stand(stand)}


def write_request(content: Content, note: bytes) -> bytes:
    """The file for the peer."""
    signed = strict.write_base64(content.envelope.as_bytes())
    return strict.write_object({"content": signed, "format": _REQUEST, "note": note.decode()})


def read_request(uow: UnitOfWork, channel: Channel, data: bytes, new: VerifierKey, at: datetime) -> Examined:
    """What a peer's request means; nothing is changed.

    Args:
        uow: the store.
        channel: the channel in its old generation.
        data: the file.
        new: the key that the peer's next log must have: the pinned one, under the next generation's name.
        at: now.

    Raises:
        RestoreError: it is of another generation, or tells another history than the one that is held here.
        ExchangeError: malformed, or not signed by two officers and by the log.
    """
    value = _object(data, _REQUEST)
    content = read_content(strict.read_base64(value.get("content"), what="content"))
    if content.header.sender != channel.peer.name or channel.me.name not in content.header.recipients:
        raise ForwardedError("The succession was signed by another authority, or for another one.")
    if content.header.type != TYPE:
        raise MalformedError("What the officers signed is no succession.")
    signers = officers.verify(content, channel.peer, channel.suites, at)
    note = _note(value, "note")
    if content.body.get("note") != digest(parse_note(note).text):
        raise NoteError("The officers signed another succession.")
    with uow.transaction(channel.id) as tx:
        found = _examine(tx, channel, note, new, _read_stand(content.body))
    return replace(found, reason=_reason(content.body), officers=signers, request=content.id)


def answer(uow: UnitOfWork, channel: Channel, request: Examined, new: Signer) -> tuple[bytes, bytes, Stand]:
    """Close this side's log as well, and confirm the peer's succession.

    Returns:
        The answer for the peer, the first entry of this side's new log, and where this side stands.
    """
    own, stand = close(uow, channel, new)
    confirmed = confirm_succession(request.note, channel.peer_log, channel.log)
    body = {
        "confirmed": confirmed.decode(),
        "format": _ANSWER,
        "note": own.decode(),
        "request": request.request,
        **_write_stand(stand),
    }
    stamp = add_signature(Note(_stamp(body), ()), channel.log).encode()
    data = strict.write_object({**body, "stamp": stamp.decode()})
    return data, first_entry(own, confirmed), stand


def read_answer(uow: UnitOfWork, channel: Channel, data: bytes, new: VerifierKey) -> tuple[Examined, bytes]:
    """What the peer's answer means; nothing is changed.

    Args:
        uow: the store.
        channel: the channel in its old generation, whose log this side has closed.
        data: the file.
        new: the key that the peer's next log must have.

    Returns:
        The peer's own succession, and the first entry of this side's new log.

    Raises:
        RestoreError: nothing was asked, it answers another request, or tells another history than is held here.
        ExchangeError: malformed, or not signed by the peer's log.
    """
    value = _object(data, _ANSWER)
    body = {name: item for name, item in value.items() if name != "stamp"}
    stamp = parse_note(_note(value, "stamp"))
    if channel.peer_log not in verify_note(stamp, [channel.peer_log]) or stamp.text != _stamp(body):
        raise NoteError("The answer is not signed by the peer's log.")
    confirmed, note = _note(value, "confirmed"), _note(value, "note")
    with uow.transaction(channel.id) as tx:
        state = tx.book().ledger
        if not isinstance(state, restore.Succeeding):
            raise RestoreError("This log is not being succeeded, so there is nothing to confirm.")
        restore.succeeded(restore.confirm(state, confirmed))
        found = _examine(tx, channel, note, new, _read_stand(value))
    request = strict.field(value, "request", str, what="succession")
    return replace(found, request=request), first_entry(confirmed, note)


def first_entry(own: bytes, other: bytes) -> bytes:
    """The first entry of a log that takes another's place: its own succession, and that of the other side."""
    return Entry(SUCCESSION, strict.write_object({"notes": [own.decode(), other.decode()]})).encode()


def succession_notes(first: Entry) -> frozenset[bytes]:
    """The texts of the two successions in the first entry of a log."""
    value = strict.read_object(first.payload, limit=LIMIT, what="succession")
    return frozenset(parse_note(note.encode()).text for note in strict.texts(value, "notes", what="succession"))


def _agreed_head(tx: Transaction, channel: Channel, book: Book) -> TreeHead:
    """The last state that the peer cosigned, if its entries are held; nothing otherwise: all of them are lost."""
    if book.cosigned is None:
        return EMPTY
    head = open_checkpoint(book.cosigned, channel.log.key).head
    held = tx.leaves.size() >= head.size and _head(tx, head.size) == head
    return head if held else EMPTY


def _head(tx: Transaction, size: int) -> TreeHead:
    spans = ((start, min(start + _SPAN, size)) for start in range(0, size, _SPAN))
    return head_of(leaf_hash(entry) for span in spans for entry in tx.leaves.entries(*span))


def _examine(tx: Transaction, channel: Channel, note: bytes, new: VerifierKey, stand: Stand) -> Examined:
    log = channel.peer_log
    if parse_note(note).text.split(b"\n")[1:2] != [log.name.encode()]:
        raise RestoreError(f"It is the succession of another log than {log.name}.", remedy=_OLD)
    succession = open_succession(note, log)
    if succession.new != new:
        raise RestoreError(f"It is a succession by another log than {new.name} under its pinned key.", remedy=_OLD)
    book, head = tx.book(), succession.old_head
    if head.size <= book.mirror_size and _mirrored(tx, channel, book, head.size) != head:
        raise RestoreError(
            f"{channel.peer.name} closes its log at {head.size} entries that are not those that it signed before.",
            remedy="Do not confirm. Keep the file: with the checkpoint that you hold, it shows two histories.",
        )
    dropped, forgotten = _dropped(tx, channel, stand), _forgotten(tx, channel, stand)
    unseen = max(0, head.size - book.mirror_size)
    return Examined(note, succession, stand, tuple(dropped), tuple(forgotten), unseen)


def _mirrored(tx: Transaction, channel: Channel, book: Book, size: int) -> TreeHead:
    return mirror_of(tx, channel, book).head_at(size) if size else EMPTY


def _dropped(tx: Transaction, channel: Channel, stand: Stand) -> Iterator[int]:
    """Own messages that have the other side's receipt and that it says nothing of."""
    sent = tx.book().sent
    if stand.taken.sequence > sent.sequence and tx.message(Way.SENT, stand.taken.sequence) is None:
        return  # this side forgot them itself, and says so
    _check_same(tx, channel, Way.SENT, stand.taken, sent)
    for start in range(stand.taken.sequence + 1, sent.sequence + 1, _SPAN):
        yield from sorted(tx.receipts(Way.SENT, start, min(start + _SPAN, sent.sequence + 1)))


def _forgotten(tx: Transaction, channel: Channel, stand: Stand) -> Iterator[int]:
    """Messages of the other side that were taken here and that it does not know any more."""
    taken = tx.book().taken
    _check_same(tx, channel, Way.TAKEN, stand.sent, taken)
    yield from range(stand.sent.sequence + 1, taken.sequence + 1)


def _check_same(tx: Transaction, channel: Channel, way: Way, claimed: Position, last: Position) -> None:
    """Return if a place that the other side names is one of the history that is held here."""
    if claimed.sequence > last.sequence:
        return  # not arrived yet, or lost here
    known = last.frame if claimed.sequence == last.sequence else None
    if known is None and claimed.sequence:
        row = tx.message(way, claimed.sequence)
        known = row.frame if row else claimed.frame
    if known is not None and claimed.frame != known:
        raise RestoreError(
            f"{channel.peer.name} names another message {claimed.sequence} than the one that is held here.",
            remedy="Do not confirm. Keep the file, and ask the other authority.",
        )


def _write_stand(stand: Stand) -> dict[str, Any]:
    return {"sent": [stand.sent.sequence, stand.sent.frame], "taken": [stand.taken.sequence, stand.taken.frame]}


def _read_stand(value: Mapping[str, Any]) -> Stand:
    return Stand(_position(value, "sent"), _position(value, "taken"))


def _position(value: Mapping[str, Any], name: str) -> Position:
    found = value.get(name)
    if not isinstance(found, list) or len(found) != 2 or type(found[0]) is not int or not is_id(found[1]):
        raise MalformedError(f"{name!r} of a succession is no place in a channel.")
    if found[0] < 0 or (not found[0] and found != [0, Position().frame]):
        raise MalformedError(f"{name!r} of a succession is no place in a channel.")
    return Position(found[0], found[1])


def _reason(value: Mapping[str, Any]) -> str:
    reason = strict.field(value, "reason", str, what="succession")
    return str(reason)[:2000]


def _note(value: Mapping[str, Any], name: str) -> bytes:
    return str(strict.field(value, name, str, what="succession")).encode()


def _stamp(body: Mapping[str, Any]) -> bytes:
    return f"{_STAMP}\n{digest(strict.write_object(body))}\n".encode()


def _object(data: bytes, form: str) -> dict[str, Any]:
    value = strict.read_object(data, limit=LIMIT, what="succession")
    if value.get("format") != form:
        raise MalformedError("This is no file of that step of a succession.")
    return value
