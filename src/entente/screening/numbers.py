"""CAS numbers among the matches: is the spacing that of a CAS number, and does it stand alone?"""

from __future__ import annotations

import re

import numpy as np

from entente.screening import cas
from entente.screening.boundaries import Located, holds_own, lawful_breaks, neighbours
from entente.screening.compiled import Compiled
from entente.screening.fold import DIGIT, LETTER, class_table
from entente.screening.output import CAS, SURE, Mentions
from entente.screening.patterns import Patterns
from entente.screening.text import Block

_SPACED = re.compile(r"\d{2,7}([ \t\r\n]*-[ \t\r\n]*|[ \t\r\n]+)\d{2}([ \t\r\n]*-[ \t\r\n]*|[ \t\r\n]+)\d", re.ASCII)
#: In a column of CAS numbers and behind the word CAS, points and low lines are as good as hyphens.
_POINTED = re.compile(r"\d{2,7}([._])\d{2}\1\d", re.ASCII)
#: Zeros that a column of fixed width puts before a number: "000067-64-1".
_PADDING = re.compile(r"(?<![\d])0+$")
_ZERO = ord("0")
_CAS_WORD = re.compile(
    r"(?:^|[^a-z0-9])cas(?:rn|[ \t\r\n]*(?:registry|reg\.?)?[ \t\r\n]*(?:no|n0|num|number|nr|n)?)?"
    r"[ \t\r\n.:#°º)]*(?:号|登记号)?[ \t:]*$"
)
#: "No." before a number, also with a zero for the o: the zero is no part of a longer number.
_NUMBER_WORD = re.compile(r"(?:^|[^a-z0-9])n[o0r][ \t.:]*$")
_LOOK_BACK = 24


def well_formed(block: Block, hits: Located, patterns: Patterns, *, bare: bool) -> Located:
    """Keep digits that are written as a CAS number is, and are no part of a longer number.

    Args:
        block: the text.
        hits: matches of CAS patterns.
        patterns: the patterns' columns.
        bare: digits without any break are a number too (a column of CAS numbers); elsewhere only behind the word CAS.
    """
    hits = hits.where(lawful_breaks(block, hits, patterns) & holds_own(block, hits))
    if not len(hits):
        return hits
    before, after = neighbours(block, hits)
    padded = (hits.first > block.offsets[hits.row]) & (block.units[np.maximum(hits.first - 1, 0)] == _ZERO)
    hits = hits.where((((before & DIGIT) == 0) | padded) & ((after & DIGIT) == 0))
    extra = hits.last - hits.first + 1 - patterns.length[hits.pattern]
    good = np.array([_is_written_so(block, hits, at, bare=bare) for at in range(len(hits))], np.bool_)
    return hits.where(good & (extra >= 0))


def _is_written_so(block: Block, hits: Located, at: int, *, bare: bool) -> bool:
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
    if told and (text.isdigit() or _POINTED.fullmatch(text)):
        return True
    if _SPACED.fullmatch(text) is None:
        return False
    if labelled or _NUMBER_WORD.search(before.lower()):
        return True
    joins = r"\d[-.]$" if bare else r"\d[-.,/]$" if "-" in text else r"\d[-.,/ ]?$"
    joined = re.search(joins, before)
    return joined is None and not _is_letter(before[-1:])


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
