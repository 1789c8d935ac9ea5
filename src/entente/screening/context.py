"""Read the surroundings of all matches of a block: which stand, in which form, and which acronyms are chemicals.

Most names stand beside words that mean nothing to the grammar (`beside`); only the others are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from entente.screening import negations
from entente.screening.beside import telling_before, telling_behind
from entente.screening.boundaries import Flags, Located, neighbours
from entente.screening.exclusions import Exclusions
from entente.screening.fold import HAN, I64, class_table
from entente.screening.grammar import Reading, Traits, has_chemical_word, read, read_before, traits_of
from entente.screening.grammar_han import has_chemical_word_han, read_han, stands_alone
from entente.screening.lexicon import hanzi, latin
from entente.screening.patterns import Patterns
from entente.screening.text import Block

#: Characters of surroundings that the grammar reads on each side.
WINDOW = 72
#: And how far before a name it looks for the beginning of an exclusion.
CLAUSE = 600
_SPACE, _HYPHEN, _SLASH = map(ord, " -/")
_NOR = "nor"


@dataclass(frozen=True, slots=True)
class Judged:
    """Which matches stand, and the form bits that their surroundings add.

    `before` and `behind` are the units beside a match that name it as absent, as in `grammar.Reading`.
    """

    stands: Flags
    form: I64
    chemical: Flags
    before: I64
    behind: I64

    def note(self, at: int, reading: Reading) -> None:
        """Write down how one match reads."""
        self.stands[at], self.form[at] = reading.stands, reading.form
        self.before[at], self.behind[at] = reading.before, reading.behind


class Context:
    """The grammar over a vocabulary's patterns.

    Args:
        patterns: what was searched for.
    """

    def __init__(self, patterns: Patterns) -> None:
        self._exclusions = Exclusions(frozenset(patterns.texts))
        minerals = hanzi()["mineral_acids"]
        distinct: dict[Traits, Traits] = {}
        self._traits: list[Traits] = []
        for text, start, end in zip(patterns.texts, patterns.han_start, patterns.han_end, strict=True):
            traits = traits_of(text, minerals, han_start=bool(start), han_end=bool(end))
            self._traits.append(distinct.setdefault(traits, traits))
        self._weak = np.zeros(len(patterns.texts), np.bool_)
        owner = np.repeat(np.arange(len(patterns.texts)), np.diff(patterns.first_entry))
        self._weak[owner[patterns.needs_context]] = True
        self.turns = np.array([_turn(text) for text in patterns.texts], np.int64)
        self._nor = np.array([text.startswith(_NOR) for text in patterns.texts], np.bool_)
        self._single = (patterns.length == 1) & patterns.han_start
        self._class_noun = np.array([traits.class_noun for traits in self._traits], np.bool_)

    def without_nor(self, block: Block, hits: Located) -> Located:
        """Leave out names whose first word is a "nor" that denies what follows: "neither X nor ephedrine"."""
        some = np.flatnonzero(self._nor[hits.pattern])
        some = some[block.units[hits.first[some] + len(_NOR)] == _SPACE] if len(some) else some
        if not len(some):
            return hits
        beside = _surroundings(block, hits.where(some), np.full(len(some), CLAUSE), 0)
        kept = np.ones(len(hits), np.bool_)
        kept[some] = np.array([not negations.takes_nor(left) for left, _ in beside], np.bool_)
        return hits.where(kept)

    def judge(self, block: Block, hits: Located) -> Judged:
        """Read the surroundings of all matches."""
        size = len(hits)
        form, before, behind = np.zeros((3, size), np.int64)
        judged = Judged(np.ones(size, np.bool_), form, np.zeros(size, np.bool_), before, behind)
        if not size:
            return judged
        excluded = self._exclusions.stand_before(block, hits)
        told_before = excluded | telling_before(block, hits)
        told_behind = self._telling(block, hits)
        if block.codes is None:
            self._read_before(block, hits, np.flatnonzero(told_before & ~told_behind), excluded, judged)
            self._read(block, hits, np.flatnonzero(told_behind), excluded, judged)
        else:
            self._read(block, hits, np.flatnonzero(told_before | told_behind), excluded, judged)
        return judged

    def _read_before(self, block: Block, hits: Located, some: I64, excluded: Flags, judged: Judged) -> None:
        """Read what stands before some matches; behind them is nothing to read."""
        window = np.where(excluded[some], CLAUSE, WINDOW)
        numbers = hits.pattern[some].tolist()
        for at, number, (left, _) in zip(
            some.tolist(), numbers, _surroundings(block, hits.where(some), window, 0), strict=True
        ):
            judged.note(at, read_before(self._traits[number], left))

    def _read(self, block: Block, hits: Located, some: I64, excluded: Flags, judged: Judged) -> None:
        """Read both sides of some matches."""
        beside = zip(
            some.tolist(),
            hits.pattern[some].tolist(),
            _surroundings(block, hits.where(some), np.where(excluded[some], CLAUSE, WINDOW), WINDOW),
            np.isin(hits.first[some] - 1, hits.last).tolist(),
            np.isin(hits.last[some] + 1, hits.first).tolist(),
            strict=True,
        )
        is_latin = block.codes is None
        for at, number, (left, right), name_before, name_behind in beside:
            if is_latin:
                reading = read(self._traits[number], left, right)
            else:
                reading = self._read_any(number, left, right, before=name_before, behind=name_behind)
            judged.note(at, reading)
            if self._weak[number]:
                judged.chemical[at] = has_chemical_word(left, right) or has_chemical_word_han(left, right)

    def _read_any(self, number: int, left: str, right: str, *, before: bool, behind: bool) -> Reading:
        if self._single[number] and not stands_alone(left, right):
            return Reading(stands=False)
        traits = self._traits[number]
        han = read_han(traits, left, right, name_before=before, name_behind=behind)
        if not han.stands:
            return han
        rest = read(traits, left if not traits.han_start else "", right if not traits.han_end else "")
        absent_before = max(rest.before, han.before, negations.before(left))
        absent_behind = max(rest.behind, han.behind, negations.behind(right))
        return Reading(rest.stands, rest.form | han.form, absent_before, absent_behind)

    def _telling(self, block: Block, hits: Located) -> Flags:
        """Matches of which both sides must be read."""
        before, after = neighbours(block, hits)
        joined = _joined_beside(block, hits)
        han = (((before | after) & HAN) > 0) | _han_near(block, hits)
        special = self._weak[hits.pattern] | self._single[hits.pattern] | self._class_noun[hits.pattern]
        telling: Flags = han | joined | special | telling_behind(block, hits)
        return telling


def _turn(text: str) -> int:
    """Behind how many characters a comma may turn a name round ("acid, sulphuric"); 0 if nowhere."""
    heads = [head for head in latin()["turned_heads"] if text.startswith(head) and text != head]
    return len(heads[0]) if heads and not text.startswith("acido") else 0


def _joined_beside(block: Block, hits: Located) -> Flags:
    """Matches with a hyphen beside them, or a slash before them."""
    units, last = block.units, len(block.units) - 1
    first = units[np.maximum(hits.first - 1, 0)]
    before = (hits.first > block.offsets[hits.row]) & ((first == _HYPHEN) | (first == _SLASH))
    behind = (hits.last + 1 < block.offsets[hits.row + 1]) & (units[np.minimum(hits.last + 1, last)] == _HYPHEN)
    beside: Flags = before | behind
    return beside


def _han_near(block: Block, hits: Located) -> Flags:
    """Matches with a Hanzi a sign or two before or behind them: "无 丙酮", "丙酮：无"."""
    near = np.zeros(len(hits), np.bool_)
    if block.codes is None:
        return near
    table, units, last = class_table(), block.units, len(block.units) - 1
    start, end = block.offsets[hits.row], block.offsets[hits.row + 1]
    for step in (2, 3):
        low, high = hits.first - step, hits.last + step
        near |= (low >= start) & ((table[units[np.maximum(low, 0)]] & HAN) > 0)
        near |= (high < end) & ((table[units[np.minimum(high, last)]] & HAN) > 0)
    return near


def _surroundings(block: Block, hits: Located, before: I64, behind: int) -> Iterator[tuple[str, str]]:
    """Folded text before and behind each match, so many characters of it, within its row."""
    left = np.maximum(hits.first - before, block.offsets[hits.row])
    right = np.minimum(hits.last + 1 + behind, block.offsets[hits.row + 1])
    columns = (left, hits.first - left, hits.last + 1 - left, right)
    for start, first, last, end in zip(*(column.tolist() for column in columns), strict=True):
        text = block.folded(start, end)
        yield text[:first], text[last:]
