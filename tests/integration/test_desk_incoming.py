"""What comes from a peer, what becomes of what was sent, and what the clock brings."""

from __future__ import annotations

import pytest

from casework_data import NOTIFICATION
from desk_people import Desk, desks, notify, talk
from entente.casework.deadlines import Reply
from entente.exchange.content import Predicate
from entente.exchange.errors import MessageError
from entente.exchange.store import Way
from entente.node.services.checking import PeerChecker
from entente.node.services.desk import queueing, viewing, waking
from entente.node.services.desk.errors import NotFoundError
from entente.node.store.desk_models import CaseEvent, Dispatch, Waiting
from node_people import CN, MX

ARRIVAL = {"reference": "nowhere", "arrived": "2026-12-24", "result": "as-notified"}
FISHING = {
    "question": "Does anything overlap?",
    "purpose": "deconfliction",
    "due": "2026-12-01T00:00:00Z",
    "area": ["N19.0W104.5"],
    "window-start": "2026-12-01",
    "window-end": "2027-12-01",
}


@pytest.fixture
def both(tmp_path):
    made, clock = desks(tmp_path, MX, CN)
    return (*made, clock)


def waiting(one: Desk) -> list[str]:
    return [found.reason for found in queueing.waiting(one.parts, one.who("Bob"))]


def test_a_message_that_fits_no_object_waits_for_a_person(both):
    mx, cn, _ = both
    cn.office.send(MX, kind="shipment-arrival", body=ARRIVAL)
    talk(mx, cn)
    (found,) = queueing.waiting(mx.parts, mx.who("Ann"))
    assert (found.sender, found.type) == (CN, "shipment-arrival")
    queueing.settle(mx.parts, mx.who("Ann"), found.number, "Asked by telephone.")
    assert waiting(mx) == []
    with pytest.raises(NotFoundError):
        queueing.settle(mx.parts, mx.who("Ann"), found.number, "Again.")
    assert Waiting.objects.using(mx.alias).get().by.name == "Ann"


def test_what_a_rule_refuses_waits_and_changes_nothing(both):
    mx, cn, _ = both
    cn.office.send(MX, kind="request", body=FISHING, predicate=Predicate("case", "x"))
    cn.office.send(MX)
    talk(mx, cn)
    assert mx.objects(machine="deconfliction") == []
    assert [reason.partition(":")[0] for reason in waiting(mx)] == ["receive"]
    assert len(mx.objects(machine="case")) == 1


def test_an_object_of_a_peer_is_moved_by_that_peer_only(tmp_path):
    (mx, cn, us), _ = desks(tmp_path, MX, CN, "us-dea")
    name = notify(mx, CN)
    talk(mx, cn)
    reply = {"notification": mx.state(name).fields["content"], "answer": "no-objection"}
    us.office.send(MX, kind="pre-export-reply", body=reply)
    talk(mx, us)
    assert mx.state(name).at == "received"
    assert len(waiting(mx)) == 1


def test_the_same_parcel_twice_changes_nothing(both):
    mx, cn, _ = both
    notify(mx, CN)
    mx.office.node.contact(CN)
    parcel = mx.office.node.give(CN)
    for _ in range(2):
        cn.office.node.take(MX, parcel)
    (there,) = cn.objects()
    assert CaseEvent.objects.using(cn.alias).filter(object_id=there).count() == 1


def test_what_a_peer_refused_is_a_draft_again(both, monkeypatch):
    mx, cn, _ = both
    name = notify(mx, CN)

    def refuse(*_: object) -> None:
        raise MessageError("Another version of the type.")

    monkeypatch.setattr(PeerChecker, "check", refuse)
    talk(mx, cn)
    row = Dispatch.objects.using(mx.alias).get()
    assert (row.settled, row.code) == ("refused", "message")
    assert mx.state(name).at == "draft"
    assert ["refused what was sent" in reason for reason in waiting(mx)] == [True]
    assert cn.objects() == []


