"""Small things done to whole Arrow arrays: texts, masks, lists."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

NO = pa.scalar(value=False)
YES = pa.scalar(value=True)


def as_text(values: pa.Array) -> tuple[pa.Array, tuple[tuple[str, pa.Array], ...]]:
    """Return the column as strings, plain or dictionary-encoded, and the cells that are not text at all."""
    kind = values.type
    if is_text(kind):
        return values, ()
    if pa.types.is_binary(kind):
        return decoded(values)
    if pa.types.is_floating(kind):
        return floats_as_text(values), ()
    if pa.types.is_nested(kind):
        return pa.nulls(len(values), pa.string()), (("not_text", pc.is_valid(values)),)
    return pc.cast(values, pa.string()), ()


def decimals_as_text(values: pa.Array) -> pa.Array:
    """Write decimals digit for digit, without zeros behind the point; other columns are given back as they are.

    An identifier may have more digits than a number of 64 bits can hold.
    """
    if pa.types.is_dictionary(values.type) and pa.types.is_decimal(values.type.value_type):
        values = values.dictionary_decode()
    if not pa.types.is_decimal(values.type):
        return values
    texts = pc.cast(values, pa.string())
    return pc.replace_substring_regex(texts, r"\.0+$", "") if values.type.scale > 0 else texts


def simplify(values: pa.Array) -> pa.Array:
    """Reduce the many Arrow types to the few that the readers know."""
    kind = values.type
    if pa.types.is_dictionary(kind):
        return values if pa.types.is_string(kind.value_type) else simplify(values.dictionary_decode())
    target = _simple(kind)
    return values if target is None else pc.cast(values, target)


def _simple(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_large_string(kind) or str(kind) == "string_view":
        return pa.string()
    if pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind) or str(kind) == "binary_view":
        return pa.binary()
    if pa.types.is_decimal(kind) or pa.types.is_float16(kind):
        return pa.float64()
    return pa.date32() if pa.types.is_date64(kind) else None


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a simplified column holds text, plain or dictionary-encoded."""
    return bool(pa.types.is_string(kind) or pa.types.is_dictionary(kind))


def as_dictionary(text: pa.Array) -> pa.DictionaryArray:
    """Dictionary-encode a text column, unless it is already."""
    return text if pa.types.is_dictionary(text.type) else pc.dictionary_encode(text)


def empty_to_null(text: pa.Array) -> pa.Array:
    """Turn texts without a character into nulls."""
    if pa.types.is_dictionary(text.type):
        words = text.dictionary
        if not some(pc.equal(pc.binary_length(words), 0)):
            return text
        return map_uniques(text, lambda word: word or None)
    empty = pc.equal(pc.binary_length(text), 0)
    return pc.if_else(empty, pa.scalar(None, pa.string()), text) if some(empty) else text


Word = Callable[[str], str | None]

#: What each function made of the words that it met lately: batches of one source share most of their words.
_KNOWN: dict[Word, tuple[pa.Array, pa.Array]] = {}
_MOST_KNOWN = 1 << 17
#: Bytes of words and results that are kept for one function: three times what that many names take.
_MOST_BYTES = 1 << 25
_MOST_FUNCTIONS = 16


def map_uniques(text: pa.Array, function: Word) -> pa.DictionaryArray:
    """Apply a function of one string to each distinct value; null results become nulls, equal results one value."""
    coded = as_dictionary(text)
    again = pc.dictionary_encode(_mapped_words(coded.dictionary, function))
    return pa.DictionaryArray.from_arrays(pc.take(again.indices, coded.indices), again.dictionary)


def _mapped_words(words: pa.Array, function: Word) -> pa.Array:
    if len(words) <= 64 or "<" in getattr(function, "__qualname__", "<"):  # few words, or a function of one call
        return _called(words, function)
    known, results = _KNOWN.get(function, (words[:0], pa.array([], pa.string())))
    places = pc.index_in(words, known, skip_nulls=True)
    unmet = pc.and_(pc.is_null(places), pc.is_valid(words))
    new = pc.filter(words, unmet)
    if not len(new):
        return pc.take(results, places)
    if len(known) and len(known) + len(new) > _MOST_KNOWN:
        del _KNOWN[function]
        return _mapped_words(words, function)
    known, results = pa.concat_arrays([known, new]), pa.concat_arrays([results, _called(new, function)])
    if len(known) <= _MOST_KNOWN and known.nbytes + results.nbytes <= _MOST_BYTES:
        _remember(function, known, results)
    else:
        _KNOWN.pop(function, None)
    # New words stand behind the known ones in their order, so that no second search is needed.
    appended = pc.add(pc.cumulative_sum(pc.cast(unmet, pa.int32())), len(known) - len(new) - 1)
    return pc.take(results, pc.if_else(unmet, appended, places))


def _remember(function: Word, known: pa.Array, results: pa.Array) -> None:
    if len(_KNOWN) >= _MOST_FUNCTIONS and function not in _KNOWN:
        _KNOWN.clear()
    _KNOWN[function] = known, results


def _called(words: pa.Array, function: Word) -> pa.Array:
    return pa.array([None if word is None else function(word) for word in words.to_pylist()], pa.string())


def decoded(values: pa.Array) -> tuple[pa.Array, tuple[tuple[str, pa.Array], ...]]:
    """Read bytes as UTF-8; cells that are not are null, and named as a problem."""
    try:
        return pc.cast(values, pa.string()), ()
    except pa.ArrowInvalid:
        pass
    texts, bad = [], []
    for item in values.to_pylist():
        try:
            texts.append(None if item is None else item.decode("utf-8"))
            bad.append(False)
        except UnicodeDecodeError:
            texts.append(None)
            bad.append(True)
    return pa.array(texts, pa.string()), (("not_decodable", pa.array(bad, pa.bool_())),)


def floats_as_text(values: pa.Array) -> pa.Array:
    """Write whole floats without a point: spreadsheets keep identifiers as floats."""
    return pa.array([None if x is None else _float_text(x) for x in values.to_pylist()], pa.string())


def _float_text(x: float) -> str:
    return str(int(x)) if x.is_integer() and abs(x) < 2.0**53 else repr(x)


def relist(lists: pa.Array, items: pa.Array) -> pa.Array:
    """Put coded items back into their lists, leaving out those that were nulled; an emptied list becomes null."""
    if items.null_count == 0 and span(lists) == len(items):  # a null list may still hide items
        empty = pc.fill_null(pc.equal(pc.list_value_length(lists), 0), YES)
        return pa.ListArray.from_arrays(offsets(lists), items, mask=empty)
    flat = items.to_pylist()
    out, start = [], 0
    for length in pc.list_value_length(lists).to_pylist():
        size = length or 0
        out.append([item for item in flat[start : start + size] if item is not None] or None)
        start += size
    return pa.array(out, pa.list_(pa.string()))


def span(lists: pa.Array) -> int:
    """Number of items under the lists, those under null lists included."""
    ends = lists.offsets
    return int(ends[-1].as_py() - ends[0].as_py()) if len(ends) else 0


def offsets(lists: pa.Array) -> pa.Array:
    """Where each list begins among the items, counted from the first list."""
    ends = lists.offsets
    return pc.cast(pc.subtract(ends, ends[0]), pa.int32())


def any_of(masks: list[pa.Array], length: int) -> pa.Array:
    """Return the union of masks; no mask gives an empty one."""
    result = pa.repeat(NO, length)
    for mask in masks:
        result = pc.or_(result, mask)
    return result


def some(mask: pa.Array) -> bool:
    """Tell whether the mask holds for any cell."""
    return bool(pc.any(mask).as_py())
