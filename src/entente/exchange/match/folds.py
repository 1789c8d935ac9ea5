"""How names, places and addresses are brought into one form before they are matched.

Both sides must fold in the same way or common elements are missed, so a fold has an id that stands in the offer.
`parties` may hand in a better one; until both sides have it, the plain fold is what both can do.
"""

from __future__ import annotations

from typing import Protocol

from entente.records.keys import name_key, party_name_key


class Fold(Protocol):
    """A normaliser. What it gives for a text must never change under one id."""

    @property
    def id(self) -> str:
        """Names it and its version."""
        ...

    def name(self, text: str) -> str | None:
        """A party's name; None if the text names nobody."""
        ...

    def place(self, text: str) -> str | None:
        """A city; None if the text names none."""
        ...

    def address(self, text: str) -> str | None:
        """An address; None if the text is none."""
        ...


class PlainFold:
    """NFKC and case folding; every run of punctuation and space is one space. Two spellings stay two."""

    id = "plain/1"

    def name(self, text: str) -> str | None:
        """A party's name, or None for texts such as "N/A", "TO ORDER" and 不详."""
        return party_name_key(text)

    def place(self, text: str) -> str | None:
        """A city."""
        return party_name_key(text)

    def address(self, text: str) -> str | None:
        """An address, from the part that the record has."""
        return name_key(text)
