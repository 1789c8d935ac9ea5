"""`entente sync`: meet peers over the network, once or for as long as it runs."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entente.cli.unlocking import home_option, open_node, passphrase_option
from entente.errors import EntenteError, UsageError

if TYPE_CHECKING:
    from entente.node.node import Node
    from entente.node.wire.syncing import Progress

_LEFT = 4
"""The exit code when a peer could not be reached, refused, or something is left; as that of `WireError`."""


@click.command()
@click.argument("peer", required=False)
@click.option("--once", is_flag=True, help="Meet once and end; otherwise go on until stopped.")
@click.option(
    "--every",
    type=click.IntRange(5, 86400),
    default=60,
    show_default=True,
    help="Seconds between two rounds of meetings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each peer and round.")
@home_option
@passphrase_option
def sync(
    peer: str | None, once: bool, every: int, as_json: bool, home: Path | None, passphrase_file: Path | None
) -> None:
    """Send and fetch messages, receipts and attachments over the network, with PEER or with every confirmed peer.

    What breaks off goes on where it was. With --once, the exit code is 4 if a peer could not be reached or something is
    left.
    """
    from entente.node.boot import require_extra

    require_extra()
    node = open_node(home, passphrase_file)
    if peer is not None:
        node.channel(peer)
    names = _peers(node, peer)
    alone = len(names) == 1
    threads = [_Meeting(node, name, every=None if once else every, as_json=as_json, alone=alone) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():  # a join without end would not hear Ctrl-C
            thread.join(1.0)
        if thread.broken is not None:
            raise thread.broken
    raise SystemExit(0 if all(thread.reached for thread in threads) else _LEFT)


class _Meeting(threading.Thread):
    """Meets one peer; each has a thread, so that one that is slow or silent keeps nobody waiting."""

    def __init__(self, node: Node, name: str, *, every: int | None, as_json: bool, alone: bool) -> None:
        super().__init__(daemon=True)
        self._node, self._peer, self._every, self._as_json, self._alone = node, name, every, as_json, alone
        self.reached = False
        self.broken: BaseException | None = None

    def run(self) -> None:
        """Meet once, or again and again."""
        try:
            while True:
                self.reached = _meet(self._node, self._peer, self._as_json, quiet=not self._alone)
                if self._every is None:
                    return
                time.sleep(self._every)
        except Exception as error:  # noqa: BLE001 - the main thread raises it
            self.broken = error
        finally:
            self._node.close()


def _peers(node: Node, peer: str | None) -> list[str]:
    from entente.node.services import peers

    found = [one.card.name for one in peers.all_peers(node.parts) if one.state == "confirmed"]
    if peer is None and not found:
        raise UsageError("No peer is confirmed.", remedy="Pair with one first: entente peer invite FILE")
    return [peer] if peer is not None else found


def _meet(node: Node, name: str, as_json: bool, *, quiet: bool) -> bool:
    """Meet one peer; what is wrong with it is told, and does not keep the others waiting."""
    from entente.node.services import servers

    try:
        *others, last = servers.accepted(node.parts, name)
        done = _first(node, name, others, last, quiet=quiet or as_json)
    except EntenteError as error:
        _say_error(name, error, as_json)
        return False
    _say(done, as_json)
    return done.done


def _first(node: Node, name: str, pins: Sequence[str], last: str, *, quiet: bool) -> Progress:
    """Meet a peer whose server may have a new key: it was announced, and the old one still counts until it is met."""
    from entente.node.services import servers
    from entente.node.wire.client import Line
    from entente.node.wire.errors import PinError
    from entente.node.wire.syncing import sync as meet

    url = servers.url(node.parts, name)
    for pin in (*pins, last):
        try:
            with Line(node, name, url, pin) as line, _progress(name, quiet=quiet) as tell:
                done = meet(node, line, name, tell)
        except PinError:
            if pin == last:
                raise
        else:
            servers.met(node.parts, name, pin)
            return done
    raise AssertionError  # pragma: no cover - the last one returned or raised


@contextmanager
def _progress(name: str, *, quiet: bool) -> Iterator[Callable[[Progress], None]]:
    """A line on standard error that counts, if it is a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status(f"Meeting {name} …") as status:
        yield lambda progress: status.update(f"{name}: {_counts(progress)} …")


def _counts(progress: Progress) -> str:
    counted = [
        (progress.receipted, "receipted"),
        (progress.taken, "received"),
        (progress.refused, "received and refused"),
        (progress.pieces, "pieces of attachments"),
    ]
    return ", ".join(f"{count} {what}" for count, what in counted if count) or "nothing new"


def _say(done: Progress, as_json: bool) -> None:
    if as_json:
        value: dict[str, Any] = dataclasses.asdict(done)
        click.echo(json.dumps(value, default=str))
        return
    click.echo(f"{done.peer}: {_counts(done)}{'' if done.done else '; something is left, see below'}")
    for one in done.rejected:
        click.echo(f"  rejected by {done.peer}: {one.code} at {one.at:%Y-%m-%d %H:%M} UTC", err=True)
    for text in done.problems:
        click.echo(f"  {text}", err=True)


def _say_error(name: str, error: EntenteError, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"peer": name, "error": str(error), "remedy": error.remedy}))
        return
    click.echo(f"{name}: {error}", err=True)
    click.echo(f"  What to do: {error.remedy}", err=True)
