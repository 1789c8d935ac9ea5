"""Markings for every input: combining is a union of restrictions and never loosens."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from entente.exchange.handling import Condition, Marking, Tlp, at_least_as_strict, combine, inherited, read_marking
from entente.exchange.permits import Action, Circumstances, Permit, permit

NAMES = st.sampled_from(["us-dea", "mx-pgr", "cn-nncc"])
PURPOSES = st.frozensets(st.sampled_from(["diversion", "taxes", "laundering"]))
WORDS = st.frozensets(st.sampled_from(["Ask first.", "No press."]), max_size=2)
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
PLAIN = st.frozensets(st.sampled_from([condition for condition in Condition if condition is not Condition.H3]))


@st.composite
def markings(draw, unknown=True) -> Marking:
    words = draw(WORDS)
    return Marking(
        tlp=draw(st.sampled_from(Tlp)),
        conditions=draw(PLAIN) | ({Condition.H3} if words else set()),
        words=words,
        purposes=draw(st.none() | PURPOSES),
        consent=draw(st.frozensets(NAMES)),
        expires=draw(st.none() | DAYS),
        personal=draw(st.booleans()),
        unknown=draw(st.frozensets(st.sampled_from(["eyes-only", "field caveat"]))) if unknown else frozenset(),
    )


@st.composite
def circumstances(draw) -> Circumstances:
    return Circumstances(
        today=draw(DAYS),
        purpose=draw(st.sampled_from(["diversion", "taxes"])),
        by=draw(NAMES),
        originator=draw(NAMES),
        named=draw(st.booleans()),
        to=draw(st.none() | NAMES),
        consents=draw(st.frozensets(NAMES)),
        permission=draw(st.none() | st.just("a" * 64)),
        mla=draw(st.none() | st.just("MLA 7/2026")),
        capital=draw(st.none() | st.booleans()),
        assessment=draw(st.none() | st.just("b" * 64)),
        judged=draw(WORDS),
    )


@given(markings(), markings(), markings())
def test_combine_is_associative(one, two, three):
    assert combine(combine(one, two), three) == combine(one, combine(two, three)) == combine(one, two, three)


@given(markings(), markings())
def test_combine_is_commutative(one, two):
    assert combine(one, two) == combine(two, one)


@given(markings())
def test_combine_is_idempotent(one):
    assert combine(one, one) == combine(one) == one


@given(markings(), markings())
def test_combine_is_as_strict_as_each_part(one, two):
    assert at_least_as_strict(combine(one, two), one)
    assert at_least_as_strict(inherited(one, "us-dea"), one)


@given(markings(), markings(), st.sampled_from(Action), circumstances())
def test_combine_never_permits_what_a_part_refuses(one, two, action, now):
    if isinstance(permit(combine(one, two), action, now), Permit):
        assert isinstance(permit(one, action, now), Permit)
        assert isinstance(permit(two, action, now), Permit)


@given(markings(unknown=False))
def test_a_marking_reads_back(one):
    assert read_marking(one.as_json()) == one


@given(markings(), st.sampled_from(Action), circumstances())
def test_an_unknown_value_refuses_everything(one, action, now):
    if one.unknown:
        assert not isinstance(permit(one, action, now), Permit)


@given(
    st.dictionaries(
        st.sampled_from(["tlp", "conditions", "words", "purposes", "consent", "personal", "caveat"]),
        st.sampled_from(["TLP:CLEAR", "TLP:RED", ["H1"], ["eyes-only"], [], True, False]) | st.none(),
    )
)
def test_a_strange_marking_is_an_error_or_known_in_full_or_refuses(value):
    from entente.exchange.errors import MarkingError

    try:
        marking = read_marking(value)
    except MarkingError:
        return
    if not marking.unknown:
        assert set(value) <= {"tlp", "conditions", "words", "purposes", "consent", "personal"}
        assert value["tlp"] == marking.tlp.label
