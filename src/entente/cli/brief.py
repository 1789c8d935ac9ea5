"""`entente brief`: the brief for a meeting, as PDF and HTML in three languages."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import click

from entente.cli.impact import as_day, series_files
from entente.cli.impact_extra import needs_impact
from entente.errors import UsageError
from entente.impact.catalogue import LANGUAGES
from entente.impact.store import IndicatorStore


@click.group()
def brief() -> None:
    """Build the brief for the next meeting from what was public on its day."""


@brief.command()
@click.option("--meeting", callback=as_day, required=True, help="Day of the meeting; nothing published later is used.")
@click.option("--lang", default="en,zh,es", show_default=True, help="Languages, separated by commas: en, zh, es.")
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder for the files.")
@click.option(
    "--store",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default="indicators",
    show_default=True,
    help="Folder of the indicator store; without one, the shipped facts are used.",
)
@click.option(
    "--series",
    "given",
    multiple=True,
    help="NAME=FILE.csv: a series that a claim names and the store does not hold. May be given more than once.",
)
@needs_impact
def build(meeting: date, lang: str, out: Path, folder: Path, given: tuple[str, ...]) -> None:
    """Write brief-LANG.pdf, brief-LANG.html and brief-LANG.json for each language.

    The same inputs give the same bytes. The JSON file is the data object that both are printed from.
    """
    from entente.impact.brief.data import brief_data, shipped_record
    from entente.impact.brief.pages import html, pdf
    from entente.impact.claims import Checking

    languages = [one.strip() for one in lang.split(",") if one.strip()]
    if not languages or not set(languages) <= set(LANGUAGES):
        raise UsageError(f"--lang {lang!r} names no known languages.", remedy=f"Choose from {', '.join(LANGUAGES)}.")
    store, record, series = IndicatorStore(folder), shipped_record(), series_files(given)
    out.mkdir(parents=True, exist_ok=True)
    for one in dict.fromkeys(languages):
        data = brief_data(store, meeting, one, Checking(store, series, one, meeting), record)
        (out / f"brief-{one}.pdf").write_bytes(pdf(data))
        (out / f"brief-{one}.html").write_text(html(data), encoding="utf-8")
        plain = json.dumps(data, ensure_ascii=False, indent=1)
        (out / f"brief-{one}.json").write_text(plain + "\n", encoding="utf-8")
        click.echo(str(out / f"brief-{one}.pdf"))
