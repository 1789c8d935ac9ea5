"""Goods of rows in quarantine: what can be read of a row is kept beside it, so that it can be searched all the same.

A shipment whose freight is no number still says what was shipped. It is in quarantine, counted and in no lead; but a
listed substance that it names must not stay unnamed.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from entente.records.schema import UNREAD

#: The table whose rows have goods.
TABLE = "shipments"
_GOODS = ("description", "cas", "hs_code")


def unread_rows(
    values: dict[str, pa.Array], mask: pa.Array, quarantined: pa.Table, file_index: int, failed: frozenset[str]
) -> pa.Table:
    """Return the goods of the rows of a batch that go to quarantine.

    Args:
        values: canonical columns of the whole batch.
        mask: its rows that go to quarantine.
        quarantined: those rows in the quarantine schema, in order.
        file_index: position of the file in the run.
        failed: fields that cells could not be read of; where a goods text is among them, the whole row is searched.
    """
    columns = {
        "file": quarantined.column("file"),
        "record": quarantined.column("line"),
        "row_id": pc.add(quarantined.column("line"), file_index << 40),
    }
    for item in UNREAD:
        if item.name not in columns:
            kept = pc.filter(values[item.name], mask)
            columns[item.name] = pc.cast(kept, item.type)
    if failed.intersection(_GOODS):
        columns["description"] = pc.coalesce(columns["description"], quarantined.column("raw").combine_chunks())
    return pa.Table.from_arrays([columns[item.name] for item in UNREAD], schema=UNREAD)


def unread_texts(rows: pa.Table, file_index: int) -> pa.Table:
    """Return the goods of records that could not be taken apart into cells: their text, as far as it is kept.

    Args:
        rows: in the quarantine schema.
        file_index: position of the file in the run.
    """
    lines = rows.column("line")
    given = {
        "file": rows.column("file"),
        "record": lines,
        "row_id": pc.add(lines, file_index << 40),
        "description": rows.column("raw"),
    }
    return pa.Table.from_arrays(
        [given.get(item.name, pa.nulls(rows.num_rows, item.type)) for item in UNREAD], schema=UNREAD
    )
