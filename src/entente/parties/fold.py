"""One folding for all names: what two writings of the same name have in common before anything is compared.

Compatibility decomposition (NFKD), no combining marks, lower case, no control or format characters, traditional
Hanzi as simplified ones (character by character, so that a piece of a name folds as the whole does). A Cyrillic or
Greek letter that looks like a Latin one is folded to it inside a Latin word, and the name is flagged: Unicode
Technical Standard 39 (https://www.unicode.org/reports/tr39/) calls such words mixed-script confusables. Words that
are Cyrillic or Greek throughout are romanised, not flagged.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

import opencc

from entente.substances.writing import HANZI_VARIANTS

#: Longer names are cut here, and flagged: no register knows a longer one, and work must stay bounded.
MOST_CHARACTERS = 400

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff〇"
HAN = re.compile(f"[{_HAN}]")
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'’‘`´ʻʼʽ′＇"))
_LETTERS = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h"}
_LOOKALIKE = str.maketrans(
    "аеорсухіјѕкмтвнѵԁԛԝһӏгαβεικνορτυχϲ",
    "aeopcyxijskmtbhvdqwhlraбeiknoptyxc".replace("б", "b"),
)
_CYRILLIC = {
    **dict(zip("абвгдезийклмнопрстуфыэієѓќўөү", "abvgdeziiklmnoprstufyeiegkuou", strict=True)),
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ю": "yu",
    "я": "ya",
    "ё": "e",
    "ъ": "",
    "ь": "",
    "ї": "i",
    "ґ": "g",
    "ђ": "dj",
    "ћ": "c",
    "џ": "dz",
    "љ": "lj",
    "њ": "nj",
    "ј": "j",
    "қ": "k",
    "ң": "n",
    "ұ": "u",
    "ә": "a",
    "ғ": "g",
    "һ": "h",
    "ѕ": "dz",
    "і": "i",
}
_GREEK = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        [
            "a",
            "v",
            "g",
            "d",
            "e",
            "z",
            "i",
            "th",
            "i",
            "k",
            "l",
            "m",
            "n",
            "x",
            "o",
            "p",
            "r",
            "s",
            "s",
            "t",
            "y",
            "f",
            "ch",
            "ps",
            "o",
        ],
        strict=True,
    )
)
_ROMAN = str.maketrans({**_CYRILLIC, **_GREEK})


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded name and what was noticed: `homoglyph`, `control_characters`, `shortened`, `empty`."""

    text: str
    flags: tuple[str, ...] = ()


def fold(name: str) -> Folded:
    """Fold a name; never fails, and takes time bounded by `MOST_CHARACTERS`."""
    flags: list[str] = []
    if len(name) > MOST_CHARACTERS:
        name = name[:MOST_CHARACTERS]
        flags.append("shortened")
    if name.isascii():
        text = name.translate(_APOSTROPHES).lower()
        if not text.isprintable():
            flags.append("control_characters")
            text = "".join(char if char.isprintable() else " " for char in text)
    else:
        text = _fold_unicode(name, flags)
    text = " ".join(text.split())
    if not _WORD.search(text):
        flags.append("empty")
    return Folded(text, tuple(flags))


def _fold_unicode(name: str, flags: list[str]) -> str:
    text = unicodedata.normalize("NFKD", name.translate(_APOSTROPHES)).lower()
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if category in {"Cc", "Cf", "Cs", "Co"}:
            if char not in "\t\n\r\u200c\u200d\ufeff" and "control_characters" not in flags:
                flags.append("control_characters")
            kept.append(" " if category == "Cc" else "")
        elif category != "Mn":
            kept.append(_LETTERS.get(char, char))
    text = unicodedata.normalize("NFC", "".join(kept)).translate(simplified())
    return text if text.isascii() else _WORD.sub(lambda found: _word(found.group(), text, flags), text)


def _word(word: str, whole: str, flags: list[str]) -> str:
    """Fold lookalikes of a word that is partly Latin, or that stands among Latin words; romanise other words."""
    scripts = {_script(char) for char in word if char.isalpha()}
    if not scripts & {"cyrillic", "greek"}:
        return word
    folded = word.translate(_LOOKALIKE)
    mixed = "latin" in scripts
    alone = len(word) > 1 and folded.isascii() and _mostly_latin(whole)
    if mixed or alone:
        if "homoglyph" not in flags:
            flags.append("homoglyph")
        return folded.translate(_ROMAN)
    return word.translate(_ROMAN)


def _mostly_latin(whole: str) -> bool:
    latin = sum(_script(char) == "latin" for char in whole)
    other = sum(_script(char) in {"cyrillic", "greek"} for char in whole)
    return latin > other


def _script(char: str) -> str:
    code = ord(char)
    if code < 0x250:
        return "latin"
    if 0x370 <= code < 0x400:
        return "greek"
    return "cyrillic" if 0x400 <= code < 0x530 else "other"


@functools.cache
def simplified() -> dict[int, int]:
    """Traditional Hanzi -> simplified, by OpenCC's character table; built once in a process."""
    codes = [*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0xF900, 0xFAD9)]
    chars = [unicodedata.normalize("NFKC", chr(code)) for code in codes]
    simple = opencc.OpenCC("t2s").convert("\n".join(chars)).split("\n")
    table = {code: ord(to) for code, to in zip(codes, simple, strict=True) if len(to) == 1 and ord(to) != code}
    return table | {ord(variant): ord(usual) for variant, usual in HANZI_VARIANTS.items()}


def has_han(text: str) -> bool:
    """Whether a name holds a Chinese character."""
    return HAN.search(text) is not None
