"""Merkle trees of RFC 6962, section 2.1: hashes, and a tree that only grows.

A leaf hashes as SHA-256(0x00 || entry), a node as SHA-256(0x01 || left || right), the empty tree as SHA-256 of
nothing. The left child of a node over n leaves covers the largest power of two below n. Hashes are 32 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from entente.exchange.ledger.errors import ProofError

HASH_SIZE = 32
MAX_SIZE = 2**63 - 1  # tlog-checkpoint sets no bound; every foreign verifier holds a size in a signed 64-bit integer
EMPTY_ROOT = hashlib.sha256(b"").digest()
_sha256 = hashlib.sha256


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry as a leaf."""
    return _sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """The hashes of entries as leaves, one after the other."""
    return b"".join([_sha256(b"\x00" + entry).digest() for entry in entries])


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node over its two children."""
    return _sha256(b"\x01" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """One level up: the nodes over each full pair of `hashes` (concatenated); a last odd one is left out."""
    pairs = range(0, len(hashes) - 63, 64)
    return b"".join([_sha256(b"\x01" + hashes[at : at + 64]).digest() for at in pairs])


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over the complete subtrees of a tree, largest first; of none, the empty root."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def peak_heights(size: int) -> list[int]:
    """The heights of the complete subtrees that make up a tree of `size` leaves, largest first."""
    return [height for height in range(size.bit_length() - 1, -1, -1) if size >> height & 1]


@dataclass(frozen=True, slots=True)
class TreeHead:
    """A size (leaves) and the root over them (32 bytes)."""

    size: int
    root: bytes


EMPTY = TreeHead(0, EMPTY_ROOT)


class CompactRange:
    """A tree that grows leaf by leaf and keeps only its complete subtrees: at most 63 hashes.

    Args:
        size: leaves so far.
        peaks: roots of the complete subtrees, largest first, as `peak_heights(size)` counts them.
    """

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if not 0 <= size <= MAX_SIZE or len(peaks) != size.bit_count() or any(len(p) != HASH_SIZE for p in peaks):
            raise ProofError("The peaks do not fit the size of the tree.", remedy="Rebuild the tree from its leaves.")
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Roots of the complete subtrees, largest first."""
        return tuple(self._peaks)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.append_subtree(leaf, 0)

    def append_subtree(self, root: bytes, height: int) -> None:
        """Add 2**height leaves by the root over them; the size must be a multiple of 2**height."""
        if self.size % (1 << height):
            raise ProofError(
                f"A subtree of height {height} cannot stand at {self.size}.", remedy="Append smaller subtrees first."
            )
        carry = self.size >> height
        while carry & 1:
            root = node_hash(self._peaks.pop(), root)
            carry >>= 1
        self._peaks.append(root)
        self.size += 1 << height

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return fold(self._peaks)

    def head(self) -> TreeHead:
        """Size and root."""
        return TreeHead(self.size, self.root())


def head_of(leaves: Iterable[bytes]) -> TreeHead:
    """Size and root over leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.head()
