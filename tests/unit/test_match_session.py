"""A run from offer to reveal: who says what when, who learns what, and that both sides log the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.errors import PredicateError
from entente.exchange.match import playing, session
from entente.exchange.match.errors import ControlError, StepError
from entente.exchange.match.session import Phase
from exchange_people import NOW
from match_engine import quick
from match_sides import MX, US, Side, accepted, asks, companies, counted, go_on, tell


def names(side: Side) -> list[str]:
    return [item.key.split("\x1f")[0] for item in playing.common_items(side.run, side.own)]


def test_the_asked_side_learns_first_and_only_the_number():
    us, mx = counted(["acme", "beta", "gamma"], ["beta", "delta", "acme", "eps"])
    assert us.run.proposal.client == MX
    assert us.run.server == US
    assert us.run == mx.run
    assert us.run.common == 2
    assert us.run.phase is Phase.COUNTED
    assert set(us.run.steps) == {"setup", "request", "response"}
    assert not us.run.shown


def test_the_asker_may_be_the_one_who_learns():
    us, mx = counted(["acme", "beta"], ["beta"], client=US)
    assert us.run.server == MX
    assert us.run.terms.sizes == (1, 2)
    assert us.run.common == mx.run.common == 1


def test_a_reveal_needs_both_sides_and_shows_the_common_elements_only():
    us, mx = counted(["acme", "beta", "gamma"], ["beta", "delta", "acme"])
    tell(asks(mx), us, mx)
    assert (playing.owed(us.run, US), playing.owed(mx.run, MX)) == (None, None)
    tell(asks(us), us, mx)
    go_on(us, mx, references=True)
    assert us.run == mx.run
    assert us.run.phase is Phase.REVEALED
    assert names(us) == names(mx) == ["acme", "beta"]
    assert sorted(one.references for one in us.run.shown) == [("r-acme",), ("r-beta",)]
    assert len(us.run.shown) == len(us.run.confirmed) == 2


def test_references_stay_at_home_unless_a_person_says_so():
    us, mx = counted(["acme"], ["acme"])
    for side in (us, mx):
        tell(asks(side), us, mx)
    go_on(us, mx)
    assert [one.references for one in (*us.run.shown, *us.run.confirmed)] == [(), ()]


def test_both_logs_say_who_said_what_in_which_order():
    us, mx = counted(["acme"], ["beta"])
    assert us.run.log == mx.run.log
    assert [(sender, what) for sender, what, _, _ in us.run.log] == [
        (US, "offer"),
        (MX, "accepted"),
        (US, "setup"),
        (MX, "request"),
        (US, "response"),
        (MX, "result"),
    ]


def test_nothing_common_is_nothing_to_reveal():
    _, mx = counted(["acme"], ["beta"])
    assert mx.run.common == 0
    with pytest.raises(StepError, match="nothing to reveal"):
        asks(mx)


def test_too_much_in_common_is_not_revealed_in_one_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(playing, "MOST_REVEALED", 1)
    _, mx = counted(["acme", "beta"], ["acme", "beta"])
    with pytest.raises(ControlError, match="at most 1"):
        asks(mx)


def test_an_offer_may_be_declined_and_a_run_stopped_by_either_side():
    us, mx = Side(US), Side(MX)
    mx.hear(us.offers(companies(["acme"])))
    tell(mx.say(playing.refuse(mx.run, "Which shipment?", NOW, MX)), us, mx)
    assert (us.run.phase, us.run.reason) == (Phase.DECLINED, "mx-pgr: Which shipment?")
    us, mx = accepted(["acme"], ["acme"])
    tell(us.say(playing.refuse(us.run, "The case is closed.", NOW, US)), us, mx)
    assert (mx.run.phase, mx.run.reason) == (Phase.STOPPED, "us-dea: The case is closed.")
    assert playing.owed(us.run, US) is None


def test_a_run_ends_at_its_end_whatever_its_state():
    us, mx = accepted(["acme"], ["acme"])
    late = us.run.proposal.due + timedelta(seconds=1)
    assert us.run.at(us.run.proposal.due).phase is Phase.ACCEPTED
    assert us.run.at(late).phase is Phase.EXPIRED
    said = us.plays()
    with pytest.raises(StepError, match="over: expired"):
        session.advance(mx.run, replace(said, at=late))


def test_a_late_answer_is_not_made():
    us, mx = Side(US), Side(MX)
    mx.hear(us.offers(companies(["acme"])))
    with pytest.raises(StepError, match="expired"):
        playing.answer(mx.house, mx.run, companies(["acme"]), mx.run.proposal.due + timedelta(days=1))


def test_an_offer_without_a_predicate_is_none():
    us = Side(US)
    said = us.offers(companies(["acme"]))
    bare = us.say(playing.Outgoing(said.type, said.body), predicate=None)
    with pytest.raises(PredicateError):
        session.begin(bare, ())


def test_both_may_ask_at_the_same_moment():
    us, mx = counted(["acme"], ["acme"])
    from_us, from_mx = asks(us), asks(mx)
    us.hear(from_us)
    mx.hear(from_mx)
    us.hear(from_mx)
    mx.hear(from_us)
    go_on(us, mx)
    assert us.run.phase is mx.run.phase is Phase.REVEALED


def test_a_side_with_another_engine_says_so():
    us, mx = Side(US), Side(MX)
    mx.hear(us.offers(companies(["acme"])))

    class Other:
        name = "other/1"

    house = playing.House(mx.policy, [], mx.secret, Other(), mx.house.random)
    with pytest.raises(StepError, match="openmined-psi/2"):
        playing.answer(house, mx.run, companies(["acme"]), NOW)
    assert quick().name == "openmined-psi/2"
