"""Which country stands under which jurisdictions, and when.

Membership is of law, not of politics: a country's row says since when the jurisdiction's precursor law applied
there. `UN` is not here; the Convention is answered for in the international role.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from entente.substances.dates import parse_day
from entente.substances.document import read_document
from entente.substances.model import BEGINNING, FOREVER

UN = "UN"


@dataclass(frozen=True, slots=True)
class Membership:
    """`country` stands under `jurisdiction` in `[start, end)`."""

    country: str
    jurisdiction: str
    start: date = BEGINNING
    end: date = FOREVER


@dataclass(frozen=True)
class Jurisdictions:
    """All memberships, sorted by country."""

    memberships: tuple[Membership, ...]

    def of(self, country: str, day: date) -> tuple[str, ...]:
        """Jurisdictions of a country on a day: wider ones first, the country itself last."""
        found = {m.jurisdiction for m in self.memberships if m.country == country and m.start <= day < m.end}
        return tuple(sorted(found, key=lambda jurisdiction: (jurisdiction == country, jurisdiction)))

    def countries(self) -> frozenset[str]:
        """All countries known."""
        return frozenset(m.country for m in self.memberships)

    def all(self) -> frozenset[str]:
        """All jurisdictions known, the international one included."""
        return frozenset(m.jurisdiction for m in self.memberships) | {UN}


@cache
def load_jurisdictions() -> Jurisdictions:
    """The shipped table of jurisdictions."""
    data = read_document(Path(str(files("entente.substances").joinpath("jurisdictions.yaml")))).data
    rows = {Membership(country, country) for country in data["countries"].split()}
    for union in data["unions"]:
        for member in union["members"]:
            start = parse_day(member["from"]) if "from" in member else BEGINNING
            end = parse_day(member["to"]) if "to" in member else FOREVER
            rows.update(
                Membership(country, union["jurisdiction"], start, end) for country in member["countries"].split()
            )
    return Jurisdictions(tuple(sorted(rows, key=lambda m: (m.country, m.jurisdiction, m.start))))
