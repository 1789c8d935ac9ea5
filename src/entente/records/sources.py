"""Find the files of a run, and say exactly which bytes they held."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from entente.errors import InputError, Place

_MARKS = frozenset("*?[")
_SUFFIXES = (".parquet", ".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz", ".asc", ".xlsx", ".xlsm", ".pq")
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 and size of a file."""

    path: Path
    sha256: str
    size: int
    changed: int


def expand(sources: Sequence[Path]) -> list[Path]:
    """Return the files that paths, globs and folders name, each once, in a stable order.

    A folder gives its files with a known suffix, at any depth, hidden ones left out; a file that is named is taken
    whatever its name.

    Raises:
        InputError: a path does not exist, or a glob or folder holds no file.
    """
    found: dict[Path, None] = {}
    for source in sources:
        files = _files(source)
        if not files:
            raise InputError(
                "There is no file here.",
                remedy="Check the path; a folder must hold CSV, Excel or Parquet files.",
                place=Place(str(source)),
            )
        found.update(dict.fromkeys(files))
    return list(found)


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        return [path for path in sorted(source.rglob("*")) if path.is_file() and _wanted(path.relative_to(source))]
    if source.exists() or not _MARKS & set(str(source)):
        return [source] if source.exists() else []
    found = glob.glob(str(source), recursive=True)  # noqa: PTH207 (Path.glob takes no absolute pattern)
    return sorted(path for path in map(Path, found) if path.is_file())


def _wanted(inside: Path) -> bool:
    return inside.name.lower().endswith(_SUFFIXES) and not any(part.startswith((".", "~$")) for part in inside.parts)


def digest(path: Path) -> Digest:
    """Read a file once and return its SHA-256.

    Raises:
        InputError: the file cannot be read.
    """
    state = hashlib.sha256()
    try:
        stat = path.stat()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                state.update(chunk)
    except OSError as error:
        raise InputError(
            f"The file cannot be read: {error.strerror or error}.",
            remedy="Check the path and the permissions.",
            place=Place(str(path)),
        ) from error
    return Digest(path, state.hexdigest(), stat.st_size, stat.st_mtime_ns)


def check_unchanged(before: Digest) -> None:
    """Refuse a file that was written to while it was read: its digest would not say what was read.

    Raises:
        InputError: size or time of change differ.
    """
    stat = before.path.stat()
    if (stat.st_size, stat.st_mtime_ns) != (before.size, before.changed):
        raise InputError(
            "The file changed while it was read.",
            remedy="Wait until it is complete and run again.",
            place=Place(str(before.path)),
        )
