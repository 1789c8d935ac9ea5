"""Second pass: long names with one or two typing errors.

Errors are counted as optimal string alignment counts them: a letter too many, missing, wrong, or two neighbours
swapped. Two errors cannot touch three pieces of a name that lie at least one letter apart, so a name with up to two
errors shows at least one of its pieces intact: the matcher finds the pieces, and only there is a distance computed,
between word boundaries.

An error that makes another building block of chemical names (benzyl to benzoyl, -ide to -ate), or another digit,
is not taken for a misspelling: it names another compound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from rapidfuzz.distance import OSA, Levenshtein
from rapidfuzz.process import cpdist

from entente.screening.boundaries import Flags, Located, lawful_breaks
from entente.screening.fold import DIGIT, HAN, I64, class_table, fold, squash
from entente.screening.lexicon import latin
from entente.screening.matcher import Matcher
from entente.screening.patterns import Patterns
from entente.screening.text import Block, flat_index
from entente.screening.vocabulary import Vocabulary

#: Names of fewer characters are too easily another word.
SHORTEST = 12
_SHORTEST_SQUASHED = 10
MOST_EDITS = 2
_PIECES = 3
_LONGEST_PIECE = 8
_MULTIPLIERS = frozenset("mono di tri tetra penta hexa hepta octa bis tris hemi sesqui per hypo".split())
_HYPHEN = ord("-")
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Near:
    """Misspelled names: where (as matches of the name's pattern) and how many errors."""

    hits: Located
    edits: I64


class Misspellings:
    """Finds misspelled names of a vocabulary.

    Args:
        vocabulary: whose names.
        patterns: the patterns made of it.
    """

    def __init__(self, vocabulary: Vocabulary, patterns: Patterns) -> None:
        number = {text: index for index, text in enumerate(patterns.texts)}
        ends: dict[int, frozenset[int]] = {}
        for name in vocabulary.names:
            text = squash(name.text)
            if (
                text.isascii()
                and len(name.text) >= SHORTEST
                and len(text) >= _SHORTEST_SQUASHED
                and not name.needs_context
            ):
                ends[number[text]] = ends.get(number[text], frozenset()) | _word_ends(name.text)
        self._patterns = patterns
        self._ends = ends
        pieces = [(piece, at, which) for which in ends for piece, at in _pieces(patterns.texts[which])]
        pieces.sort()
        texts = sorted({piece for piece, _, _ in pieces})
        index = {text: place for place, text in enumerate(texts)}
        counts = (
            np.bincount([index[piece] for piece, _, _ in pieces], minlength=len(texts))
            if pieces
            else np.zeros(0, np.int64)
        )
        self._first = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        self._at = np.array([at for _, at, _ in pieces], np.int64)
        self._name = np.array([which for _, _, which in pieces], np.int64)
        self._matcher = Matcher(texts)

    def find(self, block: Block, exact: Located) -> Near:
        """Misspelled names in a block that no exact match overlaps.

        Args:
            block: the text.
            exact: all matches of names, cut out of words or not, standing or not.
        """
        name, expected = self._candidates(block)
        starts, ends = _word_edges(block)
        name, start, end = _windows(name, expected, self._patterns.length, starts, ends)
        if not len(name):
            return _nothing()
        hits, edits = self._verified(block, name, start, end)
        keep = _clear_of(hits, exact)
        hits, edits = hits.where(keep), edits[keep]
        # overlapping readings of one stretch of text: the fewest errors, then the longest name, wins
        best = _best_of_overlapping(hits, edits)
        return Near(hits.where(best), edits[best])

    def _candidates(self, block: Block) -> tuple[I64, I64]:
        """Names whose piece is found, and where in the squashed bytes they would start."""
        found = self._matcher.scan(block.squashed)
        counts = self._first[found.pattern + 1] - self._first[found.pattern]
        place = flat_index(self._first[found.pattern], self._first[found.pattern + 1])[0]
        start = np.repeat(found.start, counts) - self._at[place]
        return self._name[place], start

    def _verified(self, block: Block, name: I64, start: I64, end: I64) -> tuple[Located, I64]:
        squashed, texts = block.squashed, self._patterns.texts
        windows = [
            squashed[first:last].decode("utf-8", "replace")
            for first, last in zip(start.tolist(), end.tolist(), strict=True)
        ]
        names = [texts[which] for which in name.tolist()]
        distance = cpdist(windows, names, scorer=OSA.distance, score_cutoff=MOST_EDITS, dtype=np.int64)
        near = np.flatnonzero((distance >= 1) & (distance <= MOST_EDITS)).tolist()
        good = [at for at in near if windows[at].isascii() and not self._is_another(int(name[at]), windows[at])]
        kept = np.array(good, np.int64)
        first, last = block.locate(start[kept]), block.locate(end[kept] - 1)
        hits = Located(name[kept], first, last, block.row_of(first))
        inside = last < block.offsets[hits.row + 1]
        hits, kept = hits.where(inside), kept[inside]
        lawful = lawful_breaks(block, hits, self._patterns) & ~_behind_locant(block, hits)
        return hits.where(lawful), distance[kept[lawful]]

    def _is_another(self, which: int, window: str) -> bool:
        return is_another_compound(self._patterns.texts[which], window, self._ends[which])


def _behind_locant(block: Block, hits: Located) -> Flags:
    """A stretch that a locant is joined to ("1-") is not all of the name that is written there."""
    classes, units, start = class_table(), block.units, block.offsets[hits.row]
    hyphen = (hits.first - 2 >= start) & (units[np.maximum(hits.first - 1, 0)] == _HYPHEN)
    joined: Flags = hyphen & ((classes[units[np.maximum(hits.first - 2, 0)]] & DIGIT) > 0)
    return joined


def _nothing() -> Near:
    none = np.zeros(0, np.int64)
    return Near(Located(none, none, none, none), none)


def _word_ends(name: str) -> frozenset[int]:
    """Squashed positions at which a word of the name ends."""
    ends, seen = set(), 0
    classes = class_table()
    for char in fold(name):
        if classes[ord(char)]:
            seen += 1
        else:
            ends.add(seen)
    return frozenset({*ends, seen})


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Three pieces of a text, a letter apart (adjoining in the shortest texts), and where each starts."""
    gap = 1 if len(text) >= _SHORTEST_SQUASHED + 1 else 0
    room = len(text) - gap * (_PIECES - 1)
    at = 0
    for number in range(_PIECES):
        width = room // _PIECES + (number < room % _PIECES)
        taken = min(width, _LONGEST_PIECE)
        inset = (width - taken) // 2
        yield text[at + inset : at + inset + taken], at + inset
        at += width + gap


def _word_edges(block: Block) -> tuple[I64, I64]:
    """Squashed byte positions at which words start, and behind which they end."""
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
        return starts, ends
    squashed = np.frombuffer(block.squashed, np.uint8)
    edges = np.append(np.flatnonzero((squashed & 0xC0) != 0x80), len(squashed))
    return edges[starts], edges[ends]


def _windows(name: I64, expected: I64, length: I64, starts: I64, ends: I64) -> tuple[I64, I64, I64]:
    """All word-bounded stretches that can be the name with up to two errors, each once."""
    at, start = _within(expected - MOST_EDITS, expected + MOST_EDITS, starts)
    name = name[at]
    at, end = _within(start + length[name] - MOST_EDITS, start + length[name] + MOST_EDITS, ends)
    rows = np.stack([name[at], start[at], end], axis=1)
    rows = np.unique(rows, axis=0)
    return rows[:, 0], rows[:, 1], rows[:, 2]


def _within(low: I64, high: I64, edges: I64) -> tuple[I64, I64]:
    """For each interval [low, high], its index and every edge in it."""
    first, last = np.searchsorted(edges, low, side="left"), np.searchsorted(edges, high, side="right")
    place, offsets = flat_index(first, last)
    return np.repeat(np.arange(len(low)), np.diff(offsets)), edges[place]


def _clear_of(hits: Located, exact: Located) -> I64:
    """Indices of hits that overlap no exact match, but for such as lie well within the hit: part of a longer name."""
    hit, other = overlaps(hits, exact)
    size = hits.last - hits.first
    within = is_within(hits, hit, exact, other) & (size[hit] - (exact.last - exact.first)[other] > MOST_EDITS)
    clear = np.ones(len(hits), np.bool_)
    clear[hit[~within]] = False
    return np.flatnonzero(clear)


def is_within(hits: Located, hit: I64, inner: Located, other: I64) -> Flags:
    """For pairs of indices, does the match `other` of `inner` lie within `hit` of `hits`?"""
    within: Flags = (hits.first[hit] <= inner.first[other]) & (inner.last[other] <= hits.last[hit])
    return within


def overlaps(hits: Located, others: Located) -> tuple[I64, I64]:
    """Pairs of indices of matches that share a unit; neither side's matches nest deeply, so pairs are few."""
    order = np.argsort(others.first, kind="stable")
    first, reach = others.first[order], np.maximum.accumulate(others.last[order]) if len(order) else others.last
    low = np.searchsorted(reach, hits.first, side="left")
    high = np.searchsorted(first, hits.last, side="right")
    place, offsets = flat_index(low, np.maximum(high, low))
    hit = np.repeat(np.arange(len(hits)), np.diff(offsets))
    other = order[place]
    shared = others.last[other] >= hits.first[hit]
    return hit[shared], other[shared]


def _best_of_overlapping(hits: Located, edits: I64) -> I64:
    """Of overlapping hits, drop those well within a longer one; of the rest, the fewest errors win, then the longest."""
    spans: dict[int, list[int]] = {}
    for at, row in enumerate(hits.row.tolist()):
        spans.setdefault(row, []).append(at)
    first, last, errors = hits.first.tolist(), hits.last.tolist(), edits.tolist()
    kept: list[int] = []
    for among in spans.values():
        outer = [at for at in among if not any(_is_well_within(at, other, first, last) for other in among)]
        chosen: list[int] = []
        for at in sorted(outer, key=lambda at: (errors[at], first[at] - last[at])):
            equal = [
                (first[other], last[other], errors[other]) == (first[at], last[at], errors[at]) for other in chosen
            ]
            apart = [last[at] < first[other] or first[at] > last[other] for other in chosen]
            if all(same or clear for same, clear in zip(equal, apart, strict=True)):
                chosen.append(at)
        kept.extend(chosen)
    return np.array(sorted(kept), np.int64)


def _is_well_within(at: int, other: int, first: list[int], last: list[int]) -> bool:
    longer = (last[other] - first[other]) - (last[at] - first[at]) > MOST_EDITS
    return longer and first[other] <= first[at] and last[at] <= last[other]


def _blocks_of_names() -> tuple[frozenset[str], frozenset[str]]:
    words = latin()
    long = {word for key in ("roots", "groups", "heads", "prefixes") for word in words[key] if len(word) > 3}
    return frozenset(long), words["endings"] | words["heads"] | words["bound_heads"]


def is_another_compound(name: str, window: str, word_ends: frozenset[int]) -> bool:
    """Do the errors turn a building block of the name into another one, or a locant into another?

    Args:
        name: squashed name.
        window: squashed text that is near it.
        word_ends: positions in `name` at which a word of it ends.
    """
    if not _is_subsequence(_DIGITS.findall(window), _DIGITS.findall(name)):
        return True
    blocks, endings = _blocks_of_names()
    operations = [op for op in Levenshtein.opcodes(name, window) if op.tag != "equal"]
    where = _alignment(name, window)
    if _is_short_word_lost(name, window, word_ends, where):
        return True
    for operation in operations:
        low, high = operation.src_start, operation.src_end
        for start in range(max(0, low - 14), low + 1):
            for end in range(max(high, start + 2), min(len(name), high + 14) + 1):
                known = name[start:end]
                other = window[where[start][0] : where[end][1]]
                if known == other:
                    continue
                if (known in blocks and other in blocks) or (known in _MULTIPLIERS and other in _MULTIPLIERS):
                    return True
                if end in word_ends and known in endings and other in endings:
                    return True
    return False


def _is_short_word_lost(name: str, window: str, word_ends: frozenset[int], where: list[tuple[int, int]]) -> bool:
    """A word of a name may hold two errors if it has five letters, else one; more is another word."""
    start = 0
    for end in sorted(word_ends):
        word, other = name[start:end], window[where[start][1] : where[end][0]]
        if len(word) > 1 and OSA.distance(word, other) > max(1, (len(word) + 1) // 3):
            return True
        start = end
    return False


def _alignment(name: str, window: str) -> list[tuple[int, int]]:
    """For each boundary of `name`, the lowest and highest boundary of `window` it is aligned with."""
    where: list[tuple[int, int]] = [(0, 0)] * (len(name) + 1)
    for operation in Levenshtein.opcodes(name, window):
        size = operation.src_end - operation.src_start
        for step in range(size + 1):
            at = operation.src_start + step
            to = operation.dest_start + min(step, operation.dest_end - operation.dest_start)
            if step == size:
                to = operation.dest_end
            low = where[at][0] if step == 0 and at else to
            where[at] = (low, to)
    return where


def _is_subsequence(part: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(digit in rest for digit in part)
