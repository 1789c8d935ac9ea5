"""The calibrated error of an effect: the method's own, made as large as its placebo effects say it must be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from entente.impact.gates.placebo import Placebos
from entente.impact.gates.settings import Settings
from entente.impact.methods.problem import Estimate

_POWER = 0.8


@dataclass(frozen=True, slots=True)
class Calibrated:
    """An effect with an error that its placebos bear out.

    Args:
        effect: on the modelled scale.
        error: calibrated standard error.
        low: lower end of the interval at the level asked for.
        high: upper end.
        tail: one-sided tail probability of no effect.
        detectable: the smallest effect that would be found in four of five cases, on the modelled scale.
        inflation: calibrated error over the method's own.
        freedom: degrees of freedom of the t distribution.
    """

    effect: float
    error: float
    low: float
    high: float
    tail: float
    detectable: float
    inflation: float
    freedom: int


def calibrate(estimate: Estimate, time: Placebos, space: Placebos, settings: Settings, tests: int = 1) -> Calibrated:
    """Scale the error by the placebos, and widen the interval for the number of tests (Bonferroni).

    Placebo dates say how far the method strays on this very series, placebo units how far it strays at this very time;
    both count. A method with a model of its own error begins with some trust in it, as if some placebos had been seen
    already; one without has to earn it all.
    """
    squares = np.concatenate([(one.effects / one.errors) ** 2 for one in (time, space)])
    if estimate.method == "bsts":
        trust = settings.trust
        inflation = float(np.sqrt((trust * settings.prior**2 + squares.sum()) / (trust + len(squares))))
    else:
        inflation = max(1.0, float(np.sqrt(squares.mean()))) if len(squares) else 1.0
    error = estimate.own_error * inflation
    freedom = max(3, min(30, time.independent + space.independent - 1))
    alpha = (1.0 - settings.level) / max(tests, 1)
    reach = float(student.ppf(1.0 - alpha / 2.0, freedom))
    return Calibrated(
        effect=estimate.effect,
        error=error,
        low=estimate.effect - reach * error,
        high=estimate.effect + reach * error,
        tail=float(student.sf(abs(estimate.effect) / error, freedom)),
        detectable=(reach + float(student.ppf(_POWER, freedom))) * error,
        inflation=inflation,
        freedom=freedom,
    )


def rank(effect: float, error: float, placebos: Placebos) -> float:
    """Share of placebos (the effect itself counted among them) whose effect over its error is at least as large."""
    larger = np.abs(placebos.effects / placebos.errors) >= abs(effect) / error
    return float((1 + larger.sum()) / (1 + len(placebos)))
