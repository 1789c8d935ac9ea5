"""Succession of a channel: see `entente.exchange.channel_succession`. Files pass by hand, as invitations do.

    asking side: ask -> file           peer: look, confirm -> file           asking side: look_answer, take

What only one side holds of the old generation goes out again in the new one, as far as its officers' keys are still
good and its marking permits it; the rest is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from django.db import transaction

from entente.exchange import channel_succession as exchange
from entente.exchange import officers
from entente.exchange.channel import Channel
from entente.exchange.channel_succession import Examined, Stand
from entente.exchange.content import Content
from entente.exchange.errors import ExchangeError
from entente.exchange.handling import Marking, Tlp
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.ledger.note import KeySigner, VerifierKey, parse_note
from entente.exchange.ledger.restore import Succeeding
from entente.exchange.parties import NodeKey
from entente.exchange.receipts import SUCCESSION, parse_entry
from entente.exchange.store import Message, Way
from entente.node.cards import channel_id, origin
from entente.node.files import write_private
from entente.node.services import generations, peers, reading, sending
from entente.node.services.parts import Parts
from entente.node.store import models

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Done:
    """What was done.

    Attributes:
        generation: the number of the one that goes on now.
        again: messages that go out again, by their old sequences.
        failed: messages that cannot go out again, and why; they are to be released anew.
        file: for the peer; empty if it needs none.
    """

    generation: int
    again: tuple[int, ...] = ()
    failed: tuple[tuple[int, ExchangeError], ...] = ()
    file: bytes = b""


def ask(parts: Parts, name: str, reason: str, keys: Sequence[NodeKey]) -> bytes:
    """Close this node's log of the channel with a peer, and make the file for the peer. It can be made again.

    Args:
        parts: the node, unlocked, with no other program at work.
        name: the peer.
        reason: why, for the peer's person.
        keys: of two officers, who sign.

    Raises:
        PairingError: no confirmed peer.
        ExchangeError: the officers are not two, or their keys are not good.
    """
    end, number = peers.channel(parts, name), peers.generation(parts, name)
    with parts.uow.transaction(end.id):
        note, stand = exchange.close(parts.uow, end, _new_log(parts, name, number))
        body = exchange.request_body(note, stand, reason)
        drafted = sending.make(parts, exchange.TYPE, body, [name], Marking(Tlp.AMBER))
        content = sending.sign(drafted, keys)
        _check_signed(parts, content)
    _asked(parts, name, content.id)
    return exchange.write_request(content, note)


def look(parts: Parts, name: str, data: bytes) -> Examined:
    """What a peer's request means; nothing is changed.

    Raises:
        RestoreError: it is of another generation, or tells another history.
        ExchangeError: it is malformed, or not signed by two officers and the log of the peer.
    """
    end = peers.channel(parts, name)
    return exchange.read_request(parts.uow, end, data, _its_log(parts, name), parts.clock())


def confirm(parts: Parts, name: str, data: bytes) -> Done:
    """Confirm a peer's request: the old generation is put beside, and the new one begins on this side.

    The same request again gives the same answer again.

    Raises:
        RestoreError, ExchangeError: as `look`.
    """
    if found := _confirmed(parts, name, data):
        return _answer_again(parts, name, found)
    end, number = peers.channel(parts, name), peers.generation(parts, name)
    found = look(parts, name, data)
    own = _new_log(parts, name, number)
    with parts.uow.transaction(end.id):
        answer, entry, _ = exchange.answer(parts.uow, end, found, own)
        _turn(parts, end, entry)
    return _done(parts, name, found, answer)


def look_answer(parts: Parts, name: str, data: bytes) -> Examined:
    """What a peer's answer means; nothing is changed.

    Raises:
        RestoreError: nothing was asked, or it answers something else, or tells another history.
        ExchangeError: it is malformed, or not signed by the peer's log.
    """
    found = exchange.read_answer(parts.uow, peers.channel(parts, name), data, _its_log(parts, name))[0]
    _check_asked(parts, name, found)
    return found


def take(parts: Parts, name: str, data: bytes) -> Done:
    """Take in the peer's answer: the new generation begins on this side, too.

    Raises:
        RestoreError, ExchangeError: as `look_answer`.
    """
    if found := _taken(parts, name, data):  # it was cut off behind the first commit
        return _done(parts, name, found)
    end = peers.channel(parts, name)
    with parts.uow.transaction(end.id):
        found, entry = exchange.read_answer(parts.uow, end, data, _its_log(parts, name))
        _check_asked(parts, name, found)
        _turn(parts, end, entry)
    done = _done(parts, name, found)
    _asked_file(parts, name).unlink()
    return done


def is_answered(parts: Parts, name: str, data: bytes) -> bool:
    """Whether a request was confirmed before; then the answer is only made again."""
    return _confirmed(parts, name, data) is not None


def _new_log(parts: Parts, name: str, number: int) -> KeySigner:
    return parts.keys().log_signer(origin(parts.name, name, number + 1))


def _its_log(parts: Parts, name: str) -> VerifierKey:
    return peers.paired(parts, name).card.log_key(parts.name, peers.generation(parts, name) + 1)


def _check_signed(parts: Parts, content: Content) -> None:
    officers.verify(content, peers.own(parts), parts.suites, parts.clock())


def _turn(parts: Parts, end: Channel, entry: bytes) -> None:
    """Put the old generation beside, and begin the new one, in the transaction that is open."""
    name = end.peer.name
    with transaction.atomic(using=parts.alias):
        with parts.uow.transaction(end.id) as tx:
            book = tx.book()
        if not isinstance(book.ledger, Succeeding):
            raise RestoreError("The old log is not closed.", remedy="This is a mistake in the program: report it.")
        generations.archive(parts, name, replace(book.ledger, confirmed=frozenset(book.ledger.peers)))
        new = peers.channel(parts, name)
        generations.begin(parts, name, replace(new.new_book(), suspensions=book.suspensions), [entry])


def _asked_file(parts: Parts, name: str) -> Path:
    """Which requests this directory made. It is in no backup: a node that came back takes no answer to one before.

    Such an answer would let it begin a log anew that it had begun already, and prove itself a fork.
    """
    return parts.home.path / f"succession.{name}"


def _asked(parts: Parts, name: str, request: str) -> None:
    path = _asked_file(parts, name)
    before = path.read_text(encoding="ascii").split() if path.is_file() else []
    write_private(path, " ".join((*before, request)).encode())


def _check_asked(parts: Parts, name: str, found: Examined) -> None:
    path = _asked_file(parts, name)
    if not path.is_file() or found.request not in path.read_text(encoding="ascii").split():
        raise RestoreError(
            "This answers a request that this node did not make since it was restored.",
            remedy=f"Ask again: entente ledger succeed {name} FILE",
        )


def _confirmed(parts: Parts, name: str, data: bytes) -> Examined | None:
    """A request that was confirmed here before: a file can be lost on its way."""
    for end, expected in _over(parts, name):
        try:
            found = exchange.read_request(parts.uow, end, data, expected, parts.clock())
        except ExchangeError:
            return None
        return found if parse_note(found.note).text in _begun_by(parts, name) else None
    return None


def _taken(parts: Parts, name: str, data: bytes) -> Examined | None:
    """An answer that was taken in here before."""
    for end, expected in _over(parts, name):
        try:
            found, _ = exchange.read_answer(parts.uow, end, data, expected)
            _check_asked(parts, name, found)
        except ExchangeError:
            return None
        return found if parse_note(found.note).text in _begun_by(parts, name) else None
    return None


def _over(parts: Parts, name: str) -> Iterator[tuple[Channel, VerifierKey]]:
    """The last generation that is over, with the key that the peer's next log had to have."""
    for one in peers.earlier(parts, name)[-1:]:
        yield peers.past_channel(parts, one), one.card.log_key(parts.name, one.past + 1)


