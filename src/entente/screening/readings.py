"""Rows of text as code points to be read, with the way back to the row's own characters.

What is read may differ from what is written: markup stands for other characters (`substances.markup`), and letters of
another script for Latin ones (`substances.writing`). A row with look-alikes is read a second time with those replaced,
and one with what may be escapes with these read; there only a match that stands at one of them counts, so that a second
reading adds and takes nothing away.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from entente.screening.fold import I64, U8, U32
from entente.substances.markup import Edit, decoded, edits, holds_escape, marked_places
from entente.substances.writing import Flags, maybe_lookalikes, unmask


@dataclass(frozen=True, slots=True)
class Reading:
    """Rows as they are read.

    Attributes:
        rows: index of each row in the batch.
        codes: code points that are read, all rows end to end.
        offsets: where each row starts in `codes`; one more entry than rows.
        written: code points as they are written.
        written_offsets: where each row starts in `written`.
        starts, ends: where what each code point stands for begins and ends in `written`; None where they are the same.
        replaced: which code points only this reading reads so; None in a first reading.
    """

    rows: I64
    codes: U32
    offsets: I64
    written: U32
    written_offsets: I64
    starts: I64 | None = None
    ends: I64 | None = None
    replaced: Flags | None = None


def as_written(data: bytes, byte_offsets: I64, rows: I64) -> Reading:
    """Rows of UTF-8 text, read as they are.

    Args:
        data: all rows end to end.
        byte_offsets: where each row starts in `data`; one more entry than rows.
        rows: index of each row in the batch.
    """
    raw = np.frombuffer(data, np.uint8)
    before = np.zeros(len(raw) + 1, np.int64)
    np.cumsum((raw & 0xC0) != 0x80, out=before[1:])
    codes = np.frombuffer(data.decode().encode("utf-32-le"), np.uint32)
    offsets = before[byte_offsets]
    return Reading(rows, codes, offsets, codes, offsets)


def with_markup_read(column: pa.StringArray, rows: I64, *, escapes: bool = False) -> Reading:
    """Rows read with their markup as what it stands for.

    Args:
        column: the rows.
        rows: index of each in the batch.
        escapes: read escapes as well; then only what stands at one is of this reading's own.
    """
    texts = column.to_pylist()
    written_offsets = _offsets(texts)
    flat = array("q")
    read = [
        decoded(text, _noted(edits(text, escapes=escapes), base, flat))
        for text, base in zip(texts, written_offsets.tolist(), strict=False)
    ]
    start, end, size, escape = np.array(flat, np.int64).reshape(-1, 4).T
    offsets = _offsets(read)
    starts, ends = _places(int(offsets[-1]), start, end, size)
    reading = Reading(rows, _codes("".join(read)), offsets, _codes("".join(texts)), written_offsets, starts, ends)
    if not escapes:
        return reading
    return replace(reading, replaced=_at(starts, ends, start[escape > 0], end[escape > 0]))


def _noted(made: Iterable[Edit], base: int, flat: array[int]) -> Iterator[Edit]:
    """The edits, each noted by its place in all rows and the characters it gives."""
    for edit in made:
        flat.extend((base + edit.start, base + edit.end, len(edit.means), edit.escape))
        yield edit


def _at(starts: I64, ends: I64, first: I64, last: I64) -> Flags:
    """Which read characters stand for one of some stretches of written text, or right beside one."""
    low = np.searchsorted(ends, first, side="left")
    high = np.searchsorted(starts, last, side="right")
    change = np.zeros(len(starts) + 1, np.int64)
    np.add.at(change, low, 1)
    np.add.at(change, high, -1)
    at: Flags = np.cumsum(change)[:-1] > 0
    return at


def _places(length: int, start: I64, end: I64, size: I64) -> tuple[I64, I64]:
    """Where in the written text each of so many read characters begins and ends, by the edits between the two."""
    # written minus read, before each edit; an edit of no size moves what is behind it
    moved = np.cumsum(end - start - size)
    read_end = end - moved
    shift = np.zeros(length + 1, np.int64)
    np.add.at(shift, read_end, end - start - size)
    starts = np.arange(length) + np.cumsum(shift)[:length]
    ends = starts + 1
    for step in range(1, int(size.max(initial=0)) + 1):
        wide = size >= step
        starts[read_end[wide] - step], ends[read_end[wide] - step] = start[wide], end[wide]
    return starts, ends


def without_lookalikes(reading: Reading) -> Reading | None:
    """The second reading of those rows that hold look-alikes; None if none do."""
    some = _rows_at(maybe_lookalikes(reading.codes), reading.offsets)
    if not some.any():
        return None
    reading = _only(reading, some)
    found = unmask(reading.codes, reading.offsets[:-1])
    if found is None:
        return None
    codes, replaced = found
    return _only(replace(reading, codes=codes, replaced=replaced), _rows_at(np.flatnonzero(replaced), reading.offsets))


def _rows_at(places: I64, offsets: I64) -> Flags:
    """Which rows hold any of the places?"""
    rows = np.zeros(len(offsets) - 1, np.bool_)
    rows[np.searchsorted(offsets, places, side="right") - 1] = True
    return rows


def _only(reading: Reading, some: Flags) -> Reading:
    """Some of the rows. The written text stays whole, since places in it are counted from its start."""
    lengths = np.diff(reading.offsets)
    kept = np.flatnonzero(np.repeat(some, lengths))
    starts = kept if reading.starts is None else reading.starts[kept]
    ends = kept + 1 if reading.ends is None else reading.ends[kept]
    replaced = None if reading.replaced is None else reading.replaced[kept]
    return Reading(
        reading.rows[some],
        reading.codes[kept],
        np.concatenate([[0], np.cumsum(lengths[some])]).astype(np.int64),
        reading.written,
        np.append(reading.written_offsets[:-1][some], len(reading.written)),
        starts,
        ends,
        replaced,
    )


def marked_rows(data: U8, byte_offsets: I64) -> Flags:
    """Which rows hold markup?"""
    return _rows_at(np.array(marked_places(data.data), np.int64), byte_offsets)


def with_escapes(column: pa.StringArray) -> Flags:
    """Which rows hold what may be an escape?"""
    return np.array([holds_escape(text) for text in column.to_pylist()], np.bool_)


def _offsets(texts: list[str]) -> I64:
    return np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)


def _codes(text: str) -> U32:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)
