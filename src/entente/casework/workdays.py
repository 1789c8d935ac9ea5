"""Working days of a country from its calendar (`calendars/*.yaml`), with the law or notice that says so.

A day is a working day, none, or not established. A single day that is not established is left out of the count, so that
it never makes a deadline earlier. In a year whose days off are not arranged yet, Monday to Friday are counted but for
the days that a statute names. Either way the result names the doubtful days.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from entente.casework.errors import CalendarError

_DAY = timedelta(days=1)
_SATURDAY, _SUNDAY = 6, 7
MOST = 366
"""The most working days that a term may have."""


@dataclass(frozen=True, slots=True)
class Workday:
    """What is known of a day: whether it is a working day (None: not established), why, and where that stands."""

    working: bool | None
    why: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """The end of a term.

    Attributes:
        day: the last day of the term.
        ends: the last second of that day in the country's zone, in UTC.
        doubtful: days of the term for which the calendar establishes nothing.
    """

    day: date
    ends: datetime
    doubtful: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """Days of one country, from its file.

    Attributes:
        country: ISO 3166-1 alpha-2.
        zone: the zone in which its days begin and end.
        note: what is not established.
        file: the calendar's file as it was read.
    """

    country: str
    zone: ZoneInfo
    note: str
    file: Mapping[str, Any]

    def day(self, day: date) -> Workday:
        """What is known of a day."""
        if special := self._year(day.year).get(day):
            return special
        weekend = day.isoweekday() in {_SATURDAY, _SUNDAY}
        if not self._established(day):
            return Workday(working=None, why="not established")
        return Workday(working=not weekend, why="weekend" if weekend else "")

    def after(self, start: date, days: int) -> Count:
        """The end of a term of so many working days that begins on the day after `start`.

        Raises:
            CalendarError: fewer than 1 or more than `MOST` days.
        """
        if not 1 <= days <= MOST:
            raise CalendarError(f"A term has 1 to {MOST} working days, not {days}.")
        day, left, doubtful = start, days, []
        while left:
            day += _DAY
            found = self.day(day)
            if found.working is None:
                doubtful.append(day)
            guessed = found.working is None and not self._established(day) and day.isoweekday() < _SATURDAY
            left -= guessed or bool(found.working)
        return Count(day, self.ends(day), tuple(doubtful))

    def ends(self, day: date) -> datetime:
        """The last second of a day in the country's zone, in UTC."""
        return datetime.combine(day, time(23, 59, 59), self.zone).astimezone(UTC)

    def _established(self, day: date) -> bool:
        return day.year in self.file.get("years", ()) or ("law" in self.file and day >= self.file["law"]["since"])

    def _year(self, year: int) -> Mapping[date, Workday]:
        return _special(self.country, year)


@cache
def calendars() -> Mapping[str, Calendar]:
    """The calendars that ship with this version, by country."""
    folder = files("entente.casework") / "calendars"
    found = [yaml.safe_load(path.read_text("utf-8")) for path in folder.iterdir() if path.name.endswith(".yaml")]
    return {one["country"]: Calendar(one["country"], ZoneInfo(one["zone"]), one["note"], one) for one in found}


def calendar(country: str) -> Calendar:
    """The calendar of a country.

    Raises:
        CalendarError: none ships with this version.
    """
    if country not in calendars():
        raise CalendarError(f"There is no calendar of working days of {country}.")
    return calendars()[country]


@cache
def _special(country: str, year: int) -> Mapping[date, Workday]:
    """What a calendar says of single days of a year; a day off goes before a doubtful one."""
    file = calendars()[country].file
    found: dict[date, Workday] = {}
    for law in (file[name] for name in ("law", "statute") if name in file):
        for working, rules in ((None, law.get("unsure", ())), (False, law["days"])):
            found |= {day: Workday(working, name, law["source"]) for day, name in _by_law(rules, year, law)}
    if notice := file.get("years", {}).get(year):
        source = notice["source"]
        for span in notice["closed"]:
            length = (span["to"] - span["from"]).days + 1
            found |= {
                span["from"] + n * _DAY: Workday(working=False, why=span["name"], source=source) for n in range(length)
            }
        found |= {day: Workday(working=True, why=notice["title"], source=source) for day in notice["work"]}
    return found


def _by_law(rules: Any, year: int, law: Mapping[str, Any]) -> Iterator[tuple[date, str]]:
    for rule in rules:
        # A holiday of the next year may be kept on the last day of this one.
        for of in (year, year + 1):
            day = _kept(rule, of)
            if day is not None and day.year == year and day >= law["since"]:
                yield day, rule["name"]


def _kept(rule: Mapping[str, Any], year: int) -> date | None:
    """The day on which a holiday is kept in a year; None if it does not occur."""
    if "every" in rule and (year - rule["from"]) % rule["every"]:
        return None
    if "day" not in rule:
        return _nth(year, rule["month"], rule["weekday"], rule["nth"])
    day = date(year, rule["month"], rule["day"])
    if rule.get("shift"):
        day += {_SATURDAY: -_DAY, _SUNDAY: _DAY}.get(day.isoweekday(), timedelta())
    return day


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth weekday of a month (1 is Monday); -1 is the last."""
    days = [date(year, month, 1) + n * _DAY for n in range(31)]
    return [day for day in days if day.month == month and day.isoweekday() == weekday][nth if nth < 0 else nth - 1]
