"""Shape a batch of source columns into canonical rows: accepted ones, and quarantined ones with their reason.

Pure: a batch and a mapping in, two tables and a count of warnings out. No row is lost: the accepted and the
quarantined rows of a batch together are the rows of the batch.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entente.records.arrays import NO, YES, as_text, map_uniques
from entente.records.coerce import Coerced, coerce
from entente.records.keys import party_key
from entente.records.mapping import FieldRule, Mapping
from entente.records.schema import QUARANTINE, UNREAD, FieldSpec, TableSpec, staged_schema, table_spec
from entente.records.tariff_codes import codes_in
from entente.records.units import mass_factor
from entente.records.unread import TABLE, unread_rows

Warnings = Counter[tuple[str, str, str]]
_CLIP = 200
_CLIP_RAW = 2000
#: Rows that are put into quarantine at once: each is a handful of Python objects.
_AT_ONCE = 1 << 13

MESSAGES = {
    "missing": "The field is empty; a row cannot be named or dated without it.",
    "no_goods": "The row names no goods: all of these fields are empty.",
    "not_a_date": "Not a date in a format that is read: YYYY-MM-DD, YYYYMMDD, YYYY/MM/DD, YYYY.MM.DD, YYYY年MM月DD日, "
    "or, where a mapping has `dates`, those it names.",
    "day_or_month": 'Day and month cannot be told apart. Say in a mapping which is first: dates: ["DD/MM/YYYY"], or '
    '["MM/DD/YYYY"].',
    "not_a_number": "The text is not a number in the expected format.",
    "not_a_whole_number": "The number is not whole.",
    "not_finite": "The number is not finite.",
    "below_minimum": "The number is smaller than this field allows.",
    "not_decodable": "The bytes are not text in the file's encoding.",
    "not_text": "The cell is not text.",
    "cell_count": "The row has more or fewer cells than the header.",
    "bad_quoting": "A quoted cell is not closed, or text follows its closing quote.",
    "nul_byte": "The row holds a NUL byte, which no text has.",
    "row_too_long": "The row is longer than the limit.",
    "unit_not_a_mass": "The unit is not a known unit of mass, so the mass is not known.",
    "cell_unreadable": "The cell cannot be read.",
}


@dataclass(frozen=True, slots=True)
class Bad:
    """One record that a reader could not take apart into cells."""

    line: int
    reason: str
    value: str
    raw: str


@dataclass(frozen=True, slots=True)
class Shaped:
    """What became of a batch.

    Args:
        accepted: rows in the staged schema (strings may be dictionary-encoded).
        quarantined: rows in the quarantine schema.
        unread: goods of the quarantined rows of shipments, see `unread`; without rows for other tables.
        warnings: (field, value, reason) -> cells.
        present: canonical columns that the source carried with a value, or whose empty cells tell something.
    """

    accepted: pa.Table
    quarantined: pa.Table
    unread: pa.Table
    warnings: Warnings
    present: frozenset[str]


@dataclass(slots=True)
class _Columns:
    values: dict[str, pa.Array] = field(default_factory=dict)
    problems: list[tuple[str, str, pa.Array]] = field(default_factory=list)
    warnings: Warnings = field(default_factory=Counter)


def shape(batch: pa.RecordBatch, lines: pa.Array, mapping: Mapping, *, file: str, file_index: int) -> Shaped:
    """Turn source columns into canonical rows.

    Args:
        batch: source columns, of any types; its names are the source's (outer space stripped).
        lines: int64, the 1-based record number of each row in its file.
        mapping: how to read them; its columns are all there.
        file: name of the file, for the quarantine.
        file_index: position of the file in the run, for row ids.
    """
    spec = table_spec(mapping.table)
    columns = _coerced(batch, mapping, spec)
    _demand(columns, spec, batch.num_rows)
    mask = _unreadable(columns, batch.num_rows)
    quarantined = (
        _quarantine(columns, batch, lines, mask, file, mapping) if mask is not None else QUARANTINE.empty_table()
    )
    unread = UNREAD.empty_table()
    if mask is not None:
        if spec.name == TABLE:
            failed = frozenset(name for name, _, _ in columns.problems)
            unread = unread_rows(columns.values, mask, quarantined, file_index, failed)
        good = pc.invert(mask)
        columns.values = {name: pc.filter(values, good) for name, values in columns.values.items()}
        lines = pc.filter(lines, good)
    given = {rule.name for rule in mapping.rules}
    present = frozenset(
        name
        for name, values in columns.values.items()
        if name in given and (values.null_count < len(values) or spec.field(name).empty_tells)
    )
    _derive(columns, spec, lines, file_index)
    accepted = _table(columns.values, mapping.table, len(lines))
    return Shaped(accepted, quarantined, unread, columns.warnings, present)


def quarantine_table(bad: list[Bad], file: str) -> pa.Table:
    """Return the quarantine rows of records that could not be taken apart into cells."""
    rows = [_quarantine_row(file, item.line, None, item.value, item.reason, item.raw) for item in bad]
    return pa.Table.from_pylist(rows, QUARANTINE)


def _coerced(batch: pa.RecordBatch, mapping: Mapping, spec: TableSpec) -> _Columns:
    columns = _Columns()
    rules = {rule.name: rule for rule in mapping.rules}
    for item in spec.fields:
        rule = rules.get(item.name)
        result = _read(batch, rule, item) if rule else Coerced(_absent(item, batch.num_rows))
        columns.values[item.name] = result.values
        columns.problems += [(item.name, reason, mask) for reason, mask in result.problems]
        columns.warnings.update(
            {(item.name, value[:_CLIP], reason): count for (value, reason), count in result.warnings.items()}
        )
    return columns


def _absent(spec: FieldSpec, rows: int) -> pa.Array:
    if spec.default is not None:
        return pa.repeat(pa.scalar(spec.default, spec.arrow_type), rows)
    return pa.nulls(rows, spec.arrow_type)


def _read(batch: pa.RecordBatch, rule: FieldRule, spec: FieldSpec) -> Coerced:
    if rule.constant is not None:
        return coerce(pa.repeat(pa.scalar(rule.constant), batch.num_rows), spec, rule.reading)
    result = coerce(_source(batch, rule), spec, rule.reading)
    return _converted(result, batch.column(rule.unit_from), rule) if rule.unit_from else result


def _source(batch: pa.RecordBatch, rule: FieldRule) -> pa.Array:
    values = _joined(batch, rule)
    if rule.when is None:
        return values
    words = pc.utf8_trim_whitespace(pc.cast(as_text(batch.column(rule.when[0]))[0], pa.string()))
    chosen = pc.is_in(words, pa.array(rule.when[1], pa.string()))
    other = pa.scalar(rule.otherwise or None, pa.string())
    return pc.if_else(chosen, pc.cast(as_text(values)[0], pa.string()), other)


def _joined(batch: pa.RecordBatch, rule: FieldRule) -> pa.Array:
    if len(rule.sources) == 1:
        return batch.column(rule.sources[0])
    texts = [pc.cast(as_text(batch.column(name))[0], pa.string()) for name in rule.sources]
    texts = [pc.if_else(pc.equal(pc.binary_length(text), 0), pa.scalar(None, pa.string()), text) for text in texts]
    joined = pc.binary_join_element_wise(*texts, rule.join, null_handling="skip")
    return pc.if_else(pc.equal(pc.binary_length(joined), 0), pa.scalar(None, pa.string()), joined)


def _converted(result: Coerced, units: pa.Array, rule: FieldRule) -> Coerced:
    """Multiply masses by their row's unit; a mass in a unit that is no mass is nulled and counted."""
    text = pc.dictionary_encode(pc.cast(as_text(units)[0], pa.string()))
    factors = [
        mass_factor(rule.units.get(word.strip(), word)) if word else None for word in text.dictionary.to_pylist()
    ]
    by_row = pc.take(pa.array(factors, pa.float64()), text.indices)
    lost = pc.and_(pc.is_valid(result.values), pc.is_null(by_row))
    warnings = Counter(result.warnings)
    for item in pc.value_counts(pc.filter(pc.cast(text, pa.string()), lost)).to_pylist():
        warnings[item["values"] or "", "unit_not_a_mass"] += item["counts"]
    return Coerced(pc.multiply(result.values, by_row), result.problems, warnings)


