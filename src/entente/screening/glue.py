"""Which matches are words of their own, those included that are glued to a number: "ACETONE99%", "25kgacetone".

Where spaces are lost, a name runs into a purity, a quantity, a packing or a number of its own ("UN1090ACETONE"). Such
a run always begins with a number, or with a label of one, and is made of numbers, units and signs of multiplication
only. A salt may stand between ("EPHEDRINEHCL"). Any other letter beside a name is part of a longer word. Only long
names are looked at again: what is left of a short one may be a part of anything.
"""

from __future__ import annotations

import functools
import re

import numpy as np
import numpy.typing as npt

from entente.screening.boundaries import Flags, Located, continues_locants, neighbours, word_edges
from entente.screening.fold import DIGIT, I64, class_table
from entente.screening.lexicon import alternatives, latin
from entente.screening.patterns import Patterns
from entente.screening.text import Block

#: Names of fewer letters are words of their own only between other signs.
SHORTEST = 6
#: Characters beside a name that may belong to the run, and those among which a digit must stand.
_WINDOW, _NEAR = 64, 12
_SHORT_SALT, _LOWER = 4, 32


def whole_words(block: Block, hits: Located, patterns: Patterns) -> Located:
    """Drop matches that are part of a longer word of letters and digits. Hanzi stand between no words."""
    starts, ends = word_edges(block, hits, patterns)
    fits = ~continues_locants(block, hits)
    whole = starts & ends & fits
    again = np.flatnonzero(~whole & fits & (patterns.length[hits.pattern] >= SHORTEST))
    if len(again):
        again = again[_may_be_glued(block, hits.where(again), starts[again], ends[again])]
        whole[[at for at in again.tolist() if _is_glued(block, hits, at, patterns, starts[at], ends[at])]] = True
    return hits.where(whole)


def are_glued(block: Block, hits: Located, patterns: Patterns) -> Flags:
    """Which of the matches that `whole_words` kept have a letter or a digit right beside them?"""
    starts, ends = word_edges(block, hits, patterns)
    glued: Flags = ~(starts & ends)
    return glued


def _may_be_glued(block: Block, hits: Located, starts: Flags, ends: Flags) -> Flags:
    """Matches with a digit near, or a salt, where they do not end as a word; two digits that touch are one number."""
    table, units, step = class_table(), block.units, np.arange(_NEAR)
    low = hits.first[:, None] - 1 - step
    high = hits.last[:, None] + 1 + step
    in_low, in_high = low >= block.offsets[hits.row][:, None], high < block.offsets[hits.row + 1][:, None]
    behind = units[np.minimum(high, len(units) - 1)]
    digit_low = in_low & ((table[units[np.maximum(low, 0)]] & DIGIT) > 0)
    digit_high = in_high & ((table[behind] & DIGIT) > 0)
    before, after = neighbours(block, hits)
    parted = ((before & table[units[hits.first]]) | (after & table[units[hits.last]])) & DIGIT
    salt = in_high[:, 1] & np.isin(_pair(behind[:, 0], behind[:, 1]), _salt_pairs())
    near: Flags = (starts | digit_low.any(axis=1)) & (ends | digit_high.any(axis=1) | salt) & (parted == 0)
    return near


def _pair(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> I64:
    """Two letters as a number, whatever their case."""
    return (one.astype(np.int64) | _LOWER) << 32 | other.astype(np.int64) | _LOWER


@functools.cache
def _salts() -> tuple[str, ...]:
    """Salts as they are written right behind a base; shorter words are the beginning of too much else."""
    return tuple(sorted(word for word in latin()["salts"] if len(word) > _SHORT_SALT or word in {"hcl", "hbr"}))


@functools.cache
def _salt_pairs() -> I64:
    return np.unique([_pair(np.array(ord(word[0])), np.array(ord(word[1]))) for word in _salts()])


def _is_glued(block: Block, hits: Located, at: int, patterns: Patterns, starts: bool, ends: bool) -> bool:
    if sum(map(str.isalpha, patterns.texts[hits.pattern[at]])) < SHORTEST:
        return False
    first, last, row = int(hits.first[at]), int(hits.last[at]) + 1, int(hits.row[at])
    low, high = max(first - _WINDOW, int(block.offsets[row])), min(last + _WINDOW, int(block.offsets[row + 1]))
    before, behind = _runs()
    # a run that fills the window may go on beyond it
    left = starts or before.search(block.folded(low, first), first - low == _WINDOW) is not None
    if not left or ends:
        return left
    right = behind.match(block.folded(last, high))
    return right is not None and right.end() < _WINDOW


@functools.cache
def _runs() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A run of numbers and units that ends a text, and one that begins a text."""
    word = r"[^\W_㐀-鿿豈-﫿]"
    number = r"\d++(?:[.,]\d++)*+"
    units, labels, salts = (
        alternatives(words) for words in (latin()["units"], latin()["number_labels"], frozenset(_salts()))
    )
    unit, closing = rf"(?:%|{units})", rf"(?:%|{units}){{0,2}}"
    # between two numbers stands a unit or a sign of multiplication, so that no text can be read in many ways
    run = rf"(?:(?:{labels})[-.:]?)?{number}(?:(?:{unit}{{1,2}}[x*×]?|[x*×]){number})*+"
    return (
        re.compile(rf"(?<!{word}){run} ?{closing}x?$"),
        re.compile(rf"(?:(?:{salts})(?:{run})?|{run})(?:%|{closing}(?!{word}))"),
    )
