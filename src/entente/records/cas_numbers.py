"""Is there a CAS number in a cell of a column of CAS numbers?

Only asked to doubt a cell: which numbers are known, and how they may be written, is the business of screening. The
last digit is a check digit: the sum of all other digits, each times its place counted from the right, modulo ten
(https://www.cas.org/training/documentation/chemical-substances/checkdig).
"""

from __future__ import annotations

import re
import unicodedata

#: Fewer digits than any CAS number has: "n/a", "mixture 2".
_FEWEST = 5
_SHAPE = re.compile(r"(?<!\d)0*(\d{2,7})[\s\-_./]*(\d{2})[\s\-_./]*(\d)(?!\d)", re.ASCII)
_DASHES = dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2015, 0x2212, 0x30FC), "-")


def is_doubtful(cell: str) -> bool:
    """Does the cell hold digits enough for a CAS number, and none of which the check digit is right?"""
    text = unicodedata.normalize("NFKC", cell).translate(_DASHES)
    if sum(map(str.isdigit, text)) < _FEWEST:
        return False
    return not any(_is_right(found[1] + found[2], int(found[3])) for found in _SHAPE.finditer(text))


def _is_right(body: str, check: int) -> bool:
    return sum(place * int(digit) for place, digit in enumerate(reversed(body), start=1)) % 10 == check
