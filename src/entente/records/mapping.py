"""A mapping says how a source's columns become canonical fields.

It is a YAML file, validated against `mapping.schema.json`. A file that already has the canonical column names needs
none: `canonical_mapping` reads it as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema
import yaml

from entente.errors import InputError, Place, UsageError
from entente.records.codes import fold
from entente.records.coerce import Reading
from entente.records.encodings import canonical_name
from entente.records.parsing import PLAIN, DateReader, known_date_formats
from entente.records.schema import TableSpec, table_spec
from entente.records.units import mass_factor


@dataclass(frozen=True, slots=True)
class FileFormat:
    """How the bytes of a source are to be read; None means: find out from the content.

    Args:
        encoding: Python name of the text encoding.
        delimiter: one character between cells.
        quote: one character around cells, or empty for none.
        skip_rows: lines (or sheet rows) before the header.
        columns: column names, for a file without a header.
        trailing_delimiter: every row ends with one more delimiter than the header has.
        sheet: name of the sheet of a workbook; the first by default.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    skip_rows: int = 0
    columns: tuple[str, ...] = ()
    trailing_delimiter: bool = False
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class FieldRule:
    """Where one canonical field comes from.

    Args:
        name: canonical field.
        sources: source columns; several are joined.
        join: text between joined columns.
        constant: a value for every row, when there is no source column.
        reading: how the cells are read.
        unit_from: source column with the unit of a mass (g, kg, t, lb, ...); a row whose unit is not a mass keeps no
            mass.
        units: words of that column -> unit, where the source has codes.
        when: (source column, words): rows where the column holds none of the words take `otherwise` instead.
        otherwise: a constant for those rows; empty is no value.
    """

    name: str
    sources: tuple[str, ...] = ()
    join: str = " "
    constant: str | None = None
    reading: Reading = field(default_factory=Reading)
    unit_from: str | None = None
    units: MappingType[str, str] = field(default_factory=dict)
    when: tuple[str, tuple[str, ...]] | None = None
    otherwise: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Source columns this rule reads."""
        more = (self.unit_from, self.when[0] if self.when else None)
        return self.sources + tuple(column for column in more if column)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A whole mapping: one rule for each canonical field that the source carries."""

    name: str
    table: str
    rules: tuple[FieldRule, ...]
    format: FileFormat = field(default_factory=FileFormat)
    title: MappingType[str, str] = field(default_factory=dict)
    source: str = ""

    @property
    def needs(self) -> tuple[str, ...]:
        """Source columns that the rules read, each once, in order of first use."""
        return tuple(dict.fromkeys(column for rule in self.rules for column in rule.needs))

    @property
    def grouped(self) -> frozenset[str]:
        """Source columns of which each distinct value is looked at once: codes, and what parties are known by."""
        wanted = table_spec(self.table).grouped
        return frozenset(rule.sources[0] for rule in self.rules if rule.name in wanted and len(rule.sources) == 1)


def canonical_mapping(table: str, columns: Sequence[str]) -> Mapping:
    """Return the mapping of a source whose columns already have canonical names (case and outer space aside)."""
    spec = table_spec(table)
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(_folded(column), column)
    rules = tuple(FieldRule(name, (by_name[name],)) for name in spec.names if name in by_name)
    return Mapping(name=CANONICAL, table=table, rules=rules)


#: Name of the mapping of files that have the canonical column names.
CANONICAL = "canonical"


def with_cells(mapping: Mapping, *, from_1904: bool) -> Mapping:
    """Return the mapping for a workbook, whose numbers may be days; see `DateReader.with_cells`."""
    rules = tuple(
        replace(rule, reading=replace(rule.reading, dates=rule.reading.dates.with_cells(from_1904=from_1904)))
        for rule in mapping.rules
    )
    return replace(mapping, rules=rules)


def _folded(column: str) -> str:
    return column.strip().casefold()


