"""`entente parties link`: mentions to parties."""

from __future__ import annotations

import json
from pathlib import Path

import click

from entente.cli.terminal import stoppable
from entente.errors import InputError, Place, UsageError

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_DIR = click.Path(path_type=Path, file_okay=False)


@click.command()
@click.argument("files", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=_DIR, help="Folder for clusters, edges, review and history (.parquet).")
@click.option("--judgements", type=_FILE, help="CSV of what officers said of pairs; it is read and never written.")
@click.option("--previous", type=_DIR, help="Folder of an earlier run, whose party ids are kept.")
@click.option(
    "--block-cap",
    type=click.IntRange(2, 10_000),
    default=100,
    show_default=True,
    help="A value that more distinct mentions share than this brings no pair together.",
)
@click.option("--model", "model_file", type=_FILE, help="Model file.  [default: the shipped one]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def link(
    files: tuple[Path, ...],
    out: Path,
    judgements: Path | None,
    previous: Path | None,
    block_cap: int,
    model_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Resolve the mentions in FILES to parties.

    FILES are CSV or Parquet with the columns of `match`, or mentions (record_table, record_id, role, name, identifier,
    address, country). An id that stands twice is refused.
    """
    import pyarrow.parquet as pq

    from entente.parties.files import read_parties
    from entente.parties.link.judgements import read
    from entente.parties.link.run import Options
    from entente.parties.link.run import link as link_mentions
    from entente.parties.model import load

    mentions = [record for path in files for record in read_parties(path).records]
    if len({record.id for record in mentions}) != len(mentions):
        raise InputError("An id stands twice in these mentions.", remedy="Give each mention an id of its own.")
    said = read(judgements) if judgements else []
    before = _before(previous) if previous else {}
    with stoppable():
        done = link_mentions(mentions, load(model_file), said, before, Options(block_cap))
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name in ("clusters", "edges", "review", "history"):
            pq.write_table(getattr(done, name), out / f"{name}.parquet")
    except OSError as error:
        raise UsageError(
            f"The folder cannot be written: {error.strerror}.", remedy="Name another folder.", place=Place(str(out))
        ) from error
    if as_json:
        click.echo(json.dumps({"out": str(out), **done.counts}))
        return
    counts = done.counts
    click.echo(f"{counts['mentions']:,} mentions, {counts['distinct']:,} distinct, {counts['parties']:,} parties")
    click.echo(f"  {counts['linked']:,} links, {counts['cut']:,} cut, {done.review.num_rows:,} pairs for review")
    if counts["judgements"]:
        click.echo(f"  {counts['judgements']:,} judgements kept")
    for name, values in counts["crowded_blocks"].items():
        if values:
            click.echo(f"  {values:,} values of {name} are shared by more than {block_cap} and bring no pair together")


def _before(folder: Path) -> dict[str, str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "clusters.parquet"
    try:
        table = pq.read_table(path, columns=["mention_id", "party_id"])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise InputError(
            "This folder holds no earlier run.",
            remedy="Give the folder that an earlier `entente parties link` wrote.",
            place=Place(str(path)),
        ) from error
    return dict(zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True))
