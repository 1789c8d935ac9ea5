"""The screening kernel: a batch of shipments in, one row per substance named in a field out.

It reads three columns. `description` is searched for names and CAS numbers, `cas` for CAS numbers, `hs_code` for
codes that are a substance's own. What is found, however often and in whatever writing, becomes one match per row,
substance, field and method; of several, the surest, then the plainest form, then the longest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from entente.engine.base import decoded
from entente.screening import descriptions, output
from entente.screening.compiled import Compiled, compiled_for, keep
from entente.screening.fold import FoldTable, fold_table, keep_table
from entente.screening.hs import read_codes
from entente.screening.schema import CARRIED, MATCHES
from entente.screening.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class ScreeningKernel:
    """Finds controlled substances in shipments; engine contract `Kernel`.

    Attributes:
        vocabulary: what to look for.
        misspellings: also look for misspelled long names (a second pass).
    """

    vocabulary: Vocabulary
    misspellings: bool = True

    @property
    def input_columns(self) -> tuple[str, ...]:
        """Columns that travel with a match, and those that are searched."""
        return (*CARRIED, "description", "cas", "hs_code")

    @property
    def repeated_columns(self) -> tuple[str, ...]:
        """Columns of few distinct values."""
        return ("origin_country", "export_country", "destination_country", "hs_code")

    @property
    def output_schema(self) -> pa.Schema:
        """Schema of what is found."""
        return MATCHES

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel with what was compiled, so that it is compiled once and not in every process."""
        compiled = compiled_for(self.vocabulary, misspellings=self.misspellings)
        return _unpickled, (self.vocabulary, self.misspellings, compiled, fold_table())

    @property
    def encoded_columns(self) -> tuple[str, ...]:
        """Columns of few distinct values of what is found."""
        return output.ENCODED_COLUMNS

    def __call__(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Screen one batch."""
        return decoded(self.encoded(batch), MATCHES)

    def encoded(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Screen one batch; columns of few distinct values come dictionary-encoded."""
        compiled = compiled_for(self.vocabulary, misspellings=self.misspellings)
        pieces = _search(compiled, batch)
        return output.matches_batch(batch, output.reduce(pieces), self.vocabulary)


def _unpickled(vocabulary: Vocabulary, misspellings: bool, compiled: Compiled, table: FoldTable) -> ScreeningKernel:
    keep_table(table)
    keep(vocabulary, compiled, misspellings=misspellings)
    return ScreeningKernel(vocabulary, misspellings)


def _search(compiled: Compiled, batch: pa.RecordBatch) -> list[output.Mentions]:
    codes = read_codes(batch.column("hs_code"))
    days = batch.column("date").cast(pa.int32()).to_numpy(zero_copy_only=False).astype(np.int64)
    by_code = output.from_codes(compiled, batch.column("hs_code"), codes, days)
    by_number = descriptions.search_numbers(compiled, batch.column("cas"))
    chemical = codes.is_chemical()
    for mentions in by_number:
        chemical[mentions.row] = True
    by_text = descriptions.search(compiled, batch.column("description"), chemical, codes.is_elsewhere())
    return [*by_text, *by_number, by_code]
