"""Second pass: long names with one or two typing errors.

Errors are counted as optimal string alignment counts them: a letter too many, missing, wrong, or two neighbours
swapped. Two errors cannot touch three pieces of a name that lie at least one letter apart, so a name with up to two
errors shows at least one of its pieces intact: the matcher finds the pieces, and only there is a distance computed,
between word boundaries.

An error that makes another building block of chemical names (benzyl to benzoyl, -ide to -ate), or another digit,
is not taken for a misspelling: it names another compound.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, Levenshtein
from rapidfuzz.process import cpdist, extractOne

from entente.screening.boundaries import Flags, Located, lawful_breaks
from entente.screening.fold import DIGIT, HAN, I64, class_table, fold, squash
from entente.screening.lexicon import latin, trigrams
from entente.screening.matcher import Matcher
from entente.screening.patterns import Patterns
from entente.screening.text import Block, flat_index
from entente.screening.vocabulary import Vocabulary

#: Names of fewer characters are too easily another word.
SHORTEST = 12
_SHORTEST_SQUASHED = 10
MOST_EDITS = 2
_PIECES, _GROUP = 3, 3
_LONGEST_PIECE = 8
_LAST_BREAK = 63
#: Frequency of a group of letters that is not among the frequent ones.
_RARE = 0.2
#: Distinct words with a piece in them that a process remembers as no part of any name.
_REMEMBERED = 1 << 20
_MULTIPLIERS = frozenset("mono di tri tetra penta hexa hepta octa bis tris hemi sesqui per hypo".split())
_NOTHING = 1
_JOINS = np.array([ord(sign) for sign in "-()[]"])
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
                and len(text) >= _SHORTEST_SQUASHED
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
        self._histogram = _histograms(patterns.texts)
        self._pieces = PieceIndex({which: patterns.texts[which] for which in ends}, ends)
        self._is_part = _parts_of_others([patterns.texts[which] for which in ends], patterns, matcher)

    def find(self, block: Block, exact: Located, stands: Flags) -> Near:
        """Misspelled names in a block that no exact match overlaps.

        Args:
            block: the text.
            exact: all matches of names.
            stands: those that are names where they stand; no piece is looked for in them.
        """
        words = _words(block)
        spans = _in_squashed(block, exact)
        whole = stands & ~_is_joined(block, exact) & ~self._is_part[exact.pattern]
        name, first_word = self._pieces.candidates(_without(block.squashed, spans.where(whole)), words)
        name, start, end = self._windows(name, first_word, words)
        near = _is_near(block.squashed, self._histogram[name], start, end)
        name, start, end = _distinct(name[near], start[near], end[near])
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
    data[flat_index(spans.first, spans.last + 1)[0]] = _NOTHING
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


def _cost(group: str) -> float:
    """What a group of three letters costs to look for: how often it is met."""
    return _RARE + trigrams().get(group, 0)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Three pieces of a text, a letter apart (adjoining in the shortest texts), and where each starts.

    Each piece holds a group of three letters; the three groups are the cheapest that fit. Then the pieces grow.
    """
    gap = 1 if len(text) > _SHORTEST_SQUASHED else 0
    step = _GROUP + gap
    last = len(text) - _GROUP
    costs = [_cost(text[at : at + _GROUP]) for at in range(last + 1)]
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
    yield from _grown(text, best[last][1], gap)


def _grown(text: str, starts: tuple[int, ...], gap: int) -> Iterator[tuple[str, int]]:
    """Widen groups to the longest pieces that stay apart."""
    ends = [*(start - gap for start in starts[1:]), len(text)]
    floor = 0
    for start, end in zip(starts, ends, strict=True):
        stop = min(end, start + _LONGEST_PIECE)
        begin = max(floor, stop - _LONGEST_PIECE)
        yield text[begin:stop], begin
        floor = stop + gap


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
        pieces = sorted((piece, at, which) for which, text in names.items() for piece, at in _pieces(text))
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
        self._most_words = _most(piece, np.array([len(word_ends[which]) for _, _, which in pieces], np.int64), len(texts))
        # a word of text that holds a piece holds all of the name's word, give or take the errors
        first = np.array([_word_around(at, word_ends[which]) for _, at, which in pieces], np.int64)
        last = np.array([_word_around(at + len(text) - 1, word_ends[which]) for text, at, which in pieces], np.int64)
        self._shortest_first = -_most(piece, -first, len(texts)) - MOST_EDITS
        self._shortest_last = -_most(piece, -last, len(texts)) - MOST_EDITS
        self._matcher = Matcher(texts)
        self._of_piece = np.concatenate([[0], np.cumsum(np.bincount(piece, minlength=len(texts)))]).astype(np.int64)
        self._at = at
        self._runs = {which: _runs(text, word_ends[which]) for which, text in names.items()}
        self._hopeless = np.zeros(0, np.uint64)
        self._hopeful = np.zeros(0, np.uint64)

    def candidates(self, squashed: bytes, words: Words) -> tuple[I64, I64]:
        """Names that may be there by one of their pieces, and the number of the word that they would start with."""
        found = self._matcher.scan(squashed)
        piece, at = found.pattern, found.start
        word = np.searchsorted(words.start, at, side="right") - 1
        last_word = np.searchsorted(words.start, found.end - 1, side="right") - 1
        length = words.end - words.start
        long = (length[word] >= self._shortest_first[piece]) & (length[last_word] >= self._shortest_last[piece])
        piece, at, word = piece[long], at[long], word[long]
        hopeful = self._may_be(squashed, words, piece, word)
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


    def _may_be(self, squashed: bytes, words: Words, piece: I64, word: I64) -> Flags:
        """Is the word of each found piece near a word, or a run of words, of a name with that piece?

        Goods texts repeat their words: each word is compared once with the names of each piece, and remembered.
        """
        keys = _word_hashes(squashed, words)[word] + _PIECE_MIX * piece.astype(np.uint64)
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


_LANES = 8
_LANE = np.array([(1 << 8 * (byte * 5 % _LANES)) for byte in range(256)], np.uint64)


def _histograms(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """How many characters of eight kinds each text has, a byte for each kind."""
    with np.errstate(over="ignore"):
        return np.array([_LANE[np.frombuffer(text.encode(), np.uint8)].sum(dtype=np.uint64) for text in texts], np.uint64)


def _is_near(squashed: bytes, histogram: npt.NDArray[np.uint64], start: I64, end: I64) -> Flags:
    """Can the stretch be the text of that histogram with up to two errors? Each error moves at most two characters."""
    sums = np.zeros(len(squashed) + 1, np.uint64)
    np.cumsum(_LANE[np.frombuffer(squashed, np.uint8)], out=sums[1:])
    here = (sums[end] - sums[start]).view(np.uint8).astype(np.int16).reshape(-1, _LANES)
    there = histogram.view(np.uint8).astype(np.int16).reshape(-1, _LANES)
    near: Flags = np.abs(here - there).sum(axis=1) <= 2 * MOST_EDITS
    return near


def _distinct(name: I64, start: I64, end: I64) -> tuple[I64, I64, I64]:
    order = np.lexsort((name, end, start))
    name, start, end = name[order], start[order], end[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = (name[1:] != name[:-1]) | (start[1:] != start[:-1]) | (end[1:] != end[:-1])
    return name[first], start[first], end[first]


def _words(block: Block) -> Words:
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


@functools.cache
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
        added = window[operation.dest_start : operation.dest_end]
        lost = name[operation.src_start : operation.src_end]
        if (not lost and added in latin()["prefixes"]) or (not added and lost in latin()["prefixes"]):
            return True
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
