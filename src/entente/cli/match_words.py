"""What a person reads of a private match: above all, who learns what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from entente.exchange.match.audit import Finding
from entente.exchange.match.session import Phase, Run
from entente.exchange.match.sets import Item, KeySet
from entente.exchange.match.terms import run_name

if TYPE_CHECKING:
    from entente.node.services.match_runs import Runs

_REMARKS = 10


def key_text(key: str) -> str:
    """A key without its separators, and without what a terminal would obey."""
    return "".join(one if one.isprintable() else " · " if one == "\x1f" else "\ufffd" for one in key)


def plain(text: str) -> str:
    """Words of the other side, without what a terminal would obey."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text)


def of_set(keys: KeySet, file: str) -> Iterator[str]:
    """What was read of a file, and what was refused."""
    refused = [one for one in keys.remarks if one.refused]
    doubtful = [one for one in keys.remarks if not one.refused]
    yield f"{file}: rows {keys.rows}, different keys {len(keys.items)}, refused {len(refused)}."
    for one in (*refused, *doubtful)[:_REMARKS]:
        yield f"  {'refused' if one.refused else 'doubtful'}: line {one.place.line}: {plain(one.text)}"
    if len(keys.remarks) > _REMARKS:
        yield f"  and {len(keys.remarks) - _REMARKS} more; --json names all"


def of_learning(run: Run, me: str) -> Iterator[str]:
    """Who learns what if the run goes on, in the words of this side."""
    other, offered = run.other(me), run.proposal
    learner, giver = ("you", other) if offered.client == me else (other, "you")
    yield "What each side learns:"
    yield f"  now       both: the kind of keys ({offered.kind}), the purpose, and the number of elements of each set"
    yield f"  count     {learner}: how many elements are common, and tells {'the other' if learner == 'you' else 'you'}"
    yield f"            {giver}: nothing but what {learner} then say{'' if learner == 'you' else 's'}"
    yield "  reveal    only if both sides ask for it, each with two officers: which elements are common"
    yield "  never     any other element. But a side may put in elements that it made up; see docs/match.md"


def of_run(run: Run, me: str, turn: str, *, waiting: bool, disputed: int) -> Iterator[str]:
    """One run in full."""
    offered = run.proposal
    yield f"Run {run_name(run.id)} with {run.other(me)}: {run.phase}"
    yield f"  keys       {offered.kind}/{offered.edition}, normalised by {plain(offered.fold)}"
    yield f"  purpose    {plain(offered.purpose)}"
    yield f"  because of {offered.predicate.kind} {plain(offered.predicate.reference)}"
    persons = f"yes, case {plain(offered.case or '')}" if offered.persons else "none"
    yield f"  persons    {persons}"
    yield f"  offered    by {offered.asker}; {offered.client} learns the count; ends {offered.due:%Y-%m-%d %H:%M} UTC"
    sizes = f"{offered.size} of {offered.asker}"
    yield f"  elements   {sizes}, {run.terms.size} of {offered.asked}" if run.terms else f"  elements   {sizes}"
    if run.common is not None:
        yield f"  common     {run.common}, as {offered.client} says"
    if run.asked:
        yield f"  reveal     asked for by {' and '.join(sorted(run.asked))}"
    if run.phase is Phase.REVEALED:
        yield f"  revealed   {len(run.shown)} shown by {offered.client}, {len(run.confirmed)} confirmed by {run.server}"
    if disputed:
        yield f"  DISPUTED   {disputed} of the shown elements were not proven to be in both sets:"
        yield "             one of the two sides did not follow the protocol. Have both auditors replay the run."
    if run.reason:
        yield f"  reason     {plain(run.reason)}"
    if waiting:
        yield "  attachment of the last step has not come in full: sync, or take the next bundle"
    yield f"  turn       {turn}"


def of_log(run: Run) -> Iterator[str]:
    """Every message of a run."""
    for sender, what, content, at in run.log:
        yield f"  {at:%Y-%m-%d %H:%M}  {sender:<16} {what:<10} {content[:16]}"


def of_common(items: Sequence[tuple[Item, tuple[str, ...]]], other: str) -> Iterator[str]:
    """The common elements, with the own records and those that the other side named."""
    if items:
        yield "Common elements:"
    for item, theirs in items:
        yield f"  {key_text(item.key)}"
        yield f"      your records: {', '.join(map(plain, item.references)) or 'no reference given'}"
        yield f"      of {other}: {', '.join(map(plain, theirs)) or 'no reference given'}"


def of_runs(runs: Runs, me: str, disputed: Mapping[str, int]) -> Iterator[str]:
    """All runs, a line each."""
    if not runs.runs:
        yield "No private match yet. Next: entente match offer PEER KEYS.csv ..."
    for run in runs.runs.values():
        common = "" if run.common is None else f", {run.common} common"
        doubt = f", {disputed[run.id]} DISPUTED" if disputed.get(run.id) else ""
        yield f"{run_name(run.id)}  {run.other(me):<16} {run.proposal.kind:<11} {run.phase}{common}{doubt}"
    for one in runs.ignored:
        yield f"IGNORED   {one.peer:<16} {one.type} {one.content[:16]}: {plain(one.reason)}"


def of_finding(finding: Finding) -> Iterator[str]:
    """One check of an audit."""
    mark = {True: "good   ", False: "NOT GOOD", None: "not checked"}[finding.good]
    yield f"  {mark:<12} {finding.check:<11} {finding.text}"
    for item in finding.items[:_REMARKS]:
        yield f"               {key_text(item.key)}   {', '.join(map(plain, item.references)) or 'no reference'}"
    if len(finding.items) > _REMARKS:
        yield f"               and {len(finding.items) - _REMARKS} more; --json names all"


def run_json(run: Run, me: str, turn: str, *, disputed: int) -> dict[str, Any]:
    """One run as JSON."""
    offered = run.proposal
    return {
        "run": run_name(run.id),
        "id": run.id,
        "peer": run.other(me),
        "phase": run.phase,
        "keys": offered.kind,
        "purpose": offered.purpose,
        "predicate": offered.predicate.as_json(),
        "persons": offered.persons,
        "case": offered.case,
        "asker": offered.asker,
        "learns": offered.client,
        "due": offered.due.isoformat(),
        "sizes": {offered.asker: offered.size, offered.asked: run.terms.size if run.terms else None},
        "common": run.common,
        "asked": sorted(run.asked),
        "shown": len(run.shown),
        "confirmed": len(run.confirmed),
        "disputed": disputed,
        "reason": run.reason,
        "turn": turn,
        "log": [
            {"by": by, "what": what, "content": content, "at": at.isoformat()} for by, what, content, at in run.log
        ],
    }


def set_json(keys: KeySet) -> dict[str, Any]:
    """What was read of a file, as JSON; the keys themselves stay where they are."""
    return {
        "rows": keys.rows,
        "keys": len(keys.items),
        "persons": keys.persons,
        "remarks": [{"place": str(one.place), "text": one.text, "refused": one.refused} for one in keys.remarks],
    }
