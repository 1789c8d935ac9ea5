"""Tables as folders of Parquet part files, and mapping a kernel over them.

A table is a list of Parquet files with one schema. `map_part` is what a worker does with one task: it reads some
row groups of one file, only the columns that the kernel asks for, and writes what comes out to one part file, so
that no result ever travels between processes or piles up in memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from entente.engine.base import Kernel, encoded_schema
from entente.errors import InputError, Place

#: Rows a kernel sees at once: large enough to amortise a call, small enough for the processor's caches.
BATCH_ROWS = 65_536
#: Rows of one task: large enough to amortise a file, small enough to keep all processes busy to the end.
TASK_ROWS = 500_000
#: Temporary files are read once or twice: LZ4 costs the least processor time for both.
_TEMPORARY = {"compression": "lz4", "write_statistics": False}


@dataclass(frozen=True, slots=True)
class MapTask:
    """Some row groups of one Parquet file, to be mapped into one part file."""

    kernel: Path
    source: Path
    row_groups: tuple[int, ...]
    target: Path


def parquet_files(source: Path | Sequence[Path]) -> tuple[Path, ...]:
    """All Parquet files that a path or several name; a folder stands for the `*.parquet` files in it.

    Raises:
        InputError: nothing is there.
    """
    paths = [source] if isinstance(source, Path) else list(source)
    files: list[Path] = []
    for path in paths:
        files += sorted(path.glob("*.parquet")) if path.is_dir() else [path]
    if not files or not all(file.is_file() for file in files):
        missing = next((file for file in files if not file.is_file()), paths[0] if paths else "")
        raise InputError("There is no Parquet file here.", remedy="Check the path.", place=Place(file=str(missing)))
    return tuple(files)


def open_part(path: Path, repeated: Sequence[str] = ()) -> pq.ParquetFile:
    """Open one Parquet file.

    Args:
        path: the file.
        repeated: text columns that come dictionary-encoded.

    Raises:
        InputError: it is not Parquet, or it is cut off.
    """
    try:
        return pq.ParquetFile(path, read_dictionary=list(repeated))
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            "This is no complete Parquet file.",
            remedy="Write the file again; it may have been cut off.",
            place=Place(file=str(path)),
        ) from error


def write_part(table: pa.Table, path: Path) -> None:
    """Write a table as one temporary part file."""
    pq.write_table(table, path, **_TEMPORARY)


def count_rows(files: Sequence[Path]) -> int:
    """Rows of several Parquet files, read from their footers."""
    total = 0
    for file in files:
        with open_part(file) as part:
            total += part.metadata.num_rows
    return total


def stream(files: Sequence[Path], columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """Batches of several Parquet files, one file after the other."""
    for file in files:
        with open_part(file) as part:
            yield from part.iter_batches(BATCH_ROWS, columns=columns)


def map_tasks(kernel: Path, files: Sequence[Path], folder: Path) -> Iterator[MapTask]:
    """Cut files into tasks of about `TASK_ROWS` rows, along row groups.

    Args:
        kernel: file that holds the pickled kernel.
        files: Parquet files.
        folder: where the part files will go.
    """
    number = 0
    for file in files:
        with open_part(file) as part:
            sizes = [part.metadata.row_group(i).num_rows for i in range(part.metadata.num_row_groups)]
        for groups in _bundles(sizes):
            yield MapTask(kernel, file, groups, folder / f"{number:06d}.parquet")
            number += 1


def _bundles(sizes: Sequence[int]) -> Iterator[tuple[int, ...]]:
    bundle: list[int] = []
    rows = 0
    for index, size in enumerate(sizes):
        if bundle and rows + size > TASK_ROWS:
            yield tuple(bundle)
            bundle, rows = [], 0
        bundle.append(index)
        rows += size
    if bundle:
        yield tuple(bundle)


def save_kernel(kernel: Kernel, path: Path) -> None:
    """Pickle a kernel once; every worker reads it once (`load_kernel`)."""
    path.write_bytes(pickle.dumps(kernel, protocol=pickle.HIGHEST_PROTOCOL))


@lru_cache(maxsize=1)
def load_kernel(path: Path) -> Kernel:
    """The kernel saved in `path`, built once per process."""
    kernel: Kernel = pickle.loads(path.read_bytes())  # noqa: S301 - our own file, in a folder that only we can write to
    return kernel


#: Kernels that this process has and need not read.
_held: dict[Path, Kernel] = {}


@contextmanager
def held(kernel: Kernel, path: Path) -> Iterator[None]:
    """Within this, a task of this process whose kernel is saved in `path` takes `kernel` as it is."""
    _held[path] = kernel
    try:
        yield
    finally:
        del _held[path]


def map_part(task: MapTask) -> int:
    """Do one task; return the rows written."""
    kernel = _held.get(task.kernel) or load_kernel(task.kernel)
    names = list(kernel.input_columns)
    rows = waiting = 0
    results: list[pa.RecordBatch] = []
    repeated = getattr(kernel, "repeated_columns", ())
    run = getattr(kernel, "encoded", kernel)
    with open_part(task.source, repeated) as part, _writer(task.target, kernel) as writer:
        # Threads off: the processes are the parallelism, and more threads than cores only cost.
        for batch in part.iter_batches(BATCH_ROWS, row_groups=list(task.row_groups), columns=names, use_threads=False):
            result = run(batch.select(names))
            if result.num_rows:
                results.append(result)
                rows, waiting = rows + result.num_rows, waiting + result.num_rows
            if waiting >= BATCH_ROWS:  # row groups of few rows are slow to write and to read
                _write(writer, results)
                results, waiting = [], 0
        if results:
            _write(writer, results)
    return rows


def _writer(target: Path, kernel: Kernel) -> pq.ParquetWriter:
    """Writes what a kernel gives; its encoded columns are read as plain text, since no Arrow schema says otherwise."""
    columns = getattr(kernel, "encoded_columns", ())
    if not columns:
        return pq.ParquetWriter(target, kernel.output_schema, **_TEMPORARY)
    schema = encoded_schema(kernel.output_schema, columns)
    return pq.ParquetWriter(target, schema, use_dictionary=list(columns), store_schema=False, **_TEMPORARY)


def _write(writer: pq.ParquetWriter, results: Sequence[pa.RecordBatch]) -> None:
    # a row group has one dictionary for each column
    writer.write_table(pa.Table.from_batches(results).unify_dictionaries())
