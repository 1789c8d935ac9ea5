"""Every marking that can be written comes back from STIX as it was, and never looser when something is missing."""

from __future__ import annotations

import json
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from entente.exchange.facades import stix_marks
from entente.exchange.handling import Condition, Marking, Tlp, at_least_as_strict, combine

TEXTS = st.frozensets(st.text(st.characters(codec="utf-8"), min_size=1, max_size=20), max_size=3)


@st.composite
def markings(draw) -> Marking:
    words = draw(TEXTS)
    plain = draw(st.frozensets(st.sampled_from(sorted(set(Condition) - {Condition.H3}))))
    return Marking(
        draw(st.sampled_from(Tlp)),
        plain | ({Condition.H3} if words else set()),
        words,
        draw(st.none() | TEXTS),
        draw(TEXTS),
        draw(st.none() | st.dates(date(2000, 1, 1))),
        draw(st.booleans()),
    )


def read(*several: Marking, drop: int | None = None) -> Marking:
    made = [json.loads(one.serialize()) for marking in several for one in stix_marks.definitions(marking)]
    item = {"object_marking_refs": [one["id"] for one in made]}
    return stix_marks.marking_of(item, {one["id"]: one for n, one in enumerate(made) if n != drop})


@given(markings())
def test_a_marking_comes_back_as_it_was(marking):
    assert read(marking) == marking


@given(markings(), markings())
def test_two_markings_on_an_object_add_up(one, two):
    assert read(one, two) == combine(one, two)


@given(markings(), markings(), st.integers(0, 3))
def test_a_lost_definition_never_loosens(one, two, drop):
    whole, less = read(one, two), read(one, two, drop=drop)
    assert less.unknown or at_least_as_strict(less, whole)
