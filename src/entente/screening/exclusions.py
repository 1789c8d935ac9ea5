"""Words of exclusion ("other than", "不含") before names, which mark a name for a closer look.

Few rows hold a name, and the words are common. So they are looked for only in rows with names.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from entente.screening.boundaries import Flags, Located, locate
from entente.screening.fold import I64, squash
from entente.screening.lexicon import hanzi, latin
from entente.screening.matcher import Matcher
from entente.screening.text import Block


class Exclusions:
    """Finds words of exclusion.

    Args:
        names: squashed texts that are names, and so no words of exclusion.
    """

    def __init__(self, names: Collection[str]) -> None:
        words = {squash(word) for word in (*latin()["exclusions"], *hanzi()["exclusions"], *hanzi()["exceptions"])}
        self._matcher = Matcher(sorted(words.difference(names)))

    def stand_before(self, block: Block, hits: Located) -> Flags:
        """Matches with a word of exclusion somewhere before them in their row."""
        rows, row = np.unique(hits.row, return_inverse=True)
        first = self._first(block.only(rows)) + block.offsets[rows]
        before: Flags = hits.first > first[row]
        return before

    def _first(self, block: Block) -> I64:
        """Where in each row the first word of exclusion begins; behind all rows if it holds none."""
        found = locate(block, self._matcher.scan(block.squashed))
        first = np.full(len(block.rows), np.iinfo(np.int32).max, np.int64)
        np.minimum.at(first, found.row, found.first - block.offsets[found.row])
        return first
