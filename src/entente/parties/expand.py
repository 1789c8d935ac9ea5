"""Every way in which a Chinese name may be written in Latin letters, each with the units that it explains.

A pair of names agrees as far as words of one are explained by units of the other. What can be explained is listed
here once a name: places, words of trade and their English, learned renderings, pinyin of every run of up to six
characters, other readings, Hong Kong Cantonese, Wade-Giles, initials.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from entente.parties.han import HanName, Segment, glossary, places
from entente.parties.latin_tokens import spell
from entente.parties.romanise import cantonese, others, readings, wade_giles

#: Kinds of explanation and how far each is believed.
BELIEF = {
    "same": 1.0,
    "place": 1.0,
    "glossary": 0.95,
    "pinyin": 1.0,
    "reading": 0.9,
    "cantonese": 0.85,
    "wade_giles": 0.8,
    "initials": 0.6,
}
_RUN = 6
_SHORT = 3


@dataclass(frozen=True, slots=True)
class Way:
    """One explanation of a Latin word: how far it is believed (0 to 1), bits of the units it explains, its kind."""

    belief: float
    mask: int
    kind: str


@dataclass(frozen=True, slots=True)
class Expansion:
    """All that a Chinese name may be in Latin letters.

    `words` maps a Latin word to its best explanation; `pinyin` is one syllable a unit; `runs` are the pinyin runs
    (for near misses); `single` says which words explain one unit only.
    """

    name: HanName
    words: Mapping[str, Way]
    pinyin: tuple[str, ...]
    runs: tuple[str, ...]


Learned = Mapping[str, tuple[tuple[str, float], ...]]


def _mask(start: int, end: int) -> int:
    return ((1 << end) - 1) ^ ((1 << start) - 1)


def _add(ways: dict[str, Way], word: str, way: Way) -> None:
    old = ways.get(word)
    if (
        old is None
        or way.belief > old.belief
        or (way.belief == old.belief and way.mask.bit_count() > old.mask.bit_count())
    ):
        ways[word] = way


def expand(name: HanName, learned: Learned) -> Expansion:
    """List what a name may be in Latin letters; `learned` gives renderings learned from pairs of names."""
    units = name.units
    syllables = _syllables(units)
    ways: dict[str, Way] = {}
    _add_words(ways, units, learned)
    runs = _add_runs(ways, units, syllables)
    for segment in name.segments:
        if segment.kind == "place":
            _add_place(ways, segment)
    return Expansion(name, ways, tuple(syllables), tuple(runs))


def _syllables(units: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    run = ""
    for unit in units:
        if unit[0].isascii():
            found += [*(readings(run) if run else ()), unit]
            run = ""
        else:
            run += unit
    return found + (readings(run) if run else [])


def _add_place(ways: dict[str, Way], segment: Segment) -> None:
    bare = segment.text if segment.text in places() else segment.text[:-1]
    mask = _mask(segment.start, segment.end)
    spellings = places().get(bare) or ("".join(readings(bare)),)
    for spelling in spellings:
        for word in spelling.split():
            _add(ways, spell(word), Way(BELIEF["place"], mask, "place"))


def _add_words(ways: dict[str, Way], units: tuple[str, ...], learned: Learned) -> None:
    known, known_places = glossary(), places()
    for start in range(len(units)):
        for end in range(start + 1, min(len(units), start + _RUN) + 1):
            piece = "".join(units[start:end])
            mask = _mask(start, end)
            for rendering in known.get(piece, ()):
                for word in rendering:
                    # one Hanzi has many meanings: believe a whole word more
                    belief = BELIEF["glossary"] if end - start > 1 else 0.8
                    _add(ways, spell(word), Way(belief, mask, "glossary"))
            for spelling in known_places.get(piece, ()):
                for word in spelling.split():
                    _add(ways, spell(word), Way(0.9 if end - start > 1 else 0.6, mask, "place"))
            for word, belief in learned.get(piece, ()):
                _add(ways, word, Way(belief, mask, "learned"))


def _add_runs(ways: dict[str, Way], units: tuple[str, ...], syllables: list[str]) -> list[str]:
    runs: list[str] = []
    for start, unit in enumerate(units):
        if unit[0].isascii():
            _add(ways, spell(unit), Way(BELIEF["same"], _mask(start, start + 1), "same"))
            runs.append(unit)
            continue
        _add_single(ways, unit, syllables[start], _mask(start, start + 1))
        text, letters, wade = "", "", ""
        for end in range(start + 1, min(len(units), start + _RUN) + 1):
            if not syllables[end - 1]:
                break
            text += syllables[end - 1]
            letters += syllables[end - 1][0]
            wade += wade_giles(syllables[end - 1]) if end - start <= _SHORT else ""
            mask = _mask(start, end)
            belief = BELIEF["pinyin"] if len(text) > _SHORT else 0.6
            _add(ways, text, Way(belief, mask, "pinyin"))
            if "v" in text:
                for usual in ("u", "yu"):
                    _add(ways, text.replace("v", usual), Way(belief, mask, "pinyin"))
            if end - start > 1:
                runs.append(text)
                _add(ways, letters, Way(BELIEF["initials"], mask, "initials"))
                if end - start <= _SHORT:
                    _add(ways, wade, Way(BELIEF["wade_giles"], mask, "wade_giles"))
                    _add_readings(ways, units[start:end], syllables[start:end], mask)
    return runs


def _add_single(ways: dict[str, Way], unit: str, syllable: str, mask: int) -> None:
    for other in others(unit, syllable):
        _add(ways, other, Way(0.55, mask, "reading"))
    for spelling in cantonese(unit):
        _add(ways, spelling, Way(0.55, mask, "cantonese"))
    if len(syllable) > 1:
        _add(ways, wade_giles(syllable), Way(0.5, mask, "wade_giles"))


def _add_readings(ways: dict[str, Way], units: tuple[str, ...], syllables: list[str], mask: int) -> None:
    """Runs of two or three with one other reading each, or in Cantonese throughout (two spellings a character)."""
    for at, unit in enumerate(units):
        for other in others(unit, syllables[at]):
            text = "".join([*syllables[:at], other, *syllables[at + 1 :]])
            _add(ways, text, Way(BELIEF["reading"], mask, "reading"))
    spellings = [cantonese(unit)[:2] for unit in units]
    if all(spellings):
        texts = functools.reduce(lambda left, right: [a + b for a in left for b in right], spellings, [""])
        for text in texts:
            _add(ways, text, Way(BELIEF["cantonese"], mask, "cantonese"))
