"""`entente parties`: know a party again across scripts and files."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click

from entente.cli.parties_link import link
from entente.cli.parties_watch import screen, watchlist
from entente.errors import InputError, MissingComponentError, Place
from entente.parties.matching import Candidates, match
from entente.parties.model import Model, load

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_OUT = click.Path(path_type=Path, dir_okay=False)
_MODEL = click.option("--model", "model_file", type=_FILE, help="Model file.  [default: the shipped one]")


@click.group()
def parties() -> None:
    """Know a party again: names across scripts, linkage, watch lists."""


parties.add_command(link)
parties.add_command(watchlist)
parties.add_command(screen)


@parties.command(name="match")
@click.argument("queries", type=_FILE)
@click.argument("candidates", type=_FILE)
@click.option("--out", required=True, type=_OUT, help="Result: a .parquet or a .csv file.")
@click.option(
    "--top", type=click.IntRange(1, 100), default=10, show_default=True, help="Candidates for each query at most."
)
@_MODEL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def match_(queries: Path, candidates: Path, out: Path, top: int, model_file: Path | None, *, as_json: bool) -> None:
    """Find the parties of QUERIES among CANDIDATES, ranked, each with a verdict and its reasons.

    Both are CSV or Parquet with the columns id and name, and if known kind (person, company), country, city, address,
    born and identifiers.
    """
    from entente.parties.files import read_parties, write_matches

    model = _model(model_file)
    asked, known = read_parties(queries), read_parties(candidates)
    rows = write_matches(out, match(asked.records, Candidates(known.records, model), top))
    refused = [
        {"kind": kind, "reason": reason, "count": count}
        for source in (asked, known)
        for (kind, reason), count in sorted(source.refused.items())
    ]
    if as_json:
        click.echo(
            json.dumps(
                {
                    "out": str(out),
                    "queries": len(asked.records),
                    "candidates": len(known.records),
                    "rows": rows,
                    "refused_identifiers": refused,
                }
            )
        )
        return
    click.echo(f"{len(asked.records):,} queries, {len(known.records):,} candidates, {rows:,} rows written to {out}")
    for one in refused:
        click.echo(f"  {one['count']} identifiers were not used: {one['kind']}, {one['reason']}")


@parties.command()
@click.argument("name_a")
@click.argument("name_b")
@click.option("--kind", type=click.Choice(["person", "company"]), help="What both are, where it is known.")
@click.option("--lang", type=click.Choice(["en", "zh", "es"]), default="en", show_default=True, help="Language.")
@_MODEL
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def explain(name_a: str, name_b: str, kind: str | None, lang: str, model_file: Path | None, *, as_json: bool) -> None:
    """Say why two names have their score, piece by piece."""
    from entente.parties.explain import explain as explain_pair

    found = explain_pair(name_a, name_b, _model(model_file), lang, kind)
    if as_json:
        document = {
            "score": found.scored.probability,
            "verdict": found.scored.verdict,
            "pieces": list(found.pieces),
            "reasons": list(found.reasons),
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    click.echo(found.summary)
    for line in (*found.pieces, *found.reasons):
        click.echo(f"  {line}")


@parties.command()
@click.argument("pairs", type=_FILE)
@click.option("--out", required=True, type=_OUT, help="Model file to write (.json.gz).")
@click.option("--strangers", type=_FILE, help="CSV with a column name: other parties, as wrong answers.")
@click.option("--trained-on", required=True, help="What the pairs are, for the model card.")
@click.option("--version", "version_", default="own", show_default=True, help="Version of the model.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Seed of the folds.")
def train(pairs: Path, out: Path, strangers: Path | None, trained_on: str, version_: str, seed: int) -> None:
    """Learn a model from PAIRS, a CSV with the columns name_zh and name_en; the same pairs give the same file.

    Needs the extra `money` (LightGBM).
    """
    from entente.parties.model import write
    from entente.parties.train import train as train_model

    rows = [(row["name_zh"], row["name_en"]) for row in _rows(pairs, ("name_zh", "name_en"))]
    others = [row["name"] for row in _rows(strangers, ("name",))] if strangers else []
    document = train_model(rows, others, version=version_, trained_on=trained_on, seed=seed)
    write(document, out)
    click.echo(f"{len(rows):,} pairs, {len(document['renderings'])} renderings learned, written to {out}")


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("This file cannot be read.", remedy="Give a CSV in UTF-8.", place=Place(str(path))) from error
    if not rows or any(name not in rows[0] for name in needed):
        raise InputError(
            f"This file needs the columns {', '.join(needed)}.", remedy="Name its columns so.", place=Place(str(path))
        )
    return rows


def _model(file: Path | None) -> Model:
    try:
        import pypinyin  # noqa: F401 - so that its absence is told before any work
    except ImportError as error:
        raise MissingComponentError(
            "Names in Hanzi need the extra `parties`.", remedy='Install it: pip install "entente[parties]".'
        ) from error
    return load(file)
