"""`entente parties watchlist` and `entente parties screen`: lists of parties to look out for."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from entente.errors import InputError, Place, UsageError
from entente.parties.model import load as load_model
from entente.parties.watch.model import dump, load
from entente.parties.watch.reading import FORMS, import_list

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)


@click.group()
def watchlist() -> None:
    """Import watch lists and show what they hold."""


@watchlist.command(name="import")
@click.argument("file", type=_FILE)
@click.option("--form", required=True, type=click.Choice(list(FORMS)), help="In which form the list was published.")
@click.option("--name", required=True, help="Short name, as hits cite it: OFAC-SDN.")
@click.option("--edition", help="Edition or day of publication, where the file does not tell it.")
@click.option("--out", required=True, type=_OUT, help="Imported list to write (.json).")
def import_(file: Path, form: str, name: str, edition: str | None, out: Path) -> None:
    """Turn FILE, a list as it was published, into a list that `entente parties screen` takes."""
    made = import_list(file, form, name=name, version=edition, today=datetime.now(UTC).date().isoformat())
    try:
        out.write_text(dump(made), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"The list cannot be written: {error.strerror}.", remedy="Name another file.", place=Place(str(out))
        ) from error
    click.echo(f"{made.name}, edition {made.version}: {len(made.entries):,} entries written to {out}")
    for reason, count in made.refused:
        click.echo(f"  {count:,} not read: {reason}")


@watchlist.command()
@click.argument("lists", nargs=-1, required=True, type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(lists: tuple[Path, ...], *, as_json: bool) -> None:
    """Show name, edition, origin and size of imported LISTS."""
    loaded = [load(path) for path in lists]
    rows = [
        {
            "list": one.name,
            "edition": one.version,
            "entries": len(one.entries),
            "names": sum(len(entry.names) for entry in one.entries),
            "file": one.file,
            "sha256": one.sha256,
            "imported": one.imported,
            "refused": dict(one.refused),
        }
        for one in loaded
    ]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['list']}, edition {row['edition']}: {row['entries']:,} entries, {row['names']:,} names")
        click.echo(f"  {row['file']}, SHA-256 {row['sha256']}, imported {row['imported']}")


@click.command()
@click.argument("mentions", type=_FILE)
@click.option("--watchlist", "lists", multiple=True, required=True, type=_FILE, help="Imported list.")
@click.option("--out", required=True, type=_OUT, help="Hits: a .parquet or a .csv file.")
@click.option("--since", type=_FILE, help="Hits of an earlier run (.parquet), to say what changed.")
@click.option("--changes", "changes_out", type=_OUT, help="With --since: write only what changed to this file.")
@click.option("--model", "model_file", type=_FILE, help="Model file.  [default: the shipped one]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def screen(
    mentions: Path,
    lists: tuple[Path, ...],
    out: Path,
    since: Path | None,
    changes_out: Path | None,
    model_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Compare MENTIONS (columns as for `match`) with watch lists; each hit names list, entry, programme and alias.

    OUT holds all hits, with a column that says what changed since the run of --since, and those that are gone.
    """
    import pyarrow as pa

    from entente.parties.files import read_parties, write_table
    from entente.parties.watch.screening import HITS, SAME, changes
    from entente.parties.watch.screening import screen as screen_mentions

    watch = [load(path) for path in lists]
    hits = list(screen_mentions(read_parties(mentions).records, watch, load_model(model_file)))
    if since is not None:
        hits = changes(hits, _earlier(since))
    if changes_out is not None:
        write_table(changes_out, pa.Table.from_pylist([hit for hit in hits if hit["change"] != SAME], HITS))
    write_table(out, pa.Table.from_pylist(hits, HITS))
    counts: dict[str, int] = {}
    for hit in hits:
        counts[hit["change"]] = counts.get(hit["change"], 0) + 1
    if as_json:
        editions = {one.name: one.version for one in watch}
        click.echo(json.dumps({"out": str(out), "lists": editions, "hits": len(hits), "changes": counts}))
        return
    said = ", ".join(f"{count:,} {change}" for change, count in sorted(counts.items())) or "none"
    click.echo(f"Hits: {said}; written to {out}")


def _earlier(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from entente.parties.watch.screening import HITS

    try:
        rows: list[dict[str, Any]] = pq.read_table(path).select(HITS.names).to_pylist()
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(
            "These are no hits of an earlier run.",
            remedy="Give the .parquet file that an earlier `entente parties screen` wrote in full.",
            place=Place(str(path)),
        ) from error
    return rows
