"""Structures that records carry, under the legal class definitions: hits of the method `structure`.

Few records carry a structure, and most of those few the same ones. So the distinct values are read, each once, and
joined back in SQL. A value that a definition covers becomes a match of the class as a whole, which goes through the
same as-of join as every other match: a shipment before the class took effect is "not listed on that day, listed
from D". Only the jurisdictions whose own definition covers the value are answered for. "Not determined" gives no row.

What was not read is said in the report, with its rows: no RDKit, unreadable, more distinct values than are read.
Structures that another entry names (medicines such as fentanyl) are said there as well: those entries are not among
the control lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, Literal

import pyarrow as pa

from entente.engine.base import Engine
from entente.errors import InputError, MissingComponentError
from entente.screening.asof import join_absent, join_listings
from entente.screening.schema import CARRIED, HITS
from entente.screening.vocabulary import RegisterTables
from entente.substances.structure import MAX_CHARACTERS, ScopeAnswer, scope

Format = Literal["smiles", "inchi"]

#: Columns of shipments that hold a structure; each is named as its format.
FIELDS: tuple[Format, ...] = ("smiles", "inchi")
#: The identity of the class in the register; each jurisdiction's instrument lists it.
CLASS = "fentanyl-related-substances"
#: Distinct values that are read of one field, and characters of one that a hit shows.
MAX_DISTINCT, SHOWN = 10_000, 200
#: A structure is unambiguous; what is left is that it may be another's than the goods'.
SURE = 0.99

_COVERED = pa.schema([("field", pa.string()), ("structure", pa.string()), ("jurisdiction", pa.string())])


@dataclass(frozen=True, slots=True)
class Unread:
    """Rows that a reader of the results has to know of.

    `reason` is `structure_no_reader` (RDKit is not installed), `structure_unreadable`, `structure_too_many` (more
    distinct values than are read) or `structure_named` (another entry, given as `value`, names the substance).
    """

    field: str
    value: str
    reason: str
    count: int


@dataclass(slots=True)
class StructureReport:
    """How many distinct structures were read and how many of them a class covers, and what was not read."""

    read: int = 0
    covered: int = 0
    unread: list[Unread] = field(default_factory=list)

    def note_in(self, record: dict[str, Any]) -> None:
        """Write into the record of a run what was read, by which RDKit, and what was not (among its `warnings`)."""
        record["structures"] = {"read": self.read, "covered": self.covered}
        record["warnings"] += [{"table": "shipments", "file": "", **asdict(note)} for note in self.unread]
        if self.read:
            record["platform"]["rdkit"] = version("rdkit")


def join_with_structures(
    engine: Engine, register: RegisterTables, present: Collection[str], shipments: str = "shipments"
) -> StructureReport:
    """Answer table `matches`, and the structures of `shipments`, and keep the hits as table `hits`.

    Those that the text names as absent stand apart, as table `schema.ABSENT_HITS`.

    Args:
        engine: holds `matches` and the shipments.
        register: the lists.
        present: columns of the shipments that some source really had; without `smiles` and `inchi` nothing is read,
            nor where the lists do not hold the class.
        shipments: name of the table of shipments.
    """
    report = StructureReport()
    join_absent(engine, register)
    fields = [name for name in FIELDS if name in present and _has_class(register)]
    covered = [row for name in fields for row in _read(engine, shipments, name, report)]
    if not covered:
        join_listings(engine, register)
        return report
    join_listings(engine, register, into="hits_of_words")
    engine.register("structure_covered", pa.Table.from_pylist(covered, schema=_COVERED))
    engine.sql(_rows(shipments), "structure_rows")
    engine.sql(_matches(shipments), "structure_matches")
    join_listings(engine, register, "structure_matches", "hits_of_structures")
    engine.sql(_all_hits(), "hits")
    for name in ("hits_of_words", "hits_of_structures", "structure_matches", "structure_rows", "structure_covered"):
        engine.drop(name)
    return report


def _has_class(register: RegisterTables) -> bool:
    """Whether the register, as known on its day, holds the class at all."""
    return CLASS in register.table("listings")["substance_id"].to_pylist()


def _read(engine: Engine, shipments: str, name: Format, report: StructureReport) -> Iterator[dict[str, str]]:
    """What each distinct value of a field is covered by; notes in `report` what could not be read."""
    values = engine.fetch(
        f"SELECT {name} AS structure, COUNT(*) AS n FROM {shipments} WHERE {_short(name)} "
        f"GROUP BY {name} ORDER BY {name} LIMIT {MAX_DISTINCT}"
    ).to_pylist()
    rows = engine.fetch(
        f"SELECT COUNT(*) AS n, COUNT(CASE WHEN LENGTH({name}) <= {MAX_CHARACTERS} THEN 1 END) AS short "
        f"FROM {shipments} WHERE TRIM({name}) <> ''"
    ).to_pylist()[0]
    notes: Counter[tuple[str, str]] = Counter()
    notes["structure_unreadable", ""] = rows["n"] - rows["short"]
    notes["structure_too_many", ""] = rows["short"] - sum(value["n"] for value in values)
    yield from _answered(values, name, report, notes)
    report.unread += [Unread(name, value, reason, n) for (reason, value), n in sorted(notes.items()) if n]


def _answered(
    values: list[dict[str, Any]], name: Format, report: StructureReport, notes: Counter[tuple[str, str]]
) -> Iterator[dict[str, str]]:
    for value in values:
        try:
            answer = scope(value["structure"], format=name)
        except MissingComponentError:
            notes["structure_no_reader", ""] = sum(one["n"] for one in values)
            return
        except InputError:
            notes["structure_unreadable", ""] += value["n"]
            continue
        report.read += 1
        for words in _named(answer):
            notes["structure_named", words] += value["n"]
        classes = _classes(answer)
        report.covered += bool(classes)
        yield from ({"field": name, "structure": value["structure"], "jurisdiction": one} for one in classes)


def _classes(answer: ScopeAnswer) -> list[str]:
    """Jurisdictions whose class definition covers the structure."""
    kinds = [(given.definition.jurisdiction, given.definition.kind, given.status) for given in answer.answers]
    return [jurisdiction for jurisdiction, kind, status in kinds if (kind, status) == ("class", "covered")]


def _named(answer: ScopeAnswer) -> list[str]:
    return [f"{x.definition.title}: {x.definition.quote}" for x in answer.answers if x.definition.kind == "named"]


def _short(name: Format) -> str:
    return f"TRIM({name}) <> '' AND LENGTH({name}) <= {MAX_CHARACTERS}"


def _rows(shipments: str) -> str:
    """Which row is covered through which field, in which jurisdiction."""
    return " UNION ALL ".join(
        f"SELECT s.row_id, c.field, c.jurisdiction FROM {shipments} s JOIN structure_covered c "
        f"ON c.structure = s.{name} WHERE c.field = '{name}'"
        for name in FIELDS
    )


def _matches(shipments: str) -> str:
    """One match (columns of `schema.MATCHES`) per row and field that some definition covers."""
    carried = ", ".join(f"s.{column}" for column in CARRIED)
    return " UNION ALL ".join(
        f"SELECT {carried}, '{CLASS}' AS substance_id, '{name}' AS field, 'structure' AS method, "
        f"SUBSTR(s.{name}, 1, {SHOWN}) AS matched_text, CAST(0 AS INTEGER) AS span_start, "
        f"CAST(LENGTH(s.{name}) AS INTEGER) AS span_end, CAST(0 AS INTEGER) AS form, "
        f"CAST({SURE} AS DOUBLE) AS confidence FROM {shipments} s "
        f"JOIN (SELECT DISTINCT row_id FROM structure_rows WHERE field = '{name}') r ON r.row_id = s.row_id"
        for name in FIELDS
    )


def _all_hits() -> str:
    """The hits of words, and those of structures in the jurisdictions whose definition covers them."""
    columns = ", ".join(HITS.names)
    of_structure = ", ".join(f"h.{column}" for column in HITS.names)
    return (
        f"SELECT {columns} FROM hits_of_words UNION ALL SELECT {of_structure} FROM hits_of_structures h "
        "JOIN structure_rows r ON r.row_id = h.row_id AND r.field = h.field AND r.jurisdiction = h.jurisdiction"
    )
