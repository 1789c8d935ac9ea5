"""What a verified message asks of casework: `from_message(content, desk)`.

Every message type has a route. Some lead to an object and a command; the others are acts of the exchange itself (keys,
handling, consent to a share, private match, suspension), which `Elsewhere` says. Nothing is dropped: a message that
fits no object here begins one, or is `Elsewhere` with its reason for a person to see. So is, for the caller, a command
that `transition` then refuses: the message stays in the ledger, and a person looks at it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import fastjsonschema

from entente.casework.guards import countered
from entente.casework.model import Actor, Command, State, peer
from entente.casework.tables import machine
from entente.exchange.content import Content


class Desk(Protocol):
    """Finds objects of this node."""

    def by_content(self, content: str) -> State | None:
        """The object that a message made, changed or answered, by the message's id."""
        ...

    def by_reference(self, machine_name: str, reference: str, sender: str) -> State | None:
        """The object of a machine that a peer calls by a reference of its own or of ours."""
        ...


@dataclass(frozen=True, slots=True)
class Routed:
    """A command for an object.

    Attributes:
        machine: what the object is.
        object: which one; None if the command begins one.
        command: what is asked.
        by: the peer, by its message.
    """

    machine: str
    object: str | None
    command: Command
    by: Actor


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The message is no matter of casework, or changes no object; `reason` says why, for a person.

    `object` is what it speaks of, if that is known here.
    """

    reason: str
    object: str | None = None


Route = Callable[[Content, Desk], Routed | Elsewhere]

ACTS = "It is an act between nodes, which the exchange carries out."
UNKNOWN = "It speaks of something that is not known here; a person must look at it."


def from_message(content: Content, desk: Desk) -> tuple[Routed | Elsewhere, ...]:
    """What a message asks: one command as a rule, several for a recall of several messages.

    Args:
        content: a message that `exchange.open_message` verified.
        desk: finds objects.
    """
    if content.header.type == "recall":
        return tuple(_recalled(content, desk, name) for name in content.header.withdraws)
    return (ROUTES.get(content.header.type, _unrouted)(content, desk),)


def _to(
    content: Content, name: str, state: State | None, command: str, data: Mapping[str, Any], of: str | None = None
) -> Routed | Elsewhere:
    """A command with those fields of `data` that it knows; the message keeps the others.

    Its field `content` is the message itself, or the one that it is about (`of`).
    """
    spec = machine(name).command(command)
    known = spec.schema["properties"]
    fields = {key: value for key, value in {**data, "content": of or content.id}.items() if key in known}
    by = peer(content.header.sender, content.id)
    try:
        spec.check(fields)
    except fastjsonschema.JsonSchemaValueException as error:
        about = state.object if state else None
        return Elsewhere(f"It fits its message type and no {name}: {error.message}. A person must look at it.", about)
    return Routed(name, state.object if state else None, Command(command, fields), by)


def _own(content: Content, desk: Desk, name: str, reference: str, side: str) -> State | None:
    """The object of a machine that a message of the right sender speaks of."""
    state = desk.by_content(reference)
    fits = state and state.machine == name and state.side == side
    return state if fits and state and state.counterpart in {None, content.header.sender} else None


def _replaced(content: Content, desk: Desk, name: str) -> State | None:
    """The object that a message replaces the message of."""
    found = (_own(content, desk, name, old, "theirs") for old in content.header.supersedes)
    return next((state for state in found if state), None)


def _beginning(name: str) -> Route:
    """The route of a type that begins an object, or replaces what its sender said before."""

    def route(content: Content, desk: Desk) -> Routed | Elsewhere:
        state = _replaced(content, desk, name)
        command = _in_time(state, "amended", "amended-late") if state else "receive"
        return _to(content, name, state, command, content.body)

    return route


def _reply(content: Content, desk: Desk) -> Routed | Elsewhere:
    state = _own(content, desk, "notification", content.body["notification"], "ours")
    if state is None:
        return Elsewhere(UNKNOWN)
    command = "replied" if content.body["notification"] == state.fields.get("content") else "replied-late"
    return _to(content, state.machine, state, _in_time(state, command, "replied-late"), content.body)


def _arrival(content: Content, desk: Desk) -> Routed | Elsewhere:
    reference = content.body.get("notification")
    state = _own(content, desk, "notification", reference, "ours") if reference else None
    if state is None and "reference" in content.body:
        state = desk.by_reference("notification", content.body["reference"], content.header.sender)
    if state is None or state.side != "ours":
        return Elsewhere(UNKNOWN)
    return _to(content, state.machine, state, _in_time(state, "arrival-told", "arrival-told-early"), content.body)


def _request(content: Content, desk: Desk) -> Routed | Elsewhere:
    purpose = content.body["purpose"]
    if purpose == "deconfliction-contact":
        state = _own(content, desk, "deconfliction", str(content.body.get("deconfliction")), "theirs")
        data = {"reason": content.body["question"]}
        if state and "contact-asked" in _commands(state):
            return _to(content, state.machine, state, "contact-asked", data)
        return Elsewhere(UNKNOWN)
    if purpose == "deconfliction" and "area" in content.body:
        return _to(content, "deconfliction", None, "receive", content.body)
    if purpose == "onward-use" and (state := _own(content, desk, "request", str(content.body.get("item")), "theirs")):
        return _to(content, "request", state, "onward-asked", content.body)
    return _beginning("request")(content, desk)


def _response(content: Content, desk: Desk) -> Routed | Elsewhere:
    if state := _own(content, desk, "request", content.body["request"], "ours"):
        command = "answered" if content.body["request"] == state.fields.get("content") else "answered-late"
        return _to(content, state.machine, state, _in_time(state, command, "answered-late"), content.body)
    state = _own(content, desk, "deconfliction", content.body["request"], "ours")
    if state is None or "answered" not in _commands(state) or "deconfliction" not in content.body:
        return Elsewhere(UNKNOWN)
    return _to(content, state.machine, state, "answered", {**content.body, "answer": content.body["deconfliction"]})


def _consent(content: Content, desk: Desk) -> Routed | Elsewhere:
    state = _own(content, desk, "request", str(content.body.get("request")), "ours")
    return _to(content, "request", state, "onward-told", content.body) if state else Elsewhere(ACTS)


def _to_case(content: Content, _: Desk) -> Routed | Elsewhere:
    """A lead or an alert begins a case of its own; whether it belongs to another one is for a person to say."""
    predicate = content.header.predicate
    case = {"case": predicate.reference} if predicate and predicate.kind == "case" else {}
    return _to(content, "case", None, "receive", {**case, **content.body, "type": content.header.type})


def _case_event(content: Content, desk: Desk) -> Routed | Elsewhere:
    state = desk.by_reference("case", content.body["case"], content.header.sender)
    if state and content.header.sender in state.fields.get("members", ()):
        return _to(content, "case", state, "told", content.body)
    return _to_case(content, desk)


def _commitment(content: Content, desk: Desk) -> Routed | Elsewhere:
    if "commitment" not in content.body:
        return _to(content, "commitment", None, "receive", content.body)
    state = _own(content, desk, "commitment", content.body["commitment"], "theirs")
    if state is None:
        return _to(content, "commitment", None, "receive", content.body)
    if content.body["status"] == "withdrawn":
        return _to(content, "commitment", state, "withdrawn-by-peer", {"reason": content.body["text"]})
    status = content.body["status"]
    told = {**content.body, "status": status if status in {"kept", "partly-kept", "not-kept"} else "under-way"}
    return _to(content, "commitment", state, "told", told)


def _counter(content: Content, desk: Desk) -> Routed | Elsewhere:
    reference = content.body["statement"]
    if state := _own(content, desk, "statement", reference, "ours"):
        return _to(content, state.machine, state, _in_time(state, "countered", "countered-late"), content.body)
    state = _own(content, desk, "commitment", reference, "ours")
    if state is None or "countered" not in _commands(state):
        return Elsewhere(UNKNOWN)
    standing = countered(state.at, content.body["position"])
    return _to(content, state.machine, state, "countered", {**content.body, "standing": standing})


def _meeting(content: Content, desk: Desk) -> Routed | Elsewhere:
    state = desk.by_reference("meeting", content.body["meeting"], content.header.sender)
    step = content.body["step"]
    if state is None:
        return _to(content, "meeting", None, "receive", content.body) if step == "convened" else Elsewhere(UNKNOWN)
    data = {**content.body, "authority": content.header.sender}
    command = {"convened": "amended", "minutes": "minutes-told", "cancelled": "cancelled-by-peer"}.get(step)
    if step == "signed":
        same = content.body["sha256"] == state.fields.get("minutes-sha256")
        command = "signed-by-peer" if same and "signed-by-peer" in _commands(state) else "signed-other-minutes"
    if command not in _commands(state):
        return Elsewhere(
            f"A meeting that is {state.at} takes no {step!r} message; a person must look at it.", state.object
        )
    return _to(content, "meeting", state, str(command), data)


def _recalled(content: Content, desk: Desk, name: str) -> Routed | Elsewhere:
    """What taking one message back means: the whole object, the reply that stands, or something that was said of it."""
    state = desk.by_content(name)
    if state is None:
        return Elsewhere(ACTS)
    if state.counterpart not in {None, content.header.sender}:
        return Elsewhere(UNKNOWN)
    reason = content.body["reason"]
    if state.fields.get("reply-message") == name and "reply-withdrawn" in _commands(state):
        data = {"withdrawn": name, "withdrawal-reason": reason}
        return _to(content, state.machine, state, "reply-withdrawn", data)
    if state.fields.get("content") == name and "withdrawn-by-peer" in _commands(state):
        return _to(content, state.machine, state, "withdrawn-by-peer", {"reason": reason, "withdrawal": reason})
    return _to(content, state.machine, state, "peer-withdrew", {"reason": reason}, of=name)


def _acts(_: Content, __: Desk) -> Elsewhere:
    return Elsewhere(ACTS)


def _unrouted(content: Content, _: Desk) -> Elsewhere:
    return Elsewhere(f"Casework knows no message type {content.header.type!r}.")


def _commands(state: State) -> frozenset[str]:
    """The commands that the table has for an object as it stands."""
    specs = machine(state.machine).commands.values()
    return frozenset(one.name for one in specs if state.at in one.sources and state.side in one.sides)


def _in_time(state: State, command: str, late: str) -> str:
    return command if command in _commands(state) else late


ROUTES: Mapping[str, Route] = {
    "pre-export-notification": _beginning("notification"),
    "pre-export-reply": _reply,
    "shipment-arrival": _arrival,
    "incident": _beginning("incident"),
    "request": _request,
    "response": _response,
    "consent": _consent,
    "lead": _to_case,
    "alert": _to_case,
    "case-event": _case_event,
    "commitment": _commitment,
    "statement": _beginning("statement"),
    "counter-statement": _counter,
    "meeting": _meeting,
    "recall": _acts,
    "recall-receipt": _acts,
    "purge-receipt": _acts,
    "handling-change": _acts,
    "key-change": _acts,
    "suspension": _acts,
    "resumption": _acts,
    "match-offer": _acts,
    "match-answer": _acts,
    "match-step": _acts,
    "match-result": _acts,
    "match-reveal": _acts,
}
