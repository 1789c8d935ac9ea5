"""How much speaks for looking at a lead: a sum of log-odds, capped per family of signs.

    score = sum over families of min(cap, sum of the weights of the distinct rules that fired)

Weights and scores are integers in milli-log-odds, so that engines agree bit for bit and sums do not depend on order.
A rule counts once in a lead, however many records it fired on: repeated records of one pair are not independent
signs. Signs of one family speak of the same thing (the price, the route) and are never summed past the family's cap.

Hits are a family too. Each kind of hit (in force, not yet in force, unknown coverage ...) counts once, with its
strongest match: weight x confidence, rounded down. The weights stand in `weights.yaml`, each with its reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa

from entente.leads.weights import HitWeights

HIT_FAMILY = "hit"
#: Kinds of hits that are strong signs: the law held on that day. All others are supporting signs. Above all a substance
#: that was listed later was free on its day, and no breach.
STRONG_KINDS = frozenset({"in_force"})


class Capped(Protocol):
    """What scoring needs of a rule set."""

    @property
    def caps(self) -> Mapping[str, int]:
        """Family -> the most it may add to a score, in milli-log-odds."""


#: Rules that fired, each once; a rule has one family, strength and subject.
FIRED = """
SELECT rule_id, min(family) AS family, min(strength) AS strength, min(subject) AS subject
FROM flags GROUP BY rule_id ORDER BY rule_id
"""


def signs_table(fired: pa.Table, ruleset: Capped, hits: HitWeights) -> pa.Table:
    """Number the signs that a lead can have: rule_no, rule_id, family, strength, subject, cap (null: none).

    Args:
        fired: result of `FIRED`.
        ruleset: gives the caps of the families.
        hits: adds a sign `hit.<kind>` for each kind of hit that weighs something.
    """
    rows = fired.to_pylist()
    kinds = sorted(hits.table().column("kind").to_pylist())
    rows += [
        {
            "rule_id": f"{HIT_FAMILY}.{kind}",
            "family": HIT_FAMILY,
            "strength": "strong" if kind in STRONG_KINDS else "supporting",
            "subject": "row",
        }
        for kind in kinds
    ]
    caps = {**ruleset.caps, HIT_FAMILY: hits.cap}
    return pa.Table.from_pylist(
        [{"rule_no": number, **row, "cap": caps.get(row["family"])} for number, row in enumerate(rows)],
        schema=SIGNS_SCHEMA,
    )


SIGNS_SCHEMA = pa.schema(
    [
        pa.field("rule_no", pa.int64(), nullable=False),
        *(pa.field(name, pa.string(), nullable=False) for name in ("rule_id", "family", "strength", "subject")),
        pa.field("cap", pa.int64()),
    ],
)

#: Hits that weigh something, one row a (record, substance, kind); `permille` is the strongest match's confidence.
HITS = """
WITH kinds AS (
  SELECT row_id, substance_id, match_confidence,
    CASE WHEN reason = 'no_listing' AND status = 'unknown_coverage' THEN 'unknown_coverage' ELSE reason END AS kind
  FROM hits
)
SELECT k.row_id, k.substance_id, k.kind, max(w.weight) AS base,
  max(CAST(floor(k.match_confidence * 1000 + 0.5) AS BIGINT)) AS permille
FROM kinds k JOIN leads_hit_weights w ON k.kind = w.kind
GROUP BY k.row_id, k.substance_id, k.kind
"""

HITS_OF_LEADS = """
SELECT r.lead_no, r.row_id, h.substance_id, h.kind, h.permille,
  CAST(floor(CAST(h.base * h.permille AS DOUBLE) / 1000) AS BIGINT) AS weight
FROM leads_hits h JOIN leads_rows r ON h.row_id = r.row_id
"""

HIT_FACTS = """
SELECT lead_no,
  count(*) AS n_hits, CAST(sum(in_force) AS BIGINT) AS n_in_force,
  list_sort(list(DISTINCT substance_id)) AS substances
FROM (
  SELECT lead_no, row_id, substance_id, max(CASE WHEN kind = 'in_force' THEN 1 ELSE 0 END) AS in_force
  FROM leads_hits_of_leads GROUP BY lead_no, row_id, substance_id
) AS pairs
GROUP BY lead_no
"""

#: Distinct rules of a lead; a rule flags a record at most once. A missing reference counts as the smallest, so that
#: the greatest pair is the same on all engines, which order nulls in their own ways.
FLAG_SIGNS = """
SELECT r.lead_no, f.rule_id, max(f.weight) AS weight, count(*) AS n_records,
  max(struct_pack(v := f.value, r := coalesce(f.reference, CAST('-Infinity' AS DOUBLE))))
    FILTER (WHERE f.value IS NOT NULL) AS compared
FROM flags f JOIN leads_rows r ON f.row_id = r.row_id
GROUP BY r.lead_no, f.rule_id
"""

HIT_SIGNS = """
SELECT lead_no, 'hit.' || kind AS rule_id, max(weight) AS weight, count(DISTINCT row_id) AS n_records,
  CAST(max(permille) AS DOUBLE) / 1000 AS value, CAST(NULL AS DOUBLE) AS reference
FROM leads_hits_of_leads GROUP BY lead_no, kind
"""

#: What is left of each weight under the family's cap, the heaviest rule served first.
REASONS = """
WITH fired AS (
  SELECT lead_no, rule_id, greatest(weight, CAST(0 AS BIGINT)) AS weight, n_records,
    compared.v AS value, nullif(compared.r, CAST('-Infinity' AS DOUBLE)) AS reference
  FROM leads_flag_signs
  UNION ALL
  SELECT lead_no, rule_id, weight, n_records, value, reference FROM leads_hit_signs
),
running AS (
  SELECT f.lead_no, s.rule_no, s.cap, f.weight, f.n_records, f.value, f.reference, CAST(sum(f.weight) OVER (
    PARTITION BY f.lead_no, s.family ORDER BY f.weight DESC, s.rule_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS BIGINT) AS upto
  FROM fired f JOIN leads_signs s ON f.rule_id = s.rule_id
)
SELECT lead_no, rule_no, weight, n_records, value, reference,
  CASE WHEN cap IS NULL THEN weight
       ELSE greatest(least(weight, cap - (upto - weight)), CAST(0 AS BIGINT)) END AS counted
FROM running
"""

#: Numbers only: words are put back by `leads/finish.py`, since engines are slow at lists of texts. The first three
#: members order the reasons: what counts most, then what weighs most, then by name.
SCORES = """
SELECT lead_no, CAST(sum(counted) AS BIGINT) AS score,
  list_sort(list(struct_pack(
    less_counted := -counted, less_weight := -weight, rule_no := rule_no,
    n_records := n_records, value := value, reference := reference))) AS signs
FROM leads_reasons GROUP BY lead_no
"""
