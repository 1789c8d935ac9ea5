r"""Cut delimited text into records, as RFC 4180 says, without trusting it.

Records end at CR, LF or CRLF outside quotes; blank lines are no records. A quote opens a cell only at its beginning,
and inside a quoted cell two quotes stand for one. Well-formed text is cut with NumPy; a block with odd quoting is cut
record by record. A record that cannot be taken apart costs its first physical line only: that goes to the bad ones,
and cutting goes on behind it. Memory is bounded by a block and the longest record allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from entente.records.shaping import Bad

_CR, _LF = 13, 10
_KEPT = 2000


@dataclass(frozen=True, slots=True)
class Dialect:
    """How cells are told apart; `quote` is empty when there is no quoting."""

    delimiter: str
    quote: str


@dataclass(frozen=True, slots=True)
class Cut:
    """Whole records with the right number of cells, and the others.

    Args:
        data: the good records' text, each with its line end.
        lines: record number of each good record.
        bad: the others.
        plain: true when the text is well-formed RFC 4180, which a fast parser reads safely.
    """

    data: bytes
    lines: np.ndarray
    bad: tuple[Bad, ...]
    plain: bool


@dataclass(slots=True)
class _State:
    """Where cutting stands between two blocks."""

    carry: bytes = b""
    line: int = 1
    skipping: bool = False
    bad: list[Bad] = field(default_factory=list)


def cut_records(chunks: Iterator[bytes], dialect: Dialect, cells: int, max_record: int) -> Iterator[Cut]:
    """Cut a stream of UTF-8 text (after the header) into records of `cells` cells.

    Args:
        chunks: pieces of the text, cut anywhere.
        dialect: delimiter and quote.
        cells: cells of a good record.
        max_record: longest record in bytes.
    """
    state = _State()
    for chunk in chunks:
        text = _after_skipped(state, chunk)
        if text:
            yield from _cut_block(state, text, dialect, cells, max_record, last=False)
    if state.carry:
        text, state.carry = state.carry + b"\n", b""
        yield from _cut_block(state, text, dialect, cells, max_record, last=True)
    if state.bad:
        yield Cut(b"", np.empty(0, np.int64), tuple(state.bad), plain=True)


def _after_skipped(state: _State, chunk: bytes) -> bytes:
    """Drop what is left of a record that is too long (it is among the bad ones already)."""
    if state.skipping:
        end = _line_end(chunk, 0)
        if end < 0:
            return b""
        state.skipping = False
        chunk = chunk[end + 1 :]
    text, state.carry = state.carry + chunk, b""
    return text


def _cut_block(
    state: _State, text: bytes, dialect: Dialect, cells: int, max_record: int, *, last: bool
) -> Iterator[Cut]:
    quick = _quick_ends(text, dialect)
    if quick is None:
        yield from _slow(state, text, dialect, cells, max_record, last=last)
        return
    ends, delimiters = quick
    rest = int(ends[-1]) + 1 if len(ends) else 0
    yield _judged(state, text, ends, delimiters, cells, max_record)
    if last and rest < len(text):  # a quote that is never closed
        yield from _slow(state, text[rest:], dialect, cells, max_record, last=True)
    else:
        _keep(state, text[rest:], dialect, max_record)


def _quick_ends(text: bytes, dialect: Dialect) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the places of record ends and delimiters outside quotes, or None when quoting is odd."""
    codes = np.frombuffer(text, np.uint8)
    ends = (codes == _LF) | (codes == _CR)
    delimiters = codes == ord(dialect.delimiter)
    if dialect.quote and dialect.quote.encode() in text:
        quotes = codes == ord(dialect.quote)
        inside = (np.cumsum(quotes, dtype=np.uint8) & 1).astype(bool)
        if not _well_quoted(quotes, inside, ends | delimiters):
            return None
        ends &= ~inside
        delimiters &= ~inside
    return np.flatnonzero(ends), np.flatnonzero(delimiters)


def _well_quoted(quotes: np.ndarray, inside: np.ndarray, borders: np.ndarray) -> bool:
    """Tell whether every quote stands at a cell's border or is doubled."""
    places = np.flatnonzero(quotes)
    opening = places[inside[places]]
    closing = places[~inside[places]]
    before = np.maximum(opening - 1, 0)
    opens_well = (opening == 0) | borders[before] | quotes[before]
    after = np.minimum(closing + 1, len(quotes) - 1)
    closes_well = (closing == len(quotes) - 1) | borders[after] | quotes[after]
    return bool(opens_well.all() and closes_well.all())


def _judged(state: _State, text: bytes, ends: np.ndarray, delimiters: np.ndarray, cells: int, max_record: int) -> Cut:
    """Number the records of well-formed text and take out those that are wrong."""
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    lines = np.arange(state.line, state.line + len(starts), dtype=np.int64)
    state.line += len(starts)
    reasons = _reasons(text, starts, ends, delimiters, cells, max_record)
    wrong = np.array([reason is not None for reason in reasons], bool) if reasons else np.zeros(len(starts), bool)
    bad = (
        [_bad(int(lines[at]), str(reasons[at]), text[starts[at] : ends[at]]) for at in np.flatnonzero(wrong)]
        if reasons
        else []
    )
    carried, state.bad = state.bad, []
    data = _without(text, starts, ends, wrong) if bad else (text[: int(ends[-1]) + 1] if len(ends) else b"")
    return Cut(data, lines[~wrong], (*carried, *bad), plain=True)


