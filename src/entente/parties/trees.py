"""Boosted regression trees as arrays: read from the model file, evaluated in NumPy for many rows at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Trees:
    """`feature`, `threshold`, `left`, `right` by node, `value` of each node; trees begin at `roots`.

    A leaf points to itself on both sides, so that walking `depth` steps ends on a leaf for every row.
    """

    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float64]
    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    value: npt.NDArray[np.float64]
    roots: npt.NDArray[np.int32]
    depth: int
    base: float

    def predict(self, rows: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Log-odds of rows, shape (rows, features) -> (rows,)."""
        if not len(rows):
            return np.zeros(0)
        flat, wide = rows.ravel(), rows.shape[1]
        lines = (np.arange(len(rows), dtype=np.int64) * wide)[:, None]
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            goes_right = flat.take(lines + self.feature.take(at)) > self.threshold.take(at)
            at = np.where(goes_right, self.right.take(at), self.left.take(at))
        total: npt.NDArray[np.float64] = self.value.take(at).sum(axis=1) + self.base
        return total


def from_document(raw: Mapping[str, Any]) -> Trees:
    """Read trees from their form in a model file."""
    return Trees(
        np.array(raw["feature"], np.int32),
        np.array(raw["threshold"], np.float64),
        np.array(raw["left"], np.int32),
        np.array(raw["right"], np.int32),
        np.array(raw["value"], np.float64),
        np.array(raw["roots"], np.int32),
        int(raw["depth"]),
        float(raw["base"]),
    )


def from_boosting(dump: Mapping[str, Any]) -> dict[str, Any]:
    """The document of trees that LightGBM dumps (`Booster.dump_model`)."""
    columns: dict[str, list[Any]] = {key: [] for key in ("feature", "threshold", "left", "right", "value", "roots")}
    depth = 0
    for tree in dump["tree_info"]:
        columns["roots"].append(len(columns["feature"]))
        depth = max(depth, _flatten(tree["tree_structure"], columns))
    return columns | {"depth": depth, "base": 0.0}


def _flatten(node: Mapping[str, Any], columns: dict[str, list[Any]]) -> int:
    """Append a node and all below it; return how deep they go."""
    at = len(columns["feature"])
    leaf = "leaf_value" in node
    columns["feature"].append(0 if leaf else node["split_feature"])
    columns["threshold"].append(0.0 if leaf else float(f"{node['threshold']:.6g}"))
    columns["left"].append(at)
    columns["right"].append(at)
    columns["value"].append(round(node["leaf_value"], 5) if leaf else 0.0)
    if leaf:
        return 0
    columns["left"][at] = len(columns["feature"])
    below_left = _flatten(node["left_child"], columns)
    columns["right"][at] = len(columns["feature"])
    below_right = _flatten(node["right_child"], columns)
    return 1 + max(below_left, below_right)
