"""Arrow schema of leads: the work list that a run hands on.

A *lead* is a pair of parties with the records that speak for looking at them. A *sample* is one record without any
such sign, drawn at random, so that what is never looked at can be estimated (see `leads/sample.py`).
"""

from __future__ import annotations

import pyarrow as pa

#: One reason of a lead. `weight` is the rule's weight in milli-log-odds, `counted` the part of it that is left after
#: the cap of its family. `n_records` counts the lead's records on which it fired. `value` and `reference` are the two
#: numbers the rule compared, taken from the record with the greatest value; for a hit, `value` is the confidence of
#: the strongest match in [0, 1].
REASON = pa.struct(
    [
        pa.field("rule_id", pa.string()),
        pa.field("family", pa.string()),
        pa.field("strength", pa.string()),
        pa.field("subject", pa.string()),
        pa.field("weight", pa.int64()),
        pa.field("counted", pa.int64()),
        pa.field("n_records", pa.int64()),
        pa.field("value", pa.float64()),
        pa.field("reference", pa.float64()),
    ],
)

#: A record behind a lead, as the source names it.
RECORD = pa.struct([pa.field("declaration_id", pa.string()), pa.field("line", pa.int64())])

#: `kind` is lead or sample; `rank` is 1 for the highest score and null for a sample; `score` is in milli-log-odds.
#: `consignee` is the importer where a record names no consignee. `n_hits` counts distinct pairs of record and
#: substance, `n_in_force` those of them that at least one jurisdiction listed on the day. Dates are the first and last
#: of the records. `routes` are "CN>MX": export (or else origin) country > destination country, "?" where not given.
#: `inclusion_probability` is 1 for a lead, and for a sample the chance that its record had of being drawn.
LEADS = pa.schema(
    [
        pa.field("lead_id", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("rank", pa.int64()),
        pa.field("score", pa.int64(), nullable=False),
        pa.field("exporter", pa.string()),
        pa.field("exporter_key", pa.string()),
        pa.field("consignee", pa.string()),
        pa.field("consignee_key", pa.string()),
        pa.field("n_records", pa.int64(), nullable=False),
        pa.field("n_hits", pa.int64(), nullable=False),
        pa.field("n_in_force", pa.int64(), nullable=False),
        pa.field("first_date", pa.date32(), nullable=False),
        pa.field("last_date", pa.date32(), nullable=False),
        pa.field("substances", pa.list_(pa.string()), nullable=False),
        pa.field("routes", pa.list_(pa.string()), nullable=False),
        pa.field("reasons", pa.list_(REASON), nullable=False),
        pa.field("records", pa.list_(RECORD), nullable=False),
        pa.field("inclusion_probability", pa.float64(), nullable=False),
    ],
)
