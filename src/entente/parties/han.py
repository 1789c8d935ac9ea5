"""A Chinese company name taken apart: place, brand, industry, legal form.

The order of the parts is that of the rules on company names (企业名称登记管理规定, State Council order 734 of 2020,
article 6: administrative division, brand, industry or trade, form of organisation). A place in brackets counts as a
place wherever it stands.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from entente.parties.fold import HAN
from entente.parties.latin_tokens import data

_UNIT = re.compile(rf"({HAN.pattern})|([a-z0-9]+)")
_BRACKET = re.compile(r"[((【\[]([^()()【】\[\]]{1,12})[))】\]]")
#: Units (a Hanzi, or a run of letters or digits) of a name that are looked at.
MOST_UNITS = 40
_LONGEST = 6


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a name: `text`, its units [start, end) in the core, and its kind.

    Kinds: `place`, `brand`, `industry`, `latin` (letters or digits inside the Hanzi).
    """

    text: str
    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class HanName:
    """A folded Chinese name: its units without the legal form, the kind of form, and the segments over the units."""

    units: tuple[str, ...]
    form: str
    segments: tuple[Segment, ...]

    def of(self, kind: str) -> str:
        """The text of all segments of a kind."""
        return "".join(segment.text for segment in self.segments if segment.kind == kind)


@functools.cache
def places() -> dict[str, tuple[str, ...]]:
    """Place -> romanised names other than its pinyin (none for most)."""
    raw = data("places_zh.yaml")
    found: dict[str, tuple[str, ...]] = dict.fromkeys(raw["plain"].split(), ())
    return found | {name: tuple(spellings) for name, spellings in raw["latin"].items()}


@functools.cache
def glossary() -> dict[str, tuple[tuple[str, ...], ...]]:
    """Word -> its renderings; a rendering is one or more English words that together render the word."""
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for line in data("glossary_zh.yaml")["words"].splitlines():
        word, *renderings = line.split()
        found[word] = tuple(tuple(one.split("+")) for one in renderings)
    return found


@functools.cache
def _forms() -> tuple[tuple[str, str], ...]:
    raw = data("legal_forms.yaml")["han"]
    return tuple(sorted(((text, key) for key, texts in raw.items() for text in texts), key=lambda one: -len(one[0])))


def _without_form(text: str) -> tuple[str, str]:
    for form, key in _forms():
        at = text.rfind(form)
        if at > 0 and len(text) - at - len(form) <= 6:
            rest = text[:at] + " " + text[at + len(form) :]
            return rest, key
    return text, ""


@functools.lru_cache(200_000)
def han_name(folded: str) -> HanName:
    """Take a folded name with Hanzi apart."""
    text, form = _without_form(folded)
    bracketed = {found.group(1).strip() for found in _BRACKET.finditer(text)}
    units = tuple(found.group() for found in _UNIT.finditer(text))[:MOST_UNITS]
    segments = tuple(_segments(units, bracketed))
    return HanName(units, form, segments)


def _segments(units: tuple[str, ...], bracketed: set[str]) -> list[Segment]:
    words = _split(units)
    kinds = [_kind(units[start:end], start, bracketed) for start, end in words]
    # Words of trade right of the brand are the industry; the same words before any other word are the brand itself
    # (新材料 stands at the end, 东方 at the beginning).
    last_unknown = max((at for at, kind in enumerate(kinds) if kind == "unknown"), default=-1)
    first_free = next((at for at, kind in enumerate(kinds) if kind != "place"), len(kinds))
    if last_unknown < 0 and first_free < len(kinds) - 1 and kinds[first_free] == "word":
        kinds[first_free] = "brand"
    merged: list[Segment] = []
    for at, ((start, end), kind) in enumerate(zip(words, kinds, strict=True)):
        named = {"unknown": "brand", "word": "industry"}.get(kind, kind)
        if kind == "word" and end - start == 1 and (at < last_unknown or (at > 0 and kinds[at - 1] == "unknown")):
            named = "brand"
            kinds[at] = "unknown"
        text = "".join(units[start:end])
        if merged and merged[-1].kind == named == "brand":
            merged[-1] = Segment(merged[-1].text + text, merged[-1].start, end, named)
        else:
            merged.append(Segment(text, start, end, named))
    return merged


def _split(units: tuple[str, ...]) -> list[tuple[int, int]]:
    """Longest known words from the left; what no word covers is one unit each."""
    known_places, words = places(), glossary()
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(units):
        size = 1
        for length in range(min(_LONGEST, len(units) - at), 1, -1):
            piece = "".join(units[at : at + length])
            if piece in known_places or piece in words:
                size = length
                break
        found.append((at, at + size))
        at += size
        if at < len(units) and size > 1 and units[at] in "市省县区" and "".join(units[at - size : at]) in known_places:
            at += 1
            found[-1] = (found[-1][0], at)
    return found


def _kind(piece: tuple[str, ...], start: int, bracketed: set[str]) -> str:
    text = "".join(piece)
    if text[0].isascii():
        return "latin"
    bare = text[:-1] if text[-1] in "市省县区" and len(text) > 2 else text
    if len(bare) > 1 and bare in places() and (start < 4 or bare in bracketed or text in bracketed):
        return "place"
    return "word" if text in glossary() else "unknown"
