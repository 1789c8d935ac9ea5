"""Queries of the report over the tables of a finished screening. Every result is small, whatever was screened.

All are DuckDB SQL that every engine runs. `lead_rows` is made by `build`; a sample's rank is null there.
"""

from __future__ import annotations

from entente.screening.schema import ABSENT_HITS

#: Records shown of one lead.
RECORDS = 12
#: Answers of the law shown of one lead.
ANSWERS = 24
#: Bars of a chart and rows of a list of what is not established.
BARS, DOUBTS = 12, 10
#: Months that a chart shows before it shows years.
MONTHS = 36

_KIND = "CASE WHEN reason = 'no_listing' AND status = 'unknown_coverage' THEN 'unknown_coverage' ELSE reason END"


def leads(upto: int) -> str:
    """Leads up to a rank, without their records."""
    return f"""
SELECT lead_id, rank, score, exporter, consignee, n_records, n_hits, n_in_force, first_date, last_date,
  substances, routes, reasons
FROM leads WHERE kind = 'lead' AND rank <= {int(upto)} ORDER BY rank
"""


SAMPLES = """
SELECT lead_id, records FROM leads WHERE kind = 'sample' ORDER BY lead_id
"""


def picked(top: int) -> str:
    """The records to show: of each lead those on which most counts, of the sample all.

    Columns rank (0: sample), place (from 1), row_id and signs, which are rule ids and kinds of hits. Reads the table
    `report_weights` (kind, weight).
    """
    return f"""
WITH shown AS (SELECT rank, row_id FROM lead_rows WHERE rank <= {int(top)}),
signs AS (
  SELECT s.rank, s.row_id, f.rule_id, f.weight FROM shown s JOIN flags f ON s.row_id = f.row_id
  UNION ALL
  SELECT DISTINCT s.rank, s.row_id, 'hit.' || w.kind AS rule_id, w.weight
  FROM shown s JOIN (SELECT row_id, {_KIND} AS kind FROM hits) h ON s.row_id = h.row_id
  JOIN report_weights w ON h.kind = w.kind
),
weighed AS (
  SELECT rank, row_id, CAST(sum(weight) AS BIGINT) AS weight, list_sort(list(DISTINCT rule_id)) AS signs
  FROM signs GROUP BY rank, row_id
),
placed AS (
  SELECT rank, row_number() OVER (PARTITION BY rank ORDER BY weight DESC, row_id) AS place, row_id, signs FROM weighed
)
SELECT rank, place, row_id, signs FROM placed WHERE place <= {RECORDS}
UNION ALL
SELECT CAST(0 AS BIGINT) AS rank, row_number() OVER (ORDER BY declaration_id, line, row_id) AS place, row_id,
  CAST([] AS VARCHAR[]) AS signs
FROM lead_rows WHERE rank IS NULL
"""


RECORDS_SHOWN = """
SELECT p.rank, p.place, p.row_id, p.signs, s.declaration_id, s.line, s.date, s.description, s.cas, s.hs_code,
  s.origin_country, s.export_country, s.destination_country, s.exporter, s.importer, s.consignee,
  s.net_mass_kg, s.value, s.currency
FROM report_picked p JOIN shipments s ON p.row_id = s.row_id ORDER BY p.rank, p.place
"""

SPANS = """
SELECT DISTINCT h.row_id, h.field, h.span_start, h.span_end
FROM report_picked p JOIN hits h ON p.row_id = h.row_id ORDER BY h.row_id, h.field, h.span_start, h.span_end
"""

#: What of the records to show names a substance as absent.
ABSENT = f"""
SELECT DISTINCT p.row_id, h.matched_text
FROM report_picked p JOIN {ABSENT_HITS} h ON p.row_id = h.row_id ORDER BY p.row_id, h.matched_text
"""


def answers(top: int) -> str:
    """What the law said of the hits of each shown lead, the weightiest answers first; `place` counts from 1."""
    return f"""
WITH shown AS (SELECT rank, row_id FROM lead_rows WHERE rank <= {int(top)}),
grouped AS (
  SELECT s.rank, h.substance_id, h.jurisdiction, h.status, h.reason, h.listing_id,
    list_sort(list(DISTINCT h.role)) AS roles, count(DISTINCT h.row_id) AS n_records,
    min(h.date) AS first_date, max(h.date) AS last_date
  FROM shown s JOIN hits h ON s.row_id = h.row_id
  GROUP BY s.rank, h.substance_id, h.jurisdiction, h.status, h.reason, h.listing_id
),
placed AS (
  SELECT *, row_number() OVER (PARTITION BY rank ORDER BY
    CASE WHEN status = 'listed' THEN 0 WHEN reason = 'before_effective' THEN 1
      WHEN reason = 'effective_date_imprecise' THEN 2 WHEN listing_id IS NOT NULL THEN 3
      WHEN status = 'unknown_coverage' THEN 4 ELSE 5 END,
    n_records DESC, substance_id, jurisdiction, reason, coalesce(listing_id, ''), status) AS place,
    count(*) OVER (PARTITION BY rank) AS n_answers
  FROM grouped
)
SELECT * FROM placed WHERE place <= {ANSWERS} ORDER BY rank, place
"""


#: One row a record and substance of all leads, for the charts.
CHARTED = """
SELECT r.row_id, r.route, year(r.date) * 100 + month(r.date) AS month, h.substance_id,
  max(CASE WHEN h.status = 'listed' THEN 1 ELSE 0 END) AS in_force
FROM lead_rows r JOIN hits h ON r.row_id = h.row_id
WHERE r.rank IS NOT NULL
GROUP BY r.row_id, r.route, year(r.date) * 100 + month(r.date), h.substance_id
"""

BY_SUBSTANCE = """
SELECT substance_id AS label, CAST(sum(in_force) AS BIGINT) AS in_force, count(*) AS total
FROM report_charted GROUP BY substance_id ORDER BY total DESC, label
"""


def by_record(column: str) -> str:
    """Records by route or month."""
    return f"""
SELECT label, CAST(sum(in_force) AS BIGINT) AS in_force, count(*) AS total
FROM (SELECT row_id, {column} AS label, max(in_force) AS in_force FROM report_charted GROUP BY row_id, {column}) AS rows
GROUP BY label ORDER BY total DESC, label
"""


UNKNOWN = """
SELECT jurisdiction, count(DISTINCT row_id) AS n_records, min(date) AS first_date, max(date) AS last_date
FROM hits WHERE status = 'unknown_coverage' AND reason <> 'effective_date_imprecise'
GROUP BY jurisdiction ORDER BY n_records DESC, jurisdiction LIMIT 60
"""

DOUBTED = """
SELECT listing_id, reason, count(DISTINCT row_id) AS n_records
FROM hits
WHERE reason = 'effective_date_imprecise' OR (status = 'listed' AND register_confidence <> 'high')
GROUP BY listing_id, reason ORDER BY n_records DESC, listing_id, reason
"""

QUARANTINED = """
SELECT "table", coalesce(field, '') AS field, reason, count(*) AS n FROM quarantine
GROUP BY "table", coalesce(field, ''), reason ORDER BY n DESC, "table", field, reason LIMIT 40
"""
