"""Code lists as data: ISO 3166-1 countries and ISO 4217 currencies.

`countries.csv` holds alpha-2, alpha-3, numeric code and names (English short and formal names of ISO 3166-1; Chinese,
Spanish and Korean names of the Unicode CLDR; names in common use); `currencies.csv` holds the ISO 4217 codes. Old
records name old things, so withdrawn codes stay, marked as such; `XK` is user-assigned but in customs use.
"""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


def _rows(name: str) -> list[dict[str, str]]:
    text = (files("entente.records.codes") / name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def countries() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes known, withdrawn ones included."""
    return frozenset(row["alpha2"] for row in _rows("countries.csv"))


@cache
def currencies() -> frozenset[str]:
    """All ISO 4217 alphabetic codes known, withdrawn ones included."""
    return frozenset(row["alpha3"] for row in _rows("currencies.csv"))


@cache
def country_words() -> Mapping[str, str]:
    """Every folded alpha-2, alpha-3, numeric code and name of a country -> its alpha-2 code."""
    found: dict[str, str] = {}
    for row in sorted(_rows("countries.csv"), key=lambda row: row["status"] != "assigned"):
        for word in (
            row["alpha2"],
            row["alpha3"],
            row["numeric"],
            row["numeric"].lstrip("0"),
            *row["names"].split("|"),
        ):
            if word:
                found.setdefault(fold(word), row["alpha2"])
    return found


@cache
def currency_words() -> Mapping[str, str]:
    """Every folded alphabetic and numeric currency code -> the alphabetic code."""
    found: dict[str, str] = {}
    for row in sorted(_rows("currencies.csv"), key=lambda row: row["status"] != "active"):
        for word in (row["alpha3"], row["numeric"]):
            found.setdefault(fold(word), row["alpha3"])
    return found


def fold(word: str) -> str:
    """Fold a word for comparison: NFKD without marks, casefolded, letters and digits only."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(char for char in plain if char.isalnum())
