"""Claims, and what the data say to each: a figure, a share, or an effect; with every basis that is held, printed.

A claims file holds `claims`, each with `id`, `text` (a text, or one for each language) and either `all` (tests of
figures and shares that must all hold), or `event` and `effect` (a series that the event should have changed). `context`
names further series that point one way or another and decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from entente.errors import EntenteError, InputError, Place
from entente.impact.catalogue import label_of
from entente.impact.effect import EffectResult, Question, measure
from entente.impact.gates.settings import DEFAULT
from entente.impact.methods.problem import Problem
from entente.impact.periods import SPANS, add_months, parse_period, period_text
from entente.impact.series import Series, find_series
from entente.impact.store import IndicatorStore
from entente.impact.wording import day, explain, number, percent, say

RECORD = Path(__file__).parent / "record"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One line of evidence.

    Args:
        words: what it says.
        points: `for`, `against`, or `neither`.
        source: where its number comes from.
    """

    words: str
    points: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """A claim, its verdict, and why."""

    id: str
    text: str
    verdict: str
    evidence: tuple[Evidence, ...]
    effect: EffectResult | None = None


@dataclass(frozen=True, slots=True)
class Checking:
    """What claims are checked with.

    Args:
        store: indicators.
        series: question of an event for a named series that the store does not hold, given the day.
        lang: language of the evidence.
        as_of: only what was published by that day.
        method: for effects.
    """

    store: IndicatorStore
    series: Mapping[str, Callable[[date], Problem]]
    lang: str = "en"
    as_of: date | None = None
    method: str = "bsts"


def read_claims(content: bytes, file: str | None = None) -> list[dict[str, Any]]:
    """The claims of a file.

    Raises:
        InputError: it is no YAML, or a claim lacks what it needs.
    """
    try:
        raw = yaml.safe_load(content)
    except yaml.YAMLError as error:
        raise InputError("This is no YAML.", remedy="Correct the file.", place=Place(file=file)) from error
    found = raw.get("claims") if isinstance(raw, dict) else None
    if not isinstance(found, list) or not found:
        raise InputError("There are no claims.", remedy="Write a list under `claims`.", place=Place(file=file))
    for number_, claim in enumerate(found, start=1):
        whole = isinstance(claim, dict) and "id" in claim and "text" in claim
        if not whole or ("all" in claim) == ("effect" in claim) or ("effect" in claim and "event" not in claim):
            raise InputError(
                f"Claim {number_} needs `id`, `text`, and either `all` or `event` with `effect`.",
                remedy="See docs/impact.md for the form.",
                place=Place(file=file, field=f"claims[{number_ - 1}]"),
            )
    return found


def check_claims(claims: list[dict[str, Any]], checking: Checking) -> list[ClaimResult]:
    """A verdict for each claim."""
    return [check_claim(claim, checking) for claim in claims]


def check_claim(claim: dict[str, Any], checking: Checking) -> ClaimResult:
    """A verdict for one claim, with the evidence for and against."""
    text = claim["text"][checking.lang] if isinstance(claim["text"], dict) else str(claim["text"])
    effect = None
    if "all" in claim:
        tested = [_test(test, checking) for test in claim["all"]]
        verdicts = [verdict for verdict, _ in tested]
        verdict = (
            "not_supported"
            if "not_supported" in verdicts
            else "supported"
            if set(verdicts) == {"supported"}
            else "not_established"
        )
        evidence = [line for _, lines in tested for line in lines]
    else:
        verdict, evidence, effect = _effect(claim, checking)
    for item in claim.get("context", []):
        evidence += _context(item, checking)
    return ClaimResult(str(claim["id"]), text, verdict, tuple(evidence), effect)


def _test(test: dict[str, Any], checking: Checking) -> tuple[str, list[Evidence]]:
    """A figure or a share on every basis that is held: all must agree."""
    start, _ = parse_period(str(test["period"]))
    part = test.get("figure") or test["share"]
    held = _figures(part, test["geo"], start, checking)
    whole = _figures(test["of"], test["geo"], start, checking) if "share" in test else {}
    lines, outcomes = [], []
    for meaning, row in held.items():
        if row["value"] is None or ("share" in test and whole.get(meaning, {}).get("value") is None):
            continue
        value = row["value"] / whole[meaning]["value"] if "share" in test else row["value"]
        holds = test.get("at_least", -np.inf) <= value <= test.get("at_most", np.inf)
        outcomes.append(holds)
        lines.append(
            Evidence(
                _figure_words(test, meaning, row, whole, value, checking.lang),
                "for" if holds else "against",
                row["source"],
            )
        )
    if not outcomes:
        return "not_established", [Evidence(say("evidence", "no_figure", checking.lang), "neither")]
    verdict = "supported" if all(outcomes) else "not_supported" if not any(outcomes) else "not_established"
    return verdict, lines


