"""The register: every list that was loaded, as it was known on a day.

`load_register()` reads the shipped lists; `--lists DIR` and `lists/private/` add to them. A register is a frozen
value: nothing is looked up later, and no clock is read. `Register.at(day)` is the same register as it was known
on that day, so that an old run can be repeated after the lists were corrected.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from importlib.resources import files
from pathlib import Path

import pyarrow as pa

from entente.errors import Place, RegisterError
from entente.substances import tables
from entente.substances.document import Document, read_document
from entente.substances.jurisdictions import Jurisdictions, load_jurisdictions
from entente.substances.model import PRECURSOR_KINDS, Coverage, Instrument, Listing, Name, Substance
from entente.substances.parse import DocumentParser
from entente.substances.schema import require_schema

#: Folder of the lists that come with the package; its subfolder `private` is for an authority's own lists.
SHIPPED = Path(str(files("entente.substances").joinpath("lists")))


@dataclass(frozen=True, slots=True)
class ListFile:
    """One file the register was made of. `version` is the latest day on which it learned something."""

    file: str
    instrument: str | None
    version: str
    sha256: str


@dataclass(frozen=True)
class Register:
    """Control lists as known on one day.

    Args:
        substances: by id, as known.
        listings: as known, sorted by id.
        instruments: by id; their coverage intervals as known.
        jurisdictions: which country stands under which jurisdictions, when.
        lists: the files.
        known_at: the day of knowledge; None is the latest.
        everything: what the files hold on all days of knowledge: substances, listings, instruments.
    """

    substances: Mapping[str, Substance]
    listings: tuple[Listing, ...]
    instruments: Mapping[str, Instrument]
    jurisdictions: Jurisdictions
    lists: tuple[ListFile, ...]
    known_at: date | None = None
    everything: tuple[tuple[Substance, ...], tuple[Listing, ...], tuple[Instrument, ...]] = field(
        default=((), (), ()), repr=False
    )

    @property
    def names(self) -> list[tuple[str, Name]]:
        """Every name with the id of its substance."""
        return [(substance.id, name) for substance in self.substances.values() for name in substance.names]

    @cached_property
    def by_subject(self) -> Mapping[tuple[str, str], tuple[Listing, ...]]:
        """Listings by (substance id, jurisdiction)."""
        result: dict[tuple[str, str], list[Listing]] = defaultdict(list)
        for listing in self.listings:
            result[listing.substance_id, listing.jurisdiction].append(listing)
        return {key: tuple(value) for key, value in result.items()}

    @cached_property
    def beyond(self) -> frozenset[str]:
        """Substances that only lists of other kinds hold (classes, equipment): precursor lists cannot clear them."""
        listed = {x.substance_id for x in self.listings}
        return frozenset(listed - {x.substance_id for x in self.listings if x.kind in PRECURSOR_KINDS})

    @cached_property
    def version(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 over the content; equal content, equal version.

        What was withdrawn later does not count: a register as it was known on a day keeps its version.
        """
        digest = hashlib.sha256()
        words = [(x.id, x.quote, x.note, [source.address for source in x.sources]) for x in self.listings]
        parts = [self.table(name) for name in tables.TABLES]
        content = [
            [part.drop_columns([c for c in ("known_to",) if c in part.column_names]).to_pylist() for part in parts],
            words,
        ]
        digest.update(json.dumps(content, default=str, sort_keys=True, ensure_ascii=False).encode())
        return digest.hexdigest()[:16]

    def table(self, name: str) -> pa.Table:
        """A flat Arrow table for an engine; `tables.TABLES` names them and holds their schemas.

        Raises:
            KeyError: no table has this name.
        """
        if name not in self._tables:
            self._tables[name] = tables.build(self, name)
        return self._tables[name]

    @cached_property
    def _tables(self) -> dict[str, pa.Table]:
        return {}

    def at(self, known_at: date | None) -> Register:
        """This register as it was known on a day; None is the latest knowledge."""
        if known_at == self.known_at:
            return self
        return _as_known(self, known_at)


def load_register(dirs: Sequence[Path] = (), *, known_at: date | None = None, shipped: bool = True) -> Register:
    """Load the shipped lists and those of further folders.

    Args:
        dirs: folders whose `*.yaml` files are read too, not recursively.
        known_at: use only what the register had learned by that day; None is everything, less what was withdrawn.
        shipped: whether to load the lists of the package and its `private` folder.

    Raises:
        RegisterError: a file cannot be read, breaks the schema, or contradicts another; or one of `dirs` holds none.
    """
    for empty in (folder for folder in dirs if not list_files(folder)):
        raise RegisterError(
            "This folder holds no list: no .yaml or .yml file.",
            remedy="Name the folder in which the files themselves are.",
            place=Place(str(empty)),
        )
    folders = [*(shipped_folders() if shipped else ()), *dirs]
    return build_register([read_document(path) for folder in folders for path in list_files(folder)], known_at=known_at)


