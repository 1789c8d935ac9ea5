"""What can be wrong with a log, a signature or a proof."""

from __future__ import annotations

from entente.exchange.errors import ExchangeError


class LedgerError(ExchangeError):
    """Root of the ledger's errors."""

    code = "ledger"


class ProofError(LedgerError):
    """A Merkle proof does not prove what it claims, or cannot be made."""

    code = "proof"


class NoteError(LedgerError):
    """A signed note or a key is malformed, or a signature of a known key does not verify."""

    code = "note"


class CheckpointError(LedgerError):
    """A note is no checkpoint, or one of another log."""

    code = "checkpoint"


class PolicyError(LedgerError):
    """A policy file is malformed, or a checkpoint does not meet the policy."""

    code = "policy"


class ReceiptError(LedgerError):
    """A receipt is malformed, or does not prove its entry."""

    code = "receipt"


class EvidenceError(LedgerError):
    """An evidence file is malformed, or shows no wrong."""

    code = "evidence"


class DamageError(LedgerError):
    """What is stored does not hash to what was signed, and it cannot be rebuilt."""

    code = "damage"


class RestoreError(LedgerError):
    """A restored log may not sign yet, or a step of the restore rule does not fit."""

    code = "restore"
