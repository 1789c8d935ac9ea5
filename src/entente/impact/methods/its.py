"""Interrupted time series: level before and after, with a trend and seasons.

Counts: a quasi-Poisson regression with a log link; anything else: least squares. Errors allow for autocorrelation
(Newey and West, Econometrica 55, 1987). The method is common and, on drifting series, wrong far more often than it
says: that is what its gate shows.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from entente.impact.methods.problem import Estimate, Matrix, Problem


def design(problem: Problem) -> Matrix:
    """Columns: one, time, after the event, and a yearly wave where there are two years before the event."""
    time = np.arange(len(problem.y), dtype=np.float64)
    columns = [np.ones_like(time), time / max(len(time), 1), (time >= problem.event).astype(np.float64)]
    if problem.per_year > 1 and problem.event >= 2 * problem.per_year:
        turn = 2 * np.pi * time / problem.per_year
        columns += [np.sin(turn), np.cos(turn)]
    return np.column_stack(columns)


def estimate(problem: Problem) -> Estimate:
    """The step at the event, on the modelled scale."""
    import statsmodels.api as sm

    columns = design(problem)
    lags = max(1, min(problem.per_year // 2 or 1, problem.event // 4))
    robust = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags}}
    y, _ = problem.modelled()
    if problem.scale == "ratio":
        exposure = None if problem.offset is None else np.log(problem.offset)
        fit = sm.GLM(problem.y, columns, family=sm.families.Poisson(), offset=exposure).fit(**robust)
    else:
        fit = sm.OLS(y, columns).fit(**robust)
    without = columns.copy()
    without[:, 2] = 0.0
    counterfactual = without @ fit.params
    effect, sd = float(fit.params[2]), float(fit.bse[2])
    error = (y - counterfactual)[: problem.event]
    return Estimate(
        method="its",
        effect=effect,
        sd=sd,
        low=effect - 1.96 * sd,
        high=effect + 1.96 * sd,
        tail=float(norm.sf(abs(effect / sd))) if sd > 0 else 0.5,
        counterfactual=counterfactual,
        band=None,
        pre_error=float(np.sqrt(np.mean(error**2))),
        diagnostics={"lags": float(lags)},
    )
