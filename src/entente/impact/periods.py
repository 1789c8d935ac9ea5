"""Periods of official statistics: months, quarters, halves, years, and twelve months that end with a month.

A sum over twelve months that is published every month (as the United States' provisional counts are) is a kind of
its own, `months12`: neighbours share eleven months, so that it is never read as a monthly or yearly series.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from entente.errors import InputError

#: Kind of period -> months it spans.
SPANS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "months12": 12}
#: Kind of period -> months from one period's start to the next one's.
STEPS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "months12": 1}
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_FORMS = {
    "year": re.compile(r"(?P<year>\d{4})"),
    "month": re.compile(r"(?P<year>\d{4})-(?P<part>\d{1,2})"),
    "quarter": re.compile(r"(?P<year>\d{4})-?Q(?P<part>[1-4])"),
    "half": re.compile(r"(?P<year>\d{4})-?H(?P<part>[12])"),
    "months12": re.compile(r"12m-(?P<year>\d{4})-(?P<part>\d{1,2})"),
}


def add_months(day: date, months: int) -> date:
    """The first day of the month that is `months` after the month of `day` (before it, if negative)."""
    number = day.year * 12 + day.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def months_between(first: date, last: date) -> int:
    """Whole months from the month of `first` to the month of `last`."""
    return (last.year - first.year) * 12 + last.month - first.month


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def parse_period(text: str) -> tuple[date, str]:
    """Read `2022`, `2022-06`, `2022-Q2`, `2022-H1` or `12m-2022-12` (twelve months that end with December 2022).

    Returns:
        The first day and the kind.

    Raises:
        InputError: it is none of these.
    """
    for kind, form in _FORMS.items():
        found = form.fullmatch(text.strip())
        if found is None:
            continue
        year, part = int(found["year"]), int(found.groupdict().get("part") or 1)
        if kind in ("month", "months12") and not 1 <= part <= 12:
            break
        start = date(year, 1, 1) if kind == "year" else date(year, (part - 1) * (STEPS[kind]) + 1, 1)
        return (add_months(start, -11), kind) if kind == "months12" else (start, kind)
    raise InputError(
        f"{text!r} is not a period.",
        remedy="Write 2022, 2022-06, 2022-Q2, 2022-H1 or 12m-2022-12 for twelve months that end with December 2022.",
    )


def period_text(start: date, kind: str) -> str:
    """A period as `parse_period` reads it."""
    if kind == "year":
        return f"{start.year}"
    if kind == "months12":
        end = add_months(start, 11)
        return f"12m-{end.year}-{end.month:02d}"
    if kind == "month":
        return f"{start.year}-{start.month:02d}"
    letter = "Q" if kind == "quarter" else "H"
    return f"{start.year}-{letter}{(start.month - 1) // STEPS[kind] + 1}"


def parse_published(text: str) -> tuple[date, str]:
    """The day from which a release was there, and how exactly it is known: `day` or `month`.

    Of a month only the last day is safe: a reading as of the middle of a month must not see what came at its end.

    Raises:
        InputError: it is neither YYYY-MM-DD nor YYYY-MM.
    """
    try:
        if re.fullmatch(r"\d{4}-\d{2}", text.strip()):
            return month_end(date.fromisoformat(f"{text.strip()}-01")), "month"
        return date.fromisoformat(text.strip()), "day"
    except ValueError:
        raise InputError(
            f"{text!r} is not a day of publication.", remedy="Write YYYY-MM-DD, or YYYY-MM if only the month is known."
        ) from None
