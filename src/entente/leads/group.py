"""Which records belong together, and the name of what they form.

A record is *evidence* when it has a hit that weighs something, or a strong flag, or supporting flags of at least two
families: nothing becomes a lead on one supporting sign. Evidence is grouped by its pair of parties, the exporter and
the consignee (the importer where no consignee is named), by exact normalised name or identifier. A record that names
neither stands in a lead of its own declaration.

All statements are DuckDB SQL that every engine runs. Inside them a lead is a number, the smallest `row_id` of its
records; outside it is a `lead_id` that does not depend on row order, files, engine or what else was screened.
"""

from __future__ import annotations

import json
from base64 import b32encode
from hashlib import sha256

_ID_BYTES = 10  # 80 bits: 16 letters of base32; two of a hundred million leads meet with odds of 1 to 200 million
_ID_VERSION = "entente-lead-1"

#: Rows that a strong flag, or supporting flags of two families, make evidence.
FLAGGED_ROWS = """
SELECT row_id FROM flags GROUP BY row_id
HAVING bool_or(strength = 'strong') OR min(family) <> max(family)
"""

EVIDENCE = """
SELECT row_id FROM leads_flagged UNION SELECT row_id FROM leads_hits
"""

_CONSIGNEE_KEY = "coalesce(s.consignee_key, s.importer_key)"
#: A record without parties stands for its declaration.
_OWN = f"CASE WHEN s.exporter_key IS NULL AND {_CONSIGNEE_KEY} IS NULL THEN s.declaration_id END"
_ROUTE = "coalesce(s.export_country, s.origin_country, '?') || '>' || coalesce(s.destination_country, '?')"
_PARTIES = f"""
  min(s.exporter) AS exporter, s.exporter_key AS exporter_key,
  min(CASE WHEN s.consignee_key IS NULL THEN s.importer ELSE s.consignee END) AS consignee,
  {_CONSIGNEE_KEY} AS consignee_key
"""

#: Groups of evidence and of the sample, whose records stand alone. `lead_no` is the smallest `row_id` of the group.
GROUPS = f"""
SELECT 'lead' AS kind, {_PARTIES}, {_OWN} AS own, min(s.row_id) AS lead_no,
  min(s.declaration_id) AS declaration_id, min(s.line) AS line
FROM shipments s JOIN leads_evidence e ON s.row_id = e.row_id
GROUP BY s.exporter_key, {_CONSIGNEE_KEY}, {_OWN}
UNION ALL
SELECT 'sample' AS kind, {_PARTIES}, {_OWN} AS own, s.row_id AS lead_no,
  min(s.declaration_id) AS declaration_id, min(s.line) AS line
FROM shipments s JOIN leads_sample p ON s.row_id = p.row_id
GROUP BY s.exporter_key, {_CONSIGNEE_KEY}, {_OWN}, s.row_id
"""

#: Records of leads and of the sample.
ROWS = f"""
SELECT s.row_id, g.lead_no, s.declaration_id, s.line, s.date, {_ROUTE} AS route
FROM shipments s
JOIN leads_evidence e ON s.row_id = e.row_id
JOIN leads_groups g ON g.kind = 'lead'
  AND coalesce(g.exporter_key, '') = coalesce(s.exporter_key, '')
  AND coalesce(g.consignee_key, '') = coalesce({_CONSIGNEE_KEY}, '')
  AND coalesce(g.own, '') = coalesce({_OWN}, '')
UNION ALL
SELECT s.row_id, s.row_id AS lead_no, s.declaration_id, s.line, s.date, {_ROUTE} AS route
FROM shipments s JOIN leads_sample p ON s.row_id = p.row_id
"""

FACTS = """
SELECT lead_no, count(*) AS n_records, min(date) AS first_date, max(date) AS last_date,
  list_sort(list(DISTINCT route)) AS routes,
  list_sort(list(struct_pack(declaration_id := declaration_id, line := line))) AS records
FROM leads_rows GROUP BY lead_no
"""


def lead_id(kind: str, exporter_key: str | None, consignee_key: str | None, declaration_id: str, line: int) -> str:
    """Name a lead by what it stands for: its pair of parties, or else its declaration; a sample by its record.

    The name is the first 80 bits of the SHA-256 of a canonical JSON text, in base32 (RFC 4648).
    """
    if kind == "sample":
        key: list[str | int | None] = [_ID_VERSION, "record", declaration_id, line]
    elif exporter_key is None and consignee_key is None:
        key = [_ID_VERSION, "declaration", declaration_id]
    else:
        key = [_ID_VERSION, "pair", exporter_key, consignee_key]
    text = json.dumps(key, ensure_ascii=False, separators=(",", ":"))
    return b32encode(sha256(text.encode("utf-8", "surrogatepass")).digest()[:_ID_BYTES]).decode("ascii")
