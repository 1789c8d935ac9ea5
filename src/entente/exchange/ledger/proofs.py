"""Inclusion and consistency proofs of RFC 6962, sections 2.1.1 and 2.1.2: made from nodes, verified from bytes.

A proof is a tuple of 32-byte hashes. Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2, which states the
same proofs as algorithms. A verifier returns nothing or raises `ProofError`; it takes no size from a proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from entente.exchange.ledger.errors import ProofError
from entente.exchange.ledger.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, TreeHead, fold, node_hash, peak_heights

Proof = tuple[bytes, ...]
_ASK = "Ask for the proof again; if it fails again, treat the log as untrustworthy and keep what was sent."


class Nodes(Protocol):
    """Where the complete subtrees of a tree can be read."""

    def node(self, height: int, index: int) -> bytes:
        """The root over leaves [index * 2**height, (index + 1) * 2**height)."""
        ...


def range_root(nodes: Nodes, start: int, stop: int) -> bytes:
    """The root over leaves [start, stop), where start is a multiple of the largest power of two in the range."""
    peaks, at = [], start
    for height in peak_heights(stop - start):
        peaks.append(nodes.node(height, at >> height))
        at += 1 << height
    return fold(peaks)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> Proof:
    """The path from leaf `index` to the root over `size` leaves: the leaf's sibling first."""
    if not 0 <= index < size:
        raise ProofError(f"There is no leaf {index} in a tree of {size}.", remedy="Ask for a leaf of the tree.")
    return tuple(_ascend(nodes, index, 0, size))


def _ascend(nodes: Nodes, index: int, start: int, stop: int) -> Iterator[bytes]:
    """The siblings of the path from the leaf up to the node over [start, stop)."""
    siblings = []
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            siblings.append((middle, stop))
            stop = middle
        else:
            siblings.append((start, middle))
            start = middle
    return (range_root(nodes, *span) for span in reversed(siblings))


def _split(count: int) -> int:
    return 1 << ((count - 1).bit_length() - 1)


def consistency_proof(nodes: Nodes, first: int, second: int) -> Proof:
    """What shows that the tree over `first` leaves is the beginning of the tree over `second` leaves."""
    if not 0 <= first <= second:
        raise ProofError(f"A tree of {second} cannot contain one of {first}.", remedy="Give the smaller size first.")
    if first in {0, second}:
        return ()
    start, stop, spans = 0, second, []
    while first != stop:
        middle = start + _split(stop - start)
        if first <= middle:
            spans.append((middle, stop))
            stop = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:  # the old root is not itself a node on this path
        spans.append((start, stop))
    return tuple(range_root(nodes, *span) for span in reversed(spans))


def verify_inclusion(proof: Sequence[bytes], leaf: bytes, index: int, head: TreeHead) -> None:
    """Accept only if the leaf hash stands at `index` in the tree.

    Raises:
        ProofError: it does not, or the proof is malformed.
    """
    if root_from_inclusion(proof, leaf, index, head.size) != head.root:
        raise ProofError(f"The proof does not lead from leaf {index} to the root.", remedy=_ASK)


def root_from_inclusion(proof: Sequence[bytes], leaf: bytes, index: int, size: int) -> bytes:
    """The root that the path leads to from the leaf."""
    _check_sizes(proof, index + 1 if index >= 0 else index, size)
    _check_length(len(proof), _inclusion_length(index, size))
    root, at, last = leaf, index, size - 1
    for sibling in proof:
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root


def _inclusion_length(index: int, size: int) -> int:
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def verify_consistency(proof: Sequence[bytes], first: TreeHead, second: TreeHead) -> None:
    """Accept only if the first tree is the beginning of the second.

    Raises:
        ProofError: it is not, or the proof is malformed.
    """
    if first.size in {0, second.size}:
        _check_sizes(proof, first.size, second.size)
        _check_length(len(proof), 0)
        if first.root != (second.root if first.size == second.size else EMPTY_ROOT):
            raise ProofError("Two trees of one size have different roots.", remedy="Keep both: this is a fork.")
        return
    old, new = roots_from_consistency(proof, first, second.size)
    if (old, new) != (first.root, second.root):
        raise ProofError(f"The proof does not lead from size {first.size} to {second.size}.", remedy=_ASK)


def roots_from_consistency(proof: Sequence[bytes], first: TreeHead, second_size: int) -> tuple[bytes, bytes]:
    """The roots at both sizes that the proof leads to (0 < first.size < second_size).

    Where the first size is a power of two, the proof leaves its root out, and the first root is taken as it is.
    """
    _check_sizes(proof, first.size, second_size)
    if not 0 < first.size < second_size:
        raise ProofError("Only a growing tree has a proof to follow.", remedy=_ASK)
    path = [first.root, *proof] if first.size.bit_count() == 1 else list(proof)
    at, last = first.size - 1, second_size - 1
    shift = (~at & (at + 1)).bit_length() - 1
    at, last = at >> shift, last >> shift
    _check_length(len(path), 1 + _inclusion_length(at, last + 1))
    return _climb(path, at, last)


def _climb(path: Sequence[bytes], at: int, last: int) -> tuple[bytes, bytes]:
    old = new = path[0]
    for sibling in path[1:]:
        if at & 1 or at == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        at, last = at >> 1, last >> 1
    return old, new


def _check_sizes(proof: Sequence[bytes], small: int, large: int) -> None:
    if not 0 <= small <= large <= MAX_SIZE:
        raise ProofError(f"The sizes {small} and {large} do not make a proof.", remedy=_ASK)
    if any(len(item) != HASH_SIZE for item in proof):
        raise ProofError("A hash in the proof is not 32 bytes.", remedy=_ASK)


def _check_length(found: int, needed: int) -> None:
    if found != needed:
        raise ProofError(f"The proof has {found} hashes where {needed} are needed.", remedy=_ASK)
