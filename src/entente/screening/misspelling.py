"""Second pass: long names with one or two typing errors.

Errors are counted as optimal string alignment counts them: a letter too many, missing, wrong, or two neighbours
swapped. Two errors cannot touch three pieces of a name that lie at least one letter apart, so a name with up to two
errors shows at least one of its pieces intact: the matcher finds the pieces, and only there is a distance computed,
between word boundaries.

An error that makes another building block of chemical names (benzyl to benzoyl, -ide to -ate), or another digit,
is not taken for a misspelling: it names another compound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from entente.screening.boundaries import Flags, Located, is_within, lawful_breaks, overlaps
from entente.screening.fold import DIGIT, I64, class_table, fold, squash
from entente.screening.matcher import Matcher
from entente.screening.other_compound import is_another_compound
from entente.screening.patterns import Patterns
from entente.screening.pieces import MOST_EDITS, NOTHING, SHORTEST_SQUASHED, PieceIndex, Words, words_of
from entente.screening.text import Block, flat_index
from entente.screening.vocabulary import Vocabulary

#: Names of fewer characters are too easily another word.
SHORTEST = 12
_LAST_BREAK = 63
_JOINS = np.array([ord(sign) for sign in "-()[]"])
_HYPHEN = ord("-")


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
        matcher: finds those patterns.
    """

    def __init__(self, vocabulary: Vocabulary, patterns: Patterns, matcher: Matcher) -> None:
        number = {text: index for index, text in enumerate(patterns.texts)}
        ends: dict[int, frozenset[int]] = {}
        for name in vocabulary.names:
            text = squash(name.text)
            if (
                text.isascii()
                and len(name.text) >= SHORTEST
                and len(text) >= SHORTEST_SQUASHED
                and not name.needs_context
            ):
                ends[number[text]] = ends.get(number[text], frozenset()) | _word_ends(name.text)
        self._patterns = patterns
        self._ends = ends
        self._most_words = np.zeros(len(patterns.texts), np.int64)
        self._breaks = np.zeros(len(patterns.texts), np.uint64)
        for which, places in ends.items():
            self._most_words[which] = len(places)
            self._breaks[which] = _around(places)
        self._histogram, self._finer = _histograms(patterns.texts, _LANE), _histograms(patterns.texts, _OTHER_LANE)
        self._pieces = PieceIndex({which: patterns.texts[which] for which in ends}, ends)
        self._is_part = _parts_of_others([patterns.texts[which] for which in ends], patterns, matcher)

    def find(self, block: Block, exact: Located, stands: Flags) -> Near:
        """Misspelled names in a block that no exact match overlaps.

        Args:
            block: the text.
            exact: all matches of names.
            stands: those that are names where they stand; no piece is looked for in them.
        """
        words = words_of(block)
        spans = _in_squashed(block, exact)
        whole = stands & ~_is_joined(block, exact) & ~self._is_part[exact.pattern]
        name, first_word = self._pieces.candidates(_without(block.squashed, spans.where(whole)), words)
        name, start, end = self._windows(name, first_word, words)
        near = _is_near(block.squashed, self._histogram[name], start, end)
        name, start, end = _distinct(name[near], start[near], end[near])
        near = _is_nearer(block.squashed, self._finer[name], start, end)
        name, start, end = name[near], start[near], end[near]
        clear = _clear_of(Located(name, start, end - 1, name), spans)
        if not len(clear):
            return _nothing()
        hits, edits = self._verified(block, name[clear], start[clear], end[clear])
        # overlapping readings of one stretch of text: the fewest errors, then the longest name, wins
        best = _best_of_overlapping(hits, edits)
        return Near(hits.where(best), edits[best])

    def _windows(self, name: I64, first_word: I64, words: Words) -> tuple[I64, I64, I64]:
        """Stretches of whole words that have a name's length, give or take the errors."""
        length, most = self._patterns.length[name], self._most_words[name]
        start = words.start[first_word]
        found: list[tuple[I64, I64, I64]] = []
        alive = np.arange(len(name))
        for more in range(int(self._most_words.max(initial=0))):
            alive = alive[(first_word[alive] + more < len(words.end)) & (more < most[alive])]
            end = words.end[first_word[alive] + more]
            excess = end - start[alive] - length[alive]
            fits = np.abs(excess) <= MOST_EDITS
            found.append((name[alive[fits]], start[alive[fits]], end[fits]))
            # the text may run words of the name together, but has a break only where the name has one
            breaks = self._breaks[name[alive]] >> np.minimum(end - start[alive], _LAST_BREAK).astype(np.uint64)
            alive = alive[(excess <= MOST_EDITS) & ((breaks & np.uint64(1)) > 0)]
        columns = [np.concatenate(parts) for parts in zip(*found, strict=True)] if found else [start] * 3
        return columns[0], columns[1], columns[2]

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


