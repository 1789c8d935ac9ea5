"""A set of keys, from rows of records: normalised, without duplicates, in one order; what is refused is named."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from entente.errors import InputError, Place
from entente.exchange.match.errors import MatchKeyError
from entente.exchange.match.folds import Fold
from entente.exchange.match.kinds import Key, Kind, Row


@dataclass(frozen=True, slots=True)
class Item:
    """One key and the own records that hold it.

    Attributes:
        key: normalised.
        references: of own records, sorted; never sent unless a person says so.
        person: whether a natural person may stand behind it.
    """

    key: str = field(repr=False)
    references: tuple[str, ...]
    person: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a row, or doubtful: its place and a sentence."""

    place: Place
    text: str
    refused: bool


@dataclass(frozen=True, slots=True)
class KeySet:
    """A set, sorted by key.

    Attributes:
        kind, version: of its keys.
        fold: id of the normaliser.
        items: one for each different key.
        remarks: rows that were refused, or are doubtful.
        rows: rows read.
    """

    kind: str
    version: int
    fold: str
    items: tuple[Item, ...]
    remarks: tuple[Remark, ...] = ()
    rows: int = 0

    @property
    def persons(self) -> bool:
        """Whether a natural person may stand behind one of its keys."""
        return any(item.person for item in self.items)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in their order."""
        return tuple(item.key for item in self.items)


Check = Callable[[str, Row], str]
"""What is wrong with a row of a kind beyond what the kind itself looks at, in a sentence; empty if nothing is."""


def make_set(
    kind: Kind,
    fold: Fold,
    rows: Iterable[tuple[int, Row]],
    *,
    file: str | None = None,
    check: Check | None = None,
) -> KeySet:
    """A set from rows.

    Args:
        kind: of the keys.
        fold: the normaliser.
        rows: line and columns of each row; `reference` names the own record it is from.
        file: names the file in remarks.
        check: looks at more, for example at the letters' case of a wallet's address (EIP-55, which needs Keccak). It
            refuses a row and never changes a key, so that both sides need not have the same.
    """
    found: dict[str, tuple[set[str], bool]] = {}
    remarks: list[Remark] = []
    count = 0
    for line, row in rows:
        count += 1
        try:
            key = _key(kind, fold, row, check)
        except MatchKeyError as error:
            column = error.place.field if error.place else None
            remarks.append(Remark(Place(file, line, column), f"{error.message} {error.remedy}", refused=True))
            continue
        if key.doubt:
            remarks.append(Remark(Place(file, line), key.doubt, refused=False))
        references, person = found.get(key.text, (set(), False))
        references |= {row.get("reference", "").strip()} - {""}
        found[key.text] = references, person or key.person
    items = tuple(Item(key, tuple(sorted(of)), person) for key, (of, person) in sorted(found.items()))
    return KeySet(kind.name, kind.version, fold.id, items, tuple(remarks), count)


def _key(kind: Kind, fold: Fold, row: Row, check: Check | None) -> Key:
    key = kind.key(row, fold)
    if check is not None and (wrong := check(kind.name, row)):
        raise MatchKeyError(wrong, remedy="Correct it from its source.")
    return key


def read_csv(path: Path, kind: Kind) -> Sequence[tuple[int, Mapping[str, str]]]:
    """Line and columns of each row of a CSV file in UTF-8, with a header.

    Raises:
        InputError: the file cannot be read, a column is missing, or a row has another number of cells.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, strict=True)
            _check_columns(path, kind, reader.fieldnames or ())
            rows = []
            for row in reader:
                if None in row or None in row.values():
                    raise InputError(
                        "The row has another number of cells than the header.",
                        remedy="Put texts that hold a comma into double quotes.",
                        place=Place(str(path), reader.line_num),
                    )
                rows.append((reader.line_num, row))
            return rows
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            f"The file of keys cannot be read: {error}.", remedy="Give a CSV file in UTF-8.", place=Place(str(path))
        ) from None


def _check_columns(path: Path, kind: Kind, header: Sequence[str]) -> None:
    known = {*kind.columns, *kind.optional, "person", "reference"}
    missing = [column for column in kind.columns if column not in header]
    if missing or len(set(header)) != len(header):
        raise InputError(
            f"The file has no column {', '.join(map(repr, missing))}." if missing else "A column stands there twice.",
            remedy=f"Keys of the kind {kind.name} need {', '.join(kind.columns)}; "
            f"also read: {', '.join(sorted(known - set(kind.columns)))}.",
            place=Place(str(path), 1),
        )
