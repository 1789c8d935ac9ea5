"""Two names in Latin script: words set against each other one to one, with misspellings, initials and joins.

Agreement is weighed on both sides. A word that stands against a different word (Angelo Cruz, Angela Merkel) weighs
twice what a word weighs that the other name merely leaves out (Joachim). Nothing here is trained.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from entente.parties.align import Latin, latin_places

_CONFLICT = 1.6
_OMITTED = 0.55
#: Another word in the place of one makes another person, however long the rest of the name.
_OTHER_PERSON = 0.75
_PARTICLES = frozenset({"al", "bin", "abd", "abu", "haji", "din"})
_ROMAN = frozenset({"ii", "iii", "iv", "vi", "vii", "viii", "ix", "xi", "xii", "xv", "xx"})
_LIKE = str.maketrans("0135", "oies")


@dataclass(frozen=True, slots=True)
class Pairing:
    """Words of two names set against each other: (left word or "", right word or "", how alike, weight)."""

    words: tuple[tuple[str, str, float, float], ...]
    score: float


@lru_cache(200_000)
def alike(left: str, right: str) -> float:  # noqa: PLR0911 - one case a line
    """How alike two words are, 0 to 1: equal, misspelt in proportion to their length, or an initial."""
    if left == right:
        return 1.0
    if left.isdigit() or right.isdigit():
        return 0.0
    short, long = sorted((left, right), key=len)
    if len(short) == 1:
        return 0.75 if long.startswith(short) and len(long) > 1 else 0.0
    distance = OSA.distance(left, right, score_cutoff=3)
    # one slip in four or five letters is a slip; two in five are another word
    allowed = max(1.0, len(long) / 4.5) if len(short) > 3 else len(long) / 4.5
    if distance <= allowed:
        return 1.0 - 0.75 * distance / (allowed + 1.0) * (1.15 if left[0] != right[0] else 1.0)
    plain = left.translate(_LIKE), right.translate(_LIKE)
    if plain != (left, right) and plain[0] == plain[1]:
        return 0.9
    if len(short) >= 3 and long.startswith(short) and len(long) - len(short) <= 2 * len(short):
        return 0.35
    return 0.0


def pair(left: Latin, right: Latin, *, person: bool) -> Pairing:
    """Set the words of two names against each other, the most alike first, and score the whole."""
    a, b = left.name.words, right.name.words
    if a == b:
        return Pairing(tuple((word, word, 1.0, 1.0) for word in a), 1.0 if left.name.form == right.name.form else 0.985)
    weigh_a = _weights(left, person=person)
    weigh_b = _weights(right, person=person)
    links = sorted(
        ((alike(x, y), -abs(i - j), i, j) for i, x in enumerate(a) for j, y in enumerate(b) if alike(x, y) > 0),
        reverse=True,
    )
    used_a: dict[int, tuple[int, float]] = {}
    used_b: set[int] = set()
    for like, _, i, j in links:
        if i not in used_a and j not in used_b:
            used_a[i] = (j, like)
            used_b.add(j)
    words = [(a[i], b[j], like, (weigh_a[i] + weigh_b[j]) / 2) for i, (j, like) in sorted(used_a.items())]
    rest_a = [i for i in range(len(a)) if i not in used_a]
    rest_b = [j for j in range(len(b)) if j not in used_b]
    if "".join(left.name.all_words) == "".join(right.name.all_words):
        return Pairing((("".join(a), "".join(b), 0.97, 1.0),), 0.97)
    joined = _joined([a[i] for i in rest_a], [b[j] for j in rest_b], a, b)
    if joined is not None:
        return Pairing((("".join(a), "".join(b), joined, 1.0),), joined)
    words += [(a[i], "", 0.0, weigh_a[i]) for i in rest_a] + [("", b[j], 0.0, weigh_b[j]) for j in rest_b]
    score = _score(words, person=person)
    if person and _turned(a, b, used_a):
        score *= 0.5
    return Pairing(tuple(words), score)


def _weights(side: Latin, *, person: bool) -> list[float]:
    if person:
        return [0.5 if len(word) <= 2 else 1.0 for word in side.name.words]
    top = max(side.weights, default=1.0)
    return [0.25 + weight / top for weight in side.weights]


def _telling(word: str) -> float:
    """A number or a place that one name has and the other lacks tells sister firms apart."""
    return 2.0 if word.isdigit() or word in _ROMAN or word in latin_places() else 1.0


def _joined(rest_a: list[str], rest_b: list[str], a: tuple[str, ...], b: tuple[str, ...]) -> float | None:
    """The same letters with other spaces (SiemensAG, Good Will)."""
    if not rest_a and not rest_b:
        return None
    whole = "".join(a), "".join(b)
    if whole[0] == whole[1] and len(whole[0]) > 3:
        return 0.97
    if len(a) == len(b) or not rest_a or not rest_b:
        return None
    if "".join(rest_a) == "".join(rest_b):
        return 0.93
    longest = max(map(len, whole))
    slips = OSA.distance(*whole, score_cutoff=longest // 8)
    return 0.85 if longest >= 8 and slips <= longest // 8 else None


def _turned(a: tuple[str, ...], b: tuple[str, ...], links: dict[int, tuple[int, float]]) -> bool:
    """Whether son and father have changed places: words around "bin" (son of) in another order."""
    if "bin" not in a or "bin" not in b:
        return False
    order = [links[i][0] for i in sorted(links) if a[i] not in _PARTICLES and b[links[i][0]] not in _PARTICLES]
    return any(x > y for x, y in itertools.pairwise(order))


def _score(words: list[tuple[str, str, float, float]], *, person: bool) -> float:
    agreed = doubted = left = right = 0.0
    for one, other, like, weight in words:
        if one and other:
            agreed += weight * like
            doubted += weight * (1 - like)
        elif one:
            left += weight * _telling(one)
        else:
            right += weight * _telling(other)
    conflict, omitted = min(left, right), abs(left - right)
    score = agreed / (agreed + doubted * 1.3 + _CONFLICT * 2 * conflict + _OMITTED * omitted + 1e-9)
    matched = [like for one, other, like, _ in words if one and other]
    if person and conflict >= 1:
        score *= _OTHER_PERSON
    if person and len(matched) < 2:
        # one word of a person's name in common is a name that many have
        return min(score, 0.6)
    return score
