"""The outbox: what may leave, and what came back for it. Sending again is always harmless."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from entente.exchange import dsse
from entente.exchange.channel import Channel
from entente.exchange.channel_contact import mirror_of
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import FRAME_LIMIT, PAYLOAD_TYPE
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from entente.exchange.ledger.contact import assess, assess_receipt
from entente.exchange.ledger.errors import ReceiptError
from entente.exchange.ledger.receipt import parse_receipt
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import leaf_hash
from entente.exchange.receipts import TAKEN, Acknowledged, Entry, refused_act, verify_frame_receipt
from entente.exchange.store import Book, Message, Transaction, UnitOfWork, Way

MOST = 256
MOST_BYTES = 16 * 1024 * 1024
_WINDOW = 64


def ready(uow: UnitOfWork, channel: Channel, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> tuple[bytes, ...]:
    """The first frames without a receipt that a signed checkpoint covers, in order; at least one if there is one."""
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states(), tx.book().ledger)
        return _wires(uow, tx, channel, tx.queued(most), most_bytes)


def pull(
    uow: UnitOfWork, channel: Channel, after: int, *, most: int = MOST, most_bytes: int = MOST_BYTES
) -> tuple[bytes, ...]:
    """Frames behind a sequence, whether or not there is a receipt: for a peer that asks for what it misses."""
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states(), tx.book().ledger)
        return _wires(uow, tx, channel, range(after + 1, after + 1 + most), most_bytes)


def acknowledge(uow: UnitOfWork, channel: Channel, sequence: int, receipt: bytes) -> Acknowledged:
    """Take in a receipt; see `acknowledge_all`.

    Raises:
        ReceiptError: nothing was sent under this sequence, or the checkpoint is not mirrored yet.
        LedgerError: the receipt does not hold.
        WrongdoingError: the peer gave it under another history than it shows.
    """
    (found,) = acknowledge_all(uow, channel, [(sequence, receipt)])
    if isinstance(found, ExchangeError):
        raise found
    return found


def acknowledge_all(
    uow: UnitOfWork, channel: Channel, receipts: Sequence[tuple[int, bytes]]
) -> Sequence[Acknowledged | ExchangeError]:
    """Take in receipts by sequence. The first one stands; a later one is verified and changes nothing.

    The checkpoint in a receipt must be one that was mirrored and cosigned (`channel_contact.take_contact`), so that a
    peer that is restored is told of every state it gave a receipt for.

    Returns:
        For each receipt what it proves, or what is wrong with it.
    """
    with uow.transaction(channel.id) as tx:
        reading = _Reading(tx, channel, tx.book())
        found = [reading.read(sequence, receipt) for sequence, receipt in receipts]
        good = {
            sequence: receipt
            for (sequence, receipt), one in zip(receipts, found, strict=True)
            if isinstance(one, Acknowledged)
        }
        had = _receipted(tx, good)
        new = [sequence for sequence in good if sequence not in had]
        tx.put_receipts(Way.SENT, {sequence: good[sequence] for sequence in new})
        tx.unqueue(new)
    return found


def _receipted(tx: Transaction, sequences: Iterable[int]) -> set[int]:
    """Those that have a receipt already. A peer chooses which it gives, so what lies between is not read."""
    found, span = set[int](), range(0)
    for sequence in sorted(sequences):
        if sequence not in span:
            span = range(sequence, sequence + _WINDOW)
            found |= set(tx.receipts(Way.SENT, sequence, sequence + _WINDOW))
    return found


class _Reading:
    """Receipts against one state of the mirror; many stand under one checkpoint, which is compared once."""

    def __init__(self, tx: Transaction, channel: Channel, book: Book) -> None:
        self._rows, self._channel, self._book = _Rows(tx), channel, book
        self._mirror = mirror_of(tx, channel, book)
        seen = open_checkpoint(book.seen, channel.peer_log).head.size if book.seen else 0
        self._seen = min(seen, self._mirror.size)  # back from a backup, more may have been cosigned than is mirrored
        self._opened = lru_cache(maxsize=16)(open_checkpoint)
        self._root = lru_cache(maxsize=64)(lambda size: self._mirror.head_at(size).root)

    def read(self, sequence: int, receipt: bytes) -> Acknowledged | ExchangeError:
        try:
            return self._read(sequence, receipt)
        except ExchangeError as error:
            return error

    def _read(self, sequence: int, receipt: bytes) -> Acknowledged:
        message = self._rows.get(sequence)
        if message is None and sequence <= self._book.sent.sequence:
            raise ReceiptError(
                f"The own copy of message {sequence} was lost; the peer has it.",
                remedy="This node came back from a backup that is older. Ask the peer for what it needs.",
            )
        if message is None:
            raise ReceiptError(f"Nothing was sent under the sequence {sequence}.")
        envelope = dsse.read(message.signed, payload_type=PAYLOAD_TYPE, limit=FRAME_LIMIT, what="frame")
        found = verify_frame_receipt(receipt, envelope.payload, self._channel.peer_log, self._opened)
        self._check_mirrored(found, receipt, envelope.payload)
        return found

    def _check_mirrored(self, found: Acknowledged, receipt: bytes, payload: bytes) -> None:
        if found.checkpoint.head.size > self._seen:
            raise ReceiptError(
                "The receipt stands under a checkpoint that was not shown yet.", remedy="Exchange checkpoints first."
            )
        entry = Entry(refused_act(found.refused) if found.refused else TAKEN, payload).encode()
        seen = self._book.seen or b""
        if self._mirror.leaf(found.index) != leaf_hash(entry):
            raise _omitted(self._channel, self._mirror, seen, receipt, entry)
        if self._root(found.checkpoint.head.size) != found.checkpoint.head.root:
            raise _other_history(self._channel, self._mirror, seen, found.checkpoint)


def _other_history(channel: Channel, mirror: TileLog, seen: bytes, offered: SignedCheckpoint) -> ExchangeError:
    """What the peer did if the checkpoint of a receipt is no earlier state of the log that it shows."""
    size = open_checkpoint(seen, channel.peer_log).head.size
    link, root = mirror.consistency_proof(offered.head.size, size), mirror.head_at(offered.head.size).root
    verdict = assess(channel.peer_log, seen, offered.note, link, root)
    if verdict.evidence is None:
        return ReceiptError("The receipt does not fit the peer's log.")
    return WrongdoingError(
        f"{channel.peer.name} gave a receipt under another history than it shows.",
        verdict.evidence.kind.value,
        verdict.evidence.encode(),
    )


def _omitted(channel: Channel, mirror: TileLog, seen: bytes, receipt: bytes, entry: bytes) -> ExchangeError:
    """What the peer did if the mirror of its log holds another entry than it gave a receipt for."""
    parsed, size = parse_receipt(receipt), open_checkpoint(seen, channel.peer_log).head.size
    if parsed.index >= size:
        return ReceiptError("The receipt stands at an index that was not shown yet.", remedy="Exchange checkpoints.")
    path = mirror.inclusion_proof(parsed.index, size)
    verdict = assess_receipt(channel.peer_log, parsed, leaf_hash(entry), seen, mirror.leaf(parsed.index), path)
    if verdict.evidence is None:
        return ReceiptError("The receipt does not fit the peer's log.")
    return WrongdoingError(
        f"{channel.peer.name} dropped an entry that it gave a receipt for.", "omission", verdict.evidence.encode()
    )


def _wires(
    uow: UnitOfWork, tx: Transaction, channel: Channel, sequences: Sequence[int], most_bytes: int
) -> tuple[bytes, ...]:
    signed = restore.check_signing(tx.book().ledger, channel.log.key).size
    names = [row.wire for row in _covered(tx, sequences, signed)]
    return tuple(_within(uow.blobs.get_all(names), most_bytes))


def _covered(tx: Transaction, sequences: Sequence[int], signed: int) -> Iterator[Message]:
    """The rows of some sequences as long as nothing between them is missing or unsigned."""
    rows = _Rows(tx)
    for sequence in sequences:
        row = rows.get(sequence)
        if row is None or row.leaf >= signed:
            return
        yield row


class _Rows:
    """Rows of sent frames that are asked for mostly in their order: a few dozen are read at a time."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._rows: dict[int, Message] = {}
        self._span = range(0)

    def get(self, sequence: int) -> Message | None:
        if sequence not in self._span:
            self._span = range(sequence, sequence + _WINDOW)
            self._rows = {row.sequence: row for row in self._tx.messages(Way.SENT, sequence, sequence + _WINDOW)}
        return self._rows.get(sequence)


def _within(blobs: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for data in blobs:
        if total and total + len(data) > most_bytes:
            return
        total += len(data)
        yield data
