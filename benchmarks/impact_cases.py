"""Monthly series on which nothing happened at a chosen date: states, divisions, windows.

Deaths with synthetic opioids by state and month (CDC WONDER, final): of each state the longest part without a withheld
month that ends with 2023. A case is a series, a date and a window; other states are the controls. A -40 % effect is put
in by keeping each death after the date with probability 0.6.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np

from entente.impact.loaders import Release, load
from entente.impact.methods.problem import Problem
from entente.impact.periods import add_months
from entente.impact.store import IndicatorStore

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "impact"
FIRST, MONTHS = date(2015, 1, 1), 108
DIVISIONS = {
    "New England": ("CT", "MA", "NH"),
    "Middle Atlantic": ("NJ", "NY", "PA"),
    "East North Central": ("IL", "IN", "MI", "OH", "WI"),
    "South Atlantic": ("FL", "GA", "MD", "NC", "SC", "VA", "WV"),
    "East South Central": ("KY", "TN"),
    "Pacific": ("CA",),
}
_LATEST, _HISTORY, _CONTROLS = 42, 36, 6


@dataclass(frozen=True, slots=True)
class Case:
    """A series, a date at which nothing happened, a window; `half` 0 was tuned on, 1 is reported."""

    name: str
    half: int
    problem: Problem
    window: int


def states() -> dict[str, np.ndarray]:
    """State -> monthly deaths 2015-2023; NaN where suppressed."""
    with tempfile.TemporaryDirectory() as folder:
        store = IndicatorStore(Path(folder))
        for name in ("wonder_t404_state_month_1999_2020.csv", "wonder_t404_state_month_2018_2023.csv"):
            release = Release(datetime(2026, 1, 1, tzinfo=UTC), indicator="overdose-deaths-t404")
            store.add(load("wonder", (DATA / name).read_bytes(), release))
        held: dict[str, dict[date, float]] = {}
        for row in store.rows(indicator="overdose-deaths-t404").to_pylist():
            if row["period_kind"] == "month" and row["value"] is not None:
                held.setdefault(row["geo"].removeprefix("US-"), {})[row["period_start"]] = row["value"]
    months = [add_months(FIRST, number) for number in range(MONTHS)]
    return {name: np.array([values.get(month, np.nan) for month in months]) for name, values in held.items()}


def cases(step: int, seed: int = 7, halves: tuple[int, ...] = (0, 1)) -> Iterator[Case]:
    """Cases of the given halves; dates are `step` months apart, windows 6, 9 or 12 months at random."""
    rng = np.random.default_rng(seed)
    series = states()
    begins = {name: _begin(values) for name, values in series.items()}
    names = sorted(name for name, begin in begins.items() if begin <= _LATEST)
    for number, name in enumerate(names):
        others = [other for other in names if other != name]
        controls = [other for other in others if begins[other] <= begins[name]]
        if len(controls) < _CONTROLS:
            controls = [other for other in others if begins[other] <= max(begins[name], _HISTORY)]
        first = max(begins[other] for other in (name, *controls))
        yield from _dates(
            name, number % 2, series[name], [series[c] for c in controls], controls, first, step, rng, halves
        )
    early = [name for name in names if begins[name] <= 15]
    for number, (division, members) in enumerate(DIVISIONS.items()):
        inside = [name for name in members if name in early]
        controls = [name for name in early if name not in inside]
        total = np.sum([series[name] for name in inside], axis=0)
        yield from _dates(division, number % 2, total, [series[c] for c in controls], controls, 15, step, rng, halves)


def _begin(values: np.ndarray) -> int:
    missing = np.flatnonzero(np.isnan(values))
    return 0 if len(missing) == 0 else int(missing[-1]) + 1


def _dates(
    name: str,
    half: int,
    outcome: np.ndarray,
    others: list[np.ndarray],
    controls: list[str],
    first: int,
    step: int,
    rng: np.random.Generator,
    halves: tuple[int, ...],
) -> Iterator[Case]:
    offset = int(rng.integers(0, step))
    for at in range(first + _HISTORY + offset, MONTHS - 11, step):
        window = int(rng.choice([6, 9, 12]))
        if half not in halves:
            continue
        months = tuple(add_months(FIRST, number) for number in range(first, MONTHS))
        matrix = np.column_stack([values[first:] for values in others])
        yield Case(name, half, Problem(months, outcome[first:], at - first, matrix, tuple(controls)), window)


def with_effect(problem: Problem, keep: float = 0.6, seed: int = 1) -> Problem:
    """The same series with an effect: each death after the date is kept with a probability."""
    rng = np.random.default_rng([seed, problem.event, int(problem.y.sum())])
    y = problem.y.copy()
    y[problem.event :] = rng.binomial(y[problem.event :].astype(int), keep)
    return replace(problem, y=y)
