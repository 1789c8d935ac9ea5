"""CAS numbers among the matches: is the spacing that of a CAS number, and does it stand alone?"""

from __future__ import annotations

import re

import numpy as np

from entente.screening import cas
from entente.screening.boundaries import Flags, Located, holds_own, lawful_breaks, neighbours
from entente.screening.compiled import Compiled
from entente.screening.fold import DIGIT, LETTER, class_table
from entente.screening.grammar import has_chemical_word
from entente.screening.grammar_han import has_chemical_word_han
from entente.screening.output import CAS, SURE, Mentions
from entente.screening.patterns import Patterns
from entente.screening.text import Block

_SPACED = re.compile(r"\d{2,7}([ \t\r\n]*-[ \t\r\n]*|[ \t\r\n]+)\d{2}([ \t\r\n]*-[ \t\r\n]*|[ \t\r\n]+)\d", re.ASCII)
#: In a column of CAS numbers and behind the word CAS, points, low lines and slashes are as good as hyphens.
_POINTED = re.compile(r"(\d{2,7})([._/])(\d{2})\2\d", re.ASCII)
_MONTHS, _DAYS = 12, 31
#: Zeros that a column of fixed width puts before a number: "000067-64-1".
_PADDING = re.compile(r"(?<![\d])0+$")
_ZERO, _SLASH = ord("0"), ord("/")
_CAS_WORD = re.compile(
    r"(?:^|[^a-z0-9])cas(?:rn|[ \t\r\n]*(?:registry|reg\.?)?[ \t\r\n]*(?:no|n0|num|number|nr|n)?)?"
    r"[ \t\r\n.:#°º)]*(?:号|登记号)?[ \t:]*$"
)
#: "No." before a number, also with a zero for the o: the zero is no part of a longer number.
_NUMBER_WORD = re.compile(r"(?:^|[^a-z0-9])n[o0r][ \t.:]*$")
_LOOK_BACK, _LOOK_FOR_WORDS = 24, 72


def well_formed(
    block: Block, hits: Located, patterns: Patterns, *, bare: bool, chemical: Flags | None = None
) -> Located:
    """Keep digits that are written as a CAS number is, and are no part of a longer number.

    Args:
        block: the text.
        hits: matches of CAS patterns.
        patterns: the patterns' columns.
        bare: digits without any break are a number too (a column of CAS numbers); elsewhere only behind the word CAS.
        chemical: rows that other fields show to be about chemicals; beside a chemical word points and slashes are as
            good as hyphens, where they make no date.
    """
    lawful = lawful_breaks(block, hits, patterns) | _may_have_slashes(block, hits, patterns)
    hits = hits.where(lawful & holds_own(block, hits))
    if not len(hits):
        return hits
    before, after = neighbours(block, hits)
    padded = (hits.first > block.offsets[hits.row]) & (block.units[np.maximum(hits.first - 1, 0)] == _ZERO)
    hits = hits.where((((before & DIGIT) == 0) | padded) & ((after & DIGIT) == 0))
    extra = hits.last - hits.first + 1 - patterns.length[hits.pattern]
    known = np.zeros(len(hits), np.bool_) if chemical is None else chemical[block.rows[hits.row]]
    good = [_is_written_so(block, hits, at, bare=bare, chemical=bool(known[at])) for at in range(len(hits))]
    return hits.where(np.array(good, np.bool_) & (extra >= 0))


def _may_have_slashes(block: Block, hits: Located, patterns: Patterns) -> Flags:
    """Digits with two signs between them, the last of which is a slash."""
    slashed = block.units[np.maximum(hits.last - 1, 0)] == _SLASH
    two: Flags = slashed & (hits.last - hits.first - 1 == patterns.length[hits.pattern])
    return two


def _is_written_so(block: Block, hits: Located, at: int, *, bare: bool, chemical: bool) -> bool:
    first, last, row = int(hits.first[at]), int(hits.last[at]), int(hits.row[at])
    text = _text(block, first, last + 1)
    before, padding = _unpadded(_text(block, max(first - _LOOK_BACK, int(block.offsets[row])), first))
    after = _text(block, last + 1, min(last + 3, int(block.offsets[row + 1])))
    if re.match(r"-\d" if bare else r"[-.,]\d", after):
        return False
    labelled = _CAS_WORD.search(before.lower()) is not None
    told = bare or labelled
    if before[-1:].isdigit() or (padding and not told) or (_is_letter(after[:1]) and not labelled):
        return False
    pointed = _POINTED.fullmatch(text)
    if pointed:
        clear = _is_no_date(pointed) and not _is_joined(before)
        return told or (clear and (chemical or _is_beside_chemicals(block, hits, at)))
    if told and text.isdigit():
        return True
    if _SPACED.fullmatch(text) is None or labelled or _NUMBER_WORD.search(before.lower()):
        return _SPACED.fullmatch(text) is not None
    joins = r"\d[-.]$" if bare else r"\d[-.,/]$" if "-" in text else r"\d[-.,/ ]?$"
    joined = re.search(joins, before)
    return joined is None and not _is_letter(before[-1:])


def _is_no_date(written: re.Match[str]) -> bool:
    """Can the first two parts be no day and month, no month and day, no year and month?"""
    first, second = int(written[1]), int(written[3])
    return second > _MONTHS and not (first <= _MONTHS and second <= _DAYS)


def _is_joined(before: str) -> bool:
    return re.search(r"\d[-.,/ ]?$", before) is not None or _is_letter(before[-1:])


def _is_beside_chemicals(block: Block, hits: Located, at: int) -> bool:
    """Does a chemical word stand near the number?"""
    first, last, row = int(hits.first[at]), int(hits.last[at]), int(hits.row[at])
    left = block.folded(max(first - _LOOK_FOR_WORDS, int(block.offsets[row])), first)
    right = block.folded(last + 1, min(last + 1 + _LOOK_FOR_WORDS, int(block.offsets[row + 1])))
    return has_chemical_word(left, right) or has_chemical_word_han(left, right)


def _unpadded(before: str) -> tuple[str, str]:
    """The text before a number without the zeros that fill the number up, and those zeros."""
    padding = _PADDING.search(before)
    return (before[: padding.start()], padding[0]) if padding else (before, "")


def _is_letter(char: str) -> bool:
    """A letter joins what stands beside it to a word; Hanzi and nothing do not."""
    return bool(char) and bool(class_table()[ord(char)] & LETTER)


def _text(block: Block, start: int, end: int) -> str:
    units = block.units[start:end]
    return (
        units.tobytes().decode("latin-1") if block.codes is None else units.astype("<u4").tobytes().decode("utf-32-le")
    )


def confused(compiled: Compiled, block: Block, field: int) -> Mentions:
    """Known CAS numbers in which a scanner read a letter for a digit: less sure."""
    hits = cas.confused_cas(block.units, block.offsets)
    own = holds_own(block, Located(hits.packed, hits.first, hits.last, hits.row))
    hits = cas.CasHits(hits.packed[own], hits.first[own], hits.last[own], hits.row[own])
    question, answer = compiled.cas.find(hits.packed)
    row = hits.row[question]
    start, end = block.spans(hits.first[question], hits.last[question], row)
    zero = np.zeros(len(question), np.int64)
    text = block.original(start, end, row)
    table = compiled.cas
    return Mentions(
        block.rows[row],
        table.substance[answer],
        table.form[answer],
        zero + CAS,
        zero + SURE["confused_cas"],
        start,
        end,
        text,
        field,
    )
