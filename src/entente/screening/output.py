"""Mentions: what was found, as columns; and how they become the kernel's output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from entente.engine.base import ENCODED, encoded_schema
from entente.screening.compiled import Compiled
from entente.screening.fold import I64
from entente.screening.hs import Codes
from entente.screening.schema import CARRIED, MATCHES
from entente.screening.text import plain
from entente.screening.vocabulary import Vocabulary

#: Columns of few distinct values.
ENCODED_COLUMNS = ("origin_country", "export_country", "destination_country", "substance_id", "field", "method")
#: A dictionary of so many texts is carried whole.
_FEW = 64
_ENCODED_MATCHES = encoded_schema(MATCHES, ENCODED_COLUMNS)

FIELDS = ("description", "cas", "hs_code")
METHODS = ("name", "cas", "hs", "misspelling", "absent")
DESCRIPTION, CAS_FIELD, HS_FIELD = range(3)
NAME, CAS, HS, MISSPELLING, ABSENT = range(5)

#: How sure a method is that the row speaks of the substance, in thousandths. A judgement, not a measured rate:
#: a number is unambiguous, a name nearly so, an acronym needs its surroundings, a code is a declarant's choice.
SURE = {"cas": 990, "name": 980, "acronym": 850, "hs": 600, "confused_cas": 700, "one_edit": 800, "two_edits": 650}
#: What else is known of a match bounds how sure it is: it is glued to a number, found in a second reading, or the text
#: names it as absent ("no X"). The last is a judgement too: most such texts are true, and somebody who hides writes so.
AT_MOST = {"glued": 900, "reread": 900, "absent": 300}
#: As sure as the method is.
UNBOUNDED = 1000


@dataclass(frozen=True, slots=True)
class Mentions:
    """Columns of what was found in one field; spans are characters of the field's own text."""

    row: I64
    substance: I64
    form: I64
    method: I64
    sure: I64
    start: I64
    end: I64
    text: pa.StringArray
    field: int

    def __len__(self) -> int:
        return len(self.row)


_COLUMNS = ("row", "substance", "form", "method", "sure", "start", "end")


def from_codes(compiled: Compiled, column: pa.Array, codes: Codes, days: I64) -> Mentions:
    """Rows whose HS code is a substance's own on their day; the span is the whole code."""
    row, substance = compiled.hs.find(codes, days)
    rows = pa.array(row)
    # repeated texts stay encoded until few are left; views of text cannot be taken from
    text = plain(column.take(rows)) if pa.types.is_dictionary(column.type) else plain(column).take(rows)
    zero = np.zeros(len(row), np.int64)
    length = pc.utf8_length(text).to_numpy(zero_copy_only=False).astype(np.int64)
    return Mentions(row, substance, zero, zero + HS, zero + SURE["hs"], zero, length, text, HS_FIELD)


def reduce(pieces: Sequence[Mentions]) -> list[Mentions]:
    """Keep one mention per row, substance, field and method family.

    A misspelling, and a name named as absent, are in the family of names: one that stands tells more.
    """
    kept: list[Mentions] = []
    for field in range(len(FIELDS)):
        together = _concat([piece for piece in pieces if piece.field == field and len(piece)], field)
        if together is not None:
            kept.append(_best(together))
    return kept


def _concat(pieces: list[Mentions], field: int) -> Mentions | None:
    if not pieces:
        return None
    if len(pieces) == 1:
        return pieces[0]
    columns = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in _COLUMNS}
    return Mentions(text=pa.concat_arrays([piece.text for piece in pieces]), field=field, **columns)


def _best(mentions: Mentions) -> Mentions:
    """The surest, then plainest, then longest, then first mention of each group."""
    family = np.where(mentions.method >= MISSPELLING, NAME, mentions.method)
    group = (mentions.row << 26) + (mentions.substance << 2) + family
    # what decides within a group, in one number: forms and lengths are clipped, positions come last by stability
    length = np.minimum(mentions.end - mentions.start, 0xFFFF)
    rank = ((1000 - mentions.sure) << 26) + (mentions.form << 16) + (0xFFFF - length)
    order = np.lexsort((mentions.start, rank, group))
    ordered = group[order]
    first = np.ones(len(order), np.bool_)
    first[1:] = ordered[1:] != ordered[:-1]
    return take(mentions, order[first])


def take(mentions: Mentions, index: I64) -> Mentions:
    """Some of the mentions, in the given order."""
    columns = {name: getattr(mentions, name)[index] for name in _COLUMNS}
    return Mentions(text=mentions.text.take(pa.array(index)), field=mentions.field, **columns)


def matches_batch(batch: pa.RecordBatch, kept: Sequence[Mentions], vocabulary: Vocabulary) -> pa.RecordBatch:
    """The output rows, in the order of input rows within each field; `ENCODED_COLUMNS` are dictionary-encoded."""
    if not kept:
        return pa.RecordBatch.from_pylist([], _ENCODED_MATCHES)
    row = np.concatenate([mentions.row for mentions in kept])
    rows = pa.array(row)
    taken = [(_ENCODED_MATCHES.field(name).type, batch.column(name).take(rows)) for name in CARRIED]
    carried = [as_encoded(column) if kind == ENCODED else column.cast(kind) for kind, column in taken]

    def column(name: str) -> np.ndarray:
        return np.concatenate([getattr(mentions, name) for mentions in kept])

    found = [
        _labels(column("substance"), vocabulary.substances),
        _labels(np.repeat([mentions.field for mentions in kept], [len(mentions) for mentions in kept]), FIELDS),
        _labels(column("method"), METHODS),
        pa.concat_arrays([mentions.text for mentions in kept]),
        pa.array(column("start"), pa.int32()),
        pa.array(column("end"), pa.int32()),
        pa.array(column("form"), pa.int32()),
        pa.array(column("sure") / 1000, pa.float64()),
    ]
    return pa.RecordBatch.from_arrays([*carried, *found], schema=_ENCODED_MATCHES)


def _labels(index: I64, labels: tuple[str, ...]) -> pa.DictionaryArray:
    return encode(index, pa.array(labels, pa.string()))


def encode(index: I64, texts: pa.StringArray) -> pa.DictionaryArray:
    """The texts at `index` (-1: null), dictionary-encoded; of many texts, those that no index names are left out."""
    if len(texts) <= _FEW:
        return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32), mask=index < 0), texts)
    is_used = np.zeros(len(texts), np.bool_)
    is_used[index[index >= 0]] = True
    # the last place is that of no text
    place = np.append(np.cumsum(is_used, dtype=np.int32) - 1, 0).astype(np.int32)
    codes = pa.array(place[index], mask=index < 0)
    return pa.DictionaryArray.from_arrays(codes, texts.filter(pa.array(is_used)))


def as_encoded(column: pa.Array) -> pa.DictionaryArray:
    """A column of any text type as `ENCODED`."""
    return column.cast(ENCODED) if pa.types.is_dictionary(column.type) else column.cast(pa.string()).dictionary_encode()
