"""A block of text rows as one buffer, squashed for the matcher, with the way back to the original characters.

Positions have three scales. *Squashed bytes* are what the pattern matcher scans: letters, digits and Hanzi only,
lower case, UTF-8. *Units* are folded characters with everything between them still there: what boundaries and
context look at. *Characters* are code points of a row's own text: what a match reports. An ASCII row's units are
its bytes, so that most trade text is never decoded.

The way from squashed bytes to units is worked out for matches only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from entente.screening.fold import I64, U8, U32, class_table, fold, fold_codes
from entente.screening.readings import (
    Reading,
    as_written,
    marked_rows,
    with_escapes,
    with_markup_read,
    without_lookalikes,
)

#: A block holds at most this many rows, and as many bytes unless one row alone is longer.
BLOCK_ROWS = 1 << 16
BLOCK_BYTES = 1 << 24
#: Rows with markup are read in blocks of so many bytes: each mark in them takes many times its own size.
MARKED_BYTES = 1 << 20

Flags = npt.NDArray[np.bool_]

_LOWER = bytes(ord(chr(i).lower()) if i < 128 else i for i in range(256))
_DROPPED = bytes(i for i in range(128) if not chr(i).isalnum())
_PLAIN = bytes(ord(fold(chr(i))) if i < 128 else i for i in range(256))
_KEPT_FLAG = bytes(int(chr(i).isalnum()) for i in range(128)) + bytes(128)
_EIGHT = 8
#: For eight flags in a byte, the first of them lowest: where the n-th one that is set stands.
_NTH_FLAG = np.array(
    [([bit for bit in range(_EIGHT) if flags >> bit & 1] + [0] * _EIGHT)[:_EIGHT] for flags in range(256)], np.int64
)
_SUM_OF_BYTES, _TOP_BYTE = np.uint64(0x0101010101010101), np.uint64(56)


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of text of one kind (all ASCII, or not).

    Attributes:
        rows: index of each row in the batch.
        units: folded characters of all rows, end to end (ASCII: the raw bytes, not lowered).
        offsets: where each row starts in `units`; one more entry than rows.
        squashed: what the matcher scans.
        origin: where in `codes` what each unit stands for begins; None where they are the same.
        codes: original code points (None: ASCII, the units themselves).
        code_offsets: where each row starts in `codes`.
        kept: flag of each unit: it is in `squashed`.
        ends: where in `codes` what each unit stands for ends; None where that is one character.
        replaced: in a second reading, which units only it reads so; a match must hold one of them.
    """

    rows: I64
    units: U8 | U32
    offsets: I64
    squashed: bytes
    codes: U32 | None = None
    origin: I64 | None = None
    code_offsets: I64 | None = None
    kept: U8 = field(default_factory=lambda: np.empty(0, np.uint8))
    ends: I64 | None = None
    replaced: Flags | None = None

    def locate(self, positions: I64) -> I64:
        """Units at which squashed bytes `positions` stand."""
        if self.codes is None:
            return _select(self.kept, positions)
        squashed = np.frombuffer(self.squashed, np.uint8)
        lead = (squashed & 0xC0) != 0x80
        character = np.cumsum(lead) - 1
        units: I64 = np.flatnonzero(self.kept)[character[positions]]
        return units

    def row_of(self, units: I64) -> I64:
        """Index (within the block) of the row that each unit belongs to."""
        return np.searchsorted(self.offsets, units, side="right") - 1

    def spans(self, first: I64, last: I64, row: I64) -> tuple[I64, I64]:
        """Character span [start, end) in the row's own text of units `first` to `last` (both included)."""
        if self.codes is None or self.code_offsets is None:
            base = self.offsets[row]
            return first - base, last + 1 - base
        base = self.code_offsets[row]
        origin = self.origin
        if origin is None:
            return first - base, last + 1 - base
        end = origin[last] + 1 if self.ends is None else self.ends[last]
        return origin[first] - base, end - base

    def only(self, some: I64) -> Block:
        """Some of the rows, to be searched; what leads back to characters as they are written is left out."""
        if self.codes is None:
            offsets = pa.py_buffer(self.offsets.astype(np.int32))
            texts = pa.StringArray.from_buffers(len(self.rows), offsets, pa.py_buffer(self.units))
            return ascii_block(texts.take(pa.array(some)), self.rows[some])
        index, offsets = flat_index(self.offsets[some], self.offsets[some + 1])
        units, kept = self.units[index], self.kept[index]
        return Block(self.rows[some], units, offsets, _squashed(units, kept), codes=self.codes, kept=kept)

    def folded(self, start: int, end: int) -> str:
        """The folded text of units [start, end)."""
        units = self.units[start:end]
        if self.codes is None:
            return units.tobytes().translate(_PLAIN).decode("latin-1")
        return units.astype("<u4").tobytes().decode("utf-32-le")

    def original(self, start: I64, end: I64, row: I64) -> pa.StringArray:
        """The original text of character spans, as one Arrow array."""
        if self.codes is None or self.code_offsets is None:
            base = self.offsets[row]
            return _gather_ascii(self.units, start + base, end + base)
        base = self.code_offsets[row]
        return _gather_codes(self.codes, start + base, end + base)


