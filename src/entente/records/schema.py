"""The canonical tables: what each field is called, holds and means.

The tables themselves are data (`tables/*.yaml`), with the unit, the code list and the meaning of each field in
English, Chinese and Spanish. Dates are legal days without a zone; masses are kilograms; countries are ISO 3166-1
alpha-2; currencies are ISO 4217; ports are UN/LOCODE where the source has it.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import pyarrow as pa
import yaml

from entente.errors import UsageError

TABLES = ("shipments", "payments", "seizures", "mentions", "notifications", "authorisations", "invocations")

_TYPES: MappingType[str, pa.DataType] = {
    "string": pa.string(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "date32": pa.date32(),
    "bool": pa.bool_(),
    "list<string>": pa.list_(pa.string()),
}

#: Rows that could not be read, one row each. `line` is the 1-based number of the record in its file (a header is
#: not a record), `reason` a short code, `raw` the row as JSON, clipped.
QUARANTINE = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("field", pa.string()),
        pa.field("value", pa.string()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("message", pa.string(), nullable=False),
        pa.field("raw", pa.string()),
    ],
)


#: What could be read of the goods of shipments in quarantine, one row for each of theirs: `file` and `record` are its
#: file and line. A record that could not be taken apart into cells has its own text as description.
UNREAD = pa.schema(
    [
        pa.field("file", pa.string(), nullable=False),
        pa.field("record", pa.int64(), nullable=False),
        pa.field("row_id", pa.int64(), nullable=False),
        pa.field("declaration_id", pa.string()),
        pa.field("line", pa.int64()),
        pa.field("date", pa.date32()),
        pa.field("description", pa.string()),
        pa.field("cas", pa.string()),
        pa.field("hs_code", pa.string()),
    ],
)


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One canonical field.

    Args:
        name: canonical column name.
        type: `string`, `int64`, `float64`, `date32`, `bool` or `list<string>`.
        required: a row without it cannot be read.
        unit: unit of a number.
        codes: code list its values belong to.
        values: closed list of words its values belong to.
        minimum: smallest number allowed.
        default: value of a row, or a source, that has none.
        empty_tells: an empty cell says something (still in force, no reply yet), so that a column that a source has
            counts as given even where all of it is empty.
        meaning: what it is, by language (`en`, `zh`, `es`).
    """

    name: str
    type: str
    meaning: MappingType[str, str]
    required: bool = False
    unit: str | None = None
    codes: str | None = None
    values: tuple[str, ...] = ()
    minimum: float | None = None
    default: int | None = None
    empty_tells: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """Arrow type of the column."""
        return _TYPES[self.type]


@dataclass(frozen=True, slots=True)
class TableSpec:
    """One canonical table: its fields in order, its key, and what is derived from them.

    Args:
        name: table name.
        title: what a row is, by language.
        fields: canonical fields in order.
        key: fields that together should name a row; duplicates are a warning, never a loss.
        any_of: a row needs at least one of these; empty means no such demand.
        party_keys: derived key column -> (name field, identifier field or None).
        hs6_from: field that the derived column `hs6` is made from, if any.
    """

    name: str
    title: MappingType[str, str]
    fields: tuple[FieldSpec, ...]
    key: tuple[str, ...]
    any_of: tuple[str, ...]
    party_keys: MappingType[str, tuple[str, str | None]]
    hs6_from: str | None

    def field(self, name: str) -> FieldSpec:
        """Return the field called `name`; KeyError if there is none."""
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    @property
    def grouped(self) -> frozenset[str]:
        """Texts that many rows share: codes, and names, identifiers and addresses of parties."""
        parties = {item for source in self.party_keys.values() for item in source if item}
        addresses = {f"{name}_address" for name in parties}
        coded = {spec.name for spec in self.fields if spec.codes or spec.values}
        return frozenset(spec.name for spec in self.fields if spec.name in parties | addresses | coded)

    @property
    def names(self) -> tuple[str, ...]:
        """Canonical column names in order."""
        return tuple(spec.name for spec in self.fields)


@cache
def table_spec(table: str) -> TableSpec:
    """Return the canonical table called `table`.

    Raises:
        UsageError: there is no such table.
    """
    if table not in TABLES:
        raise UsageError(f"There is no table called {table!r}.", remedy=f"Use one of: {', '.join(TABLES)}.")
    text = (files("entente.records") / "tables" / f"{table}.yaml").read_text(encoding="utf-8")
    return _table(yaml.safe_load(text))


def schema(table: str) -> pa.Schema:
    """Return the canonical Arrow schema of a table; fields that every row must have are not nullable."""
    return pa.schema([_arrow_field(spec) for spec in table_spec(table).fields])


def staged_schema(table: str) -> pa.Schema:
    """Return the schema of staged part files: canonical columns, then row identity, then derived columns.

    `row_id` is `file index << 40 | source_row`; `source_row` is the 1-based record number in the file; `hs6` has
    six digits or is null; party keys are normalised names, or `id:` and a normalised identifier.
    """
    spec = table_spec(table)
    fields = [
        *(_arrow_field(field) for field in spec.fields),
        pa.field("row_id", pa.int64(), nullable=False),
        pa.field("source_file", pa.int32(), nullable=False),
        pa.field("source_row", pa.int64(), nullable=False),
    ]
    if spec.hs6_from:
        fields.append(pa.field("hs6", pa.string()))
    fields.extend(pa.field(name, pa.string()) for name in spec.party_keys)
    return pa.schema(fields)


def _arrow_field(spec: FieldSpec) -> pa.Field:
    return pa.field(spec.name, spec.arrow_type, nullable=not (spec.required or spec.default is not None))


def _table(raw: dict[str, Any]) -> TableSpec:
    derived = dict(raw.get("derived", {}))
    hs6 = derived.pop("hs6", None)
    keys = {name: (parts[0], parts[1] if len(parts) > 1 else None) for name, parts in derived.items()}
    return TableSpec(
        name=raw["table"],
        title=raw["title"],
        fields=tuple(_field(item) for item in raw["fields"]),
        key=tuple(raw["key"]),
        any_of=tuple(raw.get("any_of", ())),
        party_keys=keys,
        hs6_from=hs6,
    )


def _field(raw: dict[str, Any]) -> FieldSpec:
    return FieldSpec(**{**raw, "values": tuple(raw.get("values", ()))})
