"""From the bytes of a file to observations and an account of every row.

A file is read once, row by row, so that every row has its line and no row is lost: a row becomes observations, or is
suppressed by its publisher, or holds no value, or is a total, note or unfinished period, or is quarantined with its
reason. What a layout means is one SQL statement over the text of the rows (see `layouts`).
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from entente.errors import InputError, Place
from entente.impact.geos import spellings
from entente.impact.loaders.layouts import Layout, layouts_of
from entente.impact.observations import OBSERVATION
from entente.impact.periods import parse_published

#: What became of a row. `taken` gave at least one value; the others gave none that is a number.
FATES = ("taken", "suppressed", "empty", "total", "unfinished", "note", "quarantined")
_MACROS = """
create or replace macro cleaned(x) as nullif(trim(x), '');
create or replace macro num(x) as try_cast(replace(trim(x), ',', '') as double);
create or replace macro day_of(y, m) as
  case when try_cast(y as int) between 1900 and 2199 and m between 1 and 12
  then make_date(try_cast(y as int)::bigint, m::bigint, 1) end;
create or replace macro month_number(x) as coalesce(
  nullif(list_position(['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
    lower(left(trim(x), 3))), 0),
  try_cast(x as int));
"""


@dataclass(frozen=True, slots=True)
class Release:
    """What is known of a file besides its bytes.

    Args:
        retrieved_at: when the file was fetched or handed in (UTC).
        published: day or month of the release as the person states it; None if the file says it itself or nobody knows.
        indicator: what is counted, where the file does not say it.
        kind: reported, predicted, provisional or final, where the file does not say it.
    """

    retrieved_at: datetime
    published: str | None = None
    indicator: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """Where every row of a file went. The counts of `fates` add up to `rows`."""

    source: str
    layout: str
    sha256: str
    rows: int
    fates: dict[str, int]
    observations: int
    quarantine: tuple[tuple[int, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Observations of one file (`OBSERVATION`) and the account of its rows."""

    observations: pa.Table
    account: Account


@dataclass(slots=True)
class _Rows:
    header: list[str]
    columns: dict[str, list[str]]
    lines: list[int] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)
    notes: int = 0


def load(source: str, content: bytes, release: Release, *, file: str | None = None) -> Loaded:
    """Read one official file.

    Args:
        source: `vsrr`, `wonder`, `cbp`, `nflis`, `canada` or `csv`.
        content: the bytes of the file.
        release: what is known of it.
        file: its name, for messages only; a release day is never read from it.

    Raises:
        InputError: the columns are not those of any layout of the source, or the file needs to be told something.
    """
    rows, layout = _read(source, content, file)
    columns = {
        name: pa.array(rows.columns[name], pa.string())
        if name in rows.columns
        else pa.nulls(len(rows.lines), pa.string())
        for name in layout.columns
    }
    text = pa.table(columns | {"row": pa.array(rows.lines, pa.int64())})
    _need(layout, release, text, file)
    sha = hashlib.sha256(content).hexdigest()
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(_MACROS)
        con.register("raw", text)
        con.register("spelt", spellings())
        for name, table in layout.tables.items():
            con.register(name, table(text))
        parameters = {"indicator": release.indicator or "", "kind": release.kind or ""}
        read = con.sql(layout.sql, params={key: parameters[key] for key in layout.parameters}).to_arrow_table()
    return _account(source, layout, sha, rows, read, release)


def _read(source: str, content: bytes, file: str | None) -> tuple[_Rows, Layout]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if first.count("\t") > first.count(",") else ",")
    header = [_fold(name) for name in next(reader, [])]
    layout, found = _match(source, header, file)
    rows = _Rows(header, {name: [] for name in found})
    places = [(rows.columns[name], position) for name, position in found.items()]
    width = len(header)
    for cells in reader:
        if not cells:
            continue
        if len(cells) != width:
            # The query tool of the publisher puts its notes below the table, one cell a row.
            if source == "wonder" and len(cells) == 1:
                rows.notes += 1
            else:
                rows.bad.append((reader.line_num, f"{len(cells)} cells where the header has {width}"))
            continue
        for column, position in places:
            column.append(cells[position])
        rows.lines.append(reader.line_num)
    return rows, layout


def _fold(name: str) -> str:
    return "".join(character if character.isalnum() else " " for character in name.lower()).strip().replace("  ", " ")