def _demand(columns: _Columns, spec: TableSpec, rows: int) -> None:
    failed = {name for name, _, _ in columns.problems}
    for item in spec.fields:
        if item.required:
            missing = _blank(columns.values[item.name])
            if missing is not None and not (item.name in failed and _all_explained(columns, item.name, missing)):
                columns.problems.append((item.name, "missing", missing))
    if spec.any_of:
        blanks = [_blank(columns.values[name]) for name in spec.any_of]
        if all(blank is not None for blank in blanks):
            nothing = pa.repeat(YES, rows)
            for blank in blanks:
                nothing = pc.and_(nothing, blank)
            if pc.any(nothing).as_py():
                columns.problems.append(("/".join(spec.any_of), "no_goods", nothing))


def _all_explained(columns: _Columns, name: str, missing: pa.Array) -> bool:
    explained = pa.repeat(NO, len(missing))
    for field_name, _, mask in columns.problems:
        if field_name == name:
            explained = pc.or_(explained, mask)
    return not pc.any(pc.and_not(missing, explained)).as_py()


def _blank(values: pa.Array) -> pa.Array | None:
    """Return which cells are null or only space, or None when none is."""
    if pa.types.is_dictionary(values.type):
        mapped = map_uniques(values, _filled)
        return pc.is_null(mapped) if mapped.null_count else None
    blank = pc.is_null(values)
    if pa.types.is_string(values.type):
        short = pc.less(pc.binary_length(values), 4)  # only short texts are looked at closely: blanks of an export
        if pc.any(short).as_py():
            blank = pc.or_(blank, pc.fill_null(pc.equal(pc.binary_length(pc.utf8_trim_whitespace(values)), 0), YES))
    return blank if pc.any(blank).as_py() else None


