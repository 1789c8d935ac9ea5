"""One year from its seed to its files.

    out/cn-exports.parquet, cn-imports.parquet, us-…, mx-…      declarations, canonical columns of `shipments`
    out/notifications.parquet, authorisations.parquet, invocations.parquet, payments.parquet
    out/truth/                                                   what no authority knows

Blocks of movements are drawn in order of time, each from a generator of its own that is seeded by (seed, block), and
are written as they are made: memory does not grow with the year.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from entente.errors import UsageError
from entente.simulate.movement import EXPORT_SIDE, IMPORT_SIDE, Movements, declared
from entente.simulate.papers import authorisations, invocations, notifications, payments
from entente.simulate.parties import Parties, make_parties
from entente.simulate.plant import KINDS, Planter, plant
from entente.simulate.render import Block, Side, declare, licences, make_block, sides
from entente.simulate.resources import goods
from entente.simulate.texts import Texts
from entente.simulate.trade import World, draw, make_world
from entente.simulate.truth import Truth, entity_table
from entente.simulate.wording import Phrases, make_phrases
from entente.simulate.writing import Writers

BLOCK = 32_768
_MINIMUM = 500


@dataclass(frozen=True, slots=True)
class Year:
    """What decides a year: the same values give the same bytes.

    Args:
        seed: any integer from 0.
        declarations: declarations in all six files together.
        start: first day.
        months: length.
        listings: first day of force of a listing, by CAS number, in the law of the exporting authority CN.
    """

    seed: int
    declarations: int
    start: date = date(2024, 1, 1)
    months: int = 12
    listings: tuple[tuple[str, date], ...] = ()

    @property
    def days(self) -> int:
        """Days from the start to the same day of the month after the last (or that month's last day)."""
        month = self.start.month - 1 + self.months
        year, month = self.start.year + month // 12, month % 12 + 1
        end = self.start.replace(year=year, month=month, day=min(self.start.day, monthrange(year, month)[1]))
        return (end - self.start).days

    @property
    def cases_per_kind(self) -> int:
        """Planted stories of every kind: one in 2,500 declarations, two at least, a thousand at most."""
        return min(max(2, self.declarations // 2500), 1000)


@dataclass(frozen=True, slots=True)
class YearResult:
    """What was written: rows per file, movements, and planted diversions (movements) per kind."""

    rows: dict[str, int]
    movements: int
    diversions: dict[str, int]


def simulate(year: Year, out: Path, progress: Callable[[int], None] | None = None) -> YearResult:
    """Make a year and write it to the folder `out`.

    Args:
        year: what decides it.
        out: folder for the files; made if it is not there.
        progress: told the number of declarations written since it was last told.

    Raises:
        UsageError: the year is too small to hold its stories, or has no days.
    """
    _check(year)
    world, planted, phrases = _prepare(year)
    with Writers(out) as writers:
        truth = Truth(writers)
        session = _Session(year, world.parties, phrases, writers, truth, progress or (lambda _: None))
        for index, rows in enumerate(_blocks(year, world, planted)):
            session.write(index, rows)
        writers.write("authorisations.parquet", authorisations(world.parties, session.all_licences(), year.start))
        writers.write("invocations.parquet", invocations(year.start))
        writers.write("truth/entities.parquet", entity_table(world.parties))
        rows_written = dict(writers.rows)
    return YearResult(rows_written, session.movements, _count_kinds(planted))


def _check(year: Year) -> None:
    if year.declarations < _MINIMUM:
        raise UsageError(
            f"{year.declarations} declarations are too few for a year with every kind of diversion.",
            remedy=f"Ask for {_MINIMUM} declarations or more.",
        )
    if year.months < 3:
        raise UsageError("A simulated period needs three months or more.", remedy="Give --months 3 or more.")
    if year.seed < 0:
        raise UsageError("A seed is a whole number from 0.", remedy="Give --seed 0 or more.")


def _rng(year: Year, *path: int) -> np.random.Generator:
    return np.random.default_rng([year.seed, *path])


def _prepare(year: Year) -> tuple[World, Movements, Phrases]:
    parties = make_parties(_rng(year, 0), min(max(year.declarations // 10, 400), 150_000))
    world = make_world(_rng(year, 1), parties)
    extra = Texts()
    days = {cas: (day - year.start).days for cas, day in year.listings}
    listing_days = {
        index: days[good.cas] for index, good in enumerate(goods()) if 65 <= days.get(good.cas, -1) <= year.days - 45
    }
    planted = plant(Planter(_rng(year, 2), world, year.days, extra, listing_days), year.cases_per_kind)
    return world, planted, make_phrases(extra)


def _blocks(year: Year, world: World, planted: Movements) -> Iterator[Movements]:
    """Blocks in order of day, ordinary and planted movements together, `year.declarations` declarations in all."""
    left = total = year.declarations - int(declared(planted).sum())
    index, given = 0, 0
    while left:
        rows = _cut(draw(_rng(year, 3, index), world, BLOCK), left)
        made = np.cumsum(declared(rows))
        rows["day"] = (total - left + made - 0.5) / total * year.days
        left -= int(made[-1])
        until = len(planted) if not left else int(np.searchsorted(planted["day"], rows["day"][-1]))
        both = np.concatenate([rows, planted[given:until]])
        index, given = index + 1, until
        yield both[np.argsort(both["day"], kind="stable")]


def _cut(rows: Movements, left: int) -> Movements:
    """The first movements that make no more than `left` declarations; exactly as many where the year ends."""
    total = np.cumsum(declared(rows))
    if total[-1] <= left:
        return rows
    count = int(np.searchsorted(total, left, side="right"))
    missing = left - (int(total[count - 1]) if count else 0)
    single = count + np.flatnonzero(declared(rows[count:]) == 1)[:missing]
    return np.concatenate([rows[:count], rows[single]])


@dataclass(slots=True)
class _Session:
    """Running numbers of a year while its blocks are written."""

    year: Year
    parties: Parties
    phrases: Phrases
    writers: Writers
    truth: Truth
    progress: Callable[[int], None]
    movements: int = 0
    notices: int = 0
    paid: int = 0
    licence_numbers: tuple[np.ndarray, ...] = ()

    def write(self, index: int, rows: Movements) -> None:
        """Declare a block on every side, with its papers and its truth."""
        rng, start = _rng(self.year, 4, index), self.year.start
        block = make_block(rng, rows, self.movements, self.notices)
        for side in sides():
            self._declare(rng, block, side)
        self.writers.write("notifications.parquet", notifications(rng, self.parties, block, start))
        table, chosen = payments(rng, self.parties, self.phrases, block, start, self.paid)
        self.writers.write("payments.parquet", table)
        self.truth.payments(table, block, chosen)
        self.truth.movements(block, start)
        self.movements += len(rows)
        self.notices += int((block.notice >= 0).sum())
        self.paid += table.num_rows
        both = [licences(rows[rows["authorised"]], export=export) for export in (True, False)]
        self.licence_numbers = (np.unique(np.concatenate([*self.licence_numbers, *both])),)

    def _declare(self, rng: np.random.Generator, block: Block, side: Side) -> None:
        rows = block.rows
        where, bit = (rows["dispatch"], EXPORT_SIDE) if side.export else (rows["destination"], IMPORT_SIDE)
        seen = np.flatnonzero((where == side.authority) & ((rows["sides"] & bit) > 0))
        seen = seen if side.export else seen[np.argsort(block.arrival[seen], kind="stable")]
        if not len(seen):
            return
        first = self.writers.rows.get(side.file, 0)
        mine = block.subset(seen)
        table, mentions = declare(rng, self.parties, self.phrases, mine, side, self.year.start, first)
        self.writers.write(side.file, table)
        self.truth.declarations(side, table, mine, mentions)
        self.progress(len(seen))

    def all_licences(self) -> np.ndarray:
        """Distinct numbers of the licences that were referred to."""
        return self.licence_numbers[0]


def _count_kinds(planted: Movements) -> dict[str, int]:
    return {name: int((planted["kind"] == kind).sum()) for kind, name in enumerate(KINDS)}
