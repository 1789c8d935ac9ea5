"""Meet a peer over the network until nothing is left on either side.

A meeting is a bundle for a bundle, as small as one may be; so what holds for bundles holds here, and a connection that
breaks at any byte costs one meeting. Memory does not grow with what is waiting. Pieces of attachments are fetched one
by one when the messages are there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from entente.exchange.attachments import PIECE
from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel_parcel import Report, pack
from entente.exchange.channel_pieces import take_piece
from entente.exchange.errors import ExchangeError
from entente.exchange.ledger import restore
from entente.exchange.receipts import Rejection
from entente.exchange.store import Book
from entente.node.node import Node
from entente.node.wire.client import Line
from entente.node.wire.errors import RefusedError
from entente.node.wire.terms import MOST, MOST_BYTES, MOST_ENTRIES


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync has come.

    Attributes:
        peer: with whom.
        meetings: bundles that went each way.
        receipted: own messages the peer gave a receipt for.
        taken: messages of the peer that were accepted.
        refused: messages of the peer whose content was refused.
        pieces: pieces of attachments that came.
        rejected: bytes of ours that the peer rejected.
        problems: what else was wrong, in words for the person here.
        done: whether nothing is left on either side.
    """

    peer: str
    meetings: int = 0
    receipted: int = 0
    taken: int = 0
    refused: int = 0
    pieces: int = 0
    rejected: tuple[Rejection, ...] = ()
    problems: tuple[str, ...] = ()
    done: bool = False


def sync(
    node: Node,
    line: Line,
    peer: str,
    tell: Callable[[Progress], None] = lambda _: None,
    *,
    most: int = MOST,
    most_bytes: int = MOST_BYTES,
) -> Progress:
    """Meet until nothing is left, or until a meeting changes nothing.

    Args:
        node: this node, unlocked.
        line: to the peer's server.
        peer: its name.
        tell: hears of every meeting.
        most: frames in a meeting, each way.
        most_bytes: of the frames in a meeting, each way.

    Raises:
        WireError: the peer cannot be reached, refuses, or is not who it was. What came before is kept.
        WrongdoingError: the peer signed what proves that it broke its word; the evidence is kept.
        ExchangeError: what it answered is no good; nothing of that answer was taken.
    """
    progress, before, lacking = Progress(peer), None, set[str]()
    while not progress.done:
        seen = _seen(node, peer)
        report, last = _meet(node, line, peer, most, most_bytes)
        progress = _after(progress, report, last)
        progress = _fetch(node, line, peer, progress, lacking, tell)
        state, left = _state(node, peer, lacking)
        if not left and _seen(node, peer) == seen:
            progress = replace(progress, done=True)
        tell(progress)
        if state == before:
            return replace(progress, problems=_problems(progress.problems, *_left(node, peer)))
        before = state
    return progress


def _left(node: Node, peer: str) -> Iterator[str]:
    """What is left though a meeting changed nothing, in words."""
    with node.parts.uow.transaction(node.channel(peer).id) as tx:
        book, queued, wanted = tx.book(), tx.queued(1), tx.wanted(1)
    if not isinstance(book.ledger, restore.Signing):
        yield "This node came back from a backup, and waits for its peers."
        return
    if queued:
        yield f"{peer} gave no receipt for message {queued[0]} and those behind it."
    if wanted:
        yield f"{peer} did not give all pieces of its attachments."
    if not queued and not wanted:
        yield f"{peer} does not show all of its log, or does not take all of ours."


def _meet(node: Node, line: Line, peer: str, most: int, most_bytes: int) -> tuple[Report, int]:
    """One meeting: what became of what came, and the last message of the peer that was there before."""
    end, uow = node.channel(peer), node.parts.uow
    with uow.transaction(end.id) as tx:
        last = tx.book().taken.sequence

    def bundle(room: int) -> bytes:
        given = pack(uow, end, most=most, most_bytes=room, most_entries=MOST_ENTRIES)
        return write_bundle(given, channel=end.id, sender=node.name, recipient=peer)

    answer = line.meet(bundle, most, most_bytes)
    return node.take(peer, read_bundle(answer, channel=end.id, sender=peer, recipient=node.name)), last


def _after(progress: Progress, report: Report, last: int) -> Progress:
    new = [row for row in report.taken if row.sequence > last]
    known = {(one.digest, one.code) for one in progress.rejected}
    return replace(
        progress,
        meetings=progress.meetings + 1,
        receipted=progress.receipted + len(report.receipts),
        taken=progress.taken + sum(not row.refused for row in new),
        refused=progress.refused + sum(bool(row.refused) for row in new),
        rejected=(*progress.rejected, *(one for one in report.rejected if (one.digest, one.code) not in known)),
        problems=_problems(progress.problems, *(str(error) for error in report.errors)),
    )


def _problems(known: tuple[str, ...], *more: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*known, *more)))[:20]


def _fetch(
    node: Node, line: Line, peer: str, progress: Progress, lacking: set[str], tell: Callable[[Progress], None]
) -> Progress:
    """Fetch the pieces that are wanted; one that the peer does not give is asked for again at the next sync only."""
    end, uow = node.channel(peer), node.parts.uow
    while True:
        with uow.transaction(end.id) as tx:
            wanted = [piece for piece in tx.wanted(len(lacking) + 16) if piece not in lacking]
        if not wanted:
            return progress
        for piece in wanted:
            try:
                if not take_piece(uow, end, line.piece(piece, PIECE)):
                    lacking.add(piece)  # nobody wants it any more
            except (RefusedError, ExchangeError) as error:
                lacking.add(piece)
                progress = replace(progress, problems=_problems(progress.problems, str(error)))
            else:
                progress = replace(progress, pieces=progress.pieces + 1)
                tell(progress)


def _state(node: Node, peer: str, lacking: set[str]) -> tuple[tuple[object, ...], bool]:
    """What a meeting changes if it changes anything, and whether something is left to be done."""
    end = node.channel(peer)
    with node.parts.uow.transaction(end.id) as tx:
        book, size, queued = tx.book(), tx.leaves.size(), tuple(tx.queued(1))
        wanted = tuple(tx.wanted(len(lacking) + 1))
    state = (book.asked, book.taken, book.sent, book.mirror_size, book.cosigned, book.ledger, size, queued)
    return state, bool(queued or wanted or _is_behind(book, size))


def _seen(node: Node, peer: str) -> bytes | None:
    """What this node cosigned last of the peer's log; the peer gets it with the next meeting."""
    with node.parts.uow.transaction(node.channel(peer).id) as tx:
        return tx.book().seen


def _is_behind(book: Book, size: int) -> bool:
    """Whether a side lacks messages, receipts or entries of the log, by what the peer said last."""
    asked = book.asked
    have = (asked.taken, asked.receipted, asked.mirrored, book.mirror_size)
    should = (book.sent.sequence, book.taken.sequence, size, asked.entries)
    return any(one < other for one, other in zip(have, should, strict=True))
