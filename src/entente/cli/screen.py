"""`entente screen`: trade records in, hits, flags, ranked leads and a report out."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from entente.cli.terminal import clock, show_summary, stage_progress, stoppable
from entente.errors import StrictError
from entente.leads.request import RunSummary

_FILE = click.Path(path_type=Path)
_FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the results.")
@click.option(
    "--mapping", "mappings", multiple=True, help="Mapping of columns: a YAML file, or a shipped mapping's name."
)
@click.option(
    "--notifications", multiple=True, type=_FILE, help="Pre-export notifications, for the rules that need them."
)
@click.option("--authorisations", multiple=True, type=_FILE, help="Import and export authorisations.")
@click.option(
    "--invocations", multiple=True, type=_FILE, help="Which country asked for notifications of which substance."
)
@click.option("--payments", multiple=True, type=_FILE, help="Payments that belong to the shipments.")
@click.option("--lists", multiple=True, type=_FOLDER, help="Folder with further control lists.")
@click.option("--rules", multiple=True, type=_FOLDER, help="Folder with further rules, or with fitted weights.")
@click.option("--known-at", type=_DAY, help="Use the register as it stood on this day (YYYY-MM-DD).")
@click.option(
    "--engine", type=click.Choice(["local", "spark"]), default="local", show_default=True, help="Where the work runs."
)
@click.option("--master", help="Spark master URL.  [default: local[2]]")
@click.option("--processes", type=click.IntRange(min=1), help="Worker processes.  [default: one per core]")
@click.option(
    "--memory",
    "memory_mb",
    type=click.IntRange(min=256),
    help="MiB that SQL may use before it spills.  [default: 768]",
)
@click.option("--misspellings/--no-misspellings", default=True, show_default=True, help="Look for misspelt names too.")
@click.option(
    "--sample",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="Unflagged rows added to the work list at random.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of that random choice.")
@click.option(
    "--top",
    type=click.IntRange(min=1, max=2000),
    default=200,
    show_default=True,
    help="Leads shown in full in the report.",
)
@click.option(
    "--lang", type=click.Choice(["en", "zh", "es"]), default="en", show_default=True, help="Language of the report."
)
@click.option("--strict", is_flag=True, help="Leave with exit code 3 if a row was quarantined.")
@click.option("--overwrite", is_flag=True, help="Replace the results of an earlier run in the same folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
def screen(
    files: tuple[Path, ...],
    out: Path,
    as_json: bool,
    strict: bool,
    known_at: datetime | None,
    **options: Any,
) -> None:
    """Screen trade records against the law as it was, and write ranked leads.

    FILES are CSV, Excel or Parquet: single files, folders, or patterns in quotes. Only a declaration id, a date
    and one of description, CAS number and HS code are needed. The results are hits.parquet, flags.parquet,
    leads.parquet, quarantine.parquet, run.json and report.html.
    """
    run_screen(files, out, as_json=as_json, strict=strict, known_at=known_at.date() if known_at else None, **options)


def run_screen(
    files: tuple[Path, ...],
    out: Path,
    *,
    as_json: bool = False,
    strict: bool = False,
    known_at: date | None = None,
    **options: Any,
) -> None:
    """Run and show one screening; the demo calls this too."""
    with stoppable():
        summary = _run(files, out, quiet=as_json, known_at=known_at, **options)
    if as_json:
        click.echo(json.dumps(summary.as_json(), ensure_ascii=False, indent=2))
    else:
        show_summary(summary)
    if strict and summary.quarantined:
        raise StrictError(
            f"The results are written, but rows were quarantined: {summary.quarantined:,}.",
            remedy=f"Read {summary.out / 'quarantine.parquet'}: it has file, line, field, value and reason of each.",
        )


def _run(files: tuple[Path, ...], out: Path, *, quiet: bool, known_at: date | None, **options: Any) -> RunSummary:
    from entente.leads.request import OPTIONAL_TABLES, ScreenRequest
    from entente.leads.run import screen_files

    tables = {name: tuple(options.pop(name, ())) for name in OPTIONAL_TABLES}
    request = ScreenRequest(inputs=files, out=out, tables=tables, known_at=known_at, **options)
    with stage_progress(quiet=quiet) as progress:
        return screen_files(request, clock=clock(), progress=progress)
