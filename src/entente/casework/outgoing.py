"""What an event sends: the body of its message, whom to, and what it replaces or takes back.

The two people of the event release exactly this. What the message may hold is said by its own schema; what the machine
knows beside it stays here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from entente.casework.errors import GuardError
from entente.casework.model import Event, State
from entente.casework.times import day_ended
from entente.exchange import strict
from entente.exchange.content import Predicate
from entente.exchange.handling import Condition, Marking, Tlp
from entente.exchange.messages import load_registry

PURPOSE = "precursor-control"
_USUAL = Marking(Tlp.AMBER, personal=True)


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that an event sends, before its marking and its signatures.

    Attributes:
        type: the message type.
        recipients: whom to.
        body: its body.
        predicate: what it follows from.
        supersedes, withdraws: ids of own earlier messages.
        least: the loosest marking that it may have; the service combines it with what its sources ask for.
    """

    type: str
    recipients: tuple[str, ...]
    body: Mapping[str, Any]
    predicate: Predicate | None = None
    supersedes: tuple[str, ...] = ()
    withdraws: tuple[str, ...] = ()
    least: Marking = _USUAL


def to_message(before: State | None, event: Event, after: State, own: str) -> Draft:
    """The message that an event sends.

    Args:
        before: the object before the event.
        event: an event with `sends`.
        after: the object after it.
        own: the name of this authority, which is sent nothing.

    Raises:
        GuardError: the event sends nothing, nobody is there to send it to, or what it speaks of was not sent yet.
    """
    if event.sends is None or before is None:
        raise GuardError(f"{event.command!r} sends nothing.")
    body, rest = _MAKERS[event.machine, event.command](before, event, after)
    known = {name: value for name, value in body.items() if value is not None}
    recipients = tuple(name for name in rest.pop("to", [after.counterpart]) if name and name != own)
    if not recipients:
        raise GuardError("There is nobody to send it to.", remedy="Say which authority it is for.")
    return Draft(event.sends, recipients, known, least=_least(after), **rest)


def confidential(marking: Marking) -> Marking:
    """A marking with what article 12, paragraph 11, asks for: trade secrets stay with whom they were told to."""
    return Marking(
        max(marking.tlp, Tlp.AMBER),
        marking.conditions | {Condition.H2},
        marking.words,
        frozenset({PURPOSE}) if marking.purposes is None else marking.purposes & {PURPOSE},
        marking.consent,
        marking.expires,
        marking.personal,
        marking.unknown,
    )


Made = tuple[dict[str, Any], dict[str, Any]]
Maker = Callable[[State, Event, State], Made]


def _least(state: State) -> Marking:
    if state.machine == "notification" and state.fields.get("confidential", True):
        return confidential(_USUAL)
    if state.machine == "request" and state.fields.get("use") == "intelligence-only":
        return Marking(Tlp.AMBER, frozenset({Condition.INTELLIGENCE_ONLY}), personal=True)
    return _USUAL


