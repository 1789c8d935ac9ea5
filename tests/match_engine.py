"""The engine that all tests of the private match use, and sets for it."""

from __future__ import annotations

import hashlib
import os
from functools import cache

import pytest

from entente.errors import MissingComponentError
from entente.exchange.match.openmined import OpenMined


@cache
def engine() -> OpenMined:
    """The real one; the test is skipped where the extra is not installed, unless everything is required."""
    made = OpenMined()
    try:
        made.new_key()
    except MissingComponentError:
        if os.environ.get("ENTENTE_REQUIRE_ALL"):
            raise
        pytest.skip("openmined-psi is not installed")
    return made


def elements(*names: object) -> list[str]:
    return [hashlib.sha256(str(name).encode()).hexdigest() for name in names]
