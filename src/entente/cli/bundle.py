"""`entente bundle`: the same messages on a medium, where there is no network between the nodes."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli.unlocking import home_option, open_node, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.channel_parcel import Report
    from entente.exchange.store import Message


@click.group()
def bundle() -> None:
    """Exchange messages on a medium, such as a USB stick."""
    from entente.node.boot import require_extra

    require_extra()


@bundle.command("export")
@click.argument("peer")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--without-attachments", is_flag=True, help="Leave out attachments; they go with a later bundle.")
@click.option("--json", "as_json", is_flag=True, help="Print what is in it as JSON.")
@home_option
@passphrase_option
def export_bundle(
    peer: str, file: Path, without_attachments: bool, as_json: bool, home: Path | None, passphrase_file: Path | None
) -> None:
    """Write what PEER does not have yet to FILE: messages, receipts, the log. Sealed; the carrier can read none of it.

    It is acknowledged by the bundle that comes back. Nothing leaves the outbox before that.
    """
    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    node = open_node(home, passphrase_file)
    from entente.node.services.meeting import make_bundle

    made = make_bundle(node.parts, peer, attachments=not without_attachments)
    _write(file, made.data)
    if as_json:
        names = ("messages", "receipts", "pieces", "waiting")
        counts = {"bytes": len(made.data), **{name: getattr(made, name) for name in names}}
        click.echo(json.dumps({"peer": peer, "file": str(file), **counts}))
        return
    click.echo(f"{file}, {len(made.data):,} bytes, for {peer}")
    click.echo(f"  {made.messages} messages, {made.receipts} receipts, {made.pieces} pieces of attachments")
    if made.waiting:
        click.echo(f"  {made.waiting} more messages wait for the next one, when this one is acknowledged.")


def _write(file: Path, data: bytes) -> None:
    """Write all of it and wait for the medium: people pull sticks out."""
    with file.open("xb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())


@bundle.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what became of it as JSON.")
@home_option
@passphrase_option
def import_bundle(file: Path, as_json: bool, home: Path | None, passphrase_file: Path | None) -> None:
    """Take in FILE, which a peer wrote. It may be taken in any number of times."""
    node = open_node(home, passphrase_file)
    from entente.exchange.bundle import LIMIT
    from entente.node.files import read_small

    before = {one.peer: one.taken for one in node.status()}
    peer, report = node.import_bundle(read_small(file, LIMIT))
    new = [row for row in report.taken if row.sequence > before[peer]]
    if as_json:
        click.echo(json.dumps({"peer": peer, **_counted(report, new)}))
        return
    click.echo(f"{file} from {peer}: {_words(report, new)}")
    for error in report.errors:
        click.echo(f"  {error}", err=True)
    click.echo(f"To acknowledge it: entente bundle export {peer} FILE, or entente sync {peer}")


def _counted(report: Report, new: Sequence[Message]) -> dict[str, object]:
    return {
        "taken": sum(not row.refused for row in new),
        "refused": sum(bool(row.refused) for row in new),
        "receipts": len(report.receipts),
        "pieces": report.pieces,
        "contact": report.outcome.value,
        "rejected": [one.code for one in report.rejected],
        "errors": [str(error) for error in report.errors],
    }


def _words(report: Report, new: Sequence[Message]) -> str:
    counted = _counted(report, new)
    names = {"taken": "new messages", "refused": "refused", "receipts": "receipts", "pieces": "pieces of attachments"}
    return ", ".join(f"{counted[name]} {word}" for name, word in names.items() if counted[name]) or "nothing new"
