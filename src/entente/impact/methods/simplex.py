"""Least squares over weights that are not negative and add up to one.

Solved exactly as non-negative least squares with one heavy row for the sum (Haskell and Hanson, Math. Prog. 21, 1981).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from entente.impact.methods.problem import Floats, Matrix

_HEAVY = 1e4


def simplex_weights(columns: Matrix, target: Floats, ridge: float = 0.0, intercept: bool = False) -> Floats:
    """Weights w >= 0 with sum 1 that minimise mean((columns w - target)^2) + ridge^2 |w|^2.

    Args:
        columns: shape (rows, units).
        target: shape (rows).
        ridge: penalty of uneven weights.
        intercept: let the fit be shifted by a constant.

    Returns:
        Weights, shape (units).
    """
    if intercept:
        columns, target = columns - columns.mean(axis=0), target - target.mean()
    rows, units = columns.shape
    scale = float(np.abs(columns).max()) or 1.0
    left = [columns / np.sqrt(rows) / scale]
    right = [target / np.sqrt(rows) / scale]
    if ridge:
        left.append(np.eye(units) * ridge / scale)
        right.append(np.zeros(units))
    heavy = _HEAVY
    left.append(np.full((1, units), heavy))
    right.append(np.array([heavy]))
    weights, _ = nnls(np.vstack(left), np.concatenate(right), maxiter=50 * units + 200)
    total = weights.sum()
    found: Floats = weights / total if total > 0 else np.full(units, 1 / units)
    return found