def _reasons(
    text: bytes, starts: np.ndarray, ends: np.ndarray, delimiters: np.ndarray, cells: int, max_record: int
) -> list[str | None]:
    """Return why each record is wrong, or an empty list when none is."""
    counts = np.searchsorted(delimiters, ends) - np.searchsorted(delimiters, starts)
    ragged = counts != cells - 1
    long = (ends - starts) > max_record
    nul = np.zeros(len(starts), bool)
    if b"\0" in text:
        zeros = np.flatnonzero(np.frombuffer(text, np.uint8) == 0)
        nul = np.searchsorted(zeros, ends) > np.searchsorted(zeros, starts)
    if not (ragged.any() or long.any() or nul.any()):
        return []
    return [
        "row_too_long" if lo else "nul_byte" if nu else "cell_count" if ra else None
        for lo, nu, ra in zip(long, nul, ragged, strict=True)
    ]


def _without(text: bytes, starts: np.ndarray, ends: np.ndarray, wrong: np.ndarray) -> bytes:
    pieces, begin = [], 0
    for at in np.flatnonzero(wrong):
        pieces.append(text[begin : starts[at]])
        begin = int(ends[at]) + 1
    pieces.append(text[begin : int(ends[-1]) + 1])
    return b"".join(pieces)


def _keep(state: _State, rest: bytes, dialect: Dialect, max_record: int) -> None:
    """Carry an unfinished record over to the next block, unless it is too long already."""
    while len(rest) > max_record:
        end = _line_end(rest, 0)
        if end < 0 or not (dialect.quote and dialect.quote.encode() in rest[:end]):
            state.bad.append(_bad(state.line, "row_too_long", rest))
            state.skipping, rest = end < 0, rest[end + 1 :] if end >= 0 else b""
        else:
            state.bad.append(_bad(state.line, "bad_quoting", rest[:end]))
            rest = rest[end + 1 :]
        state.line += 1
        if end >= 0:
            break
    state.carry = rest


def _slow(state: _State, text: bytes, dialect: Dialect, cells: int, max_record: int, *, last: bool) -> Iterator[Cut]:
    """Cut record by record: some quote in the text does not stand where it should."""
    good, lines, at = [], [], 0
    bad, state.bad = state.bad, []
    while at < len(text):
        if text[at] in (_CR, _LF):
            at += 1
            continue
        end, parsed = record_end(text, at, dialect)
        if end < 0 or (
            not parsed and not last and text[end : end + 1] == dialect.quote.encode() and len(text) - at <= max_record
        ):
            break  # the record may yet be finished by text that has not been read
        end = end if parsed else _line_end(text, at)
        if end < 0:
            break
        record = text[at:end]
        reason = _reason(record, cells, max_record, dialect) if parsed else "bad_quoting"
        if reason is None:
            good.append(record)
            lines.append(state.line)
        else:
            bad.append(_bad(state.line, reason, record))
        state.line += 1
        at = end + 1
    yield Cut(b"\n".join([*good, b""]) if good else b"", np.array(lines, np.int64), tuple(bad), plain=False)
    _keep(state, text[at:], dialect, max_record)


def record_end(text: bytes, at: int, dialect: Dialect) -> tuple[int, bool]:
    """Return (end, True) of the record at `at`; (place of the trouble, False); (-1, False) if text is missing."""
    found = _record_pattern(dialect).match(text, at)
    end = found.end() if found else at
    if end == len(text):
        return -1, False
    return end, text[end] in (_CR, _LF)


def _reason(record: bytes, cells: int, max_record: int, dialect: Dialect) -> str | None:
    if len(record) > max_record:
        return "row_too_long"
    if b"\0" in record:
        return "nul_byte"
    return None if len(split_cells(record, dialect)) == cells else "cell_count"


@cache
def _record_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    mark = re.escape(dialect.delimiter.encode())
    cell = _cell(dialect)
    return re.compile(rb"(?:%s)(?:%s(?:%s))*+" % (cell, mark, cell))


@cache
def _cell_pattern(dialect: Dialect) -> re.Pattern[bytes]:
    return re.compile(rb"(%s)(?:(%s)|\Z)" % (_cell(dialect), re.escape(dialect.delimiter.encode())))


def _cell(dialect: Dialect) -> bytes:
    mark = re.escape(dialect.delimiter.encode())
    if not dialect.quote:
        return rb"[^%s\r\n]*+" % mark
    quote = re.escape(dialect.quote.encode())
    return rb"%s(?:[^%s]|%s%s)*+%s[ \t]*+|[^%s%s\r\n][^%s\r\n]*+|" % (
        quote,
        quote,
        quote,
        quote,
        quote,
        quote,
        mark,
        mark,
    )


def split_cells(record: bytes, dialect: Dialect) -> list[bytes]:
    """Take one well-formed record apart into its cells, unquoted.

    Raises:
        ValueError: text follows a closing quote, or a quote is not closed.
    """
    cells, at = [], 0
    pattern, quote = _cell_pattern(dialect), dialect.quote.encode()
    while True:
        found = pattern.match(record, at)
        if found is None:
            raise ValueError(record)
        cell = found[1]
        cells.append(cell.rstrip(b" \t")[1:-1].replace(quote * 2, quote) if quote and cell.startswith(quote) else cell)
        if found[2] is None:
            return cells
        at = found.end()


def _line_end(text: bytes, at: int) -> int:
    ends = [place for place in (text.find(b"\n", at), text.find(b"\r", at)) if place >= 0]
    return min(ends, default=-1)


def _bad(line: int, reason: str, record: bytes) -> Bad:
    shown = record[:_KEPT].decode("utf-8", "backslashreplace")
    return Bad(line, reason, shown[:200], shown)
