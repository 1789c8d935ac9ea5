"""Find the files of a run, and say exactly which bytes they held."""

from __future__ import annotations

import hashlib
import os
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
    found: dict[Path, Path] = {}
    for source in sources:
        files = _looked_up(source)
        if not files:
            raise InputError(
                "There is no file here.",
                remedy="Check the path; a folder must hold CSV, Excel or Parquet files.",
                place=Place(printable(source)),
            )
        for path in files:  # one file under two names (a link, a folder beside a file in it) is read once
            found.setdefault(path.resolve(), path)
    return list(found.values())


def _looked_up(source: Path) -> list[Path]:
    try:
        return _files(source)
    except (OSError, RuntimeError, ValueError) as error:  # no permission, a name that is too long or makes a loop
        raise InputError(
            f"The path cannot be followed: {getattr(error, 'strerror', None) or error}.",
            remedy="Check the path and the permissions.",
            place=Place(printable(source)),
        ) from error


def _files(source: Path) -> list[Path]:
    if source.is_dir():
        return [path for path in sorted(source.rglob("*")) if path.is_file() and _wanted(path.relative_to(source))]
    if source.exists() or not _MARKS & set(str(source)):
        return [source] if source.exists() else []
    root = Path(source.anchor)  # Path.glob follows no links at `**`, so that a loop of links has an end
    return sorted(path for path in root.glob(str(source.relative_to(source.anchor))) if path.is_file())


def printable(path: Path) -> str:
    """Return a path as text that can be stored: bytes of a name that are no UTF-8 are shown as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


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
            place=Place(printable(path)),
        ) from error
    return Digest(path, state.hexdigest(), stat.st_size, stat.st_mtime_ns)


def check_unchanged(before: Digest) -> None:
    """Refuse a file that was written to while it was read: its digest would not say what was read.

    Raises:
        InputError: size or time of change differ.
    """
    try:
        stat = before.path.stat()
        same = (stat.st_size, stat.st_mtime_ns) == (before.size, before.changed)
    except OSError:
        same = False
    if not same:
        raise InputError(
            "The file changed while it was read.",
            remedy="Wait until it is complete and run again.",
            place=Place(printable(before.path)),
        )
