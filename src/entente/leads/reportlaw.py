"""Answers of the law in words: what was listed where on that day, and in which words of the law."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from entente.leads.reportdata import Law, Link
from entente.leads.reportwords import Words
from entente.substances.model import Listing
from entente.substances.register import Register

_CLIP = 700  # characters of the law's words: some entries quote a whole class definition


@dataclass(frozen=True, slots=True)
class LawWords:
    """Says answers in one language.

    Args:
        register: the lists that the run judged by.
        words: the language.
        listings: the register's listings by id.
    """

    register: Register
    words: Words
    listings: Mapping[str, Listing]

    def substance(self, substance_id: str) -> str:
        """Name of a substance; its id where the register does not hold it."""
        found = self.register.substances.get(substance_id)
        return found.name(self.words.names) if found else substance_id

    def instrument(self, instrument_id: str) -> str:
        """Title of an instrument."""
        return self.words.pick(self.register.instruments[instrument_id].titles)

    def answer(self, row: Mapping[str, Any]) -> Law:
        """One row of `reportquery.answers` in words."""
        listing = self.listings.get(row["listing_id"] or "")
        return Law(
            substance=self.substance(row["substance_id"]),
            jurisdiction=row["jurisdiction"],
            roles=tuple(row["roles"]),
            status=row["status"],
            reason=row["reason"],
            statement=self.statement(row["status"], row["reason"], row["jurisdiction"], listing),
            n_records=row["n_records"],
            first_date=row["first_date"],
            last_date=row["last_date"],
            **_cited(listing, self),
        )

    def statement(self, status: str, reason: str, jurisdiction: str, listing: Listing | None) -> str:
        """What the law said on that day; where the register is not complete, it says that nothing is cleared."""
        values = {"jurisdiction": jurisdiction, "since": "", "until": ""}
        if listing is not None:
            values |= {"since": since(listing), "until": listing.effective_to.isoformat()}
        cleared = reason in {"in_force", "effective_date_imprecise"} or status == "not_listed"
        key = reason if status != "unknown_coverage" or reason != "no_listing" else "no_listing_unknown"
        said = self.words(f"law_{key}", **values)
        return said if cleared or key == "no_listing_unknown" else f"{said} {self.words('law_unknown')}"


def since(listing: Listing) -> str:
    """First day of a listing, as precisely as its source gives it."""
    if listing.exact:
        return listing.effective_from.isoformat()
    first, last = listing.effective_from, listing.from_latest
    if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
        return str(first.year)
    return f"{first.isoformat()} – {last.isoformat()}"


def _cited(listing: Listing | None, say: LawWords) -> dict[str, Any]:
    if listing is None:
        names = ("instrument", "category", "quote", "quote_lang", "register_confidence", "note")
        return {**dict.fromkeys(names, ""), "sources": ()}
    return {
        "instrument": say.instrument(listing.instrument),
        "category": listing.category,
        "quote": listing.quote if len(listing.quote) <= _CLIP else f"{listing.quote[:_CLIP]} …",
        "quote_lang": listing.quote_lang,
        "sources": tuple(link(source.title, source.address) for source in listing.sources),
        "register_confidence": listing.confidence,
        "note": listing.note or "",
    }


def link(title: str | None, address: str) -> Link:
    """An address with words for it: its title, else its host. What is no web address is kept as words only."""
    parts = urlsplit(address)
    opens = parts.scheme in {"http", "https"} and bool(parts.netloc)
    return Link(title or (parts.netloc if opens else address), address if opens else "")
