"""Ways for one person to act as two at the desk, or to see what is not theirs; each is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from desk_people import Desk, desks, newcomer
from entente.exchange.errors import SignatureError
from entente.node.services.desk import (
    access_people,
    accounting,
    acting,
    erasing,
    holding,
    merging,
    opening,
    people,
    portals,
    queueing,
    releasing,
    signing,
    standing,
)
from entente.node.services.desk.errors import DeskError, NotAllowedError, NotFoundError, TwoPeopleError
from entente.node.services.desk.rules import Role
from entente.node.store import desk_people, desk_rows
from entente.node.store.desk_models import CaseObject, LegalHold, Person
from node_people import CN, COST, MX, PASS

CLOSE = {"outcome": "confirmed", "reason": "x"}


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path, MX)
    return one


def case(mx: Desk, by: str = "Ann") -> str:
    return mx.begin("case", "open", {"title": "t", "purpose": "p"}, by=by)


def lend(mx: Desk, giver: str, taker: str, role: Role) -> None:
    now = mx.parts.clock()
    standing.lend(mx.parts, mx.who(giver), role, taker, now, now + timedelta(days=9))


def test_who_gives_roles_or_reads_the_account_neither_lends_nor_borrows(mx):
    newcomer(mx, "Max", Role.AUDITOR)
    for giver, taker, role in (("Bob", "Ida", Role.RELEASING), ("Ann", "Max", Role.OFFICER)):
        with pytest.raises(DeskError, match="never lent"):
            lend(mx, giver, taker, role)
    for role in (Role.ADMINISTRATOR, Role.AUDITOR):
        with pytest.raises(DeskError, match="never lent"):
            lend(mx, "Ann", "Bob", role)


def test_a_loan_to_who_gives_roles_does_not_count_whoever_wrote_it(mx):
    now = mx.parts.clock()
    numbers = {name: mx.who(name).id for name in ("Ann", "Ida", "Joe")}
    span = (now, now + timedelta(days=9))
    desk_people.put_delegation(mx.alias, numbers["Ann"], numbers["Ida"], Role.OFFICER, span)
    desk_people.put_delegation(mx.alias, numbers["Joe"], numbers["Ann"], Role.ADMINISTRATOR, span)
    assert mx.who("Ida").roles == {Role.ADMINISTRATOR}
    assert Role.ADMINISTRATOR not in mx.who("Ann").roles


def test_two_who_borrow_from_one_person_are_not_two(mx):
    newcomer(mx, "Cy", Role.OFFICER)
    newcomer(mx, "Di", Role.OFFICER)
    name = case(mx)
    mx.two(name, "close", CLOSE)
    lend(mx, "Bob", "Cy", Role.RELEASING)
    lend(mx, "Bob", "Di", Role.RELEASING)
    act = erasing.prepare(mx.parts, mx.who("Cy"), name, "retention").id
    with pytest.raises(TwoPeopleError, match="Both act with a role that Bob lends"):
        mx.sign(act, ("Cy", "Di"))
    assert CaseObject.objects.using(mx.alias).get(pk=name).erased is None


def test_a_founded_desk_is_not_founded_again(mx):
    number = mx.who("Joe").id
    desk_people.leave(mx.alias, number, mx.parts.clock())
    assert people.is_founded(mx.parts)
    with pytest.raises(DeskError, match="Two administrators"):
        people.found(mx.parts, "Solo", [Role.RELEASING])


@pytest.mark.parametrize("apart", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_gives_roles_or_reads_the_account_has_no_other_role(mx, apart):
    other = Role.OFFICER if apart is Role.AUDITOR else Role.AUDITOR
    with pytest.raises(DeskError, match="at once"):
        people.prepare_person(mx.parts, mx.who("Ida"), "Uli", [apart, other])
    newcomer(mx, "Uli", apart)
    with pytest.raises(DeskError, match="at once"):
        people.prepare_grant(mx.parts, mx.who("Ida"), "Uli", [other])


def test_roles_apart_are_refused_when_the_act_is_done_too(mx):
    newcomer(mx, "Uli", Role.ANALYST)
    mx.sign(people.prepare_end(mx.parts, mx.who("Ida"), "Uli", [Role.ANALYST]).id, ("Ida", "Joe"))
    both = [people.prepare_grant(mx.parts, mx.who("Ida"), "Uli", [role]) for role in (Role.AUDITOR, Role.OFFICER)]
    mx.sign(both[0].id, ("Ida", "Joe"))
    with pytest.raises(DeskError, match="at once"):
        mx.sign(both[1].id, ("Ida", "Joe"))
    assert mx.who("Uli").roles == {Role.AUDITOR}


def test_one_key_under_two_names_is_one_person(mx):
    mine = mx.keys["Ann"].record
    named = replace(mine, holder="Zed")
    foreign = replace(signing.make(mx.parts, "Zed", PASS, cost=COST), owner=CN)
    for key, words in ((mine, "no key of Zed"), (foreign, "no key of Zed"), (named, "another person's")):
        with pytest.raises(DeskError, match=words):
            people.prepare_person(mx.parts, mx.who("Ida"), "Zed", [Role.RELEASING], "", key)
    held = replace(mx.keys["Ida"].record, holder="Zed")
    with pytest.raises(DeskError, match="another person's"):
        people.prepare_person(mx.parts, mx.who("Ida"), "Zed", [Role.RELEASING], "", held)


def test_a_key_in_another_name_signs_nothing(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    taken = Person.objects.using(mx.alias).get(name="Ida").key
    Person.objects.using(mx.alias).filter(name="Zoe").update(key=taken)
    act = releasing.prepare(mx.parts, mx.who("Ann"), case(mx), "close", CLOSE)
    with pytest.raises(SignatureError):
        releasing.sign(mx.parts, mx.who("Zoe"), act.id, mx.keys["Ida"])


def test_who_left_since_they_were_read_does_not_sign(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    act = releasing.prepare(mx.parts, mx.who("Ann"), case(mx), "close", CLOSE)
    mx.sign(act.id, ("Ann",))
    read = mx.who("Zoe")
    mx.sign(people.prepare_end(mx.parts, mx.who("Ida"), "Zoe").id, ("Ida", "Joe"))
    with pytest.raises(DeskError, match="nobody named"):
        releasing.sign(mx.parts, read, act.id, mx.keys["Zoe"])


def test_who_lost_the_roles_since_they_were_read_does_not_sign(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    act = releasing.prepare(mx.parts, mx.who("Ann"), case(mx), "close", CLOSE)
    mx.sign(act.id, ("Ann",))
    read = mx.who("Zoe")
    mx.sign(people.prepare_end(mx.parts, mx.who("Ida"), "Zoe", [Role.RELEASING]).id, ("Ida", "Joe"))
    with pytest.raises(NotAllowedError):
        releasing.sign(mx.parts, read, act.id, mx.keys["Zoe"])


def test_a_first_signature_counts_only_while_its_key_does(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    act = releasing.prepare(mx.parts, mx.who("Ann"), case(mx), "close", CLOSE)
    mx.sign(act.id, ("Zoe",))
    Person.objects.using(mx.alias).filter(name="Zoe").update(key=None)
    with pytest.raises(SignatureError, match="Zoe"):
        mx.sign(act.id, ("Bob",))


def test_a_first_signature_counts_only_while_who_signed_sees_the_object(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    name = case(mx)
    mx.two(name, "close", CLOSE)
    act = erasing.prepare(mx.parts, mx.who("Bob"), name, "retention").id
    mx.sign(act, ("Bob",))
    standing.declare_conflict(mx.parts, mx.who("Bob"), name)
    with pytest.raises(DeskError):
        mx.sign(act, ("Zoe",))
    assert access_people.who(mx.alias, "Zoe", mx.parts.clock()).may(Role.RELEASING)
    assert CaseObject.objects.using(mx.alias).get(pk=name).erased is None


def grouped(mx: Desk) -> str:
    """A case of a group in which Ann and Bob are and Cy is not."""
    newcomer(mx, "Cy", Role.OFFICER)
    standing.join_group(mx.parts, mx.who("Bob"), "red", "Ann")
    return opening.begin(mx.parts, mx.who("Ann"), "case", "open", {"title": "t", "purpose": "p"}, group="red").object


def test_a_merge_opens_no_group_to_others(mx):
    name, other = grouped(mx), case(mx)
    with pytest.raises(DeskError, match="unit or a group"):
        merging.merge(mx.parts, mx.who("Ann"), name, other, "r")
    merging.merge(mx.parts, mx.who("Ann"), other, name, "r")
    with pytest.raises(NotFoundError):
        mx.state(name, by="Cy")


def test_assigning_takes_no_group_away(mx):
    name = grouped(mx)
    standing.join_group(mx.parts, mx.who("Bob"), "blue", "Cy")
    acting.assign(mx.parts, mx.who("Bob"), name)
    with pytest.raises(DeskError, match="another group"):
        acting.assign(mx.parts, mx.who("Bob"), name, group="blue")
    with pytest.raises(NotFoundError):
        mx.state(name, by="Cy")
    assert mx.state(name).at == "open"


@pytest.mark.parametrize("how", ["merge", "split"])
def test_conflicts_and_holds_go_along_with_what_moves(mx, how):
    newcomer(mx, "Cy", Role.OFFICER)
    name = case(mx)
    entry = mx.act(name, "add", {"kind": "note", "text": "of the conflict"}).fields["items"][0]["entry"]
    standing.declare_conflict(mx.parts, mx.who("Cy"), name)
    holding.place(mx.parts, mx.who("Ann"), name, "order 1")
    if how == "merge":
        into = merging.merge(mx.parts, mx.who("Ann"), name, case(mx), "r").object
    else:
        into = merging.split(mx.parts, mx.who("Ann"), name, [entry], "new").object
    with pytest.raises(NotFoundError):
        mx.state(into, by="Cy")
    assert LegalHold.objects.using(mx.alias).get(object=into, lifted=None).reference == "order 1"


def test_what_waits_about_an_object_is_told_to_those_who_see_it(mx):
    name = grouped(mx)
    told = {"sender": CN, "type": "refused", "reason": f"{CN} refused what was sent for {name}: x."}
    desk_rows.put_waiting(mx.alias, "c", 0, mx.parts.clock(), {**told, "object": name})
    desk_rows.put_waiting(mx.alias, "d", 0, mx.parts.clock(), told)
    newcomer(mx, "Zoe", Role.RELEASING)
    seen = {by: [one.content for one in queueing.waiting(mx.parts, mx.who(by))] for by in ("Ann", "Bob", "Cy", "Zoe")}
    assert seen == {"Ann": ["c"], "Bob": ["c", "d"], "Cy": [], "Zoe": ["d"]}
    number = queueing.waiting(mx.parts, mx.who("Ann"))[0].number
    with pytest.raises(NotFoundError):
        queueing.settle(mx.parts, mx.who("Cy"), number, "gone")


def test_what_waits_about_no_object_is_told_to_those_who_work_on_it(mx):
    newcomer(mx, "Lee", Role.LIAISON)
    for content, kind in (("a", "meeting"), ("b", "shipment-arrival"), ("c", "suspension")):
        told = {"sender": CN, "type": kind, "reason": "?"}
        desk_rows.put_waiting(mx.alias, content, 0, mx.parts.clock(), told)
    seen = {by: [one.content for one in queueing.waiting(mx.parts, mx.who(by))] for by in ("Bob", "Lee")}
    assert seen == {"Bob": ["a", "b", "c"], "Lee": ["a"]}


def test_words_of_people_are_no_purpose(mx):
    name, words = case(mx), "JUAN PEREZ suspected"
    uses = (
        lambda: acting.act(mx.parts, mx.who("Ann"), name, "add", {"kind": "note", "text": "x"}, purpose=words),
        lambda: releasing.prepare(mx.parts, mx.who("Ann"), name, "close", CLOSE, purpose=words),
        lambda: opening.begin(mx.parts, mx.who("Ann"), "case", "open", {"title": "t", "purpose": "p"}, purpose=words),
        lambda: portals.give_out(mx.parts, mx.who("Ann"), words),
    )
    for use in uses:
        with pytest.raises(DeskError, match="no purpose"):
            use()


def test_the_account_says_who_took_all_notifications_and_what_for(mx):
    assert list(portals.give_out(mx.parts, mx.who("Ann"), "reconciliation")) == []
    newcomer(mx, "Max", Role.AUDITOR)
    (entry,) = (one for one in accounting.entries(mx.parts, mx.who("Max")) if one["act"] == "give-out")
    assert (entry["actor"], entry["purpose"]) == (["Ann"], "reconciliation")
