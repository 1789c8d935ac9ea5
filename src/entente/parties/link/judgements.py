"""What officers said of pairs of mentions: same or different. Kept as a log that is only appended to.

A later judgement of the same pair by an officer takes the place of an earlier one in effect; the earlier line stays.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from entente.errors import InputError, Place

COLUMNS = ("mention_a", "mention_b", "judgement", "officer", "decided_on", "reason")
SAME, DIFFERENT = "same", "different"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement: two mentions, `same` or `different`, who, when and why."""

    mention_a: str
    mention_b: str
    judgement: str
    officer: str
    decided_on: str
    reason: str


def read(path: Path) -> list[Judgement]:
    """Read a log of judgements.

    Raises:
        InputError: it cannot be read, or a line is no judgement.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            "The judgements cannot be read.", remedy="Give a CSV file in UTF-8.", place=Place(str(path))
        ) from error
    return [_judgement(row, Place(str(path), at)) for at, row in enumerate(rows, start=2)]


def _judgement(row: dict[str, str], place: Place) -> Judgement:
    values = [row.get(column) or "" for column in COLUMNS]
    one = Judgement(*values)
    if one.judgement not in {SAME, DIFFERENT} or not one.mention_a or not one.mention_b or not one.officer:
        raise InputError(
            "This line is no judgement.",
            remedy=f"Fill in {', '.join(COLUMNS[:5])}; judgement is {SAME} or {DIFFERENT}.",
            place=place,
        )
    return one


def in_effect(judgements: list[Judgement]) -> dict[tuple[str, str], Judgement]:
    """The last judgement of each pair."""
    found: dict[tuple[str, str], Judgement] = {}
    for one in judgements:
        found[min(one.mention_a, one.mention_b), max(one.mention_a, one.mention_b)] = one
    return found
