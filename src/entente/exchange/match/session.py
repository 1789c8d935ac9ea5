"""A run as a state machine: what was said so far, by whom, and what may be said next.

    offer (asker) > answer (asked) > setup (server) > request (client) > response (server) > result (client)
    then, if both ask: reveal asked (both) > reveal (server) > shown (client) > confirmed (server)

Every arrow is an ordinary message that two officers of its sender signed, so a reveal has four signatures before a
single element is shown. `advance` is a function of the run and one message, sent or taken; both sides apply it to the
same messages and come to the same state. It computes nothing of the protocol: see `playing`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from entente.exchange import strict
from entente.exchange.content import Content
from entente.exchange.errors import PredicateError
from entente.exchange.match.errors import StepError
from entente.exchange.match.terms import Proposal, Terms

TYPES = frozenset({"match-offer", "match-answer", "match-step", "match-result", "match-reveal"})


class Phase(StrEnum):
    """Where a run stands; each is named after what came last."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    SET_UP = "set-up"
    REQUESTED = "requested"
    RESPONDED = "responded"
    COUNTED = "counted"
    RELEASED = "released"
    SHOWN = "shown"
    REVEALED = "revealed"
    DECLINED = "declined"
    STOPPED = "stopped"
    EXPIRED = "expired"


FINAL = frozenset({Phase.REVEALED, Phase.DECLINED, Phase.STOPPED, Phase.EXPIRED})


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a run.

    Attributes:
        sender, recipient: authorities.
        type, body: as its type defines.
        content: id of the content, for the record.
        at: when it was committed here.
        data: the protocol bytes of a step, from its body or attachment.
        predicate: what it follows from.
    """

    sender: str
    recipient: str
    type: str
    body: Mapping[str, Any] = field(repr=False)
    content: str
    at: datetime
    data: bytes = field(default=b"", repr=False)
    predicate: Any = None

    @classmethod
    def of(cls, content: Content, recipient: str, at: datetime, data: bytes = b"") -> Said:
        """A verified content of the run, sent or taken."""
        header = content.header
        return cls(header.sender, recipient, header.type, content.body, content.id, at, data, header.predicate)


@dataclass(frozen=True, slots=True)
class Shown:
    """A common element as a side shows it: its token, the references that the side chose to give, the server's proof.

    Who has the element can check the proof; see `playing.common_items`.
    """

    token: str
    references: tuple[str, ...]
    proof: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a private match.

    Attributes:
        proposal: what was offered.
        phase: where it stands.
        terms: once it was accepted.
        steps: protocol bytes by step: setup, request, response, reveal.
        common: how many elements both have, as the client says.
        asked: who asked to reveal.
        shown, confirmed: common elements as the client, then the server shows them.
        reason: why it was declined or stopped, and by whom.
        log: sender, what, content id and time of every message, in their order here.
        since: when its offer was committed here.
    """

    proposal: Proposal
    phase: Phase
    since: datetime
    terms: Terms | None = None
    steps: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    common: int | None = None
    asked: frozenset[str] = frozenset()
    shown: tuple[Shown, ...] = ()
    confirmed: tuple[Shown, ...] = ()
    reason: str = ""
    log: tuple[tuple[str, str, str, datetime], ...] = ()

    @property
    def id(self) -> str:
        """Its id."""
        return self.proposal.run

    @property
    def server(self) -> str:
        """The side whose key is on the setup."""
        offered = self.proposal
        return offered.asker if offered.client == offered.asked else offered.asked

    def other(self, me: str) -> str:
        """The other side."""
        return self.proposal.asked if me == self.proposal.asker else self.proposal.asker

    def put_in(self, side: str) -> datetime | None:
        """When a side put its set in: with its offer, or with its acceptance."""
        return next((at for sender, what, _, at in self.log if sender == side and what in {"offer", "accepted"}), None)

    def at(self, now: datetime) -> Run:
        """The run as it stands now: past its end, one that is not over has expired."""
        over = self.phase not in FINAL and now > self.proposal.due
        return replace(self, phase=Phase.EXPIRED) if over else self


def begin(said: Said, known: Container[str]) -> Run:
    """The run that an offer begins.

    Args:
        said: the offer.
        known: ids of all runs of this node.

    Raises:
        StepError: the message is no offer, or the run is known: an offer is made once.
        PredicateError: it does not say what it follows from.
    """
    if said.type != "match-offer":
        raise StepError("There is no such run here.")
    if said.predicate is None:
        raise PredicateError("A match must say what it follows from.")
    proposal = Proposal.from_body(said.body, said.sender, said.recipient, said.predicate)
    if proposal.run in known:
        raise StepError("A run with this id was offered before: the offer is a replay.")
    strict.read_base64(proposal.run, what="The run", size=32)
    if proposal.client not in {proposal.asker, proposal.asked}:
        raise StepError("The side that learns is neither of the two.")
    return Run(proposal, Phase.OFFERED, said.at, log=((said.sender, "offer", said.content, said.at),))


