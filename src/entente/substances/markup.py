r"""Markup and escapes in texts: what they stand for, and where.

Exports from web systems and workbooks hold HTML character references (`&nbsp;`, `&#160;`), HTML tags without attributes
(`<br>`, `<b>`) and the `_x000D_` of Office Open XML (ECMA-376 part 1, 22.9.2.19). Each is read as what it stands for; a
tag as a space, so that it parts what it stands between, and a long name may be broken there.

*Escapes* may be escapes or may be meant as they are: other tags, whose contents must not vanish, percent encoding
(`%20`, RFC 3986), and a backslash with a letter (`\n`, `\u00e9`). They are for a second reading.
"""

from __future__ import annotations

import functools
import html
import html.entities
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

_AMPERSAND = r"(?:amp|#0*38|#[xX]0*26)"
#: A character reference, also one that was escaped again ("&amp;nbsp;"). The decimal and `&nbsp` may lack the
#: semicolon, as browsers allow.
_REFERENCE = rf"&(?:{_AMPERSAND};)*(?:#\d{{1,7}};?|#[xX][0-9a-fA-F]{{1,6}};|nbsp;?|[A-Za-z][A-Za-z0-9]{{1,31}};)"
_TAGS = (
    "a|b|i|u|s|em|strong|font|span|sup|sub|small|big|tt|code|mark|wbr|nobr|br|p|div|td|th|tr|li|ul|ol|hr|h[1-6]|table|"
    "tbody|thead|pre|center|dd|dt|dl"
)
_TAG = rf"</?(?:{_TAGS})[ \t\r\n]{{0,8}}/?>"
_OFFICE = r"_x00(?:[01][0-9A-Fa-f]|A0)_"
_ANY_TAG = r"<[/!?]?[a-z\-][^<>]{0,300}>"
_CONTINUED = "%[89AB][0-9A-F]"
_PERCENT = rf"(?:%[2-7][0-9A-F]|%0[9AD]|%[C-F][0-9A-F](?:{_CONTINUED}){{1,3}})+"
_BACKSLASH = r"\\{1,2}(?:[nrt]|u[0-9A-F]{4}|x[0-9A-F]{2})"
_MARKUP = re.compile(f"{_REFERENCE}|{_TAG}|{_OFFICE}", re.IGNORECASE)
_ESCAPE = rf"(?!{_TAG}){_ANY_TAG}|{_PERCENT}|{_BACKSLASH}"
_MARKUP_AND_ESCAPES = re.compile(f"{_MARKUP.pattern}|(?P<escape>{_ESCAPE})", re.IGNORECASE)
_HAS_ESCAPE = re.compile(_ESCAPE, re.IGNORECASE)
#: Each begins with one plain character and goes on with one of a few, by which it is found.
_LETTERS = "".join(map(chr, (*range(65, 91), *range(97, 123))))
_IN_BYTES = {
    ord(first): (re.compile(pattern.encode(), re.IGNORECASE), second)
    for first, second, pattern in (
        ("&", f"#{_LETTERS}", _REFERENCE),
        ("<", f"/!?-{_LETTERS}", f"{_TAG}|{_ANY_TAG}"),
        ("_", "xX", _OFFICE),
        ("%", "0234567CDEFcdef", _PERCENT),
        ("\\", "\\nrtuxNRTUX", _BACKSLASH),
    )
}


@functools.cache
def _may_begin() -> npt.NDArray[np.bool_]:
    """Which two bytes may begin markup or an escape."""
    table = np.zeros((256, 256), np.bool_)
    for first, (_, second) in _IN_BYTES.items():
        table[first, list(second.encode())] = True
    return table


def marked_places(raw: bytes | memoryview) -> list[int]:
    """Places in UTF-8 text where markup or an escape begins, in no order."""
    data = np.frombuffer(raw, np.uint8)
    begins = np.zeros(len(data), np.bool_)
    for first in _IN_BYTES:
        begins |= data == first
    at = np.flatnonzero(begins[:-1])
    at = at[_may_begin()[data[at], data[at + 1]]]
    return [place for place in at.tolist() if _IN_BYTES[data[place]][0].match(raw, place) is not None]


class Edit(NamedTuple):
    """A piece of markup: where it begins and ends, the characters that it stands for, and whether it is an escape."""

    start: int
    end: int
    means: str
    escape: bool = False


def edits(text: str, *, escapes: bool = False) -> Iterator[Edit]:
    """The markup of a text, in order, and its escapes if they are to be read too."""
    for mark in (_MARKUP_AND_ESCAPES if escapes else _MARKUP).finditer(text):
        written = mark.group()
        means = _meaning(written)
        if means != written:
            yield Edit(mark.start(), mark.end(), means, escapes and mark["escape"] is not None)


def holds_escape(text: str) -> bool:
    """Is there anything that may be an escape?"""
    return _HAS_ESCAPE.search(text) is not None


def decoded(text: str, made: Iterable[Edit]) -> str:
    """A text with its markup as what it stands for.

    Example:
        >>> decoded("x&#45;y", edits("x&#45;y"))
        'x-y'
    """
    parts: list[str] = []
    at = 0
    for edit in made:
        parts += text[at : edit.start], edit.means
        at = edit.end
    return "".join([*parts, text[at:]])


@functools.lru_cache(maxsize=1 << 12)
def _meaning(mark: str) -> str:
    """What a piece of markup stands for; itself if it is none after all."""
    first = mark[0]
    if first == "<":
        return " "
    if first == "_":
        return chr(int(mark[2:6], 16))
    if first == "%":
        return unquote(mark)
    if first == "\\":
        return _unescaped(mark.lstrip("\\"))
    tail = re.sub(rf"^&(?:{_AMPERSAND};(?=.))*", "", mark, flags=re.IGNORECASE)
    if tail.startswith("#"):
        return html.unescape(f"&{tail.rstrip(';')};")
    name = tail.rstrip(";") + ";"
    return html.entities.html5.get(name, html.entities.html5.get(name.lower(), mark))


def _unescaped(letter: str) -> str:
    """What a letter behind a backslash stands for; half of a surrogate pair stands for nothing."""
    if len(letter) == 1:
        return " "
    char = chr(int(letter[1:], 16))
    return " " if "\ud800" <= char <= "\udfff" else char