def _of_type(name: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Those fields that the newest version of a message type knows."""
    types = load_registry().types
    version = max(number for kind, number in types if kind == name)
    return {key: fields[key] for key in types[name, version].schema["properties"] if key in fields}


def _sent(state: State) -> str:
    """The id of the message that the object is known by on the other side."""
    if content := state.fields.get("content"):
        return str(content)
    raise GuardError("The message that this speaks of has not been sent.", remedy="Wait until the node has sent it.")


def _predicate(fields: Mapping[str, Any], state: State) -> Predicate:
    found = fields.get("predicate")
    return Predicate(found["kind"], found["reference"]) if found else Predicate("case", state.object)


def _whole(name: str) -> Maker:
    """A message that says the whole object, in place of the last one that did."""

    def make(before: State, event: Event, after: State) -> Made:
        fields = {**before.fields, **event.data}
        rest: dict[str, Any] = {"supersedes": (old,) if (old := before.fields.get("content")) else ()}
        if name != "request":
            return _of_type(name, fields), rest
        beside = {key: fields[key] for key in ("use", "urgency-reason", "controlled-delivery") if key in fields}
        return _of_type(name, fields) | beside, rest | {"predicate": _predicate(fields, after)}

    return make


def _recall(before: State, event: Event, _: State) -> Made:
    reason = event.data.get("reason") or event.data["withdrawal"]
    told = {entry["to"]: None for entry in before.fields.get("shares", ())}
    rest: dict[str, Any] = {"withdraws": tuple(_contents(before))} | ({"to": list(told)} if told else {})
    return {"action": "stop-use", "reason": reason}, rest


def _contents(state: State) -> list[str]:
    shares = dict.fromkeys(entry["content"] for entry in state.fields.get("sent-shares", ()))
    return list(shares) or [_sent(state)]


def _reply(_: State, event: Event, after: State) -> Made:
    return {"notification": _sent(after), **event.data}, {}


def _arrival(_: State, event: Event, after: State) -> Made:
    content = after.fields.get("content")
    known = {"notification": content} if content else {"reference": after.fields["number"]}
    return {**known, **event.data}, {}


def _incident(_: State, event: Event, after: State) -> Made:
    return _of_type("incident", after.fields), {"to": [event.data["to"]]}


def _answer(_: State, event: Event, after: State) -> Made:
    return {"request": _sent(after), **event.data}, {}


def _onward(_: State, event: Event, after: State) -> Made:
    item, action = event.data["item"], event.data["action"]
    question = event.data.get("reason") or f"May {item[:16]} be used for {action}?"
    due = after.fields.get("due") or strict.write_moment(event.at)
    body = {"question": question, "purpose": "onward-use", "due": due, "use": after.fields.get("use"), **event.data}
    return body, {"predicate": _predicate(after.fields, after)}


def _consent(_: State, event: Event, after: State) -> Made:
    return {"request": _sent(after), **event.data}, {}


def _case_event(before: State, event: Event, after: State) -> Made:
    data = event.data
    body = {"case": _case(after), "event": data["event"], "title": after.fields.get("title"), "text": data.get("text")}
    body |= {"records": _records(before, data["items"]) or None}
    if data["event"] == "result":
        body |= {"outcome": after.fields.get("outcome", "not-established")}
    if data["event"] == "task-done":
        body |= {"task": _task(before)}
    return body, {"to": [data["to"]], "predicate": Predicate("case", _case(after))}


def _case(state: State) -> str:
    """The name of a case on every side: that which the authority that told of it gave it."""
    return str(state.fields.get("case") or state.object)


def _title(state: State) -> str:
    return str(state.fields.get("title") or state.object)


def _task(state: State) -> str:
    return next(str(entry["content"]) for entry in reversed(state.fields["told"]) if entry["event"] == "task")


def _lead(before: State, event: Event, after: State) -> Made:
    reasons = [{"text": item["text"]} for item in _items(before, event.data["items"])]
    body = {"lead": after.fields.get("lead") or after.object, "summary": _title(after), "reasons": reasons}
    return body, {"to": [event.data["to"]], "predicate": Predicate("case", _case(after))}


def _alert(before: State, event: Event, after: State) -> Made:
    summary = "\n".join(item["text"] for item in _items(before, event.data["items"]))
    body = {"title": _title(after), "summary": summary, "urgency": "urgent"}
    return body, {"to": [event.data["to"]], "predicate": Predicate("case", _case(after))}


def _items(state: State, numbers: list[int]) -> list[Mapping[str, Any]]:
    return [entry for entry in state.fields.get("items", ()) if entry["entry"] in numbers]


_RECORDS = frozenset({"shipment", "payment", "notification"})


def _records(state: State, numbers: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "kind": item["kind"] if item["kind"] in _RECORDS else "document",
            "reference": item.get("reference") or f"{item['kind']} {item['entry']}",
            "summary": item["text"],
        }
        for item in _items(state, numbers)
    ]


def _propose(_: State, __: Event, after: State) -> Made:
    return {**_of_type("commitment", after.fields), "status": "made"}, {}


def _report(_: State, event: Event, after: State) -> Made:
    return {"commitment": _sent(after), "text": event.data["text"], "status": event.data["status"]}, {}


def _take_back(before: State, event: Event, _: State) -> Made:
    return {"commitment": _sent(before), "text": event.data["reason"], "status": "withdrawn"}, {}


def _counter(position: str) -> Maker:
    def make(_: State, event: Event, after: State) -> Made:
        told = {name: event.data[name] for name in ("text", "records") if name in event.data}
        return {"statement": _sent(after), "position": position, **told}, {}

    return make


def _counter_statement(_: State, event: Event, after: State) -> Made:
    return {"statement": _sent(after), **event.data}, {}


def _query(_: State, __: Event, after: State) -> Made:
    fields = after.fields
    due = strict.write_moment(day_ended(strict.read_day(fields["window-start"], what="window-start")))
    names = ("area", "window-start", "window-end")
    body = {"question": "Does anything overlap?", "purpose": "deconfliction", "due": due}
    return {**body, **{name: fields[name] for name in names}}, {"predicate": _predicate(fields, after)}


def _query_contact(_: State, event: Event, after: State) -> Made:
    body = {"question": event.data["reason"], "purpose": "deconfliction-contact", "deconfliction": _sent(after)}
    due = strict.write_moment(day_ended(strict.read_day(after.fields["window-start"], what="window-start")))
    return {**body, "due": due}, {"predicate": _predicate(after.fields, after)}


def _query_answer(_: State, event: Event, after: State) -> Made:
    said = event.data.get("answer", "contact-given" if "contact" in event.data else "declined")
    answer = {"declined": "declined", "no-overlap": "nothing-found"}.get(said, "full")
    body = {"request": _sent(after), "answer": answer, "deconfliction": said, "contact": event.data.get("contact")}
    text = event.data.get("text") or ("Something overlaps." if answer == "full" else None)
    return {**body, "text": text, "reason": event.data.get("reason") or "Nothing more is said."}, {}


def _convene(_: State, __: Event, after: State) -> Made:
    body = {**_of_type("meeting", after.fields), "meeting": after.object, "step": "convened"}
    return {name: value for name, value in body.items() if name not in {"minutes", "sha256"}}, _all(after)


def _circulate(_: State, __: Event, after: State) -> Made:
    digest = after.fields["minutes-sha256"]
    body = {"meeting": _meeting(after), "step": "minutes", "minutes": after.fields["minutes"], "sha256": digest}
    return body, _all(after)


def _call_off(_: State, event: Event, after: State) -> Made:
    return {"meeting": _meeting(after), "step": "cancelled", "reason": event.data["reason"]}, _all(after)


def _meeting(state: State) -> str:
    """The name of a meeting on every side: that which the convening authority gave it."""
    return str(state.fields.get("meeting") or state.object)


def _sign(_: State, event: Event, after: State) -> Made:
    body = {"meeting": _meeting(after), "step": "signed", "sha256": event.data["sha256"]}
    return body, _all(after)


def _all(state: State) -> dict[str, Any]:
    return {"to": state.fields["members"]}


_MAKERS: Mapping[tuple[str, str], Maker] = {
    ("notification", "release"): _whole("pre-export-notification"),
    ("notification", "amend"): _whole("pre-export-notification"),
    ("notification", "withdraw"): _recall,
    ("notification", "reply"): _reply,
    ("notification", "tell-arrival"): _arrival,
    ("incident", "share"): _incident,
    ("incident", "withdraw"): _recall,
    ("request", "release"): _whole("request"),
    ("request", "withdraw"): _recall,
    ("request", "answer"): _answer,
    ("request", "ask-onward"): _onward,
    ("request", "consent-onward"): _consent,
    ("case", "share"): _case_event,
    ("case", "share-lead"): _lead,
    ("case", "alert"): _alert,
    ("commitment", "propose"): _propose,
    ("commitment", "accept"): _counter("agrees"),
    ("commitment", "decline"): _counter("disagrees"),
    ("commitment", "report"): _report,
    ("commitment", "verify"): _counter("agrees"),
    ("commitment", "dispute"): _counter("disagrees"),
    ("commitment", "withdraw"): _take_back,
    ("statement", "state"): _whole("statement"),
    ("statement", "restate"): _whole("statement"),
    ("statement", "withdraw"): _recall,
    ("statement", "answer"): _counter_statement,
    ("deconfliction", "ask"): _query,
    ("deconfliction", "ask-contact"): _query_contact,
    ("deconfliction", "answer"): _query_answer,
    ("deconfliction", "give-contact"): _query_answer,
    ("deconfliction", "decline-contact"): _query_answer,
    ("meeting", "convene"): _convene,
    ("meeting", "circulate"): _circulate,
    ("meeting", "sign"): _sign,
    ("meeting", "call-off"): _call_off,
}
