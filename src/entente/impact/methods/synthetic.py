"""Synthetic control, difference-in-differences, and synthetic difference-in-differences.

Abadie, Diamond and Hainmueller (JASA 105, 2010; AJPS 59, 2015); Arkhangelsky et al. (AER 111, 2021).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from entente.errors import UsageError
from entente.impact.methods.problem import Estimate, Floats, Matrix, Problem
from entente.impact.methods.simplex import simplex_weights


@dataclass(frozen=True, slots=True)
class Weighted:
    """Weights of units, of periods before the event, and what follows from them."""

    units: Floats
    periods: Floats
    effect: float
    counterfactual: Floats


def panel_effect(controls: Matrix, treated: Floats, event: int, method: str) -> Weighted:
    """The mean effect after the event.

    Args:
        controls: shape (periods, units).
        treated: shape (periods).
        event: number of the first period after.
        method: `sdid`, `synthetic-control` or `did`.

    Raises:
        UsageError: there are fewer than two controls.
    """
    periods, units = controls.shape
    if units < 2:
        raise UsageError(
            f"{method} needs at least two control series.", remedy="Name controls with --controls, or use bsts."
        )
    after = periods - event
    noise = float(np.diff(controls[:event], axis=0).std(ddof=1))
    evenly_units, evenly_periods = np.full(units, 1 / units), np.full(event, 1 / event)
    tiny = 1e-6 * noise
    if method == "did":
        weights, times = evenly_units, evenly_periods
    elif method == "synthetic-control":
        weights, times = simplex_weights(controls[:event], treated[:event], tiny), np.zeros(event)
    else:
        ridge = after**0.25 * noise
        weights = simplex_weights(controls[:event], treated[:event], ridge, intercept=True)
        times = simplex_weights(controls[:event].T, controls[event:].mean(axis=0), tiny, intercept=True)
    synthetic = controls @ weights
    shift = float(times @ (treated[:event] - synthetic[:event]))
    counterfactual: Floats = synthetic + shift
    return Weighted(weights, times, float((treated[event:] - counterfactual[event:]).mean()), counterfactual)


def estimate(problem: Problem, method: str, *, placebos: bool = True) -> Estimate:
    """The effect by one of the three, with a spread from placebo units (Arkhangelsky et al., algorithm 4) if asked."""
    y, controls = problem.modelled()
    found = panel_effect(controls, y, problem.event, method)
    placebo = [
        panel_effect(np.delete(controls, unit, axis=1), controls[:, unit], problem.event, method).effect
        for unit in range(controls.shape[1])
        if placebos and controls.shape[1] > 2
    ]
    sd = float(np.sqrt(np.mean(np.square(placebo)))) if placebo else float("nan")
    tail = (
        float((1 + sum(abs(value) >= abs(found.effect) for value in placebo)) / (1 + len(placebo))) / 2
        if placebo
        else float("nan")
    )
    error = y[: problem.event] - found.counterfactual[: problem.event]
    if method != "synthetic-control":
        error = error - error.mean()
    named = {
        name: round(float(weight), 4) for name, weight in zip(problem.names, found.units, strict=True) if weight > 1e-3
    }
    return Estimate(
        method=method,
        effect=found.effect,
        sd=sd,
        low=found.effect - 1.96 * sd,
        high=found.effect + 1.96 * sd,
        tail=tail,
        counterfactual=found.counterfactual,
        band=None,
        pre_error=float(np.sqrt(np.mean(error**2))),
        weights=named,
        diagnostics={"placebo_units": float(len(placebo))},
        error=float(np.sqrt(np.mean(error**2))),
    )


def predictor_weights(
    predictors: Matrix, treated: Floats, outcome: Matrix, treated_outcome: Floats
) -> tuple[Floats, Floats]:
    """Unit weights that match predictors, with predictor weights that make the outcome match best.

    Args:
        predictors: shape (predictors, units).
        treated: predictors of the treated unit, shape (predictors).
        outcome: of the units over the periods to fit, shape (periods, units).
        treated_outcome: shape (periods).

    Returns:
        Unit weights (units) and predictor weights (predictors), which add up to one.
    """
    scale = np.std(np.column_stack([predictors, treated]), axis=1, ddof=1)
    left, right = predictors / scale[:, None], treated / scale

    def inner(importance: Floats) -> Floats:
        root = np.sqrt(importance)
        return simplex_weights(left * root[:, None], right * root)

    def loss(logs: Floats) -> float:
        importance = np.exp(logs - logs.max())
        error = treated_outcome - outcome @ inner(importance / importance.sum())
        return float(error @ error / len(error))

    count = len(treated)
    # Start where the outcome depends on the predictors (as the usual program does), and where all count the same.
    rows = np.column_stack([np.ones(predictors.shape[1] + 1), np.column_stack([left, right]).T])
    slopes = np.linalg.lstsq(rows, np.column_stack([outcome, treated_outcome]).T, rcond=None)[0][1:]
    regressed = np.log(np.maximum((slopes**2).sum(axis=1) / (slopes**2).sum(), 1e-6))
    best = min(
        (
            minimize(
                loss,
                start,
                method="Nelder-Mead",
                options={"maxfev": 400 * count, "xatol": 1e-4, "fatol": 1e-9, "adaptive": True},
            )
            for start in (np.zeros(count), regressed)
        ),
        key=lambda found: float(found.fun),
    )
    importance = np.exp(best.x - best.x.max())
    importance = importance / importance.sum()
    return inner(importance), importance


def matched(predictors: Matrix, treated: Floats, importance: Floats) -> Floats:
    """Unit weights that match predictors of given importance; shapes as in `predictor_weights`."""
    scale = np.std(np.column_stack([predictors, treated]), axis=1, ddof=1)
    root = np.sqrt(importance)
    return simplex_weights(predictors / scale[:, None] * root[:, None], treated / scale * root)
