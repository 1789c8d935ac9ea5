"""`entente peer`: pair with another authority, by an invitation and a fingerprint that two people compare."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from entente.cli.succession import confirm_succession
from entente.cli.unlocking import home_option, now, officer_keys, open_node, passphrase_option
from entente.errors import UsageError


@click.group()
def peer() -> None:
    """Pair with other authorities."""
    from entente.node.boot import require_extra

    require_extra()


peer.add_command(confirm_succession)


@peer.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--again", default="", metavar="PEER", help="For a peer whose pairing was revoked: pair again.")
@home_option
def invite(file: Path, again: str, home: Path | None) -> None:
    """Write this node's invitation to FILE, for a peer. Nothing in it is secret."""
    opened = open_node(home, locked=True)
    card = opened.card(again)
    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    file.write_bytes(card.encode())
    click.echo(f"Invitation of {card.name} written to {file}. Its fingerprint, to read out or to write on paper:")
    click.echo(f"\n    {card.fingerprint}\n")
    click.echo("Send the file by any way. Tell the fingerprint by another way: by telephone, or in person.")


@peer.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
def accept(file: Path, home: Path | None) -> None:
    """Keep a peer's invitation from FILE. Nothing passes before it is confirmed."""
    from entente.node.files import read_small

    data = read_small(file)
    opened = open_node(home, locked=True)
    name = opened.accept(data)
    from entente.node.services import peers

    paired = peers.paired(opened.parts, name)
    officers = sorted({key.holder for key in paired.card.keys if key.holder})
    click.echo(f"Invitation of {name} ({paired.card.jurisdiction}) kept, unconfirmed.")
    click.echo(f"  officers  {', '.join(officers)}")
    click.echo(f"  suites    {', '.join(paired.suites)}; nothing else is accepted from it or used towards it")
    click.echo(f"Next, with a person of {name} on the telephone: entente peer confirm {name}")


@peer.command()
@click.argument("name")
@click.option("--fingerprint", help="What the peer's person read out; asked for on the terminal otherwise.")
@home_option
@passphrase_option
def confirm(name: str, fingerprint: str | None, home: Path | None, passphrase_file: Path | None) -> None:
    """Pair with NAME, whose person reads its fingerprint to you. It is not shown here on purpose."""
    opened = open_node(home, passphrase_file)
    from entente.node.services import peers

    peers.check_unconfirmed(opened.parts, name)
    spoken = fingerprint or click.prompt(f"Fingerprint as {name} reads it out, 32 digits")
    opened.confirm(name, spoken)
    again = name if peers.generation(opened.parts, name) > 1 else ""
    click.echo(f"Paired with {name}{' again' if again else ''}. If it has not confirmed this node yet, read out to it:")
    click.echo(f"\n    {opened.card(again).fingerprint}\n")


@peer.command()
@click.argument("name", required=False)
@home_option
def show(name: str | None, home: Path | None) -> None:
    """Show this node's fingerprint and all peers, or the keys of the peer NAME."""
    opened = open_node(home, locked=True)
    from entente.node.services import peers, showing

    if name:
        for line in showing.keys(opened.parts, name, now()):
            click.echo(line)
        return
    click.echo(f"{opened.name}, this node\n    {opened.fingerprint}")
    for one in peers.all_peers(opened.parts):
        since = f" since {one.confirmed:%Y-%m-%d}" if one.confirmed else ""
        click.echo(f"{one.card.name} ({one.card.jurisdiction}), {one.state}{since}, {', '.join(one.suites)}")


