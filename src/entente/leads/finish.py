"""The last step of a build: names of leads and words of reasons, from the numbers that SQL works with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entente.leads.group import lead_id
from entente.leads.schema import LEADS, REASON

_MADE = ("lead_id", "reasons")
_USED_UP = ("declaration_id", "line", "signs")


@dataclass(frozen=True, slots=True)
class Finish:
    """Kernel: `leads_whole` -> leads.

    Args:
        signs: result of `score.signs_table`; row `i` has `rule_no` `i`.
    """

    signs: pa.Table

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Columns of leads that are ready, and what the others are made of."""
        return (*(name for name in LEADS.names if name not in _MADE), *_USED_UP)

    @property
    def output_schema(self) -> pa.Schema:
        """Leads."""
        return LEADS

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Finish every lead of a batch."""
        made = {"lead_id": _ids(batch), "reasons": self._reasons(batch.column("signs"))}
        columns = [made[f.name] if f.name in made else batch.column(f.name).cast(f.type) for f in LEADS]
        return pa.RecordBatch.from_arrays(columns, schema=LEADS)

    def _reasons(self, signs: pa.Array) -> pa.Array:
        """Lists of numbers -> lists of reasons; a lead without signs (a sample) has an empty list."""
        lengths = pc.fill_null(pc.list_value_length(signs), 0).to_numpy(zero_copy_only=False)
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        fired = pc.list_flatten(signs)
        numbers = pc.struct_field(fired, "rule_no")
        made = {
            "weight": pc.negate(pc.struct_field(fired, "less_weight")),
            "counted": pc.negate(pc.struct_field(fired, "less_counted")),
            **{name: pc.struct_field(fired, name) for name in ("n_records", "value", "reference")},
        }
        for name in ("rule_id", "family", "strength", "subject"):
            made[name] = self.signs.column(name).combine_chunks().take(numbers)
        values = pa.StructArray.from_arrays([made[f.name].cast(f.type) for f in REASON], fields=list(REASON))
        return pa.ListArray.from_arrays(pa.array(offsets), values, type=pa.list_(REASON))


def _ids(batch: pa.RecordBatch) -> pa.Array:
    names = ("kind", "exporter_key", "consignee_key", "declaration_id", "line")
    columns = [batch.column(name).to_pylist() for name in names]
    return pa.array([lead_id(*row) for row in zip(*columns, strict=True)], pa.string())