def check_columns(mapping: Mapping, columns: Sequence[str], place: Place) -> None:
    """Refuse a source whose columns cannot give a single readable row, or give it in two ways.

    Raises:
        InputError: a column that the mapping reads is missing or there twice, or no column gives a mandatory field.
    """
    _check_mandatory(mapping, table_spec(mapping.table), columns, place)
    if not mapping.needs:
        raise InputError("The mapping reads no column: every field is a constant.", remedy=_SCHEMA_REMEDY, place=place)
    alike = _folded if mapping.name == CANONICAL else str
    for needed in mapping.needs:
        found = sum(1 for column in columns if alike(column) == alike(needed))
        if found == 0:
            raise InputError(
                f"There is no column {needed!r}, which the mapping {mapping.name!r} reads.",
                remedy=_DESCRIBE,
                place=place,
            )
        if found > 1:
            raise InputError(
                f"The header has the column {needed!r} {found} times.",
                remedy="Rename the columns so that each name stands once, and say in a mapping which is which.",
                place=place,
            )


_DESCRIBE = "Run `entente records describe FILE`: it proposes a mapping for this file; give it with --mapping."


def _check_mandatory(mapping: Mapping, spec: TableSpec, columns: Sequence[str], place: Place) -> None:
    given = {rule.name for rule in mapping.rules}
    missing = [item.name for item in spec.fields if item.required and item.name not in given]
    if spec.any_of and not given & set(spec.any_of):
        missing.append("one of " + ", ".join(spec.any_of))
    if missing:
        shown = ", ".join(repr(column) for column in list(columns)[:12])
        raise InputError(
            f"No column gives {' and '.join(missing)} of the table {spec.name} (columns found: {shown or 'none'}).",
            remedy=_DESCRIBE,
            place=place,
        )


def shipped_mapping_names() -> list[str]:
    """Return the names of the mappings that come with Entente."""
    folder = files("entente.records") / "mappings"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def load_mapping(source: str | Path) -> Mapping:
    """Load a mapping from a YAML file, or a shipped one by its name.

    Raises:
        InputError: the file is missing, is no YAML, or breaks the schema.
    """
    if isinstance(source, str) and source in shipped_mapping_names():
        text = (files("entente.records") / "mappings" / f"{source}.yaml").read_text(encoding="utf-8")
        return parse_mapping(text, str(source))
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The mapping cannot be read: {error}.",
            remedy=f"Give a YAML file, or one of the shipped mappings: {', '.join(shipped_mapping_names())}.",
            place=Place(str(source)),
        ) from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, label: str) -> Mapping:
    """Turn the text of a mapping file into a `Mapping`.

    Args:
        text: YAML.
        label: file name, for messages.

    Raises:
        InputError: the text is no YAML, breaks the schema, or names a field, unit, zone or date format that is not
            known.
    """
    place = Place(label)
    if len(text) > _LONGEST:
        raise InputError("The file is too long to be a mapping.", remedy="Give the mapping's own file.", place=place)
    try:
        raw = yaml.load(text, _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"The mapping is not valid YAML: {error}.", remedy="Correct the YAML.", place=place) from error
    problem = next(
        iter(sorted(_validator().iter_errors(raw), key=lambda item: list(map(str, item.absolute_path)))), None
    )
    if problem is not None:
        where = ".".join(str(part) for part in problem.absolute_path)
        raise InputError(f"{where or 'mapping'}: {problem.message}", remedy=_SCHEMA_REMEDY, place=place)
    return _mapping(raw, label)


class _Loader(yaml.SafeLoader):
    """Reads NO as the text it is (Norway), not as a truth value, and knows no aliases, which can grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse an alias."""
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("an alias (*), which mappings do not use")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:bool"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("true|false"), list("tf"))
_LONGEST = 1 << 20

_SCHEMA_REMEDY = "Correct the mapping; docs/records.md describes every key."


@cache
def _validator() -> Any:
    text = (files("entente.records") / "mapping.schema.json").read_text(encoding="utf-8")
    return jsonschema.Draft202012Validator(json.loads(text))


