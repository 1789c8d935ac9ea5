"""Where in a text a misspelled name may be: pieces of names that errors have left intact.

Two errors cannot touch three pieces of a name that lie at least one letter apart. The matcher finds the pieces; a
piece counts only in a word of text that is near the word of the name that holds it. Goods texts repeat their words,
so each distinct word is compared once in the life of a process.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from entente.screening.boundaries import Flags
from entente.screening.fold import HAN, I64, class_table
from entente.screening.lexicon import trigrams
from entente.screening.matcher import Matcher
from entente.screening.remembered import Hashes, Remembered
from entente.screening.text import Block, flat_index

#: Errors that a misspelling may have.
MOST_EDITS = 2
#: Squashed names of fewer letters have no room for three pieces.
SHORTEST_SQUASHED = 10
_PIECES, _GROUP = 3, 3
_LONGEST_PIECE = 8
#: Frequency of a group of letters that is not among the frequent ones.
_RARE = 0.2
#: How much a name that shares a group adds to the group's cost, beside the cost of finding it.
_NAME_SHARE = 0.1
#: How many times cheaper adjoining groups must be to be taken.
_FAR_CHEAPER = 4.0
#: What a group that holds a break of the name costs more: it is found only where the text has none.
_BROKEN = 1000.0
#: A byte that no piece holds.
NOTHING = 1


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
        costs = _Costs(names.values())
        pieces = sorted(
            (piece, at, which) for which, text in names.items() for piece, at in _pieces(text, word_ends[which], costs)
        )
        texts = sorted({piece for piece, _, _ in pieces})
        place = {text: index for index, text in enumerate(texts)}
        piece = np.array([place[text] for text, _, _ in pieces], np.int64)
        self._at = np.array([at for _, at, _ in pieces], np.int64)
        self._name = np.array([which for _, _, which in pieces], np.int64)
        self._words = np.array([len(word_ends[which]) for _, _, which in pieces], np.int64)
        # a word of text that holds a piece holds all of the name's word, give or take the errors
        around = np.array([_word_around(at, word_ends[which]) for _, at, which in pieces], np.int64)
        self._shortest_word = -_most(piece, -around, len(texts)) - MOST_EDITS
        # and no more than all of the name: kilobytes without a break are near nothing
        whole = np.array([len(names[which]) for _, _, which in pieces], np.int64)
        self._longest_word = _most(piece, whole, len(texts)) + MOST_EDITS
        self._matcher = Matcher(texts)
        self._of_piece = np.concatenate([[0], np.cumsum(np.bincount(piece, minlength=len(texts)))]).astype(np.int64)
        self._text, self._ends = dict(names), dict(word_ends)
        self._runs: dict[tuple[int, int], tuple[list[str], I64]] = {}
        self._remembered = Remembered()

    def candidates(self, squashed: bytes, words: Words) -> tuple[I64, I64]:
        """Names that may be there by one of their pieces, and the number of the word that they would start with."""
        hashes = _word_hashes(squashed, words, int(self._longest_word.max(initial=0)))
        found = list(self._entries(squashed, words, hashes))
        word, at, entry = (np.concatenate(parts) for parts in zip(*found, strict=True)) if found else [_NO_ENTRY] * 3
        return self._first_words(words, words.start[word] + at, word, entry)

    def _entries(self, squashed: bytes, words: Words, hashes: Hashes) -> Iterator[tuple[I64, I64, I64]]:
        """Word, place in it and entry, for all words. Words that share a slot of the memory take their turns."""
        pending = np.arange(len(hashes))
        while len(pending):
            new = pending[self._remembered.unknown(hashes[pending])]
            fresh = self._searched(squashed, Words(words.start[new], words.end[new]))
            self._remembered.learn(hashes[new], *fresh)
            known = self._remembered.knows(hashes[pending])
            word, at, entry = self._remembered.recall(hashes[pending], known)
            yield pending[word], at, entry
            pending = pending[~known]

    def _searched(self, squashed: bytes, words: Words) -> tuple[I64, I64, I64]:
        """Word, place in it and entry, for every piece in some words that is in a near word of its name."""
        found = self._matcher.scan(_only(squashed, words))
        word = np.searchsorted(words.start, found.start, side="right") - 1
        length = (words.end - words.start)[word]
        # a piece counts within one word of text, so that a word can be judged without its neighbours
        fits = (length >= self._shortest_word[found.pattern]) & (length <= self._longest_word[found.pattern])
        inside = np.flatnonzero((found.end <= words.end[word]) & fits)
        inside = inside[np.argsort(word[inside], kind="stable")]
        piece, at, word = found.pattern[inside], found.start[inside] - words.start[word[inside]], word[inside]
        texts = [
            squashed[start:end].decode("utf-8", "replace")
            for start, end in zip(words.start[word].tolist(), words.end[word].tolist(), strict=True)
        ]
        match, entry = self._compared(piece.tolist(), texts)
        return word[match], at[match], entry

    def _first_words(self, words: Words, at: I64, word: I64, entry: I64) -> tuple[I64, I64]:
        """The words of text that a name with a piece at `at` may start with: as far before it as in the name."""
        names: list[I64] = [np.zeros(0, np.int64)]
        firsts: list[I64] = [np.zeros(0, np.int64)]
        for back in range(int(self._words.max(initial=0))):
            excess = at - words.start[np.maximum(word - back, 0)] - self._at[entry]
            alive = (word >= back) & (back < self._words[entry]) & (excess <= MOST_EDITS)
            at, word, entry, excess = at[alive], word[alive], entry[alive], excess[alive]
            if not len(entry):
                break
            some = excess >= -MOST_EDITS
            names.append(self._name[entry[some]])
            firsts.append(word[some] - back)
        return np.concatenate(names), np.concatenate(firsts)

    def _compared(self, pieces: list[int], words: list[str]) -> tuple[I64, I64]:
        """For pieces and the words of text that hold them: index, and each entry that has a run of words near that."""
        found = [_NO_ENTRY]
        for start in range(0, len(words), _AT_ONCE):
            some = words[start : start + _AT_ONCE]
            runs = [
                self._runs_as_long(piece, len(word))
                for piece, word in zip(pieces[start : start + _AT_ONCE], some, strict=True)
            ]
            index = np.repeat(np.arange(len(some)), [len(texts) for texts, _ in runs])
            near = _are_near([some[at] for at in index.tolist()], list(chain.from_iterable(texts for texts, _ in runs)))
            entry = np.concatenate([entries for _, entries in runs])
            found.append((index[near] + start) << _ENTRY_BITS | entry[near])
        keys = np.unique(np.concatenate(found))
        return keys >> _ENTRY_BITS, keys & ((1 << _ENTRY_BITS) - 1)

    def _runs_as_long(self, piece: int, length: int) -> tuple[list[str], I64]:
        """Runs of words that hold a piece and have a length, give or take the errors; and the entry of each."""
        if (piece, length) not in self._runs:
            if len(self._runs) >= _KEPT_RUNS:
                self._runs.clear()
            entries = range(int(self._of_piece[piece]), int(self._of_piece[piece + 1]))
            runs = [(run, entry) for entry in entries for run in self._runs_around(entry)]
            fit = [(run, entry) for run, entry in runs if abs(len(run) - length) <= MOST_EDITS]
            self._runs[piece, length] = [run for run, _ in fit], np.array([entry for _, entry in fit], np.int64)
        return self._runs[piece, length]

    def _runs_around(self, entry: int) -> Iterator[str]:
        """Words, and runs of words, of the entry's name that hold the piece."""
        which, at = int(self._name[entry]), int(self._at[entry])
        cuts = [0, *sorted(self._ends[which])]
        for number, start in enumerate(cuts):
            for end in cuts[number + 1 :]:
                if start <= at < end:
                    yield self._text[which][start:end]


