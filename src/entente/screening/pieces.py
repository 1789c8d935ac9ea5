"""Where in a text a misspelled name may be: pieces of names that errors have left intact.

Two errors cannot touch three pieces of a name that lie at least one letter apart. The matcher finds the pieces; a
piece counts only in a word of text that is near the word of the name that holds it. Goods texts repeat their words,
so each distinct word is compared once in the life of a process.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from entente.screening.boundaries import Flags
from entente.screening.fold import HAN, I64, class_table
from entente.screening.lexicon import trigrams
from entente.screening.matcher import Matcher
from entente.screening.text import Block, flat_index

#: Errors that a misspelling may have.
MOST_EDITS = 2
#: Squashed names of fewer letters have no room for three pieces.
SHORTEST_SQUASHED = 10
_PIECES, _GROUP = 3, 3
_LONGEST_PIECE = 8
#: Frequency of a group of letters that is not among the frequent ones.
_RARE = 0.2
#: What a group that holds a break of the name costs more: it is found only where the text has none.
_BROKEN = 1000.0
#: Distinct words with a piece in them that a process remembers.
_REMEMBERED = 1 << 20
_DULL_MASK = np.uint64((1 << 18) - 1)
#: A byte that no piece holds.
NOTHING = 1

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Words:
    """Words of a block in squashed bytes: where each starts, and behind which it ends."""

    start: I64
    end: I64


class PieceIndex:
    """The pieces of names, by piece and by distance from the name's start.

    Args:
        names: squashed text of each name, by its number.
        word_ends: where the words of each name end.
    """

    def __init__(self, names: Mapping[int, str], word_ends: Mapping[int, frozenset[int]]) -> None:
        pieces = sorted(
            (piece, at, which) for which, text in names.items() for piece, at in _pieces(text, word_ends[which])
        )
        texts = sorted({piece for piece, _, _ in pieces})
        place = {text: index for index, text in enumerate(texts)}
        piece = np.array([place[text] for text, _, _ in pieces], np.int64)
        at = np.array([at for _, at, _ in pieces], np.int64)
        self._name = np.array([which for _, _, which in pieces], np.int64)
        self._reach = int(at.max(initial=0)) + 2 * MOST_EDITS + 1
        # entry [piece, at + errors] says how many (piece, distance) pairs come before: a range is two look-ups
        counts = np.bincount(piece * self._reach + at + MOST_EDITS, minlength=len(texts) * self._reach)
        self._before = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        self._furthest = _most(piece, at, len(texts))
        words = np.array([len(word_ends[which]) for _, _, which in pieces], np.int64)
        self._most_words = _most(piece, words, len(texts))
        # a word of text that holds a piece holds all of the name's word, give or take the errors
        around = np.array([_word_around(at, word_ends[which]) for _, at, which in pieces], np.int64)
        self._shortest_word = -_most(piece, -around, len(texts)) - MOST_EDITS
        self._matcher = Matcher(texts)
        self._of_piece = np.concatenate([[0], np.cumsum(np.bincount(piece, minlength=len(texts)))]).astype(np.int64)
        self._at = at
        self._runs = {which: _runs(text, word_ends[which]) for which, text in names.items()}
        self._dull = np.zeros(int(_DULL_MASK) + 1, np.uint64)
        self._hopeless = np.zeros(0, np.uint64)
        self._hopeful = np.zeros(0, np.uint64)

    def candidates(self, squashed: bytes, words: Words) -> tuple[I64, I64]:
        """Names that may be there by one of their pieces, and the number of the word that they would start with."""
        hashes = _word_hashes(squashed, words)
        found = self._matcher.scan(self._without_dull_words(squashed, words, hashes))
        piece, at = found.pattern, found.start
        word = np.searchsorted(words.start, at, side="right") - 1
        length = words.end - words.start
        # a piece counts within one word of text, so that a word can be judged without its neighbours
        inside = (found.end <= words.end[word]) & (length[word] >= self._shortest_word[piece])
        piece, at, word = piece[inside], at[inside], word[inside]
        hopeful = self._may_be(squashed, words, hashes, piece, word)
        self._learn_dull_words(hashes, word[hopeful])
        piece, at, word = piece[hopeful], at[hopeful], word[hopeful]
        names: list[I64] = []
        firsts: list[I64] = []
        for back in range(int(self._most_words.max(initial=0))):
            distance = at - words.start[np.maximum(word - back, 0)]
            alive = (word >= back) & (back < self._most_words[piece]) & (distance <= self._furthest[piece] + MOST_EDITS)
            piece, at, word, distance = piece[alive], at[alive], word[alive], distance[alive]
            if not len(piece):
                break
            base = piece * self._reach
            low = self._before[base + distance]
            high = self._before[base + np.minimum(distance + 2 * MOST_EDITS + 1, self._reach)]
            some = np.flatnonzero(high > low)
            place, offsets = flat_index(low[some].astype(np.int64), high[some].astype(np.int64))
            names.append(self._name[place])
            firsts.append(np.repeat(word[some] - back, np.diff(offsets)))
        if not names:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        return np.concatenate(names), np.concatenate(firsts)

    def _may_be(self, squashed: bytes, words: Words, hashes: Hashes, piece: I64, word: I64) -> Flags:
        """Is the word of each found piece near a word, or a run of words, of a name with that piece?

        Goods texts repeat their words: each word is compared once with the names of each piece, and remembered.
        """
        keys = hashes[word] + _PIECE_MIX * piece.astype(np.uint64)
        distinct, where, inverse = np.unique(keys, return_index=True, return_inverse=True)
        good = _is_among(distinct, self._hopeful)
        for at in np.flatnonzero(~good & ~_is_among(distinct, self._hopeless)).tolist():
            index = where[at]
            text = squashed[words.start[word[index]] : words.end[word[index]]]
            good[at] = self._is_near_a_run(int(piece[index]), text)
        self._hopeful = _remember(self._hopeful, distinct[good])
        self._hopeless = _remember(self._hopeless, distinct[~good])
        flags: Flags = good[inverse]
        return flags

    def _without_dull_words(self, squashed: bytes, words: Words, hashes: Hashes) -> bytes:
        """Words known to have no part in any name are not searched again: a sign takes their place."""
        dull = self._dull[(hashes & _DULL_MASK).astype(np.int64)] == hashes
        if not dull.any():
            return squashed
        data = np.frombuffer(squashed, np.uint8).copy()
        data[flat_index(words.start[dull], words.end[dull])[0]] = NOTHING
        return data.tobytes()

    def _learn_dull_words(self, hashes: Hashes, hopeful: I64) -> None:
        dull = np.ones(len(hashes), np.bool_)
        dull[hopeful] = False
        # a word is only forgotten if another one takes its slot, which costs time and changes nothing
        seen = hashes[dull]
        self._dull[(seen & _DULL_MASK).astype(np.int64)] = seen

    def _is_near_a_run(self, piece: int, word: bytes) -> bool:
        text = word.decode("utf-8", "replace")
        names = self._name[self._of_piece[piece] : self._of_piece[piece + 1]]
        runs = {run for which in names.tolist() for run in self._runs[which] if abs(len(run) - len(text)) <= MOST_EDITS}
        return extractOne(text, runs, scorer=OSA.distance, score_cutoff=MOST_EDITS) is not None


def _runs(text: str, ends: frozenset[int]) -> tuple[str, ...]:
    """Words of a name, and runs of words together."""
    cuts = [0, *sorted(ends)]
    return tuple(text[start:end] for number, start in enumerate(cuts) for end in cuts[number + 1 :])


_PLACE_MIX = np.random.default_rng(19880101).integers(1, 1 << 62, 64, np.uint64) * np.uint64(2) + np.uint64(1)
_PIECE_MIX = np.uint64(0xD6E8FEB86659FD93)


def _word_hashes(squashed: bytes, words: Words) -> npt.NDArray[np.uint64]:
    """A hash of each word: its bytes mixed by their place in it, summed."""
    with np.errstate(over="ignore"):
        data = np.frombuffer(squashed, np.uint8)
        place = np.arange(len(data)) - np.repeat(words.start, np.diff(np.append(words.start, len(data))))
        mixed = _PLACE_MIX[np.minimum(place, len(_PLACE_MIX) - 1)] * (data.astype(np.uint64) + np.uint64(1))
        sums = np.add.reduceat(mixed, words.start) if len(words.start) else np.zeros(0, np.uint64)
    hashes: npt.NDArray[np.uint64] = sums
    return hashes


def _is_among(values: npt.NDArray[np.uint64], sorted_: npt.NDArray[np.uint64]) -> Flags:
    if not len(sorted_):
        return np.zeros(len(values), np.bool_)
    among: Flags = sorted_[np.minimum(np.searchsorted(sorted_, values), len(sorted_) - 1)] == values
    return among


def _remember(known: npt.NDArray[np.uint64], more: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    return np.union1d(known, more) if len(known) < _REMEMBERED else more


def _most(index: I64, values: I64, size: int) -> I64:
    out = np.full(size, -(1 << 30), np.int64)
    np.maximum.at(out, index, values)
    return out


def _word_around(at: int, ends: frozenset[int]) -> int:
    """Length of the name's word that holds position `at`."""
    return min(end for end in ends if end > at) - max((end for end in ends if end <= at), default=0)


