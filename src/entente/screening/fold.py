"""One table that folds every code point to what screening compares.

Folding is compatibility decomposition (NFKD), lower case, and no combining marks, done code point by code point
through a table that is built once in a process. Beyond NFKD: every dash is a hyphen, every kind of space is a
space, zero-width characters and soft hyphens vanish, a Greek letter is its English name (so that alpha- and
α- meet in the middle), traditional Hanzi become simplified ones, a handful of letters that look like Greek
ones are taken for them, and the dotless i of Turkish is an i.

A table by code point keeps the way back to the original text trivial, and does not depend on Arrow's NFC and NFKC,
which give decomposed text in pyarrow <= 25 (https://github.com/apache/arrow/issues/51225).
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import opencc

from entente.substances.writing import HANZI_VARIANTS

U8 = npt.NDArray[np.uint8]
U32 = npt.NDArray[np.uint32]
I64 = npt.NDArray[np.int64]

#: Bits of a code point's class.
LETTER, DIGIT, HAN = 1, 2, 4
WORD = LETTER | DIGIT | HAN

_LAST = sys.maxunicode + 1
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u02d7\ufe58\ufe63\uff0d\u30fc\u2e3a\u2e3b\u207b\u208b\u00ad"
_SOFT_HYPHEN = 0xAD
#: Signs of letters that are no letters of the word that they stand beside.
_SIGNS = {"\u2122": " ", "\u2120": " ", "\u2116": " no."}
_LOOKALIKES = {
    "\u0251": "alpha",
    "\u00df": "beta",
    "\u03d0": "beta",
    "\u03b5": "epsilon",
    "\u03f5": "epsilon",
    "\u0131": "i",
}
_GREEK_NAMES = (
    *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu"),
    *("xi", "omicron", "pi", "rho", "sigma", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
)


@dataclass(frozen=True, slots=True)
class FoldTable:
    """`one[c]` is the folded code point (0: vanishes); `many[c]` the whole text where folding gives several."""

    one: U32
    many: dict[int, U32]
    is_many: npt.NDArray[np.bool_]


def _greek(char: str) -> str | None:
    base = unicodedata.normalize("NFKD", char.lower())[:1]
    if "α" <= base <= "ω":
        return _GREEK_NAMES[ord(base) - ord("α")]
    return None


def _fold_char(char: str) -> str:
    """What one character becomes, before Hanzi are simplified."""
    code, category = ord(char), unicodedata.category(char)
    if code == _SOFT_HYPHEN or category in {"Mn", "Me", "Cf"}:
        return ""
    if char in _DASHES or category == "Pd":
        return "-"
    if category in {"Zs", "Zl", "Zp", "Cc"}:
        return " "
    if char in _LOOKALIKES or char in _SIGNS:
        return _LOOKALIKES.get(char) or _SIGNS[char]
    greek = _greek(char)
    if greek is not None:
        return greek
    parts = unicodedata.normalize("NFKD", char).lower()
    # lower case may decompose again ("İ"), and a decomposition may hold what this very table folds further
    plain = "".join(part for part in unicodedata.normalize("NFKD", parts) if not unicodedata.combining(part))
    return plain if plain == char or len(plain) != 1 else _fold_char(plain)


def _assigned_outside_ideographs() -> list[int]:
    """Code points whose folding is not the identity can only be here; unified ideographs and Hangul are not."""
    ranges: tuple[tuple[int, int], ...] = (
        (0, 0x3400),
        (0xA000, 0xAC00),
        (0xF900, 0x11000),
        (0x1B000, 0x20000),
        (0x2F800, 0x2FA20),
        (0xE0000, 0xE0200),
    )
    surrogates = range(0xD800, 0xE000)
    return [code for first, last in ranges for code in range(first, last) if code not in surrogates]


def _simplify(one: U32) -> None:
    """Map traditional Hanzi to simplified ones in place, by OpenCC's character table."""
    codes = np.concatenate([np.arange(0x3400, 0xA000), np.arange(0xF900, 0xFB00), np.arange(0x20000, 0x2FA20)])
    folded = one[codes]
    lines = "\n".join(chr(int(code)) for code in folded)
    simple = opencc.OpenCC("t2s").convert(lines).split("\n")
    for code, text in zip(codes.tolist(), simple, strict=True):
        if len(text) == 1:
            one[code] = ord(text)
    for variant, usual in HANZI_VARIANTS.items():
        one[ord(variant)] = ord(usual)


