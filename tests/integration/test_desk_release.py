"""Two people: different ones, with their own signatures, in the service and in the database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import IntegrityError, transaction

from casework_data import NOTIFICATION
from desk_people import SAID, Desk, desks, newcomer, notify, talk
from entente.casework.errors import CaseworkError, FourEyesError, GuardError, NotNowError
from entente.casework.views import items
from entente.exchange.errors import ExchangeError, HandlingRefusedError, SignatureError
from entente.exchange.store import Way
from entente.node.errors import PairingError
from entente.node.services.desk import acting, merging, metering, releasing, signing
from entente.node.services.desk.errors import DeskError, NotAllowedError, NotFoundError, OvertakenError, TwoPeopleError
from entente.node.services.desk.rules import Role
from entente.node.store.desk_models import CaseEvent, Proposal
from node_people import CN, MX, US


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path, MX)
    return one


def draft(mx: Desk) -> str:
    return mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": CN})


def prepared(mx: Desk, name: str, by: str = "Ann"):
    return releasing.prepare(mx.parts, mx.who(by), name, "release", said=SAID)


def test_one_person_alone_releases_nothing(mx):
    name = draft(mx)
    with pytest.raises(FourEyesError):
        mx.act(name, "release")
    act = prepared(mx, name)
    mx.sign(act.id, ("Bob",))
    with pytest.raises(TwoPeopleError, match="signed it already"):
        mx.sign(act.id, ("Bob",))
    assert mx.state(name).at == "draft"
    assert mx.office.node.messages(CN, Way.SENT) == []


def test_nobody_signs_for_somebody_else(mx):
    act = prepared(mx, draft(mx))
    with pytest.raises(SignatureError):
        releasing.sign(mx.parts, mx.who("Ann"), act.id, mx.keys["Bob"])
    good = signing.sign(act.documents[0], mx.keys["Ann"])
    with pytest.raises(ExchangeError):
        releasing.sign(mx.parts, mx.who("Ann"), act.id, [replace(good, value=bytes(64))])
    with pytest.raises(TwoPeopleError, match="Not every"):
        releasing.sign(mx.parts, mx.who("Ann"), act.id, [])


def test_the_message_is_fixed_before_anybody_signs_it(mx):
    name = draft(mx)
    act = prepared(mx, name)
    done = mx.sign(act.id)
    (row,) = mx.office.node.messages(CN, Way.SENT)
    assert row.content == act.documents[0].id == done.documents[0].id == mx.state(name).fields["content"]
    event = CaseEvent.objects.using(mx.alias).get(object_id=name, command="release")
    assert (event.sent, event.first.name, event.second.name) == (row.content, "Ann", "Bob")


def test_what_was_changed_since_is_not_released(mx):
    name = draft(mx)
    act = prepared(mx, name)
    mx.sign(act.id, ("Ann",))
    mx.act(name, "revise", {"number": "MX-2"})
    with pytest.raises(OvertakenError):
        mx.sign(act.id, ("Bob",))
    assert mx.state(name).at == "draft"
    releasing.decline(mx.parts, mx.who("Bob"), act.id)
    with pytest.raises(DeskError, match="settled"):
        mx.sign(act.id, ("Bob",))


def test_a_release_needs_a_releasing_officer(mx):
    newcomer(mx, "Eva", Role.OFFICER)
    name = mx.begin("incident", "record", {"kind": "theft", "date": "2026-11-01", "summary": "?"})
    mx.act(name, "trace")
    act = releasing.prepare(mx.parts, mx.who("Ann"), name, "conclude", {"found": "not-traced", "reason": "No papers."})
    mx.sign(act.id, ("Ann",))
    with pytest.raises(TwoPeopleError, match="releasing-officer"):
        mx.sign(act.id, ("Eva",))
    mx.sign(act.id, ("Bob",))
    event = CaseEvent.objects.using(mx.alias).get(object_id=name, command="conclude")
    assert event.sent == ""
    assert event.signed is not None


def test_personal_data_need_an_assessment(mx):
    with pytest.raises(HandlingRefusedError, match=r"(?i)assess"):
        releasing.prepare(mx.parts, mx.who("Ann"), draft(mx), "release")


def test_who_has_no_channel_gets_nothing(mx):
    name = mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": "ca-rcmp"})
    with pytest.raises(PairingError):
        prepared(mx, name)


def test_a_rule_of_the_machine_still_holds_at_the_second_signature(tmp_path):
    (mx,), clock = desks(tmp_path, MX)
    name = draft(mx)
    act = prepared(mx, name)
    mx.sign(act.id, ("Ann",))
    clock.add(days=30)
    with pytest.raises(GuardError):
        mx.sign(act.id, ("Bob",))
    assert mx.state(name).at == "draft"


def test_pending_acts_are_shown_to_those_who_may_see_them(mx):
    act = prepared(mx, draft(mx))
    assert [one.id for one in releasing.pending(mx.parts, mx.who("Bob"))] == [act.id]
    assert releasing.pending(mx.parts, mx.who("Ida")) == []
    with pytest.raises(NotFoundError):
        releasing.show(mx.parts, mx.who("Ida"), act.id)
    mx.sign(act.id)
    assert releasing.pending(mx.parts, mx.who("Bob")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"first": None},
        {"second": None},
        {"second": "first"},
        {"hand": "person"},
        {"hand": "node", "first": None, "second": None},
    ],
)
def test_the_database_refuses_a_release_by_fewer_than_two(mx, change):
    name = notify(mx, CN)
    rows = CaseEvent.objects.using(mx.alias).filter(object_id=name, command="release")
    values = {key: rows.get().first if value == "first" else value for key, value in change.items()}
    with pytest.raises(IntegrityError), transaction.atomic(using=mx.alias):
        rows.update(**values)


def test_the_database_refuses_an_act_that_one_person_signed_twice(mx):
    act = prepared(mx, draft(mx))
    mx.sign(act.id, ("Ann",))
    rows = Proposal.objects.using(mx.alias).filter(pk=act.id)
    for change in ({"second": rows.get().first}, {"outcome": "done"}):
        with pytest.raises(IntegrityError), transaction.atomic(using=mx.alias):
            rows.update(**change)


def test_one_event_goes_to_several_authorities_in_one_commit(tmp_path):
    (mx, cn, us), _ = desks(tmp_path, MX, CN, US)
    plan = {"title": "Group", "date": "2026-12-01", "members": [MX, CN, US], "agenda": ["Precursors"]}
    name = mx.begin("meeting", "plan", plan)
    mx.two(name, "convene")
    for other in (cn, us):
        talk(mx, other)
        (there,) = other.objects(machine="meeting")
        assert other.state(there).at == "convened"


def test_a_recall_takes_back_what_was_told(tmp_path):
    (mx, cn), _ = desks(tmp_path, MX, CN)
    name = notify(mx, CN)
    talk(mx, cn)
    mx.two(name, "withdraw", {"withdrawal": "The order was cancelled."})
    talk(mx, cn)
    (there,) = cn.objects()
    assert cn.state(there).at == "withdrawn"
    with pytest.raises(NotNowError):
        acting.act(cn.parts, cn.who("Ann"), there, "acknowledge")


def test_an_administrator_does_not_work_on_cases(mx):
    name = draft(mx)
    for use in (acting.act, releasing.prepare):
        with pytest.raises(NotAllowedError):
            use(mx.parts, mx.who("Ida"), name, "discard", {"reason": "?"})


def test_cases_are_merged_and_split_in_one_commit_each(mx):
    one, two = (mx.begin("case", "open", {"title": title, "purpose": "y"}) for title in ("one", "two"))
    for text in ("first", "second"):
        mx.act(one, "add", {"kind": "note", "text": text})
    after = merging.merge(mx.parts, mx.who("Ann"), one, two, "The same firms.")
    assert [item["text"] for item in after.fields["items"]] == ["first", "second"]
    assert mx.state(one).at == "merged"
    numbers = [after.fields["items"][0]["entry"]]
    new = merging.split(mx.parts, mx.who("Ann"), two, numbers, "three")
    assert [item["text"] for item in new.fields["items"]] == ["first"]
    assert [item["text"] for item in items(mx.state(two))] == ["second"]
    with pytest.raises(CaseworkError):
        merging.merge(mx.parts, mx.who("Ann"), two, two, "Itself.")
    with pytest.raises(NotFoundError):
        merging.split(mx.parts, mx.who("Ann"), draft(mx), [1], "x")


def test_the_node_counts_the_queries_of_deconfliction_itself(mx, monkeypatch):
    monkeypatch.setattr(metering, "MOST", 1)
    query = {"area": ["N19.0W104.5"], "window-start": "2026-12-01", "window-end": "2026-12-05"}
    query |= {"counterpart": CN, "predicate": {"kind": "case", "reference": "x"}}
    one, two = (mx.begin("deconfliction", "draft", query) for _ in range(2))
    mx.two(one, "ask", {"used": 0, "most": 99})
    assert (mx.state(one).fields["used"], mx.state(one).fields["most"]) == (0, 1)
    with pytest.raises(GuardError, match="used up"):
        mx.two(two, "ask", {"used": 0, "most": 99})
