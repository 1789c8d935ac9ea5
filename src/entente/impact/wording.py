"""A result in words that a minister reads, in English, Chinese and Spanish."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from entente.impact.effect import EffectResult
from entente.impact.gates.checks import Gate

_FILE = Path(__file__).parent / "words.yaml"
_MONTHS_ES = (
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
)
_MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SHARES = {"rank", "controls_moved", "detectable", "meaningful", "share"}
_LOGS = {"effect", "least"}


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return found


def say(group: str, key: str, lang: str, **values: object) -> str:
    """One text of `words.yaml` with its braces filled in."""
    return _words()[group][key][lang].format(**values)


def number(value: float, lang: str, decimals: int = 0) -> str:
    """A number as the language writes it."""
    text = f"{value:,.{decimals}f}".replace("-", "\u2212")
    if lang == "es":
        return text.replace(",", "\0").replace(".", ",").replace("\0", "\u202f")
    return text


def percent(share: float, lang: str, decimals: int = 0) -> str:
    """A share in percent; Spanish has a space before the sign."""
    sign = "\u00a0%" if lang == "es" else "%"
    return number(100 * share, lang, decimals) + sign


def day(value: date, lang: str) -> str:
    """A day in writing."""
    if lang == "zh":
        return f"{value.year}年{value.month}月{value.day}日"
    if lang == "es":
        return f"{value.day} de {_MONTHS_ES[value.month - 1]} de {value.year}"
    return f"{value.day} {_MONTHS_EN[value.month - 1]} {value.year}"


@dataclass(frozen=True, slots=True)
class Explained:
    """A result in words.

    Args:
        verdict: one or two words.
        sentence: what may be said, for a reader who is no statistician.
        method: name of the method.
        gates: (name, passed in words, what was found) of each gate.
        assumptions: what the method takes for granted.
    """

    verdict: str
    sentence: str
    method: str
    gates: tuple[tuple[str, str, str], ...]
    assumptions: tuple[str, ...]


def explain(result: EffectResult, what: str, lang: str = "en", event: date | None = None) -> Explained:
    """The words for a result.

    Args:
        result: of `measure`.
        what: the outcome, in the language, as it stands in a sentence.
        lang: `en`, `zh` or `es`.
        event: the day as it was asked, if it is not the first day of its period.
    """
    ratio = result.scale == "ratio"

    def size(value: float, signed: bool = True) -> str:
        if ratio:
            text = percent(abs(value) if not signed else value, lang)
            return f"+{text}" if signed and value > 0 else text
        return number(value if signed else abs(value), lang, 2)

    timing = result.gate("timing").numbers.get("lag", 0.0)
    placebo = result.gate("placebo_time").numbers
    low, high = (size(end) for end in result.interval)
    values: dict[str, Any] = {
        "event": day(event or result.event, lang),
        "what": what,
        "change": say(
            "change", "lower" if result.estimate < 0 else "higher", lang, size=size(result.estimate, signed=False)
        ),
        "level": percent(0.95, lang),
        "interval": say(
            "change",
            "to" if result.reason in ("too_small", "too_noisy") and lang != "zh" else "range",
            lang,
            low=low,
            high=high,
        ),
        "meaningful": percent(result.gate("detectable").numbers.get("meaningful", 0.0), lang),
        "detectable": size(result.detectable, signed=False),
        "lag": number(abs(timing), lang),
        "cried": number(placebo["cried"], lang),
        "dates": number(placebo["dates"], lang),
    }
    sentence = say("reason", result.reason, lang, **values)
    return Explained(
        verdict=say("verdict", result.verdict, lang),
        sentence=sentence[:1].upper() + sentence[1:],
        method=say("method", result.method, lang),
        gates=tuple(_gate(gate, lang, ratio=ratio) for gate in result.gates),
        assumptions=tuple(say("assumption", key, lang) for key in result.assumptions),
    )


def _gate(gate: Gate, lang: str, *, ratio: bool) -> tuple[str, str, str]:
    state = {True: "yes", False: "no", None: "none"}[gate.passed]
    if gate.passed is None and gate.name == "multiple_testing":
        state = "note"
    template = _words()["gate_said"][gate.name][lang]
    values = {key: _value(key, value, lang, ratio=ratio) for key, value in gate.numbers.items()}
    try:
        said = template.format(**values)
    except KeyError:
        said = ""  # the gate was not run: it has no numbers
    return say("gate", gate.name, lang), say("passed", state, lang), said


def _value(key: str, value: float, lang: str, *, ratio: bool) -> str:
    if key in _SHARES and (ratio or key != "detectable"):
        return percent(value, lang)
    if key in _LOGS and ratio:
        return percent(2.718281828459045**value - 1, lang)
    if key in ("alike", "effect", "least", "detectable"):
        return number(value, lang, 2)
    return number(value, lang)