_table: list[FoldTable] = []


def fold_table() -> FoldTable:
    """The table of this process, built on first use (about 0.1 s)."""
    if not _table:
        keep_table(_build())
    return _table[0]


def keep_table(table: FoldTable) -> None:
    """Make a table that another process built this process's own."""
    _table[:] = [table]


def _build() -> FoldTable:
    one = np.arange(_LAST, dtype=np.uint32)
    many: dict[int, U32] = {}
    is_many = np.zeros(_LAST, np.bool_)
    for code in _assigned_outside_ideographs():
        text = _fold_char(chr(code))
        if len(text) == 1:
            one[code] = ord(text)
        elif text:
            many[code] = np.array([ord(part) for part in text], np.uint32)
            is_many[code] = True
        else:
            one[code] = 0
    _simplify(one)
    return FoldTable(one, many, is_many)


@functools.cache
def class_table() -> U8:
    """Class bits of every folded code point: LETTER, DIGIT, HAN or none."""
    table = np.zeros(_LAST, np.uint8)
    for code in range(0x3400):
        char = chr(code)
        table[code] = LETTER if char.isalpha() else DIGIT if char.isdigit() else 0
    table[0xA000:0xD800] = LETTER
    for first, last in ((0x3400, 0xA000), (0xF900, 0xFB00), (0x20000, 0x32000)):
        table[first:last] = HAN
    table[ord("〇")] = HAN
    return table


def fold_codes(codes: U32) -> tuple[U32, I64 | None]:
    """Fold code points; say from which original position each folded one comes (None: the same position)."""
    table = fold_table()
    origin: I64 | None = None
    expanding = np.flatnonzero(table.is_many[codes])
    if len(expanding):
        codes, origin, folded = _expand(codes, expanding, table)
    else:
        folded = table.one[codes]
    kept = np.flatnonzero(folded)
    if len(kept) < len(folded):
        folded = folded[kept]
        origin = kept if origin is None else origin[kept]
    return folded, origin


def _expand(codes: U32, expanding: I64, table: FoldTable) -> tuple[U32, I64, U32]:
    texts = [table.many[int(code)] for code in codes[expanding]]
    counts = np.ones(len(codes), np.int64)
    counts[expanding] = [len(text) for text in texts]
    origin = np.repeat(np.arange(len(codes)), counts)
    folded = table.one[codes][origin]
    starts = np.cumsum(counts)[expanding] - counts[expanding]
    where = np.concatenate([np.arange(start, start + len(text)) for start, text in zip(starts, texts, strict=True)])
    folded[where] = np.concatenate(texts)
    return codes, origin, folded


def codes_of(text: str) -> U32:
    """Code points of a text; lone surrogates cannot occur in Arrow strings."""
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


def text_of(codes: U32) -> str:
    """Text of code points."""
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def fold(text: str) -> str:
    """Fold one text: the same folding as a batch gets."""
    if text.isascii():
        return text.translate(_ASCII_FOLD)
    return text_of(fold_codes(codes_of(text))[0])


def squash(text: str) -> str:
    """Fold one text and leave only its letters, digits and Hanzi."""
    if text.isascii():
        return text.translate(_ASCII_SQUASH)
    folded = fold_codes(codes_of(text))[0]
    return text_of(folded[class_table()[folded] > 0])


_ASCII_FOLD = {code: ord(_fold_char(chr(code))) for code in range(128)}
_ASCII_SQUASH = {code: ord(chr(code).lower()) if chr(code).isalnum() else None for code in range(128)}
