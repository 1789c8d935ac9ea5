"""One observation of one indicator, as one release of one publisher gave it."""

from __future__ import annotations

import pyarrow as pa

#: How a value came about. They are never mixed in one series: a predicted count is a model's, a final one is closed.
KINDS = ("reported", "predicted", "provisional", "final")
#: Columns of the indicator store. `published_at` is null where no release day is known; it is never guessed.
OBSERVATION = pa.schema(
    [
        pa.field("indicator", pa.string(), nullable=False),
        pa.field("geo", pa.string(), nullable=False),
        pa.field("period_start", pa.date32(), nullable=False),
        pa.field("period_kind", pa.string(), nullable=False),
        pa.field("basis", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("value", pa.float64()),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("suppressed", pa.bool_(), nullable=False),
        pa.field("published_at", pa.date32()),
        pa.field("published_precision", pa.string(), nullable=False),
        pa.field("retrieved_at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("source_sha256", pa.string(), nullable=False),
        pa.field("row", pa.int64(), nullable=False),
    ]
)
#: What makes two observations releases of the same number.
KEY = ("indicator", "geo", "period_start", "period_kind", "basis", "kind")
