"""The local level model without controls, exactly: a grid over its two variances instead of random draws.

outcome = level + noise, level = random walk. For each pair of variances the Kalman filter gives the likelihood and the
forecast in closed form (Durbin and Koopman, Time Series Analysis by State Space Methods, ch. 2); the posterior is their
mixture. All pairs are filtered at once, so that a fit takes about a millisecond and has no sampling error.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from entente.impact.methods.problem import Floats, Matrix

#: Prior of the level's innovation: worth this many observations (the R package CausalImpact has 32 too).
WEIGHT = 32.0
#: Prior of the noise: next to nothing.
_VAGUE = 0.01
_NOISES = np.exp(np.linspace(np.log(1e-4), np.log(2.0), 20))
_STEPS = np.exp(np.linspace(-3.0, 3.0, 21))
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Forecast:
    """What would have come.

    Args:
        expected: of each period, before (filtered) and after the event, shape (periods).
        band: 95 % band after the event, shape (periods after, 2).
        mean: of the mean over the periods after.
        sd: of it.
        tail: probability that the mean forecast lies above what was observed, or below, whichever is smaller.
    """

    expected: Floats
    band: Matrix
    mean: float
    sd: float
    tail: float


def forecast(y: Floats, event: int, level_sd: float) -> Forecast:
    """Forecast the periods from `event` on from those before.

    Args:
        y: outcome, shape (periods).
        event: number of the first period to forecast.
        level_sd: expected innovation of the level, in standard deviations of the outcome before the event.
    """
    centre, spread = y[:event].mean(), y[:event].std(ddof=1)
    z = (y[:event] - centre) / spread
    noise, step = (grid.ravel() for grid in np.meshgrid(_NOISES, level_sd**2 * _STEPS))
    mean, variance = np.full(len(noise), z[0]), np.ones(len(noise))
    log_weight = _log_prior(noise, _VAGUE, _VAGUE) + _log_prior(step, WEIGHT, WEIGHT * level_sd**2)
    filtered = np.empty((event, len(noise)))
    for at in range(event):
        if at:
            variance = variance + step
        total = variance + noise
        error = z[at] - mean
        log_weight -= 0.5 * (np.log(total) + error * error / total)
        gain = variance / total
        mean = mean + gain * error
        variance = variance * (1.0 - gain)
        filtered[at] = mean
    weight = np.exp(log_weight - log_weight.max())
    weight /= weight.sum()
    after = len(y) - event
    ahead = np.arange(1, after + 1)
    each = np.sqrt(weight @ (variance[:, None] + np.outer(step, ahead) + noise[:, None]) + _between(weight, mean))
    # The mean of a random walk over its first n steps moves by (n + 1)(2 n + 1) / (6 n) innovations.
    together = variance + step * (after + 1) * (2 * after + 1) / (6 * after) + noise / after
    centre_ahead = float(weight @ mean)
    observed = float((y[event:].mean() - centre) / spread)
    below = float(weight @ ndtr((observed - mean) / np.sqrt(together)))
    expected = np.concatenate([filtered @ weight, np.full(after, centre_ahead)]) * spread + centre
    band = np.column_stack([expected[event:] - _Z * each * spread, expected[event:] + _Z * each * spread])
    sd = float(np.sqrt(weight @ together + _between(weight, mean))) * spread
    return Forecast(expected, band, float(expected[-1]), sd, min(below, 1.0 - below))


def _between(weight: Floats, mean: Floats) -> float:
    """Variance of the forecasts between the pairs."""
    return float(weight @ (mean - weight @ mean) ** 2)


def _log_prior(variance: Floats, freedom: float, total: float) -> Floats:
    """Scaled inverse chi-squared density of a variance, per unit of its logarithm (the grid is even in logarithms)."""
    found: Floats = -0.5 * freedom * np.log(variance) - 0.5 * total / variance
    return found
