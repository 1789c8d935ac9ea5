"""The law as columns: what the as-of kernel looks up, worked out once from a register.

Listings stand in the order of substance, jurisdiction and id, so that all listings of one substance in one
jurisdiction are a range. Days are days since a day before all dates, as integers. Texts are coded by their place in
sorted tuples; -1 is a text that the register does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from entente.screening.fold import I64
from entente.screening.vocabulary import RegisterTables
from entente.substances.model import PRECURSOR_KINDS

#: Jurisdiction of the 1988 Convention, which every match is asked about.
INTERNATIONAL = "UN"
_EPOCH = 1_000_000
#: More than any day.
DAYS = 1 << 22
_CITED = ("listing_id", "instrument", "category", "effective_from", "effective_to", "confidence")
_ALL_FORMS = (1 << 31) - 1

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Listings:
    """Columns over listings.

    Attributes:
        first: where the listings of substance s in jurisdiction j start: entry s * jurisdictions + j.
        start, latest, end: the first day, the last day that could be the first, and the day after the last.
        other_forms, directions: bits.
        rank: place among all listings by id.
        is_scoped: only some destinations; `destinations` has the sorted keys listing * countries + country.
        cited: what a hit says of a listing, as columns of the same order; texts are dictionary-encoded.
    """

    first: I64
    start: I64
    latest: I64
    end: I64
    other_forms: I64
    directions: I64
    rank: I64
    is_scoped: Flags
    destinations: I64
    cited: Mapping[str, pa.Array]


@dataclass(frozen=True, slots=True)
class Spans:
    """What holds for a subject between days: rows of subject s are first[s] to first[s + 1]."""

    first: I64
    start: I64
    end: I64
    value: I64


@dataclass(frozen=True, slots=True)
class Law:
    """Everything that answers a question about a day.

    Attributes:
        substances, jurisdictions, countries: what codes stand for.
        listings: see there.
        under: the jurisdictions that a country is under.
        coverage: 1 where a jurisdiction's lists are complete, else 0.
        is_beyond: substances that no precursor list holds (classes, equipment): complete lists do not clear them.
    """

    substances: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    countries: tuple[str, ...]
    listings: Listings
    under: Spans
    coverage: Spans
    is_beyond: Flags

    @classmethod
    def of(cls, register: RegisterTables) -> Law:
        """The law of a register, from its flat tables `listings`, `coverage` and `jurisdictions`."""
        rows, coverage, under = (register.table(name) for name in ("listings", "coverage", "jurisdictions"))
        substances = _distinct(rows["substance_id"])
        jurisdictions = _distinct(
            rows["jurisdiction"], coverage["jurisdiction"], under["jurisdiction"], pa.chunked_array([[INTERNATIONAL]])
        )
        countries = _distinct(rows["destination"], under["country"])
        complete = pc.equal(coverage["coverage"], "complete").cast(pa.int64())
        return cls(
            substances,
            jurisdictions,
            countries,
            _listings(rows, substances, jurisdictions, countries),
            _spans(under, codes(under["country"], countries), codes(under["jurisdiction"], jurisdictions), countries),
            _spans(coverage, codes(coverage["jurisdiction"], jurisdictions), _ints(complete), jurisdictions),
            _beyond(rows, substances),
        )


def codes(column: pa.Array | pa.ChunkedArray, texts: tuple[str, ...]) -> I64:
    """Place of each value among `texts`; -1 for null and for what is not there."""
    if pa.types.is_dictionary(column.type):
        of_distinct = np.append(codes(column.dictionary, texts), -1)
        coded: I64 = of_distinct[_ints(pc.fill_null(column.indices, len(column.dictionary)))]
        return coded
    found = pc.index_in(column, value_set=pa.array(texts, column.type))
    return _ints(pc.fill_null(found, -1))


def days(column: pa.Array | pa.ChunkedArray) -> I64:
    """Days since a day before all dates."""
    return _ints(column.cast(pa.int32())) + _EPOCH


def _ints(column: pa.Array | pa.ChunkedArray) -> I64:
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    ints: I64 = array.to_numpy(zero_copy_only=False).astype(np.int64)
    return ints


def _distinct(*columns: pa.ChunkedArray) -> tuple[str, ...]:
    values: set[str] = set()
    for column in columns:
        values.update(value for value in column.unique().to_pylist() if value is not None)
    return tuple(sorted(values))


def _listings(
    rows: pa.Table, substances: tuple[str, ...], jurisdictions: tuple[str, ...], countries: tuple[str, ...]
) -> Listings:
    # numbers in the order of ids, equal ones for equal ids, are sorted faster than texts
    ids = _ints(pc.rank(rows["listing_id"], sort_keys="ascending", tiebreaker="dense")) - 1
    order = np.lexsort((ids, codes(rows["jurisdiction"], jurisdictions), codes(rows["substance_id"], substances)))
    rows, ids = rows.take(pa.array(order)), ids[order]
    # a listing has a row for each destination
    is_first = np.ones(len(rows), np.bool_)
    is_first[1:] = ids[1:] != ids[:-1]
    destination, listing = codes(rows["destination"], countries), np.cumsum(is_first) - 1
    one = rows.filter(pa.array(is_first))
    pair = codes(one["substance_id"], substances) * len(jurisdictions) + codes(one["jurisdiction"], jurisdictions)
    return Listings(
        first=_first(pair, len(substances) * len(jurisdictions)),
        start=days(one["effective_from"]),
        latest=days(one["from_latest"]),
        end=days(one["effective_to"]),
        other_forms=~_ints(one["forms"]) & _ALL_FORMS,
        directions=_ints(one["directions"]),
        rank=np.argsort(np.argsort(ids[is_first], kind="stable"), kind="stable"),
        is_scoped=np.bincount(listing, destination >= 0, len(one)) > 0,
        destinations=np.sort((listing * len(countries) + destination)[destination >= 0]),
        cited={name: _repeated(one[name].combine_chunks()) for name in _CITED},
    )


def _repeated(column: pa.Array) -> pa.Array:
    """A column, dictionary-encoded if it is of texts."""
    return column.dictionary_encode() if pa.types.is_string(column.type) else column


def _beyond(rows: pa.Table, substances: tuple[str, ...]) -> Flags:
    precursors = rows.filter(pc.is_in(rows["kind"], value_set=pa.array(PRECURSOR_KINDS, pa.string())))
    beyond = np.ones(len(substances), np.bool_)
    beyond[codes(precursors["substance_id"], substances)] = False
    return beyond


def _spans(rows: pa.Table, subject: I64, value: I64, subjects: Iterable[str]) -> Spans:
    start, end = days(rows["date_from"]), days(rows["date_to"])
    order = np.lexsort((value, start, subject))
    first = _first(subject[order], len(tuple(subjects)))
    return Spans(first, start[order], end[order], value[order])


def _first(sorted_codes: I64, size: int) -> I64:
    return np.searchsorted(sorted_codes, np.arange(size + 1), side="left")
