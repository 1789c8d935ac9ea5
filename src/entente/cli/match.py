"""`entente match`: find out with another authority what both hold, without showing the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from entente.cli.unlocking import home_option, new_passphrase, now, open_node, passphrase_of, passphrase_option
from entente.errors import UsageError

if TYPE_CHECKING:
    from entente.exchange.match.session import Run
    from entente.exchange.match.sets import KeySet
    from entente.node.node import Node
    from entente.node.services.matching import Desk

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_KINDS = ("identifier", "name-city", "phone-name", "email", "account", "wallet", "container", "vessel", "address")
_Command = TypeVar("_Command", bound=Callable[..., Any])


def _signing(command: _Command) -> _Command:
    """The two officers who release a message."""
    for option in (
        click.option(
            "--officer-passphrase-file",
            "officer_files",
            type=_FILE,
            multiple=True,
            help="Files with the officers' passphrases, in their order; asked for on the terminal otherwise.",
        ),
        click.option("--officer", "officers", multiple=True, help="An officer who releases it. Give two."),
        passphrase_option,
        home_option,
    ):
        command = option(command)
    return command


_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_YES = click.option("--yes", is_flag=True, help="Do not ask before releasing.")
_ASSESSMENT = click.option(
    "--assessment", default="", help="Where persons are concerned: the recorded assessment of what may happen to them."
)


def _questions(command: _Command) -> _Command:
    """What the marking of the records in a set asks of the officers."""
    for option in (
        click.option("--judged", multiple=True, metavar="TEXT", help="H3 text that was read, and is kept."),
        click.option("--no-capital", is_flag=True, help="It will serve no case that can end in a death sentence."),
        click.option(
            "--only-for", multiple=True, metavar="PURPOSE", help="The only purposes those records may be used for."
        ),
        click.option("--restriction", multiple=True, help="A restriction of those records in words (H3)."),
        click.option(
            "--records-handling",
            "handling",
            metavar="MARKING",
            help='Handling of records of others in KEYS, all restrictions together, for example "TLP:AMBER H1".',
        ),
        _ASSESSMENT,
    ):
        command = option(command)
    return command


@click.group()
def match() -> None:
    """Find out with a peer what both hold, without showing the rest."""
    from entente.node.boot import require_extra

    require_extra()


@match.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--auditor-passphrase-file",
    type=_FILE,
    help="File that holds the auditor's own passphrase; asked for on the terminal otherwise.",
)
@click.option("--replace", is_flag=True, help="In place of an earlier key, which is kept for the earlier runs.")
@home_option
def auditor(file: Path, auditor_passphrase_file: Path | None, replace: bool, home: Path | None) -> None:
    """Make the auditor's key. The private part goes to FILE, for the auditor to take away; the public part stays.

    Every set is sealed to it before a match. The node cannot open it.
    """
    from entente.node.services.match_files import Shelf

    if file.exists():
        raise UsageError(f"{file} is there already.", remedy="Name another file.")
    shelf = Shelf(open_node(home, locked=True).parts)
    passphrase = new_passphrase(auditor_passphrase_file, "New passphrase of the auditor")
    shelf.new_auditor(passphrase, lambda data: _write_new(file, data), replace=replace)
    click.echo(f"Auditor's key written to {file}. Give it to the auditor, and keep no copy on this machine.")


@match.command()
@click.argument("peer")
@click.argument("keys", type=_FILE)
@click.option("--kind", "kind_name", type=click.Choice(_KINDS), required=True, help="Kind of the keys in the file.")
@click.option("--purpose", required=True, help="What for; one of those with a budget in match.toml.")
@click.option(
    "--predicate", required=True, help="What it follows from: listing:, shipment:, seizure: or case:REFERENCE."
)
@click.option("--days", type=click.IntRange(1), default=30, show_default=True, help="When the run ends.")
@click.option("--most", type=click.IntRange(1), help="Largest set of the peer.  [default: as match.toml allows]")
@click.option("--learn", is_flag=True, help="This side learns the count first, and not the peer.")
@click.option("--persons", is_flag=True, help="Natural persons may stand behind keys. Needs --case.")
@click.option("--case", help="Reference of the case.")
@_questions
@_YES
@_signing
@_JSON
def offer(
    peer: str,
    keys: Path,
    *,
    kind_name: str,
    purpose: str,
    predicate: str,
    days: int,
    most: int | None,
    learn: bool,
    persons: bool,
    case: str | None,
    yes: bool,
    as_json: bool,
    **who: Any,
) -> None:
    """Offer PEER a match of the set in KEYS, a CSV file. The file stays here."""
    from entente.cli import match_words as words
    from entente.node.services import matching

    answers, records = _answered(who)
    made, because = _set(kind_name, keys), _predicate(predicate)
    _lines(words.of_set(made, str(keys)), err=True)
    _agree(f"to match {len(made.items)} elements with {peer}", who["officers"], yes=yes)
    opened, desk = _desk(**who)
    run = matching.offer(
        desk,
        peer,
        made,
        purpose=purpose,
        predicate=because,
        due=now() + timedelta(days=days),
        most=most,
        learn=learn,
        persons=persons,
        case=case,
        answers=answers,
        records=records,
    )
    _show(opened, run, as_json=as_json, keys=made, learning=True)


@match.command()
@click.argument("run")
@click.argument("keys", type=_FILE, required=False)
@click.option("--decline", metavar="REASON", help="Decline the offer, or stop a run that goes on.")
@click.option("--show", is_flag=True, help="Only say what the offer asks for, and who would learn what.")
@_questions
@_YES
@_signing
@_JSON
def answer(
    run: str,
    keys: Path | None,
    decline: str | None,
    show: bool,
    yes: bool,
    as_json: bool,
    **who: Any,
) -> None:
    """Answer or decline an offer, or stop a run. The answer to RUN is the set in KEYS, a CSV file, which stays here."""
    if sum((keys is not None, decline is not None, show)) != 1:
        raise UsageError("Give a file of keys, or --decline REASON, or --show.", remedy="entente match answer --help")
    from entente.cli import match_words as words
    from entente.node.services import match_runs, matching

    answers, records = _answered(who)
    if show:
        opened = open_node(who["home"], who["passphrase_file"])
        _show(opened, match_runs.load(opened.parts).find(run), as_json=as_json, learning=True)
        return
    opened, desk = _desk(**who)
    if decline is not None:
        _show(opened, matching.refuse(desk, run, decline), as_json=as_json)
        return
    assert keys is not None  # noqa: S101 - one of the three was given
    found = match_runs.load(opened.parts).find(run)
    made = _set(found.proposal.kind, keys)
    _lines(words.of_set(made, str(keys)), err=True)
    _agree(f"to match {len(made.items)} elements with {found.proposal.asker}", who["officers"], yes=yes)
    _show(opened, matching.answer(desk, run, made, answers, records), as_json=as_json, keys=made, learning=True)


@match.command(name="continue")
@click.argument("run")
@click.option("--references", is_flag=True, help="In a reveal, give the peer the references of your records too.")
@_signing
@_JSON
def continue_(run: str, references: bool, as_json: bool, **who: Any) -> None:
    """Send what this side owes next in RUN. It is a step, the count, or, after both asked, the common elements."""
    opened, desk = _desk(**who)
    from entente.node.services import matching

    _show(opened, matching.go_on(desk, run, references=references), as_json=as_json)


@match.command()
@click.argument("run")
@_YES
@_signing
@_JSON
def reveal(run: str, yes: bool, as_json: bool, **who: Any) -> None:
    """Ask for, and agree to, a reveal. Both sides must ask before either sees which elements of RUN are common."""
    opened, desk = _desk(**who)
    from entente.node.services import match_runs, matching

    found = match_runs.load(opened.parts).find(run)
    _agree(f"to reveal the {found.common or 0} common elements to {found.other(opened.name)}", who["officers"], yes=yes)
    _show(opened, matching.ask(desk, run), as_json=as_json)


@match.command()
@click.argument("run", required=False)
@home_option
@passphrase_option
@_JSON
def status(run: str | None, home: Path | None, passphrase_file: Path | None, as_json: bool) -> None:
    """Show all runs and budgets, or one RUN in full."""
    from entente.cli import match_words as words
    from entente.node.services import match_runs, matching

    opened = open_node(home, passphrase_file)
    runs, desk = match_runs.load(opened.parts), matching.Desk.at(opened.parts)
    if run is not None:
        id_ = runs.find(run).id
        runs = match_runs.load(opened.parts, steps=id_)
        _show(opened, runs.runs[id_], as_json=as_json, full=True, waiting=id_ in runs.waiting)
        return
    disputed = {one.id: matching.disputed(desk, one) for one in runs.runs.values()}
    budgets = {peer: matching.spent(desk, peer, runs) for peer in sorted(_peers(opened))}
    if as_json:
        found = [
            words.run_json(one, opened.name, matching.waits(one, opened.name), disputed=disputed[one.id])
            for one in runs.runs.values()
        ]
        ignored = [
            {"peer": one.peer, "type": one.type, "content": one.content, "reason": one.reason} for one in runs.ignored
        ]
        _print({"runs": found, "ignored": ignored, "budgets": _budgets(budgets)})
        return
    _lines(words.of_runs(runs, opened.name, disputed))
    for peer, used in budgets.items():
        for purpose, (own, other, most) in used.items():
            click.echo(f"Budget with {peer} for {purpose}: you {own}, they {other}, of {most} elements each")


@match.command()
@click.argument("run")
@click.argument("records", type=_FILE)
@click.option("--auditor-key", type=_FILE, required=True, help="The auditor's private key file.")
@click.option(
    "--auditor-passphrase-file",
    type=_FILE,
    help="File that holds the auditor's own passphrase; asked for on the terminal otherwise.",
)
@home_option
@passphrase_option
@_JSON
def audit(
    run: str,
    records: Path,
    auditor_key: Path,
    auditor_passphrase_file: Path | None,
    home: Path | None,
    passphrase_file: Path | None,
    as_json: bool,
) -> None:
    """Replay one side for its auditor. Names elements of RUN that no row of RECORDS holds, and what does not follow.

    RECORDS is a CSV file of the authority's own records, with the columns of the kind of keys and `reference`.
    """
    from entente.cli import match_words as words
    from entente.exchange.keyfiles import unlock
    from entente.exchange.match.terms import run_name
    from entente.exchange.parties import load_sealing
    from entente.node.files import read_small
    from entente.node.services import matching

    opened = open_node(home, passphrase_file)
    key = unlock(read_small(auditor_key), passphrase_of(auditor_passphrase_file, "Passphrase of the auditor"))
    found, findings = matching.replay(
        matching.Desk.at(opened.parts),
        run,
        load_sealing(key, opened.parts.suites),
        lambda one: _set(one.proposal.kind, records, refusals=False),
    )
    if as_json:
        rows = [
            {"check": one.check, "good": one.good, "text": one.text, "elements": [_item(item) for item in one.items]}
            for one in findings
        ]
        _print({"run": run_name(found.id), "findings": rows})
    else:
        click.echo(f"Run {run_name(found.id)} with {found.other(opened.name)}, replayed:")
        for one in findings:
            _lines(words.of_finding(one))
    if any(one.good is False for one in findings):
        raise click.exceptions.Exit(3)


def _answered(who: dict[str, Any]) -> tuple[Any, Any]:
    """The answers of the officers and the handling of the records, taken out of the options."""
    from entente.exchange.answers import Answers, read_answers
    from entente.exchange.handling_words import read_handling

    asked = {name: who.pop(name) for name in ("assessment", "no_capital", "judged")}
    answers = Answers(
        assessment=asked["assessment"].strip() or None,
        capital=False if asked["no_capital"] else None,
        judged=asked["judged"],
    )
    handling, words, purposes = (who.pop(name) for name in ("handling", "restriction", "only_for"))
    if handling is None:
        if words or purposes:
            raise UsageError("Whose records are restricted so?", remedy="Give --records-handling too.")
        return read_answers(answers.as_json()), None
    return read_answers(answers.as_json()), read_handling(handling, personal=False, words=words, purposes=purposes)


def _budgets(budgets: Mapping[str, Mapping[str, tuple[int, int, int]]]) -> dict[str, Any]:
    return {
        peer: {purpose: {"own": own, "other": other, "most": most} for purpose, (own, other, most) in used.items()}
        for peer, used in budgets.items()
    }


def _write_new(file: Path, data: bytes) -> None:
    """Onto a medium, perhaps, that keeps no modes: the key in it is under the auditor's passphrase."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as target:
        target.write(data)
        target.flush()
        os.fsync(target.fileno())


