"""`entente send`: two officers release a message, and it is committed to the channel with each recipient."""

from __future__ import annotations

import json
import mimetypes
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from entente.cli.unlocking import home_option, officer_keys, open_node, passphrase_option
from entente.errors import EntenteError, InputError, Place, UsageError

if TYPE_CHECKING:
    from entente.exchange.attachments import Attachment
    from entente.exchange.content import Content
    from entente.exchange.handling import Marking
    from entente.exchange.store import Message
    from entente.node.node import Node

_BLOCK = 1024 * 1024
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("kind", metavar="TYPE", required=False)
@click.argument("file", metavar="FILE.json", type=_FILE, required=False)
@click.option("--to", "peers", multiple=True, metavar="PEER", help="Recipient. Needed with TYPE.")
@click.option("--handling", help='For example "TLP:AMBER H1 no-capital-case". Needed with TYPE.')
@click.option("--personal/--no-personal", default=None, help="Whether it holds personal data. Must be said.")
@click.option("--assessment", help="Reference of the recorded assessment of what may happen to the persons named.")
@click.option("--restriction", multiple=True, help="A restriction in words (H3); a person must decide on it.")
@click.option("--purpose", multiple=True, help="The only purposes it may be used for; any lawful one otherwise.")
@click.option("--consent", multiple=True, metavar="PARTY", help="Whose consent onward sharing needs.")
@click.option("--consented", multiple=True, metavar="ID", help="Content id of a signed consent that it rests on.")
@click.option("--for", "reason", default="", metavar="PURPOSE", help="What it is released for; one of its purposes.")
@click.option("--no-capital", is_flag=True, help="It will serve no case that can end in a death sentence.")
@click.option("--judged", multiple=True, metavar="TEXT", help="H3 text that was read, and that this release keeps.")
@click.option("--expires", metavar="DAY", type=_DAY, help="First day on which it may no longer be used, as 2027-01-31.")
@click.option("--until", metavar="DAY", type=_DAY, help="Last day on which the recipient keeps it.")
@click.option("--evaluation", metavar="B2", help="4x4 evaluation: source A, B, C or X; information 1 to 4.")
@click.option("--predicate", metavar="KIND:REFERENCE", help="What it follows from: listing, shipment, seizure or case.")
@click.option("--supersedes", multiple=True, metavar="ID", help="Content id of an own earlier message it replaces.")
@click.option("--withdraws", multiple=True, metavar="ID", help="Content id of an own earlier message it withdraws.")
@click.option("--attach", multiple=True, type=_FILE, help="A file to 2 GiB that goes with it.")
@click.option("--officer", "officers", multiple=True, metavar="NAME", help="Who signs with a key file. Two release.")
@click.option(
    "--officer-passphrase-file",
    "passphrases",
    multiple=True,
    type=_FILE,
    help="File with the officer's passphrase, in the order of --officer; asked for on the terminal otherwise.",
)
@click.option("--prepare", type=_NEW, help="Sign and send nothing; write the message to this file.")
@click.option("--prepared", type=_FILE, help="Release the message in this file, in place of TYPE and FILE.json.")
@click.option("--assertion", multiple=True, type=_FILE, help="What an officer's authenticator gave, as JSON.")
@click.option("--yes", is_flag=True, help="Do not ask before releasing.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@home_option
@passphrase_option
def send(**given: Any) -> None:
    """Release a message of TYPE with the body in FILE.json, and send it to each PEER.

    Two officers sign it, with key files or authenticators. It is committed at once and leaves at the next `entente
    sync`, or with the next `entente bundle export`. Types: docs/envelope.md.

    An authenticator signs elsewhere: --prepare writes the message and prints the digest to sign, then --prepared
    releases it with --assertion. The file holds the message in the clear.
    """
    from entente.node.boot import require_extra

    require_extra()
    _send(_Given(**given))


@dataclass(frozen=True)
class _Given:
    """The options, by their names."""

    kind: str | None
    file: Path | None
    peers: tuple[str, ...]
    handling: str | None
    personal: bool | None
    assessment: str | None
    restriction: tuple[str, ...]
    purpose: tuple[str, ...]
    consent: tuple[str, ...]
    consented: tuple[str, ...]
    reason: str
    no_capital: bool
    judged: tuple[str, ...]
    expires: datetime | None
    until: datetime | None
    evaluation: str | None
    predicate: str | None
    supersedes: tuple[str, ...]
    withdraws: tuple[str, ...]
    attach: tuple[Path, ...]
    officers: tuple[str, ...]
    passphrases: tuple[Path, ...]
    prepare: Path | None
    prepared: Path | None
    assertion: tuple[Path, ...]
    yes: bool
    as_json: bool
    home: Path | None
    passphrase_file: Path | None


def _send(given: _Given) -> None:
    if given.prepare is None:
        _check_officers(given)
    elif given.officers or given.assertion or given.prepared or given.prepare.exists():
        raise UsageError("Nobody signs what is prepared, into a new file.", remedy="Sign it then: --prepared FILE")
    node = open_node(given.home, given.passphrase_file)
    content = _read(node, given, given.prepared) if given.prepared else _make(node, given)
    peers = content.header.recipients
    if given.prepare is not None:
        _prepare(given.prepare, content)
        return
    if not given.yes:
        people = (*given.officers, *(f"who made {path}" for path in given.assertion))
        click.confirm(f"{' and '.join(people)} release this?", abort=True, err=True)
    _report(node, _signed(node, content, given), peers, given.as_json)


def _make(node: Node, given: _Given) -> Content:
    """A content from the options, shown to those who are to release it."""
    if given.kind is None or given.file is None or not given.peers or given.handling is None:
        raise UsageError("TYPE, FILE.json, --to and --handling are needed.", remedy="entente send --help")
    marking, body, header = _marking(given, given.handling), _body(given.file), _header(given)
    draft = node.draft(given.kind, body, given.peers, marking, **header)
    _check_sendable(node, draft)
    _show(node, draft, given.attach)
    if not given.attach:
        return draft
    header["attachments"] = tuple(_attach(node, path) for path in given.attach)
    return node.draft(given.kind, body, given.peers, marking, **header)


def _read(node: Node, given: _Given, path: Path) -> Content:
    """A content that was prepared, as it stands: what is given beside it would not be in what is signed."""
    from entente.exchange.content import LIMIT, read_content

    if any((given.kind, given.file, given.peers, given.handling, given.attach, given.supersedes, given.withdraws)):
        raise UsageError(
            "The message stands in the file, with recipients and handling.", remedy="Give --prepared alone."
        )
    with path.open("rb") as file:
        content = read_content(file.read(LIMIT + 1))
    _check_sendable(node, content)
    _show(node, content, ())
    return content


def _prepare(path: Path, content: Content) -> None:
    from entente.exchange.webauthn import challenge

    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content.envelope.as_bytes())
    click.echo(f"Digest     {content.id}")
    click.echo(f"Challenge  {challenge(content.id)}")
    click.echo(f"{path} holds the message. When its digest is signed: entente send --prepared {path}", err=True)


