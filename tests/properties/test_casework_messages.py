"""Whatever a peer sends that its message type allows: no desk breaks on it, and only its own objects move."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework_data import NOTIFICATION, NOW, MemoryDesk, data_for
from entente.casework.engine import begin, replay, transition
from entente.casework.errors import CaseworkError
from entente.casework.incoming import ROUTES, Elsewhere, from_message
from entente.casework.model import Command, node, pair, peer, person
from entente.exchange.content import Header, Predicate, draft
from entente.exchange.errors import ExchangeError
from entente.exchange.handling import Marking, Tlp
from entente.exchange.messages import load_registry

TWO = pair("Ann", "Bob")
TYPES = {name: kind for (name, _), kind in sorted(load_registry().types.items())}
_NOTIFICATION, _REQUEST = "0" * 64, "1" * 64
EXTRA = st.sampled_from(
    [
        {},
        {"counterpart": "us-dea"},
        {"elsewhere": "a portal", "sent-on": "2026-11-01"},
        {"purpose": "deconfliction", "area": ["N19.0W104.5"], "window-start": "2026-12-01", "window-end": "2027-12-01"},
        {"purpose": "deconfliction-contact", "deconfliction": "c" * 64},
        {"purpose": "onward-use", "item": "c" * 64, "action": "share"},
        {"deconfliction": "contact-given"},
        {"commitment": "c" * 64},
        {"due": "9999-12-31T23:59:59Z"},
        {"use": 7},
        {"meeting": "m-1", "case": "case"},
        {"meeting": "m-1", "case": "case", "step": "signed", "sha256": "a" * 64},
        {"request": _REQUEST, "notification": _NOTIFICATION, "item": "c" * 64},
        {"standing": "verified", "status": "nonsense"},
    ]
)
STARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "notification": ("draft", NOTIFICATION),
    "request": ("draft", {"counterpart": "cn-nncc", "question": "?", "purpose": "x", "use": "intelligence-only"}),
    "commitment": ("draft", {"counterpart": "cn-nncc", "text": "x", "due": "2026-12-01"}),
    "statement": ("draft", {"counterpart": "cn-nncc", "claim": "x", "basis": "x"}),
    "case": ("open", {"title": "x", "purpose": "x"}),
}
PLAN = {"title": "x", "date": "2026-12-01", "members": ["cn-nncc", "mx-pgr"], "agenda": ["x"]}


def desk() -> MemoryDesk:
    """A desk of mx-pgr with one object of most kinds, some with the peer cn-nncc."""
    made = MemoryDesk("mx-pgr")
    for name, (command, fields) in STARTS.items():
        made.keep(*begin(name, name, Command(command, fields), person("Ann"), NOW))
    for name, command in (("notification", "release"), ("commitment", "propose"), ("statement", "state")):
        made.keep(*transition(made.states[name], Command(command), TWO, NOW))
        made.keep(*transition(made.states[name], Command("sent", {"content": _id(name)}), node(_id(name)), NOW))
    made.keep(*begin("meeting", "m-1", Command("plan", PLAN), person("Ann"), NOW))
    received = {"content": "c" * 64, "question": "?", "purpose": "x", "due": "2026-12-01T00:00:00Z"}
    made.keep(*begin("request", "theirs", Command("receive", received), peer("cn-nncc", "c" * 64), NOW))
    shared = Command("share", {"to": "cn-nncc", "event": "opened", "items": []})
    made.keep(*transition(made.states["case"], shared, TWO, NOW))
    return made


def _id(name: str) -> str:
    return str(list(STARTS).index(name)) * 64


IDS = st.sampled_from([_id(name) for name in STARTS] + ["c" * 64, "f" * 64, "9" * 64])


def pointed(value: Any, draw: Any) -> Any:
    """The same body, with ids that may be those of this desk's objects."""
    if isinstance(value, dict):
        return {key: pointed(part, draw) for key, part in value.items()}
    if isinstance(value, list):
        return [pointed(part, draw) for part in value]
    return draw(IDS) if isinstance(value, str) and len(value) == 64 else value


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
@pytest.mark.parametrize("kind", sorted(name for name, route in ROUTES.items() if route is not ROUTES["key-change"]))
def test_any_message_of_a_type(kind, data):
    here = desk()
    before = dict(here.states)
    sender = data.draw(st.sampled_from(["cn-nncc", "cn-nncc", "us-dea"]))
    body = {**pointed(data.draw(data_for(TYPES[kind].schema)), data.draw), **data.draw(EXTRA)}
    named = tuple(data.draw(st.lists(IDS, max_size=2, unique=True)))
    reference = data.draw(st.sampled_from(["case", "c-1", "S-7"]))
    header = Header(
        kind,
        TYPES[kind].version,
        sender,
        ("mx-pgr",),
        NOW,
        Marking(Tlp.AMBER),
        predicate=Predicate("case", reference),
        supersedes=named,
        withdraws=named,
    )
    content = draft(header, body, bytes)
    try:
        load_registry().check(content)
    except ExchangeError:
        return  # such a message never reaches a desk
    for found in from_message(content, here):
        if isinstance(found, Elsewhere):
            assert found.reason
            continue
        assert found.by == peer(sender, content.id)
        try:
            if found.object is None:
                here.keep(*begin(found.machine, "new", found.command, found.by, NOW))
            else:
                here.keep(*transition(here.states[found.object], found.command, found.by, NOW))
        except CaseworkError:
            continue
    for name, state in here.states.items():
        assert replay(here.events[name]) == state
        moved = name in before and before[name] != state
        if moved and state.counterpart:
            assert state.counterpart == sender
        if moved:
            assert here.events[name][-1].by == peer(sender, content.id)
    if "new" in here.states and here.states["new"].counterpart:
        assert here.states["new"].counterpart == sender
