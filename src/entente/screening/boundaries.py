"""Is a match a word of its own? Boundaries, breaks inside a name, and the longest of overlapping matches.

Everything here is geometry of characters, judged for all matches of a block at once. What a neighbouring word means
is `context`'s business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.screening.fold import DIGIT, HAN, I64, LETTER, class_table
from entente.screening.matcher import Found
from entente.screening.patterns import Patterns
from entente.screening.text import Block, flat_index

Flags = npt.NDArray[np.bool_]

_CONTROLS = "".join(map(chr, (*range(32), 127)))
_SOFT = frozenset(_CONTROLS + " -_'\"`´‘’′″“”()[]{}（）【】·・‧*?")
_LOCANT_MARKS = frozenset(",.、")
_LOCANT_CODES = np.array([ord(mark) for mark in ",."])
_COMMA = ord(",")
_SOFT_BIT, _LOCANT_BIT = 8, 16


def _break_table() -> npt.NDArray[np.uint8]:
    table = class_table().copy()
    for chars, bit in ((_SOFT, _SOFT_BIT), (_LOCANT_MARKS, _LOCANT_BIT)):
        for char in chars:
            table[ord(char)] = bit
    return table


_table: list[npt.NDArray[np.uint8]] = []


def break_table() -> npt.NDArray[np.uint8]:
    """Class bits of units, with the characters at which a name may be broken."""
    if not _table:
        _table.append(_break_table())
    return _table[0]


@dataclass(frozen=True, slots=True)
class Located:
    """Matches in units: pattern, first and last unit (both included) and row."""

    pattern: I64
    first: I64
    last: I64
    row: I64

    def where(self, keep: Flags | I64) -> Located:
        """Only some of the matches."""
        return Located(self.pattern[keep], self.first[keep], self.last[keep], self.row[keep])

    def __len__(self) -> int:
        return len(self.pattern)


def locate(block: Block, found: Found) -> Located:
    """Matches that lie in one row."""
    end = found.end - 1 if block.codes is None else _last_lead(block.squashed, found.end)
    first, last = np.split(block.locate(np.concatenate([found.start, end])), 2)
    row = block.row_of(first)
    inside = last < block.offsets[row + 1]
    return Located(found.pattern, first, last, row).where(inside)


def holds_own(block: Block, hits: Located) -> Flags:
    """Which matches hold a character that only this reading reads so; all of them in a first reading."""
    if block.replaced is None:
        return np.ones(len(hits), np.bool_)
    before = np.zeros(len(block.replaced) + 1, np.int64)
    np.cumsum(block.replaced, out=before[1:])
    holds: Flags = before[hits.last + 1] > before[hits.first]
    return holds


def _last_lead(squashed: bytes, end: I64) -> I64:
    """First byte of the UTF-8 character that ends at each `end`."""
    data = np.frombuffer(squashed, np.uint8)
    at = end - 1
    for _ in range(3):
        at = at - ((data[at] & 0xC0) == 0x80)
    return at


def neighbours(block: Block, hits: Located) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Class bits of the unit before and after each match; 0 at the ends of a row."""
    table, units = class_table(), block.units
    before = np.where(hits.first > block.offsets[hits.row], table[units[np.maximum(hits.first - 1, 0)]], 0)
    after_at = np.minimum(hits.last + 1, len(units) - 1)
    after = np.where(hits.last + 1 < block.offsets[hits.row + 1], table[units[after_at]], 0)
    return before.astype(np.uint8), after.astype(np.uint8)


def word_edges(block: Block, hits: Located, patterns: Patterns) -> tuple[Flags, Flags]:
    """Which matches begin, and which end, where a word of letters and digits does. Hanzi stand between no words."""
    before, after = neighbours(block, hits)
    word = LETTER | DIGIT
    starts: Flags = patterns.han_start[hits.pattern] | ((before & word) == 0)
    ends: Flags = patterns.han_end[hits.pattern] | ((after & word) == 0)
    return starts, ends


