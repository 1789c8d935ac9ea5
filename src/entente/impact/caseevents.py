"""Indicators from case events: what was asked, when it was due, when it was answered, by month of asking.

A month that is not over, or whose questions are not all due, would look worse than it is: such months are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from statistics import median

from entente.impact.periods import add_months


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to an authority: a notification, a request, an incident to track back, a lead handed on.

    Args:
        kind: what it is; indicators are made for each kind.
        asked: the day on which it was sent.
        due: the day by which it was to be answered.
        answered: the day of the answer (or of the seizure that followed); None while there is none.
    """

    kind: str
    asked: date
    due: date
    answered: date | None = None


@dataclass(frozen=True, slots=True)
class MonthOfCases:
    """Indicators of one kind in one month.

    Args:
        kind: as in `Asked`.
        month: its first day.
        asked: how many.
        answered: how many of them were answered at all.
        in_time: how many by the day they were due.
        median_days: to the answer, of the answered ones; None if there are none.
    """

    kind: str
    month: date
    asked: int
    answered: int
    in_time: int
    median_days: float | None


def by_month(events: Iterable[Asked], today: date) -> list[MonthOfCases]:
    """Indicators by kind and month, of months that are over and whose questions have all fallen due.

    Args:
        events: what was asked; what was answered after `today` counts as not answered.
        today: the day on which this is looked at.
    """
    grouped: dict[tuple[str, date], list[Asked]] = {}
    for event in events:
        grouped.setdefault((event.kind, event.asked.replace(day=1)), []).append(event)
    months = []
    for (kind, month), asked in sorted(grouped.items()):
        if add_months(month, 1) > today or any(one.due >= today for one in asked):
            continue
        days = [(one.answered - one.asked).days for one in asked if one.answered and one.answered <= today]
        in_time = sum(1 for one in asked if one.answered is not None and one.answered <= one.due)
        months.append(MonthOfCases(kind, month, len(asked), len(days), in_time, median(days) if days else None))
    return months
