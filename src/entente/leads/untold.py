"""What a run saw and no lead tells: names shown as absent where no hit is made of them, and laws that were not asked.

A memo or a row in quarantine that names a substance as absent ("no X") raises nothing, but whoever hides a substance
may write so. A record with a hit that states no country of export asks no law at export, and the rules on that law stay
silent about it. Both are counted in run.json and named in the report.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entente.engine import Engine
from entente.leads import unread
from entente.screening.memos import ABSENT_MEMOS, PAYMENTS

#: Payments that are named as examples.
_NAMED = 3
#: As `screening.asof` asks: where export is not stated, the country of origin stands for it.
_UNSTATED = """
SELECT count(CASE WHEN export IS NULL THEN 1 END) AS unstated_export_records,
  count(CASE WHEN destination IS NULL THEN 1 END) AS unstated_import_records
FROM (
  SELECT s.row_id, coalesce(s.export_country, s.origin_country) AS export, s.destination_country AS destination
  FROM shipments s JOIN (SELECT DISTINCT row_id FROM hits) AS h ON s.row_id = h.row_id
) AS found
"""
_MEMOS = f"SELECT count(DISTINCT payment_id) AS n FROM {ABSENT_MEMOS}"
_SOME_MEMOS = (
    f"SELECT payment_id, min(matched_text) AS words FROM {ABSENT_MEMOS} GROUP BY payment_id ORDER BY payment_id"
)


def counts(engine: Engine, *, payments: bool) -> dict[str, int]:
    """How many there are of each, for run.json; `payments`: the run had payments."""
    return {
        "quarantined_naming_absent": engine.fetch(unread.ABSENT_COUNT).to_pylist()[0]["n"],
        "absent_memos": engine.fetch(_MEMOS).to_pylist()[0]["n"] if payments else 0,
        **engine.fetch(_UNSTATED).to_pylist()[0],
    }


def notes(engine: Engine, counted: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    """The same as notes on the inputs, in the form of `StagedInputs.warnings`."""
    if counted["quarantined_naming_absent"]:
        yield _note("shipments", "description", "unread_absent", counted["quarantined_naming_absent"])
    if counted["absent_memos"]:
        some = engine.fetch(f"{_SOME_MEMOS} LIMIT {_NAMED}").to_pylist()
        words = "; ".join(f"{row['payment_id']}: {row['words']}" for row in some)
        yield _note(PAYMENTS, "memo", "memo_absent", counted["absent_memos"], words)
    if counted["unstated_export_records"]:
        yield _note("shipments", "export_country", "export_unstated", counted["unstated_export_records"])
    if counted["unstated_import_records"]:
        yield _note("shipments", "destination_country", "import_unstated", counted["unstated_import_records"])


def _note(table: str, field: str, reason: str, count: int, value: str = "") -> dict[str, Any]:
    return {"table": table, "file": "", "field": field, "value": value, "reason": reason, "count": count}