def flat_index(start: I64, end: I64) -> tuple[I64, I64]:
    """All positions of spans end to end, and where each span starts among them (one more entry than spans)."""
    lengths = end - start
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    index = np.arange(offsets[-1]) + np.repeat(start - offsets[:-1], lengths)
    return index, offsets


def _gather_ascii(units: npt.NDArray[np.generic], start: I64, end: I64) -> pa.StringArray:
    index, offsets = flat_index(start, end)
    data = pa.py_buffer(units[index].astype(np.uint8, copy=False).tobytes())
    return pa.StringArray.from_buffers(len(start), pa.py_buffer(offsets.astype(np.int32).tobytes()), data)


def _gather_codes(codes: U32, start: I64, end: I64) -> pa.StringArray:
    index, offsets = flat_index(start, end)
    taken = codes[index]
    widths = np.zeros(len(taken) + 1, np.int64)
    np.cumsum(1 + (taken >= 0x80).astype(np.int64) + (taken >= 0x800) + (taken >= 0x10000), out=widths[1:])
    data = pa.py_buffer(taken.astype("<u4").tobytes().decode("utf-32-le").encode())
    return pa.StringArray.from_buffers(len(start), pa.py_buffer(widths[offsets].astype(np.int32).tobytes()), data)


def _select(kept: U8, positions: I64) -> I64:
    """Index of the k-th set flag for each k in `positions`. Flags are counted by eights, as integers."""
    padding = (-len(kept)) % _EIGHT
    eights = np.concatenate([kept, np.zeros(padding, np.uint8)]) if padding else kept
    with np.errstate(over="ignore"):
        counts = (eights.view(np.uint64) * _SUM_OF_BYTES) >> _TOP_BYTE
    reach = np.cumsum(counts.astype(np.int64))
    eight = np.searchsorted(reach, positions, side="right")
    rank = positions - (reach[eight] - counts[eight].astype(np.int64))
    flags = np.packbits(eights.reshape(-1, _EIGHT)[eight], axis=1, bitorder="little")[:, 0]
    units: I64 = eight * _EIGHT + _NTH_FLAG[flags, rank]
    return units


def flat(array: pa.StringArray) -> tuple[U8, I64]:
    """Bytes of all rows end to end, and the rows' offsets in them."""
    if len(array) == 0:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    buffers = array.buffers()
    offsets = np.frombuffer(buffers[1], np.int32, len(array) + 1, array.offset * 4)
    data = np.frombuffer(buffers[2] or b"", np.uint8)[offsets[0] : offsets[-1]]
    return data, (offsets - offsets[0]).astype(np.int64)


def squashed_ascii(raw: bytes) -> bytes:
    """What the matcher scans of ASCII text."""
    return raw.translate(_LOWER, _DROPPED)


