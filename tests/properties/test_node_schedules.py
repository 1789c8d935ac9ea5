"""The schedules of the exchange on real stores: every act in a process that is killed, and unsynced files are lost.

Named properties and invariants are those of `exchange_schedules`: what is acknowledged was delivered exactly
once and in order, what was delivered is a beginning of what was sent, both ledgers agree when the nodes meet in peace.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest

from entente.node.store import database
from exchange_schedules import NAMES, Schedule, check, step
from node_crash import crash_nodes
from node_databases import postgres
from node_people import Office, copied, offices


class RealSchedule(Schedule):
    """Schedule on paired nodes with directories."""

    def __init__(self, made: dict[str, Office], seed: int) -> None:
        super().__init__()
        self.nodes = crash_nodes(made, seed)
        for name, node in self.nodes.items():
            node.clock = lambda name=name: self.now[name]

    @property
    def deaths(self) -> int:
        return sum(node.deaths for node in self.nodes.values())

    def close(self) -> None:
        for node in self.nodes.values():
            database.forget(node.node.parts.alias)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Office]:
    return offices(tmp_path_factory.mktemp("made"), *NAMES)


@contextmanager
def scratch() -> Iterator[Path]:
    """In memory where there is room for it: what is durable is simulated, and syncing for real costs hours."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    path = Path(mkdtemp(prefix="entente-schedule-", dir=memory if memory.is_dir() else None))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with scratch() as path:
        yield path


def run(made: dict[str, Office], seed: int, steps: int) -> int:
    """One schedule; how often a node died in it."""
    world, chance = RealSchedule(made, seed), random.Random(seed)
    for _ in range(steps):
        step(world, chance)
        check(world)
    world.teardown()
    deaths = world.deaths
    world.close()
    return deaths


@pytest.mark.parametrize("seed", range(4))
def test_schedules_with_kills_and_lost_files(made, folder, seed):
    assert run(copied(made, folder), seed, steps=30) > 0


@pytest.mark.parametrize("seed", [7])
def test_schedules_with_kills_on_postgresql(folder, postgres_template, seed):
    with postgres(postgres_template) as urls:
        assert run(offices(folder, *NAMES, databases=urls), seed, steps=30) > 0


@pytest.mark.soak
@pytest.mark.parametrize("block", range(40))
def test_a_thousand_schedules(tmp_path, block):
    """Each block of 25 makes its nodes anew: with the tables of the code that runs now."""
    made, deaths = offices(tmp_path, *NAMES), 0
    for seed in range(1000 + 25 * block, 1025 + 25 * block):
        with scratch() as place:
            try:
                deaths += run(copied(made, place), seed, steps=40)
            except Exception as error:
                here = place if place.exists() else "a folder that something else removed meanwhile"
                error.add_note(f"schedule {seed} in {here}")
                raise
    assert deaths > 25


@pytest.mark.soak
@pytest.mark.parametrize("block", range(4))
def test_a_hundred_schedules_on_postgresql(postgres_template, block):
    deaths = 0
    for seed in range(5000 + 25 * block, 5025 + 25 * block):
        with scratch() as place, postgres(postgres_template) as urls:
            deaths += run(offices(place, *NAMES, databases=urls), seed, steps=40)
    assert deaths > 25
