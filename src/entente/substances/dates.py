"""Dates of declared precision, and the arithmetic of half-open intervals."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date


def parse_day(text: str) -> date:
    """A date written YYYY-MM-DD.

    Raises:
        ValueError: no such day.
    """
    return date.fromisoformat(text)


def parse_loose_day(text: str) -> tuple[date, date]:
    """First and last day that `YYYY`, `YYYY-MM` or `YYYY-MM-DD` can mean.

    Raises:
        ValueError: no such day, month or year.
    """
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return date(parts[0], 1, 1), date(parts[0], 12, 31)
    if len(parts) == 2:
        return date(parts[0], parts[1], 1), date(parts[0], parts[1], calendar.monthrange(parts[0], parts[1])[1])
    day = parse_day(text)
    return day, day


def overlap(first: tuple[date, date], second: tuple[date, date]) -> bool:
    """Whether two intervals `[from, to)` share a day."""
    return max(first[0], second[0]) < min(first[1], second[1])


def cut_points(spans: Iterable[tuple[date, date]], lowest: date, highest: date) -> list[date]:
    """All days at which something may change, from `lowest` to `highest`, sorted, without repeats."""
    days = {lowest, highest}
    for start, end in spans:
        days.update(day for day in (start, end) if lowest < day < highest)
    return sorted(days)
