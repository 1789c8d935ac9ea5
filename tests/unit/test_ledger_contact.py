"""What follows from a peer's checkpoints, and whether a third party sees it too."""

from __future__ import annotations

import pytest

from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint, sign_checkpoint
from entente.exchange.ledger.contact import Outcome, assess, assess_receipt, rollback
from entente.exchange.ledger.errors import EvidenceError, NoteError, ProofError
from entente.exchange.ledger.evidence import Evidence, Kind, check_evidence, parse_evidence, verify_evidence
from entente.exchange.ledger.receipt import Receipt
from entente.exchange.ledger.tree import EMPTY, leaf_hash
from ledger_toy import ORIGIN, entries, log_of, note_of, signer, witness

KEY = signer().key
ITEMS = entries(100)
LOG = log_of(ITEMS)
REWRITTEN = [*ITEMS[:20], b"changed", *ITEMS[21:]]


def note(size: int) -> bytes:
    return sign_checkpoint(LOG.head_at(size), signer())


def cosigned(data: bytes, name: str, time: int) -> bytes:
    return cosign_checkpoint(open_checkpoint(data, KEY), witness(name), time)


def proven(evidence: Evidence | None, kind: Kind, accused=KEY) -> None:
    """A third party reads the file and needs nothing else."""
    assert evidence is not None
    data = evidence.encode()
    assert parse_evidence(data) == evidence
    finding = verify_evidence(data, accused)
    assert (finding.kind, finding.accused, finding.origin) == (kind, accused, ORIGIN)


def test_the_first_contact():
    verdict = assess(KEY, None, note(40))
    assert (verdict.outcome, verdict.may_cosign) == (Outcome.CONSISTENT, True)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 40), (40, 40), (40, 100), (64, 100), (99, 100)])
def test_a_log_that_grew(old: int, new: int):
    verdict = assess(KEY, note(old), note(new), LOG.consistency_proof(old, new))
    assert (verdict.outcome, verdict.may_cosign, verdict.evidence) == (Outcome.CONSISTENT, True, None)
    assert verdict.offered.head == LOG.head_at(new)


@pytest.mark.parametrize(("old", "new"), [(40, 0), (100, 40), (100, 64)])
def test_a_log_that_shows_an_earlier_state(old: int, new: int):
    verdict = assess(KEY, note(old), note(new), LOG.consistency_proof(new, old))
    assert (verdict.outcome, verdict.may_cosign) == (Outcome.BEHIND, False)


def test_a_fork():
    verdict = assess(KEY, note(100), note_of(REWRITTEN))
    assert (verdict.outcome, verdict.may_cosign) == (Outcome.FORK, False)
    proven(verdict.evidence, Kind.FORK)


@pytest.mark.parametrize("old", [40, 63, 99])
def test_a_rewrite(old: int):
    other = log_of(REWRITTEN)
    verdict = assess(KEY, note(old), note_of(REWRITTEN), other.consistency_proof(old))
    assert (verdict.outcome, verdict.may_cosign) == (Outcome.REWRITE, False)
    proven(verdict.evidence, Kind.REWRITE)


def test_a_rewrite_at_a_power_of_two_needs_the_root_of_the_mirror():
    other = log_of(REWRITTEN)
    proof, root = other.consistency_proof(64), other.head_at(64).root
    assert assess(KEY, note(64), note_of(REWRITTEN), proof).outcome is Outcome.UNPROVEN
    verdict = assess(KEY, note(64), note_of(REWRITTEN), proof, root)
    assert verdict.outcome is Outcome.REWRITE
    proven(verdict.evidence, Kind.REWRITE)


def test_a_rewrite_shown_by_an_earlier_state():
    other = log_of(REWRITTEN)
    verdict = assess(KEY, note(100), sign_checkpoint(other.head_at(40), signer()), LOG.consistency_proof(40))
    assert verdict.outcome is Outcome.REWRITE
    proven(verdict.evidence, Kind.REWRITE)


def test_an_honest_rest_that_was_cut_and_continued_is_a_rewrite():
    items = [*ITEMS[:50], *entries(70, "other ")]
    verdict = assess(KEY, note(100), note_of(items), log_of(items).consistency_proof(100))
    assert verdict.outcome is Outcome.REWRITE
    proven(verdict.evidence, Kind.REWRITE)


@pytest.mark.parametrize("proof", [(), (b"x" * 32,), LOG.consistency_proof(39), (b"",)])
def test_a_proof_that_proves_nothing_accuses_nobody(proof: tuple[bytes, ...]):
    verdict = assess(KEY, note(40), note(100), proof)
    assert (verdict.outcome, verdict.may_cosign, verdict.evidence) == (Outcome.UNPROVEN, False, None)


def test_a_false_root_of_the_mirror_accuses_nobody():
    proof = LOG.consistency_proof(40)
    assert assess(KEY, note(40), note(100), proof[:-1], b"x" * 32).outcome is Outcome.UNPROVEN


