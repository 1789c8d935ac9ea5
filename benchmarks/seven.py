"""The screening kernel on a file of seven columns, for `screening.py`. Other processes read this module alone."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from entente.engine.base import decoded
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import CARRIED, MATCHES

SEVEN = ("row_id", "declaration_id", "date", "export_country", "destination_country", "description", "hs_code")


@dataclass(frozen=True)
class SevenColumns:
    """The screening kernel on a file of seven columns: the others are absent."""

    kernel: ScreeningKernel

    @property
    def input_columns(self) -> tuple[str, ...]:
        """The columns of the file."""
        return SEVEN

    @property
    def repeated_columns(self) -> tuple[str, ...]:
        """Those of them that the kernel takes dictionary-encoded."""
        return tuple(name for name in self.kernel.repeated_columns if name in SEVEN)

    @property
    def output_schema(self) -> pa.Schema:
        """What the kernel gives back."""
        return MATCHES

    @property
    def encoded_columns(self) -> tuple[str, ...]:
        """Columns of what it gives back that come dictionary-encoded."""
        return self.kernel.encoded_columns

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Screen; all columns as plain text."""
        return decoded(self.encoded(batch), MATCHES)

    def encoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Put nulls for what is absent, and screen."""
        absent = {"line": pa.repeat(pa.scalar(1, pa.int64()), len(batch)), "cas": pa.nulls(len(batch), pa.string())}
        absent |= {"origin_country": pa.nulls(len(batch), pa.string())}
        absent |= {"transit_countries": pa.nulls(len(batch), pa.list_(pa.string()))}
        names = [*CARRIED, "description", "cas", "hs_code"]
        columns = [absent[name] if name in absent else batch.column(name) for name in names]
        return self.kernel.encoded(pa.RecordBatch.from_arrays(columns, names=names))
