"""Why two names have the score they have: segment by segment, in English, Chinese or Spanish."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from entente.parties.align import Side, explain_words
from entente.parties.facts import NOTHING
from entente.parties.latin_score import pair
from entente.parties.latin_tokens import data
from entente.parties.model import Model
from entente.parties.names import Prepared, prepare
from entente.parties.scoring import Scored, likeness, probability, verdict

LANGUAGES = ("en", "zh", "es")
_EQUAL = 0.999


@dataclass(frozen=True, slots=True)
class Explanation:
    """A score with its sentences: one a piece of the names, then one a reason."""

    scored: Scored
    pieces: tuple[str, ...]
    reasons: tuple[str, ...]
    summary: str


def explain(left: str, right: str, model: Model, language: str = "en", kind: str | None = None) -> Explanation:
    """Explain the score of two names on their own, without other candidates and without other facts."""
    one, other = prepare(left, model.lexicon, kind), prepare(right, model.lexicon, kind)
    like = likeness(one, [other], model)[0]
    scored = verdict(probability(like.odds), like.reasons, NOTHING, model)
    words = _words()
    summary = _say(
        "score", language, score=f"{scored.probability:.3f}", verdict=words["verdicts"][scored.verdict][language]
    )
    reasons = tuple(reason_words(code, language) for code in scored.reasons)
    return Explanation(scored, tuple(_pieces(one, other, language)), reasons, summary)


def reason_words(code: str, language: str) -> str:
    """A reason in words."""
    reasons = _words()["reasons"]
    if code in reasons:
        return str(reasons[code][language])
    for prefix in ("same_", "other_"):
        if code.startswith(prefix):
            return str(reasons[prefix][language]).format(kind=code.removeprefix(prefix))
    return code


def _pieces(one: Prepared, other: Prepared, language: str) -> list[str]:
    han, latin = (one, other) if one.han is not None else (other, one)
    if han.han is not None and latin.latin is not None:
        return _across(han.han, latin, language)
    if one.latin is not None and other.latin is not None:
        pairing = pair(one.latin, other.latin, person=one.person or other.person)
        return [_beside(left, right, like, language) for left, right, like, _ in pairing.words]
    if one.han is not None and other.han is not None:
        return _segments(one.han, other.han, language)
    return []


def _across(side: Side, latin: Prepared, language: str) -> list[str]:
    if latin.latin is None:
        return []
    found, covered = [], 0
    for piece in explain_words(side, latin.latin):
        if piece.way is None:
            found.append(_say("nothing", language, left=piece.word))
            continue
        covered |= piece.way.mask
        units = side.expansion.name.units
        text = "".join(unit for at, unit in enumerate(units) if piece.way.mask >> at & 1)
        kind = _words()["kinds"][piece.way.kind][language]
        found.append(_say("explains", language, left=piece.word, right=text, kind=kind))
    for segment in side.expansion.name.segments:
        if not any(covered >> at & 1 for at in range(segment.start, segment.end)):
            kind = _words()["segments"][segment.kind][language]
            found.append(_say("uncovered", language, left=segment.text, kind=kind))
    return found


def _beside(left: str, right: str, like: float, language: str) -> str:
    if not left or not right:
        return _say("nothing", language, left=left or right)
    kind = "equal" if like >= _EQUAL else "initial" if min(len(left), len(right)) == 1 else "similar"
    return _say("explains", language, left=left, right=right, kind=_words()["kinds"][kind][language])


def _segments(one: Side, other: Side, language: str) -> list[str]:
    found = []
    for kind in ("place", "brand", "industry", "latin"):
        left, right = (side.expansion.name.of(kind) for side in (one, other))
        if not left and not right:
            continue
        name = _words()["segments"][kind][language]
        if left == right:
            found.append(_say("explains", language, left=left, right=right, kind=name))
        else:
            found += [_say("uncovered", language, left=text, kind=name) for text in (left, right) if text]
    return found


def _say(phrase: str, language: str, **values: str) -> str:
    return str(_words()["phrases"][phrase][language]).format(**values)


@functools.cache
def _words() -> dict[str, Any]:
    loaded: dict[str, Any] = data("words.yaml")
    return loaded
