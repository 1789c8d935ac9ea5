"""Two authorities: what one desk decides reaches the other as a message that its type accepts, and moves its object."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

import pytest

from casework_data import NOTIFICATION, NOW, MemoryDesk
from entente.casework.deadlines import Reply, reply
from entente.casework.engine import begin, replay, transition
from entente.casework.errors import GuardError, NotNowError
from entente.casework.incoming import ACTS, ROUTES, Elsewhere, Routed, from_message
from entente.casework.model import Actor, Command, State, node, pair, person
from entente.casework.outgoing import to_message
from entente.casework.tables import machines
from entente.casework.views import side_by_side, undertaken
from entente.exchange.content import Content, Header, draft
from entente.exchange.handling import Condition, Marking, Tlp
from entente.exchange.messages import load_registry

TWO = pair("Ann", "Bob")


class Authority(MemoryDesk):
    """A desk that also sends and takes messages, without cryptography between them."""

    now = NOW

    def new(self, machine: str, name: str, command: str, fields: dict[str, Any]) -> State:
        self.keep(*begin(machine, name, Command(command, fields), person("Ann"), self.now))
        return self.states[name]

    def do(self, name: str, command: str, by: Actor = TWO, **fields: Any) -> Content | None:
        """Carry out a command; what it sends is returned, and the node notes that it went."""
        before = self.states[name]
        fields = {key.replace("_", "-"): value for key, value in fields.items()}
        state, events = transition(before, Command(command, fields), by, self.now)
        message = to_message(before, events[0], state, self.name) if events[0].sends else None
        self.keep(state, events)
        return self.send(message, name) if message else None

    def send(self, message: Any, name: str) -> Content:
        version = max(number for kind, number in load_registry().types if kind == message.type)
        head = Header(
            message.type,
            version,
            self.name,
            message.recipients,
            self.now,
            message.least,
            predicate=message.predicate,
            supersedes=message.supersedes,
            withdraws=message.withdraws,
        )
        content = draft(head, message.body, os.urandom)
        load_registry().check(content)
        made = machines()[self.states[name].machine]
        for command in ("sent", "shared"):
            spec = made.commands.get(command)
            if message.type == "recall":
                continue  # it takes back what was sent, and is itself no share
            if spec and self.states[name].at in spec.sources and self.states[name].side in spec.sides:
                data = {"content": content.id, "to": message.recipients[0]}
                known = {key: value for key, value in data.items() if key in spec.schema["properties"]}
                self.keep(*transition(self.states[name], Command(command, known), node(content.id), self.now))
        self.messages.setdefault(content.id, name)
        return content

    def take(self, content: Content | None) -> list[Routed | Elsewhere]:
        assert content is not None
        assert self.name in content.header.recipients
        found = from_message(content, self)
        for routed in found:
            if isinstance(routed, Elsewhere):
                continue
            if routed.object is None:
                name = f"{routed.machine}-{len(self.states) + 1}"
                self.keep(*begin(routed.machine, name, routed.command, routed.by, self.now))
            else:
                self.keep(*transition(self.states[routed.object], routed.command, routed.by, self.now))
        return list(found)

    def only(self, machine: str) -> State:
        (state,) = [state for state in self.states.values() if state.machine == machine]
        return state


@pytest.fixture
def sides() -> tuple[Authority, Authority]:
    return Authority("mx-pgr"), Authority("cn-nncc")


def notified(mx: Authority, cn: Authority) -> tuple[str, str]:
    mx.new("notification", "n-1", "draft", NOTIFICATION)
    cn.take(mx.do("n-1", "release"))
    mx.do("n-1", "received", node())
    return "n-1", cn.only("notification").object


def at(who: Authority, name: str) -> str:
    assert replay(who.events[name]) == who.states[name]
    return who.states[name].at


def test_a_notification_from_draft_to_arrival(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    assert (at(mx, ours), at(cn, theirs)) == ("received", "received")
    assert cn.states[theirs].counterpart == "mx-pgr"
    cn.do(theirs, "acknowledge", person("Li"))
    mx.take(cn.do(theirs, "reply", pair("Li", "Wang"), answer="no-objection"))
    assert (at(mx, ours), reply(mx.states[ours], mx.now)) == ("no-objection", Reply.NO_OBJECTION)
    mx.do(ours, "export", person("Ann"), exported="2026-12-20")
    goods = [{**NOTIFICATION["goods"][0], "quantity": {"amount": "19500.5", "unit": "kg"}}]
    mx.take(cn.do(theirs, "tell-arrival", arrived="2027-01-15", result="different", goods=goods))
    assert at(mx, ours) == at(cn, theirs) == "arrived"
    assert mx.states[ours].fields["reconciliation"] == [
        {
            "substance": "Acetic anhydride",
            "unit": "kg",
            "notified": "20000",
            "arrived": "19500.5",
            "finding": "less",
        }
    ]


def test_silence_is_never_consent(sides):
    mx, cn = sides
    ours, _ = notified(mx, cn)
    with pytest.raises(GuardError, match="not passed"):
        mx.do(ours, "proceed-without-reply", legal_basis_without_reply="Law 7", proceeding="No reply.")
    mx.now += timedelta(days=60)
    assert reply(mx.states[ours], mx.now) is Reply.SILENCE
    with pytest.raises(NotNowError):
        mx.do(ours, "export", person("Ann"), exported="2027-01-20")
    mx.do(ours, "proceed-without-reply", legal_basis_without_reply="Law 7", proceeding="No reply in time.")
    assert (at(mx, ours), reply(mx.states[ours], mx.now)) == ("unanswered", Reply.SILENCE)


def test_a_late_objection_still_stops_what_has_not_left(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    mx.now += timedelta(days=60)
    mx.do(ours, "proceed-without-reply", legal_basis_without_reply="Law 7", proceeding="No reply in time.")
    mx.take(cn.do(theirs, "reply", answer="objection", reason="No such importer."))
    assert at(mx, ours) == "objection"
    with pytest.raises(NotNowError):
        mx.do(ours, "export", person("Ann"), exported="2027-01-20")


def test_a_reply_to_earlier_words_does_not_cover_the_amended_ones(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    crossed = cn.do(theirs, "reply", answer="no-objection")
    more = [{**NOTIFICATION["goods"][0], "quantity": {"amount": "90000", "unit": "kg"}}]
    amended = mx.do(ours, "amend", goods=more, due="2026-12-15T16:00:00Z")
    mx.take(crossed)
    assert at(mx, ours) == "sent"
    assert [entry["answer"] for entry in mx.states[ours].fields["late-replies"]] == ["no-objection"]
    assert reply(mx.states[ours], mx.now) is Reply.WAITING
    cn.take(amended)
    assert len(cn.states) == 1
    assert at(cn, theirs) == "received"
    assert cn.states[theirs].fields["goods"] == more
    assert "answer" not in cn.states[theirs].fields
    mx.take(cn.do(theirs, "reply", answer="query", questions=["Why so much more?"]))
    assert at(mx, ours) == "query"


def test_a_reason_of_an_earlier_reply_does_not_stay_with_a_later_one(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    mx.take(cn.do(theirs, "reply", answer="objection", reason="No such importer."))
    mx.take(cn.do(theirs, "reply", answer="no-objection"))
    assert "reason" not in mx.states[ours].fields
    assert "reason" not in cn.states[theirs].fields


def test_a_notification_that_is_taken_back(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    cn.take(mx.do(ours, "withdraw", withdrawal="The order was cancelled."))
    assert (at(mx, ours), at(cn, theirs)) == ("withdrawn", "withdrawn")


def test_a_reply_that_is_taken_back_stands_no_more(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    answer = cn.do(theirs, "reply", answer="no-objection")
    mx.take(answer)
    head = Header("recall", 1, "cn-nncc", ("mx-pgr",), NOW, Marking(Tlp.AMBER), withdraws=(answer.id,))
    recall = draft(head, {"action": "stop-use", "reason": "The licence was forged."}, os.urandom)
    mx.take(recall)
    assert (at(mx, ours), reply(mx.states[ours], mx.now)) == ("acknowledged", Reply.WAITING)
    with pytest.raises(NotNowError):
        mx.do(ours, "export", person("Ann"), exported="2026-12-20")


def test_taking_back_one_report_does_not_take_the_commitment_back(sides):
    mx, cn = sides
    mx.new("commitment", "k-1", "draft", COMMITMENT)
    cn.take(mx.do("k-1", "propose"))
    theirs = cn.only("commitment").object
    mx.take(cn.do(theirs, "accept", text="Agreed."))
    report = mx.do("k-1", "report", text="All were answered.", status="kept")
    cn.take(report)
    head = Header("recall", 1, "mx-pgr", ("cn-nncc",), NOW, Marking(Tlp.AMBER), withdraws=(report.id,))
    cn.take(draft(head, {"action": "stop-use", "reason": "Two were late."}, os.urandom))
    assert at(cn, theirs) == "reported"
    assert cn.states[theirs].fields["withdrawals"][0]["content"] == report.id


def test_a_third_authority_cannot_speak_of_it(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    us = Authority("us-dea", dict(cn.states), dict(cn.events), dict(cn.messages))
    false = us.do(theirs, "reply", answer="no-objection")
    assert isinstance(mx.take(false)[0], Elsewhere)
    assert at(mx, ours) == "received"


def test_trade_secrets_leave_under_article_12_11(sides):
    mx, _ = sides
    mx.new("notification", "n-1", "draft", NOTIFICATION)
    marking = mx.do("n-1", "release").header.marking
    assert marking.tlp >= Tlp.AMBER
    assert Condition.H2 in marking.conditions
    assert marking.purposes == {"precursor-control"}


def test_a_peer_does_not_say_whom_it_is(sides):
    mx, cn = sides
    mx.new("notification", "n-1", "draft", NOTIFICATION)
    content = mx.do("n-1", "release")
    content.body["counterpart"] = "us-dea"
    cn.take(content)
    assert cn.only("notification").counterpart == "mx-pgr"


def test_suspension_stops_the_clock(sides):
    mx, cn = sides
    ours, _ = notified(mx, cn)
    mx.do(ours, "freeze", node(), **{"from": "2026-12-01T00:00:00Z"})
    mx.now = NOW + timedelta(days=400)
    assert reply(mx.states[ours], mx.now) is Reply.FROZEN
    with pytest.raises(GuardError):
        mx.do(ours, "proceed-without-reply", legal_basis_without_reply="Law 7", proceeding="No reply.")
    mx.do(ours, "thaw", node(), until="2027-12-01T00:00:00Z")
    mx.now = NOW + timedelta(days=373)  # 2027-12-02; eight days were left
    assert reply(mx.states[ours], mx.now) is Reply.WAITING
    mx.now += timedelta(days=9)
    assert reply(mx.states[ours], mx.now) is Reply.SILENCE


REQUEST = {
    "counterpart": "cn-nncc",
    "question": "Who is the consignee?",
    "purpose": "diversion",
    "use": "intelligence-only",
    "due": "2026-12-10T16:00:00Z",
    "predicate": {"kind": "seizure", "reference": "S-7"},
}


def asked(mx: Authority, cn: Authority, **changes: Any) -> tuple[str, str]:
    mx.new("request", "r-1", "draft", {**REQUEST, **changes})
    cn.take(mx.do("r-1", "release"))
    mx.do("r-1", "received", node())
    return "r-1", cn.only("request").object


def test_a_request_answered_in_part_and_then_not_established(sides):
    mx, cn = sides
    ours, theirs = asked(mx, cn)
    assert cn.states[theirs].fields["use"] == "intelligence-only"
    mx.take(cn.do(theirs, "answer", answer="pending"))
    mx.take(cn.do(theirs, "answer", answer="partial", text="A broker in Shanghai."))
    assert (at(mx, ours), at(cn, theirs)) == ("partly-answered", "partly-answered")
    mx.take(cn.do(theirs, "answer", answer="not-established"))
    assert at(mx, ours) == "answered"
    assert [entry["answer"] for entry in mx.states[ours].fields["answers"]] == ["pending", "partial", "not-established"]


def test_intelligence_only_travels_as_a_condition(sides):
    mx, _ = sides
    mx.new("request", "r-1", "draft", REQUEST)
    assert Condition.INTELLIGENCE_ONLY in mx.do("r-1", "release").header.marking.conditions


def test_a_refusal_has_its_reason(sides):
    mx, cn = sides
    ours, theirs = asked(mx, cn)
    with pytest.raises(GuardError, match="reason"):
        cn.do(theirs, "answer", answer="declined")
    mx.take(cn.do(theirs, "answer", answer="declined", reason="Not without a treaty."))
    assert at(mx, ours) == "refused"


def test_evidence_needs_its_legal_basis(sides):
    mx, _ = sides
    mx.new("request", "r-1", "draft", {**REQUEST, "use": "evidence"})
    with pytest.raises(GuardError, match="legal basis"):
        mx.do("r-1", "release")


def test_a_controlled_delivery_is_agreed_case_by_case(sides):
    mx, cn = sides
    delivery = {
        "consignment": "MSKU 7",
        "window-start": "2026-12-12T00:00:00Z",
        "window-end": "2026-12-14T00:00:00Z",
        "contact": "Duty officer",
        "cost": "Each side its own.",
    }
    _, theirs = asked(mx, cn, **{"controlled-delivery": delivery, "legal-basis": "Article 11"})
    with pytest.raises(GuardError, match="case by case"):
        cn.do(theirs, "answer", answer="full", text="Agreed.")
    mx.take(cn.do(theirs, "answer", answer="full", text="Agreed.", delivery_basis="Decision 7 of the prosecutor"))


def test_onward_use_is_asked_and_answered(sides):
    mx, cn = sides
    ours, theirs = asked(mx, cn)
    answer = cn.do(theirs, "answer", answer="full", text="Example Trading.")
    mx.take(answer)
    cn.take(mx.do(ours, "ask-onward", item=answer.id, action="share", to="us-dea"))
    assert cn.only("request").fields["onward-asked"][0]["to"] == "us-dea"
    mx.take(cn.do(theirs, "consent-onward", item=answer.id, answer="declined", action="share", to="us-dea"))
    assert mx.states[ours].fields["onward"][0]["answer"] == "declined"


def test_an_authority_that_still_waits_is_not_closed_away(sides):
    mx, cn = sides
    _, theirs = asked(mx, cn)
    with pytest.raises(GuardError, match="still waits"):
        cn.do(theirs, "close", person("Li"), closing="Too much work.")


def test_an_incident_is_shared_traced_and_taken_back(sides):
    mx, cn = sides
    mx.new("incident", "i-1", "record", {"kind": "seizure", "date": "2026-11-20", "summary": "At the port."})
    cn.take(mx.do("i-1", "share", to="cn-nncc"))
    theirs = cn.only("incident").object
    cn.do(theirs, "trace", person("Li"))
    with pytest.raises(GuardError, match="not traced"):
        cn.do(theirs, "conclude", found="traced", reason="It looks like it.")
    cn.do(
        theirs, "link", person("Li"), kind="notification", reference="n-1", confidence="established", source="The seal."
    )
    cn.do(theirs, "conclude", found="traced", reason="The seal's number.")
    assert at(cn, theirs) == "traced"
    cn.take(mx.do("i-1", "withdraw", reason="Another consignment."))
    assert at(cn, theirs) == "withdrawn"


def test_a_joint_case_shows_each_side_only_what_was_released(sides):
    mx, cn = sides
    mx.new("case", "c-1", "open", {"title": "Manzanillo", "purpose": "diversion", "lead": "L-1"})
    mx.do("c-1", "add", person("Ann"), kind="shipment", reference="B/L 7", text="Two containers.")
    mx.do("c-1", "add", person("Ann"), kind="note", text="Source X says so.")
    shared = mx.do("c-1", "share", to="cn-nncc", event="opened", items=[2])
    assert "Source X" not in str(shared.body)
    cn.take(shared)
    theirs = cn.only("case").object
    cn.do(theirs, "take", person("Li"), purpose="diversion")
    back = cn.do(theirs, "share", to="mx-pgr", event="joined", items=[], text="We join.")
    assert back.body["case"] == "c-1"
    mx.take(back)
    assert at(mx, "c-1") == at(cn, theirs) == "joint"
    assert [entry["event"] for entry in mx.states["c-1"].fields["told"]] == ["joined"]


def test_split_and_merge_lose_no_item(sides):
    mx, _ = sides
    for name in ("c-1", "c-2"):
        mx.new("case", name, "open", {"title": name, "purpose": "diversion"})
    for text in ("one", "two", "three"):
        mx.do("c-1", "add", person("Ann"), kind="note", text=text)
    mx.do("c-1", "split", person("Ann"), items=[3], into="c-2")
    with pytest.raises(GuardError):
        mx.do("c-1", "split", person("Ann"), items=[3], into="c-2")
    with pytest.raises(GuardError):
        mx.do("c-1", "merge", person("Ann"), into="c-1", reason="The same.")


COMMITMENT = {"counterpart": "cn-nncc", "text": "Answer within five days.", "due": "2026-12-31"}


def test_claim_and_counter_claim_stand_side_by_side(sides):
    mx, cn = sides
    mx.new("commitment", "k-1", "draft", COMMITMENT)
    cn.take(mx.do("k-1", "propose"))
    theirs = cn.only("commitment").object
    mx.take(cn.do(theirs, "accept", text="Agreed."))
    assert at(mx, "k-1") == at(cn, theirs) == "accepted"
    cn.take(mx.do("k-1", "report", text="All were answered.", status="kept"))
    mx.take(cn.do(theirs, "dispute", text="Two were late."))
    assert at(mx, "k-1") == at(cn, theirs) == "disputed"
    for who, name in ((mx, "k-1"), (cn, theirs)):
        assert [entry["text"] for entry in side_by_side(who.states[name])] == [
            "Agreed.",
            "All were answered.",
            "Two were late.",
        ]


def test_a_commitment_falls_due_by_itself(sides):
    mx, cn = sides
    mx.new("commitment", "k-1", "draft", COMMITMENT)
    cn.take(mx.do("k-1", "propose"))
    mx.take(cn.do(cn.only("commitment").object, "accept", text="Agreed."))
    mx.now = NOW.replace(year=2027, month=1, day=1, hour=11)  # in UTC-12 it is still the last day
    with pytest.raises(GuardError):
        mx.do("k-1", "fell-due", node())
    mx.now += timedelta(hours=2)
    mx.do("k-1", "fell-due", node())
    assert at(mx, "k-1") == "due"


def test_a_statement_is_answered(sides):
    mx, cn = sides
    mx.new(
        "statement", "s-1", "draft", {"counterpart": "cn-nncc", "claim": "All were answered.", "basis": "Own count."}
    )
    cn.take(mx.do("s-1", "state"))
    mx.take(cn.do(cn.only("statement").object, "answer", position="not-established", text="We cannot say."))
    assert at(mx, "s-1") == "answered"
    cn.take(mx.do("s-1", "restate", claim="Nearly all were answered.", basis="Own count."))
    assert cn.only("statement").fields["claim"] == "Nearly all were answered."


QUERY = {
    "counterpart": "cn-nncc",
    "area": ["N19.0W104.5"],
    "window-start": "2026-12-01",
    "window-end": "2026-12-03",
    "predicate": {"kind": "case", "reference": "c-1"},
}


def test_deconfliction_tells_the_supervisor_first_and_asks_the_owner(sides):
    mx, cn = sides
    mx.new("deconfliction", "d-1", "draft", QUERY)
    with pytest.raises(GuardError, match="used up"):
        mx.do("d-1", "ask", used=5, most=5)
    cn.take(mx.do("d-1", "ask", used=4, most=5))
    theirs = cn.only("deconfliction").object
    with pytest.raises(NotNowError):
        cn.do(theirs, "answer", pair("Li", "Wang"), answer="overlap")
    cn.do(theirs, "tell-supervisor", person("Li"), supervisor="Wang")
    with pytest.raises(GuardError, match="supervisor"):
        cn.do(theirs, "answer", pair("Li", "Zhao"), answer="overlap")
    mx.take(cn.do(theirs, "answer", pair("Li", "Wang"), answer="overlap"))
    assert "contact" not in mx.states["d-1"].fields
    cn.take(mx.do("d-1", "ask-contact", reason="To keep apart."))
    with pytest.raises(GuardError, match="owner"):
        cn.do(theirs, "give-contact", pair("Wang", "Zhao"), owner="Li", contact="Line 7")
    mx.take(cn.do(theirs, "give-contact", pair("Wang", "Li"), owner="Li", contact="Line 7"))
    assert (at(mx, "d-1"), mx.states["d-1"].fields["contact"]) == ("contact-given", "Line 7")


@pytest.mark.parametrize("change", [{"window-end": "2027-12-01"}, {"window-end": "2026-11-01"}])
def test_a_query_is_no_net(sides, change):
    with pytest.raises(GuardError, match="window"):
        sides[0].new("deconfliction", "d-1", "draft", {**QUERY, **change})


def test_minutes_are_closed_when_every_side_has_signed_the_same_words(sides):
    mx, cn = sides
    plan = {"title": "Third session", "date": "2026-12-01", "members": ["cn-nncc", "mx-pgr"], "agenda": ["Silence"]}
    mx.new("meeting", "m-1", "plan", plan)
    cn.take(mx.do("m-1", "convene"))
    theirs = cn.only("meeting").object
    for who, name in ((mx, "m-1"), (cn, theirs)):
        who.do(name, "hold", person("Ann"), attendance=[{"name": "Li", "authority": "cn-nncc"}])
    mx.do("m-1", "minute", person("Ann"), minutes="Agreed: five days.")
    cn.take(mx.do("m-1", "circulate"))
    digest = cn.states[theirs].fields["minutes-sha256"]
    assert digest == mx.states["m-1"].fields["minutes-sha256"]
    cn.take(mx.do("m-1", "sign", sha256=digest, authority="mx-pgr"))
    with pytest.raises(GuardError, match="cn-nncc"):
        mx.do("m-1", "close", person("Ann"))
    mx.take(cn.do(theirs, "sign", sha256=digest, authority="cn-nncc"))
    for who, name in ((mx, "m-1"), (cn, theirs)):
        who.do(name, "close", person("Ann"))
        assert at(who, name) == "closed"


def test_changed_minutes_need_new_signatures(sides):
    mx, _ = sides
    plan = {"title": "Third session", "date": "2026-12-01", "members": ["cn-nncc", "mx-pgr"], "agenda": ["Silence"]}
    mx.new("meeting", "m-1", "plan", plan)
    mx.do("m-1", "convene")
    mx.do("m-1", "hold", person("Ann"), attendance=[{"name": "Ann", "authority": "mx-pgr"}])
    mx.do("m-1", "minute", person("Ann"), minutes="Agreed: five days.")
    mx.do("m-1", "sign", sha256=mx.states["m-1"].fields["minutes-sha256"], authority="mx-pgr")
    mx.do("m-1", "minute", person("Ann"), minutes="Agreed: six days.")
    with pytest.raises(GuardError, match="Not signed by cn-nncc, mx-pgr"):
        mx.do("m-1", "close", person("Ann"))


def test_an_undertaking_becomes_a_commitment(sides):
    mx, cn = sides
    plan = {"title": "Third session", "date": "2026-12-01", "members": ["cn-nncc", "mx-pgr"], "agenda": ["Silence"]}
    mx.new("meeting", "m-1", "plan", plan)
    mx.do("m-1", "convene")
    mx.do("m-1", "hold", person("Ann"), attendance=[{"name": "Ann", "authority": "mx-pgr"}])
    for authority in ("mx-pgr", "cn-nncc"):
        mx.do("m-1", "undertake", person("Ann"), authority=authority, text="Answer in five days.", due="2027-01-31")
    (command,) = undertaken(mx.states["m-1"], "mx-pgr")
    mx.new("commitment", "k-1", command.name, dict(command.data))
    cn.take(mx.do("k-1", "propose"))
    assert cn.only("commitment").fields["text"] == "Answer in five days."


def test_every_message_type_has_a_route():
    assert set(ROUTES) == {name for name, _ in load_registry().types}


def test_an_act_between_nodes_is_no_matter_of_casework(sides):
    head = Header("suspension", 1, "us-dea", ("mx-pgr",), NOW, Marking(Tlp.AMBER))
    assert from_message(draft(head, {"from": "2026-12-01T00:00:00Z"}, os.urandom), sides[0]) == (Elsewhere(ACTS),)


def test_an_arrival_that_is_told_early_is_kept_and_moves_nothing(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    mx.take(cn.do(theirs, "tell-arrival", arrived="2027-01-15", result="as-notified"))
    assert at(mx, ours) == "received"
    assert mx.states[ours].fields["reconciliation"][0]["finding"] == "as-notified"


def test_an_arrival_recorded_in_error_goes_back_to_where_it_stood(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    mx.take(cn.do(theirs, "reply", answer="no-objection"))
    mx.take(cn.do(theirs, "tell-arrival", arrived="2027-01-15", result="as-notified"))
    with pytest.raises(GuardError, match="never stood"):
        mx.do(ours, "undo-arrival", correction="Another shipment.", stands_at="exported")
    mx.do(ours, "undo-arrival", correction="Another shipment.", stands_at="no-objection")
    assert at(mx, ours) == "no-objection"
    assert "reconciliation" not in mx.states[ours].fields


def test_one_person_is_enough_to_stop_a_release(sides):
    mx, _ = sides
    mx.new("notification", "n-1", "draft", NOTIFICATION)
    mx.keep(*transition(mx.states["n-1"], Command("release"), TWO, mx.now))
    mx.do("n-1", "hold-back", person("Bob"), reason="The wrong importer.")
    assert at(mx, "n-1") == "draft"


def test_what_nobody_was_told_is_dropped_without_a_message(sides):
    mx, _ = sides
    mx.new("incident", "i-1", "record", {"kind": "theft", "date": "2026-11-20", "summary": "A drum."})
    with pytest.raises(GuardError) as caught:
        mx.do("i-1", "withdraw", reason="A mistake.")
    assert "discard" in caught.value.remedy
    mx.do("i-1", "discard", person("Ann"), reason="A mistake.")
    assert at(mx, "i-1") == "withdrawn"


def test_a_change_or_withdrawal_after_arrival_is_kept_beside_it(sides):
    mx, cn = sides
    ours, theirs = notified(mx, cn)
    cn.do(theirs, "tell-arrival", arrived="2026-12-22", result="as-notified")
    cn.take(mx.do(ours, "amend", due="2026-12-15T16:00:00Z"))
    cn.take(mx.do(ours, "withdraw", withdrawal="The order was cancelled."))
    state = cn.states[theirs]
    assert at(cn, theirs) == "arrived"
    assert len(state.fields["late-amendments"]) == len(state.fields["withdrawals"]) == 1


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("pre-export-notification", {**{k: v for k, v in NOTIFICATION.items() if k != "basis"}, "basis": "because"}),
        ("pre-export-notification", {**NOTIFICATION, "due": "2026-02-30T00:00:00Z"}),
        ("request", {"question": "Who?", "purpose": "x", "due": "9999-12-31T23:59:59Z"}),
        ("request", {"question": "Who?", "purpose": "x", "due": "2026-12-01T00:00:00Z", "use": 7}),
        ("commitment", {"text": "x", "status": "made", "due": "9999-12-31"}),
    ],
)
def test_a_message_that_would_not_fit_waits_for_a_person(sides, kind, body):
    """Its type allows it, so it is in the ledger; no desk breaks on it."""
    mx, _ = sides
    head = Header(kind, 1, "us-dea", ("mx-pgr",), NOW, Marking(Tlp.AMBER))
    (found,) = from_message(draft(head, body, os.urandom), mx)
    assert isinstance(found, Elsewhere)
    assert "person" in found.reason
