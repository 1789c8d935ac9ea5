"""The days on which the law changed, which the planted relabellings answer to."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from entente.substances.register import Register


def listing_days(register: Register, jurisdiction: str = "CN") -> tuple[tuple[str, date], ...]:
    """First day on which a jurisdiction listed each substance, by CAS number, in order of CAS number.

    Args:
        register: control lists.
        jurisdiction: whose law, as the register calls it.
    """
    first: dict[str, date] = {}
    for row in register.table("listings").select(["substance_id", "jurisdiction", "effective_from"]).to_pylist():
        if row["jurisdiction"] == jurisdiction:
            known = first.get(row["substance_id"], date.max)
            first[row["substance_id"]] = min(known, row["effective_from"])
    numbers = register.table("cas").select(["substance_id", "cas"]).to_pylist()
    return tuple(sorted((row["cas"], first[row["substance_id"]]) for row in numbers if row["substance_id"] in first))
