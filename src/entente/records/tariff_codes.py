"""Tariff codes as people write them: with a label before ("HS 2914.11", "税号 2914110000"), and several in a cell.

A semicolon, comma, slash, bar or line break parts two codes, and so does a blank where both sides have six digits. No
country's code has more than fourteen.
"""

from __future__ import annotations

import re
import unicodedata

_LABELS = re.compile(
    r"(?:[\s:.#'\"(\[]|(?:hts(?:us)?|hs|tari(?:c|ff)|ncm|code|c[oó]digo|arancel(?:aria)?|fracci[oó]n|n[oº°]|ex)(?![a-z])"
    r"|海关编码|商品编码|商品编号|税则号列|税号|税則號列|稅號|编码|編碼|号|號)+",
    re.IGNORECASE,
)


_PARTED = re.compile(r"[;/,|&+、；，\t\r\n]+|\s+(?:and|y)\s+|[和及]")
_GAPS = re.compile(r"[\s.\-]+")
_LEAST, _MOST = 6, 14


def codes_in(cell: str) -> tuple[str, ...]:
    """The digits of each tariff code of six digits or more in a cell; empty if it holds none."""
    found: list[str] = []
    for part in _PARTED.split(unicodedata.normalize("NFKC", cell)):
        words = part.split()
        apart = [_digits(word) for word in words]
        several = len(words) > 1 and all(apart)
        found += [digits for digits in (apart if several else [_digits(part)]) if digits]
    return tuple(dict.fromkeys(found))


def _digits(code: str) -> str:
    digits = _GAPS.sub("", without_label(code.strip()).rstrip(" \"')]"))
    return digits if _LEAST <= len(digits) <= _MOST and digits.isascii() and digits.isdigit() else ""


def without_label(code: str) -> str:
    """The code without labels, quotes and brackets before it; all else is left as it is."""
    if code[:1].isdigit():
        return code
    found = _LABELS.match(code)
    return code[found.end() :] if found else code
