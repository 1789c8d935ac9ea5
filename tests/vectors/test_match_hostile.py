"""What a peer may try in a private match. Each test is one named attack; each is refused or left with evidence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from entente.exchange.content import Predicate
from entente.exchange.errors import ExchangeError
from entente.exchange.match import playing, session
from entente.exchange.match.engine import POINT, Part, read_points, write_points
from entente.exchange.match.errors import ControlError, MatchError, StepError, TranscriptError
from entente.exchange.match.session import Phase
from exchange_people import NOW
from match_engine import engine, quick
from match_sides import MX, POLICY, US, Side, accepted, asks, companies, counted, go_on, other_run, tell

FIRMS = [f"firm {number}" for number in range(8)]


def offered(**changes):
    us, mx = Side(US), Side(MX)
    said = us.offers(companies(FIRMS))
    return us, mx, replace(said, body={**said.body, **changes})


def test_oversized_offer():
    _, mx, said = offered(size=POLICY.most + 1)
    mx.hear(said)
    with pytest.raises(ControlError, match="101 elements"):
        mx.answers(companies(FIRMS))


def test_oversized_answer():
    us, mx, said = offered()
    mx.hear(said)
    us.run = replace(us.run, proposal=replace(us.run.proposal, most=4))
    with pytest.raises(StepError, match="the offer takes 4"):
        us.hear(mx.answers(companies(FIRMS)))


def test_more_elements_in_a_step_than_were_agreed():
    us, mx = accepted(FIRMS, FIRMS)
    said = us.plays()
    for forged in (replace(said, body={**said.body, "size": 9}), replace(said, body={**said.body, "size": 7})):
        with pytest.raises(StepError, match="8 were agreed"):
            session.advance(mx.run, forged)
    points = read_points(Part.SETUP, said.data, 8)
    extra = write_points(Part.SETUP, sorted([*points, b"\x02" + b"\x01" * 32]))
    tell(replace(said, data=extra), us, mx)
    tell(mx.plays(), us, mx)
    tell(us.plays(), us, mx)
    with pytest.raises(TranscriptError, match="size that was agreed"):
        mx.plays()


def test_replayed_offer():
    _, mx, said = offered()
    mx.hear(said)
    with pytest.raises(StepError, match="replay"):
        session.begin(said, {mx.run.id})


def test_an_offer_in_the_name_of_a_third_to_learn():
    _, mx, said = offered(client="cn-nncc")
    with pytest.raises(StepError, match="neither"):
        mx.hear(said)


def test_an_offer_whose_run_is_no_random_salt():
    _, mx, said = offered(run="AAAA")
    with pytest.raises(ExchangeError):
        mx.hear(said)


def test_response_of_another_run():
    us, mx = accepted(FIRMS, FIRMS)
    us2, mx2 = accepted(FIRMS, FIRMS)
    for one, two in ((us, mx), (us2, mx2)):
        tell(one.plays(), one, two)
        tell(two.plays(), one, two)
    foreign = us2.plays()
    with pytest.raises(StepError, match="another run"):
        session.advance(mx.run, foreign)
    with pytest.raises(StepError, match="other terms"):
        session.advance(mx.run, replace(foreign, body={**foreign.body, "run": mx.run.id}))


def test_response_of_another_run_under_the_right_name_counts_nothing():
    """Even a peer that relabels everything gets no more than noise: keys are fresh for each run."""
    us, mx = accepted(FIRMS, FIRMS)
    us2, mx2 = accepted(FIRMS, FIRMS)
    for one, two in ((us, mx), (us2, mx2)):
        tell(one.plays(), one, two)
        tell(two.plays(), one, two)
    said = us.plays()
    tell(replace(said, data=us2.plays().data), us, mx)
    assert mx.plays().body["common"] == 0


@pytest.mark.parametrize("step", ["setup", "response"])
def test_swapped_roles(step: str):
    us, mx = accepted(FIRMS, FIRMS)
    if step == "response":
        tell(us.plays(), us, mx)
        tell(mx.plays(), us, mx)
    said = us.plays()
    with pytest.raises(StepError, match="is for us-dea, not for mx-pgr"):
        session.advance(mx.run, replace(said, sender=MX, recipient=US))


def test_a_message_of_somebody_outside_the_run():
    us, mx = accepted(FIRMS, FIRMS)
    with pytest.raises(StepError, match="another run"):
        session.advance(mx.run, replace(us.plays(), sender="cn-nncc"))


def test_a_step_twice_and_a_step_too_early():
    us, mx = accepted(FIRMS, FIRMS)
    setup = tell(us.plays(), us, mx)
    with pytest.raises(StepError, match="set-up"):
        session.advance(mx.run, setup)
    early = {"run": mx.run.id, "terms": mx.run.terms.text, "common": 3}
    with pytest.raises(StepError):
        session.advance(us.run, mx.say(playing.Outgoing("match-result", early)))


def test_mismatched_salt_is_an_error_and_not_an_empty_result():
    """Two sides that hash under different terms would have nothing in common, and nobody would know why."""
    us, mx = accepted(FIRMS, FIRMS)
    other = replace(us.run.terms.proposal, run=other_run())
    us.run = replace(us.run, terms=replace(us.run.terms, proposal=other))
    with pytest.raises(StepError, match="other terms"):
        mx.hear(us.plays())


def test_a_changed_commitment_changes_the_terms():
    us, mx = accepted(FIRMS, FIRMS)
    us.run = replace(us.run, terms=replace(us.run.terms, commitment=other_run()))
    with pytest.raises(StepError, match="set, salt, size or kind"):
        mx.hear(us.plays())


def test_elements_of_another_kind_or_edition_have_nothing_in_common():
    us, _ = accepted(FIRMS, FIRMS)
    terms, keys = us.run.terms, us.own.keys
    same = replace(terms, proposal=replace(terms.proposal))
    assert same.elements(keys) == terms.elements(keys)
    for changes in (
        {"kind": "address"},
        {"edition": 2},
        {"fold": "other/1"},
        {"run": other_run()},
        {"asker": "cn-nncc"},
    ):
        other = replace(terms, proposal=replace(terms.proposal, **changes))
        assert not {*other.elements(keys)} & {*terms.elements(keys)}
        assert other.digest != terms.digest


def test_reveal_without_the_other_side():
    us, mx = counted(FIRMS, FIRMS[:3])
    tell(asks(mx), us, mx)
    forged = playing.transcript(quick(), us.run, us.own, us.run.terms, "reveal")
    body = {"run": us.run.id, "terms": us.run.terms.text, "step": "reveal", "size": 3}
    with pytest.raises(StepError, match="both sides"):
        session.advance(mx.run, us.say(playing.Outgoing("match-step", body, forged)))
    with pytest.raises(StepError, match="asked already"):
        session.advance(us.run, mx.say(playing.Outgoing("match-reveal", {**body, "stage": "asked"})))


def test_reveal_under_another_predicate():
    us, mx = counted(FIRMS, FIRMS)
    with pytest.raises(StepError, match="same predicate"):
        us.hear(replace(asks(mx), predicate=Predicate("case", "another")))


def revealing():
    us, mx = counted(FIRMS, [*FIRMS[:2], "own one", "own two", "own three"])
    for side in (us, mx):
        tell(asks(side), us, mx)
    return us, mx


def revealed(change):
    """Two sides of which one has told the points of its reveal, changed."""
    us, mx = revealing()
    said = us.plays()
    points = change(read_points(Part.REVEAL, said.data, 5))
    tell(replace(said, data=write_points(Part.REVEAL, points)), us, mx)
    return us, mx


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda points: [b"\x02" + points[0][:0:-1], *points[1:]], "other points"),  # than those of the count
        (lambda points: [points[0]] * 5, "repeats"),  # the answer for one common element
    ],
)
def test_a_reveal_that_is_not_of_the_points_that_were_counted(change, why):
    _, mx = revealed(change)
    with pytest.raises(TranscriptError, match=why):
        mx.plays()


def shuffled():
    """What no check of the client stops: the server shuffles its answers, so that the client shows other elements."""
    us, mx = revealed(lambda points: [*points[1:], points[0]])
    tell(mx.plays(), us, mx)
    held = {us.run.terms.token(item.key) for item in us.own.items}
    return us, mx, [one.token for one in us.run.shown if one.token not in held]


def test_a_reveal_in_another_order_gives_hashes_only_and_is_seen_by_both():
    us, mx, foreign = shuffled()
    assert foreign
    tell(us.plays(), us, mx)
    assert us.run.phase is mx.run.phase is Phase.REVEALED
    for side in (us, mx):
        assert len(side.run.shown) - len(playing.common_items(side.run, side.own)) == len(foreign)


def test_a_server_that_confirms_what_it_has_not_is_not_believed():
    """Else the client would believe that the other side looks at the same companies, which it does not."""
    us, mx, _ = shuffled()
    said = us.plays()
    true = {one["token"]: one for one in said.body["elements"]}
    for lie in ({}, {"proof": other_run()}):
        elements = [true.get(one.token, {"token": one.token, **lie}) for one in us.run.shown]
        forged = session.advance(mx.run, replace(said, body={**said.body, "elements": elements}))
        assert len(forged.confirmed) == len(forged.shown) == 2
        assert len(playing.common_items(forged, mx.own)) == len(true)


def test_more_or_fewer_shown_than_counted_and_one_shown_twice():
    us, mx = revealing()
    tell(us.plays(), us, mx)
    said = mx.plays()
    one, two = said.body["elements"]
    for elements in ([one], [one, one], [one, two, {"token": other_run()}]):
        with pytest.raises(StepError):
            session.advance(us.run, replace(said, body={**said.body, "elements": elements}))


def test_something_confirmed_that_was_not_shown():
    us, mx = revealing()
    tell(us.plays(), us, mx)
    tell(mx.plays(), us, mx)
    said = us.plays()
    with pytest.raises(StepError, match="not shown"):
        session.advance(mx.run, replace(said, body={**said.body, "elements": [{"token": other_run()}]}))


def test_a_result_that_cannot_be():
    us, mx = accepted(FIRMS, FIRMS)
    for side in (us, mx, us):
        tell(side.plays(), us, mx)
    said = mx.plays()
    with pytest.raises(StepError, match="than a side has"):
        session.advance(us.run, replace(said, body={**said.body, "common": 9}))


def test_a_message_after_the_end():
    us, mx = accepted(FIRMS, FIRMS)
    said = us.plays()
    mx.run = session.advance(mx.run, us.say(playing.refuse(us.run, "no", NOW, US)))
    with pytest.raises(StepError, match="over: stopped"):
        mx.hear(said)


def hostile_bytes(size: int) -> dict[str, bytes]:
    good = quick().request(quick().new_key(), [f"{number:064x}" for number in range(size)])
    points = read_points(Part.REQUEST, good, size)
    return {
        "nothing": b"",
        "one byte": b"\x0a",
        "cut": good[:-1],
        "a protobuf request": b"".join(b"\x12\x21" + point for point in points),
        "a protobuf with a huge length": b"\x12\xff\xff\xff\xff\x7f" + good,
        "nested groups": b"\x0b" * 100_000,
        "the point at infinity": write_points(Part.REQUEST, [*points[:-1], bytes(POINT)]),
        "off the curve": write_points(Part.REQUEST, [*points[:-1], b"\x02" + (1).to_bytes(32, "big")]),
        "beyond the field": write_points(Part.REQUEST, [*points[:-1], b"\x03" + b"\xff" * 32]),
        "a setup": write_points(Part.SETUP, sorted(points)),
    }


HOSTILE = ("nothing", "one byte", "cut", "a protobuf request", "a protobuf with a huge length", "nested groups")
HOSTILE += ("the point at infinity", "off the curve", "beyond the field", "a setup")


@pytest.mark.parametrize("name", HOSTILE)
def test_malformed_protocol_bytes_stop_the_run_and_no_process(name: str):
    us, mx = accepted(FIRMS, FIRMS)
    tell(us.plays(), us, mx)
    said = mx.plays()
    tell(replace(said, data=hostile_bytes(8)[name]), us, mx)
    with pytest.raises(MatchError):
        playing.play(engine(), us.run, us.own, US)
    tell(us.say(playing.refuse(us.run, "Malformed request.", NOW, US)), us, mx)
    assert mx.run.phase is Phase.STOPPED


@pytest.mark.parametrize("step", ["setup", "response"])
def test_malformed_bytes_of_a_server(step: str):
    us, mx = accepted(FIRMS, FIRMS)
    while True:
        side = us if playing.owed(us.run, US) else mx
        said = side.plays()
        if said.body.get("step") == step:
            said = replace(said, data=said.data[:-POINT] + b"\x05" * POINT)
        if said.type == "match-result":
            pytest.fail("a result from malformed bytes")
        tell(said, us, mx)
        if step == said.body.get("step") == "response":
            break
        if step == "setup" and us.run.phase is Phase.RESPONDED:
            break
    with pytest.raises(TranscriptError):
        mx.plays()


def test_a_purpose_nobody_has_a_budget_for():
    us, mx, said = offered(purpose="diversion ")
    mx.hear(said)
    with pytest.raises(ControlError, match="no budget"):
        mx.answers(companies(FIRMS))
    assert us.run.phase is Phase.OFFERED


def test_budget_exceeded_by_many_small_runs():
    """A minimum size is no protection, and neither is a number of runs: elements are counted."""
    mx = Side(MX, policy=replace(POLICY, budgets={"diversion": 20}, overlap=1000))
    for number in range(3):
        us = Side(US)
        mx.run = None
        mx.hear(us.offers(companies([f"guess {number} {other}" for other in range(8)])))
        if number < 2:
            mx.answers(companies([f"holding {number}"]))
        else:
            with pytest.raises(ControlError, match="would put in 24 elements"):
                mx.answers(companies([f"holding {number}"]))


def test_a_run_that_never_ends_is_over_at_its_end():
    us, mx, said = offered(due="2030-01-01T00:00:00Z")
    mx.hear(said)
    with pytest.raises(ControlError, match="later than the policy"):
        mx.answers(companies(FIRMS))
    assert us.run.at(us.run.proposal.due + timedelta(seconds=1)).phase is Phase.EXPIRED


def test_a_complete_run_after_all_of_that():
    us, mx = revealing()
    go_on(us, mx)
    assert [item.key.split("\x1f")[0] for item in playing.common_items(us.run, us.own)] == FIRMS[:2]
