"""The multi-pattern matcher: one Hyperscan pass over the squashed bytes of a whole block.

A compiled database takes a second or more to build, so each process keeps its own, by the fingerprint of what was
compiled, and hands it on when it is pickled.
"""

from __future__ import annotations

from array import array
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
        self._raw = [text.encode() for text in texts]
        self._width = np.array([len(text) for text in self._raw], np.int64)
        self._database = _compiled(self._raw)

    def __getstate__(self) -> tuple[list[bytes], bytes]:
        """The texts, and the database as Hyperscan writes it."""
        return self._raw, hyperscan.dumpb(self._database) if self._database is not None else b""

    def __setstate__(self, state: tuple[list[bytes], bytes]) -> None:
        self._raw, database = state
        self._width = np.array([len(text) for text in self._raw], np.int64)
        self._database = _loaded(database) or _compiled(self._raw)

    def scan(self, squashed: bytes) -> Found:
        """All occurrences of all patterns, overlapping ones included."""
        found = array("q")  # numbers and not objects: NumPy takes them over as they are
        add = found.append

        def on_match(pattern: int, _start: int, end: int, _flags: int, _context: object) -> None:
            add(pattern)
            add(end)

        if squashed and self._database is not None:
            self._database.scan(squashed, match_event_handler=on_match)
        pattern, end = np.array(found, np.int64).reshape(-1, 2).T.copy()
        return Found(pattern, end - self._width[pattern], end)


def _compiled(raw: list[bytes]) -> Any:
    if not raw:
        return None
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(expressions=raw, ids=list(range(len(raw))), elements=len(raw), flags=[0] * len(raw), literal=True)
    return database


def _loaded(written: bytes) -> Any:
    """The database, or None: it was written by another version of Hyperscan, or for another kind of processor."""
    try:
        database = hyperscan.loadb(written, hyperscan.HS_MODE_BLOCK)
    except hyperscan.error:
        return None
    database.scratch = hyperscan.Scratch(database)
    return database


_databases: dict[str, Matcher] = {}


def matcher_for(key: str, texts: Sequence[str]) -> Matcher:
    """The matcher of this process for `texts`, built on first use and kept under `key`."""
    if key not in _databases:
        while len(_databases) >= _KEPT_DATABASES:
            _databases.pop(next(iter(_databases)))
        _databases[key] = Matcher(texts)
    return _databases[key]
