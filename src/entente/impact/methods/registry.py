"""The methods by name, in a full form for the answer and a light form for placebos."""

from __future__ import annotations

from collections.abc import Callable

from entente.errors import UsageError
from entente.impact.methods import bsts, its, synthetic
from entente.impact.methods.problem import METHODS, Estimate, Problem

PANEL = ("synthetic-control", "sdid", "did")
#: What each method takes for granted; the words are in `words.yaml`.
ASSUMPTIONS = {
    "bsts": ("controls_untouched", "relation_stays", "smooth_level"),
    "its": ("trend_goes_on", "nothing_else"),
    "synthetic-control": ("controls_untouched", "inside_controls"),
    "sdid": ("controls_untouched", "parallel_after_weights"),
    "did": ("controls_untouched", "parallel"),
}
#: Level innovation for counts that drift; the 0.01 of the R package is for series without drift.
DRIFT = 0.2


def full(method: str, seed: int) -> Callable[[Problem], Estimate]:
    """The method for the answer.

    Raises:
        UsageError: there is no such method.
    """
    if method == "its":
        return its.estimate
    if method in PANEL:
        return lambda problem: synthetic.estimate(problem, method)
    if method == "bsts":
        return lambda problem: bsts.estimate(problem, _sampling(problem, 2000, 300, seed))
    raise UsageError(f"There is no method {method!r}.", remedy=f"Choose one of {', '.join(METHODS)}.")


def light(method: str, seed: int) -> Callable[[Problem], Estimate]:
    """The same method for one of many placebos: fewer draws, and no spread from placebo units."""
    if method in PANEL:
        return lambda problem: synthetic.estimate(problem, method, placebos=False)
    if method == "bsts":
        return lambda problem: bsts.estimate(problem, _sampling(problem, 120, 40, seed))
    return full(method, seed)


def _sampling(problem: Problem, draws: int, burn: int, seed: int) -> bsts.Sampling:
    if problem.scale == "difference":
        return bsts.Sampling(draws, burn, seed)
    return bsts.Sampling(draws, burn, seed, DRIFT, relative=True)
