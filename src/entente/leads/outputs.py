"""The results of a run on disk: written aside, then put in place all at once.

A folder that holds an earlier run is refused unless the person says that it may be replaced. Results are written
into a hidden folder beside their destination (same disk, so that moving them is one rename each), and that folder
is removed whatever happens.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from entente.errors import EntenteError, Place, UsageError
from entente.records.schema import QUARANTINE

#: Files of a finished run; run.json is moved last and says that the others are whole.
RESULTS = ("hits.parquet", "flags.parquet", "leads.parquet", "quarantine.parquet", "report.html", "run.json")

#: Order of the rows of each table, by table.
ORDER = {
    "hits": (
        "declaration_id",
        "line",
        "row_id",
        "substance_id",
        "field",
        "method",
        "span_start",
        "role",
        "jurisdiction",
        "listing_id",
    ),
    "flags": ("declaration_id", "line", "row_id", "rule_id"),
    "leads": ("kind", "rank", "lead_id"),
}


def prepare(out: Path, *, overwrite: bool) -> None:
    """Make the results' folder, or refuse it.

    Raises:
        UsageError: it is no folder, cannot be made, or holds an earlier run that may not be replaced.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder for the results cannot be made: {error.strerror}.",
            remedy="Name another folder after --out.",
            place=Place(str(out)),
        ) from error
    if (out / "run.json").exists() and not overwrite:
        raise UsageError(
            "The folder holds the results of an earlier run.",
            remedy="Name another folder after --out, or replace the earlier results with --overwrite.",
            place=Place(str(out)),
        )


@contextmanager
def workspace(out: Path) -> Iterator[Path]:
    """A hidden folder inside `out` for everything unfinished; gone at the end, whatever happens.

    One run at a time works in `out`, so what a killed run has left there is removed.

    Raises:
        UsageError: nothing can be written into `out`, or another run is writing there.
        EntenteError: the disk is full.
    """
    with _alone(out):
        for left in out.glob(".unfinished-*"):
            if left.is_dir() and not left.is_symlink():
                shutil.rmtree(left, ignore_errors=True)
        with _unfinished(out) as folder:
            yield folder


@contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Hold the folder. The system lets go of it when the process ends, however it ends."""
    try:
        held = os.open(out, os.O_RDONLY)
    except OSError as error:
        raise UsageError(
            f"Nothing can be written into this folder: {error.strerror}.",
            remedy="Name another folder after --out, or ask for the right to read and write here.",
            place=Place(str(out)),
        ) from error
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UsageError(
                "Another run is writing into this folder.",
                remedy="Wait until it has ended, or name another folder after --out.",
                place=Place(str(out)),
            ) from error
        except OSError as error:
            if error.errno not in {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF}:
                raise
            # a network disk without locks: two runs at once cannot be told apart there
        yield
    finally:
        os.close(held)


@contextmanager
def _unfinished(out: Path) -> Iterator[Path]:
    folder = out / f".unfinished-{secrets.token_hex(8)}"
    try:  # begins before the folder is there: a signal may come at any moment, and the folder goes all the same
        _make_private(folder, out)
        yield folder
    except Exception as error:
        if not _is_full(error):
            raise
        raise EntenteError(
            "The disk is full; nothing was written.",
            remedy="Free some space, or name a folder on a larger disk after --out. A run needs about twice the size "
            "of its inputs while it works.",
            place=Place(str(out)),
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_private(folder: Path, out: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        if _is_full(error):
            raise
        raise UsageError(
            f"Nothing can be written into this folder: {error.strerror}.",
            remedy="Name another folder after --out, or ask for the right to write here.",
            place=Place(str(out)),
        ) from error


def _is_full(error: BaseException | None) -> bool:
    """Whether an error, or what it came from, is a full disk. Libraries raise errors of their own with its words."""
    while error is not None:
        if getattr(error, "errno", None) in {errno.ENOSPC, errno.EDQUOT} or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__
    return False


def publish(folder: Path, out: Path) -> None:
    """Move finished results into place, and earlier ones out of it; if that fails, the earlier ones are put back.

    Between the first and the last move there is no run.json, which says that the others are whole.
    """
    earlier = Path(tempfile.mkdtemp(prefix="earlier-", dir=folder.parent))
    try:
        for name in reversed(RESULTS):
            if (out / name).exists():
                (out / name).replace(earlier / name)
        for name in RESULTS:
            (folder / name).replace(out / name)
    except BaseException:
        for name in RESULTS:
            if (earlier / name).exists():
                (earlier / name).replace(out / name)
            else:
                (out / name).unlink(missing_ok=True)
        raise


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of each table of results."""
    return {name: file_digest(folder / name) for name in RESULTS if name.endswith(".parquet")}


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write readable JSON with its keys in the order given."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n", encoding="utf-8")


def gather_quarantine(files: Mapping[str, Path], path: Path) -> None:
    """Write the quarantine of all tables into one file, each row with its table."""
    schema = pa.schema([pa.field("table", pa.string(), nullable=False), *QUARANTINE])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for table, file in files.items():
            with pq.ParquetFile(file) as rows:
                for batch in rows.iter_batches():
                    named = pa.Table.from_batches([batch]).add_column(
                        0, "table", pa.array([table] * len(batch), pa.string())
                    )
                    writer.write_table(named.cast(schema))


def quarantine_schema() -> pa.Schema:
    """Schema of quarantine.parquet: the records' quarantine, the table it came from, and what its goods text names."""
    named = [pa.field(name, pa.list_(pa.string())) for name in ("substances", "substances_absent")]
    return pa.schema([pa.field("table", pa.string(), nullable=False), *QUARANTINE, *named])
