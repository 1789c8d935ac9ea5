"""The fit against scikit-learn's, against many random starts, and against outcomes whose true weights are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from entente.leads.calibrate_fit import CORNERS, Prior, Signs, _Model, fit, fit_intercepts, probability

UNCAPPED = np.array([np.inf])


def signs(x, y, family=None, weight=None) -> Signs:
    n, k = x.shape
    return Signs(
        x=x.astype(float),
        family=np.zeros(k, dtype=np.int64) if family is None else family,
        group=np.zeros(n, dtype=np.int64),
        groups=1,
        y=y.astype(float),
        weight=np.ones(n) if weight is None else weight,
    )


def score(x, family, weights, caps):
    return np.minimum(caps, (x * weights) @ np.eye(len(caps))[family]).sum(axis=1)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("ridge", [0.1, 1.0, 20.0])
def test_without_caps_bounds_and_prior_means_it_is_ridge_logistic_regression(seed, ridge):
    rng = np.random.default_rng(seed)
    n, k = int(rng.integers(60, 800)), int(rng.integers(1, 12))
    x = (rng.random((n, k)) < 0.3) * rng.choice([1.0, 0.7], (n, k))
    y = rng.random(n) < probability(x @ rng.normal(0.8, 1, k) - 1.5)
    weight = rng.choice([1.0, 3.0, 40.0], n)
    ours = fit(signs(x, y, weight=weight), Prior(np.zeros(k), UNCAPPED, ridge**-0.5, np.inf), bounded=False)
    theirs = LogisticRegression(C=1 / ridge, tol=1e-12, max_iter=100_000).fit(x, y, sample_weight=weight)
    assert ours.converged
    assert ours.weights == pytest.approx(theirs.coef_[0], abs=1e-4)
    assert ours.intercepts == pytest.approx(theirs.intercept_, abs=1e-4)


def test_the_intercept_alone_is_that_of_an_offset():
    rng = np.random.default_rng(3)
    offset = rng.normal(0, 2, 500)
    y = (rng.random(500) < probability(offset - 1)).astype(float)
    (found,) = fit_intercepts(offset, signs(np.zeros((500, 1)), y))
    best = minimize(
        lambda b: np.sum(np.logaddexp(0, offset + b[0]) - y * (offset + b[0])) + b[0] ** 2 / 200, [0.0], tol=1e-10
    )
    assert found == pytest.approx(best.x[0], abs=1e-4)


@pytest.mark.parametrize("seed", range(12))
def test_with_caps_no_random_start_finds_a_better_optimum(seed):
    rng = np.random.default_rng(seed)
    n, family = int(rng.choice([60, 300, 1500])), np.repeat(np.arange(4), 3)
    x = rng.random((n, 12)) < 0.3
    y = rng.random(n) < probability(score(x, family, rng.uniform(0, 2, 12), rng.uniform(0.5, 3, 4)) - 2.5)
    given, prior = signs(x, y, family), Prior(np.full(12, 0.6), np.full(4, 1.2), 0.5)
    made = fit(given, prior)
    model = _Model(given, prior, CORNERS[-1])
    found = model.objective(np.concatenate([made.intercepts, made.weights, made.caps]))
    starts = [np.concatenate([rng.normal(-2, 1, 1), rng.uniform(0, 3, 16)]) for _ in range(6)]
    bounds = [(None, None)] + [(0, None)] * 16
    others = [
        minimize(model.objective, start, jac=lambda t: model.derivatives(t)[0], method="L-BFGS-B", bounds=bounds).fun
        for start in starts
    ]
    assert made.converged
    # A tenth of a unit of log-likelihood decides nothing.
    assert found <= min(others) + 0.1


def test_derivatives_are_those_of_the_objective():
    rng = np.random.default_rng(0)
    family = np.array([0, 0, 1])
    given = replace(signs(rng.random((50, 3)), rng.random(50) < 0.4, family), group=np.arange(50) % 2, groups=2)
    model = _Model(given, Prior(np.full(3, 0.6), np.array([0.7, np.inf]), 0.5), 0.2)
    theta = rng.normal(0.5, 0.2, model.size)
    steps = np.eye(model.size) * 1e-6
    numeric = [(model.objective(theta + step) - model.objective(theta - step)) / 2e-6 for step in steps]
    assert model.derivatives(theta)[0] == pytest.approx(np.array(numeric), abs=1e-4)


def test_known_weights_and_caps_are_recovered_within_their_intervals():
    """Truths drawn from the prior itself: 95 % intervals hold them nearly that often."""
    inside, estimated = 0, 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        family = np.repeat(np.arange(3), 3)
        prior = Prior(np.full(9, 0.8), np.full(3, 1.4), 0.5)
        weights = np.maximum(0, rng.normal(prior.weights, 0.5))
        caps = np.maximum(0, rng.normal(prior.caps, 0.5))
        x = rng.random((3000, 9)) < 0.35
        y = rng.random(3000) < probability(score(x, family, weights, caps) - 2)
        made = fit(signs(x, y, family), prior)
        inside += int((np.abs(made.weights - weights) <= 1.96 * made.weights_se).sum())
        inside += int((np.abs(made.caps - caps) <= 1.96 * made.caps_se).sum())
        estimated += 12
    # 240 intervals of 95 %: 0.9 is three and a half standard errors below. Truths at 0 and behind a cap cost some.
    assert inside / estimated >= 0.9


def test_much_data_finds_the_truth_wherever_the_prior_was():
    rng = np.random.default_rng(11)
    weights = np.array([2.0, 0.2, 1.0, 0.0])
    x = rng.random((60_000, 4)) < 0.3
    y = rng.random(60_000) < probability(x @ weights - 2)
    made = fit(signs(x, y), Prior(np.full(4, 0.6), UNCAPPED, 0.5))
    assert made.weights == pytest.approx(weights, abs=0.1)
    assert made.intercepts == pytest.approx([-2], abs=0.1)


def population(seed: int):
    """Records of which those with a hit become leads; the hit's true weight is 3.5 and its present one 1.5."""
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.random(20_000) < 0.03, rng.random(20_000) < 0.1])
    y = rng.random(20_000) < probability(x @ np.array([3.5, 0.5]) - 4.0)
    return x, y, x[:, 0], rng


