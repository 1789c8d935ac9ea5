"""Finished runs on disk, made without screening: what `entente leads` reads."""

from __future__ import annotations

import json
from base64 import b32encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entente.leads.outputs import file_digest
from entente.leads.schema import LEADS
from entente.screening.schema import HITS


def lead_number(number: int) -> str:
    """A lead id of the right form."""
    return b32encode(sha256(str(number).encode()).digest()[:10]).decode()


def reason(rule_id: str, family: str, **more: Any) -> dict[str, Any]:
    return {
        "rule_id": rule_id,
        "family": family,
        "strength": "strong" if family == "hit" else "supporting",
        "subject": "row",
        "weight": 1000,
        "counted": 1000,
        "n_records": 1,
        "value": 1.0 if family == "hit" else 7.0,
        "reference": None,
        **more,
    }


def lead(number: int, reasons: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
    sample = more.get("kind") == "sample"
    return {
        "lead_id": lead_number(number),
        "kind": "lead",
        "rank": None if sample else number,
        "score": sum(one["counted"] for one in reasons),
        "exporter": "Alpha Chem",
        "exporter_key": "alpha chem",
        "consignee": "Beta SA",
        "consignee_key": "beta sa",
        "n_records": 1,
        "n_hits": 1,
        "n_in_force": 1,
        "first_date": date(2026, 3, 1),
        "last_date": date(2026, 4, 1),
        "substances": ["piperonal"],
        "routes": ["CN>MX"],
        "reasons": [dict(one) for one in reasons],
        "records": [{"declaration_id": f"D{number}", "line": 1}],
        "inclusion_probability": 1.0,
        **more,
    }


def write_run(
    folder: Path,
    leads: Iterable[Mapping[str, Any]],
    *,
    hits: Iterable[Mapping[str, Any]] = (),
    started: str = "2026-06-01T08:00:00+00:00",
    evaluated: Sequence[str] = (),
) -> Path:
    """Write what a run writes, as far as `entente leads` reads it."""
    folder.mkdir(parents=True)
    rows = [dict(one) for one in leads]
    pq.write_table(pa.Table.from_pylist(rows, schema=LEADS), folder / "leads.parquet")
    pq.write_table(pa.Table.from_pylist([dict(one) for one in hits], schema=HITS), folder / "hits.parquet")
    record = {
        "format": "entente-run-1",
        "started": started,
        "rules": {"evaluated": list(evaluated)},
        "counts": {kind + "s": sum(one["kind"] == kind for one in rows) for kind in ("lead", "sample")},
        "results": {name: file_digest(folder / name) for name in ("leads.parquet", "hits.parquet")},
    }
    (folder / "run.json").write_text(json.dumps(record), encoding="utf-8")
    return folder
