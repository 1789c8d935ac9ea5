"""`entente records`: describe, map and convert trade records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from entente.cli.terminal import stoppable
from entente.errors import InputError, Place, StrictError
from entente.records import (
    TABLES,
    Description,
    StageResult,
    load_mapping,
    shipped_mapping_names,
    stage,
    table_spec,
)
from entente.records import convert as convert_files
from entente.records import describe as describe_file
from entente.records.mapping import FileFormat

_LINES = 20
#: More than any terminal has.
_WIDEST = 10_000
_FILE = click.Path(path_type=Path)
_TABLE = click.option("--table", type=click.Choice(TABLES), help="Canonical table.  [default: shipments]")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def records() -> None:
    """Describe, map and convert trade records."""


@records.command()
@click.argument("file", type=_FILE)
@_TABLE
@click.option("--encoding", help="Text encoding, when it is known: utf-8, gb18030, big5, latin-1, ...")
@click.option("--delimiter", help="Character between cells, when it is known.")
@click.option("--sheet", help="Sheet of a workbook.  [default: the first]")
@click.option("--out", type=_FILE, help="Write the proposed mapping to this file.")
@_JSON
def describe(
    file: Path,
    table: str | None,
    encoding: str | None,
    delimiter: str | None,
    sheet: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Show what FILE seems to hold, and propose a mapping for it.

    The proposal comes from the words of the header and from the first cells. Correct it, try it with `entente records
    map`, and give it to `entente screen --mapping`.
    """
    found = describe_file(
        file, table or "shipments", how=FileFormat(encoding=encoding, delimiter=delimiter, sheet=sheet)
    )
    if out is not None:
        _write(out, found.mapping)
    if as_json:
        click.echo(json.dumps({**asdict(found), "path": str(found.path)}, ensure_ascii=False, indent=2))
    else:
        _show_description(found, written=out)


@records.command(name="map")
@click.argument("mapping", required=False)
@click.argument("files", nargs=-1, type=_FILE)
@click.option("--rows", type=click.IntRange(min=1, max=1000), default=5, show_default=True, help="Rows to show.")
@_JSON
def map_(mapping: str | None, files: tuple[Path, ...], rows: int, as_json: bool) -> None:
    """Check a mapping, and show what it makes of FILES.

    MAPPING is a YAML file or the name of a shipped mapping. Without arguments the shipped mappings are listed.
    """
    if mapping is None:
        _list_mappings(as_json=as_json)
        return
    loaded = load_mapping(mapping)
    if not files:
        fields = {rule.name: list(rule.sources) or rule.constant for rule in loaded.rules}
        if as_json:
            _print_json({"mapping": loaded.name, "table": loaded.table, "fields": fields})
        else:
            _show_mapping(loaded.name, loaded.table, fields)
        return
    with TemporaryDirectory(prefix="entente-") as folder:
        staged = stage(loaded.table, list(files), loaded, Path(folder))
        result = {**_summary(staged), "rows": _head(staged, rows), "quarantined_rows": _bad(staged, rows)}
    if as_json:
        _print_json(result)
    else:
        _show_run(staged, result)


@records.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=_FILE, help="Result: a .parquet or a .csv file.")
@click.option("--mapping", help="Mapping of columns: a YAML file, or a shipped mapping's name.")
@_TABLE
@click.option("--processes", type=click.IntRange(min=1), help="Worker processes.  [default: one per core]")
@click.option("--strict", is_flag=True, help="Leave with exit code 3 if a row was quarantined.")
@_JSON
def convert(
    files: tuple[Path, ...],
    out: Path,
    mapping: str | None,
    table: str | None,
    processes: int | None,
    strict: bool,
    as_json: bool,
) -> None:
    """Convert FILES to one file with canonical columns.

    FILES are CSV, Excel or Parquet: single files, folders, or patterns in quotes. Rows that cannot be read go to
    OUT.quarantine.parquet. In a CSV result, a cell that a spreadsheet program would run as a formula gets an
    apostrophe before it; Parquet keeps every cell as it is.
    """
    loaded = load_mapping(mapping) if mapping else None
    chosen = table or (loaded.table if loaded else "shipments")
    with stoppable():
        done = convert_files(chosen, list(files), loaded, out, processes=processes)
    quarantine = done.quarantine and str(done.quarantine)
    if as_json:
        _print_json({"out": str(done.path), "quarantine": quarantine, **_summary(done.staged)})
    else:
        _show_run(done.staged, {})
        click.echo(f"Written: {done.path}" + (f"\nQuarantine: {quarantine}" if quarantine else ""))
    if strict and done.quarantine is not None:
        raise StrictError(
            f"{_rows(done.staged.quarantined)} quarantined.",
            remedy=f"Read {done.quarantine}: it names file, line, field, value and reason of each row.",
        )


def _list_mappings(*, as_json: bool) -> None:
    loaded = [load_mapping(name) for name in shipped_mapping_names()]
    if as_json:
        _print_json([{"mapping": one.name, "table": one.table, "title": dict(one.title)} for one in loaded])
        return
    for one in loaded:
        click.echo(f"{one.name}  ({one.table})\n    {one.title.get('en', '')}")


