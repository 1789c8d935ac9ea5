"""The tables of a finished run, joined lead by lead: a lead with the hits and flags of its records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from entente.leads.outputs import file_digest
from entente.node.services.desk.errors import DeskError
from entente.node.store.desk_leads import CLEAR

AT_ONCE = 5000
"""Leads in one batch, which is one commit."""
_FILES = ("leads.parquet", "hits.parquet", "flags.parquet")
MOST = 50
"""Hits and flags that are kept with a lead; its line says how many there are in all."""

_HIT = ("declaration_id", "line", "substance_id", "field", "method", "matched_text", "jurisdiction", "status", "reason")
_FLAG = ("declaration_id", "line", "rule_id", "family", "strength", "value", "reference")
_SAYS = ("exporter", "exporter_key", "consignee", "consignee_key", "reasons", "records", "hits", "flags")


def batches(folder: Path, results: Mapping[str, str]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Rows for `desk_leads.put_leads`, in the order of ids, so that a batch is the same whenever it is made.

    Args:
        folder: a finished run that was verified by `leads.finished.open_run`.
        results: file names and SHA-256 as its record says; each file that is read here must be as it says.

    Raises:
        DeskError: a file is not as its record says, or an id stands twice.
    """
    for name in _FILES:
        _check_written(folder / name, results.get(name))
    last = ""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        reader: Any = connection.sql(_query(folder)).to_arrow_reader(AT_ONCE)
        for batch in reader:
            rows = [_row(row) for row in batch.to_pylist()]
            for row in rows:
                if row["lead_id"] == last:
                    raise DeskError(f"The lead {last} stands twice in this run.", remedy="Screen again.")
                last = row["lead_id"]
            yield rows


def _check_written(path: Path, digest: str | None) -> None:
    """A file that the record does not name must not be there; one that it names is as it says."""
    there = file_digest(path) if path.is_file() else None
    if there != digest:
        raise DeskError(
            f"{path.name} was changed after the run had ended.", remedy="Restore it from a backup, or screen again."
        )


def _query(folder: Path) -> str:
    leads = _quoted(folder / "leads.parquet")
    parts = [f"leads AS (SELECT * FROM read_parquet({leads}))"]
    parts += ["refs AS (SELECT lead_id, unnest(records, recursive := true) FROM leads)"]
    joins, columns = [], ["leads.*"]
    for name, fields in (("hits", _HIT), ("flags", _FLAG)):
        path = folder / f"{name}.parquet"
        if path.is_file():
            struct = ", ".join(f"{field} := t.{field}" for field in fields)
            order = ", ".join(f"t.{field}" for field in fields)
            listed = f"list(struct_pack({struct}) ORDER BY {order})[1:{MOST}] AS {name}"
            rows = f"refs JOIN read_parquet({_quoted(path)}) t USING (declaration_id, line)"
            parts.append(f"{name} AS (SELECT lead_id, {listed} FROM {rows} GROUP BY lead_id)")
            joins += [f"LEFT JOIN {name} USING (lead_id)"]
            columns += [f"{name}.{name}"]
    select = f"SELECT {', '.join(columns)} FROM leads {' '.join(joins)} ORDER BY lead_id"
    return f"WITH {', '.join(parts)} {select}"


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    says = {name: row.get(name) for name in _SAYS}
    clear = {name: row[name] for name in ("lead_id", *CLEAR, "substances", "routes")}
    return {**clear, "secret": {name: value for name, value in says.items() if value is not None}}


def _quoted(path: Path) -> str:
    """A path as a string of SQL that names this one file, whatever characters its folder has."""
    plain = re.sub(r"[*?\[]", r"[\g<0>]", str(path))
    return "'" + plain.replace("'", "''") + "'"
