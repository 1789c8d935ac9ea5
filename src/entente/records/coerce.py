"""Turn a source column into a canonical one, vectorised, and say which cells could not be read.

Two things can be wrong with a cell. A *problem* (a date or a number that cannot be read, a number out of range)
makes the row unreadable: it goes to quarantine. A *warning* (a word that is not in the code list) nulls the cell and
is counted, because losing a row of a shipment for a typo in its currency would be a silent loss of another kind.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entente.records.arrays import (
    NO,
    any_of,
    as_dictionary,
    as_text,
    decimals_as_text,
    decoded,
    empty_to_null,
    is_text,
    map_uniques,
    relist,
    simplify,
    some,
)
from entente.records.codes import countries, country_words, currencies, currency_words, fold
from entente.records.parsing import DateReader, day_or_month_first, parse_bool, parse_number
from entente.records.schema import FieldSpec

Parser = Callable[[str], Any]
#: Marks between the items of a list that are tried where a semicolon does not tell them apart.
_LIST_MARKS = (",", "|", "/", "、", "，", "；", " ")
_MARK = "\ufeff"
_YEAR_ONE = dt.date(1, 1, 1).toordinal() - dt.date(1970, 1, 1).toordinal()
_YEAR_END = dt.date(9999, 12, 31).toordinal() - dt.date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Reading:
    """How the cells of one column are to be read; a mapping may change it, a canonical file uses the defaults.

    Args:
        dates: reader of dates.
        decimal: decimal mark.
        thousands: thousands mark, if any.
        factor: numbers are multiplied by it (unit conversion).
        translate: folded source word -> code, looked up before the code list.
        pad: digits are filled with zeros on the left up to this many.
        split: text between the items of a list.
        nulls: words that mean "no value", beside the empty cell.
    """

    dates: DateReader = field(default_factory=DateReader)
    decimal: str = "."
    thousands: str | None = None
    factor: float | None = None
    translate: dict[str, str] = field(default_factory=dict)
    pad: int | None = None
    split: str | None = None
    nulls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Coerced:
    """One canonical column.

    Args:
        values: the column, of the field's type (strings may be dictionary-encoded).
        problems: pairs of (reason code, mask of the cells that cannot be read).
        warnings: (value, reason) -> number of cells that were nulled, or kept without a derived value.
    """

    values: pa.Array
    problems: tuple[tuple[str, pa.Array], ...] = ()
    warnings: Counter[tuple[str, str]] = field(default_factory=Counter)


def coerce(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    """Read `values`, an array of any Arrow type, as the canonical field `spec`."""
    values = simplify(decimals_as_text(values) if spec.type == "string" else values)
    if pa.types.is_binary(values.type):
        text, undecodable = decoded(values)
        read = coerce(text, spec, reading)
        return Coerced(read.values, (*undecodable, *read.problems), read.warnings)
    if pa.types.is_null(values.type):
        return Coerced(_defaulted(pa.nulls(len(values), spec.arrow_type), spec))
    if reading.nulls and is_text(values.type):
        values = _blank_out(values, frozenset(reading.nulls))
    return _COERCERS[spec.type](values, spec, reading)


def _string(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    text, problems = as_text(values)
    if _begins_with_mark(text):
        text = map_uniques(text, lambda word: word.lstrip(_MARK))
    if reading.pad is not None:
        text = map_uniques(text, lambda word: _padded(word, reading.pad or 0))
    if reading.translate and spec.codes is None and not spec.values:
        text = map_uniques(text, lambda word: reading.translate.get(fold(word), word))
    lookup = _lookup(spec, reading)
    if lookup is None:
        return Coerced(empty_to_null(text), problems)
    coded, warnings = _coded(text, lookup, spec)
    return Coerced(coded, problems, warnings)


def _begins_with_mark(text: pa.Array) -> bool:
    """Whether a cell begins with a byte-order mark, as where files were joined end to end."""
    return some(pc.starts_with(text.dictionary if pa.types.is_dictionary(text.type) else text, _MARK))


def _number(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    kind = values.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        numbers, unreadable = pc.cast(values, pa.float64(), safe=False), None
    elif is_text(kind):
        numbers, unreadable = _parsed_numbers(values, reading)
    else:
        return _all_unreadable(values, spec, "not_a_number")
    if reading.factor is not None:
        numbers = pc.multiply(numbers, reading.factor)
    return Coerced(numbers, tuple(_number_problems(numbers, unreadable, spec)))


def _integer(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    if pa.types.is_integer(values.type) and not pa.types.is_uint64(values.type):
        whole = pc.cast(values, pa.int64())
        problems = _below(whole, spec)
        return Coerced(_defaulted(whole, spec), problems)
    read = _number(values, spec, reading)
    uneven = pc.fill_null(
        pc.or_(pc.not_equal(pc.floor(read.values), read.values), pc.greater(pc.abs(read.values), 2.0**53)), NO
    )
    unusable = any_of([mask for _, mask in read.problems] + [uneven], len(values))
    whole = pc.cast(pc.if_else(unusable, None, read.values), pa.int64())
    problems = (*read.problems, ("not_a_whole_number", uneven)) if some(uneven) else read.problems
    return Coerced(_defaulted(whole, spec), problems)


def _date(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    kind = values.type
    if pa.types.is_date32(kind):
        return Coerced(values, _date_problems(values))
    if pa.types.is_timestamp(kind):
        days = _local_days(values, reading.dates.zone)
        return Coerced(days, _date_problems(days))
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = as_text(values)[0]
    if not is_text(values.type):
        return _all_unreadable(values, spec, "not_a_date")
    plain = _iso_days(values) if reading.dates.formats[:1] == ("iso",) else None
    if plain is not None:
        return Coerced(plain)
    days, unreadable = _parse_uniques(values, reading.dates, pa.date32())
    if unreadable is None or not reading.dates.is_plain:
        return Coerced(days, _named("not_a_date", unreadable))
    unordered = pc.and_(unreadable, _holds(values, day_or_month_first))
    return Coerced(days, (*_named("day_or_month", unordered), *_named("not_a_date", pc.and_not(unreadable, unordered))))


def _holds(text: pa.Array, test: Callable[[str], bool]) -> pa.Array:
    """Which cells a test of one text holds for."""
    coded = as_dictionary(text)
    held = pa.array([word is not None and test(word) for word in coded.dictionary.to_pylist()], pa.bool_())
    return pc.fill_null(pc.take(held, coded.indices), NO)


def _iso_days(text: pa.Array) -> pa.Array | None:
    """Read a column all of whose distinct texts are plain ISO dates; None where one is not."""
    coded = as_dictionary(text)
    try:
        days = pc.cast(coded.dictionary, pa.date32())
    except pa.ArrowInvalid:
        return None
    return None if _date_problems(days) else pc.take(days, coded.indices)


def _bool(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    del reading
    if pa.types.is_boolean(values.type):
        return Coerced(values)
    text, problems = as_text(values)
    parsed, unreadable = _parse_uniques(text, parse_bool, pa.bool_())
    return Coerced(parsed, problems, _counted(text, unreadable, f"not_in_list:{spec.type}"))


def _list(values: pa.Array, spec: FieldSpec, reading: Reading) -> Coerced:
    if _is_list(values.type) and not _holds_texts(values.type.value_type):
        return _all_unreadable(values, spec, "not_text")
    if not _is_list(values.type):
        text, problems = as_text(values)
        encoded = as_dictionary(text)
        words = encoded.dictionary.to_pylist()
        items = pa.array([_items(word, spec, reading) for word in words], pa.list_(pa.string()))
        lists = pc.take(items, encoded.indices)
    else:
        lists, problems = pc.cast(values, pa.list_(pa.string())), ()
    lookup = _lookup(spec, reading)
    if lookup is None or len(lists) == lists.null_count:
        return Coerced(lists, problems)
    coded, warnings = _coded(lists.flatten(), lookup, spec)
    return Coerced(relist(lists, coded.cast(pa.string())), problems, warnings)


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _holds_texts(kind: pa.DataType) -> bool:
    """Whether the items of a list can be written as texts."""
    return not pa.types.is_nested(kind) and not pa.types.is_binary(kind) and not pa.types.is_large_binary(kind)


_COERCERS: dict[str, Callable[[pa.Array, FieldSpec, Reading], Coerced]] = {
    "string": _string,
    "float64": _number,
    "int64": _integer,
    "date32": _date,
    "bool": _bool,
    "list<string>": _list,
}


def _blank_out(text: pa.Array, nulls: frozenset[str]) -> pa.Array:
    return map_uniques(text, lambda word: None if word.strip() in nulls else word)


def _padded(word: str, width: int) -> str:
    digits = word.strip()
    return digits.zfill(width) if digits.isascii() and digits.isdigit() else word


def _items(word: str | None, spec: FieldSpec, reading: Reading) -> list[str] | None:
    """Items of a list as written. Where no mapping names the mark, items that a code list knows tell which it is."""
    if reading.split:
        return _split(word, reading.split) or None
    items, lookup = _split(word, ";"), _lookup(spec, reading)
    if lookup is None:
        return items or None
    return [part for item in items for part in _known_parts(item, lookup)] or None


def _known_parts(item: str, lookup: Callable[[str], str | None]) -> list[str]:
    """An item that is no code but a list of codes ("HK, KR", "HK|KR"), as its parts; any other as it is."""
    if lookup(item) is not None:
        return [item]  # "Korea, Republic of" is one country
    for mark in _LIST_MARKS:
        parts = _split(item, mark)
        if len(parts) > 1 and all(lookup(part) for part in parts):
            return parts
    return [item]


def _split(word: str | None, mark: str) -> list[str]:
    return [item.strip() for item in (word or "").split(mark) if item.strip()]


def _lookup(spec: FieldSpec, reading: Reading) -> Callable[[str], str | None] | None:
    if spec.values:
        known = {fold(word): word for word in spec.values}
        return lambda word: reading.translate.get(fold(word)) or known.get(fold(word))
    if spec.codes == "iso3166-1-alpha-2":
        return lambda word: reading.translate.get(fold(word)) or country_words().get(fold(word))
    if spec.codes == "iso4217":
        return lambda word: reading.translate.get(fold(word)) or currency_words().get(fold(word))
    return None


_EXACT = {"iso3166-1-alpha-2": countries, "iso4217": currencies}


def _coded(
    text: pa.Array, lookup: Callable[[str], str | None], spec: FieldSpec
) -> tuple[pa.Array, Counter[tuple[str, str]]]:
    encoded = as_dictionary(text)
    words = encoded.dictionary.to_pylist()
    codes = [lookup(word) if word is not None and word.strip() else None for word in words]
    if codes == words:
        return encoded, Counter()
    again = pc.dictionary_encode(pa.array(codes, pa.string()))
    coded = pa.DictionaryArray.from_arrays(pc.take(again.indices, encoded.indices), again.dictionary)
    unknown = [
        word is not None and bool(word.strip()) and code is None for word, code in zip(words, codes, strict=True)
    ]
    if not any(unknown):
        return coded, Counter()
    mask = pc.fill_null(pc.take(pa.array(unknown), encoded.indices), NO)
    return coded, _counted(encoded, mask, f"not_in_list:{spec.codes or spec.name}")


def _counted(text: pa.Array, mask: pa.Array | None, reason: str) -> Counter[tuple[str, str]]:
    if mask is None or not some(mask):
        return Counter()
    counts = pc.value_counts(pc.cast(pc.filter(text, mask), pa.string()))
    return Counter({(item["values"], reason): item["counts"] for item in counts.to_pylist()})


def _parse_uniques(text: pa.Array, parse: Parser, kind: pa.DataType) -> tuple[pa.Array, pa.Array | None]:
    encoded = as_dictionary(text)
    results, wrong = [], []
    for word in encoded.dictionary.to_pylist():
        value, bad = _tried(parse, word)
        results.append(value)
        wrong.append(bad)
    values = pc.take(pa.array(results, kind), encoded.indices)
    if not any(wrong):
        return values, None
    return values, pc.fill_null(pc.take(pa.array(wrong), encoded.indices), NO)


def _tried(parse: Parser, word: str | None) -> tuple[Any, bool]:
    if word is None or not word.strip():
        return None, False
    try:
        return parse(word), False
    except (ValueError, OverflowError):
        return None, True


def _parsed_numbers(text: pa.Array, reading: Reading) -> tuple[pa.Array, pa.Array | None]:
    if reading.decimal == "." and reading.thousands is None and not pa.types.is_dictionary(text.type):
        try:
            numbers = pc.cast(text, pa.float64())
        except pa.ArrowInvalid:  # blanks, or something that is no number: look at each distinct text
            pass
        else:  # Arrow reads "NaN" and "inf", which are no numbers of a record
            if not some(pc.invert(pc.is_finite(numbers))):
                return numbers, None
    return _parse_uniques(
        text, lambda word: parse_number(word, decimal=reading.decimal, thousands=reading.thousands), pa.float64()
    )


def _number_problems(numbers: pa.Array, unreadable: pa.Array | None, spec: FieldSpec) -> list[tuple[str, pa.Array]]:
    problems = list(_named("not_a_number", unreadable))
    infinite = pc.fill_null(pc.invert(pc.is_finite(numbers)), NO)
    problems += _named("not_finite", infinite)
    problems += _below(numbers, spec)
    return problems


def _below(numbers: pa.Array, spec: FieldSpec) -> tuple[tuple[str, pa.Array], ...]:
    if spec.minimum is None or numbers.null_count == len(numbers):
        return ()
    smallest = pc.min(numbers)
    if smallest.as_py() is None or not smallest.as_py() < spec.minimum:
        return ()
    # A whole number is compared as one: Arrow refuses to compare one beyond 2**53 with a fraction.
    minimum = ceil(spec.minimum) if pa.types.is_integer(numbers.type) else spec.minimum
    return _named("below_minimum", pc.fill_null(pc.less(numbers, pa.scalar(minimum, numbers.type)), NO))


def _date_problems(days: pa.Array) -> tuple[tuple[str, pa.Array], ...]:
    numbers = pc.cast(days, pa.int32())
    ends = pc.min_max(numbers).as_py()
    if ends["min"] is None or (ends["min"] >= _YEAR_ONE and ends["max"] <= _YEAR_END):
        return ()
    outside = pc.or_(pc.less(numbers, _YEAR_ONE), pc.greater(numbers, _YEAR_END))
    return _named("not_a_date", pc.fill_null(outside, NO))


def _local_days(moments: pa.Array, zone: str | None) -> pa.Array:
    if moments.type.tz is not None and zone is not None:
        moments = pc.local_timestamp(pc.cast(moments, pa.timestamp(moments.type.unit, tz=zone)))
    elif moments.type.tz is not None:  # the file's own zone: the day that was written stays that day
        moments = pc.local_timestamp(moments)
    return pc.cast(pc.floor_temporal(moments, unit="day"), pa.date32())


def _all_unreadable(values: pa.Array, spec: FieldSpec, reason: str) -> Coerced:
    return Coerced(pa.nulls(len(values), spec.arrow_type), _named(reason, pc.is_valid(values)))


def _defaulted(whole: pa.Array, spec: FieldSpec) -> pa.Array:
    return whole if spec.default is None or whole.null_count == 0 else pc.fill_null(whole, spec.default)


def _named(reason: str, mask: pa.Array | None) -> tuple[tuple[str, pa.Array], ...]:
    return ((reason, mask),) if mask is not None and some(mask) else ()
