"""What a side does in a run: makes its offer or answer, and each next message, from its own set and key.

Nothing here sends. What comes back is the body of a message, and the protocol bytes that go with it; officers sign it
like any other. `owed` says what this side has to do next.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from entente.exchange import strict
from entente.exchange.content import Predicate
from entente.exchange.match.commitment import SEED, commit
from entente.exchange.match.controls import (
    MOST_REVEALED,
    Past,
    Policy,
    check_budget,
    check_overlap,
    check_proposal,
    check_set,
    marks,
)
from entente.exchange.match.engine import Engine, Part, read_points
from entente.exchange.match.errors import ControlError, StepError, TranscriptError
from entente.exchange.match.session import Phase, Run
from entente.exchange.match.sets import Item, KeySet
from entente.exchange.match.terms import Proposal, Terms

_RUN = 32
_MOST_REFERENCES, _LONGEST = 8, 100
Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Own:
    """What a side keeps to itself during a run. It is put away for the auditor before anything is sent.

    Attributes:
        run: its id.
        key: of the engine, for this run only.
        seed: of the commitment.
        items: the set, in the order of the commitment.
    """

    run: str
    key: bytes = field(repr=False)
    seed: bytes = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys in the order of the commitment."""
        return tuple(item.key for item in self.items)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to be signed: its type and body, and the protocol bytes of a step, which go into body or attachment."""

    type: str
    body: Mapping[str, Any] = field(repr=False)
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person wants to offer.

    Attributes:
        asker, asked: this authority, and the peer.
        purpose, predicate: what for, and what it follows from.
        most: the largest set of the peer.
        due: when it ends.
        client: who learns; the asked one if None.
        persons, case: whether natural persons are concerned, and in which case.
    """

    asker: str
    asked: str
    purpose: str
    predicate: Predicate
    most: int
    due: datetime
    client: str | None = None
    persons: bool = False
    case: str | None = None


@dataclass(frozen=True, slots=True)
class House:
    """This node's rules and memory for one peer.

    Attributes:
        policy: of the peer.
        past: runs with it and others.
        secret: for marks; always the same.
        engine: how to intersect.
        random: gives so many random bytes.
    """

    policy: Policy
    past: Sequence[Past]
    secret: bytes = field(repr=False)
    engine: Engine
    random: Random


def offer(house: House, wish: Wish, keys: KeySet, now: datetime) -> tuple[Own, Past, Outgoing]:
    """An offer: what to keep, what counts from now on, and the message.

    Raises:
        ControlError: a control of this node forbids it.
    """
    seed = house.random(SEED)
    proposal = Proposal(
        run=strict.write_base64(house.random(_RUN)),
        asker=wish.asker,
        asked=wish.asked,
        client=wish.client or wish.asked,
        kind=keys.kind,
        edition=keys.version,
        fold=keys.fold,
        engine=house.engine.name,
        purpose=wish.purpose,
        predicate=wish.predicate,
        size=len(keys.items),
        most=wish.most,
        commitment=commit(seed, keys.kind, keys.version, keys.fold, keys.keys),
        persons=wish.persons,
        case=wish.case,
        due=wish.due.replace(microsecond=0),
    )
    if wish.most > house.policy.most:
        raise ControlError(f"The policy of this peer allows sets of {house.policy.most} elements.")
    past = _checked(house, proposal, keys, wish.asker, now)
    return _own(house, proposal, seed, keys), past, Outgoing("match-offer", proposal.as_body())


def answer(house: House, run: Run, keys: KeySet, now: datetime) -> tuple[Own, Past, Outgoing]:
    """The acceptance of an offer: what to keep, what counts from now on, and the message.

    Raises:
        ControlError: a control of this node forbids it; the offer can still be declined.
        StepError: the offer is not open, or was made for another engine.
    """
    proposal = run.proposal
    if run.at(now).phase is not Phase.OFFERED:
        raise StepError(f"The offer cannot be answered: the run is {run.at(now).phase}.")
    if proposal.engine != house.engine.name:
        raise StepError(f"The offer is for the engine {proposal.engine}; this node has {house.engine.name}.")
    past = _checked(house, proposal, keys, proposal.asked, now)
    if len(keys.items) > proposal.most:
        raise ControlError(f"The set has {len(keys.items)} elements; the offer takes {proposal.most}.")
    seed = house.random(SEED)
    commitment = commit(seed, keys.kind, keys.version, keys.fold, keys.keys)
    body = {"run": run.id, "answer": "accepted", "size": len(keys.items), "commitment": commitment}
    return _own(house, proposal, seed, keys), past, Outgoing("match-answer", body)


def refuse(run: Run, reason: str, now: datetime, me: str) -> Outgoing:
    """A decline of an offer that came, or a stop of a run that goes on."""
    opened = run.at(now).phase is Phase.OFFERED and me == run.proposal.asked
    return Outgoing("match-answer", {"run": run.id, "answer": "declined" if opened else "stopped", "reason": reason})


def ask(run: Run, me: str) -> Outgoing:
    """This side's request to reveal, which is its release as well: two officers sign it.

    Raises:
        StepError: nothing is counted, or nothing is common.
        ControlError: too much is common.
    """
    terms = _agreed(run)
    if run.phase is not Phase.COUNTED or not run.common or me in run.asked:
        raise StepError("There is nothing to reveal, or this side has asked for it already.")
    if run.common > MOST_REVEALED:
        raise ControlError(
            f"{run.common} elements are common; at most {MOST_REVEALED} can be revealed in one run.",
            remedy="Match a narrower set.",
        )
    return Outgoing("match-reveal", {"run": run.id, "terms": terms.text, "stage": "asked"})


