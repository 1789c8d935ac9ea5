"""Where a series changed by itself, told of no event (Truong et al., Signal Processing 167, 2020)."""

from __future__ import annotations

import numpy as np

from entente.impact.methods.problem import Floats, Problem


def single_change(values: Floats, margin: int = 2) -> tuple[int, float]:
    """The one point where two levels fit best, and the step there (second level minus first).

    Args:
        values: at least `2 * margin` of them.
        margin: fewest values on each side.
    """
    import ruptures

    point = int(ruptures.Dynp(model="l2", min_size=margin, jump=1).fit(values.reshape(-1, 1)).predict(n_bkps=1)[0])
    return point, float(values[point:].mean() - values[:point].mean())


def changes(values: Floats, penalty: float = 3.0) -> list[int]:
    """All points where the level changed; `penalty` is in units of log(n) times the variance of one step."""
    import ruptures

    noise = float(np.median(np.abs(np.diff(values)))) / 0.954
    if noise == 0:
        return []
    found = ruptures.Pelt(model="l2", min_size=3, jump=1).fit(values.reshape(-1, 1))
    return [int(point) for point in found.predict(pen=penalty * np.log(len(values)) * noise**2)[:-1]]


def adjusted(problem: Problem, explained: Floats | None = None) -> Floats:
    """The outcome on the modelled scale without what controls explain, or without its trend before the event."""
    y, _ = problem.modelled()
    rest = y if explained is None else y - explained
    time = np.arange(len(y), dtype=np.float64)
    rows = np.column_stack([np.ones_like(time), time])
    line = rows @ np.linalg.lstsq(rows[: problem.event], rest[: problem.event], rcond=None)[0]
    found: Floats = rest - line if explained is None else rest - rest[: problem.event].mean()
    return found