def _filled(word: str) -> str | None:
    return word if word.strip() else None


def _unreadable(columns: _Columns, rows: int) -> pa.Array | None:
    if not columns.problems:
        return None
    mask = pa.repeat(NO, rows)
    for _, _, problem in columns.problems:
        mask = pc.or_(mask, problem)
    return mask if pc.any(mask).as_py() else None


def _quarantine(
    columns: _Columns, batch: pa.RecordBatch, lines: pa.Array, mask: pa.Array, file: str, mapping: Mapping
) -> pa.Table:
    positions = pc.indices_nonzero(mask)
    pieces = [
        _quarantine_some(columns, batch, lines, positions[at : at + _AT_ONCE], file, mapping)
        for at in range(0, len(positions), _AT_ONCE)
    ]
    return pa.concat_tables(pieces)


def _quarantine_some(
    columns: _Columns, batch: pa.RecordBatch, lines: pa.Array, positions: pa.Array, file: str, mapping: Mapping
) -> pa.Table:
    sources = {rule.name: rule.needs for rule in mapping.rules}
    cells = [_cells(column.take(positions)) for column in batch.columns]
    numbers = pc.take(lines, positions).to_pylist()
    flags = [(name, reason, pc.take(problem, positions).to_pylist()) for name, reason, problem in columns.problems]
    rows = []
    for at, line in enumerate(numbers):
        raw = {column: values[at] for column, values in zip(batch.schema.names, cells, strict=True)}
        name, reason = next((name, reason) for name, reason, problem in flags if problem[at])
        value = " | ".join(_shown(raw[column]) for column in sources.get(name, ()) if raw.get(column) is not None)
        rows.append(
            _quarantine_row(file, line, name, value, reason, json.dumps(raw, ensure_ascii=False, default=_shown))
        )
    return pa.Table.from_pylist(rows, QUARANTINE)


def _cells(column: pa.Array) -> list[Any]:
    """Return cells as Python values, or as texts where Python has no such value (a date in the year 90000)."""
    try:
        return list(column.to_pylist())
    except (ValueError, OverflowError, ImportError):
        return [None if not item.is_valid else str(item.cast(pa.string(), safe=False)) for item in column]


def _quarantine_row(file: str, line: int, name: str | None, value: str, reason: str, raw: str) -> dict[str, Any]:
    return {
        "file": file,
        "line": line,
        "field": name,
        "value": value[:_CLIP],
        "reason": reason,
        "message": MESSAGES[reason],
        "raw": raw[:_CLIP_RAW],
    }


def _shown(value: object) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def _derive(columns: _Columns, spec: TableSpec, lines: pa.Array, file_index: int) -> None:
    values = columns.values
    values["row_id"] = pc.add(lines, file_index << 40)
    values["source_file"] = pa.repeat(pa.scalar(file_index, pa.int32()), len(lines))
    values["source_row"] = lines
    if spec.hs6_from:
        values["hs6"] = _hs6(columns, spec.hs6_from)
    for name, (party, identifier) in spec.party_keys.items():
        values[name] = party_key(values[party], values[identifier] if identifier else None)


def hs6(code: str) -> str | None:
    """Return the six digits of the Harmonized System in a tariff code, the first of several; None without any."""
    return next((digits[:6] for digits in codes_in(code)), None)


def _hs6(columns: _Columns, source: str) -> pa.Array:
    codes = columns.values[source]
    encoded = codes if pa.types.is_dictionary(codes.type) else pc.dictionary_encode(codes)
    found = map_uniques(encoded, hs6)
    unread = pc.and_(pc.is_null(found), pc.is_valid(encoded))
    if pc.any(unread).as_py():
        for item in pc.value_counts(pc.cast(pc.filter(encoded, unread), pa.string())).to_pylist():
            columns.warnings[source, item["values"][:_CLIP], "no_hs6"] += item["counts"]
    return found


def _table(values: dict[str, pa.Array], table: str, rows: int) -> pa.Table:
    target = staged_schema(table)
    fields = [item.with_type(values[item.name].type) for item in target]
    return (
        pa.Table.from_arrays([values[item.name] for item in target], schema=pa.schema(fields))
        if rows
        else target.empty_table()
    )