def receipt(index: int, size: int) -> Receipt:
    return Receipt(index, LOG.inclusion_proof(index, size), note(size))


def test_a_receipt_that_is_kept():
    path = LOG.inclusion_proof(20, 100)
    verdict = assess_receipt(KEY, receipt(20, 40), leaf_hash(ITEMS[20]), note(100), leaf_hash(ITEMS[20]), path)
    assert verdict.outcome is Outcome.CONSISTENT


def test_an_omission():
    other = log_of(REWRITTEN)
    now, path = other.leaf(20), other.inclusion_proof(20)
    verdict = assess_receipt(KEY, receipt(20, 40), leaf_hash(ITEMS[20]), note_of(REWRITTEN), now, path)
    assert verdict.outcome is Outcome.OMISSION
    proven(verdict.evidence, Kind.OMISSION)


def test_a_receipt_for_something_else_accuses_nobody():
    with pytest.raises(ProofError):
        assess_receipt(KEY, receipt(20, 40), leaf_hash(b"mine"), note(100), LOG.leaf(20), LOG.inclusion_proof(20))
    verdict = assess_receipt(KEY, receipt(20, 40), LOG.leaf(20), note(100), leaf_hash(b"mine"), ())
    assert verdict.outcome is Outcome.UNPROVEN
    verdict = assess_receipt(KEY, receipt(20, 40), LOG.leaf(20), note(20), b"", ())
    assert verdict.outcome is Outcome.BEHIND


def test_a_cosigner_that_rolls_back():
    later, earlier = cosigned(note(40), "w", 2000), cosigned(note(100), "w", 1000)
    key = witness("w").key
    for pair in ((later, earlier), (earlier, later)):
        proven(rollback(key, pair), Kind.ROLLBACK, key)
    assert rollback(key, (cosigned(note(40), "w", 1000), cosigned(note(100), "w", 2000))) is None
    assert rollback(key, (cosigned(note(40), "w", 1000), cosigned(note(100), "w", 1000))) is None


def test_who_cosigns_a_fork_is_accused_too():
    key = witness("w").key
    pair = [cosigned(data, "w", 1000) for data in (note(100), note_of(REWRITTEN))]
    proven(Evidence(Kind.FORK, key, *pair), Kind.FORK, key)


def test_evidence_is_about_the_key_that_the_reader_has():
    data = assess(KEY, note(100), note_of(REWRITTEN)).evidence.encode()
    with pytest.raises(EvidenceError):
        verify_evidence(data, signer("another.example").key)


FORK = assess(KEY, note(100), note_of(REWRITTEN)).evidence
FORGED = sign_checkpoint(log_of(REWRITTEN).head(), signer("another.example"))
OTHER_LOG = sign_checkpoint(log_of(REWRITTEN).head(), signer("another.example"))


@pytest.mark.parametrize(
    "evidence",
    [
        Evidence(Kind.FORK, KEY, note(100), note(100)),
        Evidence(Kind.FORK, KEY, note(100), note(40)),
        Evidence(Kind.FORK, KEY, note(100), FORGED),
        Evidence(Kind.REWRITE, KEY, note(40), note(100), LOG.head_at(40).root, LOG.consistency_proof(40)),
        Evidence(Kind.REWRITE, KEY, note(40), note(100), b"x" * 32, LOG.consistency_proof(40)),
        Evidence(Kind.REWRITE, KEY, note(0), note(100), EMPTY.root, ()),
        Evidence(Kind.REWRITE, KEY, note(100), note(100), b"x" * 32, ()),
        Evidence(Kind.ROLLBACK, KEY, note(100), note(40)),
        Evidence(Kind.OMISSION, KEY, note(100), note(40), index=3),
    ],
)
def test_what_shows_no_wrong_is_no_evidence(evidence: Evidence):
    with pytest.raises(ExchangeError):
        check_evidence(evidence)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"fork"', b'"rewrite"'),
        (b'"fork"', b'"theft"'),
        (b'"fork"', b"7"),
        (b'"kind"', b'"sort"'),
        (b"evidence/1", b"evidence/2"),
        (b'"kind":"fork"', b'"kind":"fork","kind":"fork"'),
        (b'"kind":"fork"', b'"kind":"fork","more":1'),
        (b'"accused":"log', b'"accused":"lag'),
        (b"\\n100\\n", b"\\n101\\n"),
        (b"}", b""),
        (b"}", b"}}"),
    ],
)
def test_a_changed_file_is_refused(old: bytes, new: bytes):
    data = FORK.encode()
    assert old in data
    with pytest.raises(ExchangeError):
        verify_evidence(data.replace(old, new), KEY)


def test_a_checkpoint_of_a_stranger_is_an_error_and_no_verdict():
    for pair in ((note(40), OTHER_LOG), (OTHER_LOG, note(40))):
        with pytest.raises(NoteError):
            assess(KEY, *pair)
