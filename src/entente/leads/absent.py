"""Rows whose text names a controlled substance as absent ("no X", "X-free"): shown by themselves, and never as leads.

Most such texts are true, so that no rule and no lead rests on them. But somebody who hides a substance may write so.
So each is in hits.parquet, and the report lists those first that bear other signs: rows of a lead, then rows on which
rules fired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from entente.engine import Engine
from entente.leads.reportdata import AbsentRow
from entente.leads.reportlaw import LawWords
from entente.leads.reportleads import marked
from entente.screening.schema import ABSENT_HITS

#: Rows that a report shows.
SHOWN = 20
#: Table of hits.parquet: the hits that count and those that do not.
ALL_HITS = "hits_all"

_SIGNED = "SELECT row_id FROM flags UNION SELECT row_id FROM hits"

COUNTS = f"""
SELECT count(DISTINCT a.row_id) AS absent_records,
  count(DISTINCT CASE WHEN s.row_id IS NOT NULL THEN a.row_id END) AS absent_records_with_signs
FROM {ABSENT_HITS} a LEFT JOIN ({_SIGNED}) s ON a.row_id = s.row_id
"""

_PICKED = f"""
WITH absent AS (
  SELECT row_id, max(CASE WHEN status = 'listed' THEN 1 ELSE 0 END) AS in_force FROM {ABSENT_HITS} GROUP BY row_id
),
fired AS (SELECT f.row_id, count(*) AS n FROM flags f JOIN absent a ON f.row_id = a.row_id GROUP BY f.row_id),
led AS (
  SELECT r.row_id, min(r.rank) AS rank FROM lead_rows r JOIN absent a ON r.row_id = a.row_id
  WHERE r.rank IS NOT NULL GROUP BY r.row_id
)
SELECT a.row_id, a.in_force, l.rank, coalesce(f.n, CAST(0 AS BIGINT)) AS n_rules
FROM absent a LEFT JOIN led l ON a.row_id = l.row_id LEFT JOIN fired f ON a.row_id = f.row_id
ORDER BY coalesce(l.rank, CAST({1 << 40} AS BIGINT)), n_rules DESC, a.in_force DESC, a.row_id LIMIT {SHOWN}
"""

_ROWS = """
SELECT p.row_id, p.in_force, p.rank, p.n_rules, s.declaration_id, s.line, s.date, s.description
FROM absent_picked p JOIN shipments s ON p.row_id = s.row_id
"""

_NAMED = f"""
SELECT DISTINCT h.row_id, h.substance_id, h.span_start, h.span_end
FROM absent_picked p JOIN {ABSENT_HITS} h ON p.row_id = h.row_id ORDER BY h.row_id, h.span_start, h.span_end
"""


def gather(engine: Engine) -> str:
    """The name of a table of all hits, also those that count for nothing; the table `hits` itself if all count."""
    if not engine.count(ABSENT_HITS):
        return "hits"
    engine.sql(f"SELECT * FROM hits UNION ALL SELECT * FROM {ABSENT_HITS}", ALL_HITS)
    return ALL_HITS


def shown(engine: Engine, law: LawWords) -> Iterator[AbsentRow]:
    """The rows that the report lists, in words. Reads also the tables `flags` and `lead_rows`."""
    engine.sql(_PICKED, "absent_picked")
    try:
        rows = engine.fetch(_ROWS).to_pylist()
        named = engine.fetch(_NAMED).to_pylist()
    finally:
        engine.drop("absent_picked")
    for row in sorted(rows, key=_most_signs_first):
        yield _in_words(row, [one for one in named if one["row_id"] == row["row_id"]], law)


def _most_signs_first(row: Mapping[str, Any]) -> tuple[float, int, int, int]:
    rank = float("inf") if row["rank"] is None else row["rank"]
    return rank, -row["n_rules"], -row["in_force"], row["row_id"]


def _in_words(row: Mapping[str, Any], named: list[dict[str, Any]], law: LawWords) -> AbsentRow:
    substances = dict.fromkeys(one["substance_id"] for one in named)
    return AbsentRow(
        declaration_id=row["declaration_id"],
        line=row["line"],
        date=row["date"],
        substances=tuple(law.substance(one) for one in substances),
        goods=marked(row["description"] or "", [(one["span_start"], one["span_end"]) for one in named]),
        in_force=bool(row["in_force"]),
        rank=row["rank"],
        n_rules=row["n_rules"],
    )
