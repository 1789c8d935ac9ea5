"""The auditor's replay of one side of a run: its own, from the escrow and from what was signed and logged.

It shows whether the set that was committed to is the set that was used, whether every message follows from it, and
which elements come from none of the authority's records: those were invented, to fish in the other side's holdings.
It cannot show what the other side put in; only the other side's auditor can.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from entente.exchange.handling_words import write_handling
from entente.exchange.match import playing
from entente.exchange.match.commitment import commit
from entente.exchange.match.controls import Policy
from entente.exchange.match.engine import Engine
from entente.exchange.match.errors import EscrowError, MatchError
from entente.exchange.match.escrow import Escrow
from entente.exchange.match.session import Run
from entente.exchange.match.sets import Item
from entente.exchange.match.terms import Terms, run_name
from entente.exchange.permits import Refusal
from entente.exchange.release import ask_match


@dataclass(frozen=True, slots=True)
class Finding:
    """One check.

    Attributes:
        check: its short name.
        good: whether it holds; None if it could not be made.
        text: in a sentence.
        items: elements that it names.
    """

    check: str
    good: bool | None
    text: str
    items: tuple[Item, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an audit works with.

    Attributes:
        escrow: of the run.
        run: from the signed messages.
        records: own record -> keys it holds, of the kind of the run, made anew from the records.
        earlier: accepted runs into which the same side put a set before, with their escrows.
        policy: of the peer.
        engine: how the run was computed.
    """

    escrow: Escrow
    run: Run
    records: Mapping[str, Collection[str]]
    earlier: Sequence[tuple[Run, Escrow]]
    policy: Policy
    engine: Engine


def audit(evidence: Evidence) -> tuple[Finding, ...]:
    """Every check of one run.

    Raises:
        EscrowError: the escrow is of another run.
    """
    if evidence.escrow.own.run != evidence.run.id or evidence.escrow.proposal != evidence.run.proposal:
        raise EscrowError("The escrow is of another run, or of another offer than was signed.")
    return tuple(finding for check in _CHECKS for finding in check(evidence))


def _commitment(evidence: Evidence) -> Iterator[Finding]:
    offered, escrow, run = evidence.run.proposal, evidence.escrow, evidence.run
    made = commit(escrow.own.seed, offered.kind, offered.edition, offered.fold, escrow.own.keys)
    if escrow.side == offered.asker:
        said, size = offered.commitment, offered.size
    elif run.terms is not None:
        said, size = run.terms.commitment, run.terms.size
    else:
        yield Finding("commitment", good=None, text="The offer was not accepted, so nothing was committed to.")
        return
    good = (made, len(escrow.own.items)) == (said, size)
    yield Finding(
        "commitment",
        good=good,
        text="The escrowed set is the one that was committed to before the run."
        if good
        else "The escrowed set is NOT the one that was committed to before the run.",
    )


def _transcript(evidence: Evidence) -> Iterator[Finding]:
    run, escrow = evidence.run, evidence.escrow
    if run.terms is None:
        return
    serves = escrow.side == run.server
    for step in ("setup", "response", "reveal") if serves else ("request",):
        if step in run.steps:
            yield _replayed(evidence, run.terms, step)


def _replayed(evidence: Evidence, terms: Terms, step: str) -> Finding:
    try:
        made = playing.transcript(evidence.engine, evidence.run, evidence.escrow.own, terms, step)
    except MatchError as error:
        return Finding(step, good=None, text=f"The {step} cannot be computed again: {error}")
    good = made == evidence.run.steps[step]
    return Finding(
        step,
        good=good,
        text=f"The {step} that was sent follows from the escrowed key and set."
        if good
        else f"The {step} that was sent does NOT follow from the escrowed key and set.",
    )


def _result(evidence: Evidence) -> Iterator[Finding]:
    run, own = evidence.run, evidence.escrow.own
    if run.common is None or run.terms is None or evidence.escrow.side != run.proposal.client:
        return
    try:
        made = evidence.engine.result(own.key, run.steps["setup"], run.steps["response"], sizes=run.terms.sizes)
    except MatchError as error:
        yield Finding("result", good=False, text=f"The result cannot be computed again: {error}")
        return
    yield Finding("result", good=made == run.common, text=f"{run.common} elements were said to be common; {made} are.")


