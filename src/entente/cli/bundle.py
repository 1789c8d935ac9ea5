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

_FRAMES = 1024
_FRAME_BYTES = 96 * 1024 * 1024
_PIECE_BYTES = 96 * 1024 * 1024


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
    from entente.exchange.bundle import write_bundle
    from entente.exchange.channel_parcel import pack

    end = node.channel(peer)
    room = 0 if without_attachments else _PIECE_BYTES
    parcel = pack(node.parts.uow, end, most=_FRAMES, most_bytes=_FRAME_BYTES, piece_bytes=room)
    data = write_bundle(parcel, channel=end.id, sender=node.name, recipient=peer)
    _write(file, data)
    waiting = next(one.waiting for one in node.status() if one.peer == peer)
    counts = {
        "messages": len(parcel.frames),
        "receipts": len(parcel.receipts),
        "pieces": len(parcel.pieces),
        "bytes": len(data),
        "waiting": max(0, waiting - len(parcel.frames)),
    }
    if as_json:
        click.echo(json.dumps({"peer": peer, "file": str(file), **counts}))
        return
    click.echo(f"{file}, {len(data):,} bytes, for {peer}")
    click.echo(
        f"  {counts['messages']} messages, {counts['receipts']} receipts, {counts['pieces']} pieces of attachments"
    )
    if counts["waiting"]:
        click.echo(f"  {counts['waiting']} more messages wait for the next one, when this one is acknowledged.")


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
