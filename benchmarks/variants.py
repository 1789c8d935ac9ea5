"""Variants of chemical names as people and machines write them, with the truth kept: for recall tests.

Each generator takes a random source and a name, and gives a text that still names it, or None where the name has no
such variant.
"""

from __future__ import annotations

import itertools
import random
import re
import unicodedata

import opencc

_TRADITIONAL = opencc.OpenCC("s2t")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG_ENOUGH = 6
_DASHES = "-‐‑‒–—−－"


def exact(rng: random.Random, name: str) -> str | None:
    return rng.choice([name, name.upper(), name.capitalize()])


def hyphens(rng: random.Random, name: str) -> str | None:
    """Other dashes, or spaces for hyphens and hyphens for spaces."""
    if "-" not in name and " " not in name:
        return None
    return "".join(rng.choice([*_DASHES, " "]) if c in "- " else c for c in name)


def spaces(rng: random.Random, name: str) -> str | None:
    """Spaces around marks, doubled spaces, line breaks at spaces, none where there was one between letters."""
    out = []
    for char in name:
        if char == " ":
            out.append(rng.choice([" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000"]))
        elif char in "-)(":
            out.append(rng.choice([char, f" {char}", f"{char} ", f" {char} "]))
        else:
            out.append(char)
    return "".join(out).strip()


def full_width(rng: random.Random, name: str) -> str | None:
    if not any("!" <= c <= "~" for c in name):
        return None
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" and rng.random() < 0.9 else c for c in name)


def greek(_rng: random.Random, name: str) -> str | None:
    for word, letter in (("alpha", "α"), ("beta", "β"), ("gamma", "γ")):
        if word in name:
            return name.replace(word, letter)
        if letter in name:
            return name.replace(letter, word)
    return None


def traditional(rng: random.Random, name: str) -> str | None:
    if name.isascii():
        return None
    changed = _TRADITIONAL.convert(name)
    return (
        "".join(rng.choice([a, b]) for a, b in zip(name, changed, strict=True))
        if len(changed) == len(name)
        else changed
    )


def invisible(rng: random.Random, name: str) -> str | None:
    """Zero-width characters and soft hyphens inside."""
    at = rng.randrange(1, len(name)) if len(name) > 1 else 0
    return name[:at] + rng.choice(["\u200b", "\u00ad", "\u2060", "\ufeff"]) + name[at:]


def decomposed(rng: random.Random, name: str) -> str | None:
    changed = unicodedata.normalize(rng.choice(["NFD", "NFC"]), name)
    return changed if changed != name or not name.isascii() else None


def unaccented(_rng: random.Random, name: str) -> str | None:
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return plain if plain != name else None


def brackets(rng: random.Random, name: str) -> str | None:
    """Other brackets, or none."""
    if "(" not in name:
        return None
    opened, closed = rng.choice([("[", "]"), ("（", "）"), ("{", "}"), ("", ""), (" (", ") ")])
    return name.replace("(", opened).replace(")", closed).strip()


def locants(rng: random.Random, name: str) -> str | None:
    """The comma between two locants as a point, an ideographic comma, or with a space; the hyphen behind as a space."""
    changed = re.sub(r"(?<=\d),(?=\d)", lambda _: rng.choice([".", ", ", "、", ","]), name)
    changed = re.sub(r"(?<=\d)-(?=[a-z])", lambda _: rng.choice(["-", " ", "- "]), changed)
    return changed if changed != name else None


_MARKS = "\u0301\u0308\u0327\u0332\u0336\u0338\u034f\u20dd\ufe0f"
_UNSEEN = "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2069\u061c\u180e\ufeff\u00ad"


def marks(rng: random.Random, name: str) -> str | None:
    """Combining marks upon letters, struck through and enclosed ones among them."""
    return "".join(
        c + "".join(rng.choices(_MARKS, k=rng.randrange(1, 4))) if c.isalnum() and rng.random() < 0.4 else c
        for c in name
    )


def unseen(rng: random.Random, name: str) -> str | None:
    """Joiners, marks of direction, soft hyphens and other characters that nobody sees, between all others."""
    return "".join(c + "".join(rng.choices(_UNSEEN, k=rng.randrange(0, 3))) for c in f"\u200e{name}")


_LIGATURES = {
    "ffi": "ﬃ",
    "ffl": "ﬄ",
    "ff": "ﬀ",
    "fi": "ﬁ",
    "fl": "ﬂ",
    "st": "ﬆ",
    "ij": "ĳ",
    "nj": "ǌ",
    "lj": "ǉ",
    "dz": "ǳ",
}
_LIGATURES |= {"kg": "㎏", "ml": "㎖", "cc": "㏄", "in": "㏌", "pa": "㎩", "mm": "㎜", "iv": "ⅳ", "xi": "ⅺ", "cm": "㎝"}


