"""Harmonized System codes: six digits, read in the edition that was in force on the row's day.

Editions took effect on 1 January of 1988, 1996, 2002, 2007, 2012, 2017 and 2022 and will on 1 January 2028
(World Customs Organization, https://www.wcoomd.org/en/topics/nomenclature/overview/what-is-the-harmonized-system.aspx).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from entente.records.tariff_codes import codes_in, without_label
from entente.screening.fold import I64, fold
from entente.screening.text import flat, flat_index, plain
from entente.screening.vocabulary import HsCode

EDITIONS = np.array([1988, 1996, 2002, 2007, 2012, 2017, 2022, 2028], np.int64)
_EDITION_STARTS = np.array([f"{year}-01-01" for year in EDITIONS], "datetime64[D]").astype(np.int64)
_NONE = -1
_NOT_DIGIT = re.compile(r"[ .\-\u00a0]+")
_CODES, _OF_CHAPTER = 1_000_000, 10_000
_NO_ROWS = np.empty(0, np.int64)

#: Chapters whose goods are chemicals: inorganic, organic, pharmaceutical, miscellaneous chemical products.
CHEMICAL_CHAPTERS = (28, 29, 30, 38)
#: Chapters of goods that are no chemicals and are not made of one: food and drink, but for alcohol; and all from rubber
#: on, up to the chapters that countries keep for themselves. Between lie salt, fuels, dyes, soaps, plastics.
ELSEWHERE = (*range(1, 22), 23, 24, *range(40, 98))
#: By chapter; the last place is that of no chapter (-1).
_IS_CHEMICAL, _IS_ELSEWHERE = (np.isin(np.arange(101), chapters) for chapters in (CHEMICAL_CHAPTERS, ELSEWHERE))


def edition_on(days: I64) -> I64:
    """Edition in force on each day (days since 1970); dates before 1988 get the first."""
    return EDITIONS[np.maximum(np.searchsorted(_EDITION_STARTS, days, side="right") - 1, 0)]


def hs6_of(text: str) -> int:
    """First six digits of a code as people write it ("2914.31", "2914 31 00"); -1 if it has fewer, or other signs.

    Of several codes in a cell, the first.
    """
    for code in codes_in(fold(text)):
        return int(code[:6])
    digits = _NOT_DIGIT.sub("", without_label(fold(text).strip()))
    return int(digits[:6]) if len(digits) >= 6 and digits[:6].isascii() and digits[:6].isdigit() else _NONE


def chapter_of(text: str) -> int:
    """First two digits of a code of any length; -1 if it has none."""
    digits = _NOT_DIGIT.sub("", without_label(fold(text).strip()))[:2]
    return int(digits) if len(digits) == 2 and digits.isascii() and digits.isdigit() else _NONE


@dataclass(frozen=True, slots=True)
class Codes:
    """HS codes of a batch's rows: six digits and chapter of each; -1 where there is none.

    Attributes:
        hs6, chapter: of each row's code, the first of several.
        more_row, more_hs6: rows, and the six digits of their further codes.
    """

    hs6: I64
    chapter: I64
    more_row: I64 = field(default_factory=lambda: _NO_ROWS)
    more_hs6: I64 = field(default_factory=lambda: _NO_ROWS)

    def is_chemical(self) -> npt.NDArray[np.bool_]:
        """Rows with a code whose chapter is one of chemicals."""
        chemical: npt.NDArray[np.bool_] = _IS_CHEMICAL[self.chapter]
        chemical[self.more_row[_IS_CHEMICAL[self.more_hs6 // _OF_CHAPTER]]] = True
        return chemical

    def is_elsewhere(self) -> npt.NDArray[np.bool_]:
        """Rows with codes, all of them in chapters of goods that are plainly no chemicals."""
        elsewhere: npt.NDArray[np.bool_] = _IS_ELSEWHERE[self.chapter]
        elsewhere[self.more_row[~_IS_ELSEWHERE[self.more_hs6 // _OF_CHAPTER]]] = False
        return elsewhere


def read_codes(column: pa.Array) -> Codes:
    """Read a column of HS codes; one that comes dictionary-encoded is read by its distinct values."""
    if pa.types.is_dictionary(column.type):
        return _read_encoded(column)
    array = plain(column)
    units, offsets = flat(array)
    length = np.diff(offsets)
    digits_only = bool(((units >= 48) & (units <= 57)).all()) if len(units) else True
    return _read_plain(units, offsets[:-1], length) if digits_only else _read_any(array)


def _read_plain(units: npt.NDArray[np.uint8], start: I64, length: I64) -> Codes:
    """Codes of digits only: gather the first six by position."""
    if not len(units):
        none = np.full(len(length), _NONE, np.int64)
        return Codes(none, none)
    value = np.zeros(len(length), np.int64)
    chapter = value
    for place in range(6):
        value = value * 10 + (units[np.minimum(start + place, len(units) - 1)] - 48)
        if place == 1:
            chapter = value
    return Codes(np.where(length >= 6, value, _NONE), np.where(length >= 2, chapter, _NONE))


def _read_any(array: pa.Array) -> Codes:
    """Codes in any writing: read each distinct one once."""
    encoded = pc.dictionary_encode(array)
    texts = encoded.dictionary.to_pylist()
    index = encoded.indices.to_numpy(zero_copy_only=False)
    hs6 = np.array([hs6_of(text) for text in texts], np.int64)
    chapter = np.array([chapter_of(text) for text in texts], np.int64)
    further = [(at, int(code[:6])) for at, text in enumerate(texts) for code in codes_in(fold(text))[1:]]
    at, more = np.array(further, np.int64).reshape(-1, 2).T
    return _spread(Codes(hs6, chapter, at, more), index)


def _read_encoded(column: pa.DictionaryArray) -> Codes:
    distinct = read_codes(column.dictionary)
    # the last place stands for rows without a code
    index = pc.fill_null(column.indices, len(column.dictionary)).to_numpy(zero_copy_only=False)
    last = Codes(np.append(distinct.hs6, _NONE), np.append(distinct.chapter, _NONE))
    return _spread(replace(distinct, hs6=last.hs6, chapter=last.chapter), index)


def _spread(distinct: Codes, index: I64) -> Codes:
    """The codes of rows from those of distinct cells; `index` says which cell a row has."""
    hs6, chapter = distinct.hs6[index], distinct.chapter[index]
    if not len(distinct.more_row):
        return Codes(hs6, chapter)
    order = np.argsort(index, kind="stable")
    first, last = (np.searchsorted(index[order], distinct.more_row, side=side) for side in ("left", "right"))
    place, offsets = flat_index(first, last)
    return Codes(hs6, chapter, order[place], np.repeat(distinct.more_hs6, np.diff(offsets)))


class HsTable:
    """Looks up the specific codes of a vocabulary.

    Args:
        codes: the vocabulary's HS codes.
    """

    def __init__(self, codes: tuple[HsCode, ...]) -> None:
        keys = np.array([code.edition * _CODES + code.hs6 for code in codes], np.int64)
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._substance = np.array([code.substance for code in codes], np.int64)[order]
        self._is_known = np.zeros(_CODES, np.bool_)
        self._is_known[keys % _CODES] = True

    def find(self, codes: Codes, days: I64) -> tuple[I64, I64]:
        """Rows whose code is specific to a substance on that day, and the substance; a code may name several."""
        known = np.flatnonzero(self._is_known[np.maximum(codes.hs6, 0)] & (codes.hs6 >= 0))
        further = self._is_known[codes.more_hs6]
        rows = np.concatenate([known, codes.more_row[further]])
        keys = edition_on(days[rows]) * _CODES + np.concatenate([codes.hs6[known], codes.more_hs6[further]])
        first, last = np.searchsorted(self._keys, keys, side="left"), np.searchsorted(self._keys, keys, side="right")
        counts = last - first
        out = np.repeat(rows, counts)
        within = np.arange(len(out)) - np.repeat(np.cumsum(counts) - counts, counts)
        return out, self._substance[np.repeat(first, counts) + within]