def _match(source: str, header: Sequence[str], file: str | None) -> tuple[Layout, dict[str, int]]:
    """The layout whose needed columns are all there, and where each of its columns stands."""
    missing: dict[str, list[str]] = {}
    for layout in layouts_of(source):
        found = {
            name: next((header.index(spelt) for spelt in accepted if spelt in header), None)
            for name, accepted in layout.columns.items()
        }
        lacking = [name for name in layout.needed if found[name] is None]
        if not lacking:
            return layout, {name: position for name, position in found.items() if position is not None}
        missing[layout.name] = lacking
    wanted = "; ".join(f"{name} needs {', '.join(lacking)}" for name, lacking in missing.items())
    raise InputError(
        f"The columns are not those of a file of {source}: {', '.join(header) or 'none'}.",
        remedy=f"Check that the file is complete and of this source. Missing: {wanted}. A changed file can be "
        f"rewritten as `csv`.",
        place=Place(file=file, line=1),
    )


def _need(layout: Layout, release: Release, text: pa.Table, file: str | None) -> None:
    if layout.asks_indicator and release.indicator is None:
        raise InputError(
            "The file does not say what it counts.",
            remedy="Name it with --indicator, for example --indicator overdose-deaths-t404.",
            place=Place(file=file),
        )
    if text.num_rows == 0:
        raise InputError("The file has no rows.", remedy="Fetch it again from its publisher.", place=Place(file=file))


def _account(source: str, layout: Layout, sha: str, rows: _Rows, read: pa.Table, release: Release) -> Loaded:
    fates: dict[int, str] = {}
    reasons: dict[int, str] = {}
    order = {
        fate: rank for rank, fate in enumerate(("taken", "suppressed", "empty", "total", "unfinished", "quarantined"))
    }
    # A row may give several values (reported and predicted): it is quarantined if one of them is bad, else best fate.
    for row, fate, reason in zip(*(read[name].to_pylist() for name in ("row", "fate", "reason")), strict=True):
        earlier = fates.get(row)
        if fate == "quarantined":
            fates[row], reasons[row] = fate, reason
        elif earlier is None or (earlier != "quarantined" and order[fate] < order[earlier]):
            fates[row] = fate
    counts = Counter(fates.values())
    unread = len(rows.lines) - len(fates)
    counts["quarantined"] += len(rows.bad) + unread
    counts["note"] += rows.notes
    quarantine = sorted([*rows.bad, *reasons.items()])
    good = read.filter(pc.is_in(read["fate"], pa.array(["taken", "suppressed"])))
    if reasons:
        good = good.filter(pc.invert(pc.is_in(good["row"], pa.array(list(reasons), pa.int64()))))
    observations = _dated(layout.gathered(good), release, source, sha)
    account = Account(
        source=source,
        layout=layout.name,
        sha256=sha,
        rows=len(rows.lines) + len(rows.bad) + rows.notes,
        fates={fate: counts[fate] for fate in FATES if counts[fate]},
        observations=observations.num_rows,
        quarantine=tuple(quarantine),
        notes=layout.notes(good, observations),
    )
    return Loaded(observations, account)


def _dated(table: pa.Table, release: Release, source: str, sha: str) -> pa.Table:
    """Put the day of release on every observation: the file's own, else the stated one, else none."""
    stated = parse_published(release.published) if release.published else None
    written = table["published"].to_pylist()
    known = {text: parse_published(text) for text in set(written) if text}
    approximate = table["approximate"].to_pylist()
    days, precisions = [], []
    for text, rough in zip(written, approximate, strict=True):
        day, precision = (known[text] if text and not (rough and stated) else stated) or (None, "unknown")
        days.append(day)
        precisions.append("approximate" if text and rough and not stated else precision)
    count = table.num_rows
    columns = {
        "published_at": pa.array(days, pa.date32()),
        "published_precision": pa.array(precisions, pa.string()),
        "retrieved_at": pa.array([release.retrieved_at] * count, pa.timestamp("us", tz="UTC")),
        "source": pa.array([source] * count, pa.string()),
        "source_sha256": pa.array([sha] * count, pa.string()),
    }
    arrays = [
        columns.get(item.name, table[item.name] if item.name in table.column_names else None) for item in OBSERVATION
    ]
    return pa.table(dict(zip(OBSERVATION.names, arrays, strict=True))).cast(OBSERVATION)
