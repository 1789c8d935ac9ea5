"""The nation's own auditor: opens the escrow, replays the run, and names every element that no own record holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from entente.exchange.answers import Answers
from entente.exchange.errors import ExchangeError
from entente.exchange.keys import Role
from entente.exchange.match import escrow, playing
from entente.exchange.match.audit import Evidence, audit
from entente.exchange.match.errors import EscrowError
from entente.exchange.match.escrow import Escrow
from entente.exchange.parties import load_sealing
from exchange_people import NOW, SUITES, known
from match_engine import quick
from match_sides import MX, POLICY, US, Side, asks, companies, counted, go_on, other_run, tell

NAMES = ["acme", "beta", "gamma"]


@pytest.fixture
def sides():
    us, mx = counted(NAMES, ["beta", "gamma", "delta"])
    for side in (us, mx):
        tell(asks(side), us, mx)
    go_on(us, mx)
    return us, mx


def records(*names: str) -> dict[str, list[str]]:
    return {f"r-{name}": [f"{name}\x1fleón"] for name in names}


def evidence(side: Side, **changes) -> Evidence:
    put_away = Escrow(side.own, side.name, side.run.proposal)
    mine = NAMES if side.name == US else ["beta", "gamma", "delta"]
    return replace(Evidence(put_away, side.run, records(*mine), (), POLICY, quick()), **changes)


def bad(side: Side, **changes) -> dict[str, tuple[str, ...]]:
    found = audit(evidence(side, **changes))
    return {one.check: tuple(item.key.split("\x1f")[0] for item in one.items) for one in found if not one.good}


def test_an_honest_run_holds_on_both_sides(sides):
    assert [bad(side) for side in sides] == [{}, {}]
    assert [one.check for one in audit(evidence(sides[0]))] == [
        "commitment",
        "setup",
        "response",
        "reveal",
        "revealed",
        "records",
        "budget",
    ]
    assert [one.check for one in audit(evidence(sides[1]))] == [
        "commitment",
        "request",
        "result",
        "revealed",
        "records",
        "budget",
    ]


def test_invented_elements_are_found_and_named(sides):
    assert bad(sides[0], records=records("acme", "gamma")) == {"records": ("beta",)}
    assert bad(sides[1], records={}) == {"records": ("beta", "delta", "gamma")}


def test_an_element_that_names_a_record_without_it(sides):
    moved = {"r-acme": ["acme\x1fleón"], "r-beta": ["beta\x1fleón"], "r-x": ["gamma\x1fleón"]}
    assert bad(sides[0], records=moved) == {"references": ("gamma",)}


def test_another_set_in_the_escrow_than_in_the_run(sides):
    us, mx = sides
    us.own = replace(us.own, items=companies([*NAMES[:2], "delta"]).items)
    assert bad(us, records=records("acme", "beta", "delta")).keys() == {"commitment", "setup", "revealed"}
    mx.own = replace(mx.own, items=mx.own.items[:2])
    assert {"commitment", "request"} <= bad(mx).keys()


def test_another_key_in_the_escrow_than_in_the_run(sides):
    us, mx = sides
    for side in (us, mx):
        side.own = replace(side.own, key=quick().new_key())
    assert bad(us).keys() == {"setup", "response", "reveal"}
    assert "request" in bad(mx)


def test_a_result_that_was_not_what_was_computed(sides):
    us, mx = sides
    mx.run = replace(mx.run, common=1)
    assert bad(mx).keys() == {"result"}
    assert bad(us) == {}


def test_sets_that_repeat_too_much(sides):
    us, _ = sides
    again = Side(US)
    again.offers(companies(NAMES[:2]))
    earlier = again.run, Escrow(again.own, US, again.run.proposal)
    assert bad(us, earlier=(earlier,)).keys() == {"overlap"}
    other = replace(again.run, proposal=replace(again.run.proposal, asked="cn-nncc"))
    assert bad(us, earlier=((other, earlier[1]), (us.run, evidence(us).escrow))) == {}


def test_more_elements_than_the_budget(sides):
    us, _ = sides
    again = Side(US)
    again.offers(companies([f"other {number}" for number in range(8)]))
    earlier = again.run, Escrow(again.own, US, again.run.proposal)
    small = replace(POLICY, budgets={"diversion": 10})
    assert bad(us, earlier=(earlier,), policy=small).keys() == {"budget"}
    assert bad(us, earlier=(earlier,)) == bad(us, policy=small) == {}
    long_ago = replace(again.run, log=tuple((*entry[:3], NOW - small.window) for entry in again.run.log))
    assert bad(us, earlier=((long_ago, earlier[1]),), policy=small) == {}


def test_persons_that_the_run_said_were_none(sides):
    us, _ = sides
    us.own = replace(us.own, items=tuple(replace(item, person=item.key.startswith("beta")) for item in us.own.items))
    assert bad(us) == {"persons": ("beta",)}
    us.run = replace(us.run, proposal=replace(us.run.proposal, persons=True, case="C-1"))
    assert "persons" in bad(us)
    assert "persons" not in bad(us, escrow=replace(evidence(us).escrow, answers=Answers("DPIA 7")))


def test_the_escrow_of_another_run_is_no_evidence(sides):
    us, mx = sides
    with pytest.raises(EscrowError):
        audit(evidence(us, escrow=replace(evidence(us).escrow, own=replace(us.own, run=other_run()))))
    with pytest.raises(EscrowError):
        audit(evidence(mx, escrow=replace(evidence(mx).escrow, proposal=replace(mx.run.proposal, purpose="tax"))))


def auditor(name: str):
    return load_sealing(known(name).sealing, SUITES)


def test_only_the_auditor_opens_what_was_put_away(sides):
    us, _ = sides
    put_away = evidence(us).escrow
    sealed = escrow.seal(put_away, known(US).sealing.record, SUITES)
    assert escrow.unseal(sealed, auditor(US)) == put_away
    assert b"acme" not in sealed
    with pytest.raises(EscrowError, match="another key"):
        escrow.unseal(sealed, auditor(MX))
    for forged in (sealed[:-1], sealed + b"x", sealed.replace(b'"v":1', b'"v":2', 1), b"", b"{}\n"):
        with pytest.raises(ExchangeError):
            escrow.unseal(forged, auditor(US))
    other = sealed.replace(us.run.id.encode(), other_run().encode(), 1)
    with pytest.raises(ExchangeError):
        escrow.unseal(other, auditor(US))


def test_an_escrow_goes_to_a_sealing_key_of_the_own_authority(sides):
    put_away = evidence(sides[0]).escrow
    for record in (known(MX).sealing.record, known(US).node.record):
        with pytest.raises(EscrowError, match="no sealing key"):
            escrow.seal(put_away, record, SUITES)
    assert known(US).sealing.record.role is Role.SEAL


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b'{"v":1}', b'{"v":2}'])
def test_something_else_is_no_escrow(data: bytes):
    with pytest.raises(EscrowError):
        escrow.read(data)


def test_an_offer_that_was_not_answered_is_audited_as_far_as_it_went():
    side = Side(US)
    side.offers(companies(NAMES))
    assert [one.check for one in audit(evidence(side))] == ["commitment", "records", "budget"]
    assert playing.owed(side.run, US) is None
