"""Planted diversions: small stories among the ordinary movements, each of a known kind.

The stories follow public red flags of trade in listed chemicals (what an officer would see in declarations, notices
and payments); they say nothing about why a chemical is listed. Truth about them is written apart from the inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from entente.simulate import texts
from entente.simulate.movement import EXPORT_SIDE, IMPORT_SIDE, Movements, blank
from entente.simulate.parties import SECTORS, VARIANTS
from entente.simulate.resources import countries, goods
from entente.simulate.trade import World

KINDS = (
    "notified_but_short",
    "unnotified",
    "relabelled",
    "misdeclared",
    "third_party_payer",
    "first_time_consignor",
    "split",
    "hidden_name",
    "transshipment",
)
_CHEMICAL, _DORMANT = SECTORS.index("chemical"), SECTORS.index("dormant")
_CN, _US, _MX = 0, 1, 2
_OBJECTION = 1
#: Mark of a movement that belongs to a story but is itself what it seems.
LAWFUL = -2


@dataclass(slots=True)
class Planter:
    """What a story needs: chance, the companies, a calendar, and the texts it adds to.

    `listing_days` holds, per position in `goods()`, the day within the year on which the exporting authority's
    listing of that good took effect.
    """

    rng: np.random.Generator
    world: World
    days: int
    texts: texts.Texts
    listing_days: dict[int, int]
    used: dict[int, int] = field(default_factory=dict)

    def pick(self, country: int, sector: int = _CHEMICAL) -> int:
        """A company of a country."""
        pool = self.world.parties.of(country, sector)
        return int(pool[int(self.rng.integers(len(pool)))])

    def newcomer(self, country: int) -> int:
        """A dormant company nobody has seen yet (in turn, so that none is used twice while any is left)."""
        pool = self.world.parties.of(country, _DORMANT)
        turn = self.used.get(country, 0)
        self.used[country] = turn + 1
        return int(pool[turn % len(pool)])

    def good(self, among: list[int] | None = None) -> int:
        """A listed good; those traded in small masses come as often as solvents by the tank."""
        chosen = among or [index for index, good in enumerate(goods()) if good.role == "listed"]
        return int(chosen[int(self.rng.integers(len(chosen)))])

    def day(self, start: int = 5, spare: int = 30) -> float:
        """A day that leaves `spare` days of the year for what follows."""
        return float(self.rng.uniform(start, max(start + 1, self.days - spare)))


def story(
    plan: Planter, count: int, good: int, exporter: int, importer: int, start: float, step: float = 9.0
) -> Movements:
    """`count` plain movements of one good between two companies, `step` days apart, properly notified."""
    rows = blank(count)
    rng, kind = plan.rng, goods()[good]
    rows["day"] = start + step * np.arange(count) + rng.random(count)
    rows["good"], rows["exporter"], rows["importer"] = good, exporter, importer
    rows["consignee"] = rows["payer"] = importer
    rows["dispatch"] = rows["origin"] = plan.world.parties.country[exporter]
    rows["destination"] = plan.world.parties.country[importer]
    rows["sides"] = EXPORT_SIDE | IMPORT_SIDE
    rows["kg"] = kind.kg * np.exp(kind.sigma * 0.5 * rng.standard_normal(count))
    rows["price"] = np.exp(0.1 * rng.standard_normal(count))
    rows["notified_kg"] = np.maximum(np.round(rows["kg"]), 1.0)
    rows["authorised"] = True
    forwarders = plan.world.forwarders
    rows["forwarder"] = np.where(rng.random(count) < 0.7, forwarders[rng.integers(0, len(forwarders), count)], -1)
    return rows


def _lane(plan: Planter) -> tuple[int, int]:
    """Exporting and importing authority; mostly CN to MX."""
    lanes = ((_CN, _MX), (_CN, _MX), (_CN, _US), (_US, _MX))
    return lanes[int(plan.rng.integers(len(lanes)))]


def _pair(plan: Planter) -> tuple[int, int]:
    dispatch, destination = _lane(plan)
    return plan.pick(dispatch), plan.pick(destination)


def notified_but_short(plan: Planter) -> Movements:
    """All is notified and leaves; a good part never arrives."""
    rows = story(plan, int(plan.rng.integers(1, 4)), plan.good(), *_pair(plan), plan.day())
    rows["arrived"] = plan.rng.uniform(0.3, 0.75, len(rows))
    return rows


def unnotified(plan: Planter) -> Movements:
    """Openly declared, but nobody was told and nobody allowed it."""
    rows = story(plan, int(plan.rng.integers(1, 4)), plan.good(), *_pair(plan), plan.day())
    rows["notified_kg"], rows["authorised"] = 0.0, False
    return rows


def _neighbours() -> dict[int, list[int]]:
    """Listed good -> unlisted chemicals of the same HS heading, where the catalogue has any."""
    plain: dict[str, list[int]] = {}
    for index, good in enumerate(goods()):
        if good.role == "chemical":
            plain.setdefault(good.hs6[:4], []).append(index)
    return {
        index: plain[good.hs6[:4]]
        for index, good in enumerate(goods())
        if good.role == "listed" and good.hs6[:4] in plain
    }


def relabelled(plan: Planter) -> Movements:
    """A pair that traded a chemical openly declares another line of its heading after a listing or an objection."""
    neighbours = _neighbours()
    by_law = [index for index in plan.listing_days if index in neighbours]
    good = plan.good(by_law) if by_law and plan.rng.random() < 0.6 else plan.good(list(neighbours))
    turn = float(plan.listing_days.get(good, plan.day(70, 80)))
    exporter, importer = _pair(plan) if good not in plan.listing_days else (plan.pick(_CN), plan.pick(_MX))
    before = story(plan, 3, good, exporter, importer, turn - 62, 18.0)
    before["kind"] = LAWFUL
    after = story(plan, 3, good, exporter, importer, turn + 4, 14.0)
    if good not in plan.listing_days:
        before["reply"][-1] = _OBJECTION
    label = goods()[plan.good(neighbours[good])]
    after["text_export"] = after["text_import"] = plan.texts.add(texts.plain_name(label))
    after["hs_export"] = after["hs_import"] = int(label.hs6)
    after["notified_kg"], after["authorised"] = 0.0, False
    return np.concatenate([before, after])


def misdeclared(plan: Planter) -> Movements:
    """Something else on the paper, at a price that fits the true goods."""
    rows = story(plan, int(plan.rng.integers(1, 4)), plan.good(), *_pair(plan), plan.day())
    code, words = texts.false_goods(plan.rng)
    rows["text_export"], rows["hs_export"] = plan.texts.add(words), code
    if plan.rng.random() < 0.5:
        rows["text_import"], rows["hs_import"] = rows["text_export"], code
    else:
        rows["text_import"] = plan.texts.add(texts.vague(plan.rng))
    rows["notified_kg"], rows["authorised"] = 0.0, False
    return rows


def third_party_payer(plan: Planter) -> Movements:
    """Papers in order; a company in a hub that has no part in the trade pays."""
    rows = story(plan, int(plan.rng.integers(1, 4)), plan.good(), *_pair(plan), plan.day())
    hubs = [index for index, place in enumerate(countries()) if place.hub]
    rows["payer"] = plan.newcomer(hubs[int(plan.rng.integers(len(hubs)))])
    return rows


def first_time_consignor(plan: Planter) -> Movements:
    """A company nobody knows sends several times what is usual."""
    dispatch, destination = _lane(plan)
    rows = story(plan, 1, plan.good(), plan.newcomer(dispatch), plan.pick(destination), plan.day())
    rows["kg"] *= plan.rng.uniform(4, 9)
    rows["notified_kg"] = np.where(plan.rng.random(1) < 0.5, np.round(rows["kg"]), 0.0)
    return rows


def split(plan: Planter) -> Movements:
    """One consignment cut into many within days, each under another spelling of the consignor."""
    rows = story(plan, int(plan.rng.integers(5, 9)), plan.good(), *_pair(plan), plan.day(), 0.8)
    rows["kg"] *= 0.12
    rows["alias"] = np.arange(len(rows)) % len(VARIANTS)
    rows["notified_kg"], rows["authorised"] = 0.0, False
    return rows


def hidden_name(plan: Planter) -> Movements:
    """The name is there, misspelled or buried in a long list, under a code that does not fit."""
    good = plan.good()
    rows = story(plan, int(plan.rng.integers(1, 3)), good, *_pair(plan), plan.day())
    hide = texts.buried if plan.rng.random() < 0.5 else texts.misspelled
    rows["text_export"] = rows["text_import"] = plan.texts.add(hide(plan.rng, goods()[good]))
    rows["hs_export"] = rows["hs_import"] = 382499
    rows["notified_kg"], rows["authorised"] = 0.0, False
    return rows


def transshipment(plan: Planter) -> Movements:
    """Exported to a company in a free zone; weeks later the same mass reaches another country from there."""
    good, hubs = plan.good(), [index for index, place in enumerate(countries()) if place.free_zone]
    middle = plan.newcomer(hubs[int(plan.rng.integers(len(hubs)))])
    start = plan.day(5, 60)
    out = story(plan, 1, good, plan.pick(_CN), middle, start)
    on = story(plan, 1, good, middle, plan.pick(_MX), start + plan.rng.uniform(15, 35))
    out["sides"], on["sides"] = EXPORT_SIDE, IMPORT_SIDE
    on["kg"], on["origin"] = out["kg"], _CN
    on["notified_kg"], on["authorised"] = 0.0, False
    on["text_import"] = plan.texts.add(texts.vague(plan.rng)) if plan.rng.random() < 0.3 else -1
    return np.concatenate([out, on])


_STORIES: tuple[Callable[[Planter], Movements], ...] = (
    notified_but_short,
    unnotified,
    relabelled,
    misdeclared,
    third_party_payer,
    first_time_consignor,
    split,
    hidden_name,
    transshipment,
)


def plant(plan: Planter, cases_per_kind: int) -> Movements:
    """Plant `cases_per_kind` stories of every kind, in order of day.

    Movements before the start or after the end of the year are left out, as they would be in a real year's file.
    """
    stories: list[Movements] = []
    for _ in range(cases_per_kind):
        for kind, tell in enumerate(_STORIES):
            rows = tell(plan)
            rows["kind"] = np.where(rows["kind"] == LAWFUL, LAWFUL, kind)
            rows["case"] = len(stories)
            stories.append(rows)
    planted = np.concatenate(stories)
    planted = planted[(planted["day"] >= 0) & (planted["day"] < plan.days)]
    return planted[np.argsort(planted["day"], kind="stable")]
