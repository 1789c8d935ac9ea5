"""What a process builds once from a vocabulary: pattern columns, matchers, the HS table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from entente.screening import patterns
from entente.screening.context import Context
from entente.screening.fold import I64
from entente.screening.hs import HsTable
from entente.screening.matcher import Matcher, matcher_for
from entente.screening.misspelling import Misspellings
from entente.screening.patterns import Patterns
from entente.screening.vocabulary import Vocabulary

_KEPT = 4


@dataclass(frozen=True, slots=True)
class CasTable:
    """Known CAS numbers, sorted by their packed digits."""

    packed: I64
    substance: I64
    form: I64

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> CasTable:
        """The table of a vocabulary."""
        rows = sorted({(number.packed, number.substance, number.form) for number in vocabulary.cas})
        columns = np.array(rows, np.int64).reshape(-1, 3)
        return cls(columns[:, 0].copy(), columns[:, 1].copy(), columns[:, 2].copy())

    def find(self, packed: I64) -> tuple[I64, I64]:
        """Index of each question and index of each answer; a number may name several substances."""
        first = np.searchsorted(self.packed, packed, side="left")
        counts = np.searchsorted(self.packed, packed, side="right") - first
        question = np.repeat(np.arange(len(packed)), counts)
        within = np.arange(len(question)) - np.repeat(np.cumsum(counts) - counts, counts)
        return question, np.repeat(first, counts) + within


@dataclass(frozen=True, slots=True)
class Compiled:
    """A vocabulary ready to be searched for."""

    patterns: Patterns
    matcher: Matcher
    number_patterns: Patterns
    number_matcher: Matcher
    context: Context
    misspellings: Misspellings | None
    cas: CasTable
    hs: HsTable


_compiled: dict[tuple[str, bool], Compiled] = {}


def compiled_for(vocabulary: Vocabulary, *, misspellings: bool) -> Compiled:
    """This process's compiled form of a vocabulary, built on first use."""
    key = (vocabulary.fingerprint, misspellings)
    if key not in _compiled:
        keep(vocabulary, _compile(vocabulary, misspellings=misspellings), misspellings=misspellings)
    return _compiled[key]


def keep(vocabulary: Vocabulary, compiled: Compiled, *, misspellings: bool) -> None:
    """Make `compiled` this process's form of a vocabulary; the oldest of many is let go."""
    while len(_compiled) >= _KEPT:
        _compiled.pop(next(iter(_compiled)))
    _compiled[vocabulary.fingerprint, misspellings] = compiled


def _compile(vocabulary: Vocabulary, *, misspellings: bool) -> Compiled:
    both = patterns.build(vocabulary)
    numbers = patterns.build(Vocabulary.of(vocabulary.substances, (), vocabulary.cas))
    matcher = matcher_for(f"{vocabulary.fingerprint}:text", both.texts)
    return Compiled(
        patterns=both,
        matcher=matcher,
        number_patterns=numbers,
        number_matcher=matcher_for(f"{vocabulary.fingerprint}:cas", numbers.texts),
        context=Context(both),
        misspellings=Misspellings(vocabulary, both, matcher) if misspellings else None,
        cas=CasTable.of(vocabulary),
        hs=HsTable(vocabulary.hs),
    )