def owed(run: Run, me: str) -> str | None:
    """What this side has to send next by itself, as `session` names it; None if nothing, or if a person decides."""
    serves = me == run.server
    due = {
        (Phase.ACCEPTED, True): "setup",
        (Phase.SET_UP, False): "request",
        (Phase.REQUESTED, True): "response",
        (Phase.RESPONDED, False): "result",
        (Phase.RELEASED, False): "shown",
        (Phase.SHOWN, True): "confirmed",
    }.get((run.phase, serves))
    return "reveal" if run.phase is Phase.COUNTED and len(run.asked) == 2 and serves else due


def play(engine: Engine, run: Run, own: Own, me: str, *, references: bool = False) -> Outgoing:
    """The next message of this side.

    Args:
        engine: how to intersect.
        run: as it stands.
        own: what this side kept.
        me: this authority.
        references: whether a reveal gives the references of own records.

    Raises:
        StepError: nothing is owed.
        TranscriptError: the other side's bytes are not what an honest one writes; stop the run.
    """
    step, terms = owed(run, me), _agreed(run)
    if step is None or own.run != run.id:
        raise StepError(f"Nothing is to be sent: the run is {run.phase}.")
    if step == "result":
        common = engine.result(own.key, run.steps["setup"], run.steps["response"], sizes=terms.sizes)
        return Outgoing("match-result", {"run": run.id, "terms": terms.text, "common": common})
    if step in {"shown", "confirmed"}:
        items = _common(engine, run, own, terms) if step == "shown" else _confirmed(run, own, terms)
        elements = [_element(terms, item, proof=step == "confirmed", references=references) for item in items]
        return Outgoing("match-reveal", {"run": run.id, "terms": terms.text, "stage": step, "elements": elements})
    data = transcript(engine, run, own, terms, step)
    size = terms.sizes[0 if step == "setup" else 1]
    return Outgoing("match-step", {"run": run.id, "terms": terms.text, "step": step, "size": size}, data)


def transcript(engine: Engine, run: Run, own: Own, terms: Terms, step: str) -> bytes:
    """The bytes of a protocol step of this side. The same key, set and run give the same bytes, for the auditor too."""
    if step == "setup":
        return engine.setup(own.key, terms.elements(own.keys))
    if step == "request":
        return engine.request(own.key, [element for element, _ in in_order(own, terms)])
    return engine.response(own.key, run.steps["request"], size=terms.sizes[1], reveal=step == "reveal")


def in_order(own: Own, terms: Terms) -> list[tuple[str, Item]]:
    """Elements and items in the order of the request: shuffled by the run's key, so that a place says nothing."""
    pairs = zip(terms.elements(own.keys), own.items, strict=True)
    return sorted(pairs, key=lambda pair: hmac.digest(own.key, pair[0].encode(), "sha256"))


def common_items(run: Run, own: Own) -> tuple[Item, ...]:
    """Own items that both sides showed that they have: by the client's token, and by the server's proof.

    If they are fewer than `run.shown`, one of the two sides did not follow the protocol. A side that shows an element
    did not prove that it has a record behind it: see docs/match.md.
    """
    terms = _agreed(run)
    proofs = {one.token: one.proof for one in run.confirmed}
    return tuple(item for item in own.items if proofs.get(terms.token(item.key)) == terms.proof(item.key))


def _checked(house: House, proposal: Proposal, keys: KeySet, me: str, now: datetime) -> Past:
    check_proposal(house.policy, proposal, now)
    check_set(house.policy, proposal, keys)
    asks = me == proposal.asker
    past = Past(
        run=proposal.run,
        peer=proposal.asked if asks else proposal.asker,
        purpose=proposal.purpose,
        kind=proposal.kind,
        at=now,
        own=len(keys.items),
        other=proposal.most if asks else proposal.size,  # what the peer may still put in is set aside
        marks=marks(house.secret, keys.keys),
    )
    check_budget(house.policy, house.past, past)
    check_overlap(house.policy, house.past, past)
    return past


def _own(house: House, proposal: Proposal, seed: bytes, keys: KeySet) -> Own:
    return Own(proposal.run, house.engine.new_key(), seed, keys.items)


def _agreed(run: Run) -> Terms:
    if run.terms is None:
        raise StepError(f"The run is {run.phase}; its terms are not agreed.")
    return run.terms


def _common(engine: Engine, run: Run, own: Own, terms: Terms) -> Iterable[Item]:
    """Common items by the client's reckoning, after the server's two answers were held against one another."""
    size = terms.sizes[1]
    counted, shown = run.steps["response"], run.steps["reveal"]
    if sorted(read_points(Part.REVEAL, shown, size)) != read_points(Part.COUNT, counted, size):
        raise TranscriptError("The server answers the reveal with other points than it answered the count with.")
    places = engine.revealed(own.key, run.steps["setup"], shown, sizes=terms.sizes)
    if len(places) != run.common:
        raise TranscriptError(f"{len(places)} elements would be revealed; {run.common} were counted.")
    ordered = in_order(own, terms)
    return [ordered[place][1] for place in places]


def _confirmed(run: Run, own: Own, terms: Terms) -> Iterable[Item]:
    tokens = {one.token for one in run.shown}
    return [item for item in own.items if terms.token(item.key) in tokens]


def _element(terms: Terms, item: Item, *, proof: bool, references: bool) -> dict[str, Any]:
    value: dict[str, Any] = {"token": terms.token(item.key)}
    value |= {"proof": terms.proof(item.key)} if proof else {}
    if references and item.references:
        if len(item.references) > _MOST_REFERENCES or max(map(len, item.references)) > _LONGEST:
            raise ControlError(
                f"A common element has {len(item.references)} references, or one that is too long.",
                remedy="Reveal without references, and ask for the records by a request.",
            )
        value["references"] = list(item.references)
    return value
