"""What a node allows: sizes, budgets in elements, overlap of own sets, purposes, kinds, persons. And the commitment."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.match.commitment import commit
from entente.exchange.match.controls import Past, Policy, check_budget, check_overlap, marks, shared, spent
from entente.exchange.match.errors import ControlError
from exchange_people import NOW
from match_sides import MX, POLICY, US, Side, companies, mailboxes

SECRET = bytes(32)
ONE, TWO = "A" * 43 + "=", "B" * 42 + "A="


def past(run: str = ONE, own: int = 0, other: int = 0, **changes) -> Past:
    return replace(Past(run, US, "diversion", "name-city", NOW, own, other), **changes)


def test_nothing_is_allowed_until_it_is_written_down():
    with pytest.raises(ControlError, match="no budget for the purpose 'diversion'") as caught:
        Side(US, policy=Policy()).offers(companies(["acme"]))
    assert "none" in caught.value.remedy


@pytest.mark.parametrize(
    ("changes", "keys", "wish", "words"),
    [
        ({"most": 2, "budgets": {"diversion": 99}}, ["a1", "b1", "c1"], {"most": 2}, "3 elements"),
        ({}, [], {}, "empty"),
        ({"kinds": frozenset({"email"})}, ["acme"], {}, "does not allow keys of the kind name-city"),
        ({}, ["acme"], {"purpose": "tax"}, "no budget"),
        ({}, ["acme"], {"most": 101}, "allows sets of 100"),
        ({}, ["acme"], {"due": NOW + timedelta(days=91)}, "later than the policy"),
        ({}, ["acme"], {"due": NOW}, "in the past"),
        ({}, ["acme"], {"persons": True, "case": "C-1"}, "Natural persons are not matched"),
        ({"persons": True}, ["acme"], {"persons": True}, "reference of a case"),
    ],
)
def test_an_offer_within_the_policy_or_none(changes, keys, wish, words):
    with pytest.raises(ControlError, match=words):
        Side(US, policy=replace(POLICY, **changes)).offers(companies(keys), **wish)


def test_persons_need_the_leave_of_the_policy_a_case_and_an_offer_that_says_so():
    allowed = replace(POLICY, persons=True)
    with pytest.raises(ControlError, match="offer says that none"):
        Side(US, policy=allowed).offers(mailboxes(["ana"]))
    Side(US, policy=allowed).offers(mailboxes(["ana"]), persons=True, case="C-1")
    Side(US, policy=POLICY).offers(mailboxes(["sales"], person="no"))


def test_the_asked_side_has_its_own_policy_and_set_of_the_same_form():
    us, mx = Side(US), Side(MX, policy=replace(POLICY, budgets={}))
    mx.hear(us.offers(companies(["acme"])))
    with pytest.raises(ControlError, match="no budget"):
        mx.answers(companies(["acme"]))
    mx.policy = POLICY
    with pytest.raises(ControlError, match="this set is email/1"):
        mx.answers(mailboxes(["sales"], person="no"))


def test_a_budget_counts_elements_of_each_side_under_one_purpose_within_the_window():
    policy = Policy(budgets={"diversion": 10, "other": 10})
    before = [past("a", own=6, other=2), past("b", own=1, other=9, at=NOW - timedelta(days=31))]
    check_budget(policy, before, past("c", own=4, other=8))
    with pytest.raises(ControlError, match="This side would put in 11") as caught:
        check_budget(policy, before, past("c", own=5))
    assert "4 are left" in caught.value.remedy
    with pytest.raises(ControlError, match="us-dea would put in 11"):
        check_budget(policy, before, past("c", other=9))
    check_budget(policy, before, past("c", own=10, purpose="other"))
    check_budget(policy, before, past("c", own=10, peer="cn-nncc"))
    assert spent(policy, before, US, NOW) == {"diversion": (6, 2, 10), "other": (0, 0, 10)}


def test_one_more_element_than_last_time_is_refused_because_the_difference_tells_of_it():
    side = Side(US)
    side.offers(companies([f"firm {number}" for number in range(20)]))
    side.run = None
    with pytest.raises(ControlError, match=r"100\.0 % of this set stood in the set of the run"):
        side.offers(companies([f"firm {number}" for number in range(21)]))
    side.offers(companies([f"firm {number}" for number in range(10, 30)]))


def test_overlap_is_of_the_smaller_set_and_with_the_same_peer_and_kind_only():
    one, two = marks(SECRET, "abcdefgh"), marks(SECRET, "ghi")
    assert shared(one, two) == 667
    assert shared(one, marks(SECRET, "xyz")) == shared(b"", one) == 0
    policy = Policy(overlap=600)
    for changes in ({"peer": MX}, {"kind": "email"}, {"run": TWO}):
        check_overlap(policy, [replace(past(ONE, marks=one), **changes)], past(TWO, marks=two))
    with pytest.raises(ControlError, match=r"66\.7 %"):
        check_overlap(policy, [past(ONE, marks=one)], past(TWO, marks=two))


def test_a_set_whose_marks_are_lost_stops_the_next_until_the_window_has_passed():
    lost, wanted = past(ONE, own=1, marks=None), past(TWO, own=1, marks=marks(SECRET, "a"))
    with pytest.raises(ControlError, match="cannot be checked"):
        check_overlap(POLICY, [lost], wanted)
    check_overlap(POLICY, [replace(lost, at=NOW - timedelta(days=30))], wanted)


def test_marks_say_nothing_without_the_secret():
    assert not {*_parts(marks(SECRET, "abc"))} & {*_parts(marks(os.urandom(32), "abc"))}
    assert marks(SECRET, "abc") == marks(SECRET, "cba")


def _parts(data: bytes) -> list[bytes]:
    return [data[at : at + 8] for at in range(0, len(data), 8)]


def test_a_commitment_binds_set_order_kind_edition_and_normaliser_and_hides_them():
    seed, keys = bytes(32), ["a", "b", "c"]
    made = commit(seed, "email", 1, "plain/1", keys)
    assert made == commit(seed, "email", 1, "plain/1", keys)
    others = {
        commit(os.urandom(32), "email", 1, "plain/1", keys),
        commit(seed, "wallet", 1, "plain/1", keys),
        commit(seed, "email", 2, "plain/1", keys),
        commit(seed, "email", 1, "plain/2", keys),
        commit(seed, "email", 1, "plain/1", ["b", "a", "c"]),
        commit(seed, "email", 1, "plain/1", ["a", "b"]),
        commit(seed, "email", 1, "plain/1", ["a", "b", "d"]),
    }
    assert len(others | {made}) == 8


def test_a_commitment_is_frozen():
    assert (
        commit(bytes(range(32)), "email", 1, "plain/1", ["a@x.example", "b@x.example"])
        == "1BSRyu8o2sldZxpaO4GrdkqzxXvXKSxgueIFlz92WVQ="
    )
