"""`entente messages`: what was sent and received, and its content as far as its handling permits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entente.cli.unlocking import home_option, open_node, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.content import Content
    from entente.exchange.permits import Action
    from entente.exchange.store import Message
    from entente.node.node import Node


@click.group()
def messages() -> None:
    """List and read messages."""
    from entente.node.boot import require_extra

    require_extra()


@messages.command("list")
@click.argument("peer", required=False)
@click.option("--way", type=click.Choice(["sent", "taken"]), help="Only what was sent, or only what was received.")
@click.option("--last", type=click.IntRange(1, 10000), default=20, show_default=True, help="How many, each way.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each.")
@home_option
def list_messages(peer: str | None, way: str | None, last: int, as_json: bool, home: Path | None) -> None:
    """List the last messages with PEER, or with all. Needs no passphrase: contents stay closed."""
    node = open_node(home, locked=True)
    rows = list(_rows(node, peer, way, last))
    for name, row, receipted in rows:
        value = _as_json(name, row, receipted=receipted)
        click.echo(json.dumps(value) if as_json else _line(name, row, receipted=receipted))
    if not rows and not as_json:
        click.echo("No messages yet.")


def _rows(node: Node, peer: str | None, way: str | None, last: int) -> Iterator[tuple[str, Message, bool]]:
    from entente.exchange.store import Way
    from entente.node.cards import channel_id

    channels = [one for one in node.status() if peer in {None, one.peer} and one.state != "unconfirmed"]
    if peer is not None and not channels:
        raise UsageError(f"There is no channel with {peer!r}.", remedy="Peers are listed by: entente peer show")
    for one in channels:
        for direction, top in ((Way.SENT, one.sent), (Way.TAKEN, one.taken)):
            if way not in {None, direction.value}:
                continue
            start = max(1, top - last + 1)
            with node.parts.uow.transaction(channel_id(node.name, one.peer)) as tx:
                rows = tx.messages(direction, start, top + 1)
                receipts = tx.receipts(direction, start, top + 1)
            yield from ((one.peer, row, row.sequence in receipts) for row in rows)


def _line(name: str, row: Message, *, receipted: bool) -> str:
    state = f"refused: {row.refused}" if row.refused else "receipt" if receipted else "no receipt yet"
    where = f"{name}/{row.way.value}/{row.sequence}"
    return f"{where:<28} {row.at:%Y-%m-%d %H:%M}  {row.type or '-':<26} {row.content[:16]}  {state}"


def _as_json(name: str, row: Message, *, receipted: bool) -> dict[str, Any]:
    return {
        "peer": name,
        "way": row.way.value,
        "sequence": row.sequence,
        "type": row.type,
        "content": row.content,
        "refused": row.refused,
        "at": row.at.isoformat(),
        "receipt": receipted,
    }


def _reading(command: Any) -> Any:
    """The options that say under which circumstances somebody reads."""
    options = (
        click.option("--purpose", default="", help="What for; must be one that the marking permits."),
        click.option("--named", is_flag=True, help="I am one of those it is addressed to (TLP:RED)."),
        click.option("--no-capital", is_flag=True, help="It will serve no case that can end in a death sentence."),
        click.option("--judged", multiple=True, metavar="TEXT", help="H3 text that was read, and is kept."),
        click.option("--assessment", help="Reference of the recorded assessment for the persons named."),
        home_option,
        passphrase_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


@messages.command()
@click.argument("message", metavar="MESSAGE")
@click.option("--json", "as_json", is_flag=True, help="Print header and body as JSON.")
@_reading
def show(message: str, as_json: bool, home: Path | None, passphrase_file: Path | None, **circumstances: Any) -> None:
    """Show MESSAGE (a content id, or PEER/taken/7), if its handling permits."""
    from entente.exchange.permits import Action

    node = open_node(home, passphrase_file)
    _, content = _content(node, message, Action.READ, circumstances)
    if as_json:
        head = content.header.as_json()
        for item in head.get("attachments", ()):
            item.pop("key")
        click.echo(json.dumps({"content": content.id, "header": head, "body": content.body}, ensure_ascii=False))
        return
    for line in _text(node, content):
        click.echo(_printable(line))


def _text(node: Node, content: Content) -> Iterator[str]:
    from entente.exchange.handling_words import explain, words_of

    head = content.header
    kinds = node.parts.types
    label = getattr(kinds, "types", {}).get((head.type, head.version))
    yield f"{label.label['en'] if label else head.type} from {head.sender} to {', '.join(head.recipients)}"
    yield f"  made {head.made:%Y-%m-%d %H:%M} UTC, content {content.id}"
    yield from (f"  {line}" for line in explain(head.marking))
    yield from (f"  {line}" for line in (words_of(head.answers) if head.answers else ()))
    if head.evaluation:
        yield f"  4x4 evaluation: {head.evaluation.source}{head.evaluation.information}"
    if head.predicate:
        yield f"  follows from {head.predicate.kind} {head.predicate.reference}"
    yield from (f"  replaces {one}" for one in head.supersedes)
    yield from (f"  withdraws {one}" for one in head.withdraws)
    yield from (f"  attachment {item.name!r}, {item.size:,} bytes sealed" for item in head.attachments)
    yield ""
    yield from json.dumps(content.body, ensure_ascii=False, indent=2).split("\n")


@messages.command()
@click.argument("message", metavar="MESSAGE")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_reading
def save(message: str, folder: Path, home: Path | None, passphrase_file: Path | None, **circumstances: Any) -> None:
    """Decrypt the attachments of MESSAGE into FOLDER, if its handling permits an export. Nothing is written over."""
    from entente.exchange.attachments import decrypt
    from entente.exchange.permits import Action

    node = open_node(home, passphrase_file)
    row, content = _content(node, message, Action.EXPORT, circumstances)
    blobs = node.parts.uow.blobs
    if not content.header.attachments:
        click.echo("The message has no attachments.")
    for number, item in enumerate(content.header.attachments, 1):
        if missing := sum(not blobs.has(piece.hex()) for piece in item.pieces):
            raise UsageError(
                f"{missing} of {len(item.pieces)} pieces of {item.name!r} have not arrived.",
                remedy="Fetch them: entente sync, or the next bundle.",
            )
        path = folder / f"{row.content[:8]}-{number}-{_printable(item.name)}"
        if path.exists():
            raise UsageError(f"{path} is there already.", remedy="Choose another folder.")
        _write(path, decrypt(item, (blobs.get(piece.hex()) for piece in item.pieces)))
        click.echo(str(path))


def _write(path: Path, blocks: Iterator[bytes]) -> None:
    """Write a file that has its name only when all of it was right."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("wb") as file:
            for block in blocks:
                file.write(block)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _content(node: Node, text: str, action: Action, given: dict[str, Any]) -> tuple[Message, Content]:
    """A message and its content, if its handling permits what is wanted."""
    from entente.exchange.permits import Circumstances, require
    from entente.node.services import auditing

    _, row = auditing.find(node.parts, text)
    content = node.read(row)
    now = Circumstances(
        today=node.parts.clock().date(),
        purpose=given["purpose"],
        by=node.name,
        originator=content.header.sender,
        named=given["named"],
        capital=False if given["no_capital"] else None,
        assessment=given["assessment"],
        judged=frozenset(given["judged"]),
    )
    require(content.header.marking, action, now)
    return row, content


def _printable(text: str) -> str:
    """A text without what a terminal would obey: it comes from a stranger."""
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
