"""`entente ledger succeed` and `entente peer succession`: the two halves of a succession, with files between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from entente.cli.unlocking import home_option, many, officer_keys, open_node, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.channel_succession import Examined
    from entente.node.node import Node
    from entente.node.services.succession import Done

_OLD = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("peer")
@click.argument("file", type=_NEW, required=False)
@click.option("--reason", help="Why, for the peer's person. Needed with FILE.")
@click.option("--answer", type=_OLD, help="The peer's answer, in place of FILE: the new log begins.")
@click.option("--officer", "officers", multiple=True, metavar="NAME", help="Who signs it; give it twice.")
@click.option(
    "--officer-passphrase-file",
    "passphrases",
    multiple=True,
    type=_OLD,
    help="File with the officer's passphrase, in the order of --officer; asked for on the terminal otherwise.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@passphrase_option
def succeed(
    peer: str,
    file: Path | None,
    *,
    reason: str | None,
    answer: Path | None,
    officers: tuple[str, ...],
    passphrases: tuple[Path, ...],
    yes: bool,
    home: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Close the log of the channel with PEER, which cannot go on, and begin a new one that PEER confirms.

    First with FILE, --reason and two officers: FILE goes to PEER by hand. Nothing is sent to PEER or taken from it any
    more until its answer is taken in with --answer. Stop the server before.
    """
    if (file is None) == (answer is None):
        raise UsageError("Give FILE, to ask the peer, or --answer.", remedy="entente ledger succeed --help")
    opened = open_node(home, passphrase_file, alone=True)
    if answer is not None:
        _take(opened, peer, answer, yes=yes)
        return
    assert file is not None  # noqa: S101 - one of the two was given
    if not reason or len(set(officers)) < 2:
        raise UsageError("A reason and two officers are needed.", remedy="--reason TEXT --officer NAME --officer NAME")
    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    from entente.node.services import succession

    if not yes:
        words = f"The log with {peer} signs nothing any more, and cannot be opened again. Go on?"
        click.confirm(words, abort=True, err=True)
    file.write_bytes(succession.ask(opened.parts, peer, reason, officer_keys(opened, officers, passphrases)))
    click.echo(f"{file} is for {peer}. Nothing passes until its answer is here: entente ledger succeed {peer} --answer")


def _take(opened: Node, peer: str, answer: Path, *, yes: bool) -> None:
    from entente.node.files import read_small
    from entente.node.services import succession

    data = read_small(answer)
    found = succession.look_answer(opened.parts, peer, data)
    _agree(found, peer, yes=yes)
    _say(succession.take(opened.parts, peer, data), peer)


@click.command("succession")
@click.argument("peer")
@click.argument("file", type=_OLD)
@click.argument("answer", type=_NEW, required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
@passphrase_option
def confirm_succession(
    peer: str, file: Path, answer: Path | None, *, yes: bool, home: Path | None, passphrase_file: Path | None
) -> None:
    """Look at the succession that PEER asks for in FILE; with ANSWER, confirm it and write the answer for PEER.

    What PEER acknowledged or sent and does not know any more is named. Stop the server before.
    """
    opened = open_node(home, passphrase_file, alone=True)
    from entente.node.files import read_small
    from entente.node.services import succession

    if answer is not None and answer.exists():
        raise UsageError(f"{answer} is there already.", remedy="Name another file.")
    data = read_small(file)
    if answer is None:
        _lines(_words(succession.look(opened.parts, peer, data), peer))
        click.echo(f"Nothing was changed. To confirm it: entente peer succession {peer} {file} ANSWER")
        return
    if not succession.is_answered(opened.parts, peer, data):
        _agree(succession.look(opened.parts, peer, data), peer, yes=yes)
    done = succession.confirm(opened.parts, peer, data)
    answer.write_bytes(done.file)
    _say(done, peer)
    click.echo(f"{answer} is for {peer}. It takes it in by: entente ledger succeed {opened.name} --answer FILE")


def _agree(found: Examined, peer: str, *, yes: bool) -> None:
    _lines(_words(found, peer))
    if not yes:
        click.confirm("The old logs end here, and new ones begin. Go on?", abort=True, err=True)


def _words(found: Examined, peer: str) -> Iterator[str]:
    head = found.succession.old_head
    signed = f", signed by {' and '.join(sorted(record.holder for record in found.officers))}" if found.officers else ""
    yield f"{peer} closes its log {found.succession.old_origin} at {many(head.size, 'entry')}{signed}."
    if found.reason:
        yield f"  Its reason: {_printable(found.reason)}"
    yield f"  It knows its own messages up to {found.stand.sent.sequence}, and ours up to {found.stand.taken.sequence}."
    if found.dropped:
        yield f"  IT DROPS what it had acknowledged of ours: {_numbers(found.dropped)}. These go out again."
    if found.forgotten:
        yield f"  It has lost messages of its own that are here: {_numbers(found.forgotten)}. They stay here."
    if found.unseen:
        yield f"  {many(found.unseen, 'entry')} of it were never shown here; nothing can be said of them."
    if not (found.dropped or found.forgotten or found.unseen):
        yield "  Nothing that is known here is lost by it."


def _say(done: Done, peer: str) -> None:
    click.echo(f"Generation {done.generation} of the channel with {peer} has begun. The earlier one stays as it is.")
    if done.again:
        click.echo(f"  Go out again: {_numbers(done.again)}")
    for sequence, error in done.failed:
        click.echo(f"  Message {sequence} cannot go out again: {error.message} Release it anew.", err=True)


def _numbers(sequences: Sequence[int]) -> str:
    """Sequences with their runs drawn together, such as `4, 7 to 9`."""
    runs: list[list[int]] = []
    for number in sequences:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ", ".join(" to ".join(map(str, run)) for run in runs)


def _lines(lines: Iterator[str]) -> None:
    for line in lines:
        click.echo(line)


def _printable(text: str) -> str:
    """A text without what a terminal would obey: it comes from a stranger."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
