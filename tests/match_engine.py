"""The engine that all tests of the private match use, and sets for it."""

from __future__ import annotations

import hashlib
import os
from base64 import b64encode
from functools import cache
from typing import Any

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


class InProcess(OpenMined):
    """The same library without a process for each call, so that many small runs are quick."""

    def _run(self, op: str, key: bytes, data: bytes, **more: Any) -> bytes:
        import private_set_intersection.python as psi

        from entente.exchange.match import worker

        return worker._OPERATIONS[op](psi, {"key": b64encode(key).decode(), **more}, data)


@cache
def quick() -> InProcess:
    """For runs of whole sessions; see `engine`."""
    engine()
    return InProcess()
