"""A node that is killed while it is made or brought up to date: it goes on where it stopped, or says what to do."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from conftest import skip_or_fail
from entente.node.config import Config
from entente.node.errors import NodeError
from entente.node.home import MAKING, Home
from entente.node.node import Node
from entente.node.store import database
from exchange_people import NOW
from ledger_toy import PowerCutError
from node_crash import apart
from node_databases import is_postgres_there, postgres
from node_people import COST, PASS, office


def killed_after_commit(number: int, work: Callable[[], object]) -> Callable[[], None]:
    """What works until so many commits were done, and is killed then."""

    def act() -> None:
        commit, done = BaseDatabaseWrapper._commit, count()

        def committed(wrapper: BaseDatabaseWrapper) -> None:
            commit(wrapper)
            if next(done) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        BaseDatabaseWrapper._commit = committed
        work()

    return act


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The alias of a database without a table."""
    if request.param == "sqlite":
        alias = database.register(database.settings_of("", tmp_path))
        yield alias
        database.forget(alias)
        return
    if not is_postgres_there():
        skip_or_fail("a PostgreSQL server on 127.0.0.1:5432")
    with postgres("template0") as urls:
        yield database.register(database.settings_of(urls(""), tmp_path))


@pytest.mark.parametrize("number", range(3))
def test_tables_and_what_says_that_they_are_there_are_one_commit(empty, tmp_path, number):
    with pytest.raises(PowerCutError):
        apart(killed_after_commit(number, lambda: database.migrate(empty)), -1, tmp_path / "log", full=False)
    assert database.missing_migrations(empty)
    database.migrate(empty)
    assert database.missing_migrations(empty) == []
    assert {"store_frame", "store_matchpaper"} <= set(connections[empty].introspection.table_names())


def init(home: Path) -> None:
    Node.init(home, Config("us-dea", "US", "S1", ""), lambda: NOW, PASS, cost=COST).close()


def killed_at(home: Path, cut: int) -> bool:
    """Whether the making of a node comes as far as its write number `cut`, where it is killed."""
    alias = database.register(database.settings_of("", home))
    try:
        apart(lambda: init(home), cut, home.parent / "log", full=False)
    except PowerCutError:
        return True
    finally:
        database.forget(alias)
    return False


def is_made_again(home: Path) -> None:
    """Either nothing is there, or what is there says that it is not whole; made anew, it is good."""
    with pytest.raises(NodeError, match=r"There is no node|not finished|cannot be read") as found:
        Node.open(home, lambda: NOW, PASS)
    assert "entente node init" in found.value.remedy
    shutil.rmtree(home, ignore_errors=True)
    made = office(home, "us-dea")
    assert not (home / MAKING).exists()
    assert Node.open(home, lambda: NOW, PASS).fingerprint == made.node.fingerprint
    made.node.close()


@pytest.mark.parametrize("cut", [3, 20, 40, 90])
def test_a_node_that_was_not_finished_says_so(tmp_path, cut):
    assert killed_at(tmp_path / "us-dea", cut)
    is_made_again(tmp_path / "us-dea")


@pytest.mark.soak
def test_a_node_that_was_killed_at_any_write_says_so(tmp_path):
    for cut in count():
        home = tmp_path / str(cut)
        if not killed_at(home, cut):
            break
        if Home(home).path.exists() and not (home / MAKING).exists() and any(home.iterdir()):
            break  # all is done but the last word
        is_made_again(home)
        shutil.rmtree(home)
    assert cut > 100


def test_no_node_is_made_on_the_database_of_another(tmp_path, databases):
    url = databases("us-dea") or f"sqlite://{tmp_path / 'one.sqlite3'}"
    office(tmp_path / "one", "us-dea", database=url).node.close()
    with pytest.raises(NodeError, match="a node in the database already"):
        office(tmp_path / "two", "mx-pgr", database=url)
