"""The multi-pattern matcher: one Hyperscan pass over the squashed bytes of a whole block.

Compiled databases cannot be pickled and take seconds to build, so each process keeps its own, by the fingerprint of
what was compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hyperscan
import numpy as np

from entente.screening.fold import I64

_KEPT_DATABASES = 4


@dataclass(frozen=True, slots=True)
class Found:
    """Matches in squashed bytes: pattern number and the byte range [start, end)."""

    pattern: I64
    start: I64
    end: I64


class Matcher:
    """Finds many literal texts in one pass.

    Args:
        texts: what to find; pattern numbers index it.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        raw = [text.encode() for text in texts]
        self._width = np.array([len(text) for text in raw], np.int64)
        self._database: Any = None
        if raw:
            self._database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
            self._database.compile(
                expressions=raw, ids=list(range(len(raw))), elements=len(raw), flags=[0] * len(raw), literal=True
            )

    def scan(self, squashed: bytes) -> Found:
        """All occurrences of all patterns, overlapping ones included."""
        patterns: list[int] = []
        ends: list[int] = []
        add_pattern, add_end = patterns.append, ends.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add_pattern(pattern)
            add_end(end)

        if squashed and self._database is not None:
            self._database.scan(squashed, match_event_handler=on_match)
        pattern = np.array(patterns, np.int64)
        end = np.array(ends, np.int64)
        return Found(pattern, end - self._width[pattern], end)


_databases: dict[str, Matcher] = {}


def matcher_for(key: str, texts: Sequence[str]) -> Matcher:
    """The matcher of this process for `texts`, built on first use and kept under `key`."""
    if key not in _databases:
        while len(_databases) >= _KEPT_DATABASES:
            _databases.pop(next(iter(_databases)))
        _databases[key] = Matcher(texts)
    return _databases[key]
