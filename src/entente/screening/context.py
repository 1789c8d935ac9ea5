"""Read the surroundings of all matches of a block: which stand, in which form, and which acronyms are chemicals.

Most names stand beside words that mean nothing to the grammar (`beside`); only the others are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from entente.screening.beside import any_telling
from entente.screening.boundaries import Flags, Located, neighbours
from entente.screening.fold import HAN, I64, fold
from entente.screening.grammar import Reading, Traits, has_chemical_word, read, traits_of
from entente.screening.grammar_han import has_chemical_word_han, read_han, stands_alone
from entente.screening.lexicon import hanzi
from entente.screening.patterns import Patterns
from entente.screening.text import Block

#: Characters of surroundings that the grammar reads on each side.
WINDOW = 72
#: And how far before a name it looks for the beginning of an exclusion.
CLAUSE = 600
_HYPHEN = 45
_PLAIN = bytes(ord(fold(chr(i))) if i < 128 else i for i in range(256))


@dataclass(frozen=True, slots=True)
class Judged:
    """Which matches stand, and the form bits that their surroundings add."""

    stands: Flags
    form: I64
    chemical: Flags


class Context:
    """The grammar over a vocabulary's patterns.

    Args:
        patterns: what was searched for.
    """

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        minerals = hanzi()["mineral_acids"]
        self._traits: list[Traits] = [
            traits_of(text, minerals, han_start=bool(start), han_end=bool(end))
            for text, start, end in zip(patterns.texts, patterns.han_start, patterns.han_end, strict=True)
        ]
        self._weak = np.zeros(len(patterns.texts), np.bool_)
        owner = np.repeat(np.arange(len(patterns.texts)), np.diff(patterns.first_entry))
        self._weak[owner[patterns.needs_context]] = True
        self._single = (patterns.length == 1) & patterns.han_start
        self._class_noun = np.array([traits.class_noun for traits in self._traits], np.bool_)

    def judge(self, block: Block, hits: Located, excluding: I64) -> Judged:
        """Read the surroundings of all matches; `excluding` are the block's rows that hold a word of exclusion."""
        stands = np.ones(len(hits), np.bool_)
        form = np.zeros(len(hits), np.int64)
        chemical = np.zeros(len(hits), np.bool_)
        if not len(hits):
            return Judged(stands, form, chemical)
        excluded = np.isin(hits.row, excluding)
        telling = self._telling(block, hits) | excluded
        names_before, names_behind = np.isin(hits.first - 1, hits.last), np.isin(hits.last + 1, hits.first)
        some = np.flatnonzero(telling)
        texts = _surroundings(block, hits.where(some), np.where(excluded[some], CLAUSE, WINDOW)) if len(some) else ()
        numbers, before, behind = hits.pattern[some].tolist(), names_before[some].tolist(), names_behind[some].tolist()
        for at, number, (left, right), *beside in zip(some.tolist(), numbers, texts, before, behind, strict=True):
            reading = self._read(number, left, right, before=beside[0], behind=beside[1])
            stands[at], form[at] = reading.stands, reading.form
            if self._weak[number]:
                chemical[at] = has_chemical_word(left, right) or has_chemical_word_han(left, right)
        return Judged(stands, form, chemical)

    def _read(self, number: int, left: str, right: str, *, before: bool, behind: bool) -> Reading:
        if self._single[number] and not stands_alone(left, right):
            return Reading(stands=False)
        traits = self._traits[number]
        han = read_han(traits, left, right, name_before=before, name_behind=behind)
        if not han.stands:
            return han
        latin = read(traits, left if not traits.han_start else "", right if not traits.han_end else "")
        return Reading(latin.stands, latin.form | han.form)

    def _telling(self, block: Block, hits: Located) -> Flags:
        """Matches whose surroundings must be read."""
        before, after = neighbours(block, hits)
        joined = _hyphen_beside(block, hits)
        han = ((before | after) & HAN) > 0
        special = self._weak[hits.pattern] | self._single[hits.pattern] | self._class_noun[hits.pattern]
        telling: Flags = han | joined | special | any_telling(block, hits)
        return telling


def _hyphen_beside(block: Block, hits: Located) -> Flags:
    units, last = block.units, len(block.units) - 1
    before = (hits.first > block.offsets[hits.row]) & (units[np.maximum(hits.first - 1, 0)] == _HYPHEN)
    behind = (hits.last + 1 < block.offsets[hits.row + 1]) & (units[np.minimum(hits.last + 1, last)] == _HYPHEN)
    beside: Flags = before | behind
    return beside


def _surroundings(block: Block, hits: Located, before: I64) -> Iterator[tuple[str, str]]:
    """Folded text before (so many characters) and behind each match, within its row."""
    start, end = block.offsets[hits.row], block.offsets[hits.row + 1]
    left, right = np.maximum(hits.first - before, start), np.minimum(hits.last + 1 + WINDOW, end)
    low, high = int(left.min()), int(right.max())
    text = _text(block, low, high)
    columns = (left - low, hits.first - low, hits.last + 1 - low, right - low)
    for a, b, c, d in zip(*(column.tolist() for column in columns), strict=True):
        yield text[a:b], text[c:d]


def _text(block: Block, start: int, end: int) -> str:
    units = block.units[start:end]
    if block.codes is None:
        return units.tobytes().translate(_PLAIN).decode("latin-1")
    return units.astype("<u4").tobytes().decode("utf-32-le")
