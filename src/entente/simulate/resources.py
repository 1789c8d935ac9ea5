"""The word lists, goods and places that the generator draws from (data files in `simulate/data/`)."""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("en", "zh", "es")
_FOLDER = resources.files("entente.simulate") / "data"


@dataclass(frozen=True, slots=True)
class Good:
    """A kind of goods: its HS 2022 code, typical net mass of a consignment (kg, lognormal), price and names.

    `role` is ordinary, chemical or listed; a listed good has a CAS number. `unit` is a UN/ECE Recommendation 20 code
    and `unit_kg` the mass of one such unit. `names` holds one or more names per language of `LANGUAGES`.
    """

    hs6: str
    role: str
    cas: str
    kg: float
    sigma: float
    usd_per_kg: float
    weight: float
    unit: str
    unit_kg: float
    names: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Country:
    """A trading country: whether its declarations are part of the year, and what its declarations look like."""

    code: str
    authority: bool
    weight: float
    hub: bool
    free_zone: bool
    currency: str
    per_usd: float
    ports: tuple[str, ...]


def _rows(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader((_FOLDER / name).read_text(encoding="utf-8").splitlines()))


def _good(row: Mapping[str, str]) -> Good:
    """One row of goods.csv or listed.csv; listed goods have a CAS number and are counted in kilograms."""
    return Good(
        hs6=row["hs6"],
        role=row.get("role", "listed"),
        cas=row.get("cas", ""),
        kg=float(row["kg"]),
        sigma=float(row["sigma"]),
        usd_per_kg=float(row["usd_per_kg"]),
        weight=float(row["weight"]),
        unit=row.get("unit", "KGM"),
        unit_kg=float(row.get("unit_kg", 1)),
        names=tuple(tuple(row[language].split(" / ")) for language in LANGUAGES),
    )


@functools.cache
def goods() -> tuple[Good, ...]:
    """Every kind of goods: ordinary and chemical ones first, then the listed ones."""
    return tuple(_good(row) for name in ("goods.csv", "listed.csv") for row in _rows(name))


@functools.cache
def countries() -> tuple[Country, ...]:
    """Every trading country; the three authorities come first."""
    return tuple(
        Country(
            code=row["country"],
            authority=row["authority"] == "1",
            weight=float(row["weight"]),
            hub=row["hub"] == "1",
            free_zone=row["free_zone"] == "1",
            currency=row["currency"],
            per_usd=float(row["per_usd"]),
            ports=tuple(row["ports"].split()),
        )
        for row in _rows("places.csv")
    )


@functools.cache
def words() -> Mapping[str, Any]:
    """The word lists of `words.yaml`."""
    loaded: dict[str, Any] = yaml.safe_load((_FOLDER / "words.yaml").read_text(encoding="utf-8"))
    return loaded


def authority_count() -> int:
    """How many of `countries()` are authorities (they come first)."""
    return sum(country.authority for country in countries())
