"""Fixtures that every kind of test shares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from entente.engine import Engine, open_engine
from entente.errors import MissingComponentError

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
# A loaded machine makes every example slow; that is no fault of the code, and a test never measures time.
# Where everything is required (CI), the examples are the same each time, so that what fails there fails for whoever
# repeats it; elsewhere, and in `make soak`, they are new each time.
REQUIRE_ALL = os.environ.get("ENTENTE_REQUIRE_ALL") == "1"
settings.register_profile("entente", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("required", settings.get_profile("entente"), derandomize=True)
settings.load_profile("required" if REQUIRE_ALL else "entente")
if find_spec("django") is not None:
    from entente.node.boot import boot

    os.environ["ENTENTE_HOME"] = str(Path(__file__).parent / "no-node-is-here")  # never the node of who runs the tests
    boot()  # before a test module imports a model


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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("entente.engine.spark.SMALL_ROWS", -1)  # the tables of tests are small, and Spark is to be tested
        try:
            engine = open_engine("spark", tmp_path_factory.mktemp("spark"))
        except MissingComponentError as error:
            skip_or_fail(error.message)
        with engine:
            yield engine


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A database with all tables of a node, made once."""
    if find_spec("django") is None:
        skip_or_fail("the extra node")
    import node_databases

    if not node_databases.is_postgres_there():
        skip_or_fail("a PostgreSQL server on 127.0.0.1:5432")
    with node_databases.template() as name:
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[Callable[[str], str]]:
    """Gives a node by its name the address of a database; a test that asks for it runs on both kinds."""
    import node_databases

    if request.param == "sqlite":
        yield node_databases.sqlite
        return
    with node_databases.postgres(request.getfixturevalue("postgres_template")) as urls:
        yield urls


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of the chemistry extra needs RDKit."""
    if item.get_closest_marker("chem") and find_spec("rdkit") is None:
        skip_or_fail("RDKit (the extra chem)")