def advance(run: Run, said: Said) -> Run:
    """The run after one more message.

    Raises:
        StepError: it is of another run, under other terms, from the wrong side, not the next, or too late.
    """
    if said.body.get("run") != run.id or {said.sender, said.recipient} != {run.proposal.asker, run.proposal.asked}:
        raise StepError("The message is of another run.")
    run = run.at(said.at)
    if run.phase in FINAL:
        raise StepError(f"The run is over: {run.phase}.")
    name = _name(said)
    if name not in _MOVES:
        raise StepError(f"An {name} does not belong into a run.")
    after = _MOVES[name](run, said)
    return replace(after, log=(*run.log, (said.sender, name, said.content, said.at)))


def _name(said: Said) -> str:
    part = {"match-answer": "answer", "match-step": "step", "match-reveal": "stage"}.get(said.type)
    return str(said.body.get(part)) if part else said.type.removeprefix("match-")


def _accept(run: Run, said: Said) -> Run:
    _require(run, said, run.proposal.asked, Phase.OFFERED)
    size = said.body["size"]
    if size > run.proposal.most:
        raise StepError(f"The set has {size} elements; the offer takes {run.proposal.most}.")
    return replace(run, phase=Phase.ACCEPTED, terms=Terms(run.proposal, size, said.body["commitment"]))


def _decline(run: Run, said: Said) -> Run:
    _require(run, said, run.proposal.asked, Phase.OFFERED)
    return replace(run, phase=Phase.DECLINED, reason=f"{said.sender}: {said.body['reason']}")


def _stop(run: Run, said: Said) -> Run:
    return replace(run, phase=Phase.STOPPED, reason=f"{said.sender}: {said.body['reason']}")


def _setup(run: Run, said: Said) -> Run:
    _require(run, said, run.server, Phase.ACCEPTED)
    return _step(run, said, Phase.SET_UP, 0)


def _request(run: Run, said: Said) -> Run:
    _require(run, said, run.proposal.client, Phase.SET_UP)
    return _step(run, said, Phase.REQUESTED, 1)


def _response(run: Run, said: Said) -> Run:
    _require(run, said, run.server, Phase.REQUESTED)
    return _step(run, said, Phase.RESPONDED, 1)


def _result(run: Run, said: Said) -> Run:
    _require(run, said, run.proposal.client, Phase.RESPONDED)
    common = said.body["common"]
    if common > min(_terms(run, said).sizes):
        raise StepError("More elements are said to be common than a side has.")
    return replace(run, phase=Phase.COUNTED, common=common)


def _ask(run: Run, said: Said) -> Run:
    _require(run, said, said.sender, Phase.COUNTED)
    _terms(run, said)
    if said.predicate != run.proposal.predicate:
        raise StepError("A reveal follows from the same predicate as its run.")
    if not run.common or said.sender in run.asked:
        raise StepError("There is nothing to reveal, or this side has asked already.")
    return replace(run, asked=run.asked | {said.sender})


def _release(run: Run, said: Said) -> Run:
    _require(run, said, run.server, Phase.COUNTED)
    if len(run.asked) != 2:
        raise StepError("Nothing is revealed before both sides have asked for it.")
    return _step(run, said, Phase.RELEASED, 1)


def _show(run: Run, said: Said) -> Run:
    _require(run, said, run.proposal.client, Phase.RELEASED)
    _terms(run, said)
    shown = _elements(said)
    if len(shown) != run.common:
        raise StepError(f"{len(shown)} elements are shown; {run.common} were counted.")
    return replace(run, phase=Phase.SHOWN, shown=shown)


def _confirm(run: Run, said: Said) -> Run:
    _require(run, said, run.server, Phase.SHOWN)
    _terms(run, said)
    confirmed = _elements(said)
    if not {one.token for one in confirmed} <= {one.token for one in run.shown}:
        raise StepError("Something is confirmed that was not shown.")
    return replace(run, phase=Phase.REVEALED, confirmed=confirmed)


def _require(run: Run, said: Said, sender: str, phase: Phase) -> None:
    if said.sender != sender:
        raise StepError(f"This step of the run is for {sender}, not for {said.sender}.")
    if run.phase is not phase:
        raise StepError(f"The run is {run.phase}; this step comes when it is {phase}.")


def _terms(run: Run, said: Said) -> Terms:
    if run.terms is None or said.body.get("terms") != run.terms.text:
        raise StepError("The message was made under other terms than were agreed: set, salt, size or kind differ.")
    return run.terms


def _step(run: Run, said: Said, phase: Phase, side: int) -> Run:
    terms = _terms(run, said)
    if said.body["size"] != terms.sizes[side]:
        raise StepError(f"The step has {said.body['size']} elements; {terms.sizes[side]} were agreed.")
    return replace(run, phase=phase, steps={**run.steps, said.body["step"]: said.data})


def _elements(said: Said) -> tuple[Shown, ...]:
    found = tuple(
        Shown(one["token"], tuple(one.get("references", ())), one.get("proof", "")) for one in said.body["elements"]
    )
    if len({one.token for one in found}) != len(found):
        raise StepError("An element is shown twice.")
    return found


_MOVES: Mapping[str, Callable[[Run, Said], Run]] = {
    "accepted": _accept,
    "declined": _decline,
    "stopped": _stop,
    "setup": _setup,
    "request": _request,
    "response": _response,
    "result": _result,
    "asked": _ask,
    "reveal": _release,
    "shown": _show,
    "confirmed": _confirm,
}
