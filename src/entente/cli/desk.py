"""`entente node` createuser, import-run, outcomes and account: what the desk needs from a terminal."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli.unlocking import home_option, new_passphrase, open_node, passphrase_of, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.keys import KeyRecord
    from entente.node.node import Node
    from entente.node.services.desk.rules import Who

ROLES = ("officer", "releasing-officer", "analyst", "liaison", "secretariat", "auditor", "administrator")
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PERSON = click.option("--person", required=True, metavar="NAME", help="Who does it; the account names them.")
_SECRET = click.option(
    "--person-passphrase-file",
    type=_FILE,
    help="File that holds this person's own passphrase; asked for on the terminal otherwise.",
)


@click.command()
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, type=click.Choice(ROLES), help="What they are.")
@click.option("--unit", default="", help="Unit in which they work; it is made if there is none of this name.")
@click.option(
    "--approve", "approvers", multiple=True, metavar="ADMINISTRATOR", help="An administrator who signs; give it twice."
)
@click.option(
    "--approve-passphrase-file",
    "passphrases",
    multiple=True,
    type=_FILE,
    help="File with the administrator's passphrase, in the order of --approve; asked for on the terminal otherwise.",
)
@_SECRET
@home_option
def createuser(
    name: str,
    roles: tuple[str, ...],
    unit: str,
    approvers: tuple[str, ...],
    passphrases: tuple[Path, ...],
    person_passphrase_file: Path | None,
    home: Path | None,
) -> None:
    """Make a person of the desk.

    The first ones found it. As soon as there are two administrators, two of them sign (--approve). A person who
    releases messages gets an officer's key first: entente node officer add.
    """
    opened = open_node(home, locked=True)
    from entente.node.services.desk import people
    from entente.node.services.desk.rules import Role

    wanted = [Role(role) for role in roles]
    people.check_new(opened.parts, name, wanted)
    if people.is_founded(opened.parts) and len(set(approvers)) != 2:
        raise UsageError(
            "Two administrators are there, so two of them sign.",
            remedy="--approve ADMINISTRATOR --approve ADMINISTRATOR",
        )
    key = _key(opened, name, person_passphrase_file)
    if approvers:
        _approved(opened, (name, wanted, unit, key), approvers, passphrases)
    else:
        people.found(opened.parts, name, wanted, unit, key)
    click.echo(f"{name} is at the desk: {', '.join(wanted)}{f', {unit}' if unit else ''}.")
    if not people.is_founded(opened.parts):
        click.echo("Next: two administrators, so that nobody makes people alone: --role administrator")


def _key(opened: Node, name: str, file: Path | None) -> KeyRecord | None:
    """The key of a person who has no officer's one; an officer's is pinned already, or will be."""
    from entente.node.services import staff
    from entente.node.services.desk import signing

    if name in staff.names(opened.parts):
        return None
    return signing.ensure(opened.parts, name, new_passphrase(file, f"New passphrase of {name}"))


def _approved(
    opened: Node,
    wanted: tuple[str, Sequence[object], str, KeyRecord | None],
    approvers: Sequence[str],
    files: Sequence[Path],
) -> None:
    from entente.node.services.desk import people, releasing, signing
    from entente.node.services.desk.rules import Role

    if files and len(files) != len(approvers):
        raise UsageError("Not every administrator has a passphrase file.", remedy="Give one for each --approve.")
    asked: list[Path | None] = [*files] or [None] * len(approvers)
    who = [_who(opened, name) for name in approvers]
    keys = [
        signing.load(opened.parts, one.name, passphrase_of(file, f"Passphrase of {one.name}"))
        for one, file in zip(who, asked, strict=True)
    ]
    name, roles, unit, key = wanted
    act = people.prepare_person(opened.parts, who[0], name, [Role(str(role)) for role in roles], unit, key)
    for one, signs in zip(who, keys, strict=True):
        releasing.sign(opened.parts, one, act.id, signs)


@click.command("import-run")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--unit", default="", help="Unit whose new leads are; that of the person if not given.")
@_PERSON
@_SECRET
@home_option
def import_run(folder: Path, unit: str, person: str, person_passphrase_file: Path | None, home: Path | None) -> None:
    """Take the leads of a screening run in FOLDER to the desk.

    A lead that is there is brought up to date, and keeps its outcome. If it is stopped, run it again.
    """
    opened = open_node(home, locked=True)
    who = _proven(opened, person, person_passphrase_file)
    from entente.node.services.desk import leads

    found = leads.import_run(opened.parts, who, folder, unit=unit)
    click.echo(f"{found.leads:,} leads of {folder}: {found.new:,} new, {found.leads - found.new:,} brought up to date.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_PERSON
@_SECRET
@home_option
def outcomes(file: Path, person: str, person_passphrase_file: Path | None, home: Path | None) -> None:
    """Write what leads turned out to be to FILE, for entente leads calibrate."""
    opened = open_node(home, locked=True)
    who = _proven(opened, person, person_passphrase_file)
    from entente.node.services.desk import leads

    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    rows = list(leads.outcomes(opened.parts, who))
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ["lead_id", "outcome", "decided_on", "note"])
        writer.writeheader()
        writer.writerows(rows)
    click.echo(f"{len(rows):,} outcomes written to {file}.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_PERSON
@_SECRET
@home_option
@passphrase_option
def account(
    folder: Path,
    person: str,
    person_passphrase_file: Path | None,
    home: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Write the account of every act to a new FOLDER, signed, for an auditor."""
    opened = open_node(home, passphrase_file)
    who = _proven(opened, person, person_passphrase_file)
    from entente.node.services.desk import accounting

    found = accounting.export(opened.parts, who, folder)
    click.echo(f"{found.entries:,} entries written to {folder}, and verified. Root {found.root}")


def _who(opened: Node, name: str) -> Who:
    from entente.node.services.desk import access_people

    return access_people.who(opened.parts.alias, name, opened.parts.clock())


def _proven(opened: Node, name: str, file: Path | None) -> Who:
    """A person who has shown that they are it, by the passphrase of their key."""
    from entente.node.services.desk import signing

    who = _who(opened, name)
    signing.load(opened.parts, who.name, passphrase_of(file, f"Passphrase of {who.name}"))
    return who
