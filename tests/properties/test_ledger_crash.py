"""A power cut at any step loses no committed entry, and what was signed before it still stands."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entente.exchange.ledger.files import publish
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.proofs import verify_consistency, verify_inclusion
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import EMPTY, leaf_hash
from ledger_toy import PowerCutError, SimulatedDisk, entries, slow_head


def run(disk: SimulatedDisk, store: MemoryLeaves, heads: list, steps: list[int], batch: int) -> None:
    """Commit, index and sign, until the power goes."""
    log = TileLog(disk, store, heads[-1])
    for step in steps:
        store.append(entries(step, f"{store.size()} "))
        heads.append(log.index(batch=batch))


def check_after(disk: SimulatedDisk, store: MemoryLeaves, signed) -> TileLog:
    log = TileLog(disk, store, signed)
    everything = store.entries(0, store.size())
    head = log.index()
    assert head == slow_head(everything)
    verify_consistency(log.consistency_proof(signed.size), signed, head)
    for index in range(0, head.size, 97):
        verify_inclusion(log.inclusion_proof(index), leaf_hash(everything[index]), index, head)
    log.audit()
    assert TileLog(disk, store, head).audit() == []
    return log


SCHEDULE = [3, 250, 10, 600]


def steps_of(schedule: list[int], batch: int) -> int:
    disk = SimulatedDisk()
    run(disk, MemoryLeaves(), [EMPTY], schedule, batch)
    return disk.steps


@pytest.mark.parametrize("stop", range(steps_of(SCHEDULE, 256)))
def test_a_power_cut_before_each_step(stop: int):
    for seed in range(3):
        disk, store, heads = SimulatedDisk(stop), MemoryLeaves(), [EMPTY]
        with pytest.raises(PowerCutError):
            run(disk, store, heads, SCHEDULE, 256)
        check_after(disk.after_power_cut(random.Random(seed)), store, heads[-1])


@given(st.lists(st.integers(1, 400), min_size=1, max_size=6), st.integers(1, 600), st.integers(0, 200), st.randoms())
@settings(deadline=None, max_examples=60)
def test_power_cuts_anywhere_and_again(steps: list[int], batch: int, stop: int, chance: random.Random):
    disk, store, heads = SimulatedDisk(stop), MemoryLeaves(), [EMPTY]
    for _ in range(3):
        try:
            run(disk, store, heads, steps, batch)
        except PowerCutError:
            disk = disk.after_power_cut(chance)
            disk.stop = chance.randrange(200)
    check_after(disk.after_power_cut(chance), store, heads[-1])


@given(st.integers(0, 200), st.randoms())
@settings(deadline=None, max_examples=100)
def test_what_a_signed_head_needs_is_there_after_a_power_cut(stop: int, chance: random.Random):
    """But for open tiles of which the full one came after: they may be gone, and are made anew from the entries."""
    disk, store, heads = SimulatedDisk(stop), MemoryLeaves(), [EMPTY]
    with contextlib.suppress(PowerCutError):
        run(disk, store, heads, SCHEDULE, 256)
    log = TileLog(disk.after_power_cut(chance), store, heads[-1])
    log.audit()
    full = {path.partition(".p/")[0] for path in disk._live}
    assert all(".p/" in path and path.partition(".p/")[0] in full for path in log.repaired)


@pytest.mark.parametrize("lie", ["save", "sync_folders"])
def test_the_simulated_disk_catches_a_missing_sync(lie: str, monkeypatch: pytest.MonkeyPatch):
    """The tests above would fail if a sync were missing: here one is, and files are lost or torn."""

    def save(self, contents):
        for path, data in contents.items():
            self._live[path] = [data, False]
            self._touch(path)

    def sync_folders(self, folders):
        pass

    lies = {"save": save, "sync_folders": sync_folders}
    monkeypatch.setattr(SimulatedDisk, lie, lies[lie])
    found = set()
    for seed in range(40):
        disk = SimulatedDisk()
        publish(disk, {"a/file": b"content" * 100})
        found.add(disk.after_power_cut(random.Random(seed)).read("a/file"))
    assert found - {b"content" * 100}