def _summary(staged: StageResult) -> dict[str, Any]:
    return {
        "rows_read": staged.rows_read,
        "accepted": staged.accepted,
        "quarantined": staged.quarantined,
        "files": [{**asdict(file), "path": str(file.path)} for file in staged.files],
        "warnings": [asdict(warning) for warning in staged.warnings],
    }


def _head(staged: StageResult, rows: int) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    names = table_spec(staged.table).names
    table = pq.read_table(staged.parts[0], columns=list(names)).slice(0, rows)
    return [{name: _plain(value) for name, value in row.items() if value is not None} for row in table.to_pylist()]


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, list)) else str(value)


def _bad(staged: StageResult, rows: int) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(staged.quarantine) as file:
        batch = next(file.iter_batches(rows, columns=["file", "line", "field", "value", "reason", "message"]), None)
    return [] if batch is None else list(batch.to_pylist())


def _print_json(result: Any) -> None:
    click.echo(json.dumps(result, ensure_ascii=False, indent=2))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"The mapping cannot be written: {error.strerror}.",
            remedy="Check the folder and the permissions.",
            place=Place(str(path)),
        ) from error


def _rows(count: int) -> str:
    return "1 row was" if count == 1 else f"{count:,} rows were"


def _show_mapping(name: str, table: str, fields: dict[str, Any]) -> None:
    click.echo(f"{name}: fields of {table} and where they come from")
    for field, source in fields.items():
        words = " + ".join(source) if isinstance(source, list) else f"always {source!r}"
        click.echo(f"  {field:<20} {words}")


def _show_run(staged: StageResult, shown: dict[str, Any]) -> None:
    """What was read, what was not and why, for a person."""
    counts = f"{staged.accepted:,} accepted, {staged.quarantined:,} quarantined"
    click.echo(f"{_rows(staged.rows_read)} read: {counts}")
    for file in staged.files:
        kind = f"{file.kind}, {file.encoding}" if file.encoding else file.kind
        click.echo(f"  {file.path}: {kind}; {file.rows_read:,} read, {file.quarantined:,} quarantined")
    for title, lines in (
        ("Rows", [", ".join(f"{name}={value}" for name, value in row.items()) for row in shown.get("rows", ())]),
        ("Quarantined", [_why(row) for row in shown.get("quarantined_rows", ())]),
        ("Emptied or doubtful values", _warnings(staged)),
    ):
        if lines:
            click.echo(f"{title}:")
            for line in lines[:_LINES]:
                click.echo(f"  {line}")
            if len(lines) > _LINES:
                click.echo(f"  and {len(lines) - _LINES} more kinds (--json lists them)")


def _why(row: dict[str, Any]) -> str:
    place = ", ".join(str(part) for part in (row["file"], f"line {row['line']}", row["field"]) if part)
    return f"{place}: {row['value']!r}: {row['message']}"


def _warnings(staged: StageResult) -> list[str]:
    from entente.leads.reportwords import words

    return list(words("en").warnings({"table": staged.table, **asdict(one)} for one in staged.warnings))


def _show_description(found: Description, *, written: Path | None) -> None:
    console = Console()
    kind = ", ".join(
        str(part) for part in (found.kind, found.encoding, found.delimiter and f"delimiter {found.delimiter!r}") if part
    )
    looked = f"{found.rows_sampled} rows looked at" + (f", {found.unreadable} unreadable" if found.unreadable else "")
    console.print(Text(f"{found.path}: {kind}; {looked}"), soft_wrap=True)
    if not found.encoding_sure:
        console.print(Text("The encoding is a guess: check that the examples read well.", style="yellow"))
    table = _columns(found)
    if console.measure(table, options=console.options.update(max_width=_WIDEST)).maximum <= console.width:
        console.print(table)
    else:
        _list_columns(console, found)
    if found.canonical:
        console.print("The columns have canonical names: no mapping is needed.")
    elif found.missing:
        console.print(Text(f"No column found for: {', '.join(found.missing)}.", style="yellow"))
    if written is None:
        click.echo("\n" + found.mapping)
    elif not found.canonical:
        click.echo(f"\nProposed mapping: {written}\nTry it: entente records map {written} {found.path}")


def _list_columns(console: Console, found: Description) -> None:
    """The columns one below the other, where a table of them would break words."""
    for column in found.columns:
        guess = column.guess
        told = f"proposed: {guess.field} ({guess.confidence:.2f}; {guess.why})" if guess else "not used"
        examples = f"; for example {' · '.join(column.examples)}" if column.examples else ""
        console.print(Text(column.name, style="bold"), soft_wrap=True)
        for line in (told, f"{column.filled} filled{examples}"):
            console.print(Padding(Text(line), (0, 0, 0, 4)), soft_wrap=True)


def _columns(found: Description) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("Column", "Filled", "Examples", "Proposed", "Confidence", "Because"):
        table.add_column(name, overflow="fold")
    for column in found.columns:
        guess = column.guess
        cells = (guess.field, f"{guess.confidence:.2f}", guess.why) if guess else ("", "", "")
        table.add_row(*(Text(cell) for cell in (column.name, str(column.filled), " · ".join(column.examples), *cells)))
    return table