def continues_locants(block: Block, hits: Located) -> Flags:
    """Matches that begin with a digit which a comma joins to a digit before it: "1,4-..." is not "4-..."."""
    table, units = class_table(), block.units
    joined = np.zeros(len(hits), np.bool_)
    some = np.flatnonzero((table[units[hits.first]] & DIGIT) > 0)
    first, start = hits.first[some], block.offsets[hits.row[some]]
    comma = (first - 2 >= start) & np.isin(units[np.maximum(first - 1, 0)], _LOCANT_CODES)
    joined[some] = comma & ((table[units[np.maximum(first - 2, 0)]] & DIGIT) > 0)
    return joined


def lawful_breaks(block: Block, hits: Located, patterns: Patterns, turns: I64 | None = None) -> Flags:
    """Which matches are broken only where a name may be: not by other punctuation, nor within a short word.

    A comma or a point belongs to a name only between two characters that it joins ("N,N-dimethyl", "3.4-"), or
    with a space between two digits ("3, 4-"), or where a name is turned round ("acid, sulphuric").

    Args:
        block: the text.
        hits: the matches.
        patterns: what they match.
        turns: of each pattern, behind how many characters a comma turns the name round; 0 for most.
    """
    good = np.ones(len(hits), np.bool_)
    broken = np.flatnonzero(hits.last - hits.first + 1 > patterns.length[hits.pattern])
    if not len(broken):
        return good
    some = hits.where(broken)
    index, offsets = flat_index(some.first, some.last + 1)
    owner = np.repeat(np.arange(len(some)), np.diff(offsets))
    table, units = break_table(), block.units
    classes = table[units[index]]
    is_word = (classes & (LETTER | DIGIT | HAN)) > 0
    seen = np.cumsum(is_word)
    # a match begins with a word character, so what was seen before it is what its first character saw, less one
    seen = seen - (seen[offsets[:-1]] - 1)[owner]
    gap = np.flatnonzero(~is_word)
    place = np.minimum(seen[gap], 63).astype(np.uint64)
    allowed = ((patterns.breaks[some.pattern[owner[gap]]] >> place) & np.uint64(1)) > 0
    kind = classes[gap]
    soft = (kind & _SOFT_BIT) > 0
    at = index[gap]
    joins = _joins(table, units, at)
    if turns is not None:
        turn = turns[some.pattern[owner[gap]]]
        joins |= (turn > 0) & (seen[gap] == turn) & (units[at] == _COMMA)
    bad = ~(allowed & (soft | (((kind & _LOCANT_BIT) > 0) & joins)))
    good[broken[owner[gap[bad]]]] = False
    return good


def _joins(table: npt.NDArray[np.uint8], units: npt.NDArray[np.generic], at: I64) -> Flags:
    """A mark that stands between word characters, or between digits with a space. Matches end in word characters."""
    word = LETTER | DIGIT | HAN
    before, after = table[units[at - 1]], table[units[at + 1]]
    beyond = table[units[np.minimum(at + 2, len(units) - 1)]]
    tight = ((before & word) > 0) & ((after & word) > 0)
    spaced = ((before & DIGIT) > 0) & ((after & _SOFT_BIT) > 0) & ((beyond & DIGIT) > 0)
    joins: Flags = tight | spaced
    return joins


def longest(hits: Located) -> Located:
    """Drop matches that lie within another match; of equal spans, keep all."""
    if len(hits) < 2:
        return hits
    order = np.lexsort((-hits.last, hits.first))
    first, last = hits.first[order], hits.last[order]
    reach = np.maximum.accumulate(last)
    within = np.zeros(len(order), np.bool_)
    within[1:] = reach[:-1] >= last[1:]
    same = np.zeros(len(order), np.bool_)
    same[1:] = (first[1:] == first[:-1]) & (last[1:] == last[:-1])
    # a run of equal spans is kept whole or dropped whole with its first
    head = np.maximum.accumulate(np.where(~same, np.arange(len(order)), 0))
    return hits.where(np.sort(order[~within[head]]))


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
