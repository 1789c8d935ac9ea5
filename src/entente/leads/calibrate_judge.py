"""Is a fit better? Judged on outcomes that it has not seen, by Brier score and log loss, with bootstrap intervals.

Outcomes are dealt into folds. For each fold, three models are made from the others: the base rate alone, the present
weights, and the fitted ones; each has its intercepts fitted to the same outcomes, so that the comparison is of
weights. Scores are computed as a run would compute them, in whole milli-log-odds. The interval of a difference comes
from drawing the outcomes again with replacement; it does not repeat the fit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from entente.leads.calibrate_design import Design, Weights, score, whole
from entente.leads.calibrate_fit import Floats, Ints, Prior, Signs, fit, fit_intercepts, probability

FOLDS = 5
_DRAWS = 1000
_EPSILON = 1e-12
Loss = Callable[[Floats, Floats], Floats]
MODELS = ("base", "before", "after")


@dataclass(frozen=True, slots=True)
class Change:
    """A mean loss before and after, and after less before with its 95 % interval; below 0 is better."""

    base: float
    before: float
    after: float
    difference: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """Losses on outcomes not seen in fitting: of all outcomes as they count, and of leads alone, each counted once."""

    folds: int
    outcomes: int
    leads: int
    brier: Change
    log_loss: Change
    leads_brier: Change | None
    leads_log_loss: Change | None

    @property
    def better(self) -> bool:
        """Both losses fell, and the interval of the Brier score's change lies below 0."""
        return self.brier.high < 0 and self.log_loss.difference < 0


def prior(design: Design, sd: float) -> Prior:
    """The present weights as the prior; `sd` in log-odds."""
    caps = [np.inf if cap is None else cap / 1000 for cap in design.present.caps]
    return Prior(np.array(design.present.signs, dtype=float) / 1000, np.array(caps), sd)


def fitted(design: Design, signs: Signs, sd: float) -> Weights:
    """Whole weights fitted to `signs`."""
    made = fit(signs, prior(design, sd))
    return whole(made.weights, made.caps, design.names)


def judge(design: Design, sd: float, seed: int) -> Verdict:
    """Cross-validate the present and the fitted weights.

    Args:
        design: the outcomes; at least two of each kind.
        sd: standard deviation of the prior, in log-odds.
        seed: of the folds and of the bootstrap.
    """
    rng = np.random.default_rng(seed)
    fold = _folds(design.signs.y, rng)
    guesses = {name: np.zeros(len(fold)) for name in MODELS}
    for number in range(int(fold.max()) + 1):
        train, test = design.signs.rows(fold != number), design.signs.rows(fold == number)
        for name, guess in _guesses(design, train, test, sd).items():
            guesses[name][fold == number] = guess
    y, weight, lead = design.signs.y, design.signs.weight, ~design.sample
    alone = np.ones(int(lead.sum()))
    once = {name: guess[lead] for name, guess in guesses.items()}
    draws = int(rng.integers(2**62))
    some = len(alone) > 0
    return Verdict(
        folds=int(fold.max()) + 1,
        outcomes=len(y),
        leads=len(alone),
        brier=_change(_brier, guesses, y, weight, draws),
        log_loss=_change(_log_loss, guesses, y, weight, draws),
        leads_brier=_change(_brier, once, y[lead], alone, draws) if some else None,
        leads_log_loss=_change(_log_loss, once, y[lead], alone, draws) if some else None,
    )


def _folds(y: Floats, rng: np.random.Generator) -> Ints:
    """Number of each outcome's fold; confirmed and cleared ones are dealt out separately, so that all have some."""
    folds = int(min(FOLDS, y.sum(), (1 - y).sum()))
    fold = np.zeros(len(y), dtype=np.int64)
    for kind in (0.0, 1.0):
        rows = rng.permutation(np.flatnonzero(y == kind))
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def _guesses(design: Design, train: Signs, test: Signs, sd: float) -> dict[str, Floats]:
    """Probabilities of `test` under each model made from `train`."""
    nothing = Weights((0,) * len(design.names), design.present.caps)
    models = {"base": nothing, "before": design.present, "after": fitted(design, train, sd)}
    guesses = {}
    for name, weights in models.items():
        intercepts = fit_intercepts(score(train, weights), train)
        guesses[name] = probability(score(test, weights) + intercepts[test.group])
    return guesses


def _brier(p: Floats, y: Floats) -> Floats:
    return (p - y) ** 2


def _log_loss(p: Floats, y: Floats) -> Floats:
    held = np.clip(p, _EPSILON, 1 - _EPSILON)
    loss: Floats = -(y * np.log(held) + (1 - y) * np.log(1 - held))
    return loss


def _change(loss: Loss, guesses: Mapping[str, Floats], y: Floats, weight: Floats, seed: int) -> Change:
    losses = {name: loss(guess, y) for name, guess in guesses.items()}
    means = {name: float(np.average(one, weights=weight)) for name, one in losses.items()}
    gain = losses["after"] - losses["before"]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(_DRAWS):
        rows = rng.integers(len(y), size=len(y))
        drawn.append(np.average(gain[rows], weights=weight[rows]))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Change(**means, difference=means["after"] - means["before"], low=float(low), high=float(high))
