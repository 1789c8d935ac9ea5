"""Fuzz the readers: whatever the bytes, rows add up or an error says what to do.

`make soak` runs this for ten minutes; ENTENTE_SOAK_SECONDS sets another time. What it finds becomes a named vector in
test_records_hostile.py. A short round runs with the other tests.
"""

from __future__ import annotations

import os
import time

import pytest
from hypothesis import HealthCheck, given, settings

from records_fuzz import read_or_refused, sources

_ROUND = 500
_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large)


@given(sources())
@settings(deadline=None, max_examples=60, suppress_health_check=_CHECKS)
def test_a_short_round(data: bytes):
    read_or_refused(data)


@pytest.mark.soak
def test_fuzz():
    end = time.monotonic() + float(os.environ.get("ENTENTE_SOAK_SECONDS", "600"))
    seen: set[bool] = set()

    @given(sources())
    @settings(deadline=None, max_examples=_ROUND, suppress_health_check=_CHECKS, database=None)
    def one_round(data: bytes) -> None:
        seen.add(read_or_refused(data))

    while time.monotonic() < end:
        one_round()
    assert seen == {True, False}  # some were read, and some refused: the fuzzer reaches both
