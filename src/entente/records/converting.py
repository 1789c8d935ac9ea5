"""Convert any source that can be read into one canonical Parquet or CSV file."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from entente.errors import InputError, Place, UsageError
from entente.records.limits import Limits
from entente.records.mapping import Mapping
from entente.records.schema import schema
from entente.records.staged import Progress, StageResult
from entente.records.staging import stage

#: A spreadsheet program takes a cell that begins so for a formula.
_FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True, slots=True)
class Converted:
    """What a conversion wrote.

    Args:
        staged: counts, files and warnings; its part files are gone.
        path: the canonical file.
        quarantine: the rows that could not be read, or None when there are none.
    """

    staged: StageResult
    path: Path
    quarantine: Path | None


def convert(
    table: str,
    sources: Sequence[Path],
    mapping: Mapping | None,
    out: Path,
    *,
    processes: int | None = 1,
    progress: Callable[[Progress], None] | None = None,
    limits: Limits | None = None,
) -> Converted:
    """Write all readable rows of some sources to one file with canonical columns.

    A `.parquet` file keeps every cell as it is. In a `.csv` file a text cell that a spreadsheet program would run as a
    formula (one that begins with = + - @, a tab or a carriage return) gets an apostrophe before it, and lists are
    joined by semicolons. Rows that cannot be read go to `<out>.quarantine.parquet`.

    Args:
        table: canonical table.
        sources: files, globs and folders.
        mapping: how to read them; None for files that have the canonical column names.
        out: the file to write; an existing one is replaced once the new one is complete.
        processes: worker processes.
        progress: called now and then.
        limits: bounds on what is read.

    Raises:
        UsageError: `out` is neither .parquet nor .csv.
        InputError: a source cannot be read, or `out` cannot be written.
    """
    if out.suffix not in (".parquet", ".csv"):
        raise UsageError(
            f"{out.name} is neither .parquet nor .csv.", remedy="Name the result so that it ends in one of them."
        )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=out.parent, prefix=".entente-") as folder:
            staged = stage(
                table, sources, mapping, Path(folder) / "staged", processes=processes, progress=progress, limits=limits
            )
            fresh = Path(folder) / f"new{out.suffix}"
            (_write_parquet if out.suffix == ".parquet" else _write_csv)(fresh, table, _batches(staged, table))
            fresh.replace(out)
            quarantine = out.with_name(out.name + ".quarantine.parquet")
            if staged.quarantined:
                shutil.move(staged.quarantine, quarantine)
            else:
                quarantine.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"The result cannot be written: {error.strerror or error}.",
            remedy="Check the path and the free space.",
            place=Place(str(out)),
        ) from error
    return Converted(staged, out, quarantine if staged.quarantined else None)


def _batches(staged: StageResult, table: str) -> Iterator[pa.RecordBatch]:
    target = schema(table)
    for part in staged.parts:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches(columns=target.names):
                yield pa.RecordBatch.from_arrays(
                    [batch.column(item.name).cast(item.type) for item in target], schema=target
                )


def _write_parquet(path: Path, table: str, batches: Iterator[pa.RecordBatch]) -> None:
    with pq.ParquetWriter(path, schema(table), compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


def _write_csv(path: Path, table: str, batches: Iterator[pa.RecordBatch]) -> None:
    target = pa.schema([item.with_type(pa.string()) if pa.types.is_list(item.type) else item for item in schema(table)])
    with path.open("wb") as stream, csv.CSVWriter(stream, target) as writer:
        for batch in batches:
            writer.write_batch(pa.RecordBatch.from_arrays([_plain(column) for column in batch.columns], schema=target))


def _plain(column: pa.Array) -> pa.Array:
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, ";")
    if not pa.types.is_string(column.type):
        return column
    return pc.if_else(pc.match_substring_regex(column, _FORMULA), pc.binary_join_element_wise("'", column, ""), column)
