"""One score for any two prepared names, and the verdict that follows from it.

Across scripts the score is the calibrated probability of the trained scorer; inside a script it is the share that
agrees. The verdict is `match`, `review` or `no_match`; three rules cap it at `review` whatever the score:

- a natural person's name, however rare, is never a match by itself;
- a brand that nothing in the other name explains (DJI for 大疆) is never a match by itself;
- a name of a single word is never a match by itself.

Facts beside the names (identifiers, telephone, address) may lift the cap or weigh against it: see `facts`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from entente.parties.align import FEATURES, measures
from entente.parties.facts import Evidence
from entente.parties.han_score import compare
from entente.parties.latin_score import pair
from entente.parties.model import Model
from entente.parties.names import Prepared

MATCH, REVIEW, NO_MATCH = "match", "review", "no_match"
_BRAND = FEATURES.index("brand_coverage")
_RARE = FEATURES.index("rare_coverage")
_MOST = 0.999


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of a pair: probability, verdict and the reasons for it (codes; `explain` has the words)."""

    probability: float
    verdict: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two names are, before other candidates and other facts are looked at.

    `odds` are calibrated log-odds; `reasons` say which scorer spoke and what caps the verdict.
    """

    odds: float
    reasons: tuple[str, ...]


def likeness(query: Prepared, others: Sequence[Prepared], model: Model) -> list[Likeness]:
    """Compare one name with several; rows of the trained scorer are evaluated together."""
    found: list[Likeness | None] = [_same_script(query, other) for other in others]
    crossed = [at for at, one in enumerate(found) if one is None]
    if crossed:
        rows = np.array([_measures(query, others[at]) for at in crossed])
        calibration = model.calibration
        odds = calibration.slope * model.trees.predict(rows) + calibration.shift
        for at, row, odd in zip(crossed, rows, odds, strict=True):
            opaque = row[_BRAND] < 0.34 or row[_RARE] < 0.34
            found[at] = Likeness(float(odd), ("across_scripts", *(("opaque_brand",) if opaque else ())))
    return [one if one is None else _with_caps(one, query, other) for one, other in zip(found, others, strict=True)]  # type: ignore[misc]


def _measures(query: Prepared, other: Prepared) -> list[float]:
    han, latin = (query.han, other.latin) if query.han is not None else (other.han, query.latin)
    if han is None or latin is None:
        raise AssertionError
    return measures(han, latin)


def _same_script(query: Prepared, other: Prepared) -> Likeness | None:
    """Likeness inside one script; None across scripts."""
    if not query.key or not other.key:
        return Likeness(logit(0.0), ("empty_name",))
    if query.latin is not None and other.latin is not None:
        score = pair(query.latin, other.latin, person=query.person or other.person).score
        return Likeness(logit(_latin_probability(score)), ("same_script",))
    if query.han is not None and other.han is not None:
        return Likeness(logit(compare(query.han, other.han)), ("same_script",))
    return None


def _latin_probability(score: float) -> float:
    """The share that agrees, as a probability: even at .62, near certain above .95."""
    return 1 / (1 + math.exp(-(score - 0.62) * 10.5))


def _with_caps(one: Likeness, query: Prepared, other: Prepared) -> Likeness:
    reasons = list(one.reasons)
    if query.person or other.person:
        reasons.append("person")
    if min(_size(query), _size(other)) < 2:
        reasons.append("single_word")
    reasons.extend(dict.fromkeys((*query.flags, *other.flags)))
    return Likeness(one.odds, tuple(reasons))


def _size(name: Prepared) -> int:
    if name.latin is not None:
        # a legal form beside the word makes it a firm's whole name
        return len(name.latin.name.words) + (1 if name.latin.name.form else 0)
    if name.han is not None:
        return len(name.han.expansion.name.units) + (1 if name.han.expansion.name.form else 0)
    return 0


def compete(odds: Sequence[float], groups: Sequence[object], absent: float) -> list[float]:
    """Probabilities of candidates of one query, of which at most one name is right.

    Candidates of the same group (equal names) do not compete with each other.
    """
    strongest: dict[object, float] = {}
    for odd, group in zip(odds, groups, strict=True):
        strongest[group] = max(strongest.get(group, -40.0), min(odd, 40.0))
    total = math.exp(absent) + sum(math.exp(odd) for odd in strongest.values())
    return [math.exp(min(odd, 40.0)) / total for odd in odds]


def verdict(chance: float, reasons: Sequence[str], evidence: Evidence, model: Model) -> Scored:
    """Weigh facts beside the names and decide.

    Args:
        chance: probability from the names (and the other candidates).
        reasons: of the likeness.
        evidence: what identifiers and other facts say.
        model: whose thresholds hold.
    """
    codes = [*reasons, *evidence.reasons]
    if evidence.settled:
        return Scored(_MOST, MATCH, tuple(codes))
    weighed = 1 / (1 + math.exp(-(logit(chance) + evidence.odds)))
    held = {"person", "opaque_brand", "single_word", "empty_name"} & set(reasons)
    thresholds = model.calibration
    decided = MATCH if weighed >= thresholds.match else REVIEW if weighed >= thresholds.review else NO_MATCH
    if decided == MATCH and ((held and not evidence.independent) or evidence.contradicts):
        decided = REVIEW
    return Scored(round(min(weighed, _MOST), 4), decided, tuple(codes))


def probability(odds: float) -> float:
    """The probability of log-odds."""
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, odds))))


def logit(chance: float) -> float:
    """Log-odds, within bounds."""
    kept = min(max(chance, 1e-6), 1 - 1e-3)
    return math.log(kept / (1 - kept))
