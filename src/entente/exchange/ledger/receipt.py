"""Receipts: C2SP tlog-proof, a text that proves to anybody that an entry stands in a log. No network, no database."""

from __future__ import annotations

from dataclasses import dataclass

from entente.exchange import strict
from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.checkpoint import SignedCheckpoint, read_hash, read_size
from entente.exchange.ledger.errors import ReceiptError
from entente.exchange.ledger.note import MAX_NOTE
from entente.exchange.ledger.policy import Policy
from entente.exchange.ledger.proofs import Proof, verify_inclusion
from entente.exchange.ledger.tree import leaf_hash

FIRST_LINE = "c2sp.org/tlog-proof@v1"
SUFFIX = ".tlog-proof"
MAX_EXTRA = 64 * 1024
MAX_PATH = 63  # no tree below 2**63 leaves is deeper
_MAX_RECEIPT = MAX_NOTE + 2 * MAX_EXTRA


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a receipt claims.

    Args:
        index: of the entry, from 0.
        path: the inclusion proof.
        checkpoint: the signed note.
        extra: application data; nothing vouches for it.
    """

    index: int
    path: Proof
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """The receipt as a file."""
        extra = [] if self.extra is None else [f"extra {strict.write_base64(self.extra)}"]
        path = (strict.write_base64(item) for item in self.path)
        lines = (FIRST_LINE, *extra, f"index {self.index}", *path)
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint


def parse_receipt(data: bytes) -> Receipt:
    """What a receipt claims; nothing is verified.

    Raises:
        ReceiptError: it is malformed.
    """
    if len(data) > _MAX_RECEIPT:
        raise ReceiptError("The receipt is too long.")
    above, gap, checkpoint = data.partition(b"\n\n")
    first, *lines = above.decode(errors="replace").split("\n")
    if not gap or first != FIRST_LINE or not lines:
        raise ReceiptError("The file is no receipt.", remedy="Give the receipt as it was sent, unchanged.")
    try:
        return _parse_lines(lines, checkpoint)
    except ExchangeError as error:
        raise ReceiptError(f"The receipt is malformed: {error.message}") from None


def _parse_lines(lines: list[str], checkpoint: bytes) -> Receipt:
    extra = None
    if lines[0].startswith("extra "):
        extra = strict.read_base64(lines.pop(0).removeprefix("extra "), what="extra data")
    if not lines or not lines[0].startswith("index "):
        raise ReceiptError("The receipt gives no index.")
    if len(lines) > MAX_PATH + 1 or (extra is not None and len(extra) > MAX_EXTRA):
        raise ReceiptError("The receipt is longer than any receipt can be.")
    path = tuple(read_hash(line) for line in lines[1:])
    return Receipt(read_size(lines[0].removeprefix("index ")), path, checkpoint, extra)


def verify_receipt(data: bytes, entry: bytes, policy: Policy) -> SignedCheckpoint:
    """The checkpoint under which a log vouches for an entry.

    Args:
        data: the receipt.
        entry: what was logged (the bytes, not their hash).
        policy: which log must have signed, and which witnesses.

    Raises:
        ReceiptError: malformed.
        NoteError, CheckpointError, PolicyError: the checkpoint is not good enough.
        ProofError: the entry does not stand there.
    """
    receipt = parse_receipt(data)
    signed = policy.open(receipt.checkpoint)
    verify_inclusion(receipt.path, leaf_hash(entry), receipt.index, signed.head)
    return signed
