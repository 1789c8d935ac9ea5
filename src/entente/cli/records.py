"""`entente records`: describe, map and convert trade records."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from entente.errors import StrictError
from entente.records import TABLES, Description, StageResult, load_mapping, shipped_mapping_names, stage, table_spec
from entente.records import convert as convert_files
from entente.records import describe as describe_file
from entente.records.mapping import FileFormat

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
        out.write_text(found.mapping, encoding="utf-8")
    if as_json:
        click.echo(json.dumps({**asdict(found), "path": str(found.path)}, ensure_ascii=False, indent=2))
    else:
        _show_description(found)


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
        _echo({"mapping": loaded.name, "table": loaded.table, "fields": fields}, as_json=as_json)
        return
    with TemporaryDirectory(prefix="entente-") as folder:
        staged = stage(loaded.table, list(files), loaded, Path(folder))
        shown = _head(staged, rows)
        summary = _summary(staged)
    _echo({**summary, "rows": shown}, as_json=as_json)


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
    done = convert_files(chosen, list(files), loaded, out, processes=processes)
    summary = _summary(done.staged)
    _echo({"out": str(done.path), "quarantine": done.quarantine and str(done.quarantine), **summary}, as_json=as_json)
    if strict and done.quarantine is not None:
        raise StrictError(
            f"{done.staged.quarantined} rows were quarantined.",
            remedy=f"Read {done.quarantine}: it names file, line, field, value and reason of each row.",
        )


def _list_mappings(*, as_json: bool) -> None:
    loaded = [load_mapping(name) for name in shipped_mapping_names()]
    if as_json:
        click.echo(
            json.dumps(
                [{"mapping": one.name, "table": one.table, "title": one.title} for one in loaded],
                ensure_ascii=False,
                indent=2,
            )
        )
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


def _echo(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, indent=2))
        return
    for name, value in result.items():
        if isinstance(value, list):
            click.echo(f"{name}:" + ("" if value else " none"))
            for item in value:
                click.echo("  " + ", ".join(f"{key}={part}" for key, part in item.items()))
        elif isinstance(value, dict):
            click.echo(f"{name}:")
            for key, part in value.items():
                click.echo(f"  {key}: {', '.join(part) if isinstance(part, list) else part}")
        else:
            click.echo(f"{name}: {'none' if value is None else value}")


def _show_description(found: Description) -> None:
    console = Console()
    kind = ", ".join(
        str(part) for part in (found.kind, found.encoding, found.delimiter and f"delimiter {found.delimiter!r}") if part
    )
    console.print(
        Text(f"{found.path}: {kind}; {found.rows_sampled} rows sampled, {found.unreadable} unreadable"), soft_wrap=True
    )
    if not found.encoding_sure:
        console.print(Text("The encoding is a guess: check that the examples read well.", style="yellow"))
    console.print(_columns(found))
    if found.canonical:
        console.print("The columns have canonical names: no mapping is needed.")
    elif found.missing:
        console.print(Text(f"No column found for: {', '.join(found.missing)}.", style="yellow"))
    click.echo("\n" + found.mapping)


def _columns(found: Description) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for name in ("Column", "Filled", "Examples", "Proposed", "Confidence", "Because"):
        table.add_column(name, overflow="fold")
    for column in found.columns:
        guess = column.guess
        cells = (guess.field, f"{guess.confidence:.2f}", guess.why) if guess else ("", "", "")
        table.add_row(*(Text(cell) for cell in (column.name, str(column.filled), " · ".join(column.examples), *cells)))
    return table
