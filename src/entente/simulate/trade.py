"""Ordinary trade: who usually buys what from whom, and the blocks of movements drawn from these habits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from entente.simulate.movement import EXPORT_SIDE, IMPORT_SIDE, Movements, blank
from entente.simulate.parties import SECTORS, Ints, Parties
from entente.simulate.resources import authority_count, countries, goods
from entente.simulate.wording import mix

#: Habits per importer: each is one supplier and one kind of goods.
SLOTS = 4
_CHEMICAL, _ORDINARY, _LOGISTICS, _DORMANT = range(len(SECTORS))
#: Share of suppliers by country (CN, US, MX, elsewhere) for an importer in CN, US, MX, elsewhere.
_SUPPLIERS = np.array(
    [[0.00, 0.40, 0.15, 0.45], [0.42, 0.00, 0.33, 0.25], [0.38, 0.42, 0.00, 0.20], [0.50, 0.34, 0.16, 0.00]]
)


@dataclass(frozen=True, slots=True)
class World:
    """Who trades: habits of every importer, and the columns of goods and countries that a block needs."""

    parties: Parties
    importers: Ints
    popularity: npt.NDArray[np.float64]
    suppliers: Ints
    slot_goods: Ints
    forwarders: Ints
    log_kg: npt.NDArray[np.float64]
    sigma: npt.NDArray[np.float64]
    listed: npt.NDArray[np.bool_]


def _pick_goods(rng: np.random.Generator, roles: tuple[str, ...], count: int) -> Ints:
    chosen = np.array([index for index, good in enumerate(goods()) if good.role in roles])
    weights = np.array([goods()[index].weight for index in chosen])
    picked: Ints = rng.choice(chosen, size=count, p=weights / weights.sum())
    return picked


def _supplier_countries(rng: np.random.Generator, home: Ints) -> Ints:
    """A supplier's country for each importer's country; elsewhere is drawn evenly among the other countries."""
    first = authority_count()
    cumulative = np.cumsum(_SUPPLIERS, axis=1)[np.minimum(home, first)]
    group = (rng.random(len(home))[:, None] > cumulative).sum(axis=1)
    elsewhere = rng.integers(first, len(countries()), len(home))
    return np.where(group < first, group, elsewhere)


def _suppliers(rng: np.random.Generator, parties: Parties, home: Ints, sector: Ints) -> Ints:
    country = _supplier_countries(rng, home)
    chosen = np.empty(len(home), np.int64)
    for code in range(len(countries())):
        for kind in (_CHEMICAL, _ORDINARY):
            rows = np.flatnonzero((country == code) & (sector == kind))
            pool = parties.of(code, kind)
            chosen[rows] = pool[rng.integers(0, len(pool), len(rows))]
    return chosen


def make_world(rng: np.random.Generator, parties: Parties) -> World:
    """Give every importer its habits.

    Args:
        rng: source of all chance.
        parties: the companies of the year.
    """
    importers = np.flatnonzero(parties.sector < _LOGISTICS)
    owner = np.repeat(importers, SLOTS)
    sector = parties.sector[owner]
    ordinary = _pick_goods(rng, ("ordinary",), len(owner))
    chemical = _pick_goods(rng, ("chemical",), len(owner))
    listed = _pick_goods(rng, ("listed",), len(owner))
    chemical = np.where(rng.random(len(owner)) < 0.22, listed, chemical)
    suppliers = _suppliers(rng, parties, parties.country[owner], sector)
    return World(
        parties=parties,
        importers=importers,
        popularity=_popularity(rng, parties.country[importers]),
        suppliers=suppliers.reshape(-1, SLOTS),
        slot_goods=np.where(sector == _CHEMICAL, chemical, ordinary).reshape(-1, SLOTS),
        forwarders=parties.of_sector(_LOGISTICS),
        log_kg=np.log([good.kg for good in goods()]),
        sigma=np.array([good.sigma for good in goods()]),
        listed=np.array([good.role == "listed" for good in goods()]),
    )


def _popularity(rng: np.random.Generator, home: Ints) -> npt.NDArray[np.float64]:
    """Cumulative chance of each importer: a few import often, most seldom."""
    weight = rng.lognormal(0.0, 1.0, len(home)) * np.where(home < authority_count(), 1.0, 0.6)
    return np.cumsum(weight / weight.sum())


def sides_of(dispatch: Ints, destination: Ints) -> Ints:
    """Which authorities' declarations a movement makes: export side, import side, or both."""
    first = authority_count()
    return (dispatch < first) * EXPORT_SIDE + (destination < first) * IMPORT_SIDE


