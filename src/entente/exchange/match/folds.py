"""How names, places and addresses are brought into one form before they are matched.

Both sides must fold in the same way or common elements are missed, so a fold has an id that stands in the offer.
`parties` may hand in a better one; until both sides have it, the plain fold is what both can do.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Protocol

from entente.records.keys import party_name_key


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
    """NFKC and case folding; every run of punctuation and space is one space. Two spellings stay two.

    It stands here, and not in `records`, because it must stay as it is under its id whatever becomes of other keys.
    Only which texts name nobody is asked there: such a row is refused and named, and never compared.
    """

    id = "plain/1"

    def name(self, text: str) -> str | None:
        """A party's name, or None for texts such as "N/A", "TO ORDER" and 不详."""
        return None if party_name_key(text) is None else _fold(text)

    def place(self, text: str) -> str | None:
        """A city."""
        return self.name(text)

    def address(self, text: str) -> str | None:
        """An address, from the part that the record has."""
        return _fold(text)


_GAP = re.compile(r"[\W_]+")


def _fold(text: str) -> str | None:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _GAP.sub(" ", folded).strip() or None
