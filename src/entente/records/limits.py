"""Bounds that keep memory bounded whatever a file holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of an input is looked at in one go, and where a file is refused.

    Args:
        block_bytes: bytes of text read at once.
        batch_rows: rows shaped at once.
        batch_bytes: bytes of text in rows shaped at once, were each written out.
        max_record_bytes: a text record, or a Parquet cell, longer than this goes to quarantine (its beginning is kept).
        max_columns: a file with more columns is refused.
        max_group_bytes: a Parquet row group that unpacks to more is refused.
        max_pages_bytes: a Parquet row group is refused when the biggest pages of the columns that are read, one of
            each, unpack to more: so much is held at once.
        max_items: a Parquet row group with more items in the lists of a column, beyond a few a row, is refused.
        max_unpacked_bytes: a compressed text file or workbook that unpacks to more is refused.
        max_part_bytes: a workbook part other than a sheet, which must be held in memory, may unpack to this.
        max_ratio: a workbook part or gzip file that unpacks to more than so many times its size is refused.
        max_entries: a workbook with more entries is refused.
        max_warnings: distinct warned values that are kept for a file.
    """

    block_bytes: int = 16 << 20
    batch_rows: int = 1 << 18
    batch_bytes: int = 256 << 20
    max_record_bytes: int = 1 << 20
    max_columns: int = 4096
    max_group_bytes: int = 8 << 30
    max_pages_bytes: int = 512 << 20
    max_items: int = 1 << 24
    max_unpacked_bytes: int = 256 << 30
    max_part_bytes: int = 128 << 20
    max_ratio: int = 200
    max_entries: int = 4096
    max_warnings: int = 1000
