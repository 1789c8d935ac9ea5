"""Doubtful values of accepted rows: they are read as they stand, and counted with the first places where they stand.

A date after the day of the run, or before there was a Harmonized System, is more often a slip of the pen than a
shipment. A tariff code with an odd number of digits has often lost its leading zero to a spreadsheet. Nothing is
repaired: a guess that looks like data is worse than a doubt. Damaged texts come in whole files, so some thousand rows
of each batch are looked at for them.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

import pyarrow as pa
import pyarrow.compute as pc

from entente.records.arrays import as_dictionary
from entente.records.cas_numbers import is_doubtful
from entente.records.garbled import EXPONENT, SUSPECT, damage
from entente.records.schema import TableSpec

#: Columns with the day of something that has happened. Days that rights begin or end may well be in the future.
EVENT_DAYS = ("date", "sent_on")
#: The Harmonized System took effect on this day, and the United Nations adopted their Convention in the same year.
EARLIEST = dt.date(1988, 1, 1)
#: Places of a doubt that are named.
FIRST = 3
_GAPS = re.compile(r"[\s.\-]+")
#: No country's tariff has codes of so many digits.
_NEVER = (5, 7)
#: Some have nine: a code of nine is doubted where those of ten are as many or more.
_SELDOM = 9


@dataclass(slots=True)
class Doubt:
    """How often something doubtful stands in a file, and where first: (place, value)."""

    count: int = 0
    places: list[tuple[str, str]] = field(default_factory=list)

    def add(self, count: int, places: list[tuple[str, str]]) -> None:
        """Count some more."""
        self.count += count
        self.places = [*self.places, *places][:FIRST]

    def in_words(self) -> str:
        """The first places, each with what stands there."""
        return ", ".join(f"{place}: {value}" for place, value in self.places)


#: (field, reason) -> doubt. Codes are kept by their number of digits until all are counted, see `settled`.
Doubts = dict[tuple[str, str], Doubt]


def doubts(rows: pa.Table, spec: TableSpec, today: dt.date | None, place: Callable[[int], str]) -> Doubts:
    """Return what is doubtful in accepted rows.

    Args:
        rows: in the staged schema.
        spec: their table.
        today: day of the run (UTC); None asks no question about the future.
        place: words for the place of a row, from its record number.
    """
    found: Doubts = {}
    for name in EVENT_DAYS:
        if name in spec.names:
            days = rows.column(name)
            _note(found, name, "date_early", pc.less(days, pa.scalar(EARLIEST)), rows, place)
            if today is not None:  # it may be tomorrow already where the row was written
                tomorrow = pa.scalar(today + dt.timedelta(days=1))
                _note(found, name, "date_in_future", pc.greater(days, tomorrow), rows, place)
    if spec.hs6_from:
        _count_digits(found, spec.hs6_from, rows, place)
    _look_at_texts(found, spec, rows, place)
    return found


def add(total: Doubts, more: Doubts) -> None:
    """Add the doubts of a further part of a file, in order."""
    for key, doubt in more.items():
        total.setdefault(key, Doubt()).add(doubt.count, doubt.places)


def settled(found: Doubts) -> Doubts:
    """Return the doubts of a whole file, now that it is known which codes are usual in it."""
    digits = {key: doubt for key, doubt in found.items() if key[1].startswith(_DIGITS)}
    plain = {key: doubt for key, doubt in found.items() if key not in digits}
    odd = Doubt()
    for (name, reason), doubt in sorted(digits.items()):
        length = int(reason.removeprefix(_DIGITS))
        usual = digits.get((name, f"{_DIGITS}{length + 1}"), Doubt())
        if length in _NEVER or (length == _SELDOM and doubt.count <= usual.count):
            odd.add(doubt.count, doubt.places)
            plain[name, "hs_odd_digits"] = odd
    return plain


_DIGITS = "digits:"
#: Texts that are looked at, where a table has them, and rows of a batch in which they are.
_TEXTS = ("description", "memo", "exporter", "importer", "consignee", "payer", "payee", "holder", "substance")
_LOOKED_AT = 4096
_CAS = "cas"


def _look_at_texts(found: Doubts, spec: TableSpec, rows: pa.Table, place: Callable[[int], str]) -> None:
    """Note damaged texts, identifiers that a spreadsheet has rounded, and CAS numbers that are none."""
    texts = [name for name in _TEXTS if name in spec.names]
    key = spec.key[0]
    numbers = [name for name in (_CAS,) if name in spec.names]
    chosen = rows.select([*dict.fromkeys((*texts, *numbers, key)), "source_row"])
    step = -(-rows.num_rows // _LOOKED_AT)
    some = chosen.take(pa.array(range(0, rows.num_rows, step), pa.int64())) if step > 1 else chosen
    for name in texts:
        for line, text in _matching(some, name, SUSPECT):
            reason = damage(text)
            if reason:
                found.setdefault((name, reason), Doubt()).add(1, [(place(line), text[:_SHOWN])])
    for line, text in _matching(some, key, EXPONENT):
        found.setdefault((key, "rounded_number"), Doubt()).add(1, [(place(line), text[:_SHOWN])])
    for name in numbers:
        for line, text in _matching(some, name, "[0-9]"):
            if is_doubtful(text):
                found.setdefault((name, "no_cas_number"), Doubt()).add(1, [(place(line), text[:_SHOWN])])


def _matching(rows: pa.Table, name: str, pattern: str) -> list[tuple[int, str]]:
    """Record numbers and texts of the cells in which a pattern is found."""
    texts = pc.cast(rows.column(name), pa.string())
    at = pc.indices_nonzero(pc.fill_null(pc.match_substring_regex(texts, pattern), False))  # noqa: FBT003
    return list(zip(rows.column("source_row").take(at).to_pylist(), texts.take(at).to_pylist(), strict=True))


def _note(
    found: Doubts, name: str, reason: str, mask: pa.ChunkedArray, rows: pa.Table, place: Callable[[int], str]
) -> None:
    count = pc.sum(mask).as_py() or 0
    if count:
        first = rows.select([name, "source_row"]).filter(mask).slice(0, FIRST)
        places = [(place(line), str(value)) for value, line in zip(*first.to_pydict().values(), strict=True)]
        found.setdefault((name, reason), Doubt()).add(count, places)


def _count_digits(found: Doubts, name: str, rows: pa.Table, place: Callable[[int], str]) -> None:
    """Count codes by their number of digits, and keep the places of those that may be doubted."""
    for codes, lines in _pieces(rows, name):
        coded = as_dictionary(codes)
        lengths = pa.array([_digits(word) for word in coded.dictionary.to_pylist()], pa.int8())
        by_row = pc.take(lengths, coded.indices)
        counts = Counter({item["values"]: item["counts"] for item in pc.value_counts(by_row).to_pylist()})
        for length, count in counts.items():
            doubted = length in (*_NEVER, _SELDOM)
            if doubted or length == _SELDOM + 1:
                at = pc.indices_nonzero(pc.fill_null(pc.equal(by_row, length), False))[:FIRST] if doubted else None  # noqa: FBT003
                places = [] if at is None else _places(coded, lines, at, place)
                found.setdefault((name, f"{_DIGITS}{length}"), Doubt()).add(count, places)


def _pieces(rows: pa.Table, name: str) -> list[tuple[pa.Array, pa.Array]]:
    chosen = rows.select([name, "source_row"])
    return [(batch.column(0), batch.column(1)) for batch in chosen.to_batches()]


def _places(
    coded: pa.DictionaryArray, lines: pa.Array, at: pa.Array, place: Callable[[int], str]
) -> list[tuple[str, str]]:
    codes, numbers = coded.take(at).to_pylist(), lines.take(at).to_pylist()
    return [(place(line), code[:_SHOWN]) for line, code in zip(numbers, codes, strict=True)]


_SHOWN = 20


@lru_cache(maxsize=1 << 16)
def _digits(code: str | None) -> int | None:
    """Number of digits of a code that is digits only, marks between them aside; None for any other."""
    digits = _GAPS.sub("", unicodedata.normalize("NFKC", code or ""))
    return len(digits) if digits.isascii() and digits.isdigit() and len(digits) <= _SHOWN else None
