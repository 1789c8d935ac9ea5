"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from entente.engine import Engine, open_engine
from entente.errors import MissingComponentError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
# A loaded machine makes every example slow; that is no fault of the code, and a test never measures time.
settings.register_profile("entente", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("entente")
REQUIRE_ALL = os.environ.get("ENTENTE_REQUIRE_ALL") == "1"


def skip_or_fail(missing: str) -> None:
    """Skip a test whose component is missing, or fail it where everything is required (CI)."""
    if REQUIRE_ALL:
        pytest.fail(f"{missing} is missing, and ENTENTE_REQUIRE_ALL=1 requires it")
    pytest.skip(f"{missing} is missing")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public test data beside the checkout."""
    if not SHARED.is_dir():
        skip_or_fail(f"the public test data folder {SHARED}")
    return SHARED


@pytest.fixture(scope="session")
def spark_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One Spark for all tests of a worker: starting it takes seconds."""
    try:
        engine = open_engine("spark", tmp_path_factory.mktemp("spark"))
    except MissingComponentError as error:
        skip_or_fail(error.message)
    with engine:
        yield engine


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of the chemistry extra needs RDKit."""
    if item.get_closest_marker("chem") and find_spec("rdkit") is None:
        skip_or_fail("RDKit (the extra chem)")