def _are_near(words: list[str], runs: list[str]) -> Flags:
    if not words:
        return np.zeros(0, np.bool_)
    distance = cpdist(words, runs, scorer=OSA.distance, score_cutoff=MOST_EDITS, dtype=np.uint8)
    near: Flags = distance <= MOST_EDITS
    return near


_NO_ENTRY = np.zeros(0, np.int64)
_ENTRY_BITS = 32
#: Words that are compared at once.
_AT_ONCE = 4096
#: Runs of words are kept for so many pieces and lengths; then they are worked out anew.
_KEPT_RUNS = 1 << 16
_EIGHT = 8
#: Odd numbers that mix bytes by their place, and one that mixes lengths.
*_PLACE_MIX, _MIX = np.random.default_rng(19880101).integers(1, 1 << 62, 65, np.uint64) * np.uint64(2) + np.uint64(1)
_LOW_BYTES = np.array([(1 << 8 * count) - 1 for count in range(_EIGHT + 1)], np.uint64)


def _only(squashed: bytes, words: Words) -> bytes:
    """The bytes of some words, and a sign that no piece holds in place of all others."""
    data = np.full(len(squashed), NOTHING, np.uint8)
    index = flat_index(words.start, words.end)[0]
    data[index] = np.frombuffer(squashed, np.uint8)[index]
    return data.tobytes()


