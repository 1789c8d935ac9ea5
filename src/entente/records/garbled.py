"""Tell texts that were damaged before they came here: read in a wrong encoding, or written in one that lacks letters.

Such a text is valid and wrong: no substance and no party in it is found. It is not repaired, for nobody knows how often
it was misread; a person is told, and asks for the export again.
"""

from __future__ import annotations

import re

from entente.records.encodings import common_share

#: What is looked at closely: two letters of Latin-1's upper half in a row, U+FFFD, or a run of question marks.
SUSPECT = "[\u0080-\u00ff][\u0080-\u00ff\u0152-\u2122]|\ufffd|\\?\\?\\?"
_LOST = re.compile("\ufffd|\\?{3,}")
_HIGH = re.compile("[\u0080-\u00ff]+")
#: An identifier that a spreadsheet has rounded: 2.02411E+17.
EXPONENT = r"^\d(?:[.,]\d+)?[eE]\+\d{1,3}$"
#: Share of common Hanzi in what a text says in another encoding, from which on it is believed.
_BELIEVED = 0.5


def damage(text: str) -> str | None:
    """Return `misread` for a text that reads well in another encoding, `lost_letters` for one with gaps, or None."""
    if _as_utf8(text) or _as_hanzi(text):
        return "misread"
    return "lost_letters" if _LOST.search(text) else None


def _as_utf8(text: str) -> bool:
    """Whether UTF-8 was read as Latin-1 or Windows-1252: its bytes, put together again, are letters."""
    pieces = re.findall("[^\x00-\x7f]{2,}", text)
    return any(_decodes(piece, name) for piece in pieces for name in ("latin-1", "cp1252"))


def _decodes(piece: str, name: str) -> bool:
    try:
        again = piece.encode(name).decode("utf-8")
    except UnicodeError:
        return False
    return any(letter.isalpha() for letter in again)


def _as_hanzi(text: str) -> bool:
    """Whether GB 18030 was read as Latin-1: pairs of high letters only, which are common Hanzi.

    Big5 keeps half of its bytes among the letters of ASCII, and cannot be told so.
    """
    runs = _HIGH.findall(text)
    if not runs or any(len(run) % 2 for run in runs):
        return False
    data = "".join(runs).encode("latin-1")
    return len(data) >= 4 and common_share(data, "gb18030") >= _BELIEVED
