"""What needs two people: prepare it, and two different people sign it; with the second signature it is done.

What is signed is fixed when it is prepared: the message that will be sent, byte for byte, or where nothing is sent the
act itself. With the second signature rows, account, ledger and outbox are committed together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from entente.casework.engine import transition
from entente.casework.model import Command, State, pair
from entente.exchange.content import Content, read_content
from entente.exchange.dsse import Envelope, Signature
from entente.exchange.parties import NodeKey
from entente.node.cards import channel_id
from entente.node.services.desk import access_people, drafting, erasing, holding, people, sealing, signing
from entente.node.services.desk.access_cases import Found, access_object
from entente.node.services.desk.access_proposals import access_pending, access_proposal
from entente.node.services.desk.drafting import Said
from entente.node.services.desk.errors import DeskError, NotAllowedError, OvertakenError, TwoPeopleError
from entente.node.services.desk.metering import metered
from entente.node.services.desk.proposing import document, new_id, put
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.desk.rules import RULES, Role, Who, check_machine, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_proposals
from entente.node.store.desk_account import Entry
from entente.node.store.desk_proposals import CASE, Proposed
from entente.node.store.desk_rows import Proof


@use_case
def prepare(
    parts: Parts,
    who: Who,
    name: str,
    command: str,
    data: Mapping[str, Any] | None = None,
    *,
    said: Said | None = None,
    purpose: str = "",
) -> Proposed:
    """Prepare a command that two people do to an object, with the message that it sends.

    Args:
        parts: the node.
        who: who prepares it; one of the two who sign, or somebody else.
        name: the object.
        command: of its machine.
        data: the command's fields.
        said: handling and answers, of a message that is sent.
        purpose: for the account.

    Raises:
        NotFoundError: there is no such object for this person.
        CaseworkError: it is not possible now.
        HandlingRefusedError: the message may not be given to a recipient; with every reason.
    """
    with writing(parts):
        found = access_object(parts.alias, who, name)
        check_machine(who, found.state.machine)
        wanted = metered(parts, found.state, Command(command, data or {}))
        act = new_id()
        message = drafting.message(parts, who, found.state, wanted, said or Said())
        documents = (message.envelope,) if message else (_document(parts, act, found.state, wanted),)
        one = Proposed(
            id=act,
            kind=CASE,
            object=name,
            command=command,
            number=found.state.events,
            data=dict(wanted.data),
            purpose=purpose,
            documents=documents,
            sends=message is not None,
            prepared=who.name,
            at=parts.clock(),
        )
        return put(parts, who, one, found.key)


def _document(parts: Parts, act: str, state: State, command: Command) -> Envelope:
    about = {"object": state.object, "machine": state.machine, "events": state.events}
    return document(parts, act, command.name, {**about, "data": dict(command.data)})


@use_case
def pending(parts: Parts, who: Who, most: int = 50) -> Sequence[Proposed]:
    """Acts that wait for a signature and that the person may see, the oldest first."""
    return access_pending(parts.alias, who, most)


@use_case
def show(parts: Parts, who: Who, act: str) -> Proposed:
    """An act, with what is to be signed.

    Raises:
        NotFoundError: there is none for this person.
    """
    return access_proposal(parts.alias, who, act)[0]


@use_case
def decline(parts: Parts, who: Who, act: str) -> None:
    """Stop an act that waits; one person is enough to stop.

    Raises:
        NotFoundError: there is none for this person.
        DeskError: it is settled already.
    """
    with writing(parts):
        one, _ = _open(parts, who, act)
        desk_proposals.end(parts.alias, one.id, "refused")
        entry = Entry(parts.clock(), (who.name,), "decline", one.object, more={"proposal": one.id})
        desk_account.append(parts.alias, entry)


@use_case
def sign(parts: Parts, who: Who, act: str, by: NodeKey | Sequence[Signature]) -> Proposed:
    """Sign an act; with the second person's signature it is done.

    Args:
        parts: the node, unlocked if a message is sent.
        who: who signs.
        act: its name.
        by: the key of the person, or a signature over each document in their order.

    Raises:
        TwoPeopleError: the same person twice, a role lent by the other one, or nobody who may release.
        OvertakenError: the object was changed since it was prepared.
        SignatureError: not a signature of this person.
        ExchangeError, PairingError: it cannot be sent; nothing was done.
    """
    before, _ = access_proposal(parts.alias, who, act)
    peers = _recipients(before) if before.first else ()
    with writing(parts, [channel_id(parts.name, peer) for peer in peers]):
        who = access_people.who(parts.alias, who.name, parts.clock())  # a role may have ended since they were read
        _check_signs(who)
        one, key = _open(parts, who, act)
        if bool(one.first) != bool(before.first):
            raise OvertakenError("Somebody signed it at the same moment.", remedy="Look at it again, and sign.")
        one = _with_signatures(parts, who, one, by)
        if not one.first:
            desk_proposals.sign(parts.alias, key, one, first=who.id)
            facts = {"proposal": one.id, "documents": [paper.id for paper in one.documents]}
            entry = Entry(parts.clock(), (who.name,), "sign", one.object, one.purpose, more=facts)
            desk_account.append(parts.alias, entry)
            return replace(one, first=who.name)
        first = access_people.who(parts.alias, one.first, parts.clock())
        _check_first(parts, first, one)
        two = Two(first, who)
        _check_two(one, two)
        desk_proposals.sign(parts.alias, key, one, second=who.id)
        if one.kind == CASE:
            _carry_out(parts, one, two)
        else:
            _DOES[one.kind](parts, one, (two.first, two.second))
        return replace(one, second=who.name, outcome="done")


@dataclass(frozen=True, slots=True)
class Two:
    """The two who signed, in their order."""

    first: Who
    second: Who


def _open(parts: Parts, who: Who, act: str) -> tuple[Proposed, bytes]:
    one, key = access_proposal(parts.alias, who, act)
    if one.outcome:
        raise DeskError(f"This act is settled already: {one.outcome}.", remedy="Prepare a new one, if it is needed.")
    return one, key


def _with_signatures(parts: Parts, who: Who, one: Proposed, by: NodeKey | Sequence[Signature]) -> Proposed:
    made = [signing.sign(paper, by) for paper in one.documents] if isinstance(by, NodeKey) else list(by)
    if len(made) != len(one.documents):
        raise TwoPeopleError("Not every document is signed.", remedy=f"Sign all {len(one.documents)} of them.")
    pairs = list(zip(one.documents, made, strict=True))
    for paper, signature in pairs:
        signing.check(parts, who, paper, signature)
    return replace(one, documents=tuple(paper.with_signature(signature) for paper, signature in pairs))


def _check_signs(who: Who) -> None:
    if not who.roles & RULES["releasing.sign"].roles:
        raise NotAllowedError(f"{who.name} signs no acts now.", remedy="Ask somebody who has a role to sign.")


def _check_first(parts: Parts, first: Who, one: Proposed) -> None:
    """What was signed first still counts: they have a role, see what it is about, and their key is valid."""
    _check_signs(first)
    access_proposal(parts.alias, first, one.id)
    for paper in one.documents:
        signing.check(parts, first, paper, paper.signatures[0])


def _check_two(one: Proposed, two: Two) -> None:
    """Two different people with two keys, whose roles are not one lender's, and one of whom may release."""
    if two.first.id == two.second.id:
        raise TwoPeopleError("You signed it already; a second person is needed.", remedy="Ask a second person.")
    if any(len({signature.key for signature in paper.signatures}) < len(paper.signatures) for paper in one.documents):
        raise TwoPeopleError("Both signatures are by one key.", remedy="Ask a second person, with their own key.")
    lenders = [frozenset().union(*here.lent.values()) for here in (two.first, two.second)]
    if common := lenders[0] & lenders[1]:
        raise TwoPeopleError(
            f"Both act with a role that {min(common)} lends: both eyes would be one person's.",
            remedy="Ask a second person whose role is their own.",
        )
    for here, there in ((two.first, two.second), (two.second, two.first)):
        if any(there.name in givers for givers in here.lent.values()):
            raise TwoPeopleError(
                f"{here.name} acts with a role that {there.name} lends: both eyes would be one person's.",
                remedy="Ask a second person whose role is their own.",
            )
    needed = Role.ADMINISTRATOR if one.kind in people.ACTS else Role.RELEASING
    if not (two.first.may(needed) or two.second.may(needed)):
        raise TwoPeopleError(f"One of the two must be a {needed}.", remedy=f"Ask a {needed} to sign.")
    if one.kind != CASE and not (two.first.may(needed) and two.second.may(needed)):
        raise TwoPeopleError(f"Both must be a {needed}.", remedy=f"Ask another {needed} to sign.")
    if one.kind in people.ACTS:
        people.check_others(one, two.first, two.second)


