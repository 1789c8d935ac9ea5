"""The keys by which names are found: words, beginnings and ends of brands, first sounds.

A key is a word as it stands, `<abc` (a brand begins so), `abc>` (ends so), `i a` (its first letter) or `s kt` (its
first consonants by class). A Chinese name asks with all it may be in Latin letters; a Latin name with its own keys.
"""

from __future__ import annotations

import itertools
import math

from entente.parties.align import RARE, Side, skeleton
from entente.parties.latin_tokens import LatinName
from entente.parties.lexicon import Lexicon

_BEGINNING = range(3, 9)
_BRANDS = 3


def weigh(key: str, count: int, names: int, lexicon: Lexicon) -> float:
    """Weight of a key: the root of its inverse frequency (a word's from the lexicon, a mark's among the names indexed).

    The root lets place and trade together outweigh one rare word: where the brand is translated freely, they are all
    that the two names share, and the short list must still hold the answer.
    """
    if _is_mark(key):
        return 0.7 * math.sqrt(math.log((names + 1) / (count + 0.5))) if count < names else 0.1
    return math.sqrt(lexicon.latin_weight(key))


def _is_mark(key: str) -> bool:
    return key[0] == "<" or key[-1] == ">" or key[1:2] == " "


def latin_keys(name: LatinName, lexicon: Lexicon) -> list[str]:
    """Keys of a Latin name."""
    rare = [word for word in name.words if lexicon.latin_weight(word) > RARE]
    keys = dict.fromkeys(name.words)
    for word in rare:
        if len(word) < 5:
            keys["<" + word] = None
            continue
        for size in _BEGINNING:
            if size >= len(word):
                break
            keys["<" + word[:size]] = None
            keys[word[-size:] + ">"] = None
    for word in (rare or list(name.words))[:_BRANDS]:
        keys.update(dict.fromkeys(_sounds(word)))
    return list(keys)


def _sounds(word: str) -> list[str]:
    bones = skeleton(word)
    marks = ["i " + word[0]]
    return [*marks, "s " + bones[:2], "s " + bones[:3]] if len(bones) > 1 else marks


def han_query(side: Side) -> dict[str, float]:
    """What a Chinese name asks of an index of Latin names: keys with beliefs."""
    asked: dict[str, float] = {}
    for word, way in side.expansion.words.items():
        if len(word) < 2:
            continue
        asked[word] = way.belief
        if len(word) > 2 and way.belief > 0.5 and way.kind != "initials":
            asked["<" + word] = asked[word + ">"] = 0.4 * way.belief
    brand = side.brand_text or side.squashed
    if brand:
        asked |= dict.fromkeys(_sounds(brand), 0.7)
    return asked


def han_documents(side: Side) -> list[str]:
    """Keys under which a Chinese name is found by a Latin one: what it may be in Latin letters, surely enough."""
    keys: dict[str, None] = {}
    for word, way in side.expansion.words.items():
        if len(word) > 2 and (way.belief > 0.5 or way.mask.bit_count() > 1):
            keys[word] = None
    brand = side.brand_text or side.squashed
    for size in _BEGINNING:
        if size >= len(brand):
            break
        keys["<" + brand[:size]] = None
        keys[brand[-size:] + ">"] = None
    if brand:
        keys.update(dict.fromkeys(_sounds(brand)))
    return list(keys)


def latin_query(name: LatinName, lexicon: Lexicon) -> dict[str, float]:
    """What a Latin name asks: its words, beginnings and ends of its brands, joined neighbours, first sounds."""
    asked = dict.fromkeys(latin_keys(name, lexicon), 0.4) | dict.fromkeys(name.words, 1.0)
    for left, right in zip(name.words, name.words[1:], strict=False):
        if len(left) <= 6 and len(right) <= 6:
            asked.setdefault(left + right, 0.9)
    for word in name.words:
        if len(word) >= 5 and lexicon.latin_weight(word) > RARE:
            for cut in range(3, len(word) - 2):
                asked.setdefault(word[:cut], 0.4)
                asked.setdefault(word[cut:], 0.4)
    return asked


def han_keys(side: Side) -> list[str]:
    """Keys of a Chinese name among Chinese names: its characters and its pairs of neighbours."""
    units = side.expansion.name.units
    return list(dict.fromkeys([*units, *(a + b for a, b in itertools.pairwise(units))]))
