"""From decided leads to the numbers of the fit, and from weights to the score that a run would give.

How much an outcome counts: a lead once, a sample row 1 / inclusion probability (Horvitz and Thompson, 1952), for it
stands for all the rows that nobody looked at. Untrimmed, twenty rows out of a million would each outvote fifty
thousand leads, and what twenty rows can tell about a million is little; so the weight is cut at `max_weight`, and the
report says how many were cut and from what.

A rule that a run could not evaluate is not a rule that did not fire. Runs that evaluated different rules get
intercepts of their own, so that what the missing rules would have explained does not fall upon the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.errors import UsageError
from entente.leads.calibrate_fit import Floats, Ints, Signs
from entente.leads.outcomes_join import Decided
from entente.leads.score import HIT_FAMILY
from entente.leads.weights import HitWeights
from entente.screening.rules import RuleSet

#: What a weights file may hold, in milli-log-odds.
LARGEST = 20_000
#: A kind of hit that weighs nothing makes no lead, so that nobody would ever look again: the least that a fit leaves.
LEAST_HIT = 1


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of signs and caps of families in whole milli-log-odds, in the order of a design; a cap may be None."""

    signs: tuple[int, ...]
    caps: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Design:
    """Signs that at least one outcome bears, their families, and the outcomes.

    Args:
        names: of the signs: a rule id, or `hit.<kind>`.
        families: of these signs.
        present: their weights and caps before the fit.
        signs: the numbers.
        sample: n, whether the outcome is of a sample row.
        trimmed: outcomes whose weight was cut.
        heaviest: the largest weight before cutting.
    """

    names: tuple[str, ...]
    families: tuple[str, ...]
    present: Weights
    signs: Signs
    sample: npt.NDArray[np.bool_]
    trimmed: int
    heaviest: float


def design(decided: Sequence[Decided], ruleset: RuleSet, hits: HitWeights, max_weight: float) -> Design:
    """Number the signs and the outcomes.

    Raises:
        UsageError: a lead bears a rule that the rule set does not have.
    """
    known = {rule.id: (rule.family, rule.weight) for rule in ruleset.rules}
    known |= {f"{HIT_FAMILY}.{kind}": (HIT_FAMILY, weight) for kind, weight in hits.kinds.items()}
    borne = [_borne(one) for one in decided]
    names = tuple(sorted({name for signs in borne for name in signs}))
    _refuse_unknown(names, known)
    families = tuple(sorted({known[name][0] for name in names}))
    caps = {**ruleset.caps, HIT_FAMILY: hits.cap}
    group, groups = _groups(decided)
    counts = np.array([1.0 / one.lead["inclusion_probability"] for one in decided])
    return Design(
        names=names,
        families=families,
        present=Weights(tuple(known[name][1] for name in names), tuple(caps.get(family) for family in families)),
        signs=Signs(
            x=_matrix(borne, names),
            family=np.array([families.index(known[name][0]) for name in names], dtype=np.int64),
            group=group,
            groups=groups,
            y=np.array([float(one.confirmed) for one in decided]),
            weight=np.minimum(counts, max_weight),
        ),
        sample=np.array([one.lead["kind"] == "sample" for one in decided]),
        trimmed=int((counts > max_weight).sum()),
        heaviest=float(counts.max(initial=1.0)),
    )


def _borne(one: Decided) -> dict[str, float]:
    """Sign -> how strongly the lead bears it: 1 for a rule, the match's confidence for a kind of hit."""
    return {
        reason["rule_id"]: float(reason["value"]) if reason["family"] == HIT_FAMILY else 1.0
        for reason in one.lead["reasons"]
    }


def _refuse_unknown(names: Sequence[str], known: Mapping[str, object]) -> None:
    for name in names:
        if name not in known:
            raise UsageError(
                f"A lead bears the sign {name}, and there is no such rule here.",
                remedy="Give --rules the folder of rules that the run was given.",
            )


def _matrix(borne: Sequence[Mapping[str, float]], names: Sequence[str]) -> Floats:
    at = {name: column for column, name in enumerate(names)}
    x = np.zeros((len(borne), len(names)))
    for row, signs in enumerate(borne):
        for name, strength in signs.items():
            x[row, at[name]] = strength
    return x


def _groups(decided: Sequence[Decided]) -> tuple[Ints, int]:
    """Number of each outcome's group, one for each set of rules that a run evaluated; and how many there are."""
    kinds = sorted({tuple(sorted(one.evaluated)) for one in decided})
    at = {kind: number for number, kind in enumerate(kinds)}
    return np.array([at[tuple(sorted(one.evaluated))] for one in decided], dtype=np.int64), len(kinds)


def score(signs: Signs, weights: Weights) -> Floats:
    """Scores in log-odds, exactly as `score.py` computes them: whole numbers, hits rounded down, families capped."""
    permille = np.floor(signs.x * 1000 + 0.5).astype(np.int64)
    counted = np.array(weights.signs, dtype=np.int64) * permille // 1000
    total = np.zeros(len(signs.y), dtype=np.int64)
    for family, cap in enumerate(weights.caps):
        summed = counted[:, signs.family == family].sum(axis=1)
        total += summed if cap is None else np.minimum(summed, cap)
    log_odds: Floats = total / 1000
    return log_odds


def whole(weights: Floats, caps: Floats, names: Sequence[str]) -> Weights:
    """Estimates in log-odds -> whole milli-log-odds that a weights file may hold."""
    least = [LEAST_HIT if name.startswith(f"{HIT_FAMILY}.") else 0 for name in names]
    return Weights(
        tuple(min(LARGEST, max(low, round(1000 * w))) for w, low in zip(weights.tolist(), least, strict=True)),
        tuple(min(LARGEST, max(0, round(1000 * cap))) if np.isfinite(cap) else None for cap in caps.tolist()),
    )