def _word_hashes(squashed: bytes, words: Words, longest: int) -> Hashes:
    """A hash of each word: its length and its first `longest` bytes, eight at a time, each mixed by its place."""
    # a number of eight bytes begins at every byte
    eights = np.ndarray(len(squashed), "<u8", squashed + bytes(_EIGHT), 0, (1,))
    left, at = words.end - words.start, words.start
    some, hashes = np.arange(len(at)), left.astype(np.uint64) * _MIX
    left = np.minimum(left, longest)
    for step in range(-(-int(left.max(initial=0)) // _EIGHT)):
        mix = np.uint64(int(_PLACE_MIX[step % len(_PLACE_MIX)]) * (2 * step + 1) % (1 << 64))
        hashes[some] += (eights[at] & _LOW_BYTES[np.minimum(left, _EIGHT)]) * mix
        more = left > _EIGHT
        some, at, left = some[more], at[more] + _EIGHT, left[more] - _EIGHT
    hashes ^= hashes >> np.uint64(32)
    hashes *= _MIX
    # a slot that remembers nothing holds 0
    mixed: Hashes = (hashes ^ hashes >> np.uint64(29)) | np.uint64(1 << 63)
    return mixed


def _most(index: I64, values: I64, size: int) -> I64:
    out = np.full(size, -(1 << 30), np.int64)
    np.maximum.at(out, index, values)
    return out


def _word_around(at: int, ends: frozenset[int]) -> int:
    """Length of the name's word that holds position `at`."""
    return min(end for end in ends if end > at) - max((end for end in ends if end <= at), default=0)


class _Costs:
    """What it costs to look for a group of letters: how often it is met, times how many names it leads to.

    Args:
        texts: all names.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._names = Counter(
            group for text in texts for group in {text[at : at + _GROUP] for at in range(len(text) - _GROUP + 1)}
        )

    def of(self, group: str) -> float:
        """The cost of one group."""
        return (_RARE + trigrams().get(group, 0)) * (1 + _NAME_SHARE * self._names[group])


def _pieces(text: str, word_ends: frozenset[int], costs: _Costs) -> Iterator[tuple[str, int]]:
    """Three pieces of a text and where each starts.

    Each piece holds a group of three letters; the three groups are the cheapest that fit, within words if they can
    be. They lie a letter apart, unless groups that adjoin are far cheaper: then two swapped letters may touch two of
    them, which few misspellings do. Then the pieces grow.
    """
    last = len(text) - _GROUP
    each = [
        costs.of(text[at : at + _GROUP]) + _BROKEN * any(at < end < at + _GROUP for end in word_ends)
        for at in range(last + 1)
    ]
    adjoining = _placed(each, 0)
    apart = _placed(each, 1) if len(text) > SHORTEST_SQUASHED else (math.inf, ())
    gap = 0 if adjoining[0] * _FAR_CHEAPER < apart[0] else 1
    yield from _grown(text, apart[1] if gap else adjoining[1], gap, word_ends)


def _placed(each: list[float], gap: int) -> tuple[float, tuple[int, ...]]:
    """The cheapest three groups, so many letters apart, and what they cost."""
    step, last = _GROUP + gap, len(each) - 1
    nothing: tuple[float, tuple[int, ...]] = (math.inf, ())
    # best[at]: the cheapest way to have placed so many groups, the last of them at or before `at`
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * (last + 1)
    for number in range(_PIECES):
        placed: list[tuple[float, tuple[int, ...]]] = []
        for at in range(last + 1):
            before = best[at - step] if number and at >= step else (0.0, ()) if not number else nothing
            here = (before[0] + each[at], (*before[1], at))
            placed.append(min(here, placed[-1]) if placed else here)
        best = placed
    return best[last]


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
    if block.codes is not None:
        han = (class_table()[block.units] & HAN) > 0
        start[1:] |= kept[1:] & (han[1:] != han[:-1])
    starts = np.flatnonzero(start[kept])
    if block.codes is not None:
        squashed = np.frombuffer(block.squashed, np.uint8)
        starts = np.flatnonzero((squashed & 0xC0) != 0x80)[starts]
    # squashed bytes are in words, all of them: where one ends, the next one starts
    return Words(starts, np.append(starts[1:], len(block.squashed))[: len(starts)])