def _recipients(one: Proposed) -> tuple[str, ...]:
    return tuple(name for content in _contents(one) for name in content.header.recipients)


def _contents(one: Proposed) -> tuple[Content, ...]:
    return tuple(read_content(paper.as_bytes()) for paper in one.documents) if one.sends else ()


def _carry_out(parts: Parts, one: Proposed, two: Two) -> None:
    found = _unchanged(parts, one, two.second)
    access_object(parts.alias, two.first, one.object)  # the first may have lost sight of it meanwhile
    check_machine(two.first, found.state.machine)
    check_machine(two.second, found.state.machine)
    now, by = parts.clock(), pair(two.first.name, two.second.name)
    command = metered(parts, found.state, Command(one.command, one.data))  # others may have asked since it was prepared
    after, events = transition(found.state, command, by, now)
    contents = _contents(one)
    proof = Proof(two.first.id, two.second.id, contents[0].id if contents else "", None)
    if not contents:
        proof = replace(proof, signed=desk_proposals.signed_bytes(one.documents))
    sent = sealing.send(parts, events[0], contents)
    after, more = sealing.reported(after, events[0], sent, now)
    ids = tuple(content.id for content in contents)
    change = Change(found.state, after, (*events, *more), (proof, Proof()), one.purpose, ids)
    keep(parts.alias, change, found.key)
    sealing.note(parts.alias, events[0], sent)


def _unchanged(parts: Parts, one: Proposed, who: Who) -> Found:
    found = access_object(parts.alias, who, one.object)
    if found.state.events != one.number:
        raise OvertakenError(
            f"{one.object} was changed since this was prepared.", remedy="Decline it, look again, and prepare it anew."
        )
    return found


_DOES: Mapping[str, Callable[[Parts, Proposed, tuple[Who, Who]], None]] = {
    **people.ACTS,
    **holding.ACTS,
    **erasing.ACTS,
}
"""What is done when two people have signed an act that is no command of a machine."""
