"""Rows whose text names a controlled substance as absent ("no X", "X-free"): shown by themselves, and never as leads.

Most such texts are true, so that no rule and no lead rests on them. But somebody who hides a substance may write so.
So each is in hits.parquet, and the report lists those first that bear other signs: rows of parties that have a lead,
then rows on which rules fired.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from entente.engine import Engine
from entente.leads.reportdata import AbsentRow
from entente.leads.reportlaw import LawWords
from entente.leads.reportleads import marked
from entente.screening.schema import ABSENT_HITS

#: Rows that a report shows.
SHOWN = 20
#: Table of hits.parquet: the hits that count and those that do not.
ALL_HITS = "hits_all"

#: Table of these rows with their other signs: the rank of the first lead of the same two parties, rules that fired on
#: the row, and whether it has a hit that counts.
ROWS = "absent_rows"
_ROWS_SCHEMA = pa.schema([(name, pa.int64()) for name in ("row_id", "in_force", "rank", "n_rules", "has_hit")])

_RECEIVER = "coalesce(s.consignee_key, s.importer_key)"
_MARKED = f"""
WITH absent AS (
  SELECT row_id, max(CASE WHEN status = 'listed' THEN 1 ELSE 0 END) AS in_force FROM {ABSENT_HITS} GROUP BY row_id
),
parties AS (
  SELECT a.row_id, a.in_force, s.exporter_key AS exporter, {_RECEIVER} AS receiver
  FROM absent a JOIN shipments s ON a.row_id = s.row_id
),
led AS (
  SELECT s.exporter_key AS exporter, {_RECEIVER} AS receiver, min(r.rank) AS rank
  FROM lead_rows r JOIN shipments s ON r.row_id = s.row_id
  WHERE r.rank IS NOT NULL AND (s.exporter_key IS NOT NULL OR {_RECEIVER} IS NOT NULL)
  GROUP BY s.exporter_key, {_RECEIVER}
),
fired AS (SELECT row_id, count(*) AS n FROM flags GROUP BY row_id),
named AS (SELECT DISTINCT row_id FROM hits)
SELECT p.row_id, CAST(p.in_force AS BIGINT) AS in_force, CAST(l.rank AS BIGINT) AS rank,
  coalesce(f.n, CAST(0 AS BIGINT)) AS n_rules,
  CAST(CASE WHEN n.row_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_hit
FROM parties p
LEFT JOIN led l ON coalesce(p.exporter, '') = coalesce(l.exporter, '')
  AND coalesce(p.receiver, '') = coalesce(l.receiver, '')
LEFT JOIN fired f ON p.row_id = f.row_id
LEFT JOIN named n ON p.row_id = n.row_id
"""

COUNTS = f"""
SELECT count(*) AS absent_records,
  count(CASE WHEN rank IS NOT NULL OR n_rules > 0 OR has_hit > 0 THEN 1 END) AS absent_records_with_signs
FROM {ROWS}
"""

_PICKED = f"""
SELECT * FROM {ROWS}
ORDER BY coalesce(rank, CAST({1 << 40} AS BIGINT)), n_rules DESC, has_hit DESC, in_force DESC, row_id LIMIT {SHOWN}
"""

_SHOWN = """
SELECT p.*, s.declaration_id, s.line, s.date, s.description
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


def mark(engine: Engine) -> None:
    """Make the table `ROWS`. Reads the tables of hits, `flags`, `lead_rows` and `shipments`."""
    if engine.count(ABSENT_HITS):
        engine.sql(_MARKED, ROWS)
    else:
        engine.register(ROWS, _ROWS_SCHEMA.empty_table())


def shown(engine: Engine, law: LawWords) -> Iterator[AbsentRow]:
    """The rows that the report lists, in words."""
    engine.sql(_PICKED, "absent_picked")
    try:
        rows = engine.fetch(_SHOWN).to_pylist()
        named = engine.fetch(_NAMED).to_pylist()
    finally:
        engine.drop("absent_picked")
    for row in sorted(rows, key=_most_signs_first):
        yield _in_words(row, [one for one in named if one["row_id"] == row["row_id"]], law)


def _most_signs_first(row: Mapping[str, Any]) -> tuple[float, ...]:
    rank = float("inf") if row["rank"] is None else row["rank"]
    return rank, -row["n_rules"], -row["has_hit"], -row["in_force"], row["row_id"]


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
        has_hit=bool(row["has_hit"]),
    )
