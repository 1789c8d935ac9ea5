r"""Cut delimited text into records, as RFC 4180 says, without trusting it.

Records end at CR, LF or CRLF outside quotes; blank lines are no records. A quote opens a cell only at its beginning,
and inside a quoted cell two quotes stand for one. Well-formed text is cut with NumPy; a block with odd quoting is cut
record by record. A record that cannot be taken apart costs its first physical line only: that goes to the bad ones,
and cutting goes on behind it. A quote that is not closed within the longest record allowed is not trusted: over the
text that it would have swallowed, records may span lines only within a short reach, so that hostile quoting cannot
make the work grow with the square of the text. Memory is bounded by a block and the longest record allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice

import numpy as np

from entente.records.shaping import Bad

_CR, _LF = 13, 10
_KEPT = 2000
#: How far a quoted cell may reach over line ends in the text behind a quote that ran away.
_REACH = 2048
#: Bad records that are given on at once.
_BAD_AT_ONCE = 1 << 13


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
    """Where cutting stands between two blocks.

    Args:
        carry: text of the record that is not finished yet.
        line: number of the next record.
        skipping: true inside a record that is too long.
        wary: bytes of text, from the carry on, that stand behind a quote that ran away.
    """

    carry: bytes = b""
    line: int = 1
    skipping: bool = False
    wary: int = 0


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


def _after_skipped(state: _State, chunk: bytes) -> bytes:
    """Drop what is left of a record that is too long (it is among the bad ones already)."""
    if state.skipping:
        end = _line_end(chunk, 0, len(chunk))
        if end < 0:
            return b""
        state.skipping = False
        chunk = chunk[end + 1 :]
    text, state.carry = state.carry + chunk, b""
    return text


def _cut_block(
    state: _State, text: bytes, dialect: Dialect, cells: int, max_record: int, *, last: bool
) -> Iterator[Cut]:
    quick = None if state.wary else _quick_ends(text, dialect)
    if quick is None:
        yield from _slow(state, text, dialect, cells, max_record, last=last)
        return
    ends, delimiters = quick
    rest = int(ends[-1]) + 1 if len(ends) else 0
    if _runs_away(text, ends, dialect, max_record) or len(text) - rest > max_record or (last and rest < len(text)):
        yield from _slow(state, text, dialect, cells, max_record, last=last)
        return
    yield from _judged(state, text, ends, delimiters, cells, max_record)
    state.carry = text[rest:]


def _runs_away(text: bytes, ends: np.ndarray, dialect: Dialect, max_record: int) -> bool:
    """Tell whether some record is too long and may have line ends in it."""
    long = np.diff(ends, prepend=-1) - 1 > max_record
    return bool(long.any()) and bool(dialect.quote) and dialect.quote.encode() in text


def _quick_ends(text: bytes, dialect: Dialect) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the places of record ends and delimiters outside quotes, or None when quoting is odd."""
    codes = np.frombuffer(text, np.uint8)
    ends = (codes == _LF) | (codes == _CR)
    delimiters = codes == ord(dialect.delimiter)
    if dialect.quote and dialect.quote.encode() in text:
        quotes = codes == ord(dialect.quote)
        if not _well_quoted(codes, np.flatnonzero(quotes), dialect):
            return None
        outside = np.bitwise_xor.accumulate(quotes.view(np.uint8)) == 0
        ends &= outside
        delimiters &= outside
    return np.flatnonzero(ends), np.flatnonzero(delimiters)


def _well_quoted(codes: np.ndarray, places: np.ndarray, dialect: Dialect) -> bool:
    """Tell whether every quote stands at a cell's border or is doubled."""
    border = np.zeros(256, bool)
    border[[_LF, _CR, ord(dialect.delimiter), ord(dialect.quote)]] = True
    opening, closing = places[0::2], places[1::2]
    before = codes[np.maximum(opening - 1, 0)]
    after = codes[np.minimum(closing + 1, len(codes) - 1)]  # at the very end it is the quote itself
    return bool((border[before] | (opening == 0)).all() and border[after].all())


