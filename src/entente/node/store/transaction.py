"""One channel, locked: see `entente.exchange.store.Transaction`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections

from entente.exchange.ledger.restore import State
from entente.exchange.receipts import Rejection
from entente.exchange.store import Book, Message, Way
from entente.node.errors import StoreError
from entente.node.store import bookfile
from entente.node.store.leaves import TableLeaves
from entente.node.store.models import (
    Channel,
    ContentKey,
    Frame,
    FrameReceipt,
    Leaf,
    MirrorLeaf,
    Outgoing,
    Piece,
    RejectionNote,
)
from entente.node.store.rows import insert

MESSAGE = (
    "way",
    "sequence",
    "frame",
    "content",
    "sender",
    "type",
    "signed",
    "blob",
    "wire",
    "refused",
    "leaf",
    "at",
)
"""The columns of `Frame` that a `Message` has."""
_AT_ONCE = 500
"""Values in one condition: SQLite's older limit is 999."""


class ChannelTransaction:
    """Made by `DjangoUnitOfWork.transaction` only.

    Args:
        alias: of the database.
        channel: the row, locked.

    Attributes:
        alias, channel: the same, for what is committed with a message (`Apply`).
    """

    def __init__(self, alias: str, channel: Channel) -> None:
        self.alias, self.channel = alias, channel
        self._book = bookfile.read_book(bytes(channel.book), bytes(channel.ledger))
        self._leaves = TableLeaves(alias, Leaf, channel.pk)
        self._mirror = TableLeaves(alias, MirrorLeaf, channel.pk)

    def book(self) -> Book:
        """Its small state."""
        return self._book

    def save(self, book: Book) -> None:
        """Write its small state."""
        row = Channel.objects.using(self.alias).filter(pk=self.channel.pk)
        row.update(book=bookfile.write_book(book), ledger=bookfile.write_state(book.ledger))
        self._book = book

    def states(self) -> Sequence[State]:
        """The state of every log of this node."""
        rows = Channel.objects.using(self.alias).exclude(pk=self.channel.pk).values_list("ledger", flat=True)
        return [self._book.ledger, *(bookfile.read_state(bytes(row)) for row in rows)]

    def put_messages(self, messages: Sequence[Message]) -> None:
        """Add rows."""
        moment = connections[self.alias].ops.adapt_datetimefield_value
        rows = [
            (
                self.channel.pk,
                one.way.value,
                one.sequence,
                one.frame,
                one.content,
                one.sender,
                one.type,
                one.signed,
                one.blob,
                one.wire,
                one.refused,
                one.leaf,
                moment(one.at),
                False,
            )
            for one in messages
        ]
        insert(self.alias, Frame, ("channel", *MESSAGE, "receipted"), rows)

    def message(self, way: Way, sequence: int) -> Message | None:
        """The row of a frame."""
        found = self.messages(way, sequence, sequence + 1)
        return found[0] if found else None

    def messages(self, way: Way, start: int, stop: int) -> Sequence[Message]:
        """The rows that are there of the frames [start, stop), in order."""
        rows = self._frames(way).filter(sequence__gte=start, sequence__lt=stop).order_by("sequence")
        return [message_of(row) for row in rows.values_list(*MESSAGE)]

    def _frames(self, way: Way) -> Any:
        return Frame.objects.using(self.alias).filter(channel=self.channel, way=way.value)

    def sender_of(self, content: str) -> str | None:
        """The sender of a content in any channel of this node, or None if it never had it."""
        rows = Frame.objects.using(self.alias).filter(content=content, refused="")
        return rows.values_list("sender", flat=True).first()

    def put_keys(self, keys: Mapping[str, bytes]) -> None:
        """Keep the keys of locked contents by content id."""
        insert(self.alias, ContentKey, ("content", "key"), keys.items())

    def add_leaves(self, entries: Sequence[bytes]) -> int:
        """Add entries to this node's log; returns the index of the first."""
        return self._leaves.append(entries)

    @property
    def leaves(self) -> TableLeaves:
        """The entries of this node's log."""
        return self._leaves

    def add_mirror(self, entries: Sequence[bytes]) -> None:
        """Add entries to the mirror of the peer's log."""
        self._mirror.append(entries)

    @property
    def mirror(self) -> TableLeaves:
        """The entries of the peer's log, as far as they were shown."""
        return self._mirror

    def queue(self, sequences: Sequence[int]) -> None:
        """Put sent frames into the outbox."""
        insert(self.alias, Outgoing, ("channel", "sequence"), [(self.channel.pk, number) for number in sequences])

    def queued(self, most: int) -> Sequence[int]:
        """Sequences in the outbox, the lowest first."""
        rows = Outgoing.objects.using(self.alias).filter(channel=self.channel).order_by("sequence")
        return list(rows.values_list("sequence", flat=True)[:most])

    def unqueue(self, sequences: Sequence[int]) -> None:
        """Take sequences out of the outbox; nothing happens for one that is not there."""
        rows = Outgoing.objects.using(self.alias).filter(channel=self.channel)
        for some in _parts(sequences):
            rows.filter(sequence__in=some).delete()

    def put_receipts(self, way: Way, receipts: Mapping[int, bytes]) -> None:
        """Keep receipts by sequence."""
        rows = [(self.channel.pk, way.value, sequence, data) for sequence, data in receipts.items()]
        insert(self.alias, FrameReceipt, ("channel", "way", "sequence", "receipt"), rows)
        for some in _parts(list(receipts)):
            self._frames(way).filter(sequence__in=some).update(receipted=True)

    def receipts(self, way: Way, start: int, stop: int) -> Mapping[int, bytes]:
        """The receipts that are there of the frames [start, stop)."""
        rows = FrameReceipt.objects.using(self.alias).filter(
            channel=self.channel, way=way.value, sequence__gte=start, sequence__lt=stop
        )
        return {number: bytes(data) for number, data in rows.values_list("sequence", "receipt")}

    def put_rejection(self, way: Way, rejection: Rejection, note: bytes) -> None:
        """Keep a rejection; nothing happens if the same bytes were rejected with the same code before."""
        RejectionNote.objects.using(self.alias).get_or_create(
            channel=self.channel,
            way=way.value,
            digest=rejection.digest,
            code=rejection.code,
            defaults={"note": note, "at": rejection.at},
        )

    def rejections(self, way: Way, most: int) -> Sequence[bytes]:
        """The last rejections, as notes, the newest last."""
        rows = RejectionNote.objects.using(self.alias).filter(channel=self.channel, way=way.value)
        return [bytes(note) for note in rows.order_by("-id").values_list("note", flat=True)[:most]][::-1]

    def put_pieces(self, way: Way, content: str, pieces: Sequence[str]) -> None:
        """Note which pieces the attachments of a message have."""
        rows = [(self.channel.pk, way.value, content, piece, False) for piece in pieces]
        insert(self.alias, Piece, ("channel", "way", "content", "digest", "arrived"), rows)

    def _pieces(self, way: Way) -> Any:
        return Piece.objects.using(self.alias).filter(channel=self.channel, way=way.value)

    def pieces(self, way: Way, content: str) -> Sequence[str]:
        """The pieces of a message, in order."""
        return list(self._pieces(way).filter(content=content).order_by("id").values_list("digest", flat=True))

    def has_piece(self, way: Way, piece: str) -> bool:
        """Whether a message has a piece."""
        return bool(self._pieces(way).filter(digest=piece).exists())

    def wanted(self, most: int) -> Sequence[str]:
        """Pieces of taken messages that have not arrived, those of the oldest message first."""
        rows = self._pieces(Way.TAKEN).filter(arrived=False).order_by("id")
        names: dict[str, None] = {}
        for name in rows.values_list("digest", flat=True).iterator(chunk_size=_AT_ONCE):
            names[name] = None
            if len(names) == most:
                break
        return list(names)

    def arrived(self, piece: str) -> None:
        """Note that a piece is among the blobs."""
        self._pieces(Way.TAKEN).filter(digest=piece).update(arrived=True)

    def unreceipted(self, stop: int, most: int) -> Sequence[Message]:
        """Taken messages without a receipt whose leaf has an index below `stop`, by leaf."""
        rows = self._frames(Way.TAKEN).filter(receipted=False, leaf__lt=stop).order_by("leaf")
        return [message_of(row) for row in rows.values_list(*MESSAGE)[:most]]

    def back(self, book: Book) -> None:
        """Forget what is held in memory, after a rollback to a savepoint."""
        self._book = book
        self._leaves.forget()
        self._mirror.forget()


def lock(alias: str, name: str) -> Channel:
    """The row of a channel, locked until the transaction ends. SQLite has locked everything already.

    Raises:
        StoreError: there is no such channel.
    """
    channel = Channel.objects.using(alias).select_for_update().filter(name=name).first()
    if channel is None:
        raise StoreError(f"This node has no channel {name!r}.", remedy="Pair with the peer: entente peer invite FILE")
    return channel


def _parts(sequences: Sequence[int]) -> Sequence[Sequence[int]]:
    return [sequences[start : start + _AT_ONCE] for start in range(0, len(sequences), _AT_ONCE)]


def message_of(row: tuple[Any, ...]) -> Message:
    """A message from the columns `MESSAGE` of its row."""
    values = dict(zip(MESSAGE, row, strict=True))
    return Message(**{**values, "way": Way(values["way"]), "signed": bytes(values["signed"])})
