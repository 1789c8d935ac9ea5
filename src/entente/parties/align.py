"""How far a Chinese name and a Latin one say the same: each Latin word explained by units, and what stays over.

The measures go to the scorer as numbers; the alignment itself is what an explanation shows. Coverage is weighed on
both sides by inverse frequency: that "technology" agrees says little, that a rare brand stays unexplained says much.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz import fuzz

from entente.parties.expand import Expansion, Learned, Way, expand
from entente.parties.han import HanName
from entente.parties.latin_tokens import LatinName
from entente.parties.lexicon import Lexicon

#: Latin words rarer than this (nats) are taken for brands.
RARE = 4.5
_SKELETON = str.maketrans(
    {
        **dict.fromkeys("aeiouvwy'", ""),
        "b": "p",
        "d": "t",
        "g": "k",
        "q": "k",
        "c": "k",
        "z": "s",
        "x": "s",
        "j": "s",
        "l": "r",
        "h": "",
    }
)
_DOUBLE = re.compile(r"(.)\1+")
_CAMEL = 6


@dataclass(frozen=True, slots=True)
class Side:
    """A Chinese name ready for alignment: its expansion, the weight of each unit, the bits of its brand."""

    expansion: Expansion
    weights: tuple[float, ...]
    total: float
    brand: int
    place: int
    industry: int
    squashed: str
    brand_text: str
    brand_skeleton: str


@dataclass(frozen=True, slots=True)
class Latin:
    """A Latin name ready for alignment: its words and their weights, and the rare ones joined, as its brand."""

    name: LatinName
    weights: tuple[float, ...]
    total: float
    squashed: str
    brand_text: str
    brand_skeleton: str
    placed: bool


@dataclass(frozen=True, slots=True)
class Explained:
    """One Latin word (or several joined) and the way it is explained; `way` is None if nothing explains it."""

    word: str
    weight: float
    way: Way | None


@functools.lru_cache(100_000)
def skeleton(text: str) -> str:
    """Consonants of a romanised brand in classes that foreign spellings of Chinese sounds confuse."""
    text = text.replace("zh", "s").replace("ch", "s").replace("sh", "s").replace("ng", "n").replace("x", "s")
    return _DOUBLE.sub(r"\1", text.translate(_SKELETON))


def han_side(name: HanName, lexicon: Lexicon) -> Side:
    """Prepare a Chinese name."""
    expansion = expand(name, lexicon.renderings)
    weights = [0.0] * len(name.units)
    masks = {"brand": 0, "place": 0, "industry": 0}
    for segment in name.segments:
        span = range(segment.start, segment.end)
        whole = lexicon.han_weight(segment.text)
        if segment.kind in {"brand", "latin"}:
            whole = max(whole, 3.0)
        for at in span:
            weights[at] = max(0.3, whole / len(span))
        kind = "brand" if segment.kind == "latin" else segment.kind
        masks[kind] |= ((1 << segment.end) - 1) ^ ((1 << segment.start) - 1)
    brand_text = "".join(s for at, s in enumerate(expansion.pinyin) if masks["brand"] >> at & 1)
    return Side(
        expansion,
        tuple(weights),
        sum(weights) or 1.0,
        masks["brand"],
        masks["place"],
        masks["industry"],
        "".join(expansion.pinyin),
        brand_text,
        skeleton(brand_text),
    )


def latin_side(name: LatinName, lexicon: Lexicon) -> Latin:
    """Prepare a Latin name."""
    weights = tuple(map(lexicon.latin_weight, name.words))
    squashed = "".join(name.words)
    brand = "".join(word for word, weight in zip(name.words, weights, strict=True) if weight > RARE) or squashed
    placed = not latin_places().isdisjoint(name.words)
    return Latin(name, weights, sum(weights) or 1.0, squashed, brand, skeleton(brand), placed)


def explain_words(side: Side, latin: Latin) -> list[Explained]:
    """Explain each Latin word, joined words first where they are short (Ba Yi for 八一)."""
    words, ways = latin.name.words, side.expansion.words
    found: list[Explained] = []
    at = 0
    while at < len(words):
        joined = _joined(words, at, ways)
        if joined is not None:
            size, shared = joined
            found += [Explained(words[k], latin.weights[k], shared) for k in range(at, at + size)]
            at += size
            continue
        word = words[at]
        way = ways.get(word)
        if way is None and len(word) >= 4 and latin.weights[at] > RARE:
            way = _compound(word, side) or _near(word, side)
        found.append(Explained(word, latin.weights[at], way))
        at += 1
    return found


def _joined(words: tuple[str, ...], at: int, ways: Mapping[str, Way]) -> tuple[int, Way] | None:
    if len(words[at]) > _CAMEL:
        return None
    text = words[at]
    best: tuple[int, Way] | None = None
    for end in range(at + 1, min(len(words), at + 4)):
        if len(words[end]) > _CAMEL:
            break
        text += words[end]
        way = ways.get(text)
        if way is not None and way.kind in {"pinyin", "reading", "cantonese", "place"} and way.mask.bit_count() > 1:
            best = (end - at + 1, way)
    return best


def _compound(word: str, side: Side) -> Way | None:
    """A word made of two explained pieces (eco + beauty), or that begins or ends with one of three letters or more."""
    ways = side.expansion.words
    best: Way | None = None
    for cut in range(2, len(word) - 1):
        left, right = ways.get(word[:cut]), ways.get(word[cut:])
        if left is not None and right is not None and not left.mask & right.mask:
            belief = 0.8 * min(left.belief, right.belief) + 0.1
            mask = left.mask | right.mask
        elif left is not None and cut >= 3 and left.belief > 0.7:
            belief, mask = 0.6 * cut / len(word), left.mask
        elif right is not None and len(word) - cut >= 3 and right.belief > 0.7:
            belief, mask = 0.6 * (len(word) - cut) / len(word), right.mask
        else:
            continue
        if best is None or belief > best.belief:
            best = Way(belief, mask, "compound")
    return best


def _near(word: str, side: Side) -> Way | None:
    """A word that is almost a pinyin run of the brand, or has its consonants."""
    text = side.brand_text
    if len(text) < 3:
        return None
    close = fuzz.ratio(word, text) / 100
    if close >= 0.7:
        return Way(close * 0.8, side.brand, "near")
    bones = skeleton(word)
    if len(bones) > 1 and len(side.brand_skeleton) > 1 and word[0] == text[0]:
        alike = fuzz.ratio(bones, side.brand_skeleton) / 100
        if alike > 0.75:
            return Way(alike * 0.5, side.brand, "sound")
    return None


FEATURES = (
    "latin_coverage", "han_coverage", "brand_coverage", "rare_coverage", "rare_unexplained", "han_unexplained",
    "brand_size", "rare_words", "pinyin_coverage", "learned_coverage", "glossary_coverage", "place", "initials",
    "near", "squash_ratio", "brand_partial", "skeleton_ratio", "words", "units", "latin_total", "common_unexplained",
    "industry_coverage", "brand_by_pinyin", "order", "size_ratio", "form",
)  # fmt: skip


def measures(side: Side, latin: Latin) -> list[float]:
    """The numbers that the scorer weighs, in the order of `FEATURES`."""
    total = latin.total
    by_kind = {"pinyin": 0.0, "learned": 0.0, "glossary": 0.0, "initials": 0.0, "near": 0.0}
    covered = rare = rare_covered = rare_left = common_left = 0.0
    union = sure = by_pinyin = 0
    rare_count = 0
    first: list[int] = []
    for one in explain_words(side, latin):
        way, weight = one.way, one.weight
        belief = way.belief if way is not None else 0.0
        if way is not None:
            covered += weight * belief
            union |= way.mask
            if belief > 0.5:
                sure |= way.mask
                first.append((way.mask & -way.mask).bit_length())
            kind = _KIND.get(way.kind, "near")
            by_kind[kind] += weight * belief
            if kind == "pinyin":
                by_pinyin |= way.mask
        if weight > RARE:
            rare += weight
            rare_count += 1
            rare_covered += weight * belief
            rare_left = max(rare_left, weight * (1 - belief))
        else:
            common_left += weight * (1 - belief)
    explained, unexplained = 0.0, 0.0
    for at, weight in enumerate(side.weights):
        if sure >> at & 1:
            explained += weight
            continue
        explained += weight * 0.5 * (union >> at & 1)
        unexplained = max(unexplained, weight)
    brand_bits = side.brand.bit_count()
    ordered = sum(map(operator.le, first, first[1:])) / (len(first) - 1) if len(first) > 1 else 0.5
    rare_text, bones = latin.brand_text, latin.brand_skeleton
    return [
        covered / total,
        explained / side.total,
        (sure & side.brand).bit_count() / brand_bits if brand_bits else 0.5,
        rare_covered / rare if rare else 0.5,
        rare_left,
        unexplained,
        float(brand_bits),
        float(rare_count),
        by_kind["pinyin"] / total,
        by_kind["learned"] / total,
        by_kind["glossary"] / total,
        _place_agreement(side, sure, latin),
        by_kind["initials"] / total,
        by_kind["near"] / total,
        fuzz.ratio(side.squashed, latin.squashed) / 100,
        fuzz.partial_ratio(side.brand_text, rare_text) / 100
        if len(side.brand_text) > 2 and len(rare_text) > 2
        else 0.0,
        fuzz.ratio(side.brand_skeleton, bones) / 100 if side.brand_skeleton and bones else 0.0,
        float(len(latin.name.words)),
        float(len(side.weights)),
        total,
        common_left,
        (sure & side.industry).bit_count() / side.industry.bit_count() if side.industry else 0.5,
        (by_pinyin & side.brand).bit_count() / brand_bits if brand_bits else 0.5,
        ordered,
        len(latin.squashed) / (len(side.squashed) or 1),
        _form_agreement(side.expansion.name.form, latin.name.form),
    ]


_KIND = {
    "pinyin": "pinyin", "reading": "pinyin", "cantonese": "pinyin", "wade_giles": "pinyin", "place": "glossary",
    "glossary": "glossary", "learned": "learned", "initials": "initials", "same": "pinyin",
}  # fmt: skip


@functools.cache
def latin_places() -> frozenset[str]:
    """Words that name a place in Latin script."""
    from entente.parties.han import places
    from entente.parties.romanise import readings

    found: set[str] = set()
    for place, spellings in places().items():
        if len(place) > 1:
            found.update(word for spelling in spellings for word in spelling.split())
            found.add("".join(readings(place)))
    return frozenset(found)


def _place_agreement(side: Side, sure: int, latin: Latin) -> float:
    """1: a place of one is a place of the other; -1: both name places that differ; 0: one names none."""
    if not side.place or not latin.placed:
        return -0.3 if latin.placed else 0.0
    if side.place & sure:
        return 1.0
    return -1.0


def _form_agreement(han: str, latin: str) -> float:
    if not han or not latin:
        return 0.0
    return 1.0 if han == latin else -0.5 if {han, latin} <= {"joint_stock", "limited"} else 0.0


__all__ = ["FEATURES", "Explained", "Latin", "Learned", "Side", "explain_words", "han_side", "latin_side", "measures"]
