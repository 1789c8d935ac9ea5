"""Rows in quarantine that name a controlled substance: named as such, and never as leads.

Such a row has no figures that can be relied on, so no law is asked and no rule is tried. But a person must see at once
that what could not be read speaks of a controlled substance, and repair it first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from entente.engine import Engine
from entente.leads import outputs
from entente.leads.inputs import SHIPMENTS, StagedInputs
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import COUNTS_FROM, MATCHES

#: What could be read of the rows' goods, and the substances found in it.
GOODS = "unread"
FOUND = "unread_matches"

_COUNTED = f"{FOUND} WHERE confidence >= {COUNTS_FROM}"
_ABSENT = f"{FOUND} WHERE confidence < {COUNTS_FROM}"


def _by_row(found: str) -> str:
    return f"SELECT row_id, list_sort(list(DISTINCT substance_id)) AS substances FROM {found} GROUP BY row_id"


_BY_ROW = _by_row(_COUNTED)

COUNT = f"SELECT count(DISTINCT row_id) AS n FROM {_COUNTED}"
#: Rows that name a substance as absent ("no X"), by themselves or beside others.
ABSENT_COUNT = f"SELECT count(DISTINCT row_id) AS n FROM {_ABSENT}"


def search(engine: Engine, kernel: ScreeningKernel, inputs: StagedInputs, today: date) -> None:
    """Search the goods of quarantined shipments; makes the tables `GOODS` and `FOUND`.

    A row whose date cannot be read is searched as of `today`, which decides the edition of its tariff code only.
    """
    engine.register(GOODS, inputs.shipments.unread)
    if not inputs.shipments.quarantined:
        engine.register(FOUND, MATCHES.empty_table())
        return
    engine.sql(_searchable(today), "unread_goods")
    engine.map(kernel, "unread_goods", FOUND)
    engine.drop("unread_goods")


def _searchable(today: date) -> str:
    nothing = ", ".join(
        f"CAST(NULL AS VARCHAR) AS {name}" for name in ("origin_country", "export_country", "destination_country")
    )
    return f"""
SELECT row_id, coalesce(declaration_id, '') AS declaration_id, coalesce(line, CAST(1 AS BIGINT)) AS line,
  coalesce("date", DATE '{today.isoformat()}') AS "date", {nothing}, CAST(NULL AS VARCHAR[]) AS transit_countries,
  description, cas, hs_code
FROM {GOODS}
"""


def write_quarantine(engine: Engine, files: Mapping[str, Path], work: Path, path: Path) -> None:
    """Write the quarantine of all tables into one file, each row with its table and the substances it names."""
    gathered = work / "quarantine-of-all.parquet"
    outputs.gather_quarantine(files, gathered)
    engine.register("quarantine_rows", gathered)
    engine.sql(
        f"""
WITH named AS (
  SELECT u.file, u.record, f.substances, a.substances AS absent FROM {GOODS} u
  LEFT JOIN ({_BY_ROW}) f ON u.row_id = f.row_id LEFT JOIN ({_by_row(_ABSENT)}) a ON u.row_id = a.row_id
  WHERE f.row_id IS NOT NULL OR a.row_id IS NOT NULL
)
SELECT q."table", q.file, q.line, q.field, q.value, q.reason, q.message, q.raw,
  coalesce(n.substances, CAST([] AS VARCHAR[])) AS substances,
  coalesce(n.absent, CAST([] AS VARCHAR[])) AS substances_absent
FROM quarantine_rows q LEFT JOIN named n ON q."table" = '{SHIPMENTS}' AND q.file = n.file AND q.line = n.record
""",
        "quarantine_named",
    )
    engine.export("quarantine_named", path, order_by=("table", "file", "line"))
    for name in ("quarantine_named", "quarantine_rows"):
        engine.drop(name)


#: Rows that a report shows.
SHOWN = 40

ROWS = f"""
SELECT u.file, u.record, coalesce(u.declaration_id, '') AS declaration_id,
  coalesce(u.description, '') AS description, coalesce(u.cas, '') AS cas, coalesce(u.hs_code, '') AS hs_code,
  f.substances
FROM {GOODS} u JOIN ({_BY_ROW}) f ON u.row_id = f.row_id ORDER BY u.row_id LIMIT {SHOWN}
"""
