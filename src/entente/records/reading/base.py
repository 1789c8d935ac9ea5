"""What a reader is, and which one reads a file: decided by its content, not by its name."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from entente.errors import InputError, Place
from entente.records.limits import Limits
from entente.records.mapping import FileFormat
from entente.records.shaping import Bad
from entente.records.sources import printable


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a source.

    Args:
        rows: source columns.
        lines: int64, 1-based record number of each row.
        bad: records that could not be taken apart into cells.
        sheet: further sheet of a workbook that they stand on; empty for the first, and for other files.
        before: records of the file that stand before that sheet: a place names the sheet's own record number.
    """

    rows: pa.RecordBatch
    lines: pa.Array
    bad: tuple[Bad, ...] = ()
    sheet: str = ""
    before: int = 0

    def place(self, line: int) -> str:
        """Words for the place of a record: its number, after the name of its sheet where that is a further one."""
        return f"[{self.sheet}] {line - self.before}" if self.sheet else str(line)


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know about a file, whatever its rows hold: a value, a reason, and how many."""

    value: str
    reason: str
    count: int


class Part(Protocol):
    """A picklable piece of a source that one worker reads."""

    def blocks(self) -> Iterator[Block]:
        """Read the piece, a bounded block at a time."""


class Source(Protocol):
    """An opened file: its kind, its columns, and its parts."""

    @property
    def kind(self) -> str:
        """`parquet`, `xlsx`, `csv`, `tsv`, or one of the last two with `.gz`."""

    @property
    def encoding(self) -> str | None:
        """Encoding of a text file."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names, in order."""

    @property
    def from_1904(self) -> bool | None:
        """Whether a workbook counts days from 1904; None where the file is none."""

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a person should know about the file."""

    def parts(self, needed: tuple[str, ...] | None, grouped: frozenset[str] = frozenset()) -> Iterator[Part]:
        """Cut the file into parts, in order.

        Args:
            needed: columns that have to be read; None means all.
            grouped: columns that are best given dictionary-encoded, where the reader can.
        """


def open_source(path: Path, how: FileFormat, limits: Limits) -> Source:
    """Open a file with the reader of its kind.

    Raises:
        InputError: the file is missing, empty, broken, or of no kind that can be read.
    """
    kind = file_kind(path)
    if kind == "parquet":
        from entente.records.reading.parquet import ParquetSource

        return ParquetSource.open(path, limits)
    if kind == "xlsx":
        from entente.records.reading.workbook import WorkbookSource

        return WorkbookSource.open(path, how, limits)
    from entente.records.reading.text import TextSource

    return TextSource.open(path, how, limits, packed=kind == "gzip")


_MAGIC = ((b"PAR1", "parquet"), (b"PK\x03\x04", "xlsx"), (b"\x1f\x8b", "gzip"))
_REFUSED = (
    (b"\xd0\xcf\x11\xe0", "an old Excel or an encrypted workbook", "Save it as .xlsx without a password, or as CSV."),
    (b"PARE", "an encrypted Parquet file", "Decrypt it first."),
    (b"%PDF", "a PDF", "Export the table as CSV, Excel or Parquet."),
    (b"BZh", "a bzip2 archive", "Unpack it first."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it first."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it first."),
    (b"7z\xbc\xaf", "a 7z archive", "Unpack it first."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"PK\x05\x06", "an empty zip archive", "Export the table again."),
)


def file_kind(path: Path) -> str:
    """Return `parquet`, `xlsx`, `gzip` or `text` by the first bytes of a file.

    Raises:
        InputError: the file cannot be opened, is empty, or is of a known kind that is not read.
    """
    place = Place(printable(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would block, a device may never end
            raise InputError(
                "This is no regular file.", remedy="Copy its content to a file, and give that.", place=place
            )
        with path.open("rb") as stream:
            head = stream.read(8)
    except OSError as error:
        raise InputError(
            f"The file cannot be opened: {error.strerror or error}.",
            remedy="Check the path and the permissions.",
            place=place,
        ) from error
    if not head:
        raise InputError("The file is empty.", remedy="Export it again, or leave it out.", place=place)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    for magic, name, remedy in _REFUSED:
        if head.startswith(magic):
            raise InputError(f"The file is {name}, which is not read.", remedy=remedy, place=place)
    return "text"
