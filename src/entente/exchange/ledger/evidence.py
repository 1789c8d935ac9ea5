"""Evidence: one file that shows a third party, without any database, that the holder of a key broke its word.

- `fork`: two checkpoints of one size with different roots. Two histories were told.
- `rewrite`: two checkpoints, and a proof that the larger tree begins with another root than the smaller one had. A
  past entry was changed, dropped or put in.
- `omission`: a receipt's checkpoint with its entry, and another checkpoint with another entry at that index. An
  acknowledged entry was dropped.
- `rollback`: two cosignatures, the later one on a smaller log. A cosigner forgot what it had seen.

In each, the accused key signed both checkpoints. It may be the log's own or a cosigner's: who cosigns a fork is
accused with the log. What is withheld cannot be shown: silence leaves no signature.

A file shows what a key signed. Whose key it is, the reader must know from elsewhere, and so `verify_evidence` takes
the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from entente.exchange import strict
from entente.exchange.ledger.checkpoint import Checkpoint, parse_checkpoint
from entente.exchange.ledger.errors import EvidenceError, ProofError
from entente.exchange.ledger.note import COSIGNATURE, MAX_NOTE, VerifierKey, parse_key, parse_note, verify_note
from entente.exchange.ledger.proofs import Proof, verify_consistency, verify_inclusion
from entente.exchange.ledger.receipt import MAX_PATH
from entente.exchange.ledger.tree import HASH_SIZE, TreeHead

FORMAT = "entente.ledger-evidence/1"
_LIMIT = 6 * MAX_NOTE  # JSON writes a line break as two characters and a control character as six


class Kind(Enum):
    """What is shown."""

    FORK = "fork"
    REWRITE = "rewrite"
    OMISSION = "omission"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf hash and its path in one of the two trees."""

    leaf: bytes
    path: Proof


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an evidence file holds.

    Args:
        kind: what is shown.
        accused: the key that signed both checkpoints.
        first: the earlier or smaller checkpoint (for a rollback: the earlier cosignature).
        second: the other one.
        prefix_root: rewrite: the root that the second tree has at the first one's size.
        proof: rewrite: consistency proof from that root to the second root.
        index: omission: where the entry was promised.
        promised: omission: the entry of the receipt, in the first tree.
        found: omission: the entry that stands there in the second tree.
    """

    kind: Kind
    accused: VerifierKey
    first: bytes
    second: bytes
    prefix_root: bytes | None = None
    proof: Proof = ()
    index: int | None = None
    promised: Leaf | None = None
    found: Leaf | None = None

    def encode(self) -> bytes:
        """The evidence file."""
        value: dict[str, Any] = {
            "format": FORMAT,
            "kind": self.kind.value,
            "accused": str(self.accused),
            "first": self.first.decode(),
            "second": self.second.decode(),
        }
        if self.prefix_root is not None:
            value |= {"prefix_root": strict.write_base64(self.prefix_root), "proof": _texts(self.proof)}
        if self.index is not None and self.promised and self.found:
            value |= {
                "index": str(self.index),
                "promised": _write_leaf(self.promised),
                "found": _write_leaf(self.found),
            }
        return strict.write_object(value)


@dataclass(frozen=True, slots=True)
class Finding:
    """What evidence has shown: against whom, about which log, and by which two states of it."""

    kind: Kind
    accused: VerifierKey
    origin: str
    first: TreeHead
    second: TreeHead


_FIELDS = {
    Kind.FORK: set[str](),
    Kind.REWRITE: {"prefix_root", "proof"},
    Kind.OMISSION: {"index", "promised", "found"},
    Kind.ROLLBACK: set[str](),
}


def verify_evidence(data: bytes, accused: VerifierKey) -> Finding:
    """What the file shows against the holder of a key.

    Args:
        data: the file.
        accused: the key, as the reader has it from the accused.

    Raises:
        EvidenceError: malformed, against another key, or it shows no wrong.
        NoteError, CheckpointError, ProofError: a part does not verify.
    """
    evidence = parse_evidence(data)
    if evidence.accused != accused:
        raise EvidenceError(
            f"The file is about the key {evidence.accused}, not about {accused}.",
            remedy="Get the key of the accused from the accused, and ask which of its keys is meant.",
        )
    return check_evidence(evidence)


def check_evidence(evidence: Evidence) -> Finding:
    """What the evidence shows against the key that it names."""
    (first, time), (second, later) = (_signed(note, evidence.accused) for note in (evidence.first, evidence.second))
    if first.origin != second.origin:
        raise EvidenceError("The two checkpoints are of different logs.")
    one, two = first.head, second.head
    shown = {
        Kind.FORK: lambda: one.size == two.size and one.root != two.root,
        Kind.REWRITE: lambda: _is_rewrite(evidence, one, two),
        Kind.OMISSION: lambda: _is_omission(evidence, one, two),
        Kind.ROLLBACK: lambda: time is not None and later is not None and time < later and one.size > two.size,
    }
    if not shown[evidence.kind]():
        raise EvidenceError(f"The file shows no {evidence.kind.value}.", remedy="Accuse nobody on its account.")
    return Finding(evidence.kind, evidence.accused, first.origin, one, two)


def _signed(data: bytes, accused: VerifierKey) -> tuple[Checkpoint, int | None]:
    note = parse_note(data)
    signed = verify_note(note, (accused,))
    if accused not in signed:
        raise EvidenceError("The accused did not sign one of the checkpoints.", remedy="Accuse nobody on its account.")
    checkpoint = parse_checkpoint(note.text)
    if accused.kind != COSIGNATURE and checkpoint.origin != accused.name:
        raise EvidenceError("One of the checkpoints is not of the log of the accused.")
    return checkpoint, signed[accused]


def _is_rewrite(evidence: Evidence, one: TreeHead, two: TreeHead) -> bool:
    if evidence.prefix_root is None or not 0 < one.size < two.size:
        return False
    verify_consistency(evidence.proof, TreeHead(one.size, evidence.prefix_root), two)
    return evidence.prefix_root != one.root


def _is_omission(evidence: Evidence, one: TreeHead, two: TreeHead) -> bool:
    if evidence.index is None or evidence.promised is None or evidence.found is None:
        return False
    for leaf, head in ((evidence.promised, one), (evidence.found, two)):
        verify_inclusion(leaf.path, leaf.leaf, evidence.index, head)
    return evidence.promised.leaf != evidence.found.leaf


def parse_evidence(data: bytes) -> Evidence:
    """What an evidence file holds; nothing is verified."""
    value = strict.read_object(data, limit=_LIMIT, what="evidence")
    kinds = {kind.value: kind for kind in Kind}
    kind = kinds.get(str(value.get("kind")))
    if value.get("format") != FORMAT or kind is None:
        raise EvidenceError("The file is no evidence of a known format and kind.")
    if set(value) != {"format", "kind", "accused", "first", "second"} | _FIELDS[kind]:
        raise EvidenceError(f"The fields of the evidence are not those of a {kind.value}.")
    first, second = (strict.field(value, name, str, what="evidence").encode() for name in ("first", "second"))
    evidence = Evidence(kind, parse_key(strict.field(value, "accused", str, what="evidence")), first, second)
    return _with_details(evidence, value)


def _with_details(evidence: Evidence, value: dict[str, Any]) -> Evidence:
    common = (evidence.kind, evidence.accused, evidence.first, evidence.second)
    if evidence.kind is Kind.REWRITE:
        root = _hash(value["prefix_root"])
        return Evidence(*common, prefix_root=root, proof=_hashes(value["proof"]))
    if evidence.kind is Kind.OMISSION:
        promised, found = (_read_leaf(value[name]) for name in ("promised", "found"))
        return Evidence(*common, index=_index(value["index"]), promised=promised, found=found)
    return evidence


def _index(text: Any) -> int:
    # Text, because JSON readers with doubles round what a tree can hold.
    if not isinstance(text, str) or not text.isascii() or not text.isdecimal() or len(text) > 19:
        raise EvidenceError("The index in the evidence is no number.")
    if str(int(text)) != text:
        raise EvidenceError("The index in the evidence has leading zeros.")
    return int(text)


def _hash(text: Any) -> bytes:
    return strict.read_base64(text, what="hash", size=HASH_SIZE)


def _hashes(items: Any) -> Proof:
    if not isinstance(items, list) or len(items) > 2 * MAX_PATH:
        raise EvidenceError("A proof in the evidence is no list of hashes.")
    return tuple(_hash(item) for item in items)


def _read_leaf(value: Any) -> Leaf:
    if not isinstance(value, dict) or set(value) != {"leaf", "path"}:
        raise EvidenceError("An entry in the evidence is malformed.")
    return Leaf(_hash(value["leaf"]), _hashes(value["path"]))


def _write_leaf(leaf: Leaf) -> dict[str, Any]:
    return {"leaf": strict.write_base64(leaf.leaf), "path": _texts(leaf.path)}


def _texts(hashes: Proof) -> list[str]:
    return [strict.write_base64(item) for item in hashes]


def proves(evidence: Evidence) -> bool:
    """Whether the evidence would stand before a third party."""
    try:
        check_evidence(evidence)
    except (EvidenceError, ProofError):
        return False
    return True
