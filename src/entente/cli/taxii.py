"""`entente taxii`: let this authority's own tools read what was exchanged."""

from __future__ import annotations

from pathlib import Path

import click

from entente.cli.unlocking import home_option, open_node, passphrase_option, place


@click.group()
def taxii() -> None:
    """Let tools read what was exchanged, as STIX 2.1 over TAXII 2.1. Nothing can be written through it."""
    from entente.node.boot import require_extra

    require_extra()


@taxii.command()
@click.argument("name")
@click.option(
    "--collection", "collections", multiple=True, required=True, help="A peer, or `own` for what you released."
)
@click.option("--purpose", required=True, help="What for, as purposes are written in markings.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day on which it is no longer taken."
)
@home_option
def token(name: str, collections: tuple[str, ...], purpose: str, until: click.DateTime, home: Path | None) -> None:
    """Make a token for the tool NAME and print the lines for `taxii.toml`. The token itself is shown once."""
    import json
    import os

    from entente.node.taxii.access import FILE, new_token

    secret, digest = new_token(os.urandom)
    click.echo(f"Token of {name}, shown this once: {secret}", err=True)
    click.echo(f"Add these lines to {place(home) / FILE}:", err=True)
    click.echo(f"[[token]]\nname = {json.dumps(name)}\nsha256 = {json.dumps(digest)}")
    click.echo(
        f"collections = {json.dumps(list(collections))}\npurpose = {json.dumps(purpose)}\nuntil = {until:%Y-%m-%d}"
    )


@taxii.command()
@click.option("--listen", default="127.0.0.1:8444", show_default=True, help="Host and port.")
@click.option("--no-tls", is_flag=True, help="Without TLS; only on this machine.")
@home_option
@passphrase_option
def serve(listen: str, no_tls: bool, home: Path | None, passphrase_file: Path | None) -> None:
    """Serve the read-only endpoint until stopped; discovery is at /taxii2/."""
    from entente.errors import UsageError
    from entente.node.taxii.access import FILE, read_access

    access = read_access(place(home) / FILE)
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"{listen!r} is no address.", remedy="Write host and port, such as 127.0.0.1:8444.")
    opened = open_node(home, passphrase_file)
    from entente.node.taxii.server import server

    def started(number: int) -> None:
        scheme = "http" if no_tls else "https"
        click.echo(f"{opened.name} shows {scheme}://{host}:{number}/taxii2/ (Ctrl-C ends it)", err=True)

    server(opened, access, host.strip("[]"), int(port), tls=not no_tls, started=started).run()
