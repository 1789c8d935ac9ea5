"""An inverted index that finds the names worth comparing, in NumPy: postings by key, bounded work for each query.

A name is a set of keys. The score of a query and a name is the weight of the keys that they share, divided by the
weight of the whole name: how much of the name the query explains. Keys that stand in too many names are read last and
only while the budget lasts, so a million identical names cost no more than a bounded scan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
I32 = npt.NDArray[np.int32]

#: Postings that one query may read.
MOST_POSTINGS = 400_000
#: Added to the weight of every name, so that a name of one common word is not explained by that word alone.
PRIOR = 10.0


class Postings:
    """Keys of many names, by key.

    Args:
        keys: for each name the keys that it has, each once.
        totals: the weight of each whole name, shape (names,).
        weigh: weight of a key from its text and the number of names that have it, of how many.
    """

    def __init__(
        self, keys: Iterable[Sequence[str]], totals: npt.ArrayLike, weigh: Callable[[str, int, int], float]
    ) -> None:
        vocabulary: dict[str, int] = {}
        listed = [[vocabulary.setdefault(key, len(vocabulary)) for key in one] for one in keys]
        sizes = np.fromiter(map(len, listed), np.int64, len(listed))
        flat = np.fromiter(chain.from_iterable(listed), np.int32, int(sizes.sum()))
        del listed
        rows = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        counts = np.bincount(flat, minlength=len(vocabulary))
        self.count = len(sizes)
        self.vocabulary = vocabulary
        self._rows: I32 = rows[np.argsort(flat, kind="stable")]
        self._ends = np.concatenate([[0], np.cumsum(counts)])
        self.weight: F32 = np.array(
            [weigh(key, count, self.count) for key, count in zip(vocabulary, counts.tolist(), strict=True)], np.float32
        )
        self._divisor: F32 = (np.asarray(totals, np.float32) + np.float32(PRIOR)).astype(np.float32)

    def scores(self, query: Mapping[str, float]) -> F32:
        """Score all names against a query of keys with beliefs (0 to 1); shape (names,)."""
        vocabulary, ends = self.vocabulary, self._ends
        found = [(at, belief) for key, belief in query.items() if (at := vocabulary.get(key)) is not None]
        found.sort(key=lambda one: ends[one[0] + 1] - ends[one[0]])
        budget, pieces, sizes, weights = MOST_POSTINGS, [], [], []
        for at, belief in found:
            start, end = int(ends[at]), int(ends[at + 1])
            piece = self._rows[start : min(end, start + budget)]
            budget -= len(piece)
            pieces.append(piece)
            sizes.append(len(piece))
            weights.append(belief * float(self.weight[at]))
            if budget <= 0:
                break
        if not pieces:
            return np.zeros(self.count, np.float32)
        each = np.repeat(np.array(weights), np.array(sizes, np.int64))
        total = np.bincount(np.concatenate(pieces), weights=each, minlength=self.count)
        return (total / self._divisor).astype(np.float32)


def top(scores: F32, count: int) -> list[int]:
    """The positions of the highest positive scores, best first; ties by position."""
    if len(scores) > 4 * count:
        threshold = np.partition(scores, len(scores) - count)[len(scores) - count]
        chosen = np.flatnonzero((scores >= threshold) & (scores > 0))
        if len(chosen) > 8 * count:
            chosen = chosen[: 8 * count]
    else:
        chosen = np.flatnonzero(scores > 0)
    ordered = chosen[np.lexsort((chosen, -scores[chosen]))]
    return ordered[:count].tolist()  # type: ignore[no-any-return]
