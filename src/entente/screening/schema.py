"""Arrow schemas of what screening hands on: matches, hits and flags.

A *match* is one mention of a controlled substance in one field of one row: the kernel's output. A *hit* is a
match seen from one jurisdiction (shipment x listing, with evidence). A *flag* is a rule that fired on a row.

A match that is less sure than `COUNTS_FROM` is kept and shown, and counts for nothing: see `ABSENT_HITS`.
"""

from __future__ import annotations

import pyarrow as pa

#: Columns of a shipment that travel with a match, so that the as-of join needs no second look at the shipments.
CARRIED = (
    "row_id",
    "declaration_id",
    "line",
    "date",
    "origin_country",
    "export_country",
    "destination_country",
    "transit_countries",
)

#: The least confidence of a match that rules, leads and counts know of. Below it are only names that the text itself
#: names as absent ("no X", method `absent`, at most 0.3): most such texts are true and accuse nobody, some hide what
#: they name. All other methods are surer than this.
COUNTS_FROM = 0.5
#: The table of hits that are less sure, beside the table `hits`, in the same columns. No rule and no lead reads it.
ABSENT_HITS = "hits_absent"

_CARRIED_FIELDS = [
    pa.field("row_id", pa.int64(), nullable=False),
    pa.field("declaration_id", pa.string(), nullable=False),
    pa.field("line", pa.int64(), nullable=False),
    pa.field("date", pa.date32(), nullable=False),
    pa.field("origin_country", pa.string()),
    pa.field("export_country", pa.string()),
    pa.field("destination_country", pa.string()),
    pa.field("transit_countries", pa.list_(pa.string())),
]

#: One mention: `field` is description, cas, hs_code, smiles or inchi; `method` is name, cas, hs, misspelling, structure
#: or absent (named as absent: the span holds the words that say so); `span_start`/`span_end` count characters (code
#: points) of the field's own text; `form` is a `Form` bit set; `confidence` is in [0, 1].
MATCHES = pa.schema(
    [
        *_CARRIED_FIELDS,
        pa.field("substance_id", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("matched_text", pa.string(), nullable=False),
        pa.field("span_start", pa.int32(), nullable=False),
        pa.field("span_end", pa.int32(), nullable=False),
        pa.field("form", pa.int32(), nullable=False),
        pa.field("confidence", pa.float64(), nullable=False),
    ],
)

#: One match seen from one jurisdiction. `role` is export, import, transit or international. `status` is listed,
#: not_listed or unknown_coverage; `reason` says why: in_force, before_effective, after_repeal,
#: destination_outside_scope, direction_outside_scope, form_outside_scope, effective_date_imprecise, no_listing.
#: `listed_from`/`listed_to` are the interval [from, to) of the listing named, also when it was not in force.
HITS = pa.schema(
    [
        pa.field("declaration_id", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("row_id", pa.int64(), nullable=False),
        pa.field("date", pa.date32(), nullable=False),
        pa.field("substance_id", pa.string(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("method", pa.string(), nullable=False),
        pa.field("matched_text", pa.string(), nullable=False),
        pa.field("span_start", pa.int32(), nullable=False),
        pa.field("span_end", pa.int32(), nullable=False),
        pa.field("form", pa.int32(), nullable=False),
        pa.field("match_confidence", pa.float64(), nullable=False),
        pa.field("role", pa.string(), nullable=False),
        pa.field("jurisdiction", pa.string(), nullable=False),
        pa.field("status", pa.string(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("listing_id", pa.string()),
        pa.field("instrument", pa.string()),
        pa.field("category", pa.string()),
        pa.field("listed_from", pa.date32()),
        pa.field("listed_to", pa.date32()),
        pa.field("register_confidence", pa.string()),
    ],
)

#: A rule that fired. `weight` is in milli-log-odds. `value` and `reference` are the two numbers the rule compared,
#: where it compares numbers. `subject` says what the rule speaks of: row, exporter, importer or pair.
FLAGS = pa.schema(
    [
        pa.field("declaration_id", pa.string(), nullable=False),
        pa.field("line", pa.int64(), nullable=False),
        pa.field("row_id", pa.int64(), nullable=False),
        pa.field("rule_id", pa.string(), nullable=False),
        pa.field("family", pa.string(), nullable=False),
        pa.field("strength", pa.string(), nullable=False),
        pa.field("subject", pa.string(), nullable=False),
        pa.field("weight", pa.int64(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("reference", pa.float64()),
    ],
)
