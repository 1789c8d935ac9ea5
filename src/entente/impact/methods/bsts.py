"""Bayesian structural time series: a local level and a sparse regression on controls.

The model of Brodersen et al. (Annals of Applied Statistics 9, 2015) and Scott and Varian (2014): outcome = level +
controls x coefficients + noise; the level is a random walk; a coefficient is zero with a prior probability (spike) or
normal (slab, Zellner's g). Priors are those that the R package CausalImpact has by default: an expected R-squared of
0.8 with 50 degrees of freedom, three expected controls, a level innovation of 0.01 standard deviations with weight 32.

Without controls, or relative to their mean, the model is solved on a grid (see `level`); else by Gibbs sampling.
The level is drawn in one piece: its posterior precision is tridiagonal, so that a banded Cholesky factor gives a draw
(Rue, JRSS B 63, 2001) instead of a forward filter and a backward sampler.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from entente.impact.methods.level import WEIGHT, forecast
from entente.impact.methods.problem import Estimate, Floats, Matrix, Problem

_EXPECTED_CONTROLS, _R2, _DF = 3.0, 0.8, 50.0
#: Controls beyond this number are left to those that went best with the outcome before the event.
MOST_CONTROLS = 6
#: Controls asked in one iteration whether they count.
_FLIPS = 3
#: Fewer controls than this have no mean worth the name.
_FEWEST_TOGETHER = 3


@dataclass(frozen=True, slots=True)
class Sampling:
    """How long to draw, and from which seed.

    Args:
        draws: kept.
        burn: thrown away before.
        seed: of the random numbers.
        level_sd: expected innovation of the level in standard deviations of the outcome.
        relative: compare with the mean of the controls where that makes the outcome calmer before the event.
    """

    draws: int = 2000
    burn: int = 300
    seed: int = 1
    level_sd: float = 0.01
    relative: bool = False


def estimate(problem: Problem, sampling: Sampling | None = None) -> Estimate:
    """The effect as the outcome minus what the model expected from before the event and the controls."""
    sampling = sampling or Sampling()
    y, controls = problem.modelled()
    if sampling.relative and is_calmer(y, controls, problem):
        return _level_alone(problem, y, controls, sampling)
    chosen = choose_controls(y, controls, problem.event)
    if not chosen:
        return _level_alone(problem, y, controls[:, :0], sampling)
    drawn, fit, slopes = _draw(y, controls[:, chosen], problem.event, sampling)
    expected, observed = drawn.mean(axis=0), y[problem.event :]
    effects = (observed - drawn).mean(axis=1)
    low, high = np.quantile(effects, [0.025, 0.975])
    tail = float(min((effects > 0).mean(), (effects < 0).mean()))
    named = zip((problem.names[number] for number in chosen), slopes, strict=True)
    return Estimate(
        method="bsts",
        effect=float(effects.mean()),
        sd=float(effects.std()),
        low=float(low),
        high=float(high),
        tail=max(tail, 1.0 / (len(effects) + 1)),
        counterfactual=np.concatenate([fit, expected]),
        band=np.quantile(drawn, [0.025, 0.975], axis=0).T,
        pre_error=float(np.sqrt(np.mean((y[: problem.event] - fit) ** 2))),
        weights={name: round(float(slope), 4) for name, slope in named if abs(slope) > 1e-3},
        diagnostics={"controls_offered": float(controls.shape[1]), "controls_used": float(len(chosen))},
    )


def _level_alone(problem: Problem, y: Floats, controls: Matrix, sampling: Sampling) -> Estimate:
    """The outcome relative to the mean of the controls, if there are any: the level is all that is left to model."""
    units, event = controls.shape[1], problem.event
    common = controls.mean(axis=1) if units else np.zeros(len(y))
    ahead = forecast(y - common, event, sampling.level_sd)
    counterfactual = ahead.expected + common
    effect = float((y - counterfactual)[event:].mean())
    return Estimate(
        method="bsts",
        effect=effect,
        sd=ahead.sd,
        low=effect - 1.96 * ahead.sd,
        high=effect + 1.96 * ahead.sd,
        tail=ahead.tail,
        counterfactual=counterfactual,
        band=ahead.band + common[event:, None],
        pre_error=float(np.sqrt(np.mean((y - counterfactual)[:event] ** 2))),
        weights=dict.fromkeys(problem.names if units else (), round(1.0 / max(units, 1), 4)),
        diagnostics={"controls_offered": float(problem.controls.shape[1]), "controls_used": float(units)},
    )


def is_calmer(y: Floats, controls: Matrix, problem: Problem) -> bool:
    """Whether the outcome relative to the mean of the controls changes less from year to year before the event.

    Then the controls carry the common movement one to one, and need no coefficients that a short series cannot teach.
    """
    lag = min(problem.per_year, problem.event // 3)
    if controls.shape[1] < _FEWEST_TOGETHER or lag < 1:
        return False
    alone, beside = y[: problem.event], (y - controls.mean(axis=1))[: problem.event]
    return bool(np.std(beside[lag:] - beside[:-lag]) < np.std(alone[lag:] - alone[:-lag]))


def choose_controls(y: Floats, controls: Matrix, event: int, most: int = MOST_CONTROLS) -> list[int]:
    """The controls whose changes and levels went best with the outcome before the event; constant ones never."""
    before = controls[:event]
    usable = [number for number in range(controls.shape[1]) if np.ptp(before[:, number]) > 0]
    if len(usable) <= most:
        return usable
    near = {number: abs(float(np.corrcoef(y[:event], before[:, number])[0, 1])) for number in usable}
    return sorted(sorted(usable, key=lambda number: -near[number])[:most])


def _draw(y: Floats, controls: Matrix, event: int, sampling: Sampling) -> tuple[Matrix, Floats, Floats]:
    """Draws of the outcome after the event (draws, periods after), the mean fit before, and mean coefficients."""
    rng = np.random.default_rng(sampling.seed)
    centre, spread = y[:event].mean(), y[:event].std(ddof=1)
    outcome = (y[:event] - centre) / spread
    scaled = (controls - controls[:event].mean(axis=0)) / controls[:event].std(axis=0, ddof=1)
    regression = _Regression(scaled[:event], rng)
    level = _Level(event, outcome[0], sampling.level_sd, rng)
    noise, step = 0.2, sampling.level_sd**2
    after = len(y) - event
    kept = np.empty((sampling.draws, after))
    fit, slopes = np.zeros(event), np.zeros(controls.shape[1])
    for number in range(-sampling.burn, sampling.draws):
        state = level.draw(outcome - regression.fitted, noise, step)
        step = level.draw_step(state)
        noise = regression.draw(outcome - state)
        if number < 0:
            continue
        ahead = state[-1] + np.cumsum(rng.standard_normal(after)) * math.sqrt(step)
        ahead += rng.standard_normal(after) * math.sqrt(noise) + scaled[event:] @ regression.slopes
        kept[number] = ahead * spread + centre
        fit += state + regression.fitted
        slopes += regression.slopes
    return kept, (fit / sampling.draws) * spread + centre, slopes / sampling.draws


class _Level:
    """The random walk: drawn whole from its tridiagonal precision."""

    def __init__(self, periods: int, first: float, level_sd: float, rng: np.random.Generator) -> None:
        self._periods, self._first, self._rng = periods, first, rng
        self._guess = WEIGHT * level_sd**2

    def draw(self, outcome: Floats, noise: float, step: float) -> Floats:
        """One draw of the level given the outcome without the regression."""
        bands = np.empty((2, self._periods), order="F")
        bands[0] = 1.0 / noise + 2.0 / step
        bands[0, 0] = 1.0 / noise + 1.0 / step + 1.0
        bands[0, -1] = 1.0 / noise + 1.0 / step
        bands[1] = -1.0 / step
        right = outcome / noise
        right[0] += self._first
        factor, _ = lapack.dpbtrf(bands, lower=1, overwrite_ab=1)
        mean, _ = lapack.dpbtrs(factor, right, lower=1)
        shift, _ = lapack.dtbtrs(factor, self._rng.standard_normal(self._periods), uplo="L", trans="T")
        drawn: Floats = mean.ravel() + shift.ravel()
        return drawn

    def draw_step(self, state: Floats) -> float:
        """One draw of the innovation variance given the level."""
        moves = np.diff(state)
        return float((self._guess + moves @ moves) / self._rng.chisquare(WEIGHT + self._periods - 1))


class _Regression:
    """Spike and slab: which controls count, their coefficients and the noise."""

    def __init__(self, controls: Matrix, rng: np.random.Generator) -> None:
        self._controls, self._rng = controls, rng
        self._rows, self._units = controls.shape
        self._gram = controls.T @ controls
        weight = 0.01 / self._rows
        # Zellner's prior, half of it on the diagonal so that controls that move together are possible.
        self._prior = weight * 0.5 * (self._gram + np.diag(np.diag(self._gram)))
        self._precision = self._gram + self._prior
        inside = min(1.0, _EXPECTED_CONTROLS / self._units)
        self._always = inside >= 1.0
        self._log_odds = 0.0 if self._always else math.log(inside / (1.0 - inside))
        self._guess = _DF * (1.0 - _R2)
        self._inside = np.ones(self._units, np.bool_) if self._always else np.zeros(self._units, np.bool_)
        self.slopes: Floats = np.zeros(self._units)
        self.fitted: Floats = np.zeros(self._rows)

    def draw(self, rest: Floats) -> float:
        """Draw indicators, coefficients and noise given the outcome without the level; gives the noise variance."""
        moment, total = self._controls.T @ rest, self._guess + float(rest @ rest)
        if not self._always:
            self._flip(moment, total)
        chosen = np.flatnonzero(self._inside)
        if len(chosen) == 0:
            self.slopes, self.fitted = np.zeros(self._units), np.zeros(self._rows)
            return float(total / self._rng.chisquare(_DF + self._rows))
        factor, half = self._solved(chosen, moment)
        noise = float((total - half @ half) / self._rng.chisquare(_DF + self._rows))
        right = half + math.sqrt(noise) * self._rng.standard_normal(len(chosen))
        drawn = lapack.dtrtrs(factor, right, lower=1, trans=1)[0].ravel()
        self.slopes = np.zeros(self._units)
        self.slopes[chosen] = drawn
        self.fitted = self._controls @ self.slopes
        return noise

    def _flip(self, moment: Floats, total: float) -> None:
        """Ask of some controls whether they count, with their coefficients integrated out (random-scan Metropolis)."""
        now = self._evidence(moment, total)
        for unit in self._rng.choice(self._units, size=min(self._units, _FLIPS), replace=False):
            self._inside[unit] = not self._inside[unit]
            other = self._evidence(moment, total)
            gain = other - now + (self._log_odds if self._inside[unit] else -self._log_odds)
            if math.log(self._rng.random()) < gain:
                now = other
            else:
                self._inside[unit] = not self._inside[unit]

    def _evidence(self, moment: Floats, total: float) -> float:
        """Log marginal likelihood of the indicators, up to a constant."""
        chosen = np.flatnonzero(self._inside)
        power = -0.5 * (_DF + self._rows)
        if len(chosen) == 0:
            return power * math.log(total)
        factor, half = self._solved(chosen, moment)
        slab, _ = lapack.dpotrf(self._prior[chosen][:, chosen], lower=1)
        determinants = np.log(slab.diagonal() / factor.diagonal()).sum()
        return float(determinants + power * math.log(total - half @ half))

    def _solved(self, chosen: np.ndarray[tuple[int], np.dtype[np.int64]], moment: Floats) -> tuple[Matrix, Floats]:
        """Cholesky factor L of the posterior precision of the chosen coefficients, and the solution of L x = moment."""
        factor, _ = lapack.dpotrf(self._precision[chosen][:, chosen], lower=1)
        half, _ = lapack.dtrtrs(factor, moment[chosen], lower=1)
        return factor, half.ravel()
