"""A watch list as a value: its entries, where it came from, and which edition it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from entente.errors import InputError, Place
from entente.parties.facts import Facts
from entente.parties.identifiers import Identifier
from entente.parties.matching import Record

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its id on the list, names (the first is the listed one, the others aliases), programme and facts.

    `source` cites the act that listed it, `since` the day where the list tells it.
    """

    id: str
    names: tuple[str, ...]
    kind: str | None
    programmes: tuple[str, ...] = ()
    country: str = ""
    address: str = ""
    born: str = ""
    identifiers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    since: str = ""

    def facts(self) -> Facts:
        """What the entry says beside its names."""
        known = tuple(Identifier(kind, value) for kind, value in self.identifiers)
        return Facts(known, self.country, "", self.address, self.born)


@dataclass(frozen=True, slots=True)
class WatchList:
    """A watch list.

    Args:
        name: short name of the list, as hits cite it.
        version: the edition's own version or date, as the file tells it, or what the person who imported it said.
        file: name of the file it was read from.
        sha256: digest of that file.
        imported: day of the import (YYYY-MM-DD).
        entries: its entries, by id.
        refused: rows that could not be read, by reason.
    """

    name: str
    version: str
    file: str
    sha256: str
    imported: str
    entries: tuple[Entry, ...]
    refused: tuple[tuple[str, int], ...] = ()

    def records(self) -> Iterator[Record]:
        """One record a name; ids are LIST, entry and number of the name (0: the listed one)."""
        for entry in self.entries:
            facts, owner = entry.facts(), f"{self.name}\x1f{entry.id}"
            for number, name in enumerate(entry.names):
                yield Record(f"{owner}\x1f{number}", name, entry.kind, facts, owner)


def digest(path: Path) -> str:
    """SHA-256 of a file.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"This list cannot be read: {error.strerror}.",
            remedy="Check the path and the permissions.",
            place=Place(str(path)),
        ) from error


def dump(watch: WatchList) -> str:
    """A list as JSON; the same list gives the same text."""
    return json.dumps({"format": FORMAT, **asdict(watch)}, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def load(path: Path) -> WatchList:
    """Read an imported list.

    Raises:
        InputError: the file is no imported list.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        entries = tuple(_entry(one) for one in raw.pop("entries"))
        refused = tuple((reason, int(count)) for reason, count in raw.pop("refused"))
        if raw.pop("format") != FORMAT:
            raise ValueError  # noqa: TRY301 - told like every other damage of the file
        return WatchList(entries=entries, refused=refused, **raw)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            "This is no imported watch list.",
            remedy="Import the original with `entente parties watchlist import`.",
            place=Place(str(path)),
        ) from error


def _entry(raw: dict[str, Any]) -> Entry:
    raw["names"] = tuple(raw["names"])
    raw["programmes"] = tuple(raw["programmes"])
    raw["identifiers"] = tuple((kind, value) for kind, value in raw["identifiers"])
    return Entry(**raw)
