"""Yearly figures that the program ships as facts, each with its public source (`facts.yaml`)."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from entente.impact.catalogue import catalogue
from entente.impact.observations import OBSERVATION
from entente.impact.periods import parse_published

_FILE = Path(__file__).parent / "facts.yaml"
#: Facts were not retrieved on a day of this program: their time of retrieval is zero, and the source says more.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def fact_table() -> pa.Table:
    """The shipped facts as observations; `row` is their place in the file."""
    content = _FILE.read_bytes()
    sha = hashlib.sha256(content).hexdigest()
    rows: list[dict[str, Any]] = []
    for number, said in enumerate(yaml.safe_load(content), start=1):
        published, precision = parse_published(str(said["published"])) if "published" in said else (None, "unknown")
        rows += [
            {
                "indicator": said["indicator"],
                "geo": said["geo"],
                "period_start": date(year, 1, 1),
                "period_kind": said.get("period", "year"),
                "basis": said["basis"],
                "kind": said["kind"],
                "value": float(value),
                "unit": catalogue()[said["indicator"]].unit,
                "suppressed": False,
                "published_at": published,
                "published_precision": precision,
                "retrieved_at": _NEVER,
                "source": f"{said['source']} <{said['url']}>",
                "source_sha256": sha,
                "row": number,
            }
            for year, value in said["values"].items()
        ]
    return pa.Table.from_pylist(rows, OBSERVATION)
