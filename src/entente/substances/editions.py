"""Which six-digit codes exist in which edition of the Harmonized System.

Source: World Customs Organization, Harmonized Commodity Description and Coding System. An edition, or a chapter of
one, that is not shipped cannot be checked; the answer is then None, never "exists".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Edition:
    """The codes of one edition; `chapters` is None where all chapters are there."""

    year: str
    codes: frozenset[str]
    chapters: frozenset[str] | None


def code_exists(hs6: str, edition: str) -> bool | None:
    """Whether a six-digit code (digits only) exists in an edition; None where that is not known."""
    found = load_edition(edition)
    if found is None or (found.chapters is not None and hs6[:2] not in found.chapters):
        return None
    return hs6 in found.codes


@cache
def load_edition(year: str) -> Edition | None:
    """The shipped codes of an edition, or None."""
    path = files("entente.substances").joinpath(f"hs/{year}.txt")
    if not path.is_file():
        return None
    lines = [line.split() for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    chapters = None if lines[0][1:] == ["all"] else frozenset(lines[0][1:])
    codes = frozenset(heading + sub for heading, *subs in lines[1:] for sub in subs)
    return Edition(year, codes, chapters)
