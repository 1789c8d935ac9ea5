"""`entente substances`: ask the register of control lists, and look after it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from entente.cli import substances_plain as plain
from entente.cli import substances_view as view
from entente.errors import UsageError
from entente.substances import check as ask
from entente.substances import listings_on, load_register
from entente.substances.diff import diff as compare
from entente.substances.document import read_document
from entente.substances.register import Register, list_files, shipped_folders
from entente.substances.resolve import near_names
from entente.substances.validate import validate as find_problems


def as_day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    """Read a date written YYYY-MM-DD."""
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        message = f"{value!r} is not a day; write YYYY-MM-DD, for example 2024-10-01."
        raise click.BadParameter(message, ctx, param) from error


def as_country(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Read an ISO 3166-1 alpha-2 code (or EU, UN), in either case."""
    code = None if value is None else value.strip().upper()
    if code is not None and (len(code) != 2 or not code.isascii() or not code.isalpha()):
        message = f"{value!r} is not a country; write its ISO 3166-1 code, for example CN, MX or US."
        raise click.BadParameter(message, ctx, param)
    return code


def as_countries(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Read several codes."""
    return tuple(str(as_country(ctx, param, value)) for value in values)


Command = Callable[..., None]
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def lists_option(command: Command) -> Command:
    """`--lists DIR`, as often as wanted."""
    text = "Folder of further lists, beside the shipped ones. May be given more than once."
    return click.option("--lists", "dirs", multiple=True, type=_FOLDER, help=text)(command)


def known_at_option(command: Command) -> Command:
    """`--known-at DATE`."""
    text = "Answer with what the register had learned by that day."
    return click.option("--known-at", callback=as_day, default=None, help=text)(command)


def json_option(command: Command) -> Command:
    """`--json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@click.group()
def substances() -> None:
    """Ask the register of control lists: what is listed where, since when, for which destination."""


@substances.command()
@click.argument("text")
@click.option("--in", "exporting", callback=as_country, default=None, help="Country of export.")
@click.option(
    "--to", "importing", callback=as_country, default=None, help="Country of import, which is the destination."
)
@click.option(
    "--via", "transit", callback=as_countries, multiple=True, help="Country of transit. May be given more than once."
)
@click.option("--on", callback=as_day, default=None, help="Day of the shipment; today if not given.")
@known_at_option
@lists_option
@json_option
def check(
    text: str,
    exporting: str | None,
    importing: str | None,
    transit: tuple[str, ...],
    on: date | None,
    known_at: date | None,
    dirs: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """Say whether TEXT (a name, a CAS number or an HS code) was listed on a day.

    Answers for the country of export, the country of import, each country of transit, and the 1988 Convention.
    """
    register = load_register(dirs, known_at=known_at)
    require_countries(register, [exporting, importing, *transit])
    answer = ask(register, text, exporting, importing, on or datetime.now(UTC).date(), transit)
    if as_json:
        print_json({**plain.check(answer, register), "register": plain.register(register)})
    else:
        view.check(answer, register)


@substances.command("list")
@click.option("--jurisdiction", callback=as_country, default=None, help="Only this jurisdiction: a country, EU or UN.")
@click.option("--on", callback=as_day, default=None, help="Only what was in force on that day.")
@click.option(
    "--to",
    "destination",
    callback=as_country,
    default=None,
    help="Destination, for lists that depend on it. Needs --on.",
)
@known_at_option
@lists_option
@json_option
def list_command(
    jurisdiction: str | None,
    on: date | None,
    destination: str | None,
    known_at: date | None,
    dirs: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """List instruments; or, with --jurisdiction, the listings of one."""
    register = load_register(dirs, known_at=known_at)
    require_jurisdiction(register, jurisdiction)
    require_countries(register, [destination])
    if jurisdiction is None:
        if on or destination:
            raise UsageError(
                "--on and --to need a jurisdiction.", remedy="Add --jurisdiction, for example --jurisdiction CN."
            )
        print_json(plain.instruments(register)) if as_json else view.instruments(register)
        return
    if on is None:
        rows = [x for x in register.listings if x.jurisdiction == jurisdiction]
        print_json([plain.listing(x) for x in rows]) if as_json else view.listings(rows, register)
        return
    answer = listings_on(register, on, jurisdiction, destination)
    print_json(plain.answer(answer)) if as_json else view.answer(answer, register)


@substances.command()
@click.argument("name")
@known_at_option
@lists_option
@json_option
def show(name: str, known_at: date | None, dirs: tuple[Path, ...], *, as_json: bool) -> None:
    """Show all that the register holds on NAME: a substance (id, name, CAS number), an instrument or a listing id."""
    register = load_register(dirs, known_at=known_at)
    found = plain.find(register, name)
    if not found:
        raise UsageError(
            f"The register holds nothing called {name!r}.",
            remedy="Use a name, a CAS number, or an id that `entente substances list` prints."
            + "".join(f" Spelled nearly so: {near}." for near in near_names(register, name)[:1]),
        )
    print_json([plain.whole(item, register) for item in found]) if as_json else view.whole(found, register)


@substances.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@lists_option
@json_option
def validate(files: tuple[Path, ...], dirs: tuple[Path, ...], *, as_json: bool) -> None:
    """Check the shipped lists, those of --lists, and FILES, taken together.

    Leaves with code 2 when there are errors. "Not checked" means that the data for a check are not shipped.
    """
    folders = [*shipped_folders(), *dirs]
    paths = [*(path for folder in folders for path in list_files(folder)), *files]
    problems = find_problems([read_document(path) for path in paths])
    print_json([plain.problem(item) for item in problems]) if as_json else view.problems(problems, len(paths))
    if any(item.level == "error" for item in problems):
        click.get_current_context().exit(2)


@substances.command()
@click.argument("old", required=False, type=_FOLDER)
@click.argument("new", required=False, type=_FOLDER)
@click.option("--from", "earlier", callback=as_day, default=None, help="Compare what was known on this day ...")
@click.option(
    "--until",
    "later",
    callback=as_day,
    default=None,
    help="... with what was known on this day; the latest if not given.",
)
@lists_option
@json_option
def diff(
    old: Path | None,
    new: Path | None,
    earlier: date | None,
    later: date | None,
    dirs: tuple[Path, ...],
    *,
    as_json: bool,
) -> None:
    """Say what changed between two folders of lists, OLD and NEW, or between two days of knowledge."""
    changes = compare(*_two_registers(old, new, earlier, later, dirs))
    print_json([plain.change(item) for item in changes]) if as_json else view.changes(changes)


def _two_registers(
    old: Path | None,
    new: Path | None,
    earlier: date | None,
    later: date | None,
    dirs: tuple[Path, ...],
) -> tuple[Register, Register]:
    if old and new and not earlier and not later:
        return load_register([old], shipped=False), load_register([new], shipped=False)
    if earlier and not old:
        whole = load_register(dirs)
        return whole.at(earlier), whole.at(later)
    raise UsageError("Two things to compare are needed.", remedy="Give two folders, or --from DATE (and --until DATE).")


def require_countries(register: Register, countries: Sequence[str | None]) -> None:
    """Refuse a country that no list of countries knows: a misspelled one must not be answered for.

    Raises:
        UsageError: a code is not in ISO 3166-1.
    """
    for country in countries:
        if country is not None and country not in register.jurisdictions.countries():
            raise UsageError(
                f"There is no country {country}.", remedy="Use a code of ISO 3166-1, for example CN, MX or US."
            )


def require_jurisdiction(register: Register, jurisdiction: str | None) -> None:
    """Refuse a jurisdiction that nothing can be known of.

    Raises:
        UsageError: it is no country, nor EU or UN, and no list is of it.
    """
    known = register.jurisdictions.all() | {item.jurisdiction for item in register.instruments.values()}
    if jurisdiction is not None and jurisdiction not in known:
        raise UsageError(
            f"There is no jurisdiction {jurisdiction}.", remedy="Use a code of ISO 3166-1, for example CN, or EU or UN."
        )


def print_json(value: Any) -> None:
    """Print indented JSON; text stays readable."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
