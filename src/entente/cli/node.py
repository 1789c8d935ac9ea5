"""`entente node`: make a node of an authority, look after it, run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli import desk, node_care
from entente.cli.unlocking import home_option, new_passphrase, now, open_node, passphrase_option, place

if TYPE_CHECKING:
    from entente.node.services.reading import ChannelStatus


@click.group()
def node() -> None:
    """Make, run and look after the node of an authority."""
    from entente.node.boot import require_extra

    require_extra()


@node.command()
@click.option("--name", required=True, help="Name of the authority among its peers, for example cn-nncc.")
@click.option("--jurisdiction", required=True, help="Two letters of its state (ISO 3166-1), for example CN.")
@click.option(
    "--suite",
    type=click.Choice(["S1", "S2", "S3"]),
    default="S1",
    show_default=True,
    help="What it signs and opens with; agree on it with the peers.",
)
@click.option("--database", default="", help="Address of the database; SQLite in the directory if not given.")
@click.option("--url", default="", help="Where peers will reach this node, for example https://node.example.org:8443.")
@home_option
@passphrase_option
def init(
    name: str, jurisdiction: str, suite: str, database: str, url: str, home: Path | None, passphrase_file: Path | None
) -> None:
    """Make a new node: directory, settings, keys, database."""
    import os

    path = place(home)
    os.environ["ENTENTE_HOME"] = str(path)
    from entente.node.config import FILE, check_config
    from entente.node.home import check_free
    from entente.node.node import Node

    given = {"name": name, "jurisdiction": jurisdiction, "suite": suite, "database": database, "url": url}
    config = check_config(given, "options")
    check_free(path)
    passphrase = new_passphrase(passphrase_file, f"New passphrase of {name}")
    Node.init(path, config, now, passphrase)
    click.echo(f"Node {name} ({jurisdiction}, suite {suite}) made in {path}")
    click.echo(f"  settings  {path / FILE}")
    click.echo(f"  keys      {path / 'keys'} (encrypted; keep a copy elsewhere, and the passphrase elsewhere again)")
    click.echo("")
    click.echo("Next: two officers, then an invitation for the peer.")
    click.echo('  entente node officer add "ANN LEE"')
    click.echo("  entente peer invite FILE")


@node.command()
@home_option
def migrate(home: Path | None) -> None:
    """Bring the database up to date after an update of Entente."""
    import os

    path = place(home)
    os.environ["ENTENTE_HOME"] = str(path)
    from entente.node.boot import boot
    from entente.node.home import Home
    from entente.node.store import database

    boot()
    config = Home(path).config(os.environ)
    with Home(path).used(alone=True):
        alias = database.register(database.settings_of(config.database, path))
        missing = database.missing_migrations(alias)
        database.migrate(alias)
    click.echo(f"{len(missing)} migrations applied." if missing else "The database is up to date.")


@node.command()
@home_option
@click.option("--json", "as_json", is_flag=True, help="Print the status as JSON.")
def status(home: Path | None, as_json: bool) -> None:
    """Show the channels: sent, taken, waiting, suspended. Needs no passphrase."""
    import dataclasses
    import json

    opened = open_node(home, locked=True)
    channels = list(opened.status())
    if as_json:
        rows = [dataclasses.asdict(one) for one in channels]
        click.echo(json.dumps({"name": opened.name, "channels": rows}, default=str))
        return
    click.echo(f"{opened.name} ({opened.parts.config.jurisdiction}) in {opened.parts.home.path}")
    if not channels:
        click.echo("No peer yet. Next: entente peer invite FILE")
    for one in channels:
        click.echo(_line(one))


def _line(one: ChannelStatus) -> str:
    if one.state == "unconfirmed":
        return f"  {one.peer:<16} unconfirmed: compare fingerprints, then entente peer confirm {one.peer}"
    parts = [f"{one.sent} sent", f"{one.waiting} without receipt", f"{one.taken} taken"]
    parts += [f"{one.refused} of them refused"] if one.refused else []
    parts += [f"last met {one.met:%Y-%m-%d %H:%M} UTC" if one.met else "never met"]
    parts += [f"suspended by {' and '.join(one.suspended)}"] if one.suspended else []
    parts += [] if one.signing else ["restored: signs nothing until the peers have answered"]
    parts += [f"{one.evidence} FILES OF EVIDENCE (entente peer evidence {one.peer} FOLDER)"] if one.evidence else []
    return f"  {one.peer:<16} {'REVOKED; ' if one.state == 'revoked' else ''}{', '.join(parts)}"


for command in (node_care.serve, node_care.doctor, node_care.backup, node_care.restore, node_care.passphrase):
    node.add_command(command)
for command in (desk.createuser, desk.import_run, desk.outcomes, desk.account):
    node.add_command(command)


@node.group()
def officer() -> None:
    """Officers who release messages, with key files on this machine."""


@officer.command()
@click.argument("name")
@click.option(
    "--officer-passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the officer's own passphrase; asked for on the terminal otherwise.",
)
@click.option(
    "--authenticator",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="In place of a key file: what the browser gave when the officer's authenticator was registered, as JSON.",
)
@home_option
def add(name: str, officer_passphrase_file: Path | None, authenticator: Path | None, home: Path | None) -> None:
    """Make a key for the officer NAME, under a passphrase that only this officer knows.

    With peers paired already, the key counts only when they were told: entente peer rotate.
    """
    opened = open_node(home, locked=True)
    from entente.node.services import staff

    staff.check_new(opened.parts, name)
    if authenticator is not None:
        from entente.node.files import read_small

        key = staff.add_authenticator(opened.parts, name, read_small(authenticator))
        click.echo(f"{name} has the key {key[:16]} in an authenticator")
    else:
        key = staff.add(opened.parts, name, new_passphrase(officer_passphrase_file, f"New passphrase of {name}"))
        click.echo(f"{name} has the key {key[:16]} in {opened.parts.home.officers}")
    if staff.is_paired(opened.parts):
        click.echo("Peers do not know it yet. Next: entente peer rotate")


@officer.command("list")
@home_option
def list_officers(home: Path | None) -> None:
    """List the officers who have a key, and until when it is valid."""
    opened = open_node(home, locked=True)
    from entente.node.services import staff

    for line in staff.table(opened.parts):
        click.echo(line)
