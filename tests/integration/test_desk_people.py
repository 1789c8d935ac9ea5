"""Who is at the desk: founders, roles that two administrators give, loans, groups, conflicts of interest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from casework_data import NOTIFICATION
from desk_people import SAID, Desk, desks, newcomer
from entente.node.services.desk import acting, opening, people, releasing, standing, viewing
from entente.node.services.desk.errors import DeskError, NotAllowedError, NotFoundError, TwoPeopleError
from entente.node.services.desk.rules import Role
from entente.node.store.desk_models import Grant
from node_people import CN, MX


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path, MX)
    return one


def test_two_administrators_found_the_desk_and_from_then_on_act_together(mx):
    with pytest.raises(DeskError, match="Two administrators"):
        people.found(mx.parts, "Eva", [Role.ANALYST])
    act = people.prepare_person(mx.parts, mx.who("Ida"), "Eva", [Role.ANALYST])
    mx.sign(act.id, ("Ida",))
    with pytest.raises(DeskError, match="nobody named 'Eva'"):
        mx.who("Eva")
    mx.sign(act.id, ("Joe",))
    assert mx.who("EVA ").roles == {Role.ANALYST}


@pytest.mark.parametrize("name", ["", " Eva", "Eva\n", "ann", "ＡＮＮ", "E" * 65])
def test_a_name_is_a_name_and_one_persons(mx, name):
    with pytest.raises(DeskError):
        people.prepare_person(mx.parts, mx.who("Ida"), name, [Role.ANALYST])


def test_nobody_decides_on_their_own_roles(mx):
    act = people.prepare_end(mx.parts, mx.who("Ida"), "Joe", [Role.ADMINISTRATOR])
    mx.sign(act.id, ("Ida",))
    with pytest.raises(TwoPeopleError, match="own roles"):
        mx.sign(act.id, ("Joe",))
    assert mx.who("Joe").roles == {Role.ADMINISTRATOR}


def test_the_database_refuses_a_role_that_one_person_gives(mx):
    ida, joe, ann = (mx.who(name).id for name in ("Ida", "Joe", "Ann"))
    for by in ((ida, None), (ida, ida), (ann, ida), (ida, ann), (None, None)):
        with pytest.raises(IntegrityError), transaction.atomic(using=mx.alias):
            Grant.objects.using(mx.alias).create(
                person_id=ann, role=Role.AUDITOR, since=mx.parts.clock(), first_id=by[0], second_id=by[1]
            )
    with pytest.raises(IntegrityError), transaction.atomic(using=mx.alias):
        Grant.objects.using(mx.alias).create(
            person_id=ann, role="king", since=mx.parts.clock(), first_id=ida, second_id=joe
        )


def test_who_leaves_is_gone_and_still_named(mx):
    newcomer(mx, "Eva", Role.ANALYST)
    case = opening.begin(mx.parts, mx.who("Eva"), "case", "open", {"title": "x", "purpose": "y"}).object
    act = people.prepare_end(mx.parts, mx.who("Ida"), "Eva")
    mx.sign(act.id, ("Ida", "Joe"))
    with pytest.raises(DeskError, match="nobody"):
        mx.who("Eva")
    events = viewing.opened(mx.parts, mx.who("Ann"), case, "quality").events
    assert events[0].by.names == ("Eva",)
    assert [one["active"] for one in people.listed(mx.parts, mx.who("Ida")) if one["name"] == "Eva"] == [False]


def test_a_role_that_was_taken_away_no_longer_counts(mx):
    act = people.prepare_end(mx.parts, mx.who("Ida"), "Ann", [Role.OFFICER])
    mx.sign(act.id, ("Ida", "Joe"))
    with pytest.raises(NotAllowedError):
        mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": CN})


def lend(mx: Desk, giver: str, taker: str, role: Role, days: float = 5) -> None:
    now = mx.parts.clock()
    standing.lend(mx.parts, mx.who(giver), role, taker, now, now + timedelta(days=days))


def test_a_lent_role_ends_and_is_not_lent_again(tmp_path):
    (mx,), clock = desks(tmp_path, MX)
    newcomer(mx, "Eva", Role.OFFICER)
    lend(mx, "Bob", "Eva", Role.RELEASING)
    assert mx.who("Eva").lent == {Role.RELEASING: frozenset({"Bob"})}
    with pytest.raises(DeskError, match="not your own"):
        lend(mx, "Eva", "Ann", Role.RELEASING)
    with pytest.raises(DeskError, match="90 days"):
        lend(mx, "Bob", "Eva", Role.RELEASING, days=91)
    with pytest.raises(TwoPeopleError):
        lend(mx, "Bob", "bob", Role.RELEASING)
    clock.add(days=6)
    assert mx.who("Eva").roles == {Role.OFFICER}


def test_both_eyes_are_never_one_persons(mx):
    newcomer(mx, "Eva", Role.OFFICER)
    lend(mx, "Bob", "Ann", Role.RELEASING)
    name = mx.begin("incident", "record", {"kind": "theft", "date": "2026-11-01", "summary": "?"})
    end = {"outcome": "refuted", "reason": "?"}
    act = releasing.prepare(mx.parts, mx.who("Ann"), name, "close", end)
    mx.sign(act.id, ("Bob",))
    with pytest.raises(TwoPeopleError, match="lends"):
        mx.sign(act.id, ("Ann",))
    act = releasing.prepare(mx.parts, mx.who("Ann"), name, "close", end)
    mx.sign(act.id, ("Ann", "Eva"))
    assert mx.state(name).at == "closed"


def test_a_unit_does_not_see_what_another_one_works_on(mx):
    newcomer(mx, "Eva", Role.ANALYST, unit="north")
    newcomer(mx, "Max", Role.ANALYST, Role.RELEASING, unit="south")
    case = opening.begin(mx.parts, mx.who("Eva"), "case", "open", {"title": "x", "purpose": "y"}).object
    assert mx.objects("Eva") == [case]
    assert mx.objects("Max") == mx.objects("Ann") == []
    with pytest.raises(NotFoundError):
        viewing.opened(mx.parts, mx.who("Max"), case, "investigation")
    with pytest.raises(NotFoundError):
        acting.act(mx.parts, mx.who("Max"), case, "set-aside", {"reason": "?"})
    with pytest.raises(NotFoundError):
        releasing.prepare(mx.parts, mx.who("Max"), case, "close", {"outcome": "refuted", "reason": "?"}, said=SAID)


def test_what_belongs_to_a_group_is_seen_by_its_members_only(mx):
    newcomer(mx, "Eva", Role.ANALYST)
    standing.join_group(mx.parts, mx.who("Bob"), "harbour", "Ann")
    newcomer(mx, "Zoe", Role.RELEASING)
    with pytest.raises(DeskError, match="Only members"):
        standing.join_group(mx.parts, mx.who("Zoe"), "harbour", "Eva")
    data = {"title": "x", "purpose": "y"}
    with pytest.raises(DeskError, match="no group"):
        opening.begin(mx.parts, mx.who("Eva"), "case", "open", data, group="harbour")
    case = opening.begin(mx.parts, mx.who("Ann"), "case", "open", data, group="harbour").object
    assert mx.objects("Ann") == mx.objects("Bob") == [case]
    assert mx.objects("Eva") == []


def test_who_has_a_conflict_of_interest_neither_sees_nor_signs(mx):
    case = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    act = releasing.prepare(mx.parts, mx.who("Ann"), case, "close", {"outcome": "refuted", "reason": "?"})
    mx.sign(act.id, ("Ann",))
    standing.declare_conflict(mx.parts, mx.who("Bob"), case)
    with pytest.raises(NotFoundError):
        mx.sign(act.id, ("Bob",))
    assert mx.objects("Bob") == []
    assert mx.objects("Ann") == [case]


def test_whose_a_received_object_is_is_said_by_a_person(mx):
    newcomer(mx, "Eva", Role.ANALYST, unit="north")
    case = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    assert mx.objects("Eva") == [case]
    newcomer(mx, "Max", Role.ANALYST, unit="south")
    acting.assign(mx.parts, mx.who("Ann"), case, unit="south")
    assert mx.objects("Eva") == mx.objects("Ann") == []
    assert mx.objects("Max") == [case]
