"""`entente simulate`: make a trade year of three authorities to practise on."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from entente.simulate import Year, YearResult
from entente.simulate import simulate as make_year
from entente.simulate.law import listing_days
from entente.substances.register import load_register


@click.command()
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the files; made if it is not there.",
)
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files, byte for byte.")
@click.option("--declarations", default=20_000, show_default=True, help="Declarations in all files together.")
@click.option("--start", type=click.DateTime(["%Y-%m-%d"]), default="2024-01-01", show_default=True, help="First day.")
@click.option("--months", default=12, show_default=True, help="Length of the period.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def simulate(out: Path, seed: int, declarations: int, start: datetime, months: int, as_json: bool) -> None:
    """Make a trade year of the authorities US, CN and MX, with planted diversions.

    Writes each authority's declarations, notifications, authorisations, invocations and payments to --out, and what
    really happened to --out/truth. All companies are invented.
    """
    year = Year(
        seed=seed, declarations=declarations, start=start.date(), months=months, listings=listing_days(load_register())
    )
    if as_json:
        result = make_year(year, out)
        click.echo(
            json.dumps(
                {"out": str(out), "rows": result.rows, "movements": result.movements, "diversions": result.diversions}
            )
        )
        return
    with click.progressbar(length=declarations, label="Declarations") as bar:
        result = make_year(year, out, bar.update)
    _print(result, out)


def _print(result: YearResult, out: Path) -> None:
    for name, rows in sorted(result.rows.items()):
        click.echo(f"{rows:>12,}  {out / name}")
    click.echo(f"{result.movements:,} movements, of them {sum(result.diversions.values())} diverted:")
    for kind, count in result.diversions.items():
        click.echo(f"{count:>12,}  {kind}")
