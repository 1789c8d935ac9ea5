"""Tiles: paths, widths, files on disk, repair from the entries."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from entente.exchange.ledger import files as files_module
from entente.exchange.ledger.errors import DamageError, LedgerError
from entente.exchange.ledger.files import DiskFiles, publish
from entente.exchange.ledger.leaves import MemoryLeaves, SqliteLeaves
from entente.exchange.ledger.proofs import verify_inclusion
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tiles import ENTRIES, Tile, parse_path, read_bundle, tiles_of, write_bundle
from entente.exchange.ledger.tree import EMPTY, TreeHead, leaf_hash
from ledger_toy import MemoryFiles, entries, log_of, slow_head

PATHS = {
    Tile(0, 1234067): "tile/0/x001/x234/067",
    Tile(0, 0): "tile/0/000",
    Tile(3, 999, 255): "tile/3/999.p/255",
    Tile(63, 1000, 1): "tile/63/x001/000.p/1",
    Tile(ENTRIES, 12, 7): "tile/entries/012.p/7",
}


@pytest.mark.parametrize(("tile", "path"), PATHS.items())
def test_a_tile_has_one_path(tile: Tile, path: str):
    assert tile.path == path
    assert parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0",
        "tile/0/1",
        "tile/00/001",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/001",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/01",
        "tile/0/001.p/",
        "tile/0/001/",
        "tile/0/../001",
        "/tile/0/001",
        "tile/0/٠٠١",
        "tile/0/x" + "001/x" * 30 + "001",
        "tile/entries/0001",
        "tile/data/001",
    ],
)
def test_other_paths_are_refused(path: str):
    with pytest.raises(LedgerError):
        parse_path(path)


def test_the_example_of_the_standard():
    tiles = list(tiles_of(70_000))
    full = [tile for tile in tiles if tile.width == 256]
    assert [sum(tile.level == level for tile in full) for level in range(3)] == [273, 1, 0]
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert list(tiles_of(256)) == [Tile(0, 0), Tile(1, 0, 1)]
    assert list(tiles_of(0)) == []


def test_bundles():
    items = [b"", b"a", b"b" * 65_535]
    assert read_bundle(write_bundle(items)) == tuple(items)
    with pytest.raises(LedgerError):
        write_bundle([b"c" * 65_536])
    for cut in (1, 3, 100):
        with pytest.raises(DamageError):
            read_bundle(write_bundle(items)[:-cut])


def test_what_stands_on_disk(tmp_path: Path):
    items = entries(70_000)
    leaves = MemoryLeaves(items[:300])
    log = TileLog(DiskFiles(tmp_path), leaves)
    log.index()
    assert (tmp_path / "tile/0/001.p/44").is_file()
    leaves.append(items[300:])
    head = log.index()
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    bundles = {tile.path.replace("tile/0", "tile/entries") for tile in tiles_of(70_000) if tile.level == 0}
    assert found == {tile.path for tile in tiles_of(70_000)} | bundles
    assert read_bundle((tmp_path / "tile/entries/000").read_bytes()) == tuple(items[:256])
    assert (tmp_path / "tile/0/000").read_bytes()[32:64] == leaf_hash(items[1])
    assert {path.stat().st_mode & 0o077 for path in tmp_path.rglob("*")} == {0}
    assert TileLog(DiskFiles(tmp_path), leaves, head).audit() == []


def test_every_file_is_synced_before_it_gets_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    events: list[tuple[str, str]] = []
    real_sync, real_replace = os.fsync, Path.replace

    def sync(handle: int) -> None:
        events.append(("sync", Path(f"/proc/self/fd/{handle}").readlink().relative_to(tmp_path).as_posix()))
        real_sync(handle)

    def replace(old: Path, new: Path) -> Path:
        events.append(("name", new.relative_to(tmp_path).as_posix()))
        return real_replace(old, new)

    monkeypatch.setattr(files_module.os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", replace)
    publish(DiskFiles(tmp_path), {"a/b/one": b"1", "two": b"2", "three": b"3"})
    names = [at for at, (what, _) in enumerate(events) if what == "name"]
    assert {name for _, name in events[: names[0]]} == {"a/b/one.tmp", "two.tmp", "three.tmp"}
    assert {name for _, name in events[names[-1] + 1 :]} == {".", "a", "a/b"}
    assert (tmp_path / "a/b/one").read_bytes() == b"1"


@pytest.mark.parametrize("size", [1, 255, 256, 257, 66_000])
@pytest.mark.parametrize("harm", ["lost", "cut", "changed", "empty"])
def test_torn_tiles_are_made_anew(size: int, harm: str):
    items = entries(size)
    log = log_of(items)
    files: MemoryFiles = log._files
    right = dict(files.content)
    for path in [path for path in right if path.startswith("tile/") and "/00" in path]:
        files.content.update(right)
        data = files.content.pop(path)
        if harm != "lost":
            torn = {"cut": data[:-1], "changed": data[:-1] + bytes([data[-1] ^ 1]), "empty": b""}
            files.content[path] = torn[harm]
        again = TileLog(files, MemoryLeaves(items), log.head())
        assert again.inclusion_proof(0) == log.inclusion_proof(0)
        again.audit()
        assert again.repaired == [path]
        assert files.content == right


def test_a_database_that_was_not_signed_is_not_indexed():
    items = entries(600)
    log = log_of(items)
    with pytest.raises(DamageError):
        TileLog(log._files, MemoryLeaves(items[:-1]), log.head())
    with pytest.raises(DamageError):
        TileLog(MemoryFiles(), MemoryLeaves([*items[:-1], b"other"]), log.head())
    with pytest.raises(DamageError):
        TileLog(log._files, MemoryLeaves(items), TreeHead(600, EMPTY.root))


def test_an_entry_changed_in_the_database_is_found():
    items = entries(600)
    log = log_of(items)
    changed = MemoryLeaves([b"other", *items[1:]])
    with pytest.raises(DamageError):
        TileLog(log._files, changed, log.head()).audit()
    del log._files.content["tile/0/000"]
    with pytest.raises(DamageError):
        TileLog(log._files, changed, log.head()).inclusion_proof(0)


def test_missing_entries_stop_the_index():
    class Short(MemoryLeaves):
        def size(self) -> int:
            return super().size() + 1

    log = TileLog(MemoryFiles(), Short(entries(3)))
    with pytest.raises(DamageError):
        log.index()
    assert log.head() == EMPTY


def test_a_full_disk_leaves_the_log_where_it_was():
    full = False

    def before() -> None:
        if full:
            raise OSError(28, "No space left on device")

    leaves = MemoryLeaves(entries(300))
    log = TileLog(MemoryFiles(before), leaves)
    head = log.index()
    leaves.append(entries(700, "more "))
    full = True
    with pytest.raises(OSError, match="No space"):
        log.index()
    assert log.head() == head
    verify_inclusion(log.inclusion_proof(299), leaf_hash(b"entry 299"), 299, head)
    full = False
    assert log.index() == slow_head(leaves.entries(0, 1000))


def test_batches_make_no_difference():
    items = entries(1000)
    for batch in (1, 7, 256, 300):
        log = TileLog(MemoryFiles(), MemoryLeaves(items))
        assert log.index(batch=batch) == log_of(items).head()
        assert {path for path in log._files.content if ".p/" not in path} == {
            path for path in log_of(items)._files.content if ".p/" not in path
        }


def test_without_bundles():
    log = TileLog(MemoryFiles(), MemoryLeaves(entries(300)), bundles=False)
    log.index()
    assert not [path for path in log._files.content if "entries" in path]
    assert log.audit() == []


def test_memory_holds_few_tiles():
    items = entries(5000)
    log = TileLog(log_of(items)._files, MemoryLeaves(items), log_of(items).head(), cached_tiles=2)
    for index in range(0, 5000, 97):
        verify_inclusion(log.inclusion_proof(index), leaf_hash(items[index]), index, log.head())
    assert log._full.cache_info().currsize == 2


def test_a_proof_beyond_the_index_is_refused():
    log = log_of(entries(3))
    with pytest.raises(DamageError):
        log.inclusion_proof(0, 4)


def test_entries_in_sqlite():
    store = SqliteLeaves(sqlite3.connect(":memory:"))
    store.append([b"a", b"b"])
    store.append([b"", b"d"])
    assert store.size() == 4
    assert list(store.entries(1, 3)) == [b"b", b""]
    assert TileLog(MemoryFiles(), store).index() == slow_head([b"a", b"b", b"", b"d"])
