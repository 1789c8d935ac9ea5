"""Private matches: offer, answer, go on, ask to reveal, stop; budgets; the auditor's replay.

Each makes at most one message, which two officers sign like any other, and commits it to the channel. What a side
needs later is durable before; see `match_files`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.exchange import attachments, strict
from entente.exchange.answers import NONE, Answers
from entente.exchange.attachments import Attachment
from entente.exchange.content import Predicate
from entente.exchange.errors import ExchangeError, HandlingRefusedError
from entente.exchange.handling import Marking, Tlp
from entente.exchange.match import controls, escrow, playing
from entente.exchange.match.audit import Evidence, Finding, audit
from entente.exchange.match.engine import Engine
from entente.exchange.match.errors import EscrowError, StepError
from entente.exchange.match.escrow import Escrow
from entente.exchange.match.openmined import OpenMined
from entente.exchange.match.playing import House, Outgoing, Wish
from entente.exchange.match.session import FINAL, Phase, Run
from entente.exchange.match.sets import Item, KeySet
from entente.exchange.match.terms import Proposal
from entente.exchange.parties import NodeKey, SealingKey
from entente.exchange.permits import Action, Circumstances, Refusal, require
from entente.exchange.release import ask_match
from entente.exchange.store import Message
from entente.node.services import match_runs, peers, sending
from entente.node.services.match_files import Shelf
from entente.node.services.match_policy import read_policy
from entente.node.services.match_runs import Runs
from entente.node.services.parts import Parts

INLINE = 256 * 1024
"""More bytes than these go as an attachment."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a command works with.

    Attributes:
        parts: the node.
        officers: two keys that sign.
        engine: how to intersect.
    """

    parts: Parts
    officers: Sequence[NodeKey]
    engine: Engine

    @classmethod
    def at(cls, parts: Parts, officers: Sequence[NodeKey] = (), engine: Engine | None = None) -> Desk:
        """With the default engine."""
        return cls(parts, officers, engine or OpenMined())

    @property
    def shelf(self) -> Shelf:
        """The folder of matches."""
        return Shelf(self.parts)

    def house(self, peer: str, runs: Runs) -> House:
        """Rules and memory for a peer."""
        parts, shelf = self.parts, self.shelf
        policy = read_policy(parts.home.path, peer)
        return House(policy, match_runs.past(runs, shelf, parts.name), shelf.secret(), self.engine, parts.random)


def offer(
    desk: Desk,
    peer: str,
    keys: KeySet,
    *,
    purpose: str,
    predicate: Predicate,
    due: datetime,
    most: int | None = None,
    learn: bool = False,
    persons: bool = False,
    case: str | None = None,
    answers: Answers = NONE,
    records: Marking | None = None,
) -> Run:
    """Offer a match to a peer.

    Args:
        desk: the node, two officers, the engine.
        peer: whom.
        keys: the own set.
        purpose: what for; one of the policy's.
        predicate: what it follows from.
        due: when the run ends.
        most: the largest set of the peer; by default what the policy allows and the budget has left.
        learn: whether this side learns the result, and not the asked one.
        persons: whether natural persons are concerned.
        case: in which case.
        answers: of the officers: the assessment of what may happen to those persons, and what `records` ask.
        records: the handling of the records of others in the set, combined; None if all are this authority's own.

    Raises:
        ControlError: a control forbids it; nothing was sent.
        HandlingRefusedError: persons are concerned, and there is no assessment, or `records` do not permit it.
        NodeError: there is no auditor's key, or the policy is not good.
        ExchangeError: see `sending.send`.
    """
    parts, shelf = desk.parts, desk.shelf
    peers.channel(parts, peer)  # who is not paired is told so before anything is computed
    shelf.auditor()
    with shelf.alone():
        runs = match_runs.load(parts)
        house = desk.house(peer, runs)
        wish = Wish(
            asker=parts.name,
            asked=peer,
            purpose=purpose,
            predicate=predicate,
            most=most or _most(house, peer, purpose, parts.clock()),
            due=due,
            client=parts.name if learn else peer,
            persons=persons,
            case=case,
        )
        own, past, out = playing.offer(house, wish, keys, parts.clock())
        proposal = Proposal.from_body(out.body, parts.name, peer, predicate)
        _check_permitted(desk, peer, proposal, answers, records)
        shelf.keep(Escrow(own, parts.name, proposal, answers, records), past)
        _send(desk, peer, out, predicate, answers, persons=persons)
        return match_runs.load(parts).runs[own.run]


def answer(desk: Desk, name: str, keys: KeySet, answers: Answers = NONE, records: Marking | None = None) -> Run:
    """Accept an offer with an own set; `answers` and `records` are those of `offer`.

    Raises:
        ControlError: a control forbids it; the offer can still be declined.
        HandlingRefusedError: persons are concerned, and there is no assessment, or `records` do not permit it.
        StepError: there is no such offer, or it is not open.
    """
    parts, shelf = desk.parts, desk.shelf
    shelf.auditor()
    with shelf.alone():
        runs = match_runs.load(parts)
        run = runs.find(name)
        if run.proposal.asked != parts.name:
            raise StepError("This node made the offer; the other side answers it.")
        own, past, out = playing.answer(desk.house(run.proposal.asker, runs), run, keys, parts.clock())
        _check_permitted(desk, run.proposal.asker, run.proposal, answers, records)
        shelf.keep(Escrow(own, parts.name, run.proposal, answers, records), past)
        return _say(desk, run, out, answers)


def refuse(desk: Desk, name: str, reason: str) -> Run:
    """Decline an offer, or stop a run.

    Raises:
        StepError: there is no such run, or it is over.
    """
    with desk.shelf.alone():
        run = match_runs.load(desk.parts).find(name)
        if run.phase in FINAL:
            raise StepError(f"The run is over: {run.phase}.", remedy="Nothing is to be done.")
        return _say(desk, run, playing.refuse(run, reason, desk.parts.clock(), desk.parts.name), persons=False)


def ask(desk: Desk, name: str) -> Run:
    """Ask for, and agree to, the reveal of the common elements.

    Raises:
        StepError, ControlError: see `playing.ask`.
    """
    with desk.shelf.alone():
        run = match_runs.load(desk.parts).find(name)
        return _say(desk, run, playing.ask(run, desk.parts.name), _answered(desk, run))


def go_on(desk: Desk, name: str, *, references: bool = False) -> Run:
    """Send what this side owes next.

    Args:
        desk: the node, two officers, the engine.
        name: of the run.
        references: whether a reveal gives the references of own records.

    Raises:
        StepError: nothing is owed, or a step's attachment has not come yet.
        TranscriptError: the peer's bytes are not what an honest one writes. Stop the run.
    """
    parts = desk.parts
    with desk.shelf.alone():
        id_ = match_runs.load(parts).find(name).id
        runs = match_runs.load(parts, steps=id_)
        run = runs.runs[id_]
        if playing.owed(run, parts.name) is None:
            raise StepError(
                f"Nothing is to be sent by this side: the run is {run.phase}.",
                remedy=f"Waits for: {waits(run, parts.name)}",
            )
        if id_ in runs.waiting:
            raise StepError(
                "A step of this run has not come in full.", remedy="Sync with the peer, or take its next bundle."
            )
        put = desk.shelf.own(id_)
        out = playing.play(desk.engine, run, put.own, parts.name, references=references)
        return _say(desk, run, out, put.answers)


def waits(run: Run, me: str) -> str:
    """Whose turn it is, in a few words."""
    other = run.other(me)
    if run.phase in FINAL:
        return "nobody; the run is over"
    if playing.owed(run, me):
        return f"{me}: entente match continue"
    if run.phase is Phase.OFFERED:
        return f"{run.proposal.asked}: entente match answer"
    if run.phase is Phase.COUNTED and len(run.asked) < 2:
        if not run.common:
            return "nobody; nothing is common"
        missing = sorted({me, other} - run.asked)
        return f"{' and '.join(missing)}, if they want: entente match reveal"
    return f"{other}: entente match continue"


def common(desk: Desk, run: Run) -> list[tuple[Item, tuple[str, ...]]]:
    """Own elements that both sides said they have, once they are revealed, with the references that the peer gave.

    Raises:
        EscrowError: the own set is not here any more.
    """
    if run.phase is not Phase.REVEALED or run.terms is None:
        return []
    said = run.confirmed if desk.parts.name == run.proposal.client else run.shown
    theirs = {one.token: one.references for one in said}
    items = playing.common_items(run, desk.shelf.own(run.id).own)
    return [(item, theirs[run.terms.token(item.key)]) for item in items]


def disputed(desk: Desk, run: Run) -> int:
    """Elements that were shown and are not proven to be in both sets; all, where the own set is not here any more."""
    if run.phase is not Phase.REVEALED:
        return 0
    try:
        return len(run.shown) - len(common(desk, run))
    except EscrowError:
        return len(run.shown)


def spent(desk: Desk, peer: str, runs: Runs) -> Mapping[str, tuple[int, int, int]]:
    """Purpose -> elements used by this side and by the peer within the window, and the budget."""
    house = desk.house(peer, runs)
    return controls.spent(house.policy, house.past, peer, desk.parts.clock())


def replay(
    desk: Desk, name: str, auditor: SealingKey, records: Callable[[Run], KeySet]
) -> tuple[Run, tuple[Finding, ...]]:
    """The auditor's replay of this side of a run.

    Args:
        desk: the node and the engine.
        name: of the run.
        auditor: the auditor's private key.
        records: gives the authority's records as a set of keys, made anew for this run.

    Raises:
        EscrowError: there is no escrow of the run, or it is sealed to another key.
    """
    parts, shelf = desk.parts, desk.shelf
    runs = match_runs.load(parts)
    id_ = runs.find(name).id
    run = match_runs.load(parts, steps=id_).runs[id_]
    sealed = shelf.escrow(id_)
    if sealed is None:
        raise EscrowError("This side put nothing into the run, or its escrow is lost.")
    earlier, closed = _earlier(shelf, runs, run, auditor)
    evidence = Evidence(
        escrow=escrow.unseal(sealed, auditor),
        run=run,
        records=_by_record(records(run)),
        earlier=earlier,
        policy=read_policy(parts.home.path, run.other(parts.name)),
        engine=desk.engine,
    )
    return run, (*audit(evidence), *closed)


def _earlier(
    shelf: Shelf, runs: Runs, run: Run, auditor: SealingKey
) -> tuple[list[tuple[Run, Escrow]], tuple[Finding, ...]]:
    """Accepted runs before this one with their escrows, and a finding for what cannot be compared.

    An offer that was never accepted showed nothing of its set.
    """
    me, found, closed = shelf.parts.name, [], 0
    at = run.put_in(me)
    for id_ in shelf.runs():
        other, sealed = runs.runs.get(id_), shelf.escrow(id_)
        if other is None or sealed is None:
            closed += 1
            continue
        put = other.put_in(me)
        if other.terms is None or put is None or id_ == run.id or (at is not None and put > at):
            continue
        try:
            found.append((other, escrow.unseal(sealed, auditor)))
        except ExchangeError:
            closed += 1
    text = f"{closed} other sets cannot be read with this key, or their messages are gone: they were not compared."
    return found, (Finding("earlier", good=None, text=text),) if closed else ()


def _by_record(keys: KeySet) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for item in keys.items:
        for reference in item.references or ("",):
            found.setdefault(reference, []).append(item.key)
    return found


def _most(house: House, peer: str, purpose: str, now: datetime) -> int:
    """As large a set of the peer as policy and budget let in; 1 where nothing is left, so that the check says so."""
    _, other, budget = controls.spent(house.policy, house.past, peer, now).get(purpose, (0, 0, 0))
    return max(1, min(house.policy.most, budget - other))


def _say(desk: Desk, run: Run, out: Outgoing, answers: Answers = NONE, *, persons: bool = True) -> Run:
    """Send a message of a run; one that says nothing of the set, such as a decline, holds no personal data."""
    offered = run.proposal
    _send(desk, run.other(desk.parts.name), out, offered.predicate, answers, persons=persons and offered.persons)
    after = match_runs.load(desk.parts)
    for one in after.runs.values():
        if one.phase in FINAL - {Phase.REVEALED}:
            desk.shelf.forget(one.id)
    return after.runs[run.id]


def _answered(desk: Desk, run: Run) -> Answers:
    """What was answered when this side put its set in; it stands under every message of the run."""
    try:
        return desk.shelf.own(run.id).answers
    except EscrowError:
        return NONE


def _send(desk: Desk, peer: str, out: Outgoing, predicate: Predicate, answers: Answers, *, persons: bool) -> Message:
    parts, body = desk.parts, dict(out.body)
    header: dict[str, Any] = {"predicate": predicate, "answers": answers if answers != NONE else None}
    if len(out.data) > INLINE:
        attachment = _attach(parts, f"{body['step']}.bin", out.data)
        header["attachments"] = (attachment,)
        body["attachment"] = attachment.name
    elif out.type == "match-step":
        body["data"] = strict.write_base64(out.data)
    content = sending.sign(
        sending.make(parts, out.type, body, [peer], _marking(persons=persons), **header), desk.officers
    )
    return sending.send(parts, sending.release(parts, content), peer)


def _marking(*, persons: bool) -> Marking:
    return Marking(Tlp.AMBER_STRICT, personal=persons)


def _check_permitted(desk: Desk, peer: str, proposal: Proposal, answers: Answers, records: Marking | None) -> None:
    """The questions that the auditor finds answered in the escrow, before anything is put away or sent.

    `Action.MATCH` is asked for the records of others in the set; the messages are asked about when they are sent.
    """
    parts, today = desk.parts, desk.parts.clock().date()
    me = parts.name
    if records is not None:
        found = ask_match(records, answers, side=me, to=peer, purpose=proposal.purpose, today=today)
        if isinstance(found, Refusal):
            raise HandlingRefusedError(" ".join(sentence for _, sentence in found.reasons))
    now = Circumstances(today, proposal.purpose, me, me, to=peer, assessment=answers.assessment)
    marking = _marking(persons=proposal.persons)
    for action in (Action.MATCH, Action.SHARE):
        require(marking, action, now)


def _attach(parts: Parts, name: str, data: bytes) -> Attachment:
    return attachments.encrypt([data], parts.uow.blobs.put, name=name, media="application/octet-stream")
