"""What stands in place of a name's own characters: markup, letters of another script, another spelling.

Screening reads goods texts with this, and questions about one name are read with it, so that both agree.

* *Markup and escapes* have their own module (`markup`).
* *Look-alikes.* A Cyrillic, Greek or Armenian letter that looks like a Latin one hides a name from a search. Which
  letters do is taken from Unicode UTS #39, `confusables.txt`, as far as it maps one such letter to one Latin letter;
  what looks alike as a capital counts as a small letter too, since systems change case. A letter is taken for the
  Latin one only in a word that mixes scripts, or in one of which every letter looks Latin, and only in a second
  reading: Russian stays Russian, and μm and the α of "α-methyl" are first of all what they are.
* *Hanzi* are traditional or simplified (OpenCC), and some have further variants in chemical texts.
* *Spellings* differ by rule: sulphur and sulfur, tabletting and tableting.
"""

from __future__ import annotations

import functools
import sys
import unicodedata
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import opencc

from entente.substances.markup import decoded, edits

Codes = npt.NDArray[np.uint32]
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_LOOKALIKES = (
    "аaвbсcԁdеeҽeԍgһhнhіiјjкkӏlмmоoрpԛqгrѕsтtѵvԝwхxуyүyьb"  # Cyrillic
    "αaβbεeϵeζzιiκkοoσoρpτtχxγyϲcϳjυuνvηnμm"  # Greek, small letters and those of which the capital looks alike
    "օoսuոnռnհhցgզq"  # Armenian
    "ɡgɩi"
)
#: Greek capitals that look like another letter than their small ones do.
_CAPITALS = "ΗhΝnΥy"
#: A word of look-alikes alone is read as Latin from so many letters on; shorter ones are words and initials.
_SHORTEST_ALIKE = 4

#: Hanzi that chemical texts write in more than one way beyond traditional and simplified: acyl, alkali, silicon.
HANZI_VARIANTS = {"醯": "酰", "硷": "碱", "礆": "碱", "鹸": "碱", "矽": "硅"}

_SPELLINGS = (
    ("sulph", "sulf"),
    ("alfa", "alpha"),
    ("aluminium", "aluminum"),
    ("caesium", "cesium"),
    ("tabletting", "tableting"),
)

_BREAK, _JOIN, _LATIN, _ALIKE, _OTHER, _DIGIT = 0, 32, 1, 2, 4, 8


@functools.cache
def _tables() -> tuple[npt.NDArray[np.uint8], Codes]:
    """Kind of each code point, and what a look-alike is taken for."""
    kinds = np.zeros(sys.maxunicode + 1, np.uint8)
    latin = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    alike = dict(zip(_LOOKALIKES[::2], _LOOKALIKES[1::2], strict=True))
    capitals = dict(zip(_CAPITALS[::2], _CAPITALS[1::2], strict=True))
    ranges = (
        (0, 0x3000),
        (0xA640, 0xA6A0),
        (0xFE00, 0xFE30),
        (0xFF00, 0x10000),
        (0x1D400, 0x1D800),
        (0xE0000, 0xE0200),
    )
    for code in (code for first, last in ranges for code in range(first, last)):
        char = chr(code)
        base = unicodedata.normalize("NFKD", char)[:1]
        taken = capitals.get(base) or alike.get(char.lower()) or alike.get(base.lower())
        kinds[code] = _ALIKE if taken else _kind(char, base)
        if taken:
            latin[code] = ord(taken)
    return kinds, latin


def _kind(char: str, base: str) -> int:
    category = unicodedata.category(char)
    if category in {"Mn", "Me", "Cf"}:
        return _JOIN
    if category == "Nd":
        return _DIGIT
    if base.isalpha():
        is_latin = base.isascii() or unicodedata.name(base, "").startswith("LATIN")
        return _LATIN if is_latin else _OTHER
    return _BREAK


def unmask(codes: Codes, starts: Places) -> tuple[Codes, Flags] | None:
    """Take look-alikes for the Latin letters that they look like.

    Args:
        codes: code points of texts, end to end.
        starts: where texts start in them; words do not go on from one to the next.

    Returns:
        The code points with those letters replaced, and which were; None if none are.
    """
    if not len(maybe_lookalikes(codes)):
        return None
    kinds_of, latin = _tables()
    kinds = kinds_of[codes]
    is_word = kinds != _BREAK
    first = is_word.copy()
    first[1:] &= ~is_word[:-1]
    starts = starts[starts < len(codes)]
    first[starts] = is_word[starts]
    at = np.flatnonzero(first)
    if not len(at):
        return None
    holds = np.bitwise_or.reduceat(kinds, at)
    letters = np.add.reduceat((kinds & (_LATIN | _ALIKE | _OTHER)) > 0, at, dtype=np.int64)
    mixed = (holds & _LATIN) > 0
    all_alike = ((holds & _OTHER) == 0) & ((letters >= _SHORTEST_ALIKE) | ((holds & _DIGIT) > 0))
    masked = ((holds & _ALIKE) > 0) & (mixed | all_alike)
    word = np.maximum(np.cumsum(first) - 1, 0)
    replaced: Flags = masked[word] & (kinds == _ALIKE)
    return (np.where(replaced, latin[codes], codes), replaced) if replaced.any() else None


def maybe_lookalikes(codes: Codes) -> Places:
    """A quick look: places of code points in the ranges that hold look-alikes."""
    low, high, bold, last = (np.uint32(code) for code in (0x250, 0x590, 0x1D6A8, 0x1D7CC))
    found: Places = np.flatnonzero(((codes - low) < high - low) | ((codes - bold) < last - bold))
    return found


def readings(text: str) -> Iterator[str]:
    """What a text that a person typed may say: with its markup read, then also with escapes, or without look-alikes."""
    plain = decoded(text, edits(text))
    yield plain
    unescaped = decoded(text, edits(text, escapes=True))
    if unescaped != plain:
        yield unescaped
    found = unmask(np.frombuffer(plain.encode("utf-32-le", "replace"), np.uint32), np.zeros(1, np.int64))
    if found is not None:
        yield found[0].astype("<u4").tobytes().decode("utf-32-le")


@functools.cache
def _to_simplified() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """A text with each of its Hanzi simplified, one for one."""
    if text.isascii():
        return text
    # a line for each character, since OpenCC chooses otherwise by the characters around
    plain = _to_simplified().convert("\n".join(text)).split("\n")
    return "".join(HANZI_VARIANTS.get(char, char) for char in plain)


def spellings(name: str) -> Iterator[str]:
    """A name without spaces and marks, and its regular spelling variants."""
    yield name
    for one, other in _SPELLINGS:
        if one in name:
            yield name.replace(one, other)
        elif other in name:
            yield name.replace(other, one)
