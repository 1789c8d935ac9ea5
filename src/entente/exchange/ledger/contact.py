"""Contact: what follows from the checkpoint that a peer shows now and what it showed before.

Nothing here decides by silence. A proof that does not verify proves nothing by itself: the outcome is `UNPROVEN`, one
asks again, and does not cosign. Only what the peer itself signed makes evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from entente.exchange.ledger.checkpoint import SignedCheckpoint, open_checkpoint
from entente.exchange.ledger.errors import ProofError
from entente.exchange.ledger.evidence import Evidence, Kind, Leaf, proves
from entente.exchange.ledger.note import VerifierKey
from entente.exchange.ledger.proofs import Proof, roots_from_consistency, verify_consistency, verify_inclusion
from entente.exchange.ledger.receipt import Receipt
from entente.exchange.ledger.tree import TreeHead


class Outcome(Enum):
    """How what a peer shows now relates to what it showed before."""

    CONSISTENT = "consistent"
    BEHIND = "behind"
    UNPROVEN = "unproven"
    FORK = "fork"
    REWRITE = "rewrite"
    OMISSION = "omission"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, the checkpoint it is about, and evidence where a wrong is proven."""

    outcome: Outcome
    offered: SignedCheckpoint
    evidence: Evidence | None = None

    @property
    def may_cosign(self) -> bool:
        """Only what continues everything that was seen is cosigned, and only at its largest."""
        return self.outcome is Outcome.CONSISTENT


def assess(
    log: VerifierKey, known: bytes | None, offered: bytes, proof: Sequence[bytes] = (), prefix_root: bytes | None = None
) -> Verdict:
    """Compare the checkpoint a peer shows with the largest one it has shown before.

    Args:
        log: the key of the peer's log.
        known: the largest checkpoint seen before, or None at the first contact.
        offered: the checkpoint it shows now.
        proof: consistency from the smaller to the larger tree: the peer's if it has grown, else from one's mirror.
        prefix_root: the root that the larger tree has at the smaller size, if the peer or the mirror gives one. It is
            needed to prove a rewrite when the smaller size is a power of two, because the proof then leaves it out.

    Raises:
        NoteError, CheckpointError: a checkpoint is not the log's.
    """
    new = open_checkpoint(offered, log)
    if known is None:
        return Verdict(Outcome.CONSISTENT, new)
    old = open_checkpoint(known, log)
    small, large = (new, old) if new.head.size < old.head.size else (old, new)
    if small.head.size == large.head.size:
        return _same_size(old, new)
    try:
        verify_consistency(proof, small.head, large.head)
    except ProofError:
        return _not_consistent(small, large, new, _claimed_root(small.head, large.head, proof, prefix_root), proof)
    return Verdict(Outcome.BEHIND if small is new else Outcome.CONSISTENT, new)


def _same_size(old: SignedCheckpoint, new: SignedCheckpoint) -> Verdict:
    if old.head == new.head:
        return Verdict(Outcome.CONSISTENT, new)
    return Verdict(Outcome.FORK, new, Evidence(Kind.FORK, new.log, old.note, new.note))


def _claimed_root(small: TreeHead, large: TreeHead, proof: Sequence[bytes], given: bytes | None) -> bytes | None:
    if given is not None:
        return given
    try:
        return roots_from_consistency(proof, small, large.size)[0]
    except ProofError:
        return None


def _not_consistent(
    small: SignedCheckpoint, large: SignedCheckpoint, new: SignedCheckpoint, root: bytes | None, proof: Sequence[bytes]
) -> Verdict:
    evidence = Evidence(Kind.REWRITE, new.log, small.note, large.note, prefix_root=root, proof=tuple(proof))
    if root is not None and proves(evidence):
        return Verdict(Outcome.REWRITE, new, evidence)
    return Verdict(Outcome.UNPROVEN, new)


def assess_receipt(
    log: VerifierKey, receipt: Receipt, leaf: bytes, offered: bytes, found: bytes, path: Proof
) -> Verdict:
    """Ask whether the log still holds what it gave a receipt for.

    Args:
        log: the key of the log.
        receipt: what it gave.
        leaf: the leaf hash of the acknowledged entry.
        offered: a later checkpoint.
        found: the leaf hash that stands at the receipt's index now, from the peer or the mirror.
        path: inclusion of `found` in the later tree.

    Raises:
        NoteError, CheckpointError: a checkpoint is not the log's.
        ProofError: the receipt does not hold for `leaf`.
    """
    new, old = open_checkpoint(offered, log), open_checkpoint(receipt.checkpoint, log)
    verify_inclusion(receipt.path, leaf, receipt.index, old.head)
    if new.head.size <= receipt.index:
        return Verdict(Outcome.BEHIND, new)
    try:
        verify_inclusion(path, found, receipt.index, new.head)
    except ProofError:
        return Verdict(Outcome.UNPROVEN, new)
    if found == leaf:
        return Verdict(Outcome.CONSISTENT, new)
    promised, now = Leaf(leaf, receipt.path), Leaf(found, path)
    evidence = Evidence(Kind.OMISSION, log, old.note, new.note, index=receipt.index, promised=promised, found=now)
    return Verdict(Outcome.OMISSION, new, evidence)


def rollback(cosigner: VerifierKey, notes: Sequence[bytes]) -> Evidence | None:
    """Evidence that a cosigner, later, cosigned a smaller state of the log; None where these two show none."""
    one, two = notes
    candidates = (Evidence(Kind.ROLLBACK, cosigner, *pair) for pair in ((one, two), (two, one)))
    return next((evidence for evidence in candidates if proves(evidence)), None)