def _begun_by(parts: Parts, name: str) -> frozenset[bytes]:
    """The successions by which the generation that goes on began; none if it began by a pairing."""
    with parts.uow.transaction(channel_id(parts.name, name)) as tx:
        first = parse_entry(tx.leaves.entries(0, 1)[0]) if tx.leaves.size() else None
    return exchange.succession_notes(first) if first and first.act == SUCCESSION else frozenset()


def _answer_again(parts: Parts, name: str, found: Examined) -> Done:
    """The answer to a request once more, unless the peer has gone on already: then it would begin its log twice."""
    with parts.uow.transaction(channel_id(parts.name, name)) as tx:
        book = tx.book()
    if book.mirror_size or book.taken.sequence:
        raise RestoreError(
            f"{name} has signed in the new log already, and has lost that, too.",
            remedy=f"Pair again: entente peer revoke {name}, then new invitations with --again.",
        )
    ((end, _),) = _over(parts, name)
    number = peers.generation(parts, name)
    answer, _, _ = exchange.answer(parts.uow, end, found, parts.keys().log_signer(origin(parts.name, name, number)))
    return _done(parts, name, found, answer)


def _done(parts: Parts, name: str, found: Examined, answer: bytes = b"") -> Done:
    """Release in the new generation what the peer does not have and what was not released there yet.

    Each is a commit; what fails holds up no other, and what a crash left over is done by the next call.
    """
    again, failed = list[int](), list[tuple[int, ExchangeError]]()
    past = peers.earlier(parts, name)[-1].row
    there = models.Frame.objects.using(parts.alias).filter(channel__peer_id=name, way=Way.SENT.value)
    sent = set(there.values_list("content", flat=True))
    for message in _missing(parts, past, found.stand):
        if message.content in sent:
            continue
        try:
            content = reading.content(parts, message)
            sending.send(parts, sending.release(parts, content), name)
        except ExchangeError as error:
            failed.append((message.sequence, error))
        else:
            again.append(message.sequence)
    return Done(peers.generation(parts, name), tuple(again), tuple(failed), answer)


def _missing(parts: Parts, past: str, theirs: Stand) -> Iterator[Message]:
    """Own messages of a generation that is over and that the peer does not know."""
    with parts.uow.transaction(generations.stored(parts.name, past)) as tx:
        last = tx.book().sent.sequence
    for start in range(theirs.taken.sequence + 1, last + 1, _AT_ONCE):
        yield from reading.messages(parts, past, Way.SENT, start, _AT_ONCE)
