"""Cut a batch so that its texts, written out, stay within a bound, and take out rows with a text that is too long.

A dictionary-encoded column is small whatever its texts are; written out, each row has its own copy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entente.records.limits import Limits
from entente.records.reading.base import Block
from entente.records.shaping import Bad

_SHOWN = 200


def cut_by_size(batch: pa.RecordBatch, first: int, limits: Limits) -> Iterator[Block]:
    """Yield the rows of a batch, numbered from `first`, in blocks of at most `batch_bytes` of text."""
    lines = np.arange(first, first + batch.num_rows, dtype=np.int64)
    texts = [column for column in batch.columns if _is_text(column.type)]
    longest = [_longest(column) for column in texts]
    if max(longest, default=0) <= limits.max_record_bytes and sum(longest) * batch.num_rows <= limits.batch_bytes:
        yield Block(batch, pa.array(lines))
        return
    lengths = [_lengths(column) for column in texts]
    wrong = np.any([length > limits.max_record_bytes for length in lengths], axis=0)
    bad = _bad(texts, lengths, lines, limits)
    good = np.flatnonzero(~wrong)
    pieces = np.cumsum(np.sum(lengths, axis=0)[good]) // limits.batch_bytes
    for piece in np.unique(pieces):
        chosen = good[pieces == piece]
        yield Block(batch.take(pa.array(chosen)), pa.array(lines[chosen]), bad)
        bad = ()
    if bad:
        yield Block(batch.slice(0, 0), pa.array([], pa.int64()), bad)


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return True
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _longest(column: pa.Array) -> int:
    words = column.dictionary if pa.types.is_dictionary(column.type) else column
    return int(pc.max(pc.binary_length(words)).as_py() or 0)


def _lengths(column: pa.Array) -> np.ndarray:
    if not pa.types.is_dictionary(column.type):
        return _filled(pc.binary_length(column))
    return _filled(pc.take(pc.binary_length(column.dictionary), column.indices))


def _filled(lengths: pa.Array) -> np.ndarray:
    return np.asarray(pc.fill_null(lengths, 0), np.int64)


def _bad(texts: list[pa.Array], lengths: list[np.ndarray], lines: np.ndarray, limits: Limits) -> tuple[Bad, ...]:
    found: dict[int, Bad] = {}
    for column, length in zip(texts, lengths, strict=True):
        places = np.flatnonzero(length > limits.max_record_bytes)
        for line, value in zip(lines[places].tolist(), _beginnings(column, places), strict=True):
            shown = value.decode("utf-8", "backslashreplace")
            found.setdefault(line, Bad(line, "row_too_long", shown, shown))
    return tuple(found[line] for line in sorted(found))


def _beginnings(column: pa.Array, places: np.ndarray) -> list[bytes]:
    """Clip each distinct text once: to take a long one as a value of Python copies it."""
    if pa.types.is_dictionary(column.type):
        return list(_clipped(column.dictionary).take(column.indices.take(pa.array(places))).to_pylist())
    return [_clipped(column.slice(at, 1))[0].as_py() for at in places.tolist()]


def _clipped(words: pa.Array) -> pa.Array:
    large = pa.types.is_large_string(words.type) or pa.types.is_large_binary(words.type)
    return pc.binary_slice(words.view(pa.large_binary() if large else pa.binary()), 0, _SHOWN)