def _judged(
    state: _State, text: bytes, ends: np.ndarray, delimiters: np.ndarray, cells: int, max_record: int
) -> Iterator[Cut]:
    """Number the records of well-formed text and take out those that are wrong."""
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    filled = ends > starts
    starts, ends = starts[filled], ends[filled]
    lines = np.arange(state.line, state.line + len(starts), dtype=np.int64)
    state.line += len(starts)
    reasons = _reasons(text, starts, ends, delimiters, cells, max_record)
    if not reasons:
        yield Cut(text[: int(ends[-1]) + 1] if len(ends) else b"", lines, (), plain=True)
        return
    wrong = np.array([reason is not None for reason in reasons], bool)
    yield Cut(_without(text, starts, ends, wrong), lines[~wrong], (), plain=True)
    bad = (
        _bad(int(lines[at]), str(reasons[at]), text[starts[at] : min(ends[at], starts[at] + _KEPT)])
        for at in np.flatnonzero(wrong)
    )
    while some := tuple(islice(bad, _BAD_AT_ONCE)):
        yield _nothing(some)


def _nothing(bad: tuple[Bad, ...]) -> Cut:
    return Cut(b"", np.empty(0, np.int64), bad, plain=True)


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


def _slow(state: _State, text: bytes, dialect: Dialect, cells: int, max_record: int, *, last: bool) -> Iterator[Cut]:
    """Cut record by record: some quote in the text does not stand where it should, or a record is too long."""
    good: list[bytes] = []
    lines: list[int] = []
    bad: list[Bad] = []
    at = 0
    wary, state.wary = state.wary, 0
    while at < len(text):
        if text[at] in (_CR, _LF):
            at += 1
            continue
        reach = min(_REACH, max_record) if at < wary else max_record
        end, reason = _next_record(text, at, dialect, reach, max_record, last=last)
        if reason == "unfinished":
            break
        if reason == "runaway":
            wary, reason = max(wary, at + max_record), "bad_quoting"
        record = text[at:end]
        reason = reason or _reason(record, cells, dialect)
        if reason is None:
            good.append(record)
            lines.append(state.line)
        else:
            bad.append(_bad(state.line, reason, record[:_KEPT]))
        if len(bad) == _BAD_AT_ONCE:
            yield _nothing(tuple(bad))
            bad.clear()
        state.line += 1
        state.skipping, at = end == len(text), end + 1
    state.carry, state.wary = text[at:], max(wary - at, 0)
    yield Cut(b"\n".join([*good, b""]) if good else b"", np.array(lines, np.int64), tuple(bad), plain=False)


def _next_record(
    text: bytes, at: int, dialect: Dialect, reach: int, max_record: int, *, last: bool
) -> tuple[int, str | None]:
    """Return the end of the record at `at` and what is wrong with it.

    The end of a wrong record is that of its first line, or of the text if that line does not end. `unfinished` asks
    for more text; `runaway` says that a quote is not closed within the reach.
    """
    first = _line_end(text, at, at + max_record + 1)
    if first < 0 and len(text) - at <= max_record:
        return at, "unfinished"
    if first < 0:
        end = _line_end(text, at, len(text))
        return (len(text) if end < 0 else end), "row_too_long"
    stop = max(first, at + reach) + 1
    end, state = record_end(text, at, dialect, stop)
    if state == "whole":
        return end, None
    if state == "open" and not last and len(text) < stop:
        return at, "unfinished"
    return first, "runaway" if state == "open" else "bad_quoting"


def record_end(text: bytes, at: int, dialect: Dialect, stop: int | None = None) -> tuple[int, str]:
    """Return where the record at `at` ends, and how.

    `whole` is a record with its line end; `open` one that goes on behind `stop` (the end of the text by default);
    `broken` one in which text follows a closing quote.
    """
    stop = len(text) if stop is None else min(len(text), stop)
    found = _record_pattern(dialect).match(text, at, stop)
    end = found.end() if found else at
    if end == stop:
        return end, "open"
    if text[end] in (_CR, _LF):
        return end, "whole"
    opens = bool(dialect.quote) and text[end] == ord(dialect.quote)
    at_border = end == at or text[end - 1] == ord(dialect.delimiter)
    return end, "open" if opens and at_border else "broken"


def _reason(record: bytes, cells: int, dialect: Dialect) -> str | None:
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
    pad = b"[%s]*+" % b" \t".replace(dialect.delimiter.encode(), b"")
    quoted = rb"%s(?:[^%s]|%s%s)*+%s%s" % (quote, quote, quote, quote, quote, pad)
    return rb"%s|[^%s%s\r\n][^%s\r\n]*+|" % (quoted, quote, mark, mark)


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


def _line_end(text: bytes, at: int, stop: int) -> int:
    feed = text.find(b"\n", at, stop)
    carriage = text.find(b"\r", at, stop if feed < 0 else feed)
    return feed if carriage < 0 else carriage


def _bad(line: int, reason: str, record: bytes) -> Bad:
    shown = record[:_KEPT].decode("utf-8", "backslashreplace")
    return Bad(line, reason, shown[:200], shown)