def test_the_random_sample_corrects_what_is_never_looked_at():
    """Among leads alone every one has a hit: nothing tells what a hit is worth, and the old weight stays."""
    without, sampled = [], []
    for seed in range(10):
        x, y, lead, rng = population(seed)
        looked = np.flatnonzero(lead)
        drawn = rng.choice(np.flatnonzero(~lead), 2000, replace=False)
        prior = Prior(np.array([1.5, 0.5]), UNCAPPED, 0.5)
        without.append(fit(signs(x[looked], y[looked]), prior))
        both, chance = np.concatenate([looked, drawn]), 2000 / (~lead).sum()
        weight = np.concatenate([np.ones(len(looked)), np.full(2000, 1 / chance)])
        sampled.append(fit(signs(x[both], y[both], weight=weight), prior))
    hits_without = np.array([made.weights[0] for made in without])
    hits_sampled = np.array([made.weights[0] for made in sampled])
    assert np.abs(hits_without - 1.5).max() < 0.15
    assert hits_sampled.mean() == pytest.approx(3.5, abs=0.3)
    # What an unmarked record is worth is wrong without the sample, and right with it.
    assert np.mean([made.intercepts[0] for made in without]) > -2.5
    assert np.mean([made.intercepts[0] for made in sampled]) == pytest.approx(-4.0, abs=0.3)


def test_inverse_probabilities_give_the_rate_of_the_population_and_counting_alike_does_not():
    """Where the model is not quite true, only the weighted fit predicts as many confirmations as there are."""
    gaps = {"weighted": [], "alike": []}
    for seed in range(10):
        rng = np.random.default_rng(seed)
        x = rng.random((20_000, 2)) < 0.1
        both = x.all(axis=1)
        y = rng.random(20_000) < probability(x @ np.array([1.0, 1.0]) + 3.0 * both - 3.0)
        looked = np.concatenate([np.flatnonzero(both), rng.choice(np.flatnonzero(~both), 1000, replace=False)])
        inverse = np.where(both[looked], 1.0, (~both).sum() / 1000)
        for name, weight in (("weighted", inverse), ("alike", np.ones(len(looked)))):
            made = fit(signs(x[looked], y[looked], weight=weight), Prior(np.ones(2), UNCAPPED, 0.5))
            gaps[name].append(probability(x @ made.weights + made.intercepts[0]).mean() - y.mean())
    assert abs(np.mean(gaps["weighted"])) < 0.005
    assert abs(np.mean(gaps["alike"])) > 2 * abs(np.mean(gaps["weighted"]))