def _figures(indicator: str, geo: str, start: date, checking: Checking) -> dict[tuple[str, str, str], dict[str, Any]]:
    """(period kind, basis, kind) -> the row of the year that begins on a day."""
    rows = checking.store.rows(indicator=indicator, geo=geo, as_of=checking.as_of).to_pylist()
    return {
        (row["period_kind"], row["basis"], row["kind"]): row
        for row in rows
        if row["period_start"] == start and SPANS[row["period_kind"]] == 12
    }


def _figure_words(
    test: dict[str, Any],
    meaning: tuple[str, str, str],
    row: dict[str, Any],
    whole: dict[Any, Any],
    value: float,
    lang: str,
) -> str:
    basis = (
        "、".join(say("basis", part, lang) for part in meaning)
        if lang == "zh"
        else ", ".join(say("basis", part, lang) for part in meaning)
    )
    published = row["published_at"]
    values = {
        "basis": basis,
        "source": row["source"].split(" <")[0],
        "published": day(published, lang) if published else say("evidence", "unknown_day", lang),
    }
    if "figure" in test:
        label = label_of(test["figure"], lang)
        label = label[0].lower() + label[1:] if lang == "en" else label
        return say("evidence", "figure", lang, value=number(value, lang), label=label, **values)
    amount = (
        f"{number(whole[meaning]['value'], lang)}"
        if lang != "en"
        else f"{number(whole[meaning]['value'], lang)} deaths"
    )
    return say(
        "evidence",
        "share",
        lang,
        part=number(row["value"], lang),
        share=percent(value, lang, 1),
        value=amount,
        **values,
    )


def _effect(claim: dict[str, Any], checking: Checking) -> tuple[str, list[Evidence], EffectResult | None]:
    asked, event = claim["effect"], claim["event"]
    named = checking.series.get(asked["series"])
    needs = claim.get("needs", {}).get(checking.lang, asked["series"])
    if named is None:
        words = say("evidence", "no_series", checking.lang, needs=needs)
        return "not_established", [Evidence(words, "neither")], None
    try:
        settings = DEFAULT.with_meaningful(float(asked.get("at_least", DEFAULT.meaningful)))
        result = measure(Question(named(event), checking.method, expect=asked.get("expect", "any"), settings=settings))
    except EntenteError as error:
        # A series that cannot carry a number settles nothing, and the claim says why.
        return "not_established", [Evidence(f"{error.message} {error.remedy}", "neither")], None
    said = explain(result, label_of(asked["series"], checking.lang), checking.lang, event)
    points = {"supported": "for", "not_supported": "against", "not_established": "neither"}[result.verdict]
    return result.verdict, [Evidence(said.sentence, points, asked["series"])], result


def _context(item: dict[str, Any], checking: Checking) -> list[Evidence]:
    """What a further series did around an event, if it is held."""
    around, lang = item["around"], checking.lang
    try:
        if "change" in item:
            return [_change(_held(item["change"], item, checking), item["change"], around, lang)]
        parts = [_held(name, item, checking) for name in (item["share"], *item["of"])]
    except InputError:
        return []
    common = sorted(set.intersection(*(set(one.starts) for one in parts)))
    whole = [sum(one.values[one.starts.index(start)] for one in parts[1:]) for start in common]
    top = [parts[0].values[parts[0].starts.index(start)] for start in common]
    shares = [a / b if b else float("nan") for a, b in zip(top, whole, strict=True)]
    before = [at for at, start in enumerate(common) if add_months(start, SPANS[item["period_kind"]]) <= around]
    after = [at for at, start in enumerate(common) if start >= around]
    if len(before) < 2 or not after:
        return []
    first, last = before[0], before[-1]
    named = say(
        "evidence",
        "share_of",
        lang,
        part=label_of(item["share"], lang),
        whole=" + ".join(label_of(name, lang) for name in item["of"]),
    )
    key = "falling_before" if shares[last] < shares[first] else "moved"
    words = say(
        "evidence",
        key,
        lang,
        label=named,
        first=percent(shares[first], lang, 1),
        start=period_text(common[first], item["period_kind"]),
        before=percent(shares[last], lang, 1),
        after=percent(shares[after[0]], lang, 1),
    )
    return [Evidence(words, "neither", "nflis" if item["share"].startswith("nflis") else "")]


def _held(indicator: str, item: dict[str, Any], checking: Checking) -> Series:
    return find_series(
        checking.store, indicator, item.get("geo", "US"), period_kind=item["period_kind"], as_of=checking.as_of
    )


def _change(series: Series, indicator: str, around: date, lang: str) -> Evidence:
    before = [value for start, value in zip(series.starts, series.values, strict=True) if start < around][-12:]
    after = [value for start, value in zip(series.starts, series.values, strict=True) if start >= around][: len(before)]
    if not before or not after:
        raise InputError("The series does not cover the event.", remedy="Import older or newer files.")
    words = say(
        "evidence",
        "change",
        lang,
        label=label_of(indicator, lang),
        before=number(float(np.mean(before)), lang),
        after=number(float(np.mean(after)), lang),
        count=len(before),
    )
    return Evidence(words, "neither", indicator)
