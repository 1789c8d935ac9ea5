"""What staging gives: parts, a quarantine, what became of each file, and what a person should know."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """How far staging is: rows done so far and the file being read."""

    file: Path
    files_done: int
    files: int
    rows: int


@dataclass(frozen=True, slots=True)
class SourceFile:
    """What became of one input file; `rows_read` = `accepted` + `quarantined`."""

    path: Path
    sha256: str
    bytes: int
    kind: str
    encoding: str | None
    rows_read: int
    accepted: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A value that was not understood, or a thing worth knowing, that cost no row.

    Args:
        file: input file; empty when it concerns all of them.
        field: canonical field.
        value: the value, clipped.
        reason: `not_in_list:<list>`, `no_hs6`, `unit_not_a_mass`, `duplicate_key`, `unused_columns` (of a file without
            a mapping), `more_values` (cells with further values that are not listed one by one), or of a workbook's
            other sheets `further_sheets` (read as well) and `unread_sheets`, with `hidden_` before it where they are.
            Of values that were read as they stand: `date_in_future`, `date_early`, `hs_odd_digits`, and in a sample of
            rows `misread`, `lost_letters`, `rounded_number`, `no_cas_number`; the value holds the first records and
            what stands there.
        count: cells or rows.
    """

    file: str
    field: str
    value: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class StageResult:
    """Staged parts of one table.

    Args:
        table: canonical table.
        parts: Parquet files in the staged schema; at least one, though it may have no rows.
        quarantine: one Parquet file, always there.
        unread: what could be read of the goods of shipments in quarantine, in the schema `UNREAD`, always there.
        files: input files in order; `source_file` of a row is the position here.
        present_columns: canonical columns that some source carried with a value.
        warnings: what was nulled or doubtful, by file, field and value.
    """

    table: str
    parts: tuple[Path, ...]
    quarantine: Path
    unread: Path
    files: tuple[SourceFile, ...]
    present_columns: frozenset[str]
    warnings: tuple[Warned, ...] = ()

    @property
    def accepted(self) -> int:
        """Rows in the parts."""
        return sum(file.accepted for file in self.files)

    @property
    def quarantined(self) -> int:
        """Rows in the quarantine file."""
        return sum(file.quarantined for file in self.files)

    @property
    def rows_read(self) -> int:
        """Records found in the files."""
        return sum(file.rows_read for file in self.files)
