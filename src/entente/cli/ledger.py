"""`entente ledger`: check what is stored against what was signed, and prove to others what was sent and received."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli.succession import succeed
from entente.cli.unlocking import home_option, open_node, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.node.node import Node
    from entente.node.services.auditing import Audit, Proven

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """Check and prove what was sent and received."""
    from entente.node.boot import require_extra

    require_extra()


ledger.add_command(succeed)


@ledger.command()
@click.option("--peer", help="Only the channel with this peer, and its generations that are over.")
@click.option("--proof", type=_FILE, help="Check this proof instead, yours or a peer's.")
@click.option("--evidence", type=_FILE, help="Check this file of evidence instead.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@home_option
@passphrase_option
def verify(
    peer: str | None,
    proof: Path | None,
    evidence: Path | None,
    as_json: bool,
    home: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Hash every entry and check every signature; or check one file. Fails on the first thing that is wrong."""
    node = open_node(home, passphrase_file)
    if evidence is not None:
        _verify_evidence(node, evidence, as_json)
        return
    if proof is not None:
        _verify_proof(node, proof, as_json)
        return
    from entente.node.services import auditing

    for name in (*_past(node, peer), *_names(node, peer)):
        found = auditing.audit(node.parts, name)
        click.echo(json.dumps(dataclasses.asdict(found)) if as_json else _audited(found))


def _names(node: Node, peer: str | None) -> list[str]:
    from entente.node.services import peers

    confirmed = [one.card.name for one in peers.all_peers(node.parts) if one.state == "confirmed"]
    if not confirmed:
        raise UsageError("No peer is confirmed, so there is no ledger yet.", remedy="entente peer invite FILE")
    return [peer] if peer else confirmed


def _past(node: Node, peer: str | None) -> list[str]:
    """Generations of channels that are over, as `mx-pgr/1`."""
    from entente.node.services import peers

    names = [peer] if peer else [one.card.name for one in peers.all_peers(node.parts)]
    return [one.row for name in names if "/" not in name for one in peers.earlier(node.parts, name)]


def _audited(one: Audit) -> str:
    lines = [
        f"{one.peer}: all right",
        f"  {one.entries} entries of our log: {one.signed} under our checkpoint, {one.cosigned} cosigned by the peer",
        f"  {one.mirrored} entries of its log held here, as it signed them",
        f"  {one.receipts} receipts for what we sent; {one.open} messages without one",
    ]
    lines += [f"  {one.repaired} damaged tiles made anew"] if one.repaired else []
    return "\n".join(lines)


def _verify_proof(node: Node, proof: Path, as_json: bool) -> None:
    from entente.node.files import read_small
    from entente.node.services import auditing

    found = auditing.check_proof(node.parts, read_small(proof))
    if as_json:
        click.echo(json.dumps(_as_json(found)))
        return
    frame, act = found.entry.frame, found.entry.act
    words = {"sent": "as sent", "taken": "as received and accepted"}.get(act, f"as received and {act}")
    click.echo(f"The proof holds. The log {found.log} has, {words}:")
    click.echo(f"  message {frame.sequence} of the channel {frame.channel}, sent {frame.sent:%Y-%m-%d %H:%M:%S} UTC")
    click.echo(f"  content {frame.content}")
    click.echo(f"  entry {found.index} of {found.size}")
    for name, at in found.cosigned:
        click.echo(f"  cosigned by {name} at {at:%Y-%m-%d %H:%M:%S} UTC")


def _as_json(found: Proven) -> dict[str, object]:
    frame = found.entry.frame
    return {
        "log": found.log,
        "act": found.entry.act,
        "channel": frame.channel,
        "sequence": frame.sequence,
        "content": frame.content,
        "index": found.index,
        "size": found.size,
        "cosigned": [{"by": name, "at": at.isoformat()} for name, at in found.cosigned],
    }


def _verify_evidence(node: Node, path: Path, as_json: bool) -> None:
    from entente.node.files import read_small
    from entente.node.services import auditing

    found = auditing.check_evidence(node.parts, read_small(path))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(found)))
        return
    click.echo(f"The evidence holds: {found.kind}. The key of {found.accused} signed both:")
    click.echo(f"  {found.first}")
    click.echo(f"  {found.second}")


@ledger.command("evidence")
@click.argument("folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@home_option
def write_evidence(folder: Path | None, home: Path | None) -> None:
    """List what peers signed that proves that they broke their word; write the files to FOLDER if it is given."""
    node = open_node(home, locked=True)
    from entente.node.services import auditing

    rows = auditing.evidence(node.parts)
    for one in rows:
        name = f"{one.peer}-{one.kind}-{one.digest[:12]}.json"
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.peer:<16} {one.kind:<12} {name}")
        if folder is not None and not (folder / name).exists():
            (folder / name).write_bytes(one.data)
    if not rows:
        click.echo("There is no evidence against any peer.")


@ledger.command()
@click.argument("message", metavar="MESSAGE")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
@passphrase_option
def prove(message: str, file: Path, home: Path | None, passphrase_file: Path | None) -> None:
    """Write to FILE a proof about MESSAGE (a content id, or PEER/sent/7) that stands alone.

    For a sent message it is the peer's receipt, which the peer cannot deny; before there is one, it is only what this
    node's own log says. It tells nothing of the content.
    """
    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    node = open_node(home, passphrase_file)
    from entente.node.services import auditing

    peer, row = auditing.find(node.parts, message)
    data = auditing.prove(node.parts, peer, row)
    file.write_bytes(data)
    proven = auditing.check_proof(node.parts, data)
    click.echo(f"{file}: message {row.sequence} {row.way.value}, channel with {peer}, from the log {proven.log}")
    if row.way.value == "sent" and proven.entry.act == "sent":
        click.echo(f"There is no receipt of {peer} yet: this is only what our own log says.")


@ledger.command()
@click.argument("peer", required=False)
@home_option
@passphrase_option
def checkpoint(peer: str | None, home: Path | None, passphrase_file: Path | None) -> None:
    """Print the latest signed checkpoint of our log with PEER, or of each: to keep elsewhere, or for a witness."""
    node = open_node(home, passphrase_file)
    from entente.exchange.channel import settle

    for name in _names(node, peer):
        end = node.channel(name)
        settle(node.parts.uow, end)
        with node.parts.uow.transaction(end.id) as tx:
            click.echo((tx.book().checkpoint or b"").decode())
