"""What officers found: outcomes of leads and sample rows, read from a CSV file and settled to one per lead.

Columns `lead_id`, `outcome` (confirmed, cleared or open; empty means open) and `decided_on` (YYYY-MM-DD) are needed,
others are left alone, so that the work list of `entente leads show --csv` can be filled in and handed back. A row that
cannot be understood refuses the file: a guess would move the weights. What is understood and still not used
(open, twice, overtaken by a later decision, contradictory) is counted, and the counts add up.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

from entente.errors import InputError, Place

NEEDED = ("lead_id", "outcome", "decided_on")
CONFIRMED, CLEARED, OPEN = "confirmed", "cleared", "open"
_MAX_BYTES = 64 << 20
_LEAD_ID = re.compile(r"[A-Z2-7]{16}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_COLUMNS_REMEDY = "Begin the file with a line of column names: lead_id,outcome,decided_on,note."


@dataclass(frozen=True, slots=True)
class Outcome:
    """One row of the file. `decided_on` is None only while the outcome is open; `line` is its line in the file."""

    lead_id: str
    outcome: str
    decided_on: date | None
    line: int


@dataclass(frozen=True, slots=True)
class Settled:
    """One outcome a lead, and the rows that are not used: rows read = final + open + twice + overtaken + contradictory.

    Args:
        final: confirmed and cleared outcomes, one a lead.
        open: nothing decided yet.
        twice: repeat what another row says.
        overtaken: another row of the same lead was decided later.
        contradictory: confirmed and cleared on the same last day; neither is used.
    """

    final: tuple[Outcome, ...]
    open: tuple[Outcome, ...]
    twice: tuple[Outcome, ...]
    overtaken: tuple[Outcome, ...]
    contradictory: tuple[Outcome, ...]

    @property
    def read(self) -> int:
        """Rows read."""
        return sum(map(len, (self.final, self.open, self.twice, self.overtaken, self.contradictory)))


def read_outcomes(path: Path, today: date) -> list[Outcome]:
    """Read a CSV file of outcomes.

    Args:
        path: UTF-8, with commas, semicolons or tabs.
        today: nothing can have been decided later.

    Raises:
        InputError: the file cannot be read, lacks a column, has no rows, or holds a row that cannot be understood.
    """
    rows = list(_rows(_text(path), path))
    if not rows:
        raise InputError("This file of outcomes has no rows.", remedy="Add a row a lead.", place=Place(str(path)))
    made: list[Outcome] = []
    problems: list[tuple[int, str, str]] = []
    for line, cells in rows:
        parsed = _outcome(line, cells, today)
        if isinstance(parsed, Outcome):
            made.append(parsed)
        else:
            problems.append((line, *parsed))
    if problems:
        line, field, message = problems[0]
        raise InputError(
            f"{message} ({len(problems)} of {len(rows)} rows cannot be understood; this is the first.)",
            remedy="Correct the file; nothing was fitted. See docs/leads.md for what the columns hold.",
            place=Place(str(path), line, field),
        )
    return made


def settle(outcomes: Iterable[Outcome]) -> Settled:
    """Settle on one outcome a lead: the latest decision stands."""
    parts: dict[str, list[Outcome]] = {name: [] for name in ("final", "open", "twice", "overtaken", "contradictory")}
    ordered = sorted(outcomes, key=lambda one: (one.lead_id, one.decided_on or date.min, one.line))
    for _, same_lead in groupby(ordered, key=lambda one: one.lead_id):
        _settle_one(list(same_lead), parts)
    return Settled(**{name: tuple(sorted(rows, key=lambda one: one.line)) for name, rows in parts.items()})


def _settle_one(rows: Sequence[Outcome], parts: dict[str, list[Outcome]]) -> None:
    """Sort the rows of one lead, oldest first, into `parts`."""
    last = [row for row in rows if row.decided_on == rows[-1].decided_on]
    decided = {row.outcome for row in last} - {OPEN}
    if len(decided) > 1:
        parts["contradictory"] += rows
        return
    standing = next(row for row in last if row.outcome in (decided or {OPEN}))
    parts["final" if decided else "open"].append(standing)
    for row in rows:
        if row is not standing:
            same = (row.outcome, row.decided_on) == (standing.outcome, standing.decided_on)
            parts["twice" if same else "overtaken"].append(row)


def _text(path: Path) -> str:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MAX_BYTES else None
    except OSError as error:
        raise InputError(
            f"This file cannot be read: {error.strerror}.", remedy="Check the path.", place=Place(str(path))
        ) from error
    if content is None:
        raise InputError(
            f"This file of outcomes is larger than {_MAX_BYTES >> 20} MiB.",
            remedy="Give a row a lead, without attachments.",
            place=Place(str(path)),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            "This is not UTF-8.", remedy='Save it as "CSV UTF-8" and try again.', place=Place(str(path), line)
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise InputError("This is not text.", remedy='Save it as "CSV UTF-8".', place=Place(str(path), line))
    return text


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and needed cells of each row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: dict[str, int] | None = None
    width = 0
    try:
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if header is None:
                header, width = _header(cells, path), len(cells)
                continue
            if len(cells) != width:
                raise InputError(
                    f"This row has {len(cells)} cells; the first line names {width} columns.",
                    remedy="Put texts that hold the delimiter or a line break into double quotes.",
                    place=Place(str(path), reader.line_num),
                )
            yield reader.line_num, {name: cells[at].strip() for name, at in header.items()}
    except csv.Error as error:
        raise InputError(
            f"This is not CSV: {error}.", remedy='Save it as "CSV UTF-8".', place=Place(str(path), reader.line_num)
        ) from error


def _delimiter(text: str) -> str:
    """The sign that cuts the first line into most cells: spreadsheets write semicolons in half of the world."""
    first = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _header(cells: Sequence[str], path: Path) -> dict[str, int]:
    names = [cell.strip().casefold() for cell in cells]
    for name in NEEDED:
        if names.count(name) != 1:
            what = "no column" if name not in names else "more than one column"
            raise InputError(f"There is {what} {name}.", remedy=_COLUMNS_REMEDY, place=Place(str(path), 1, name))
    return {name: names.index(name) for name in NEEDED}


def _outcome(line: int, cells: dict[str, str], today: date) -> Outcome | tuple[str, str]:
    """The row's outcome, or the field that is wrong and what is wrong with it."""
    lead_id, outcome = cells["lead_id"].upper(), cells["outcome"].casefold() or OPEN
    if not _LEAD_ID.fullmatch(lead_id):
        return "lead_id", f"{cells['lead_id'][:40]!r} is no number of a lead, which has 16 letters and digits."
    if outcome not in (CONFIRMED, CLEARED, OPEN):
        return "outcome", f"{cells['outcome'][:40]!r} is no outcome; write confirmed, cleared or open."
    decided_on = _day(cells["decided_on"])
    if decided_on is None and (cells["decided_on"] or outcome != OPEN):
        return "decided_on", f"{cells['decided_on'][:40]!r} is no day; write YYYY-MM-DD."
    if decided_on is not None and decided_on > today:
        return "decided_on", f"{decided_on} lies in the future."
    return Outcome(lead_id, outcome, decided_on, line)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
