"""Simulated trade reacts to the law that the register holds."""

from __future__ import annotations

from datetime import date

import pytest

from entente.simulate.bundled import SAMPLE
from entente.simulate.law import listing_days
from entente.simulate.resources import goods
from entente.substances.register import Register, load_register
from entente.substances.resolve import resolve


@pytest.fixture(scope="module")
def register() -> Register:
    return load_register()


def test_the_sample_reacts_to_a_listing_that_the_register_knows(register: Register):
    assert set(SAMPLE.listings) <= set(listing_days(register))
    assert dict(SAMPLE.listings)["23056-29-3"] == date(2024, 9, 1)


def test_papers_name_substances_as_the_register_does(register: Register):
    """A notification names its substance in words; a run must be able to tell which one is meant."""
    listed = [good for good in goods() if good.role == "listed"]
    unknown = [
        good.names[0][0] for good in listed if len({r.substance_id for r in resolve(register, good.names[0][0])}) != 1
    ]
    assert unknown == []


def test_every_listed_good_of_the_simulation_is_a_substance_of_the_register(register: Register):
    known = set(register.table("cas")["cas"].to_pylist())
    assert {good.cas for good in goods() if good.role == "listed"} <= known