def _squashed(units: U32 | U8, kept: U8) -> bytes:
    """What the matcher scans of folded characters."""
    return units[kept.view(np.bool_)].astype("<u4").tobytes().decode("utf-32-le").encode()


def ascii_block(array: pa.StringArray, rows: I64) -> Block:
    """A block of rows that are ASCII."""
    units, offsets = flat(array)
    raw = units.tobytes()
    kept = np.frombuffer(raw.translate(_KEPT_FLAG), np.uint8)
    return Block(rows, units, offsets, squashed_ascii(raw), kept=kept)


def unicode_block(reading: Reading) -> Block:
    """A block of rows that are not all ASCII, or not read as they are written."""
    units, origin = fold_codes(reading.codes)
    offsets = reading.offsets if origin is None else np.searchsorted(origin, reading.offsets, side="left")
    kept = (class_table()[units] > 0).view(np.uint8)
    squashed = _squashed(units, kept)
    starts, ends, replaced = reading.starts, reading.ends, reading.replaced
    if origin is not None:
        starts = origin if starts is None else starts[origin]
        ends = None if ends is None else ends[origin]
        replaced = None if replaced is None else replaced[origin]
    codes, code_offsets = reading.written, reading.written_offsets
    return Block(reading.rows, units, offsets, squashed, codes, starts, code_offsets, kept, ends, replaced)


def _pieces(array: pa.StringArray, most_bytes: int) -> Iterator[tuple[int, pa.StringArray]]:
    """Cut into runs of at most BLOCK_ROWS rows and about so many bytes."""
    start, total = 0, len(array)
    offsets = (
        np.frombuffer(array.buffers()[1], np.int32, total + 1, array.offset * 4) if total else np.zeros(1, np.int32)
    )
    while start < total:
        fit = int(np.searchsorted(offsets, int(offsets[start]) + most_bytes, side="right")) - 1
        end = min(max(fit, start + 1), start + BLOCK_ROWS, total)
        yield start, array.slice(start, end - start)
        start = end


def plain(column: pa.Array) -> pa.StringArray:
    """A column of any text type as plain strings; nulls are empty."""
    array = column if pa.types.is_string(column.type) else column.cast(pa.string())
    return pc.fill_null(array, "") if array.null_count else array


def blocks(column: pa.Array) -> Iterator[Block]:
    """Cut a string column into blocks of bounded size; nulls are empty rows. Some rows are read twice (`readings`)."""
    array = plain(column)
    for start, piece in _pieces(array, BLOCK_BYTES):
        rows = np.arange(start, start + len(piece))
        data, offsets = flat(piece)
        marked = marked_rows(data, offsets)
        is_ascii = pc.string_is_ascii(piece).to_numpy(zero_copy_only=False)
        plainly = is_ascii & ~marked
        if plainly.all():
            yield ascii_block(piece, rows)
            continue
        if plainly.any():
            yield ascii_block(piece.filter(pa.array(plainly)), rows[plainly])
        for reading in _readings(piece, rows, marked, ~is_ascii & ~marked):
            yield unicode_block(reading)


def _readings(piece: pa.StringArray, rows: I64, marked: Flags, foreign: Flags) -> Iterator[Reading]:
    """The readings of rows with markup, and of others that are not ASCII."""
    for reading in _first_readings(piece, rows, marked, foreign):
        yield reading
        again = without_lookalikes(reading)
        if again is not None:
            yield again


def _first_readings(piece: pa.StringArray, rows: I64, marked: Flags, foreign: Flags) -> Iterator[Reading]:
    """The readings with their letters as they are."""
    if foreign.any():
        data, offsets = flat(piece.filter(pa.array(foreign)))
        yield as_written(data.tobytes(), offsets, rows[foreign])
    if marked.any():
        for start, some in _pieces(piece.filter(pa.array(marked)), MARKED_BYTES):
            these = rows[marked][start : start + len(some)]
            yield with_markup_read(some, these)
            escaped = with_escapes(some)
            if escaped.any():
                yield with_markup_read(some.filter(pa.array(escaped)), these[escaped], escapes=True)
