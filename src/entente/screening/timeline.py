"""Which listing answers for a substance in a jurisdiction on a day, worked out before any shipment is looked at.

Where all listings of a substance in a jurisdiction have one scope (forms, destinations, directions), time alone
decides between them. Their days are cut into stretches, and each stretch is given its answer: the listings in force,
or the nearest one. A shipment then meets exactly one stretch. A pair of substance and jurisdiction whose listings
differ in scope is marked `mixed` and judged listing by listing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

import pyarrow as pa

BEGINNING, FOREVER = date(1, 1, 1), date(9999, 12, 31)
IN_FORCE, IMPRECISE, BEFORE, AFTER = 1, 2, 6, 7

SCHEMA = pa.schema(
    [
        pa.field("substance_id", pa.string()),
        pa.field("jurisdiction", pa.string()),
        pa.field("day_from", pa.date32()),
        pa.field("day_to", pa.date32()),
        pa.field("is_mixed", pa.bool_()),
        pa.field("is_first", pa.bool_()),
        pa.field("nearness", pa.int32()),
        pa.field("number", pa.int64()),
        pa.field("other_forms", pa.int32()),
        pa.field("destinations", pa.string()),
        pa.field("directions", pa.int32()),
    ],
)


@dataclass(frozen=True, slots=True)
class Version:
    """One listing; `number` orders listings by id."""

    substance: str
    jurisdiction: str
    start: date
    latest: date
    end: date
    number: int
    scope: tuple[int, str, int]


def timeline(versions: Sequence[Version]) -> pa.Table:
    """Stretches of time and their answers, for every pair of substance and jurisdiction that has a listing.

    Args:
        versions: all listings.

    Returns:
        Rows of `SCHEMA`. Stretches of a pair do not overlap, but a stretch has one row per listing in force;
        `is_first` marks the one that answers when a scope fails.
    """
    columns: list[list[object]] = [[] for _ in SCHEMA]
    ordered = sorted(
        versions, key=lambda version: (version.substance, version.jurisdiction, version.start, version.number)
    )
    for (substance, jurisdiction), group in groupby(
        ordered, key=lambda version: (version.substance, version.jurisdiction)
    ):
        among = list(group)
        for row in _mixed(among) if len({version.scope for version in among}) > 1 else _stretches(among):
            for column, value in zip(columns, (substance, jurisdiction, *row), strict=True):
                column.append(value)
    return pa.Table.from_arrays([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _mixed(_among: list[Version]) -> Iterator[tuple[object, ...]]:
    yield BEGINNING, FOREVER, True, True, None, None, None, None, None


def _stretches(among: list[Version]) -> Iterator[tuple[object, ...]]:
    cuts = {BEGINNING, FOREVER}
    for version in among:
        cuts.update((version.start, version.latest, version.end))
    scope = among[0].scope
    for start, end in pairwise(sorted(cuts)):
        nearness, answering = _answer(among, start)
        for place, version in enumerate(answering):
            yield start, end, False, place == 0, nearness, version.number, *scope


def _answer(among: list[Version], day: date) -> tuple[int, list[Version]]:
    """The listings that answer on a day; `among` is sorted by first day, then id."""
    running = [version for version in among if version.start <= day < version.end]
    in_force = [version for version in running if version.latest <= day]
    if in_force:
        return IN_FORCE, in_force
    if running:
        return IMPRECISE, running[:1]
    later = [version for version in among if version.start > day]
    if later:
        return BEFORE, later[:1]
    return AFTER, [max(among, key=lambda version: (version.end, version.number))]
