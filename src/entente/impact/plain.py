"""A result as JSON: what programs and the charts of web pages read."""

from __future__ import annotations

import math
from typing import Any

from entente.impact.claims import ClaimResult
from entente.impact.effect import EffectResult
from entente.impact.wording import Explained, explain, say


def finite(value: float, digits: int = 6) -> float | None:
    """A number of a few digits; None for what is no number."""
    return round(value, digits) if math.isfinite(value) else None


def plain_effect(result: EffectResult, said: Explained) -> dict[str, Any]:
    """Estimate, scale, interval, verdict, gates, and the series that a chart needs."""
    return {
        "method": result.method,
        "scale": result.scale,
        "event": result.event.isoformat(),
        "window": result.window,
        "expect": result.expect,
        "estimate": finite(result.estimate),
        "interval": [finite(end) for end in result.interval],
        "own_interval": [finite(end) for end in result.own_interval],
        "probability": finite(result.probability),
        "detectable": finite(result.detectable),
        "verdict": result.verdict,
        "reason": result.reason,
        "words": {"verdict": said.verdict, "sentence": said.sentence, "assumptions": list(said.assumptions)},
        "gates": {
            gate.name: {"passed": gate.passed, **{key: finite(value) for key, value in gate.numbers.items()}}
            for gate in result.gates
        },
        "assumptions": list(result.assumptions),
        "weights": dict(result.weights),
        "change_points": [day.isoformat() for day in result.change_points],
        "series": {
            "dates": [day.isoformat() for day in result.dates],
            "observed": [finite(value) for value in result.observed.tolist()],
            "expected": [finite(value) for value in result.expected.tolist()],
            "band": None
            if result.band is None
            else [[finite(low), finite(high)] for low, high in result.band.tolist()],
        },
        "numbers": {key: finite(value) for key, value in result.numbers.items()},
    }


def plain_claim(result: ClaimResult, lang: str) -> dict[str, Any]:
    """A claim, its verdict and its evidence."""
    effect = result.effect
    return {
        "id": result.id,
        "claim": result.text,
        "verdict": result.verdict,
        "verdict_words": say("verdict", result.verdict, lang),
        "evidence": [{"words": line.words, "points": line.points, "source": line.source} for line in result.evidence],
        "effect": None if effect is None else plain_effect(effect, explain(effect, result.id, lang)),
    }
