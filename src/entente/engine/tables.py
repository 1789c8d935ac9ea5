"""Which tables an engine holds, and the files behind each: the same bookkeeping for every engine."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import pyarrow as pa

from entente.engine import parts
from entente.errors import UsageError


class Tables:
    """Names of tables, and the Parquet files that hold them.

    Args:
        workdir: an existing folder; a folder of the engine's own, `home`, is made in it.
    """

    def __init__(self, workdir: Path) -> None:
        self.home = Path(mkdtemp(prefix="engine-", dir=workdir))
        self._files: dict[str, tuple[Path, ...]] = {}
        self._numbers = count()

    def next_number(self) -> int:
        """A number that was not given before."""
        return next(self._numbers)

    def folder(self) -> Path:
        """A new folder for the files of one table."""
        folder = self.home / f"table-{self.next_number():05d}"
        folder.mkdir()
        return folder

    def stored(self, source: pa.Table | Path | Sequence[Path]) -> tuple[Path, ...]:
        """The files of a table to be registered; one in memory is written down first.

        Raises:
            InputError: a file is missing, or is not complete.
        """
        if isinstance(source, pa.Table):
            path = self.folder() / "000000.parquet"
            parts.write_part(source, path)
            return (path,)
        files = parts.parquet_files(source)
        parts.count_rows(files)  # a cut-off file is said here, with its name, and not in the middle of a query
        return files

    def keep(self, name: str, files: tuple[Path, ...]) -> None:
        """Note a table and its files."""
        self._files[name] = files

    def files(self, name: str) -> tuple[Path, ...]:
        """The files of a table.

        Raises:
            UsageError: there is no such table.
        """
        if name not in self._files:
            raise UsageError(f"The engine has no table {name!r}.", remedy="Register it first.")
        return self._files[name]

    def must_be_new(self, name: str) -> None:
        """Refuse a name that is taken.

        Raises:
            UsageError: it is.
        """
        if name in self._files:
            raise UsageError(f"The engine has a table {name!r} already.", remedy="Drop it first, or use another name.")

    def forget(self, name: str) -> None:
        """Forget a table and remove the files that the engine made for it; others stay on disk."""
        for file in self._files.pop(name):
            if file.is_relative_to(self.home):
                file.unlink()

    def names(self) -> list[str]:
        """All tables, in the order in which they came."""
        return list(self._files)

    def close(self) -> None:
        """Forget all tables and remove what the engine made."""
        self._files.clear()
        shutil.rmtree(self.home, ignore_errors=True)