def _is_joined(block: Block, hits: Located) -> Flags:
    """Matches with a hyphen or a bracket right beside them may be part of a longer name."""
    units = block.units
    before = np.where(hits.first > block.offsets[hits.row], units[np.maximum(hits.first - 1, 0)], 0)
    behind_at = np.minimum(hits.last + 1, len(units) - 1)
    behind = np.where(hits.last + 1 < block.offsets[hits.row + 1], units[behind_at], 0)
    joined: Flags = np.isin(before, _JOINS) | np.isin(behind, _JOINS)
    return joined


def _in_squashed(block: Block, hits: Located) -> Located:
    """The matches with first and last byte in squashed text in place of units."""
    before = np.cumsum(block.kept, dtype=np.int32) - 1
    first, last = before[hits.first].astype(np.int64), before[hits.last].astype(np.int64)
    if block.codes is not None:
        data = np.frombuffer(block.squashed, np.uint8)
        edges = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
        first, last = edges[first], edges[last + 1] - 1
    return Located(hits.pattern, first, last, hits.row)


def _without(squashed: bytes, spans: Located) -> bytes:
    """Squashed bytes with a sign that no piece holds in place of the matches."""
    if not len(spans):
        return squashed
    data = np.frombuffer(squashed, np.uint8).copy()
    data[flat_index(spans.first, spans.last + 1)[0]] = NOTHING
    return data.tobytes()


def _parts_of_others(names: Sequence[str], patterns: Patterns, matcher: Matcher) -> Flags:
    """Patterns that are a part of a longer name: where one stands, the longer one may be meant, and misspelled."""
    found = matcher.scan("\x01".join(names).encode())
    ends = np.cumsum([len(name) + 1 for name in names]) - 1
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(names) else ends
    name = np.searchsorted(ends, found.start, side="right")
    whole = (starts[name] == found.start) & (ends[name] == found.end) if len(names) else np.zeros(0, np.bool_)
    out = np.zeros(len(patterns.texts), np.bool_)
    out[found.pattern[~whole]] = True
    return out


def _around(places: frozenset[int]) -> np.uint64:
    """Bits for the places at which a name is broken, give or take the errors; far places share the last bit."""
    bits = 1 << _LAST_BREAK
    for place in places:
        for near in range(max(place - MOST_EDITS, 0), min(place + MOST_EDITS, _LAST_BREAK) + 1):
            bits |= 1 << near
    return np.uint64(bits)


