"""Whatever the schedule of appends: one tree, every proof good, every change of a proof refused."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from entente.errors import EntenteError
from entente.exchange.ledger.checkpoint import cosign_checkpoint, open_checkpoint, sign_checkpoint
from entente.exchange.ledger.errors import ProofError
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.note import parse_note
from entente.exchange.ledger.policy import parse_policy
from entente.exchange.ledger.proofs import verify_consistency, verify_inclusion
from entente.exchange.ledger.receipt import Receipt, verify_receipt
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tiles import parse_path, read_bundle, tiles_between, tiles_of, write_bundle
from entente.exchange.ledger.tree import CompactRange, TreeHead, leaf_hash, leaf_hashes
from ledger_toy import MemoryFiles, entries, log_of, signer, slow_head, witness

BIG = log_of(entries(3000))
SIZES = st.integers(1, 3000)
"""Around these sizes, tiles of two levels fill."""


@given(st.lists(st.integers(0, 400), max_size=12), st.integers(1, 600), st.booleans())
@settings(deadline=None, max_examples=60)
def test_any_schedule_of_appends_gives_one_tree(steps: list[int], batch: int, reopen: bool):
    store, log = MemoryLeaves(), TileLog(MemoryFiles(), MemoryLeaves())
    log._leaves = store
    for step in steps:
        store.append(entries(step, f"{store.size()} "))
        head = log.index(batch=batch)
        assert head == slow_head(store.entries(0, store.size()))
        if reopen:
            log = TileLog(log._files, store, head)
            assert log.repaired == []
    paths = {tile.path for tile in tiles_of(store.size())}
    assert paths <= set(log._files.content)
    assert log.audit() == []


@given(SIZES, st.data())
@settings(deadline=None, max_examples=200)
def test_every_proof_is_good(size: int, data: st.DataObject):
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    head = BIG.head_at(size)
    verify_inclusion(BIG.inclusion_proof(index, size), leaf_hash(b"entry %d" % index), index, head)
    verify_consistency(BIG.consistency_proof(first, size), BIG.head_at(first), head)


def flip(data: bytes, bit: int) -> bytes:
    bit %= len(data) * 8
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


@given(SIZES, st.data(), st.integers(0, 10**6))
@settings(deadline=None, max_examples=200)
def test_no_bit_of_an_inclusion_proof_can_change(size: int, data: st.DataObject, bit: int):
    index = data.draw(st.integers(0, size - 1))
    leaf, head, proof = BIG.leaf(index), BIG.head_at(size), list(BIG.inclusion_proof(index, size))
    parts = [leaf, head.root, *proof]
    at = bit % len(parts)
    parts[at] = flip(parts[at], bit)
    with pytest.raises(ProofError):
        verify_inclusion(parts[2:], parts[0], index, TreeHead(size, parts[1]))
    for wrong in (index ^ 1, index + 2, index + size):
        with pytest.raises(ProofError):
            verify_inclusion(proof, leaf, wrong, head)


@given(SIZES, st.data(), st.integers(0, 10**6))
@settings(deadline=None, max_examples=200)
def test_no_bit_of_a_consistency_proof_can_change(size: int, data: st.DataObject, bit: int):
    first = data.draw(st.integers(1, size))
    proof = list(BIG.consistency_proof(first, size))
    parts = [BIG.head_at(first).root, BIG.head_at(size).root, *proof]
    at = bit % len(parts)
    parts[at] = flip(parts[at], bit)
    with pytest.raises(ProofError):
        verify_consistency(parts[2:], TreeHead(first, parts[0]), TreeHead(size, parts[1]))


@given(SIZES, st.data())
@settings(deadline=None, max_examples=100)
def test_a_proof_has_one_length(size: int, data: st.DataObject):
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    head = BIG.head_at(size)
    path, growth = BIG.inclusion_proof(index, size), BIG.consistency_proof(first, size)
    extra = data.draw(st.binary(min_size=32, max_size=32))
    for changed in ((*path, extra), (extra, *path), path[:-1] if path else (extra,)):
        with pytest.raises(ProofError):
            verify_inclusion(changed, BIG.leaf(index), index, head)
    for changed in ((*growth, extra), (extra, *growth), growth[:-1] if growth else (extra,)):
        with pytest.raises(ProofError):
            verify_consistency(changed, BIG.head_at(first), head)


@given(st.integers(0, 10**6))
@settings(deadline=None, max_examples=300)
def test_no_bit_of_a_receipt_can_change_unnoticed(bit: int):
    """What verifies still says the same: only lines of strangers and extra data are nobody's word."""
    policy = parse_policy(f"log {signer().key}\nwitness w {witness('w').key}\nquorum w\n".encode())
    note = sign_checkpoint(BIG.head(), signer())
    note = cosign_checkpoint(open_checkpoint(note, signer().key), witness("w"), 1_700_000_000)
    data = Receipt(637, BIG.inclusion_proof(637), note).encode()
    with pytest.raises(EntenteError):
        verify_receipt(flip(data, bit), b"entry 637", policy)


@given(st.binary(max_size=400))
@settings(deadline=None, max_examples=300)
def test_any_bytes_are_refused_with_a_typed_error(data: bytes):
    for read in (parse_note, lambda raw: verify_receipt(raw, b"", parse_policy(b"quorum none")), parse_policy):
        try:
            read(data)
        except EntenteError:
            continue
        assume(data.strip())  # a policy or a note by chance would be worth a look
        pytest.fail(f"{data!r} was accepted")


@given(st.integers(0, 2**40), st.integers(0, 5000), st.integers(0, 5))
@settings(deadline=None)
def test_tiles_between_are_the_new_ones(old: int, more: int, level: int):
    tiles = list(tiles_between(old, old + more, level))
    above = 8 * level
    assert sum(tile.width for tile in tiles) >= (old + more >> above) - (old >> above)
    for tile in tiles:
        assert parse_path(tile.path) == tile
        assert (tile.index * 256 + tile.width) << above <= old + more
        assert (tile.index * 256 + tile.width) << above > old


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_keep_every_entry(items: list[bytes]):
    assert read_bundle(write_bundle(items)) == tuple(items)
    assert leaf_hashes(items) == b"".join(leaf_hash(item) for item in items)


@given(st.integers(0, 3000))
@settings(deadline=None, max_examples=50)
def test_a_tree_can_be_laid_down_and_taken_up_again(size: int):
    tree = CompactRange()
    for index in range(size):
        tree.append(BIG.leaf(index))
    again = CompactRange(size, tree.peaks)
    again.append(bytes(32))
    tree.append(bytes(32))
    assert again.head() == tree.head()
