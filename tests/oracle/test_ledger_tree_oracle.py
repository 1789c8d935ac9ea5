"""Trees and proofs against published values and against the words of RFC 6962."""

from __future__ import annotations

from itertools import pairwise

import pytest

from entente.exchange.ledger.errors import ProofError
from entente.exchange.ledger.proofs import verify_consistency, verify_inclusion
from entente.exchange.ledger.tree import CompactRange, TreeHead, head_of, leaf_hash
from ledger_toy import entries, log_of, slow_consistency, slow_path, slow_root

# The eight leaves and the roots that test programs of Certificate Transparency have used since RFC 6962.
LEAVES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 70
ITEMS = entries(MOST)
HASHES = [leaf_hash(item) for item in ITEMS]
HEADS = [TreeHead(size, slow_root(HASHES[:size])) for size in range(MOST + 1)]
LOG = log_of(ITEMS)


@pytest.mark.parametrize("size", range(9))
def test_published_roots(size: int):
    leaves = [leaf_hash(bytes.fromhex(leaf)) for leaf in LEAVES[:size]]
    assert head_of(leaves).root.hex() == ROOTS[size]


def test_a_root_at_every_size():
    tree = CompactRange()
    for size in range(MOST + 1):
        assert tree.head() == HEADS[size] == LOG.head_at(size) == log_of(ITEMS[:size]).head()
        assert CompactRange(size, tree.peaks).root() == tree.root()
        tree.append(leaf_hash(b"entry %d" % size))


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_inclusion_proof(size: int):
    for index in range(size):
        proof = LOG.inclusion_proof(index, size)
        assert proof == slow_path(index, HASHES[:size])
        verify_inclusion(proof, HASHES[index], index, HEADS[size])
        for wrong in {index + 1, index - 1, size, -1} - {index}:
            with pytest.raises(ProofError):
                verify_inclusion(proof, HASHES[index], wrong, HEADS[size])


@pytest.mark.parametrize("size", range(MOST + 1))
def test_every_consistency_proof(size: int):
    for first in range(size + 1):
        proof = LOG.consistency_proof(first, size)
        assert proof == (slow_consistency(first, HASHES[:size]) if first else ())
        verify_consistency(proof, HEADS[first], HEADS[size])
        for wrong in {first + 1, first - 1, size + 1} - {first}:
            with pytest.raises(ProofError):
                verify_consistency(proof, TreeHead(wrong, HEADS[first].root), HEADS[size])


def test_a_proof_is_for_one_size_and_one_root():
    for first, second in pairwise(range(1, MOST)):
        proof = LOG.consistency_proof(first, second)
        with pytest.raises(ProofError):
            verify_consistency(proof, HEADS[first], HEADS[second + 1])
        with pytest.raises(ProofError):
            verify_consistency(proof, HEADS[first], TreeHead(second, HEADS[first].root))