def draw(rng: np.random.Generator, world: World, count: int) -> Movements:
    """Draw `count` ordinary movements; their `day` is still 0.

    One movement in fourteen leaves the importer's habits: another supplier, another good.
    """
    rows = blank(count)
    buyer = np.searchsorted(world.popularity, rng.random(count)).clip(0, len(world.importers) - 1)
    slot = np.minimum((rng.random(count) ** 1.7 * SLOTS).astype(np.int64), SLOTS - 1)
    stranger = rng.integers(0, len(world.importers), count)
    from_habit = rng.random(count) < 0.93
    source = np.where(from_habit, buyer, stranger)
    rows["importer"] = world.importers[buyer]
    rows["exporter"] = world.suppliers[source, slot]
    rows["good"] = world.slot_goods[source, slot]
    _route(rng, world, rows)
    _measure(rng, world, rows)
    _paper(rng, world, rows)
    return rows[rows["sides"] > 0]


def _route(rng: np.random.Generator, world: World, rows: Movements) -> None:
    country = world.parties.country
    rows["dispatch"] = rows["origin"] = country[rows["exporter"]]
    rows["destination"] = country[rows["importer"]]
    hubs = np.array([index for index, place in enumerate(countries()) if place.hub])
    via = hubs[rng.integers(0, len(hubs), len(rows))]
    goes_via = (rng.random(len(rows)) < 0.04) & (via != rows["dispatch"]) & (via != rows["destination"])
    rows["transit"] = np.where(goes_via, via, -1)
    rows["sides"] = sides_of(rows["dispatch"].astype(np.int64), rows["destination"].astype(np.int64))
    rows["sides"][rows["dispatch"] == rows["destination"]] = 0
    rows["consignee"] = rows["importer"]
    rows["payer"] = rows["importer"]
    rows["forwarder"] = np.where(
        rng.random(len(rows)) < 0.7, world.forwarders[rng.integers(0, len(world.forwarders), len(rows))], -1
    )


def _measure(rng: np.random.Generator, world: World, rows: Movements) -> None:
    """Each buyer has a size of its own; a consignment varies around it."""
    good = rows["good"]
    size = mix(rows["importer"]) - 0.5
    spread = world.sigma[good]
    rows["kg"] = np.exp(world.log_kg[good] + spread * (0.8 * size + 0.7 * rng.standard_normal(len(rows))))
    rows["price"] = np.exp(0.12 * rng.standard_normal(len(rows)))


def _paper(rng: np.random.Generator, world: World, rows: Movements) -> None:
    """Listed goods are notified and authorised, nearly always and for nearly the mass that leaves."""
    listed = world.listed[rows["good"]]
    notified = listed & (rng.random(len(rows)) < 0.97)
    margin = np.round(rows["kg"] * np.where(rng.random(len(rows)) < 0.8, 1.0, 1.0 + 0.1 * rng.random(len(rows))))
    rows["notified_kg"] = np.where(notified, np.maximum(margin, 1.0), 0.0)
    rows["reply"] = rng.choice(4, size=len(rows), p=[0.86, 0.0, 0.02, 0.12])
    rows["authorised"] = listed & (rng.random(len(rows)) < 0.98)
