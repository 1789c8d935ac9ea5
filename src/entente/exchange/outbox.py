"""The outbox: what may leave, and what came back for it. Sending again is always harmless."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entente.exchange import dsse
from entente.exchange.channel import Channel
from entente.exchange.channel_contact import LeafNodes
from entente.exchange.channel_errors import WrongdoingError
from entente.exchange.errors import ExchangeError
from entente.exchange.frame import FRAME_LIMIT, PAYLOAD_TYPE
from entente.exchange.ledger import restore
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.contact import assess, assess_receipt
from entente.exchange.ledger.errors import ReceiptError
from entente.exchange.ledger.proofs import Proof, consistency_proof, inclusion_proof, range_root
from entente.exchange.ledger.receipt import parse_receipt
from entente.exchange.ledger.tree import leaf_hash
from entente.exchange.receipts import Acknowledged, parse_entry, verify_frame_receipt
from entente.exchange.store import Message, Transaction, UnitOfWork, Way

MOST = 256
MOST_BYTES = 16 * 1024 * 1024


def ready(uow: UnitOfWork, channel: Channel, *, most: int = MOST, most_bytes: int = MOST_BYTES) -> tuple[bytes, ...]:
    """The first frames without a receipt that a signed checkpoint covers, in order; at least one if there is one."""
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states())
        return _wires(uow, tx, channel, tx.queued(most), most_bytes)


def pull(
    uow: UnitOfWork, channel: Channel, after: int, *, most: int = MOST, most_bytes: int = MOST_BYTES
) -> tuple[bytes, ...]:
    """Frames behind a sequence, whether or not there is a receipt: for a peer that asks for what it misses."""
    with uow.transaction(channel.id) as tx:
        restore.check_node(tx.states())
        return _wires(uow, tx, channel, range(after + 1, after + 1 + most), most_bytes)


def acknowledge(uow: UnitOfWork, channel: Channel, sequence: int, receipt: bytes) -> Acknowledged:
    """Take in a receipt. The first one stands; a later one is verified and changes nothing.

    The checkpoint in it must be one that was mirrored and cosigned (`channel_contact.take_contact`), so that a peer
    that is restored is told of every state it gave a receipt for.

    Raises:
        ReceiptError: nothing was sent under this sequence, or the checkpoint is not mirrored yet.
        LedgerError: the receipt does not hold.
    """
    with uow.transaction(channel.id) as tx:
        message = tx.message(Way.SENT, sequence)
        if message is None:
            raise ReceiptError(f"Nothing was sent under the sequence {sequence}.")
        envelope = dsse.read(message.signed, payload_type=PAYLOAD_TYPE, limit=FRAME_LIMIT, what="frame")
        found = verify_frame_receipt(receipt, envelope.payload, channel.peer_log)
        _check_mirrored(tx, channel, found, receipt, envelope.payload)
        if tx.receipt(Way.SENT, sequence) is None:
            tx.put_receipt(Way.SENT, sequence, receipt)
            tx.unqueue(sequence)
    return found


def _check_mirrored(tx: Transaction, channel: Channel, found: Acknowledged, receipt: bytes, payload: bytes) -> None:
    book = tx.book()
    if found.checkpoint.head.size > book.mirror_size or book.seen is None:
        raise ReceiptError(
            "The receipt stands under a checkpoint that was not shown yet.", remedy="Exchange checkpoints first."
        )
    entry = parse_entry((parse_receipt(receipt).extra or b"") + b"\n" + payload).encode()
    if list(tx.mirror.entries(found.index, found.index + 1)) != [entry]:
        raise _omitted(tx, channel, book.seen, receipt, entry)
    verdict = assess(channel.peer_log, book.seen, found.checkpoint.note, *_link(tx, channel, book.seen, found))
    if verdict.evidence is not None:
        raise WrongdoingError(
            f"{channel.peer.name} gave a receipt under another history than it shows.",
            verdict.evidence.kind.value,
            verdict.evidence.encode(),
        )


def _link(tx: Transaction, channel: Channel, seen: bytes, found: Acknowledged) -> tuple[Proof, bytes]:
    """From the mirror: consistency of the receipt's size with what was seen, and the root at that size."""
    small, large = found.checkpoint.head.size, open_checkpoint(seen, channel.peer_log).head.size
    if small >= large:
        return (), found.checkpoint.head.root
    nodes = LeafNodes(tx.mirror)
    return consistency_proof(nodes, small, large), range_root(nodes, 0, small)


def _omitted(tx: Transaction, channel: Channel, seen: bytes, receipt: bytes, entry: bytes) -> ExchangeError:
    """What the peer did if the mirror of its log holds another entry than it gave a receipt for."""
    parsed, nodes = parse_receipt(receipt), LeafNodes(tx.mirror)
    size = open_checkpoint(seen, channel.peer_log).head.size
    if parsed.index >= size:
        return ReceiptError("The receipt stands at an index that was not shown yet.", remedy="Exchange checkpoints.")
    path = inclusion_proof(nodes, parsed.index, size)
    verdict = assess_receipt(channel.peer_log, parsed, leaf_hash(entry), seen, nodes.node(0, parsed.index), path)
    if verdict.evidence is None:
        return ReceiptError("The receipt does not fit the peer's log.")
    return WrongdoingError(
        f"{channel.peer.name} dropped an entry that it gave a receipt for.", "omission", verdict.evidence.encode()
    )


def _wires(
    uow: UnitOfWork, tx: Transaction, channel: Channel, sequences: Sequence[int], most_bytes: int
) -> tuple[bytes, ...]:
    signed = restore.check_signing(tx.book().ledger, channel.log.key).size
    return tuple(_within((uow.blobs.get(row.wire) for row in _covered(tx, sequences, signed)), most_bytes))


def _covered(tx: Transaction, sequences: Sequence[int], signed: int) -> Iterator[Message]:
    for sequence in sequences:
        row = tx.message(Way.SENT, sequence)
        if row is None or row.leaf >= signed:
            return
        yield row


def _within(blobs: Iterator[bytes], most_bytes: int) -> Iterator[bytes]:
    total = 0
    for data in blobs:
        if total and total + len(data) > most_bytes:
            return
        total += len(data)
        yield data
