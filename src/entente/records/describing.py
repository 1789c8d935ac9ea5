"""Describe a source that nobody has mapped yet, and propose a mapping for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from entente.errors import InputError
from entente.records.arrays import as_text, simplify
from entente.records.encodings import guesses
from entente.records.limits import Limits
from entente.records.mapping import FileFormat, check_columns
from entente.records.mapping import canonical_mapping as canonical
from entente.records.probing import Guess, guess
from entente.records.reading import Source, open_source
from entente.records.reading.base import file_kind
from entente.records.schema import table_spec

_SAMPLED = 1000
_SHOWN = 3
#: A column is proposed for a field from this confidence on.
_PROPOSED = 0.45


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a source.

    Args:
        name: as in the header.
        filled: sampled cells with a value.
        examples: the first different values, clipped.
        guess: what it is proposed for, if anything.
    """

    name: str
    filled: int
    examples: tuple[str, ...]
    guess: Guess | None


@dataclass(frozen=True, slots=True)
class Description:
    """What a source seems to be.

    Args:
        path: file.
        table: canonical table that it was compared with.
        kind: kind of file.
        encoding: encoding of a text file.
        encoding_sure: false when the encoding is a guess that a person should check.
        delimiter: delimiter of a text file.
        rows_sampled: records looked at.
        unreadable: records among them that could not be taken apart into cells.
        columns: the columns, in order.
        canonical: true when the file has the canonical column names and needs no mapping.
        missing: mandatory fields that no column is proposed for.
        mapping: the proposed mapping, as YAML.
    """

    path: Path
    table: str
    kind: str
    encoding: str | None
    encoding_sure: bool
    delimiter: str | None
    rows_sampled: int
    unreadable: int
    columns: tuple[Column, ...]
    canonical: bool
    missing: tuple[str, ...]
    mapping: str


def describe(
    path: Path, table: str = "shipments", *, how: FileFormat | None = None, limits: Limits | None = None
) -> Description:
    """Look at the beginning of a file and propose a mapping.

    Args:
        path: CSV, Excel or Parquet.
        table: canonical table that the rows are to become.
        how: what is known of the file's format already.
        limits: bounds on what is read.

    Raises:
        InputError: the file cannot be read at all.
        UsageError: there is no such table.
    """
    limits = limits or Limits()
    how, sure = _format(path, how or FileFormat(), limits)
    source = open_source(path, how, limits)
    rows, unreadable, cells = _sample(source)
    proposed = _assign(source.columns, cells, table)
    columns = tuple(
        _column(name, values, proposed.get(at))
        for at, (name, values) in enumerate(zip(source.columns, cells, strict=True))
    )
    return Description(
        path=path,
        table=table,
        kind=source.kind,
        encoding=source.encoding,
        encoding_sure=sure,
        delimiter=_delimiter(source),
        rows_sampled=rows,
        unreadable=unreadable,
        columns=columns,
        canonical=_is_canonical(source, table),
        missing=_missing(table, {item.field for item in proposed.values()}),
        mapping=_mapping_text(path, table, source, columns),
    )


def _format(path: Path, how: FileFormat, limits: Limits) -> tuple[FileFormat, bool]:
    """Find an encoding for text that is not UTF-8: here a guess is welcome, because a person looks at it."""
    if how.encoding is not None or file_kind(path) != "text":
        return how, True
    try:
        open_source(path, how, limits)
    except InputError:
        with path.open("rb") as stream:
            likely = guesses(stream.read(1 << 20))
        if not likely:
            raise
        return replace(how, encoding=likely[0]), False
    return how, True


def _sample(source: Source) -> tuple[int, int, list[list[str]]]:
    cells: list[list[str]] = [[] for _ in source.columns]
    rows = unreadable = 0
    for part in islice(source.parts(None), 1):
        for block in islice(part.blocks(), 1):
            head = block.rows.slice(0, _SAMPLED)
            rows, unreadable = head.num_rows, len(block.bad)
            for column, values in zip(head.columns, cells, strict=True):
                values.extend(_words(column))
    return rows + unreadable, unreadable, cells


def _words(column: pa.Array) -> list[str]:
    if pa.types.is_nested(column.type):
        return [";".join(map(str, item)) for item in column.to_pylist() if item]
    words = as_text(simplify(column))[0].to_pylist()
    return [word for word in words if word is not None and word.strip()]


def _assign(columns: tuple[str, ...], cells: list[list[str]], table: str) -> dict[int, Guess]:
    """Give each column at most one field and each field at most one column, the surest pairs first."""
    pairs = [
        (found.confidence, -at, found)
        for at, name in enumerate(columns)
        for spec in table_spec(table).fields
        if (found := guess(name, cells[at], spec)).confidence >= _PROPOSED
    ]
    taken: dict[int, Guess] = {}
    fields: set[str] = set()
    for _, place, found in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        if -place not in taken and found.field not in fields:
            taken[-place] = found
            fields.add(found.field)
    return taken


def _column(name: str, values: list[str], found: Guess | None) -> Column:
    examples = tuple(value[:60] for value in islice(dict.fromkeys(values), _SHOWN))
    return Column(name, len(values), examples, found)


def _delimiter(source: Source) -> str | None:
    dialect = getattr(source, "dialect", None)
    return None if dialect is None else dialect.delimiter


def _is_canonical(source: Source, table: str) -> bool:
    from entente.errors import Place

    try:
        check_columns(canonical(table, source.columns), source.columns, Place())
    except InputError:
        return False
    return True


def _missing(table: str, given: set[str]) -> tuple[str, ...]:
    spec = table_spec(table)
    missing = [item.name for item in spec.fields if item.required and item.name not in given]
    if spec.any_of and not given & set(spec.any_of):
        missing.append(" or ".join(spec.any_of))
    return tuple(missing)


def _mapping_text(path: Path, table: str, source: Source, columns: tuple[Column, ...]) -> str:
    order = {name: at for at, name in enumerate(table_spec(table).names)}
    chosen = sorted(
        (column for column in columns if column.guess),
        key=lambda column: order[column.guess.field] if column.guess else 0,
    )
    fields = {
        column.guess.field: {"from": column.name, **dict(column.guess.options)} for column in chosen if column.guess
    }
    raw: dict[str, Any] = {"mapping": path.name.split(".")[0] or "mapping", "table": table}
    if source.encoding is not None:
        raw["file"] = {"encoding": source.encoding, "delimiter": _delimiter(source)}
    raw["fields"] = fields
    text = yaml.dump(raw, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)
    unused = [column.name for column in columns if column.guess is None and column.name]
    return text + ("".join(f"# not used: {name!r}\n" for name in unused))


class _Dumper(yaml.SafeDumper):
    """Writes the inner mappings on one line each, as a person would."""


def _one_line(dumper: _Dumper, data: dict[str, Any]) -> yaml.MappingNode:
    inner = not any(isinstance(value, dict) for value in data.values())
    return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=inner)


_Dumper.add_representer(dict, _one_line)