def _cost(group: str) -> float:
    """What a group of three letters costs to look for: how often it is met."""
    return _RARE + trigrams().get(group, 0)


def _pieces(text: str, word_ends: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Three pieces of a text, a letter apart (adjoining in the shortest texts), and where each starts.

    Each piece holds a group of three letters; the three groups are the cheapest that fit, within words if they can
    be. Then the pieces grow.
    """
    gap = 1 if len(text) > SHORTEST_SQUASHED else 0
    step = _GROUP + gap
    last = len(text) - _GROUP
    costs = [
        _cost(text[at : at + _GROUP]) + _BROKEN * any(at < end < at + _GROUP for end in word_ends)
        for at in range(last + 1)
    ]
    # best[at]: the cheapest way to have placed so many groups, the last of them at or before `at`
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * (last + 1)
    for number in range(_PIECES):
        placed: list[tuple[float, tuple[int, ...]]] = []
        nothing = (math.inf, ())
        for at in range(last + 1):
            before = best[at - step] if number and at >= step else (0.0, ()) if not number else nothing
            here = (before[0] + costs[at], (*before[1], at))
            placed.append(min(here, placed[-1]) if placed else here)
        best = placed
    yield from _grown(text, best[last][1], gap, word_ends)


def _grown(text: str, starts: tuple[int, ...], gap: int, word_ends: frozenset[int]) -> Iterator[tuple[str, int]]:
    """Widen groups to the longest pieces that stay apart and within their words."""
    ends = [*(start - gap for start in starts[1:]), len(text)]
    floor = 0
    for start, end in zip(starts, ends, strict=True):
        word_end = min(cut for cut in word_ends if cut >= start + _GROUP)
        word_start = max((cut for cut in word_ends if cut <= start), default=0)
        stop = min(end, word_end, start + _LONGEST_PIECE)
        begin = min(max(floor, word_start, stop - _LONGEST_PIECE), start)
        yield text[begin:stop], begin
        floor = stop + gap


def words_of(block: Block) -> Words:
    """Words of a block: runs of letters and digits; a run of Hanzi is a word of its own."""
    kept = block.kept.view(np.bool_)
    start = kept.copy()
    start[1:] &= ~kept[:-1]
    begins = block.offsets[:-1]
    begins = begins[begins < len(kept)]
    start[begins] = kept[begins]
    end = kept.copy()
    end[:-1] &= ~kept[1:]
    behind = block.offsets[1:] - 1
    behind = behind[behind >= 0]
    end[behind] = kept[behind]
    if block.codes is not None:
        han = (class_table()[block.units] & HAN) > 0
        change = han[1:] != han[:-1]
        start[1:] |= kept[1:] & change
        end[:-1] |= kept[:-1] & change
    starts, ends = np.flatnonzero(start[kept]), np.flatnonzero(end[kept]) + 1
    if block.codes is None:
        return Words(starts, ends)
    squashed = np.frombuffer(block.squashed, np.uint8)
    edges = np.append(np.flatnonzero((squashed & 0xC0) != 0x80), len(squashed))
    return Words(edges[starts], edges[ends])