def _signed(node: Node, content: Content, given: _Given) -> Content:
    from entente.exchange.content import with_signatures
    from entente.node.files import read_small
    from entente.node.services import staff

    made = [staff.assertion(node.parts, content, read_small(path)) for path in given.assertion]
    return node.sign(with_signatures(content, made), officer_keys(node, given.officers, given.passphrases))


def _marking(given: _Given, handling: str) -> Marking:
    from entente.exchange.handling_words import read_handling

    if given.personal is None:
        raise UsageError("It is not said whether it holds personal data.", remedy="Give --personal or --no-personal.")
    return read_handling(
        handling,
        personal=given.personal,
        words=given.restriction,
        purposes=given.purpose,
        consent=given.consent,
        expires=_day(given.expires),
    )


def _header(given: _Given) -> dict[str, Any]:
    return {
        "supersedes": given.supersedes,
        "withdraws": given.withdraws,
        "until": _day(given.until),
        "evaluation": _evaluation(given.evaluation),
        "predicate": _predicate(given.predicate),
        "answers": _answers(given),
    }


def _answers(given: _Given) -> Any:
    """What is signed of the officers' answers; a text that no recipient would take is refused here already."""
    from entente.exchange.answers import Answers, read_answers

    answers = Answers(
        assessment=given.assessment,
        consents=given.consented,
        purpose=given.reason,
        capital=False if given.no_capital else None,
        judged=given.judged,
    )
    return read_answers(answers.as_json()) if answers != Answers() else None


