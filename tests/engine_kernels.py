"""Small kernels for the engines' tests; a module of its own, because spawned workers import it by name."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from entente.errors import InputError


@dataclass(frozen=True)
class Above:
    """Keeps rows whose `x` is above a limit and doubles it; gives the columns back in another order."""

    limit: int
    input_columns: tuple[str, ...] = ("x", "name")
    output_schema = pa.schema([("name", pa.string()), ("twice", pa.int64())])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        assert tuple(batch.schema.names) == self.input_columns
        kept = batch.filter(pc.greater(batch["x"], self.limit))
        return pa.record_batch([kept["name"], pc.multiply(kept["x"], 2)], schema=self.output_schema)


@dataclass(frozen=True)
class Refuses:
    """Raises on every batch."""

    input_columns: tuple[str, ...] = ("x",)
    output_schema = pa.schema([("x", pa.int64())])

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        raise InputError(f"None of {batch.num_rows} rows can be read.", remedy="Look at them.")
