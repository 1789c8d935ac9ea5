"""The words right beside matches: which of them may change how a name reads?

Most names stand beside words that mean nothing to the grammar. Those are found for all matches at once, by hashes of
the neighbouring words. Goods texts repeat their words, so each is judged once in the life of a process.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from entente.screening.boundaries import Flags, Located
from entente.screening.fold import I64, LETTER, class_table
from entente.screening.grammar import is_telling_before, is_telling_behind
from entente.screening.text import Block

#: Letters of a word that are looked at; a longer word is always worth a closer look.
_WORD = 18
#: Characters between a name and its neighbour that are passed over.
_SKIP = 12
_SLOT = np.uint64((1 << 18) - 1)
_GAP = frozenset((*range(33), 127, *b"-'\"()[]{},:=+/0123456789"))
_IS_GAP = np.array([code in _GAP for code in range(256)], np.bool_)

_MIX = np.random.default_rng(20240130).integers(1, 1 << 62, _WORD, np.uint64) | np.uint64(1)

Letters = npt.NDArray[np.uint32]


def telling_before(block: Block, hits: Located) -> Flags:
    """Matches before which stands a word that the grammar knows."""
    return _before()(_words_before(block, hits))


def telling_behind(block: Block, hits: Located) -> Flags:
    """Matches behind which stands a word that the grammar knows."""
    return _behind()(_words_behind(block, hits))


class _Memory:
    """Verdicts on words, by their hashes; a word that takes another's slot is judged again when it comes back."""

    def __init__(self, judge: Callable[[str], bool], *, reverse: bool) -> None:
        self._judge = judge
        self._step = -1 if reverse else 1
        self._hashes = np.zeros(int(_SLOT) + 1, np.uint64)
        self._told = np.zeros(int(_SLOT) + 1, np.bool_)

    def __call__(self, words: Letters) -> Flags:
        """Verdict on the word of each line."""
        with np.errstate(over="ignore"):
            hashes = (words * _MIX).sum(axis=1, dtype=np.uint64)
        slots = hashes & _SLOT
        told: Flags = self._told[slots]
        unknown = np.flatnonzero(self._hashes[slots] != hashes)
        if len(unknown):
            distinct, where, inverse = np.unique(hashes[unknown], return_index=True, return_inverse=True)
            verdicts = np.array([self._verdict(words[line]) for line in unknown[where].tolist()], np.bool_)
            self._hashes[distinct & _SLOT], self._told[distinct & _SLOT] = distinct, verdicts
            told[unknown] = verdicts[inverse]
        return told

    def _verdict(self, letters: Letters) -> bool:
        word = "".join(map(chr, letters[letters > 0].tolist()))[:: self._step]
        return len(word) == _WORD or self._judge(word)


@functools.cache
def _behind() -> _Memory:
    return _Memory(is_telling_behind, reverse=False)


@functools.cache
def _before() -> _Memory:
    return _Memory(is_telling_before, reverse=True)


def _words_behind(block: Block, hits: Located) -> Letters:
    """The next word behind each match as a matrix of letters, 0 behind its end."""
    units, end = block.units, block.offsets[hits.row + 1]
    at = _past_gap(units, hits.last + 1, 1, lambda at, some: at < end[some])
    where = at[:, None] + np.arange(_WORD)
    return _letters(units[np.minimum(where, len(units) - 1)], where < end[:, None])


def _words_before(block: Block, hits: Located) -> Letters:
    """The last word before each match, its letters in reverse."""
    units, start = block.units, block.offsets[hits.row]
    at = _past_gap(units, hits.first - 1, -1, lambda at, some: at >= start[some])
    where = at[:, None] - np.arange(_WORD)
    return _letters(units[np.maximum(where, 0)], where >= start[:, None])


def _past_gap(units: npt.NDArray[np.generic], at: I64, step: int, is_inside: Callable[[I64, I64], Flags]) -> I64:
    """The first places from `at` on that are no gap, within their rows."""
    at, some = at.copy(), np.arange(len(at))
    for _ in range(_SKIP):
        some = some[is_inside(at[some], some)]
        some = some[_IS_GAP[np.minimum(units[at[some]], 255)]]
        if not len(some):
            break
        at[some] += step
    return at


def _letters(units: npt.NDArray[np.generic], inside: Flags) -> Letters:
    live = np.logical_and.accumulate(inside & ((class_table()[units] & LETTER) > 0), axis=1)
    wide = units.astype(np.uint32)
    lower = np.where((wide >= 65) & (wide <= 90), wide | 32, wide)
    return np.where(live, lower, 0).astype(np.uint32)
