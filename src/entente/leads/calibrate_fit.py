"""The fit: penalised logistic regression of the very score that a run computes, family caps and all.

    logit P(confirmed) = intercept + sum over families of min(cap, sum of weight x sign)

A sign is 1 where a rule fired, and the confidence of the strongest match for a kind of hit. Weights *and* caps are
estimated together, each with a Gaussian prior around its present value, so that without data nothing changes and with
little data little does. A family that has reached its cap on a lead teaches about the cap there and not about its
weights. Neither may become negative: a score is a sum of reasons to look.

The corner of min() is rounded off over `CORNER` log-odds, which leaves the optimum findable by Newton's method with
Fisher's information as curvature (iteratively reweighted least squares), a projection on what is allowed and a line
search. Without caps, bounds and prior means this is ordinary ridge logistic regression; a test compares it with
scikit-learn's. With caps the objective need not be convex. So the corner is rounded off widely first and then less and
less, once from the present weights and once from a fit without caps, and the better end is taken; a test compares it
with the best of many random starts.

Intervals are those of the sandwich H^-1 (J + P) H^-1 with the weighted scores' J and the prior's precision P. Where
every outcome weighs 1, J + P is H in expectation, and this is the Laplace approximation of the posterior.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Log-odds over which the corner of min(cap, sum) is rounded off, in turn; the last is a fifth of what officers see.
CORNERS = (1.0, 0.2, 0.02)
#: Standard deviation of the intercept's prior, in log-odds: says nothing, and keeps separated outcomes finite.
INTERCEPT_SD = 10.0
#: Standard deviation of how far the intercept of one group lies from the common one.
GROUP_SD = 1.0
_STEPS = 500
_ENOUGH = 1e-10
_ARMIJO = 1e-4


@dataclass(frozen=True, slots=True)
class Signs:
    """Outcomes and the signs they bear.

    Args:
        x: n x k, in [0, 1]: one row an outcome, one column a sign.
        family: k, position of each sign's family among the caps.
        group: n, number of each outcome's group; groups have intercepts of their own, drawn to a common one.
        groups: how many there are.
        y: n, 1 where the outcome was confirmed.
        weight: n, how much each outcome counts.
    """

    x: Floats
    family: Ints
    group: Ints
    groups: int
    y: Floats
    weight: Floats

    def rows(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Signs:
        """Some of the outcomes."""
        return replace(self, x=self.x[chosen], group=self.group[chosen], y=self.y[chosen], weight=self.weight[chosen])


@dataclass(frozen=True, slots=True)
class Prior:
    """Where the parameters stand before the fit, in log-odds.

    Args:
        weights: k means.
        caps: means by family; infinite where a family has no cap, which then is not fitted either.
        sd: standard deviation of every weight and cap.
        intercept_sd: that of the intercept, whose mean is 0; infinite for no prior.
    """

    weights: Floats
    caps: Floats
    sd: float
    intercept_sd: float = INTERCEPT_SD


@dataclass(frozen=True, slots=True)
class Fit:
    """Estimates in log-odds, with the standard errors of weights and caps; one intercept a group."""

    intercepts: Floats
    weights: Floats
    caps: Floats
    weights_se: Floats
    caps_se: Floats
    converged: bool


def fit(signs: Signs, prior: Prior, *, bounded: bool = True) -> Fit:
    """Estimate intercepts, weights and caps.

    Args:
        signs: the outcomes; every group has at least one.
        prior: where the parameters stand before.
        bounded: keep weights and caps from becoming negative.
    """
    models = [_Model(signs, prior, corner) for corner in CORNERS]
    model = models[-1]
    lower = np.full(model.size, -np.inf)
    if bounded:
        lower[model.free :] = 0.0
    ends = []
    for start in _starts(model, lower):
        end = start, False
        for one in models if model.finite.any() else models[-1:]:
            end = _minimise(one, end[0], lower)
        ends.append(end)
    theta, converged = min(ends, key=lambda end: model.objective(end[0]))
    errors = model.standard_errors(theta)
    intercepts, weights, caps = model.split(theta)
    _, weights_se, caps_se = model.split(errors)
    return Fit(intercepts, weights, caps, weights_se, np.where(np.isfinite(caps), caps_se, 0.0), converged)


def fit_intercepts(score: Floats, signs: Signs) -> Floats:
    """The intercepts of the groups beside a score in log-odds that stays as it is."""
    bare = replace(signs, x=np.zeros((len(score), 0)), family=np.zeros(0, dtype=np.int64))
    model = _Model(bare, Prior(np.zeros(0), np.zeros(0), 1.0), CORNERS[-1], score)
    theta, _ = _minimise(model, np.zeros(model.size), np.full(model.size, -np.inf))
    return model.split(theta)[0]


def probability(log_odds: Floats) -> Floats:
    """The logistic function, without overflow."""
    half: Floats = 0.5 * (1.0 + np.tanh(0.5 * log_odds))
    return half


class _Model:
    """The penalised log-likelihood with its derivatives; theta is intercepts, weights, finite caps.

    The first intercept is common to all outcomes; with more than one group, each has a deviation from it.
    """

    def __init__(self, signs: Signs, prior: Prior, corner: float, offset: Floats | None = None) -> None:
        self.signs, self.prior, self.corner = signs, prior, corner
        self.offset = np.zeros(len(signs.y)) if offset is None else offset
        self.intercepts = _intercepts(signs)
        self.free = self.intercepts.shape[1]
        self.k = len(prior.weights)
        self.finite = np.isfinite(prior.caps)
        self.mean = np.concatenate([np.zeros(self.free), prior.weights, prior.caps[self.finite]])
        self.size = len(self.mean)
        self.precision = np.full(self.size, prior.sd**-2.0)
        self.precision[: self.free] = GROUP_SD**-2.0
        self.precision[0] = prior.intercept_sd**-2.0
        self.member = np.zeros((self.k, len(prior.caps)))
        self.member[np.arange(self.k), signs.family] = 1.0
        self.touched = signs.x @ self.member > 0

    def split(self, theta: Floats) -> tuple[Floats, Floats, Floats]:
        """Intercepts by group, weights, and the caps of all families."""
        caps = np.full(len(self.prior.caps), np.inf)
        caps[self.finite] = theta[self.free + self.k :]
        apart = theta[1 : self.free] if self.free > 1 else np.zeros(self.signs.groups)
        return theta[0] + apart, theta[self.free : self.free + self.k], caps

    def objective(self, theta: Floats) -> float:
        """Minus the penalised log-likelihood."""
        log_odds = self._log_odds(theta)
        loss = np.logaddexp(0.0, log_odds) - self.signs.y * log_odds
        return float(self.signs.weight @ loss + 0.5 * self.precision @ (theta - self.mean) ** 2)

    def derivatives(self, theta: Floats) -> tuple[Floats, Floats]:
        """Gradient, and Fisher's information with the prior's precision."""
        slopes = self._slopes(theta)
        p = probability(self._log_odds(theta))
        gradient = slopes.T @ (self.signs.weight * (p - self.signs.y)) + self.precision * (theta - self.mean)
        curvature = (slopes * (self.signs.weight * p * (1 - p))[:, None]).T @ slopes
        return gradient, curvature + np.diag(self.precision)

    def standard_errors(self, theta: Floats) -> Floats:
        """Square roots of the sandwich's diagonal."""
        slopes = self._slopes(theta)
        residual = self.signs.weight * (probability(self._log_odds(theta)) - self.signs.y)
        inverse = np.linalg.pinv(self.derivatives(theta)[1])
        scores = slopes * residual[:, None]
        middle = scores.T @ scores + np.diag(self.precision)
        errors: Floats = np.sqrt(np.maximum(np.diag(inverse @ middle @ inverse), 0.0))
        return errors

    def _room(self, theta: Floats) -> Floats:
        """Cap less sum of weights, over the corner: n x families; infinite without a cap."""
        _, weights, caps = self.split(theta)
        room: Floats = (caps - (self.signs.x * weights) @ self.member) / self.corner
        return room

    def _log_odds(self, theta: Floats) -> Floats:
        _, weights, caps = self.split(theta)
        plain = (self.signs.x * weights) @ self.member
        room = self._room(theta)
        # min(cap, sum), rounded off: the sum less what stands above the cap.
        above = self.corner * np.logaddexp(0.0, -room)
        capped = np.where(np.isfinite(caps), plain - above, plain)
        scores = np.where(self.touched, capped, 0.0).sum(axis=1)
        log_odds: Floats = self.offset + self.intercepts @ theta[: self.free] + scores
        return log_odds

    def _slopes(self, theta: Floats) -> Floats:
        """Derivative of the log-odds by each parameter: n x parameters."""
        below = probability(self._room(theta))
        by_cap = np.where(self.touched, 1.0 - below, 0.0)[:, self.finite]
        return np.hstack([self.intercepts, self.signs.x * below[:, self.signs.family], by_cap])


