"""`entente node` serve, doctor, backup and restore: what a node needs while it lives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli.unlocking import (
    home_option,
    many,
    new_passphrase,
    now,
    open_node,
    passphrase_of,
    passphrase_option,
    place,
)

if TYPE_CHECKING:
    from entente.node.services.checkup import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
_NEW = click.Path(dir_okay=False, path_type=Path)
_OLD = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@home_option
@passphrase_option
def serve(home: Path | None, passphrase_file: Path | None) -> None:
    """Serve the exchange endpoint over HTTPS until stopped, at the address in the settings (`listen`)."""
    opened = open_node(home, passphrase_file)
    from entente.node.logs import configure
    from entente.node.wire.server import server

    configure(opened.parts.config.log)
    host, _, port = opened.parts.config.listen.rpartition(":")

    def started(number: int) -> None:
        click.echo(f"{opened.name} listens on https://{host}:{number} (Ctrl-C ends it)", err=True)

    server(opened, host.strip("[]"), int(port), started=started).run()


@click.command()
@click.option("--full", is_flag=True, help="Read every entry and every ciphertext; minutes for a large node.")
@click.option(
    "--sweep", is_flag=True, help="Remove ciphertext that a crash left and nothing names. Stop the node first."
)
@click.option("--unlock", is_flag=True, help="Open the private keys too, with the passphrase.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each finding.")
@home_option
@passphrase_option
def doctor(
    full: bool, sweep: bool, unlock: bool, as_json: bool, home: Path | None, passphrase_file: Path | None
) -> None:
    """Look at settings, keys, disk, clock, database, ledger and lists, and say what to do. Exit code 1 on an error."""
    if sweep:
        _sweep(place(home))
    opened = open_node(home, passphrase_file, locked=not (unlock or passphrase_file))
    from entente.node.services.checkup import Level, examine

    found = []
    for finding in examine(opened.parts, everything=full):
        found.append(finding)
        click.echo(_as_json(finding) if as_json else _as_line(finding))
    raise SystemExit(1 if any(one.level is Level.ERROR for one in found) else 0)


def _sweep(path: Path) -> None:
    import os

    os.environ["ENTENTE_HOME"] = str(path)
    from entente.node.boot import boot
    from entente.node.home import Home
    from entente.node.node import Node

    boot()
    home = Home(path)
    with home.used(alone=True):
        removed = Node.open(path, now, environ=os.environ).parts.uow.blobs.sweep()
    click.echo(f"{many(removed, 'file')} removed.", err=True)


def _as_json(finding: Finding) -> str:
    fields = {"level": finding.level.value, "what": finding.what, "words": finding.words, "remedy": finding.remedy}
    return json.dumps(fields, ensure_ascii=False)


def _as_line(finding: Finding) -> str:
    level = click.style(f"{finding.level.value:<8}", fg=_COLOURS[finding.level.value])
    line = f"{level} {finding.what:<11} {finding.words}"
    return line + (f"\n{'':<21}What to do: {finding.remedy}" if finding.remedy else "")


@click.command()
@click.argument("file", type=_NEW)
@click.option("--content-keys", type=_NEW, help="Another new file, for the keys of contents. Keep it apart.")
@home_option
@passphrase_option
def backup(file: Path, content_keys: Path | None, home: Path | None, passphrase_file: Path | None) -> None:
    """Back up the node to FILE, encrypted, while it works. Private keys are not in it: keep a copy of keys/ apart.

    Without --content-keys, a node that is restored can read what it sent, and not what it received.
    """
    opened = open_node(home, passphrase_file)
    from entente.node.services.backup import backup as write

    made = write(opened.parts, file, content_keys)
    click.echo(f"{many(sum(made.rows.values()), 'row')}, {many(made.packs, 'pack')} of ciphertext backed up to {file}")
    if content_keys is None:
        click.echo("The keys of contents are not in it (--content-keys).")


@click.command()
@click.option("--new-passphrase-file", type=_OLD, help="File with the new passphrase; typed twice otherwise.")
@home_option
@passphrase_option
def passphrase(new_passphrase_file: Path | None, home: Path | None, passphrase_file: Path | None) -> None:
    """Change the node's passphrase. Copies of keys/ made before still open with the old one: replace them."""
    opened = open_node(home, locked=True)
    from entente.node import keyring

    old = passphrase_of(passphrase_file, f"Passphrase of {opened.name}")
    keyring.open_secret(opened.parts.home.keys, old)  # before a new one is typed in vain
    keyring.change_passphrase(opened.parts.home.keys, old, new_passphrase(new_passphrase_file, "New passphrase"))
    click.echo(f"The passphrase of {opened.name} is changed. Replace your copy of {opened.parts.home.keys}.")


@click.command()
@click.argument("file", type=_OLD)
@click.option(
    "--keys",
    required=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the node's folder keys/.",
)
@click.option("--content-keys", type=_OLD, help="The file with the keys of contents, if there is one.")
@click.option("--database", help="Address of an empty database in place of the one in the backup.")
@home_option
@passphrase_option
def restore(
    file: Path,
    keys: Path,
    content_keys: Path | None,
    database: str | None,
    home: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Restore the node in the backup FILE into a new directory (--home), and verify it against its ledger.

    A restored node signs nothing until every peer has answered. Never run it beside the old one.
    """
    import os

    path = place(home)
    os.environ["ENTENTE_HOME"] = str(path)
    from entente.node.boot import boot

    boot()
    from entente.exchange.suites import builtin
    from entente.node.home import Home, check_free
    from entente.node.services import restoring

    check_free(path)
    passphrase = passphrase_of(passphrase_file, "Passphrase of the node in the backup")
    done = restoring.restore(file, Home(path), keys, passphrase, builtin(), now, keys_file=content_keys, url=database)
    click.echo(f"{done.name} restored to {path}: {many(sum(done.rows.values()), 'row')}, {many(done.packs, 'pack')}.")
    click.echo(f"Verified: {many(done.entries, 'entry')} of its logs, as signed.")
    click.echo("It signs nothing until these have answered, by network or bundle: " + (", ".join(done.awaited) or "-"))
    for name in done.awaited:
        click.echo(f"  entente sync {name} --once")