def _check_officers(given: _Given) -> None:
    if len(set(given.officers)) + len(set(given.assertion)) < 2:
        raise UsageError(
            "Two different officers release a message.",
            remedy='--officer "ANN LEE" --officer "BOB WU", or --assertion FILE for who has an authenticator.',
        )
    if given.passphrases and len(given.passphrases) != len(given.officers):
        raise UsageError("Not every officer has a passphrase file.", remedy="Give one for each --officer, in order.")


def _check_sendable(node: Node, content: Content) -> None:
    """What is asked again when it is committed, before anybody types a passphrase in vain."""
    from entente.node.services import sending

    for peer in content.header.recipients:
        node.channel(peer)
        sending.permitted(node.parts, content, peer)
    node.parts.types.check(content)


def _body(path: Path) -> dict[str, Any]:
    from entente.exchange import strict
    from entente.exchange.content import LIMIT
    from entente.exchange.errors import ExchangeError

    with path.open("rb") as file:
        data = file.read(LIMIT + 1)
    try:
        return strict.read_object(data, limit=LIMIT, what="body")
    except ExchangeError as error:
        raise InputError(error.message, remedy="Correct the file.", place=Place(file=str(path))) from None


def _evaluation(text: str | None) -> Any:
    from entente.exchange.handling import Evaluation

    return None if text is None else Evaluation(text[:1].upper(), text[1:])


def _predicate(text: str | None) -> Any:
    from entente.exchange.content import PREDICATES, Predicate

    if text is None:
        return None
    kind, _, reference = text.partition(":")
    if kind not in PREDICATES or not reference:
        raise UsageError(f"{text!r} is no predicate.", remedy=f"KIND:REFERENCE, of {', '.join(sorted(PREDICATES))}")
    return Predicate(kind, reference)


def _day(moment: datetime | None) -> date | None:
    return None if moment is None else moment.date()


def _show(node: Node, content: Content, attach: Sequence[Path]) -> None:
    """What the officers release, before they do."""
    from entente.exchange.handling_words import explain, words_of
    from entente.exchange.messages import load_registry

    head = content.header
    label = load_registry().get(head.type, head.version).label["en"]
    click.echo(f"{label} from {node.name} to {', '.join(head.recipients)}", err=True)
    for line in (*explain(head.marking), *(words_of(head.answers) if head.answers else ())):
        click.echo(f"  {line}", err=True)
    for path in attach:
        click.echo(f"  With {path.name}, {path.stat().st_size:,} bytes", err=True)


def _attach(node: Node, path: Path) -> Attachment:
    from entente.exchange.attachments import encrypt

    media = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    with path.open("rb") as file:
        blocks = iter(lambda: file.read(_BLOCK), b"")
        return encrypt(blocks, node.parts.uow.blobs.put, name=path.name, media=media)


def _report(node: Node, content: Content, peers: tuple[str, ...], as_json: bool) -> None:
    rows = []
    for peer in peers:
        try:
            rows.append((peer, node.send(content, peer)))
        except EntenteError:
            _say(content, rows, as_json)  # what is committed already is said before what went wrong
            raise
    _say(content, rows, as_json)


def _say(content: Content, rows: Sequence[tuple[str, Message]], as_json: bool) -> None:
    if as_json:
        sent = [{"peer": peer, "sequence": row.sequence, "frame": row.frame} for peer, row in rows]
        click.echo(json.dumps({"content": content.id, "type": content.header.type, "sent": sent}))
        return
    for peer, row in rows:
        click.echo(f"Message {row.sequence} to {peer}: committed, leaves at the next sync or bundle.")
    click.echo(f"Content {content.id}")