def _intercepts(signs: Signs) -> Floats:
    """Columns of the intercepts: a common one, and one a group where there are several."""
    common = np.ones((len(signs.y), 1))
    if signs.groups == 1:
        return common
    return np.hstack([common, np.eye(signs.groups)[signs.group]])


def _starts(model: _Model, lower: Floats) -> list[Floats]:
    """Where to begin: at the prior means, and at weights fitted without caps, with caps that just let them pass."""
    present = model.mean
    if not model.finite.any():
        return [present]
    prior = replace(model.prior, caps=np.full(len(model.prior.caps), np.inf))
    uncapped = _Model(model.signs, prior, model.corner)
    theta, _ = _minimise(uncapped, present[: uncapped.size], lower[: uncapped.size])
    sums = (model.signs.x * theta[model.free :]) @ model.member
    return [present, np.concatenate([theta, sums.max(axis=0)[model.finite]])]


def _minimise(model: _Model, theta: Floats, lower: Floats) -> tuple[Floats, bool]:
    """Projected Newton with a line search; says too whether it arrived."""
    value = model.objective(theta)
    for _ in range(_STEPS):
        gradient, curvature = model.derivatives(theta)
        free = ~((theta <= lower) & (gradient > 0))
        step = np.zeros_like(theta)
        step[free] = -np.linalg.solve(curvature[np.ix_(free, free)], gradient[free])
        if -gradient @ step < _ENOUGH * max(1.0, abs(value)):
            return theta, True
        moved = _search(model, theta, step, gradient, lower, value)
        if moved is None:
            return theta, False
        theta, value = moved
    return theta, False


def _search(
    model: _Model, theta: Floats, step: Floats, gradient: Floats, lower: Floats, value: float
) -> tuple[Floats, float] | None:
    """Halve the step until it gains enough; None if it never does."""
    length = 1.0
    while length > 1e-8:
        candidate = np.maximum(lower, theta + length * step)
        there = model.objective(candidate)
        if there <= value + _ARMIJO * (gradient @ (candidate - theta)):
            return candidate, there
        length /= 2
    return None