def ligatures(_rng: random.Random, name: str) -> str | None:
    """Letters that one character stands for: ligatures, squared units, Roman numerals."""
    text = name
    for letters, one in _LIGATURES.items():
        text = text.replace(letters, one)
    return text if text != name else None


_ALPHABETS = (0x1D400, 0x1D434, 0x1D468, 0x1D4D0, 0x1D56C, 0x1D5A0, 0x1D5D4, 0x1D670)


def styled(rng: random.Random, name: str) -> str | None:
    """Mathematical and circled letters and raised digits."""
    start, out = rng.choice(_ALPHABETS), []
    for char in name:
        if char.isascii() and char.isalpha():
            place = ord(char.lower()) - ord("a")
            ways = [chr(start + place), chr(start + 26 + place), chr(0x24D0 + place), char]
            out.append(rng.choice([way for way in ways if unicodedata.category(way) != "Cn"]))
        else:
            out.append({"0": "⁰", "1": "①", "2": "₂", "3": "³", "4": "𝟒"}.get(char, char))
    return "".join(out) if "".join(out) != name else None


def breaks(rng: random.Random, name: str) -> str | None:
    """A long name cut anywhere by the ends of lines, hyphens and runs of spaces, as columns of paper cut it."""
    if sum(c.isalnum() for c in name) < _LONG_ENOUGH:
        return None
    cuts = ["\n", "\r\n  ", "-\n", " " * rng.randrange(2, 40), "\t", "\u2028", "\u00a0", "—", "‐ ", "\f", "\v"]
    out = [name[0]]
    for before, char in itertools.pairwise(name):
        if before.isalpha() and char.isalpha() and rng.random() < 0.2:
            out.append(rng.choice(cuts))
        out.append(char)
    return "".join(out)


_UNITS = ("kg", "KG", "g", "L", "ml", "GP", "HC", "drums", "x25kg", "%", "%min", "kgx80drums", "", ".5%")
_IN_FRONT = ("25kg", "200L", "1x20GP", "80drums", "UN1090", "99", "4x200kg", "2t", "12.5kg", "CAS67-64-1")


def glued(rng: random.Random, name: str) -> str | None:
    """A number and its unit right behind the name, or right before it: long names that begin and end in a letter."""
    if sum(c.isascii() and c.isalpha() for c in name) < _LONG_ENOUGH or not (name[0] + name[-1]).isalpha():
        return None
    before, behind = rng.choice(_IN_FRONT), f"{rng.randrange(1, 1000)}{rng.choice(_UNITS)}"
    return rng.choice([before + name, name + behind, before + name + behind])


_NAMED = {" ": "&nbsp;", "-": "&hyphen;", "(": "&lpar;", ")": "&rpar;", "'": "&apos;", ",": "&comma;", "α": "&alpha;"}
_NAMED |= {"β": "&beta;", "γ": "&gamma;", "é": "&eacute;", "á": "&aacute;", "í": "&iacute;", "ó": "&oacute;"}


def references(rng: random.Random, name: str) -> str | None:
    """Some characters as HTML character references, some of these escaped twice."""
    out = []
    for char in name:
        ways = [f"&#{ord(char)};", f"&#x{ord(char):X};", f"&amp;#{ord(char)};", _NAMED.get(char, f"&#{ord(char):05d};")]
        out.append(rng.choice(ways) if rng.random() < (0.1 if char.isalnum() else 0.8) else char)
    return "".join(out) if "&" in "".join(out) else None


def tags(rng: random.Random, name: str) -> str | None:
    """Line breaks and emphasis of HTML, and what a workbook writes for a line break, where a name has a space."""
    if " " not in name:
        return None
    return "".join(
        rng.choice(["<br>", " <BR/> ", "</b> <i>", "_x000D_\n", "&nbsp;<br />"]) if c == " " else c for c in name
    )


_LOOK_LIKE = {"a": "аα", "c": "сϲ", "e": "е", "i": "іι", "o": "оο", "p": "рρ", "s": "ѕ", "x": "хχ", "y": "уγ", "d": "ԁ"}
_LOOK_LIKE |= {
    "A": "АΑ",
    "B": "ВΒ",
    "C": "С",
    "E": "ЕΕ",
    "H": "НΗ",
    "I": "ІΙ",
    "K": "КΚ",
    "M": "МΜ",
    "N": "Ν",
    "O": "ОΟ",
}
_LOOK_LIKE |= {"P": "РΡ", "T": "ТΤ", "X": "ХΧ", "Y": "УΥ"}