def test_a_joint_case_shows_what_was_shared(both):
    mx, cn, _ = both
    case = mx.begin("case", "open", {"title": "x", "purpose": "investigation"})
    mx.act(case, "add", {"kind": "note", "text": "ours alone"})
    mx.act(case, "add", {"kind": "note", "text": "for both"})
    item = mx.state(case).fields["items"][1]["entry"]
    mx.two(case, "share", {"to": CN, "event": "opened", "items": [item]})
    talk(mx, cn)
    (there,) = cn.objects(machine="case")
    cn.act(there, "take", {"purpose": "investigation"})
    assert "ours alone" not in repr(cn.state(there))
    cn.two(there, "share", {"to": MX, "event": "joined", "items": []})
    talk(mx, cn)
    assert mx.state(case).fields["told"][0]["event"] == "joined"
    assert [entry["to"] for entry in mx.state(case).fields["sent-shares"]] == [CN]


def test_silence_is_brought_by_the_clock_and_is_no_consent(both):
    mx, cn, clock = both
    name = notify(mx, CN)
    talk(mx, cn)
    (there,) = cn.objects()
    assert waking.wake(mx.parts) == 0
    clock.add(days=14)  # the reply is due on 10 December, and it is the 8th
    assert (waking.wake(mx.parts), waking.wake(cn.parts)) == (1, 1)
    assert waking.wake(mx.parts) == 0
    clock.add(days=3)
    assert waking.wake(mx.parts) == 1
    view = viewing.opened(mx.parts, mx.who("Ann"), name, "notification")
    assert view.reply is Reply.SILENCE
    assert [event.command for event in view.events[-2:]] == ["remind", "overdue"]
    assert "reply" in viewing.opened(cn.parts, cn.who("Ann"), there, "notification").commands
    clock.add(days=20)
    assert waking.wake(mx.parts) == 1
    assert mx.state(name).at == "expired"
    clock.add(days=99)
    assert waking.wake(mx.parts) == 0


def test_while_cooperation_is_suspended_the_time_stands_still(both):
    mx, cn, clock = both
    name = notify(mx, CN)
    talk(mx, cn)
    (there,) = cn.objects()
    cn.office.send(MX, kind="suspension", body={"from": "2026-11-24T09:00:00Z", "reason": "Talks."})
    assert len(cn.state(there).fields["freezes"]) == 1
    talk(mx, cn)
    assert len(mx.state(name).fields["freezes"]) == 1
    clock.add(days=60)
    assert waking.wake(mx.parts) == waking.wake(cn.parts) == 0
    content = cn.office.node.messages(MX, Way.SENT)[-1].content
    cn.office.send(MX, kind="resumption", body={"suspension": content, "from": "2027-01-23T09:00:00Z"})
    talk(mx, cn)
    assert len(mx.state(name).fields["thaws"]) == len(cn.state(there).fields["thaws"]) == 1
    assert viewing.opened(mx.parts, mx.who("Ann"), name, "notification").reply is Reply.WAITING
    clock.add(days=17)
    assert waking.wake(mx.parts) == 1
    assert viewing.opened(mx.parts, mx.who("Ann"), name, "notification").reply is Reply.SILENCE


def test_a_suspension_that_is_still_to_come_begins_on_its_day(both):
    mx, cn, clock = both
    name = notify(mx, CN)
    talk(mx, cn)
    cn.office.send(MX, kind="suspension", body={"from": "2026-12-01T00:00:00Z"})
    talk(mx, cn)
    assert "freezes" not in mx.state(name).fields
    clock.add(days=10)
    waking.wake(mx.parts)
    assert [one["from"] for one in mx.state(name).fields["freezes"]] == ["2026-12-01T00:00:00Z"]


def test_an_undertaking_that_falls_due_is_said_to_be(both):
    mx, cn, clock = both
    name = mx.begin("commitment", "draft", {"counterpart": CN, "text": "x", "due": "2026-12-01"})
    mx.two(name, "propose")
    talk(mx, cn)
    (there,) = cn.objects(machine="commitment")
    cn.two(there, "accept", {"text": "Agreed."})
    talk(mx, cn)
    clock.add(days=10)
    assert waking.wake(mx.parts) == 1
    assert mx.state(name).at == "due"
    assert waking.wake(mx.parts) == 0


def test_a_notification_without_a_peer_here_is_kept_too(both):
    mx, _, _ = both
    name = mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": "ca-rcmp"})
    done = mx.two(name, "sent-elsewhere", {"elsewhere": "the portal", "sent-on": "2026-11-20"})
    assert (done.outcome, done.sends) == ("done", False)
    assert mx.state(name).at == "received"