def _item(item: Any) -> dict[str, Any]:
    return {"key": item.key.split("\x1f"), "references": list(item.references)}


def _set(kind_name: str, file: Path, *, refusals: bool = True) -> KeySet:
    from entente.exchange.match.errors import ControlError
    from entente.exchange.match.folds import PlainFold
    from entente.exchange.match.kinds import kind
    from entente.exchange.match.sets import make_set, read_csv

    found = kind(kind_name)
    made = make_set(found, PlainFold(), read_csv(file, found), file=str(file))
    if not made.items and refusals:
        raise ControlError(
            f"No row of {file} is a key.",
            remedy=made.remarks[0].text if made.remarks else "Put rows behind the header.",
        )
    return made


def _predicate(text: str) -> Any:
    from entente.exchange.content import PREDICATES, Predicate

    kind_name, _, reference = text.partition(":")
    if kind_name not in PREDICATES or not reference.strip():
        raise UsageError(
            f"{text!r} does not say what the match follows from.",
            remedy="Write listing:, shipment:, seizure: or case: and a reference, for example seizure:S-2026-7.",
        )
    return Predicate(kind_name, reference.strip())


def _desk(
    home: Path | None, passphrase_file: Path | None, officers: tuple[str, ...], officer_files: tuple[Path, ...]
) -> tuple[Node, Desk]:
    """The node and two officers; their passphrases are asked for one after the other, each from its own person."""
    _check_two(officers)
    if len(officer_files) not in {0, 2}:
        raise UsageError("Give a passphrase file for each of the two officers, or none.", remedy="Give two, in order.")
    opened = open_node(home, passphrase_file)
    from entente.node.services import staff
    from entente.node.services.matching import Desk

    files: Iterable[Path | None] = officer_files or (None, None)
    keys = [
        staff.officer(opened.parts, name, passphrase_of(file, f"Passphrase of {name}"))
        for name, file in zip(officers, files, strict=True)
    ]
    return opened, Desk.at(opened.parts, keys)


