"""What holds for all sets: the result is the plain intersection, whatever order and duplicates the rows have."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from entente.exchange.match import playing
from entente.exchange.match.session import Phase
from match_engine import elements, quick
from match_sides import MX, US, Side, asks, companies, go_on, tell

NAMES = [f"firm {number}" for number in range(12)]
ROWS = st.lists(st.sampled_from(NAMES), min_size=1, max_size=14)


@settings(max_examples=40, deadline=None)
@given(left=ROWS, right=ROWS, client=st.sampled_from([US, MX]))
def test_a_run_counts_and_reveals_the_plain_intersection(left, right, client):
    us, mx = Side(US), Side(MX)
    mx.hear(us.offers(companies(left), client=client))
    tell(mx.answers(companies(right)), us, mx)
    go_on(us, mx)
    common = sorted({f"{name}\x1fleón" for name in {*left} & {*right}})
    assert us.run.common == mx.run.common == len(common)
    if common:
        for side in (us, mx):
            tell(asks(side), us, mx)
        go_on(us, mx)
        for side in (us, mx):
            assert [item.key for item in playing.common_items(side.run, side.own)] == common
        assert us.run.phase is mx.run.phase is Phase.REVEALED
    assert us.run == mx.run


@settings(max_examples=25, deadline=None)
@given(left=st.sets(st.integers(0, 30), min_size=1), right=st.sets(st.integers(0, 30), min_size=1))
def test_the_engine_alone_is_the_plain_intersection(left, right):
    engine = quick()
    server, client = engine.new_key(), engine.new_key()
    mine, theirs = elements(*sorted(left)), elements(*sorted(right))
    sizes = (len(mine), len(theirs))
    setup, request = engine.setup(server, mine), engine.request(client, theirs)
    count = engine.response(server, request, size=sizes[1], reveal=False)
    shown = engine.response(server, request, size=sizes[1], reveal=True)
    assert engine.result(client, setup, count, sizes=sizes) == len(left & right)
    places = engine.revealed(client, setup, shown, sizes=sizes)
    assert {theirs[place] for place in places} == {*mine} & {*theirs}


@settings(max_examples=25, deadline=None)
@given(rows=ROWS, seed=st.randoms())
def test_order_and_duplicates_of_rows_change_nothing(rows, seed):
    shuffled = [*rows, rows[0].upper(), f" {rows[-1]}. "]
    seed.shuffle(shuffled)
    assert companies(shuffled).keys == companies(rows).keys
