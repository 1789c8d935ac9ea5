"""Parties in files: CSV or Parquet with id and name, and results that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entente.errors import InputError, Place, UsageError
from entente.parties.facts import NO_FACTS, Facts
from entente.parties.identifiers import KINDS, MOST_CHARACTERS, Identifier, check, recognise
from entente.parties.matching import Found, Record

#: Columns of the result of a match.
MATCHES = pa.schema(
    [
        pa.field("query_id", pa.string()),
        pa.field("candidate_id", pa.string()),
        pa.field("rank", pa.int64()),
        pa.field("score", pa.float64()),
        pa.field("verdict", pa.string()),
        pa.field("reasons", pa.list_(pa.string())),
    ]
)
#: Columns of parties besides id and name, none needed.
OPTIONAL = ("kind", "country", "city", "address", "born", "identifiers", "identifier", *KINDS)
#: Columns that together are the id of a mention, as `records.mentions` gives them.
_MENTION = ("record_table", "record_id", "role")
_FORMULA = frozenset("=+-@＝＋－＠|%")
_CELL = 1_000_000


@dataclass(frozen=True, slots=True)
class Parties:
    """Parties of a file, and how many identifiers of each kind were refused, by reason."""

    records: list[Record]
    refused: Mapping[tuple[str, str], int]


def read_parties(path: Path) -> Parties:
    """Read parties.

    Raises:
        InputError: the file cannot be read, or has no column of names.
    """
    refused: Counter[tuple[str, str]] = Counter()
    records = [_record(row, at, refused) for at, row in enumerate(_rows(path), start=1)]
    return Parties(records, dict(refused))


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        if path.suffix.lower() == ".parquet":
            yield from _parquet(path)
        else:
            yield from _csv(path)
    except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise InputError(
            "This file of parties cannot be read.",
            remedy="Give a CSV file in UTF-8 or a Parquet file, with the columns id and name.",
            place=Place(str(path)),
        ) from error


def _csv(path: Path) -> Iterator[Mapping[str, str]]:
    csv.field_size_limit(_CELL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        _need_name(reader.fieldnames or (), path)
        for row in reader:
            yield {key: value for key, value in row.items() if isinstance(key, str) and isinstance(value, str)}


def _parquet(path: Path) -> Iterator[Mapping[str, str]]:
    with pq.ParquetFile(path) as file:
        _need_name(file.schema_arrow.names, path)
        wanted = [name for name in file.schema_arrow.names if name in {"id", "name", *_MENTION, *OPTIONAL}]
        for batch in file.iter_batches(columns=wanted):
            for row in batch.to_pylist():
                yield {key: str(value) for key, value in row.items() if value is not None}


def _need_name(columns: Iterable[str], path: Path) -> None:
    if "name" not in columns:
        raise InputError(
            "This file has no column `name`.",
            remedy="Name the column of names `name`, and that of ids `id`.",
            place=Place(str(path)),
        )


def _record(row: Mapping[str, str], number: int, refused: Counter[tuple[str, str]]) -> Record:
    identifiers = tuple(_identifiers(row, refused))
    facts = Facts(
        identifiers,
        row.get("country", "").strip().upper(),
        row.get("city", "").strip(),
        row.get("address", "").strip(),
        row.get("born", "").strip(),
    )
    kind = row.get("kind", "").strip().lower()
    return Record(
        row.get("id") or "/".join(row[column] for column in _MENTION if row.get(column)) or str(number),
        row.get("name", ""),
        kind if kind in {"person", "company"} else None,
        NO_FACTS if facts == NO_FACTS else facts,
    )


def _identifiers(row: Mapping[str, str], refused: Counter[tuple[str, str]]) -> Iterator[Identifier]:
    """Identifiers of columns named by their kind, and of `identifiers` (kind:value;… or what tells itself)."""
    region = row.get("country", "").strip().upper() or None
    for kind in KINDS:
        if row.get(kind, "").strip():
            yield from _valid(kind, row[kind], region, refused)
    for text in row.get("identifiers", "").split(";")[:50]:
        kind, found, value = text.strip().partition(":")
        if found and kind.lower() in KINDS:
            yield from _valid(kind.lower(), value, region, refused)
        elif text.strip():
            known = recognise(text.strip(), region=region)
            if known is None:
                refused["unknown", "form"] += 1
            else:
                yield known

    recorded = row.get("identifier", "").strip()
    if recorded:
        # a number of a register that nobody named: the country's, and no proof by itself
        known = recognise(recorded[:MOST_CHARACTERS], region=region)
        yield known or Identifier("recorded", f"{region or ''}:{recorded[:MOST_CHARACTERS]}")


def _valid(kind: str, text: str, region: str | None, refused: Counter[tuple[str, str]]) -> Iterator[Identifier]:
    result = check(kind, text, region=region)
    if isinstance(result, Identifier):
        yield result
    else:
        refused[kind, result.reason] += 1


def write_matches(path: Path, found: Iterable[Found]) -> int:
    """Write the result of a match to CSV or Parquet; return the number of rows.

    Raises:
        UsageError: the file cannot be written.
    """
    rows = [
        {
            "query_id": one.query,
            "candidate_id": one.candidate,
            "rank": one.rank,
            "score": one.scored.probability,
            "verdict": one.scored.verdict,
            "reasons": list(one.scored.reasons),
        }
        for one in found
    ]
    write_table(path, pa.Table.from_pylist(rows, MATCHES))
    return len(rows)


def write_table(path: Path, table: pa.Table) -> None:
    """Write a table as Parquet or, for spreadsheets, as CSV in which no cell is a formula.

    Raises:
        UsageError: the file cannot be written.
    """
    try:
        if path.suffix.lower() == ".parquet":
            pq.write_table(table, path)
        else:
            path.write_bytes(_as_csv(table))
    except OSError as error:
        raise UsageError(
            f"This file cannot be written: {error.strerror}.",
            remedy="Name another after --out.",
            place=Place(str(path)),
        ) from error


def _as_csv(table: pa.Table) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.column_names)
    for row in table.to_pylist():
        writer.writerow([cell(value) for value in row.values()])
    return text.getvalue().encode("utf-8", "backslashreplace")


def cell(value: Any) -> str:
    """A value as a cell that no spreadsheet runs as a formula."""
    if value is None or isinstance(value, (int, float)):
        return "" if value is None else str(value)
    text = ";".join(map(str, value)) if isinstance(value, list) else str(value)
    plain = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in text)
    visible = next((char for char in plain if not char.isspace() and unicodedata.category(char) != "Cf"), "")
    return ("'" if visible in _FORMULA and visible else "") + plain[:32_000]