@peer.command()
@click.option("--officer", "officers", multiple=True, metavar="NAME", help="Who signs the change; give it twice.")
@click.option(
    "--officer-passphrase-file",
    "passphrases",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the officer's passphrase, in the order of --officer; asked for on the terminal otherwise.",
)
@click.option("--node/--no-node", default=True, show_default=True, help="Make a new key that signs.")
@click.option("--seal/--no-seal", default=True, show_default=True, help="Make a new key to which peers seal.")
@click.option("--server", is_flag=True, help="Announce a new key of the server; it is used after `peer server-key`.")
@click.option(
    "--retire", multiple=True, metavar="KEY", help="An officer's key that is used no more; may be given again."
)
@click.option("--compromised", multiple=True, metavar="KEY", help="A key that others may have had; may be given again.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Since when others may have had it.")
@home_option
@passphrase_option
def rotate(
    officers: tuple[str, ...],
    passphrases: tuple[Path, ...],
    node: bool,
    seal: bool,
    server: bool,
    retire: tuple[str, ...],
    compromised: tuple[str, ...],
    since: datetime | None,
    home: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Replace keys of this node, and announce new officers, by a message that two officers sign.

    Peers take it by the next sync or bundle. Old keys stay good for what was signed before; they are retired 90 days
    later. A key that others may have had (--compromised) is good for nothing that is not proven to be older.
    """
    if compromised and since is None:
        raise UsageError("It must be said since when.", remedy="--since 2026-11-01")
    opened = open_node(home, passphrase_file)
    from entente.node.services import rotation

    moments = tuple((key, since.replace(tzinfo=UTC)) for key in compromised) if since else ()
    change = rotation.Change(node=node, seal=seal, server=server, retire=retire, compromised=moments)
    done = rotation.rotate(opened.parts, change, officer_keys(opened, officers, passphrases))
    for record in done.added:
        click.echo(f"New key {record.id[:16]} for {record.holder or record.role.value}")
    if server:
        click.echo("The server's new key is used when all peers have acknowledged this: entente peer server-key")
    for name, error in done.failed:
        click.echo(f"{name} cannot be told now: {error.message} It is told by the next entente peer rotate.", err=True)
    for name in done.told:
        click.echo(f"Next: entente sync {name}, or entente bundle export {name} FILE")


@peer.command("server-key")
@home_option
@passphrase_option
def server_key(home: Path | None, passphrase_file: Path | None) -> None:
    """Use the server's new key that was announced by `peer rotate --server`. Stop the server before, then start it.

    It is refused while a peer has not acknowledged the announcement: such a peer would find a stranger's key.
    """
    opened = open_node(home, passphrase_file, alone=True)
    from entente.node.services import servers

    click.echo(f"The server's key is {servers.switch(opened.parts)[:16]} now. Start the server again.")


@peer.command("destroy-keys")
@click.option(
    "--days", type=click.IntRange(0), default=180, show_default=True, help="Only those that ended so long ago."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@passphrase_option
def destroy_keys(days: int, *, yes: bool, home: Path | None, passphrase_file: Path | None) -> None:
    """Destroy private sealing keys that ended long ago. What is still on its way to them can never be opened.

    What was received and sent stays readable: each message has a key of its own. Destroy the copies of keys/, too.
    """
    opened = open_node(home, passphrase_file, alone=True)
    from entente.node.services import rotation

    due = rotation.ended(opened.parts, timedelta(days=days))
    for record in due:
        click.echo(f"{record.id[:16]}  {record.suite}")
    if not due:
        click.echo("There is none.")
        return
    if not yes:
        click.confirm("Destroy these?", abort=True, err=True)
    rotation.destroy(opened.parts, due)
    click.echo("Destroyed. The ledger is whole; bundles sealed to these keys are to be asked for again.")


@peer.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def revoke(name: str, yes: bool, home: Path | None) -> None:
    """End the pairing with NAME: nothing passes any more. What was exchanged stays."""
    opened = open_node(home, locked=True)
    from entente.node.services import peers

    peers.paired(opened.parts, name)
    if not yes:
        click.confirm(f"Nothing will pass to or from {name} any more. Go on?", abort=True)
    peers.revoke(opened.parts, name)
    click.echo(f"{name} is revoked.")


@peer.command()
@click.argument("name")
@click.argument("days", type=click.IntRange(0, 3650))
@home_option
def late(name: str, days: int, home: Path | None) -> None:
    """Take from NAME, for DAYS after the end of a key, what it signed before. After a long silence; then 0 again."""
    opened = open_node(home, locked=True)
    from entente.node.services import peers

    peers.set_late(opened.parts, name, timedelta(days=days))
    click.echo(f"What a key of {name} signed before its end is taken for {days} days after it.")


@peer.command()
@click.argument("name")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@home_option
def evidence(name: str, folder: Path, home: Path | None) -> None:
    """Write to FOLDER what NAME signed that proves that it broke its word, as files that a third party can check."""
    opened = open_node(home, locked=True)
    from entente.node.services import showing

    written = showing.write_evidence(opened.parts, name, folder)
    click.echo(f"{len(written)} files written to {folder}." if written else f"There is no evidence against {name}.")
