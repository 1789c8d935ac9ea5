"""What arrived against what was notified, substance by substance, in exact decimals.

Masses are compared with masses and volumes with volumes; litres are never turned into kilograms. A finding is a
difference of two papers and no accusation: partial arrivals add up, and more may follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from entente.casework.model import folded

_UNITS = {
    "kg": ("kg", Decimal(1)),
    "g": ("kg", Decimal("0.001")),
    "l": ("l", Decimal(1)),
    "ml": ("l", Decimal("0.001")),
}
_UNITS |= {"piece": ("piece", Decimal(1))}


class Finding(StrEnum):
    """How what arrived differs from what was notified."""

    AS_NOTIFIED = "as-notified"
    LESS = "less"
    MORE = "more"
    NOT_NOTIFIED = "not-notified"
    NOT_ARRIVED = "not-arrived"


@dataclass(frozen=True, slots=True)
class Line:
    """One substance in one kind of unit: what was notified, what arrived in all, and the finding."""

    substance: str
    unit: str
    notified: Decimal
    arrived: Decimal
    finding: Finding

    def as_json(self) -> dict[str, str]:
        """The line as a JSON object; amounts are decimal text."""
        return {
            "substance": self.substance,
            "unit": self.unit,
            "notified": f"{self.notified:f}",
            "arrived": f"{self.arrived:f}",
            "finding": self.finding.value,
        }


Sums = dict[tuple[str, str], Decimal]


def reconcile(notified: Sequence[Mapping[str, Any]], arrivals: Iterable[Mapping[str, Any]]) -> tuple[Line, ...]:
    """One line for each substance and kind of unit that was notified or arrived.

    Args:
        notified: the goods of the notification, as in messages.
        arrivals: every arrival; one without goods that is `as-notified` counts as all that was notified.
    """
    names: dict[str, str] = {}
    wanted = _sums(notified, names)
    come: Sums = {}
    for arrival in arrivals:
        told = arrival.get("goods", notified if arrival["result"] == "as-notified" else ())
        for key, amount in _sums(told, names).items():
            come[key] = come.get(key, Decimal(0)) + amount
    keys = dict.fromkeys([*wanted, *come])
    return tuple(_line(names[key[0]], key[1], wanted.get(key), come.get(key)) for key in keys)


def _line(name: str, unit: str, wanted: Decimal | None, come: Decimal | None) -> Line:
    return Line(name, unit, wanted or Decimal(0), come or Decimal(0), _finding(wanted, come))


def _finding(wanted: Decimal | None, come: Decimal | None) -> Finding:
    if wanted is None:
        return Finding.NOT_NOTIFIED
    if not come:
        return Finding.NOT_ARRIVED if wanted else Finding.AS_NOTIFIED
    if come == wanted:
        return Finding.AS_NOTIFIED
    return Finding.LESS if come < wanted else Finding.MORE


def _sums(goods: Iterable[Mapping[str, Any]], names: dict[str, str]) -> Sums:
    sums: Sums = {}
    for item in goods:
        substance, quantity = item["substance"], item["quantity"]
        key = substance.get("cas") or folded(substance["name"])
        names.setdefault(key, substance["name"])
        unit, factor = _UNITS[quantity["unit"]]
        sums[key, unit] = sums.get((key, unit), Decimal(0)) + Decimal(quantity["amount"]) * factor
    return sums
