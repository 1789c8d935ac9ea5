"""What a process remembers of the words it has met: which pieces of names may be in each, and where.

Goods texts repeat their words, so each is searched once. A word that takes another's slot is only searched again
when the other comes back, which costs time and changes nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from entente.screening.boundaries import Flags
from entente.screening.fold import I64
from entente.screening.text import flat_index

_SLOTS = 1 << 19
_SLOT = np.uint64(_SLOTS - 1)
#: Entries of all words together, of which each takes 16 bytes; then everything is forgotten.
_MOST_ENTRIES = 1 << 22

Hashes = npt.NDArray[np.uint64]


class Remembered:
    """Entries by word: each is a number and its place in the word."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._hashes = np.zeros(_SLOTS, np.uint64)
        self._range = np.zeros(_SLOTS, np.int64)
        # the first range is empty, and serves all words that have no entries
        self._first = np.zeros(2, np.int64)
        self._at, self._entry = np.zeros(0, np.int64), np.zeros(0, np.int64)

    def knows(self, hashes: Hashes) -> Flags:
        """Which words are remembered?"""
        known: Flags = self._hashes[hashes & _SLOT] == hashes
        return known

    def unknown(self, hashes: Hashes) -> I64:
        """Index of one word for each distinct one that is not remembered, in order."""
        unknown = np.flatnonzero(~self.knows(hashes))
        _, where = np.unique(hashes[unknown], return_index=True)
        one: I64 = np.sort(unknown[where])
        return one

    def learn(self, hashes: Hashes, word: I64, at: I64, entry: I64) -> None:
        """Remember words: entries stand in the order of `word`, which indexes `hashes`."""
        if len(self._entry) + len(entry) > _MOST_ENTRIES:
            self._forget()
        slots = hashes & _SLOT
        counts = np.bincount(word, minlength=len(hashes))
        some = np.flatnonzero(counts)
        self._hashes[slots], self._range[slots] = hashes, 0
        # of words that share a slot the last stands
        mine = self._hashes[slots[some]] == hashes[some]
        self._range[slots[some[mine]]] = (len(self._first) - 1 + np.arange(len(some)))[mine]
        self._first = np.concatenate([self._first, len(self._entry) + np.cumsum(counts[some])])
        self._at, self._entry = np.concatenate([self._at, at]), np.concatenate([self._entry, entry])

    def recall(self, hashes: Hashes, known: Flags) -> tuple[I64, I64, I64]:
        """Index of the word, place in it, and entry, for every entry of every known word (as `knows` tells)."""
        ranges = self._range[hashes & _SLOT]
        word = np.flatnonzero(known & (ranges > 0))
        which = ranges[word]
        index, offsets = flat_index(self._first[which], self._first[which + 1])
        return np.repeat(word, np.diff(offsets)), self._at[index], self._entry[index]
