"""`entente impact`: indicators with their vintages, effects that pass gates, and claims."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from entente.cli.impact_extra import needs_impact
from entente.errors import InputError, Place, UsageError
from entente.impact.loaders.base import Account, Release, load
from entente.impact.loaders.layouts import SOURCES
from entente.impact.methods.problem import METHODS, Problem
from entente.impact.observations import KINDS
from entente.impact.store import IndicatorStore

_STORE = click.Path(file_okay=False, path_type=Path)


def as_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """Read a date written YYYY-MM-DD."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(
            f"{value!r} is not a day; write YYYY-MM-DD, for example 2019-05-01.", ctx, param
        ) from error


def store_option(command: Any) -> Any:
    """`--store DIR`."""
    text = "Folder of the indicator store."
    return click.option("--store", "folder", type=_STORE, default="indicators", show_default=True, help=text)(command)


def meaning_options(command: Any) -> Any:
    """`--period`, `--basis`, `--kind`, `--as-of`: which series is meant."""
    for option in (
        click.option(
            "--as-of",
            callback=as_day,
            default=None,
            help="As it stood on that day; releases without a known day are left out.",
        ),
        click.option("--kind", type=click.Choice(KINDS), default=None, help="Only values of this kind."),
        click.option(
            "--basis",
            default=None,
            help="Only this basis: residence, occurrence, place-of-seizure, place-of-laboratory.",
        ),
        click.option(
            "--period",
            "period_kind",
            type=click.Choice(["month", "quarter", "half", "year", "months12"]),
            default=None,
            help="Only periods of this kind; months12 is twelve months that end with each month.",
        ),
    ):
        command = option(command)
    return command


@click.group()
def impact() -> None:
    """Say whether it worked: indicators with their vintages, effects with gates, claims with evidence."""


@impact.command("import")
@click.argument("source", type=click.Choice(SOURCES))
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@store_option
@click.option(
    "--published",
    default=None,
    help="Day (YYYY-MM-DD) or month (YYYY-MM) of the release, if the file does not say it. Never taken from the "
    "file's name or date.",
)
@click.option(
    "--indicator", default=None, help="What the file counts, if it does not say it, for example overdose-deaths-t404."
)
@click.option("--kind", type=click.Choice(KINDS), default=None, help="Kind of the values, if the file does not say it.")
@click.option("--json", "as_json", is_flag=True, help="Print the account of the rows as JSON.")
def import_files(
    source: str,
    files: tuple[Path, ...],
    folder: Path,
    published: str | None,
    indicator: str | None,
    kind: str | None,
    *,
    as_json: bool,
) -> None:
    """Read official FILES of a SOURCE into the indicator store; every row is accounted for."""
    store = IndicatorStore(folder)
    accounts = []
    for path in files:
        release = Release(datetime.now(UTC), published, indicator, kind)
        loaded = load(source, path.read_bytes(), release, file=str(path))
        new = store.add(loaded)
        accounts.append((path, loaded.account, new))
    if as_json:
        click.echo(
            json.dumps(
                [_account(path, account, new=new) for path, account, new in accounts], ensure_ascii=False, indent=2
            )
        )
        return
    for path, account, new in accounts:
        _say_account(path, account, new=new)


def _account(path: Path, account: Account, *, new: bool) -> dict[str, Any]:
    return {
        "file": str(path),
        "sha256": account.sha256,
        "layout": account.layout,
        "rows": account.rows,
        "fates": account.fates,
        "observations": account.observations,
        "quarantine": [{"line": line, "reason": reason} for line, reason in account.quarantine],
        "notes": list(account.notes),
        "new": new,
    }


