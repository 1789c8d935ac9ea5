"""Walks through the machines: the ways out that people need when something went wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from casework_data import NOTIFICATION, NOW
from entente.casework.engine import begin, replay, transition
from entente.casework.errors import GuardError
from entente.casework.model import Actor, Command, Event, State, node, pair, peer, person

ANN, TWO, NODE, PEER = person("Ann"), pair("Ann", "Bob"), node(), peer("cn-nncc", "f" * 64)
ID, DAY = "a" * 64, timedelta(days=1)
SENT = [("release", TWO, {}, "released"), ("sent", NODE, {"content": ID}, "sent"), ("received", NODE, {}, "received")]
WHY = {"reason": "Because."}
REQUEST = {
    "counterpart": "cn-nncc",
    "question": "Who?",
    "purpose": "x",
    "use": "intelligence-only",
    "due": "2026-12-10T16:00:00Z",
    "predicate": {"kind": "case", "reference": "c-1"},
}
QUERY = {
    "area": ["N19.0W104.5"],
    "window-start": "2026-12-01",
    "window-end": "2026-12-03",
    "content": ID,
}
PLAN = {"title": "x", "date": "2026-12-01", "members": ["cn-nncc", "mx-pgr"], "agenda": ["x"]}
STARTS: dict[str, tuple[str, str, Actor, dict[str, Any]]] = {
    "notification": ("notification", "draft", ANN, NOTIFICATION),
    "import": (
        "notification",
        "receive",
        PEER,
        {**{k: v for k, v in NOTIFICATION.items() if k != "counterpart"}, "content": ID},
    ),
    "portal": ("notification", "take-over", ANN, {"counterpart": "cn-nncc", "number": "7", "elsewhere": "Portal"}),
    "request": ("request", "draft", ANN, REQUEST),
    "asked": (
        "request",
        "receive",
        PEER,
        {"question": "?", "purpose": "x", "due": "2026-12-01T00:00:00Z", "content": ID},
    ),
    "incident": ("incident", "record", ANN, {"kind": "seizure", "date": "2026-11-01", "summary": "x"}),
    "case": ("case", "open", ANN, {"title": "x", "purpose": "x"}),
    "lead": ("case", "receive", PEER, {"content": ID, "type": "lead"}),
    "statement": ("statement", "draft", ANN, {"counterpart": "cn-nncc", "claim": "x", "basis": "x"}),
    "commitment": ("commitment", "draft", ANN, {"counterpart": "cn-nncc", "text": "x", "due": "2026-12-01"}),
    "query": ("deconfliction", "receive", PEER, QUERY),
    "meeting": ("meeting", "plan", ANN, PLAN),
    "invited": ("meeting", "receive", PEER, {**PLAN, "meeting": "m-1", "content": ID}),
}
TASK = {"kind": "task", "text": "Ask the bank."}
Step = tuple[str, Actor, dict[str, Any], str]
WALKS: dict[str, tuple[str, list[Step]]] = {
    "a rejection by the other node": (
        "notification",
        [*SENT[:2], ("rejected", NODE, {"rejection": "message"}, "draft")],
    ),
    "a draft that is dropped and written anew": (
        "notification",
        [("discard", ANN, WHY, "withdrawn"), ("renew", ANN, {"due": "2026-12-10T16:00:00Z"}, "draft"), *SENT],
    ),
    "a portal's notification that is taken back there": (
        "notification",
        [
            ("sent-elsewhere", TWO, {"elsewhere": "Portal", "sent-on": "2026-11-01"}, "received"),
            ("reply-noted", TWO, {"answer": "query", "questions": ["?"], "reply-source": "Portal"}, "query"),
            ("withdraw-elsewhere", TWO, {"withdrawal": "x"}, "withdrawn"),
            ("renew", ANN, {"due": "2026-12-10T16:00:00Z"}, "draft"),
            *SENT,
        ],
    ),
    "an export that nothing permitted": (
        "notification",
        [
            *SENT,
            ("found-exported", TWO, {"exported": "2026-12-01", "irregularity": "x"}, "exported"),
            ("replied-late", PEER, {"answer": "objection", "reason": "x"}, "exported"),
            ("arrival-noted", ANN, {"arrived": "2026-12-20", "result": "not-arrived", "note": "x"}, "not-arrived"),
            ("arrival-told", PEER, {"arrived": "2026-12-28", "result": "as-notified"}, "arrived"),
            ("undo-arrival", TWO, {"correction": "x", "stands-at": "exported"}, "exported"),
        ],
    ),
    "enquiry, then objection, then none": (
        "notification",
        [
            *SENT,
            ("replied", PEER, {"answer": "suspend", "reason": "x"}, "suspended"),
            ("replied", PEER, {"answer": "objection", "reason": "x"}, "objection"),
            ("replied", PEER, {"answer": "no-objection"}, "no-objection"),
            ("export", ANN, {"exported": "2026-12-20"}, "exported"),
        ],
    ),
    "an import that arrives although it was taken back": (
        "import",
        [
            ("acknowledge", ANN, {}, "acknowledged"),
            ("reply", TWO, {"answer": "suspend", "reason": "x"}, "suspended"),
            ("withdrawn-by-peer", PEER, {"withdrawal": "x"}, "withdrawn"),
            ("tell-arrival", TWO, {"arrived": "2026-12-28", "result": "as-notified"}, "arrived"),
            ("amended-late", PEER, {"number": "9"}, "arrived"),
            ("peer-withdrew", PEER, {"content": ID}, "arrived"),
        ],
    ),
    "a portal's import": ("portal", [("reply-elsewhere", TWO, {"answer": "no-objection"}, "no-objection")]),
    "a request that is refused and asked again": (
        "request",
        [
            *SENT,
            ("answered", PEER, {"answer": "declined", "reason": "x"}, "refused"),
            ("ask-again", ANN, {"due": "2026-12-20T16:00:00Z"}, "draft"),
            *SENT,
            ("withdraw", TWO, WHY, "withdrawn"),
            ("answered-late", PEER, {"answer": "full", "text": "x"}, "withdrawn"),
            ("close", ANN, {"closing": "x"}, "closed"),
            ("note", ANN, {"text": "x"}, "closed"),
        ],
    ),
    "an answer after the case was closed": (
        "asked",
        [
            ("acknowledge", ANN, {}, "acknowledged"),
            ("answer", TWO, {"answer": "nothing-found"}, "answered"),
            ("close", ANN, {"closing": "x"}, "closed"),
            ("reopen", ANN, {}, "acknowledged"),
            ("answer", TWO, {"answer": "partial", "text": "x"}, "partly-answered"),
            (
                "amended",
                PEER,
                {"question": "Who else?", "purpose": "x", "due": "2026-12-01T00:00:00Z", "content": ID},
                "received",
            ),
        ],
    ),
    "an incident that cannot be traced": (
        "incident",
        [
            ("trace", ANN, {}, "tracing"),
            ("link", ANN, {"kind": "supplier", "reference": "x", "confidence": "likely", "source": "x"}, "tracing"),
            ("unlink", ANN, {"link": 3, "reason": "x"}, "tracing"),
            ("conclude", TWO, {"found": "not-traced", "reason": "x"}, "not-traced"),
            ("close", TWO, {"outcome": "not-established", "reason": "x"}, "closed"),
            ("reopen", ANN, WHY, "open"),
            ("share", TWO, {"to": "cn-nncc"}, "open"),
            ("shared", NODE, {"to": "cn-nncc", "content": ID}, "open"),
            ("withdraw", TWO, WHY, "withdrawn"),
            ("reopen", ANN, WHY, "open"),
        ],
    ),
    "tasks, and a merger that was wrong": (
        "case",
        [
            ("add", ANN, TASK, "open"),
            ("task-done", ANN, {"item": 2, "text": "Done."}, "open"),
            ("share", TWO, {"to": "cn-nncc", "event": "task", "items": [2]}, "joint"),
            ("told", PEER, {"event": "task", "content": ID}, "joint"),
            ("share", TWO, {"to": "cn-nncc", "event": "task-done", "items": []}, "joint"),
            ("merge", ANN, {"into": "c-2", "reason": "x"}, "merged"),
            ("unmerge", ANN, WHY, "open"),
            ("set-aside", ANN, WHY, "set-aside"),
            ("reopen", ANN, WHY, "open"),
            ("close", TWO, {"outcome": "confirmed", "reason": "x"}, "closed"),
            ("reopen", ANN, WHY, "open"),
        ],
    ),
    "a lead that is set aside and taken after all": (
        "lead",
        [("set-aside", ANN, WHY, "set-aside"), ("take", ANN, {"purpose": "x"}, "joint")],
    ),
    "a statement that is settled, restated and taken back": (
        "statement",
        [
            ("state", TWO, {}, "stated"),
            ("sent", NODE, {"content": ID}, "stated"),
            ("settle", ANN, WHY, "settled"),
            ("restate", TWO, {"claim": "y"}, "stated"),
            ("sent", NODE, {"content": ID}, "stated"),
            ("withdraw", TWO, WHY, "withdrawn"),
            ("countered-late", PEER, {"position": "disagrees", "text": "x"}, "withdrawn"),
            ("revise", ANN, {"claim": "z"}, "draft"),
        ],
    ),
    "a commitment that is declined and rewritten": (
        "commitment",
        [
            ("propose", TWO, {}, "proposed"),
            ("sent", NODE, {"content": ID}, "proposed"),
            ("countered", PEER, {"position": "disagrees", "text": "x", "standing": "declined"}, "declined"),
            ("revise", ANN, {"text": "y"}, "draft"),
            ("propose", TWO, {}, "proposed"),
            ("sent", NODE, {"content": ID}, "proposed"),
            ("countered", PEER, {"position": "agrees", "text": "x", "standing": "accepted"}, "accepted"),
            ("report", TWO, {"text": "x", "status": "not-kept"}, "reported"),
            ("withdraw", TWO, WHY, "withdrawn"),
        ],
    ),
    "an owner who does not want to talk": (
        "query",
        [
            ("tell-supervisor", ANN, {"supervisor": "Bob"}, "supervisor-told"),
            ("answer", TWO, {"answer": "overlap"}, "overlap"),
            ("contact-asked", PEER, {"reason": "x", "content": ID}, "contact-asked"),
            ("decline-contact", TWO, WHY, "declined"),
            ("look-again", ANN, {}, "received"),
            ("close", ANN, WHY, "closed"),
            ("look-again", ANN, {}, "received"),
        ],
    ),
    "a meeting that is called off and planned anew": (
        "meeting",
        [
            ("convene", TWO, {}, "convened"),
            ("call-off", TWO, WHY, "cancelled"),
            ("reopen", ANN, {}, "planned"),
            ("cancel", ANN, WHY, "cancelled"),
        ],
    ),
    "a meeting whose host calls it off": (
        "invited",
        [
            ("cancelled-by-peer", PEER, WHY, "cancelled"),
            ("expect-again", ANN, {}, "convened"),
            ("signed-other-minutes", PEER, {"sha256": ID, "authority": "cn-nncc"}, "convened"),
        ],
    ),
}


@pytest.mark.parametrize(("start", "steps"), WALKS.values(), ids=WALKS)
def test_walk(start, steps):
    state, events = walked(start, steps)
    assert replay(events) == state


def walked(start: str, steps: list[Step]) -> tuple[State, list[Event]]:
    machine, command, by, data = STARTS[start]
    state, happened = begin(machine, "object", Command(command, data), by, NOW)
    events = list(happened)
    for name, actor, fields, expected in steps:
        state, happened = transition(state, Command(name, fields), actor, NOW)
        events += happened
        assert state.at == expected, name
    return state, events


def test_a_renewed_notification_owes_nothing_to_the_last_one():
    state, _ = walked(*WALKS["a portal's notification that is taken back there"])
    for stale in ("answer", "questions", "reply-source", "elsewhere", "sent-on", "withdrawal", "replied-at"):
        assert stale not in state.fields


def test_a_reminder_comes_once_a_day_and_lateness_is_told_once():
    state, _ = walked("notification", SENT)
    state, _ = transition(state, Command("remind"), NODE, NOW + DAY)
    with pytest.raises(GuardError, match="within a day"):
        transition(state, Command("remind"), NODE, NOW + DAY + timedelta(hours=23))
    with pytest.raises(GuardError, match="not passed"):
        transition(state, Command("overdue"), NODE, NOW + 2 * DAY)
    state, _ = transition(state, Command("overdue"), NODE, NOW + 20 * DAY)
    with pytest.raises(GuardError, match="already"):
        transition(state, Command("overdue"), NODE, NOW + 21 * DAY)


def test_a_notification_expires_when_its_day_is_over_everywhere():
    state, _ = walked("notification", SENT)
    day = NOW.replace(month=12, day=21, hour=11)
    with pytest.raises(GuardError):
        transition(state, Command("expire"), ANN, day)
    assert transition(state, Command("expire"), ANN, day + timedelta(hours=2))[0].at == "expired"