def shipped_folders() -> tuple[Path, ...]:
    """The folders of lists that belong to the installation: the package's, and `private` if it is there."""
    private = SHIPPED / "private"
    return (SHIPPED, private) if private.is_dir() else (SHIPPED,)


def list_files(folder: Path) -> list[Path]:
    """The list files of a folder, sorted by name.

    Raises:
        RegisterError: there is no such folder.
    """
    if not folder.is_dir():
        raise RegisterError(
            "There is no such folder of lists.", remedy="Check the path after --lists.", place=Place(str(folder))
        )
    return sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")])


def build_register(documents: Sequence[Document], *, known_at: date | None = None) -> Register:
    """Make a register from documents already read.

    Raises:
        RegisterError: a document breaks the schema, or two documents contradict each other.
    """
    substances: list[Substance] = []
    listings: list[Listing] = []
    instruments: list[Instrument] = []
    lists: list[ListFile] = []
    for document in documents:
        require_schema(document)
        parser = DocumentParser(document)
        instrument = parser.instrument()
        own = (parser.substances(), parser.listings())
        substances += own[0]
        listings += own[1]
        instruments += [instrument] if instrument else []
        learned = max([parser.learned, *(item.known.start for part in own for item in part)])
        lists.append(
            ListFile(
                Path(document.file).name, instrument.id if instrument else None, learned.isoformat(), document.sha256
            )
        )
    _no_doubles(substances, listings, instruments)
    _no_strangers(substances, listings)
    whole = Register(
        {},
        (),
        {},
        load_jurisdictions(),
        tuple(lists),
        date.min,
        (tuple(substances), tuple(listings), tuple(instruments)),
    )
    return _as_known(whole, known_at)


def _as_known(register: Register, known_at: date | None) -> Register:
    substances, listings, instruments = register.everything
    return Register(
        {
            s.id: _substance_as_known(s, known_at)
            for s in sorted(substances, key=lambda s: s.id)
            if s.known.holds(known_at)
        },
        tuple(sorted((x for x in listings if x.known.holds(known_at)), key=lambda x: (x.id, x.known.start))),
        {i.id: replace(i, coverage=_coverage_as_known(i, known_at)) for i in sorted(instruments, key=lambda i: i.id)},
        register.jurisdictions,
        register.lists,
        known_at,
        register.everything,
    )


def _substance_as_known(substance: Substance, known_at: date | None) -> Substance:
    names = tuple(name for name in substance.names if name.known.holds(known_at))
    return replace(substance, names=names, cas=tuple(cas for cas in substance.cas if cas.known.holds(known_at)))


def _coverage_as_known(instrument: Instrument, known_at: date | None) -> tuple[Coverage, ...]:
    return tuple(span for span in instrument.coverage if span.known.holds(known_at))


def _no_doubles(
    substances: Sequence[Substance], listings: Sequence[Listing], instruments: Sequence[Instrument]
) -> None:
    seen: dict[tuple[str, str], str] = {}
    for what, items in (("substance", substances), ("instrument", instruments)):
        for item in items:
            place = Place(item.file, getattr(item, "line", None), "id")
            if (what, item.id) in seen:
                raise RegisterError(
                    f"The {what} {item.id!r} is defined already, in {seen[what, item.id]}.",
                    remedy="Give it another id, or remove one of the two.",
                    place=place,
                )
            seen[what, item.id] = item.file
    known: dict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        for other in known[listing.id]:
            if max(listing.known.start, other.known.start) < min(listing.known.end, other.known.end):
                raise RegisterError(
                    f"The listing {listing.id!r} stands here and in line {other.line} of {other.file}.",
                    remedy="Give one of them an id of its own, or close the known interval of the older one.",
                    place=Place(listing.file, listing.line, "id"),
                )
        known[listing.id].append(listing)


def _no_strangers(substances: Sequence[Substance], listings: Sequence[Listing]) -> None:
    ids = {substance.id for substance in substances}
    for listing in listings:
        if listing.substance_id not in ids:
            raise RegisterError(
                f"No substance has the id {listing.substance_id!r}.",
                remedy="Define it under `substances`, here or in another list, or correct the id.",
                place=Place(listing.file, listing.line, "substance"),
            )