def _mapping(raw: dict[str, Any], label: str) -> Mapping:
    spec = table_spec(raw["table"])
    defaults = raw.get("defaults", {})
    rules = []
    for name, item in raw["fields"].items():
        if name not in spec.names:
            known = ", ".join(spec.names)
            raise _invalid(label, name, f"The table {spec.name} has no field {name!r}.", f"Use one of: {known}.")
        rules.append(_rule(name, item, defaults, label))
    order = {name: position for position, name in enumerate(spec.names)}
    return Mapping(
        name=raw["mapping"],
        table=raw["table"],
        rules=tuple(sorted(rules, key=lambda rule: order[rule.name])),
        format=_format(raw.get("file", {}), label),
        title=raw.get("title", {}),
        source=raw.get("source", ""),
    )


def _format(raw: dict[str, Any], label: str) -> FileFormat:
    encoding = raw.get("encoding")
    if encoding is not None:
        try:
            canonical_name(encoding)
        except (LookupError, UnicodeError, ValueError) as error:
            raise _invalid(
                label,
                "file.encoding",
                f"There is no encoding {encoding!r}.",
                "Use utf-8, utf-16, gb18030, big5 or latin-1.",
            ) from error
    return FileFormat(**{**raw, "columns": tuple(raw.get("columns", ()))})


def _rule(name: str, item: dict[str, Any], defaults: dict[str, Any], label: str) -> FieldRule:
    sources = item.get("from", [])
    return FieldRule(
        name=name,
        sources=(sources,) if isinstance(sources, str) else tuple(sources),
        join=item.get("join", " "),
        constant=str(item["constant"]) if "constant" in item else None,
        reading=_reading(name, item, defaults, label),
        unit_from=item.get("unit_from"),
        units=item.get("units", {}),
        when=next(((column, tuple(words)) for column, words in item.get("when", {}).items()), None),
        otherwise=item.get("otherwise", ""),
    )


def _reading(name: str, item: dict[str, Any], defaults: dict[str, Any], label: str) -> Reading:
    merged = {**defaults, **item}
    formats = tuple(merged.get("dates", PLAIN))
    if not known_date_formats(formats):
        raise _invalid(
            label,
            name,
            f"A date format of {list(formats)} is not known.",
            "Use iso, year_first, excel, excel1904, epoch_s, epoch_ms, or a pattern of YYYY, MM, DD and MON.",
        )
    zone = merged.get("zone")
    if zone is not None:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            raise _invalid(
                label, name, f"There is no time zone {zone!r}.", "Use an IANA name such as Asia/Seoul."
            ) from error
    return Reading(
        dates=DateReader(formats, zone),
        decimal=merged.get("decimal", "."),
        thousands=merged.get("thousands"),
        factor=_factor(name, item, label),
        translate={fold(str(word)): code for word, code in item.get("codes", {}).items()},
        pad=item.get("pad"),
        split=item.get("split"),
        nulls=tuple(merged.get("nulls", ())),
    )


def _factor(name: str, item: dict[str, Any], label: str) -> float | None:
    unit = item.get("unit")
    if unit is None:
        return None
    factor = mass_factor(unit)
    if factor is None:
        raise _invalid(
            label,
            name,
            f"{unit!r} is not a unit of mass.",
            "Only masses are converted; map anything else to quantity and unit.",
        )
    return None if factor == 1.0 else factor


def _invalid(label: str, field_name: str, message: str, remedy: str) -> InputError:
    return InputError(message, remedy=remedy, place=Place(label, field=field_name))


def require_mapping(table: str, mapping: Mapping) -> None:
    """Refuse a mapping that is made for another table.

    Raises:
        UsageError: it is.
    """
    if mapping.table != table:
        raise UsageError(
            f"The mapping {mapping.name!r} is for {mapping.table}, not for {table}.",
            remedy="Give the mapping of this table.",
        )
