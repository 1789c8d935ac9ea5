"""A small made-up screening: shipments, hits and flags as the rooms below leads hand them on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from entente.engine import open_engine
from entente.leads.build import build
from entente.screening.schema import FLAGS, HITS

SHIPMENTS = pa.schema(
    [
        *(pa.field(name, pa.int64()) for name in ("row_id", "line")),
        pa.field("date", pa.date32()),
        *(
            pa.field(name, pa.string())
            for name in (
                *("declaration_id", "description", "cas", "hs_code", "origin_country", "export_country"),
                *("destination_country", "exporter", "importer", "consignee"),
                *("exporter_key", "importer_key", "consignee_key"),
            )
        ),
        *(pa.field(name, pa.float64()) for name in ("net_mass_kg", "value")),
        *(pa.field(name, pa.string()) for name in ("currency", "hs6")),
    ]
)


@dataclass(frozen=True)
class Rules:
    caps: Mapping[str, int] = field(default_factory=lambda: {"price": 1000, "route": 1500})


def shipment(row_id: int, declaration_id: str | None = None, **more: Any) -> dict[str, Any]:
    names = {name: more.get(name) for name in ("exporter", "importer", "consignee")}
    keys = {f"{name}_key": text.casefold() if text else None for name, text in names.items()}
    return {
        "row_id": row_id,
        "declaration_id": declaration_id or f"D{row_id}",
        "line": 1,
        "date": date(2024, 5, row_id % 28 + 1),
        "export_country": "CN",
        "destination_country": "MX",
        **keys,
        **more,
    }


def hit(row: Mapping[str, Any], substance: str = "piperonal", reason: str = "in_force", **more: Any) -> dict[str, Any]:
    listed = reason == "in_force"
    return {
        **{name: row[name] for name in ("declaration_id", "line", "row_id", "date")},
        "substance_id": substance,
        "field": "description",
        "method": "name",
        "matched_text": substance,
        "span_start": 0,
        "span_end": len(substance),
        "form": 0,
        "match_confidence": 1.0,
        "role": "export",
        "jurisdiction": "CN",
        "status": "listed" if listed else "not_listed",
        "reason": reason,
        **more,
    }


def flag(row: Mapping[str, Any], rule: str, family: str, weight: int = 500, **more: Any) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("declaration_id", "line", "row_id")},
        "rule_id": rule,
        "family": family,
        "strength": "supporting",
        "subject": "row",
        "weight": weight,
        **more,
    }


def leads_of(
    folder: Path,
    shipments: Iterable[Mapping[str, Any]],
    hits: Iterable[Mapping[str, Any]] = (),
    flags: Iterable[Mapping[str, Any]] = (),
    *,
    engine: str = "local",
    rules: Rules | None = None,
    **options: Any,
) -> list[dict[str, Any]]:
    """Build leads and give them back as dictionaries, samples last."""
    with open_engine(engine, folder, processes=1) as opened:
        register(opened, shipments, hits, flags)
        build(opened, rules or Rules(), **{"seed": 0, "sample": 0, **options})
        rows = [row for batch in opened.batches("leads") for row in batch.to_pylist()]
    return sorted(rows, key=lambda row: (row["kind"], row["rank"] or 0, row["lead_id"]))


def register(
    engine: Any,
    shipments: Iterable[Mapping[str, Any]],
    hits: Iterable[Mapping[str, Any]],
    flags: Iterable[Mapping[str, Any]],
) -> None:
    for name, rows, schema in (("shipments", shipments, SHIPMENTS), ("hits", hits, HITS), ("flags", flags, FLAGS)):
        engine.register(name, pa.Table.from_pylist([dict(row) for row in rows], schema=schema))
