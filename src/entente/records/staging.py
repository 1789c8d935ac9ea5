"""Stage sources: files of any kind in, canonical Parquet parts and one quarantine file out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from entente.engine.pool import iter_tasks, run_tasks
from entente.errors import Place
from entente.records.doubting import Doubts, add, doubts, settled
from entente.records.duplicates import duplicate_keys
from entente.records.limits import Limits
from entente.records.mapping import (
    CANONICAL,
    FileFormat,
    Mapping,
    canonical_mapping,
    check_columns,
    require_mapping,
    with_cells,
)
from entente.records.reading import Source, open_source
from entente.records.reading.base import Block, Part
from entente.records.schema import QUARANTINE, UNREAD, staged_schema, table_spec
from entente.records.shaping import Warnings, quarantine_table, shape
from entente.records.sources import Digest, check_unchanged, digest, expand, printable
from entente.records.staged import Progress, SourceFile, StageResult, Warned
from entente.records.unread import TABLE, unread_texts

#: Files of all rows in quarantine, and of what could be read of their goods.
_QUARANTINE, _UNREAD = "quarantine.parquet", "unread.parquet"
#: Characters of the names of unused columns that are kept.
_NAMED = 200
#: Parts are read a few times and then removed; to compress them costs more than it saves, codes being small already.
CODEC = "none"
#: A dictionary that outgrew this would be given up for plain texts; those of a batch are bounded already.
_DICTIONARY_PAGE = 256 << 20


@dataclass(frozen=True, slots=True)
class _Task:
    part: Part
    mapping: Mapping
    file: str
    file_index: int
    number: int
    out: Path
    today: dt.date | None


@dataclass(frozen=True, slots=True)
class _Done:
    file_index: int
    read: int
    accepted: int
    quarantined: int
    part: Path | None
    quarantine: Path | None
    unread: Path | None
    warnings: Warnings
    doubts: Doubts
    present: frozenset[str]


@dataclass(slots=True)
class _Tally:
    read: Counter[int] = field(default_factory=Counter)
    accepted: Counter[int] = field(default_factory=Counter)
    quarantined: Counter[int] = field(default_factory=Counter)
    warnings: dict[int, Warnings] = field(default_factory=dict)
    doubts: dict[int, Doubts] = field(default_factory=dict)
    present: set[str] = field(default_factory=set)
    parts: list[Path] = field(default_factory=list)


def stage(
    table: str,
    sources: Sequence[Path],
    mapping: Mapping | None,
    out: Path,
    *,
    processes: int | None = 1,
    progress: Callable[[Progress], None] | None = None,
    limits: Limits | None = None,
    today: dt.date | None = None,
) -> StageResult:
    """Read all sources of one table and write them in canonical form.

    Args:
        table: canonical table.
        sources: files, globs and folders.
        mapping: how to read them; None for files that have the canonical column names.
        out: folder for the parts; made when it is not there.
        processes: worker processes; None means one per usable core.
        progress: called now and then from this process.
        limits: bounds on what is read.
        today: day of the run (UTC), so that days after it are noted.

    Raises:
        InputError: a file cannot be read at all; single rows that cannot be read go to quarantine instead.
        UsageError: there is no such table, or the mapping is for another one.
    """
    limits = limits or Limits()
    table_spec(table)
    if mapping is not None:
        require_mapping(table, mapping)
    paths = expand(sources)
    opened = [_opened(path, table, mapping, limits) for path in paths]
    out.mkdir(parents=True, exist_ok=True)
    digests = run_tasks(digest, paths, processes)
    tally = _Tally()
    with ExitStack() as stack:
        writer = stack.enter_context(pq.ParquetWriter(out / _QUARANTINE, QUARANTINE, compression="zstd"))
        goods = stack.enter_context(pq.ParquetWriter(out / _UNREAD, UNREAD, compression="zstd"))
        results = stack.enter_context(_closing(iter_tasks(_run, _tasks(opened, paths, out, today), processes)))
        for done in results:
            _add(tally, done, writer, goods, limits)
            if progress is not None:
                progress(
                    Progress(
                        paths[done.file_index],
                        done.file_index,
                        len(paths),
                        tally.accepted.total() + tally.quarantined.total(),
                    )
                )
    for before in digests:
        check_unchanged(before)
    return _result(table, out, tally, opened, digests)


def _opened(path: Path, table: str, mapping: Mapping | None, limits: Limits) -> tuple[Source, Mapping]:
    source = open_source(path, mapping.format if mapping else FileFormat(), limits)
    chosen = mapping or canonical_mapping(table, source.columns)
    check_columns(chosen, source.columns, Place(printable(path)))
    if source.from_1904 is not None:
        chosen = with_cells(chosen, from_1904=source.from_1904)
    return source, chosen


def _tasks(
    opened: list[tuple[Source, Mapping]], paths: list[Path], out: Path, today: dt.date | None
) -> Iterator[_Task]:
    for index, ((source, mapping), path) in enumerate(zip(opened, paths, strict=True)):
        for number, part in enumerate(source.parts(mapping.needs, mapping.grouped)):
            yield _Task(part, mapping, printable(path), index, number, out, today)


def _run(task: _Task) -> _Done:
    """Read, shape and write one part; runs in a worker process."""
    writers = _Writers(task)
    warnings: Warnings = Counter()
    doubted: Doubts = {}
    present: set[str] = set()
    spec = table_spec(task.mapping.table)
    read = 0
    with writers.stack:
        for block in task.part.blocks():
            read += block.rows.num_rows + len(block.bad)
            file = f"{task.file} [{block.sheet}]" if block.sheet else task.file
            if block.rows.num_rows:
                shaped = shape(block.rows, block.lines, task.mapping, file=file, file_index=task.file_index)
                writers.accept(shaped.accepted)
                writers.quarantine(_placed(shaped.quarantined, "line", block))
                writers.keep_unread(_placed(shaped.unread, "record", block))
                warnings.update(shaped.warnings)
                add(doubted, doubts(shaped.accepted, spec, task.today, block.place))
                present |= shaped.present
            bad = quarantine_table(list(block.bad), file)
            writers.quarantine(_placed(bad, "line", block))
            if spec.name == TABLE:
                writers.keep_unread(_placed(unread_texts(bad, task.file_index), "record", block))
    if read != writers.accepted + writers.quarantined:
        raise AssertionError(
            f"{task.file}: {read} rows read, {writers.accepted} accepted, {writers.quarantined} quarantined"
        )
    return _Done(
        task.file_index,
        read,
        writers.accepted,
        writers.quarantined,
        writers.part,
        writers.bad,
        writers.unread,
        warnings,
        doubted,
        frozenset(present),
    )


def _placed(rows: pa.Table, name: str, block: Block) -> pa.Table:
    """Count the lines of a further sheet from its own beginning, which is where a person looks."""
    if not block.before or not rows.num_rows:
        return rows
    at = rows.schema.get_field_index(name)
    return rows.set_column(at, rows.field(at), pc.subtract(rows.column(name), block.before))


class _Writers:
    """Open a part's files only when there is something to write."""

    def __init__(self, task: _Task) -> None:
        self.stack = ExitStack()
        self.part: Path | None = None
        self.bad: Path | None = None
        self.unread: Path | None = None
        self.accepted = 0
        self.quarantined = 0
        self._stem = f"{task.mapping.table}-{task.file_index:05d}-{task.number:06d}"
        self._out = task.out
        self._good_writer: pq.ParquetWriter | None = None
        self._bad_writer: pq.ParquetWriter | None = None
        self._unread_writer: pq.ParquetWriter | None = None

    def accept(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        if self._good_writer is None:
            self.part = self._out / f"{self._stem}.parquet"
            self._good_writer = self.stack.enter_context(_staged_writer(self.part, rows.schema))
        self._good_writer.write_table(_like(rows, self._good_writer.schema))
        self.accepted += rows.num_rows

    def quarantine(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        if self._bad_writer is None:
            self.bad = self._out / f"{self._stem}.quarantine.parquet"
            self._bad_writer = self.stack.enter_context(pq.ParquetWriter(self.bad, QUARANTINE))
        self._bad_writer.write_table(rows)
        self.quarantined += rows.num_rows

    def keep_unread(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        if self._unread_writer is None:
            self.unread = self._out / f"{self._stem}.unread.parquet"
            self._unread_writer = self.stack.enter_context(pq.ParquetWriter(self.unread, UNREAD))
        self._unread_writer.write_table(rows)


def _staged_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Write dictionary-encoded columns as they are; without the Arrow schema they read back as plain strings."""
    coded = [item.name for item in schema if pa.types.is_dictionary(item.type) or pa.types.is_date32(item.type)]
    return pq.ParquetWriter(
        path,
        schema,
        compression=CODEC,
        use_dictionary=coded,
        store_schema=False,
        write_statistics=["date"],
        dictionary_pagesize_limit=_DICTIONARY_PAGE,
    )


def _like(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give a later batch the first batch's representation: a column may be plain in one and coded in another."""
    if rows.schema.equals(schema):
        return rows
    columns = []
    for item in schema:
        column = rows.column(item.name)
        if column.type != item.type:
            column = column.dictionary_encode() if pa.types.is_dictionary(item.type) else column.cast(item.type)
        columns.append(column)
    return pa.Table.from_arrays(columns, schema=schema)


def _add(tally: _Tally, done: _Done, quarantine: pq.ParquetWriter, unread: pq.ParquetWriter, limits: Limits) -> None:
    tally.read[done.file_index] += done.read
    tally.accepted[done.file_index] += done.accepted
    tally.quarantined[done.file_index] += done.quarantined
    tally.present |= done.present
    if done.part is not None:
        tally.parts.append(done.part)
    _moved(done.quarantine, quarantine)
    _moved(done.unread, unread)
    add(tally.doubts.setdefault(done.file_index, {}), done.doubts)
    kept = tally.warnings.setdefault(done.file_index, Counter())
    for key, count in done.warnings.items():
        known = key in kept or len(kept) < limits.max_warnings
        kept[key if known else (key[0], "", "more_values")] += count


def _moved(part: Path | None, writer: pq.ParquetWriter) -> None:
    """Add the rows of one part to the one file of all."""
    if part is not None:
        with pq.ParquetFile(part) as file:
            for batch in file.iter_batches():
                writer.write_batch(batch)
        part.unlink()


def _result(
    table: str, out: Path, tally: _Tally, opened: list[tuple[Source, Mapping]], digests: list[Digest]
) -> StageResult:
    if not tally.parts:
        empty = out / f"{table}-00000-000000.parquet"
        pq.write_table(staged_schema(table).empty_table(), empty, compression=CODEC, store_schema=False)
        tally.parts.append(empty)
    # What concerns many rows comes first: a list of notes is seldom read to its end.
    warnings = [*_of_files(opened, digests), *_doubtful(tally, digests)]
    again = duplicate_keys(tally.parts, table_spec(table).key)
    if again:
        warnings.append(Warned("", "/".join(table_spec(table).key), "", "duplicate_key", again))
    warnings += _of_values(tally, digests)
    return StageResult(
        table=table,
        parts=tuple(tally.parts),
        quarantine=out / _QUARANTINE,
        unread=out / _UNREAD,
        files=tuple(_file(index, source, digests[index], tally) for index, (source, _) in enumerate(opened)),
        present_columns=frozenset(tally.present),
        warnings=tuple(warnings),
    )


def _of_values(tally: _Tally, digests: list[Digest]) -> Iterator[Warned]:
    """Values that were not understood, file by file."""
    for index, found in enumerate(digests):
        for key, count in sorted(tally.warnings.get(index, {}).items()):
            yield Warned(printable(found.path), *key, count)


def _doubtful(tally: _Tally, digests: list[Digest]) -> Iterator[Warned]:
    """Values that were read as they stand and look like slips, file by file."""
    for index, found in enumerate(digests):
        for (name, reason), doubt in sorted(settled(tally.doubts.get(index, {})).items()):
            yield Warned(printable(found.path), name, doubt.in_words(), reason, doubt.count)


def _of_files(opened: list[tuple[Source, Mapping]], digests: list[Digest]) -> Iterator[Warned]:
    """Notes of the readers, and columns of files without a mapping that no field was read from.

    A misspelt header must not pass unseen.
    """
    for (source, mapping), found in zip(opened, digests, strict=True):
        file = printable(found.path)
        used = {column.strip().casefold() for column in mapping.needs}
        unused = [column for column in source.columns if column.strip().casefold() not in used]
        if mapping.name == CANONICAL and unused:
            yield Warned(file, "", ", ".join(unused)[:_NAMED], "unused_columns", len(unused))
        yield from (Warned(file, "", note.value, note.reason, note.count) for note in source.notes)


def _file(index: int, source: Source, found: Digest, tally: _Tally) -> SourceFile:
    accepted, quarantined = tally.accepted[index], tally.quarantined[index]
    return SourceFile(
        path=found.path,
        sha256=found.sha256,
        bytes=found.size,
        kind=source.kind,
        encoding=source.encoding,
        rows_read=tally.read[index],
        accepted=accepted,
        quarantined=quarantined,
    )


class _closing:  # noqa: N801 (a context manager that reads like contextlib.closing)
    """Close the iterator of results whatever happens, so that no worker outlives its run."""

    def __init__(self, results: Iterator[_Done]) -> None:
        self._results = results

    def __enter__(self) -> Iterator[_Done]:
        return self._results

    def __exit__(self, *_: object) -> None:
        close = getattr(self._results, "close", None)
        if close is not None:
            close()
