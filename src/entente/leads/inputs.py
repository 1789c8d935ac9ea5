"""The inputs of a run: shipments and optional tables, staged, hashed and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entente.errors import UsageError
from entente.records.mapping import Mapping as ColumnMapping
from entente.records.mapping import load_mapping
from entente.records.staged import Progress, StageResult
from entente.records.staging import stage
from entente.substances.register import Register
from entente.substances.resolve import resolver

SHIPMENTS = "shipments"

#: Optional tables whose rows name a substance in words, which the register turns into an id.
_NAMING = frozenset({"notifications", "authorisations", "invocations"})


@dataclass(frozen=True, slots=True)
class StagedInputs:
    """All tables of a run in canonical form, shipments first."""

    tables: Mapping[str, StageResult]
    mappings: Mapping[str, ColumnMapping]
    unresolved: Mapping[str, int]

    @property
    def shipments(self) -> StageResult:
        """The shipments."""
        return self.tables[SHIPMENTS]

    @property
    def present_columns(self) -> frozenset[str]:
        """Columns that some source really had: plain names of the shipments', `table.column` of other tables'."""
        others = (f"{name}.{column}" for name, one in self.tables.items() for column in one.present_columns)
        return self.shipments.present_columns.union(others)

    def warnings(self) -> Iterator[dict[str, Any]]:
        """What a person should know about the inputs: table, file, field, value, reason and how often.

        Reasons are those of `records.staged.Warned`, and `unresolved`: rows that name no substance of the register.
        """
        for table, result in self.tables.items():
            for warned in result.warnings:
                yield {"table": table, **asdict(warned)}
        for table, rows in self.unresolved.items():
            yield {
                "table": table,
                "file": "",
                "field": "substance",
                "value": "",
                "reason": "unresolved",
                "count": rows,
            }


def load_mappings(names: Sequence[str]) -> dict[str, ColumnMapping]:
    """Load mappings by file or shipped name; at most one for each table.

    Raises:
        UsageError: two mappings are for the same table.
    """
    found: dict[str, ColumnMapping] = {}
    for name in names:
        mapping = load_mapping(name)
        if mapping.table in found:
            raise UsageError(
                f"Two mappings are for the table {mapping.table}: {found[mapping.table].name} and {mapping.name}.",
                remedy="Convert one of the sources first (entente records convert), then screen the results together.",
            )
        found[mapping.table] = mapping
    return found


def stage_inputs(
    shipments: Sequence[Path],
    optional: Mapping[str, Sequence[Path]],
    mappings: Mapping[str, ColumnMapping],
    register: Register,
    out: Path,
    *,
    processes: int | None,
    progress: Callable[[Progress], None] | None = None,
    today: date | None = None,
) -> StagedInputs:
    """Stage every table of a run under `out`; days after `today`, the run's own, are noted.

    Raises:
        InputError: a file cannot be read at all.
    """
    wanted = {SHIPMENTS: tuple(shipments), **{name: tuple(paths) for name, paths in optional.items() if paths}}
    tables: dict[str, StageResult] = {}
    unresolved: dict[str, int] = {}
    for name, paths in wanted.items():
        tables[name] = stage(
            name, paths, mappings.get(name), out / name, processes=processes, progress=progress, today=today
        )
        if name in _NAMING:
            missing = sum(_resolve_part(part, register) for part in tables[name].parts)
            unresolved |= {name: missing} if missing else {}
    return StagedInputs(tables, mappings, unresolved)


def _resolve_part(part: Path, register: Register) -> int:
    """Give each row the id of the substance that it names in words; return how many rows stay without one."""
    rows = pq.read_table(part)
    named = rows.column("substance").to_pylist() if "substance" in rows.column_names else [None] * len(rows)
    ids = rows.column("substance_id").to_pylist()
    find = resolver(register)
    known = {text: next((found.substance_id for found in find(text)), None) for text in {*named, *ids} if text}
    resolved = [_one(given, text, register, known) for given, text in zip(ids, named, strict=True)]
    at = rows.schema.get_field_index("substance_id")
    pq.write_table(
        rows.set_column(at, "substance_id", pa.array(resolved, pa.string())),
        part,
        compression="lz4",
        store_schema=False,
    )
    return sum(value not in register.substances for value in resolved)


def _one(given: str | None, text: str | None, register: Register, known: Mapping[str, str | None]) -> str | None:
    """A given id stands; what is no id may be a name, a CAS number or an HS code in the wrong column."""
    if given in register.substances:
        return given
    return known.get(given or "") or known.get(text or "") or given