def _shown(evidence: Evidence) -> Iterator[Finding]:
    run = evidence.run
    shows = evidence.escrow.side == run.proposal.client
    mine, terms = run.shown if shows else run.confirmed, run.terms
    if not mine or terms is None:
        return
    keys = evidence.escrow.own.keys
    have = {(terms.token(key), "" if shows else terms.proof(key)) for key in keys}
    foreign = sum((one.token, one.proof) not in have for one in mine)
    yield Finding(
        "revealed", good=not foreign, text=f"{len(mine)} elements were revealed; {foreign} of them are not of the set."
    )


def _records(evidence: Evidence) -> Iterator[Finding]:
    holders: dict[str, set[str]] = {}
    for reference, keys in evidence.records.items():
        for key in keys:
            holders.setdefault(key, set()).add(reference)
    items = evidence.escrow.own.items
    invented = tuple(item for item in items if item.key not in holders)
    yield Finding(
        "records",
        good=not invented,
        text=f"All {len(items)} elements stand in own records."
        if not invented
        else f"{len(invented)} of {len(items)} elements stand in NO own record.",
        items=invented,
    )
    wrong = tuple(item for item in items if item.key in holders and set(item.references) - holders[item.key])
    if wrong:
        yield Finding("references", good=False, text=f"{len(wrong)} elements name records without them.", items=wrong)


def _before(evidence: Evidence) -> Iterator[tuple[Run, Escrow]]:
    """Earlier runs with the same peer."""
    side, run = evidence.escrow.side, evidence.run
    for earlier, put_away in evidence.earlier:
        if earlier.id != run.id and earlier.other(side) == run.other(side):
            yield earlier, put_away


def _overlap(evidence: Evidence) -> Iterator[Finding]:
    own = {item.key for item in evidence.escrow.own.items}
    for earlier, put_away in _before(evidence):
        if earlier.proposal.kind != evidence.run.proposal.kind:
            continue
        both = sum(item.key in own for item in put_away.own.items)
        found = -(-1000 * both // max(1, min(len(own), len(put_away.own.items))))
        yield Finding(
            "overlap",
            good=found <= evidence.policy.overlap,
            text=f"{found / 10:.1f} % of the smaller set stood in the run {run_name(earlier.id)} too; "
            f"the policy allows {evidence.policy.overlap / 10:.1f} %.",
        )


def _budget(evidence: Evidence) -> Iterator[Finding]:
    run, side, policy = evidence.run, evidence.escrow.side, evidence.policy
    purpose, at = run.proposal.purpose, run.put_in(side)
    if at is None:
        return
    before = (
        len(put_away.own.items)
        for earlier, put_away in _before(evidence)
        if earlier.proposal.purpose == purpose and (put := earlier.put_in(side)) and put > at - policy.window
    )
    used, most = sum(before) + len(evidence.escrow.own.items), policy.budgets.get(purpose, 0)
    yield Finding(
        "budget",
        good=used <= most,
        text=f"With this run, {used} elements for {purpose!r} within {policy.window.days} days; today's policy allows "
        f"{most}.",
    )


def _persons(evidence: Evidence) -> Iterator[Finding]:
    persons = tuple(item for item in evidence.escrow.own.items if item.person)
    if persons and not evidence.run.proposal.persons:
        yield Finding(
            "persons", good=False, text=f"{len(persons)} elements may be persons; the run said none.", items=persons
        )
    elif persons:
        assessment, case = evidence.escrow.answers.assessment, evidence.run.proposal.case
        text = f"{len(persons)} elements may be persons; case {case}, assessment {assessment or 'none'}."
        yield Finding("persons", good=bool(assessment), text=text)


def _handling(evidence: Evidence) -> Iterator[Finding]:
    """The question of the marking, asked once more for the day on which the set was put in."""
    escrow, proposal = evidence.escrow, evidence.run.proposal
    at = evidence.run.put_in(escrow.side)
    if escrow.records is None or at is None:
        return
    other = evidence.run.other(escrow.side)
    found = ask_match(
        escrow.records, escrow.answers, side=escrow.side, to=other, purpose=proposal.purpose, today=at.date()
    )
    marked = f"The set was made of records of others under {write_handling(escrow.records)}"
    if isinstance(found, Refusal):
        why = " ".join(sentence for _, sentence in found.reasons)
        yield Finding("handling", good=False, text=f"{marked}, which do not permit it: {why}")
    else:
        yield Finding("handling", good=True, text=f"{marked}, which permit it by what the officers answered.")


_CHECKS: tuple[Callable[[Evidence], Iterator[Finding]], ...] = (
    _commitment,
    _transcript,
    _result,
    _shown,
    _records,
    _overlap,
    _budget,
    _persons,
    _handling,
)