def _distinct(name: I64, start: I64, end: I64) -> tuple[I64, I64, I64]:
    order = np.lexsort((name, end, start))
    name, start, end = name[order], start[order], end[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (name[1:] != name[:-1]) | (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return name[first], start[first], end[first]


def _clear_of(hits: Located, exact: Located) -> I64:
    """Indices of hits that overlap no exact match, but for such as lie well within the hit: part of a longer name."""
    hit, other = overlaps(hits, exact)
    size = hits.last - hits.first
    within = is_within(hits, hit, exact, other) & (size[hit] - (exact.last - exact.first)[other] > MOST_EDITS)
    clear = np.ones(len(hits), np.bool_)
    clear[hit[~within]] = False
    return np.flatnonzero(clear)


_LANES = 8


def _lanes(kinds: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """For each byte a number with one in the lane of its kind."""
    return np.uint64(1) << (8 * (kinds % _LANES)).astype(np.uint64)


_LANE = _lanes(np.arange(256) * 5)
#: Parts letters that the first kinds put together: two letters of one kind here and there are the same letter.
_OTHER_LANE = _lanes((np.arange(256) >> 3 & 3) * 2 + (np.arange(256) >> 1 & 1))


def _histograms(texts: Sequence[str], lane: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """How many characters of eight kinds each text has, a byte for each kind."""
    counts = [lane[np.frombuffer(text.encode(), np.uint8)].sum(dtype=np.uint64) for text in texts]
    return np.array(counts, np.uint64)


def _is_near(squashed: bytes, histogram: npt.NDArray[np.uint64], start: I64, end: I64) -> Flags:
    """Can the stretch be the text of that histogram with up to two errors? Each error moves at most two characters."""
    sums = np.zeros(len(squashed) + 1, np.uint64)
    np.cumsum(_LANE[np.frombuffer(squashed, np.uint8)], out=sums[1:])
    return _differ_little(sums[end] - sums[start], histogram)


def _is_nearer(squashed: bytes, histogram: npt.NDArray[np.uint64], start: I64, end: I64) -> Flags:
    """As `_is_near`, by other kinds of characters and for fewer stretches, none of which is empty."""
    index, offsets = flat_index(start, end)
    lanes = _OTHER_LANE[np.frombuffer(squashed, np.uint8)[index]]
    sums = np.add.reduceat(lanes, offsets[:-1]) if len(start) else lanes
    return _differ_little(sums, histogram)


def _differ_little(here: npt.NDArray[np.uint64], there: npt.NDArray[np.uint64]) -> Flags:
    counts = [sums.view(np.uint8).astype(np.int16).reshape(-1, _LANES) for sums in (here, there)]
    little: Flags = np.abs(counts[0] - counts[1]).sum(axis=1) <= 2 * MOST_EDITS
    return little


def _best_of_overlapping(hits: Located, edits: I64) -> I64:
    """Of overlapping hits, drop those well within a longer one; then the fewest errors win, then the longest."""
    if not len(hits):
        return np.zeros(0, np.int64)
    order = np.lexsort((hits.last, hits.first))
    reach = np.maximum.accumulate(hits.last[order])
    apart = np.flatnonzero(hits.first[order][1:] > reach[:-1]) + 1
    kept = [at for cluster in np.split(order, apart) for at in _best_of_cluster(hits, edits, cluster.tolist())]
    return np.array(sorted(kept), np.int64)


def _best_of_cluster(hits: Located, edits: I64, cluster: list[int]) -> list[int]:
    if len(cluster) == 1:
        return cluster
    spans = {at: (int(hits.first[at]), int(hits.last[at]), int(edits[at])) for at in cluster}
    outer = [at for at in cluster if not any(_is_well_within(spans[at], other) for other in spans.values())]
    chosen: list[int] = []
    for at in sorted(outer, key=lambda at: (spans[at][2], spans[at][0] - spans[at][1])):
        first, last, _ = spans[at]
        taken = [spans[other] for other in chosen]
        if all(span == spans[at] or last < span[0] or first > span[1] for span in taken):
            chosen.append(at)
    return chosen


def _is_well_within(span: tuple[int, int, int], other: tuple[int, int, int]) -> bool:
    longer = (other[1] - other[0]) - (span[1] - span[0]) > MOST_EDITS
    return longer and other[0] <= span[0] and span[1] <= other[1]