def lookalikes(rng: random.Random, name: str) -> str | None:
    """A letter or two as Cyrillic or Greek ones that look alike, in words that keep Latin letters."""
    text = list(rng.choice([name, name.upper()]))
    places = [
        at
        for at, char in enumerate(text)
        if char in _LOOK_LIKE
        and any(c.isascii() and c.isalpha() for c in text[at + 1 : at + 2] + text[max(at - 1, 0) : at])
    ]
    chosen: list[int] = []
    for at in rng.sample(places, min(len(places), rng.randrange(1, 3))):
        if not any(abs(at - other) < 3 for other in chosen):
            chosen.append(at)
            text[at] = rng.choice(_LOOK_LIKE[text[at]])
    return "".join(text) if chosen else None


_BETWEEN = (" ", "   ", "\u00a0", "&nbsp;", "&#8239;", "<br>", "</p>\n<p>", "\r\n", "\u3000", "&amp;nbsp;", "_x000D_\n")
_JOINED = (*_DASHES, "&ndash;", "&#8209;", "&#x2011;", " - ", "&minus;", "-\n", "\u00ad-", "-&shy;")


def disguised(rng: random.Random, name: str) -> str | None:
    """Each character in its own way: wide, styled, marked, as a reference, with something unseen behind it."""
    return "".join(_disguise(rng, char) for char in name)


def _disguise(rng: random.Random, char: str) -> str:
    if char in " -":
        return rng.choice(_BETWEEN if char == " " else _JOINED)
    if not char.isalnum() or rng.random() < 0.4:
        return char
    wide = chr(ord(char) + 0xFEE0) if char.isascii() else char
    unseen_one, mark = rng.choice(_UNSEEN), rng.choice(_MARKS)
    ways = [
        wide,
        f"&#{ord(char)};",
        f"&amp;#{ord(wide)};",
        char + mark,
        char + unseen_one,
        f"{char}&#{ord(unseen_one)};",
    ]
    return rng.choice([*ways, f"{wide}&zwj;", f"{char}&#x{ord(mark):X};", f"{char}&shy;"])


_TOGETHER = (exact, hyphens, spaces, full_width, greek, traditional, invisible, decomposed, unaccented, marks, unseen)


def combined(rng: random.Random, name: str) -> str | None:
    """Several of the above at once."""
    ways = rng.sample(_TOGETHER, 4)
    text = name
    for way in ways:
        text = way(rng, text) or text
    return text


WRITINGS = (
    exact,
    hyphens,
    spaces,
    full_width,
    greek,
    traditional,
    invisible,
    decomposed,
    unaccented,
    brackets,
    locants,
    marks,
    unseen,
    ligatures,
    styled,
    breaks,
    glued,
    references,
    tags,
    lookalikes,
    combined,
    disguised,
)


def cas_writing(rng: random.Random, number: str) -> str:
    """A CAS number in one of the forms it is written in."""
    first, second, last = number.split("-")
    dash = rng.choice([*_DASHES, " ", " - ", "- "])
    text = f"{first}{dash}{second}{dash}{last}"
    if rng.random() < 0.2:
        text = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() and c.isascii() else c for c in text)
    bare = rng.choice([f"CAS{first}{second}{last}", f"CAS {first}{second}{last}", f"CAS No. {first}{second}{last}"])
    return rng.choice([text, text, f"CAS {text}", f"(CAS: {text})", bare])


_READ_AS = {"0": "Oo", "1": "lI", "2": "Z", "5": "S", "8": "B"}


def cas_scanned(rng: random.Random, number: str) -> str | None:
    """A CAS number in which a scanner has read one or two digits as letters; None where no digit looks like one."""
    places = [at for at, char in enumerate(number) if char in _READ_AS]
    text = list(number)
    for at in rng.sample(places, min(len(places), rng.randrange(1, 3))):
        text[at] = rng.choice(_READ_AS[number[at]])
    return "".join(text) if places else None


def misspell(rng: random.Random, name: str, edits: int) -> str:
    """A name with typing errors in its letters: one wrong, missing, too many, or two swapped."""
    text = list(name)
    for _ in range(edits):
        places = [i for i, c in enumerate(text) if c.isalpha()]
        at = rng.choice(places)
        kind = rng.randrange(4)
        if kind == 0:
            text[at] = rng.choice(_LETTERS)
        elif kind == 1:
            del text[at]
        elif kind == 2:
            text.insert(at, rng.choice(_LETTERS))
        elif at + 1 < len(text) and text[at + 1].isalpha():
            text[at], text[at + 1] = text[at + 1], text[at]
    return "".join(text)
