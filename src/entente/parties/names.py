"""A name ready for comparison: its script, its parts, and whether it may be a natural person's."""

from __future__ import annotations

import re
from dataclasses import dataclass

from entente.parties.align import Latin, Side, han_side, latin_places, latin_side
from entente.parties.fold import fold, has_han
from entente.parties.han import HanName, glossary, han_name, places
from entente.parties.latin_tokens import LatinName, latin_name
from entente.parties.lexicon import Lexicon
from entente.parties.romanise import COMPOUND_SURNAMES
from entente.parties.surnames import SURNAMES_HAN

_DOT = re.compile(r"[·•・‧]")
_TRADE = 30


@dataclass(frozen=True, slots=True)
class Prepared:
    """A prepared name.

    `text` is folded; exactly one of `han` and `latin` is set (neither for an empty name). `person` is True if it was
    declared or looks like a natural person's, False if it is a firm's. `key` is equal for names that compare alike.
    """

    text: str
    flags: tuple[str, ...]
    person: bool
    key: tuple[str, ...]
    han: Side | None = None
    latin: Latin | None = None


def prepare(name: str, lexicon: Lexicon, kind: str | None = None) -> Prepared:
    """Prepare a name; `kind` is `person` or `company` where the record says so."""
    folded = fold(name)
    if "empty" in folded.flags:
        return Prepared(folded.text, folded.flags, person=kind == "person", key=())
    if has_han(folded.text):
        parts = han_name(folded.text)
        declared = kind == "person" or (kind != "company" and _han_person(parts, folded.text))
        side = han_side(parts, lexicon)
        return Prepared(folded.text, folded.flags, declared, ("han", *parts.units), han=side)
    words = latin_name(folded.text)
    declared = kind == "person" or (kind != "company" and _latin_person(words, lexicon))
    key = ("latin", *(words.words or words.all_words))
    return Prepared(folded.text, folded.flags, declared, key, latin=latin_side(words, lexicon))


def _han_person(name: HanName, text: str) -> bool:
    """A surname and one or two characters, or a foreign name with its dot; nothing of a firm."""
    units = name.units
    if name.form or any(len(s.text) > 1 and s.text in glossary() and s.kind == "industry" for s in name.segments):
        return False
    if _DOT.search(text):
        return True
    joined = "".join(units)
    if joined in places():
        return False
    if joined[:2] in COMPOUND_SURNAMES:
        return len(units) in {3, 4}
    return 2 <= len(units) <= 3 and units[0] in SURNAMES_HAN


def _latin_person(name: LatinName, lexicon: Lexicon) -> bool:
    """Two to five words, none of trade, no place, no legal form."""
    if name.form or not 2 <= len(name.words) <= 5 or any(word.isdigit() for word in name.words):
        return False
    trade = lexicon.names / _TRADE / 10
    return not any(lexicon.latin_counts.get(word, 0) > trade or word in latin_places() for word in name.words)
