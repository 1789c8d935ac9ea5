"""Training: from pairs of names in Hanzi and in Latin letters to a model file, reproducibly.

Renderings for the training rows of the scorer are learned from the other folds only: a rendering learned from a pair
would explain that very pair too well. Each name asks the whole set twice in effect: candidates that are not its own
teach what a wrong answer looks like. Log-odds are calibrated on folds that the trees did not see.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from entente.errors import MissingComponentError
from entente.parties.align import Latin, han_side, latin_side, measures
from entente.parties.fold import fold
from entente.parties.han import HanName
from entente.parties.index import Postings, top
from entente.parties.keys import han_query, latin_keys, weigh
from entente.parties.latin_tokens import LatinName, latin_name
from entente.parties.learn import learn, parse
from entente.parties.lexicon import Lexicon
from entente.parties.model import Calibration, as_document
from entente.parties.trees import from_boosting, from_document

F64 = npt.NDArray[np.float64]
_FOLDS = 3
_CANDIDATES = 30
_ROUNDS = 120
_BOOSTING = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 15,
    "max_depth": 6,
    "min_data_in_leaf": 40,
    "lambda_l2": 5.0,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True)
class _Rows:
    """Measures of pairs, whether each is right, the fold of each, and the query of each."""

    measures: F64
    right: npt.NDArray[np.bool_]
    fold: npt.NDArray[np.int64]
    query: npt.NDArray[np.int64]


def latin_postings(names: Sequence[LatinName], lexicon: Lexicon) -> Postings:
    """An index of Latin names."""
    totals = [sum(map(lexicon.latin_weight, dict.fromkeys(name.words))) for name in names]
    return Postings(
        (latin_keys(name, lexicon) for name in names),
        totals,
        lambda key, count, size: weigh(key, count, size, lexicon),
    )


def train(
    pairs: Sequence[tuple[str, str]], strangers: Sequence[str], *, version: str, trained_on: str, seed: int = 0
) -> dict[str, Any]:
    """Train a model.

    Args:
        pairs: Chinese and Latin name of the same party.
        strangers: Latin names of other parties, as wrong answers.
        version: name of the model's version.
        trained_on: what it was trained on, in words.
        seed: seed of the folds.

    Returns:
        The document of a model file.

    Raises:
        MissingComponentError: LightGBM is not installed.
    """
    parsed = parse(pairs)
    others = [latin_name(fold(name).text) for name in strangers]
    rng = random.Random(seed)  # noqa: S311 - reproducible folds
    folds = [rng.randrange(_FOLDS) for _ in parsed]
    rows = _rows(parsed, others, folds)
    calibration = _calibrate(rows)
    trees = _boost(rows.measures, rows.right)
    return as_document(version, trained_on, learn(parsed), trees, calibration)


def _rows(parsed: Sequence[tuple[HanName, LatinName]], others: Sequence[LatinName], folds: Sequence[int]) -> _Rows:
    names = [latin for _, latin in parsed] + list(others)
    found: list[list[float]] = []
    right: list[bool] = []
    at_fold: list[int] = []
    query: list[int] = []
    for held in range(_FOLDS):
        lexicon = learn([pair for pair, one in zip(parsed, folds, strict=True) if one != held])
        postings = latin_postings(names, lexicon)
        sides: dict[int, Latin] = {}
        for number, ((han, _), one) in enumerate(zip(parsed, folds, strict=True)):
            if one != held:
                continue
            side = han_side(han, lexicon)
            chosen = top(postings.scores(han_query(side)), _CANDIDATES)
            if number not in chosen:
                chosen = [*chosen, number]
            for candidate in chosen:
                latin = sides.get(candidate) or sides.setdefault(candidate, latin_side(names[candidate], lexicon))
                found.append(measures(side, latin))
                right.append(candidate == number)
                at_fold.append(held)
                query.append(number)
    return _Rows(np.array(found), np.array(right), np.array(at_fold), np.array(query))


def _boost(rows: F64, right: npt.NDArray[np.bool_]) -> dict[str, Any]:
    try:
        import lightgbm
    except ImportError as error:
        raise MissingComponentError(
            "Training needs LightGBM.", remedy='Install it: pip install "entente[money]".'
        ) from error
    booster = lightgbm.train(_BOOSTING, lightgbm.Dataset(rows, right.astype(float)), _ROUNDS)
    return from_boosting(booster.dump_model())


def _calibrate(rows: _Rows) -> Calibration:
    """Platt's scaling of log-odds that come from trees of other folds, and the log-odds of "none of them"."""
    odds = np.zeros(len(rows.right))
    for held in range(_FOLDS):
        inside = rows.fold == held
        trees = from_document(_boost(rows.measures[~inside], rows.right[~inside]))
        odds[inside] = trees.predict(rows.measures[inside])
    slope, shift = _platt(odds, rows.right)
    absent = _absent(slope * odds + shift, rows)
    return Calibration(round(slope, 4), round(shift, 4), absent, match=0.95, review=0.30)


def _platt(odds: F64, right: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """Logistic regression of one variable by Newton's method."""
    slope, shift = 1.0, 0.0
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(slope * odds + shift, -30, 30)))
        spread = chance * (1 - chance) + 1e-9
        gradient = np.array([((right - chance) * odds).sum(), (right - chance).sum()])
        cross = (spread * odds).sum()
        hessian = np.array([[(spread * odds**2).sum(), cross], [cross, spread.sum()]]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        slope, shift = slope + float(step[0]), shift + float(step[1])
    return slope, shift


def _absent(odds: F64, rows: _Rows) -> float:
    """The log-odds of absence under which posteriors fit best, every query once with and once without its answer."""
    starts = np.flatnonzero(np.diff(rows.query, prepend=-1) != 0)
    groups = list(zip(starts, [*starts[1:], len(odds)], strict=True))
    best = (float("inf"), 0.0)
    for absent in np.arange(-3.0, 3.01, 0.25):
        loss = 0.0
        for start, end in groups:
            strength = np.exp(np.clip(odds[start:end], -30, 30))
            own = strength[rows.right[start:end]].sum()
            rest = strength.sum() - own
            loss -= np.log(own / (own + rest + np.exp(absent)) + 1e-9) + np.log(
                np.exp(absent) / (rest + np.exp(absent))
            )
        best = min(best, (float(loss), float(absent)))
    return best[1]
