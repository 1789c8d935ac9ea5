"""`entente demo`: the bundled sample through the whole of `entente screen`."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

from entente.cli.screen import run_screen
from entente.leads.request import OPTIONAL_TABLES


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default="demo-out",
    show_default=True,
    help="Folder for the results.",
)
def demo(out: Path) -> None:
    """Screen the bundled sample: a made-up trade year between three countries, with diversions planted in it."""
    with as_file(files("entente.simulate") / "sample") as sample:
        tables: dict[str, Any] = {name: (sample / f"{name}.parquet",) for name in OPTIONAL_TABLES}
        run_screen((sample / "shipments",), out, overwrite=True, **tables)
