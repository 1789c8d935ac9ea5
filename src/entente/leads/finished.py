"""A finished run on disk, opened for reading: its record, and the rows of its leads that are asked for.

A run is taken as it was written or not at all: the digests in run.json must be those of the tables beside it. That
finds an accident and a careless edit. It does not find an insider who writes new digests too; nothing signs a run yet.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from entente.errors import InputError, Place, UsageError
from entente.leads.outputs import file_digest
from entente.leads.record import FORMAT
from entente.leads.schema import LEADS

_AGAIN = "Name the folder that `entente screen --out` wrote, or screen again."


@dataclass(frozen=True, slots=True)
class FinishedRun:
    """A run that ended.

    Args:
        folder: where its results are.
        record: content of run.json.
        started: day (UTC) on which it began.
        evaluated: ids of the rules that could be evaluated in it.
    """

    folder: Path
    record: Mapping[str, Any]
    started: date
    evaluated: frozenset[str]

    def leads(self, where: pc.Expression) -> list[dict[str, Any]]:
        """Rows of leads.parquet (schema `LEADS`) for which `where` holds."""
        table = ds.dataset(self.folder / "leads.parquet", format="parquet").to_table(filter=where)
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows

    def hits(self, declarations: list[str]) -> list[dict[str, Any]]:
        """Rows of hits.parquet of some declarations."""
        where = pc.field("declaration_id").isin(pa.array(declarations, pa.string()))
        rows: list[dict[str, Any]] = (
            ds.dataset(self.folder / "hits.parquet", format="parquet").to_table(filter=where).to_pylist()
        )
        return rows


def open_run(folder: Path) -> FinishedRun:
    """Open the results of a run, and see that they are what the run wrote.

    Raises:
        UsageError: the folder holds no finished run.
        InputError: run.json cannot be read, or a table was changed after the run.
    """
    path = folder / "run.json"
    if not path.is_file():
        raise UsageError("This folder holds no finished run.", remedy=_AGAIN, place=Place(str(folder)))
    record = _record(path)
    try:
        started = datetime.fromisoformat(record["started"]).date()
        evaluated = frozenset(record["rules"]["evaluated"])
        digests = {name: record["results"][name] for name in ("leads.parquet", "hits.parquet")}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("This record of a run lacks something.", remedy=_AGAIN, place=Place(str(path))) from error
    for name, digest in digests.items():
        _unchanged(folder / name, digest)
    _columns(folder / "leads.parquet")
    return FinishedRun(folder, record, started, evaluated)


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError("This record of a run cannot be read.", remedy=_AGAIN, place=Place(str(path))) from error
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(
            f"This is not a record of a run in the format {FORMAT}.", remedy=_AGAIN, place=Place(str(path))
        )
    return record


def _unchanged(path: Path, digest: str) -> None:
    if not path.is_file() or file_digest(path) != digest:
        raise InputError(
            "This table is missing, or was changed after the run had ended.",
            remedy="Restore it from a backup, or screen again.",
            place=Place(str(path)),
        )


def _columns(path: Path) -> None:
    lacking = sorted(set(LEADS.names) - set(ds.dataset(path, format="parquet").schema.names))
    if lacking:
        raise InputError(f"This table has no column {lacking[0]}.", remedy=_AGAIN, place=Place(str(path)))
