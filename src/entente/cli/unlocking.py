"""What the commands of a node share: which node, and its passphrase, which is asked for and never shown."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.parties import NodeKey
    from entente.node.node import Node

LEAST = 12
"""The fewest characters of a new passphrase."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def home_option(command: _Command) -> _Command:
    """`--home`: the directory of the node."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="ENTENTE_HOME",
        help="Directory of the node; by default $ENTENTE_HOME, else ~/.entente.",
    )(command)


def passphrase_option(command: _Command) -> _Command:
    """`--passphrase-file`: in place of a question on the terminal."""
    return click.option(
        "--passphrase-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        envvar="ENTENTE_PASSPHRASE_FILE",
        help="File that holds the node's passphrase, for its owner only; asked for on the terminal otherwise.",
    )(command)


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def place(home: Path | None) -> Path:
    """The directory that is meant."""
    from entente.node.boot import default_home

    return home or default_home()


def open_node(
    home: Path | None, passphrase_file: Path | None = None, *, locked: bool = False, alone: bool = False
) -> Node:
    """The node in a directory; its passphrase is asked for unless `locked` is enough.

    With `alone`, no other program may work with it meanwhile.
    """
    import os

    from entente.node.boot import boot

    path = place(home)
    os.environ["ENTENTE_HOME"] = str(path)
    boot()
    from entente.node.config import read_config
    from entente.node.home import Home
    from entente.node.node import Node

    name = read_config(path, os.environ).name  # before a passphrase is asked for in vain
    click.get_current_context().with_resource(Home(path).used(alone=alone))  # until the command ends
    passphrase = None if locked else passphrase_of(passphrase_file, f"Passphrase of {name}")
    return Node.open(path, now, passphrase, environ=os.environ)


def officer_keys(opened: Node, names: Sequence[str], files: Sequence[Path]) -> list[NodeKey]:
    """The keys of officers, each opened with the officer's own passphrase, from a file or typed.

    Raises:
        UsageError: there are passphrase files, and not one for each.
    """
    from entente.node.services import staff

    if files and len(files) != len(names):
        raise UsageError("Not every officer has a passphrase file.", remedy="Give one for each --officer, in order.")
    asked: list[Path | None] = [None] * len(names)
    pairs = zip(names, files or asked, strict=True)
    return [staff.officer(opened.parts, name, passphrase_of(file, f"Passphrase of {name}")) for name, file in pairs]


def many(number: int, word: str) -> str:
    """A number of things in words, for example `1 row` or `2,000 rows`."""
    plural = f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"
    return f"{number:,} {word if number == 1 else plural}"


def passphrase_of(file: Path | None, question: str) -> bytes:
    """A passphrase that was set before."""
    return _from_file(file) if file else _ask(question, twice=False)


def new_passphrase(file: Path | None, question: str) -> bytes:
    """A new passphrase: from a file, or typed twice.

    Raises:
        UsageError: too short, or there is nobody to ask.
    """
    found = _from_file(file) if file else _ask(question, twice=True)
    if len(found.decode(errors="replace")) < LEAST:
        raise UsageError(
            f"The passphrase has fewer than {LEAST} characters.",
            remedy="Use several words that do not belong together.",
        )
    return found


def _from_file(file: Path) -> bytes:
    from entente.node.files import read_passphrase

    return read_passphrase(file)


def _ask(question: str, *, twice: bool) -> bytes:
    if not sys.stdin.isatty():
        raise UsageError(
            "A passphrase is needed, and there is no terminal to ask at.",
            remedy="Give --passphrase-file FILE, or set ENTENTE_PASSPHRASE_FILE.",
        )
    text: str = click.prompt(question, hide_input=True, confirmation_prompt=twice, err=True)
    return text.encode()
