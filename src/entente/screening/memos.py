"""What the texts of payments name: the screening kernel over the table `payments`.

A memo is read like a goods description. Its matches become the table `memo_matches`, which rules join to the lines
that a payment is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from entente.engine.base import Engine
from entente.screening.kernel import ScreeningKernel
from entente.screening.schema import COUNTS_FROM, MATCHES
from entente.screening.vocabulary import Vocabulary

#: The table that `MemoKernel` gives, and the one it reads.
TABLE, PAYMENTS = "memo_matches", "payments"
#: What memos name as absent ("no X"), in the same columns. No rule reads it.
ABSENT_MEMOS = "memo_absent"
#: One substance that a payment's text names; `method` and `confidence` as in `MATCHES`, of those that count.
MEMO_MATCHES = pa.schema(
    [
        pa.field("payment_id", pa.string(), nullable=False),
        *(MATCHES.field(name) for name in ("substance_id", "method", "matched_text", "confidence")),
    ]
)


def find_in_memos(engine: Engine, vocabulary: Vocabulary) -> None:
    """Search the memos of table `payments`; makes `TABLE`, and `ABSENT_MEMOS` of what counts for nothing."""
    engine.map(MemoKernel(vocabulary, absent=True), PAYMENTS, "memo_found")
    engine.sql(f"SELECT * FROM memo_found WHERE confidence >= {COUNTS_FROM}", TABLE)
    engine.sql(f"SELECT * FROM memo_found WHERE confidence < {COUNTS_FROM}", ABSENT_MEMOS)
    engine.drop("memo_found")


@dataclass(frozen=True, slots=True)
class MemoKernel:
    """Finds controlled substances in the texts of payments; engine contract `Kernel`.

    Attributes:
        vocabulary: what to look for.
        absent: also give what a memo names as absent, which counts for nothing.
    """

    vocabulary: Vocabulary
    absent: bool = False

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Columns of the payments that it reads."""
        return ("row_id", "payment_id", "date", "memo")

    @property
    def output_schema(self) -> pa.Schema:
        """Schema of what is found."""
        return MEMO_MATCHES

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Screen one batch of payments."""
        found = ScreeningKernel(self.vocabulary, misspellings=False)(_as_shipments(batch))
        if not self.absent:
            found = found.filter(pc.greater_equal(found.column("confidence"), COUNTS_FROM))
        columns = ["declaration_id", *MEMO_MATCHES.names[1:]]
        return pa.RecordBatch.from_arrays([found.column(name) for name in columns], schema=MEMO_MATCHES)


def _as_shipments(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The payments as shipments that have a description only; the number of the payment travels as the declaration."""
    given = {
        "row_id": batch.column("row_id"),
        "declaration_id": batch.column("payment_id"),
        "line": pa.array([1] * len(batch), pa.int64()),
        "date": batch.column("date"),
        "description": batch.column("memo"),
    }
    names = ScreeningKernel(Vocabulary.of((), ())).input_columns
    types = {field.name: field.type for field in MATCHES}
    arrays = [given.get(name, pa.nulls(len(batch), types.get(name, pa.string()))) for name in names]
    return pa.RecordBatch.from_arrays(arrays, names=list(names))