def _show(
    opened: Node,
    run: Run,
    *,
    as_json: bool,
    keys: KeySet | None = None,
    learning: bool = False,
    full: bool = False,
    waiting: bool = False,
) -> None:
    from entente.cli import match_words as words
    from entente.node.services import matching

    me = opened.name
    turn = matching.waits(run, me)
    desk = matching.Desk.at(opened.parts)
    common, disputed = matching.common(desk, run), matching.disputed(desk, run)
    if as_json:
        value = words.run_json(run, me, turn, disputed=disputed) | ({"set": words.set_json(keys)} if keys else {})
        _print(
            value
            | ({"elements": [_item(item) | {"theirs": list(theirs)} for item, theirs in common]} if common else {})
        )
        return
    _lines(words.of_run(run, me, turn, waiting=waiting, disputed=disputed))
    if learning:
        _lines(words.of_learning(run, me))
    if full:
        click.echo("Messages:")
        _lines(words.of_log(run))
    _lines(words.of_common(common, run.other(me)))


def _peers(opened: Node) -> list[str]:
    return [one.peer for one in opened.status() if one.state == "confirmed"]


def _check_two(officers: tuple[str, ...]) -> None:
    if len(set(officers)) != 2 or len(officers) != 2:
        raise UsageError(
            "Two different officers release a message.", remedy="Give --officer NAME twice, for two people."
        )


def _agree(what: str, officers: tuple[str, ...], *, yes: bool) -> None:
    _check_two(officers)
    if not yes:
        click.confirm(f"{' and '.join(officers)} agree {what}?", abort=True, err=True)


def _lines(lines: Iterable[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(line, err=err)


def _print(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
