"""Two names in Hanzi: segment by segment; a different brand is a different firm, whatever else agrees."""

from __future__ import annotations

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from entente.parties.align import Side

_NO_PLACE = 0.93
_NO_INDUSTRY = 0.8


def compare(left: Side, right: Side) -> float:
    """Probability-like score of two Chinese names, 0 to 1."""
    a, b = left.expansion.name, right.expansion.name
    if a.units == b.units:
        return 1.0 if a.form == b.form or not a.form or not b.form else 0.97
    whole_a, whole_b = "".join(a.units), "".join(b.units)
    brand_a, brand_b = (one.of("brand") + one.of("latin") for one in (a, b))
    if not a.form and not b.form and max(len(whole_a), len(whole_b)) <= 4:
        return 0.0 if len(whole_a) <= 3 else 0.2 * fuzz.ratio(whole_a, whole_b) / 100
    score = _brand(brand_a or whole_a, brand_b or whole_b)
    score *= _agreement(a.of("place"), b.of("place"), missing=_NO_PLACE, other=0.35)
    score *= _agreement(a.of("industry"), b.of("industry"), missing=_NO_INDUSTRY, other=0.6)
    short, long = sorted((whole_a, whole_b), key=len)
    if len(short) >= 2 and short in long:
        score = max(score, 0.55 + 0.4 * len(short) / len(long))
    return min(score, 0.99)


def _brand(left: str, right: str) -> float:
    if left == right:
        return 0.99
    short, long = sorted((left, right), key=len)
    if len(short) >= 2 and short in long:
        return 0.75
    distance = OSA.distance(left, right)
    # one character of four may be a slip of the pen; one of two is another brand
    return max(0.0, 0.9 - 1.6 * distance / max(len(left), len(right)))


def _agreement(left: str, right: str, *, missing: float, other: float) -> float:
    left, right = (one.replace("市", "").replace("省", "") for one in (left, right))
    if left == right:
        return 1.0
    if not left or not right or left in right or right in left:
        return missing
    return other + (missing - other) * fuzz.ratio(left, right) / 100