def _say_account(path: Path, account: Account, *, new: bool) -> None:
    fates = ", ".join(f"{count:,} {fate}" for fate, count in account.fates.items())
    click.echo(
        f"{path}: {account.rows:,} rows ({account.layout}): {fates}. {account.observations:,} "
        f"observations{'' if new else ', which were in the store already'}."
    )
    for line, reason in account.quarantine[:5]:
        click.echo(f"  line {line}: {reason}")
    if len(account.quarantine) > 5:
        click.echo(f"  … and {len(account.quarantine) - 5} more; --json lists them all.")
    for note in account.notes:
        click.echo(f"  Note: {note}")


@impact.command()
@click.argument("indicator", required=False)
@click.option(
    "--geo", default="US", show_default=True, help="Place: a country, or its part as in ISO 3166-2, for example US-CA."
)
@meaning_options
@click.option("--revisions", is_flag=True, help="Show all known releases side by side, and how much numbers changed.")
@click.option(
    "--deaccumulate",
    is_flag=True,
    help="Take single months out of twelve-month sums, seeded by monthly values of the store.",
)
@click.option("--seed-basis", default=None, help="Basis of the monthly values that seed --deaccumulate.")
@click.option(
    "--seed-kind", type=click.Choice(KINDS), default=None, help="Kind of the monthly values that seed --deaccumulate."
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(
    indicator: str | None,
    *,
    geo: str,
    period_kind: str | None,
    basis: str | None,
    kind: str | None,
    as_of: date | None,
    folder: Path,
    seed_basis: str | None,
    seed_kind: str | None,
    revisions: bool,
    deaccumulate: bool,
    as_json: bool,
) -> None:
    """Show the series of an INDICATOR as it stood on any day; without one, list what the store holds."""
    from entente.cli import impact_view as view
    from entente.impact import series as read
    from entente.impact.revisions import triangles

    store = IndicatorStore(folder)
    if indicator is None:
        view.indicators(store.indicators(), as_json=as_json)
        return
    if revisions:
        view.revisions(triangles(store, indicator, geo, as_of), as_json=as_json)
        return
    if deaccumulate:
        sums = read.find_series(store, indicator, geo, period_kind="months12", basis=basis, kind=kind, as_of=as_of)
        seed = read.find_series(
            store, indicator, geo, period_kind="month", basis=seed_basis, kind=seed_kind, as_of=as_of
        )
        view.series(read.deaccumulate(sums, seed), as_json=as_json)
        return
    view.series(
        read.find_series(store, indicator, geo, period_kind=period_kind, basis=basis, kind=kind, as_of=as_of),
        as_json=as_json,
    )


@impact.command()
@click.argument("outcome")
@click.option(
    "--event", callback=as_day, required=True, help="Day of the event; the period that holds it is the first one after."
)
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="bsts",
    show_default=True,
    help="How the effect is estimated.",
)
@click.option(
    "--controls",
    multiple=True,
    help="Series that the event did not touch: columns of the CSV file, or places of the store. Commas separate "
    "several. In a CSV file all further columns are controls by default; `none` leaves them out.",
)
@click.option("--geo", default="US", show_default=True, help="Place of an indicator of the store.")
@meaning_options
@click.option("--window", type=int, default=None, help="Periods after the event to look at; a year's by default.")
@click.option(
    "--expect",
    type=click.Choice(["any", "decrease", "increase"]),
    default="any",
    show_default=True,
    help="Which way the change was claimed to go.",
)
@click.option(
    "--meaningful", type=float, default=0.2, show_default=True, help="Smallest change that would matter, as a share."
)
@click.option(
    "--scale",
    type=click.Choice(["ratio", "difference"]),
    default=None,
    help="Effects as a share of change or as a difference; a share for counts by default.",
)
@click.option(
    "--tests",
    type=int,
    default=1,
    show_default=True,
    help="How many such questions are asked together; the interval is widened for them.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="Of the random numbers: the same seed gives the same answer."
)
@click.option(
    "--lang", type=click.Choice(["en", "zh", "es"]), default="en", show_default=True, help="Language of the verdict."
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@needs_impact
def effect(
    outcome: str,
    event: date,
    *,
    method: str,
    controls: tuple[str, ...],
    geo: str,
    period_kind: str | None,
    basis: str | None,
    kind: str | None,
    as_of: date | None,
    window: int | None,
    expect: str,
    meaningful: float,
    scale: str | None,
    tests: int,
    seed: int,
    lang: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Estimate what an event did to OUTCOME (an indicator of the store, or a CSV file), and say what may be claimed.

    A CSV file has the columns date, value, and if there are any offset (population), negative (an outcome that the
    event cannot have changed), and controls.
    """
    from entente.cli import impact_view as view
    from entente.impact.asking import from_store
    from entente.impact.catalogue import label_of
    from entente.impact.effect import Question, measure
    from entente.impact.gates.settings import DEFAULT
    from entente.impact.seriesfile import read_problem

    if not 0 < meaningful < 1:
        raise UsageError(
            f"--meaningful is a share between 0 and 1, and not {meaningful}.", remedy="Write 0.2 for 20 %."
        )
    if tests < 1:
        raise UsageError(f"--tests counts questions, and {tests} is none.", remedy="Write 1 or more.")
    named = [name.strip() for item in controls for name in item.split(",") if name.strip()]
    wanted = [] if named == ["none"] else named or None
    negative = None
    path = Path(outcome)
    if path.suffix.lower() == ".csv":
        if not path.is_file():
            raise InputError(f"There is no file {outcome}.", remedy="Check the name.", place=Place(file=outcome))
        problem, negative = read_problem(path.read_bytes(), event, scale=scale, controls=wanted, file=outcome)
        what = path.stem
    else:
        meaning = {"period_kind": period_kind, "basis": basis, "kind": kind}
        problem = from_store(
            IndicatorStore(folder), outcome, geo, event, wanted or [], as_of=as_of, scale=scale, **meaning
        )
        what = label_of(outcome, lang)
    settings = DEFAULT.with_meaningful(meaningful)
    result = measure(Question(problem, method, window, expect, tests, seed, settings, negative))
    view.effect(result, what, event, lang, as_json=as_json)


@impact.group()
def claims() -> None:
    """Claims, and what the data say to them."""


@claims.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@click.option(
    "--series",
    "given",
    multiple=True,
    help="NAME=FILE.csv: a series that a claim names and the store does not hold. May be given more than once.",
)
@click.option("--as-of", callback=as_day, default=None, help="Only what was published by that day.")
@click.option(
    "--method",
    type=click.Choice(METHODS),
    default="bsts",
    show_default=True,
    help="How effects are estimated.",
)
@click.option(
    "--lang",
    type=click.Choice(["en", "zh", "es"]),
    default="en",
    show_default=True,
    help="Language of the evidence.",
)
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@needs_impact
def check(
    file: Path | None,
    *,
    given: tuple[str, ...],
    as_of: date | None,
    method: str,
    lang: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Give a verdict with its evidence for each claim of FILE; without one, for the claims of the worked example."""
    from entente.cli import impact_view as view
    from entente.impact.claims import RECORD, Checking, check_claims, read_claims

    path = file or RECORD / "claims.yaml"
    found = read_claims(path.read_bytes(), str(path))
    checking = Checking(IndicatorStore(folder), series_files(given), lang, as_of, method)
    view.claims(check_claims(found, checking), lang, as_json=as_json)


def series_files(given: tuple[str, ...]) -> dict[str, Callable[[date], Problem]]:
    """NAME=FILE.csv -> the question that the file holds for an event."""
    from entente.impact.seriesfile import read_problem

    def reader(path: Path) -> Callable[[date], Problem]:
        content = path.read_bytes()
        return lambda event: read_problem(content, event, file=str(path))[0]

    found = {}
    for item in given:
        name, mark, path = item.partition("=")
        if not mark or not Path(path).is_file():
            raise UsageError(
                f"{item!r} is not NAME=FILE with a file that exists.", remedy="Write --series name=file.csv."
            )
        found[name] = reader(Path(path))
    return found
