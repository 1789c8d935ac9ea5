"""A series in a CSV file: `date,value[,offset][,controls…]`, one row a period, without gaps."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import numpy as np

from entente.errors import InputError, Place, UsageError
from entente.impact.methods.problem import Problem
from entente.impact.periods import add_months, months_between, parse_period

_OWN = ("date", "value", "offset", "kind", "period", "negative")


def read_problem(
    content: bytes,
    event: date,
    *,
    scale: str | None = None,
    controls: Sequence[str] | None = None,
    file: str | None = None,
) -> tuple[Problem, np.ndarray[tuple[int], np.dtype[np.float64]] | None]:
    """The question that a CSV file holds, and its column `negative` (an outcome that the event cannot have changed).

    Args:
        content: the bytes of the file.
        event: the day of the event; the period that holds it is the first one after.
        scale: `ratio` or `difference`; by default a ratio for counts and for values above zero.
        controls: names of the columns that serve as controls; by default all further columns.
        file: its name, for messages.

    Raises:
        InputError: columns or values are not as they should be; places name the line.
        UsageError: the event is outside, or a control is not a column.
    """
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    header = [name.strip() for name in rows[0]] if rows else []
    lowered = [name.lower() for name in header]
    if not {"date", "value"} <= set(lowered):
        raise InputError(
            f"The columns are {', '.join(header) or 'none'}, and `date` and `value` are needed.",
            remedy="Write a header `date,value`, then `offset` and controls if there are any.",
            place=Place(file=file, line=1),
        )
    columns = {name: at for at, name in enumerate(lowered)}
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise InputError(
                f"{len(row)} cells where the header has {len(header)}.",
                remedy="Correct the row.",
                place=Place(file, number),
            )
    _one_kind(rows, columns, file)
    dates = [_day(row[columns["date"]], number, file) for number, row in enumerate(rows[1:], start=2)]
    per_year = _rhythm(dates, file)
    values = {
        name: np.array([_number(row[at], name, number, file) for number, row in enumerate(rows[1:], start=2)])
        for name, at in columns.items()
        if name not in ("date", "kind", "period")
    }
    names = _controls(header, controls)
    y = values["value"]
    after = next((at for at, day in enumerate(dates) if _holds(day, event, per_year, dates, at)), None)
    if after is None:
        raise UsageError(
            f"The event {event} lies outside of the series ({dates[0]} to {dates[-1]})."
            if dates
            else "The series is empty.",
            remedy="Choose an event with periods on both sides.",
        )
    chosen = scale or ("ratio" if (y >= 0).all() and (y > 0).any() else "difference")
    problem = Problem(
        dates=tuple(dates),
        y=y,
        event=after,
        controls=np.column_stack([values[name.lower()] for name in names]) if names else np.empty((len(y), 0)),
        names=tuple(names),
        offset=values.get("offset"),
        scale=chosen,
        per_year=per_year,
    )
    if scale is None and (y < 0).any():
        raise InputError(
            "The series has negative values.",
            remedy="Correct the file, or say --scale difference if values may be negative.",
            place=Place(file),
        )
    return problem, values.get("negative")


def _one_kind(rows: list[list[str]], columns: dict[str, int], file: str | None) -> None:
    """Reported, predicted, provisional and final values, or periods of two lengths, are not one series."""
    for name in ("kind", "period"):
        if name in columns:
            found = sorted({row[columns[name]].strip() for row in rows[1:]})
            if len(found) > 1:
                raise InputError(
                    f"The column `{name}` holds {', '.join(found)}: they must not be mixed in one series.",
                    remedy="Keep the rows of one of them.",
                    place=Place(file=file, field=name),
                )
            if name == "period" and found and found[0].lower() in ("months12", "12 month-ending", "12m"):
                raise UsageError(
                    "The values are sums over twelve months, and single periods are needed.",
                    remedy="Take months out of them with `entente impact show --deaccumulate`.",
                )


def _day(text: str, line: int, file: str | None) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        pass
    try:
        start, _ = parse_period(text)
    except InputError as error:
        raise InputError(
            error.message, remedy="Write dates as YYYY-MM-DD or YYYY-MM.", place=Place(file, line, "date")
        ) from None
    return start


def _number(text: str, name: str, line: int, file: str | None) -> float:
    try:
        value = float(text.strip().replace(",", ""))
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InputError(
            f"{text.strip()!r} is not a number." if text.strip() else "The value is missing.",
            remedy="A missing or suppressed value is never taken for zero: use an unbroken part of the series, "
            "or leave the column out.",
            place=Place(file, line, name),
        )
    return value


def _rhythm(dates: list[date], file: str | None) -> int:
    """Periods in a year; the dates must follow one another without a gap."""
    if len(dates) < 2:
        return 12
    for at in range(1, len(dates)):
        if dates[at] <= dates[at - 1]:
            raise InputError(
                f"{dates[at]} does not come after {dates[at - 1]}.",
                remedy="Sort the rows, and keep one for each period.",
                place=Place(file, at + 2, "date"),
            )
    steps = sorted((later - day).days for day, later in pairwise(dates))
    usual = steps[len(steps) // 2]
    for days, per_year in ((1, 365), (7, 52)):
        if usual == days:
            _no_gap(dates, [(later - day).days == days for day, later in pairwise(dates)], file)
            return per_year
    months = months_between(dates[0], dates[1])
    months = min((months_between(day, later) for day, later in pairwise(dates)), default=months)
    if months not in (1, 3, 6, 12):
        raise InputError(
            "The dates follow no rhythm of days, weeks, months, quarters or years.",
            remedy="Give one row for each period.",
            place=Place(file, field="date"),
        )
    _no_gap(dates, [months_between(day, later) == months for day, later in pairwise(dates)], file)
    return 12 // months


def _no_gap(dates: list[date], steady: list[bool], file: str | None) -> None:
    if not all(steady):
        at = steady.index(False)
        raise InputError(
            f"There is a gap between {dates[at]} and {dates[at + 1]}.",
            remedy="Fill in the missing periods from the publisher, or use the part after the gap.",
            place=Place(file, at + 3, "date"),
        )


def _holds(day: date, event: date, per_year: int, dates: list[date], at: int) -> bool:
    if at + 1 < len(dates):
        return day <= event < dates[at + 1]
    last = (
        add_months(day, 12 // per_year)
        if per_year <= 12
        else date.fromordinal(day.toordinal() + (1 if per_year == 365 else 7))
    )
    return day <= event < last


def _controls(header: list[str], wanted: Sequence[str] | None) -> list[str]:
    offered = [name for name in header if name.lower() not in _OWN]
    if wanted is None:
        return offered
    for name in wanted:
        if name not in offered:
            raise UsageError(
                f"There is no column {name!r} for a control.",
                remedy=f"Columns that can be controls: {', '.join(offered) or 'none'}.",
            )
    return list(wanted)
