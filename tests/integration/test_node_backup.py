"""Backup of a node at work, and a restored node that signs nothing before its peers have answered."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from entente.exchange.errors import SealError
from entente.exchange.ledger.errors import RestoreError
from entente.exchange.match.errors import EscrowError
from entente.exchange.store import Way
from entente.exchange.strict import write_base64
from entente.exchange.suites import builtin
from entente.node.errors import BackupError, NodeError
from entente.node.home import RESTORING, Home
from entente.node.node import Node
from entente.node.services import matching
from entente.node.services.backup import backup
from entente.node.services.match_files import Shelf
from entente.node.services.restoring import restore
from entente.node.store import models
from exchange_people import NOW
from match_engine import quick
from match_sides import PREDICATE, companies
from node_people import COST, MX, PASS, US, Office, meet, offices


@pytest.fixture
def both(tmp_path, databases):
    made = offices(tmp_path, US, MX, databases=databases)
    for _ in range(3):
        made[US].send(MX)
        made[MX].send(US)
    meet(made[US], made[MX], 2)
    return made


def restored(office: Office, tmp_path: Path, file: Path, **options) -> Node:
    home = Home(tmp_path / "restored")
    restore(file, home, office.node.parts.home.keys, PASS, builtin(), lambda: NOW, **options)
    return Node.open(home.path, lambda: NOW, PASS)


@pytest.fixture
def saved(both, tmp_path, databases):
    backup(both[US].node.parts, tmp_path / "b", tmp_path / "k")
    return {"url": databases("again")}


def test_what_was_there_is_there_and_what_came_since_comes_again(both, tmp_path, saved):
    us, mx = both[US], both[MX]
    mx.send(US)
    us.send(MX)
    meet(us, mx, 2)
    us.node.close()
    back = Office(restored(us, tmp_path, tmp_path / "b", keys_file=tmp_path / "k", **saved), us.ann, us.bob)
    with pytest.raises(RestoreError):
        back.send(MX)
    meet(back, mx, 3)
    assert [row.sequence for row in back.node.messages(MX, Way.TAKEN)] == [1, 2, 3, 4]
    assert back.send(MX).sequence == 5
    meet(back, mx, 2)
    assert len(mx.node.messages(US, Way.TAKEN)) == 5
    for row in back.node.messages(MX, Way.TAKEN):
        assert back.node.read(row).header.sender == MX
    assert models.EvidenceFile.objects.using(mx.node.parts.alias).count() == 0


def test_without_the_keys_file_all_contents_stay_closed(both, tmp_path, saved):
    node = restored(both[US], tmp_path, tmp_path / "b", **saved)
    for way in Way:
        with pytest.raises(SealError, match="key of this content"):
            node.read(node.messages(MX, way)[0])


def test_a_backup_under_load_is_one_moment(both, tmp_path, databases):
    us, stop = both[US], threading.Event()

    def load() -> None:
        while not stop.is_set():
            us.send(MX)
        us.node.close()

    thread = threading.Thread(target=load)
    thread.start()
    try:
        for number in range(3):
            backup(us.node.parts, tmp_path / f"b{number}")
    finally:
        stop.set()
        thread.join()
    node = restored(us, tmp_path, tmp_path / "b2", url=databases("again"))
    assert [row.sequence for row in node.messages(MX, Way.SENT)] == list(
        range(1, 1 + len(node.messages(MX, Way.SENT, most=100_000)))
    )[:256]


@pytest.fixture
def small(tmp_path):
    made = offices(tmp_path, US, MX)
    made[US].send(MX)
    meet(made[US], made[MX], 2)
    backup(made[US].node.parts, tmp_path / "b", tmp_path / "k")
    return made[US]


def test_a_stolen_backup_shows_nothing(small, tmp_path):
    data = (tmp_path / "b").read_bytes()
    assert not any(word in data for word in (b"us-dea", b"mx-pgr", b"alert", b"config.toml", b"entente."))
    assert (tmp_path / "b").stat().st_mode & 0o077 == 0


def test_a_backup_that_was_changed_or_cut_is_refused_and_nothing_can_be_signed(small, tmp_path):
    data = (tmp_path / "b").read_bytes()
    spots = [0, 20, 60, len(data) // 2, len(data) - 1]
    spoilt = [data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :] for at in spots]
    for number, wrong in enumerate([*spoilt, data[: len(data) // 2], data[:-1], data[:50], b""]):
        (tmp_path / "wrong").write_bytes(wrong)
        home = Home(tmp_path / f"r{number}")
        with pytest.raises(BackupError):
            restore(tmp_path / "wrong", home, small.node.parts.home.keys, PASS, builtin(), lambda: NOW)
        with pytest.raises(NodeError):
            Node.open(home.path, lambda: NOW, PASS)
        assert (home.path / RESTORING).exists()


def test_what_is_deleted_while_the_backup_is_made_is_not_missed(small, tmp_path, monkeypatch):
    from entente.node.services import backup as module

    (row,) = small.node.messages(MX, Way.SENT)
    real = module._packs

    def packs(parts, alias, target):
        parts.uow.blobs.delete(row.blob)
        yield from real(parts, alias, target)

    monkeypatch.setattr(module, "_packs", packs)
    backup(small.node.parts, tmp_path / "during")
    node = restored(small, tmp_path, tmp_path / "during")
    assert not node.parts.uow.blobs.has(row.blob)
    assert node.parts.uow.blobs.has(row.wire)


def test_what_is_allowed_and_what_is_kept_of_private_matches_comes_back_and_is_encrypted(small, tmp_path):
    parts, rules = small.node.parts, b"[peers.mx-pgr]\nmost = 50\n[peers.mx-pgr.budgets]\ndiversion = 60\n"
    (parts.home.path / "match.toml").write_bytes(rules)
    shelf, sealed = Shelf(parts), list[bytes]()
    shelf.new_auditor(b"an auditor's own words", sealed.append, cost=COST)
    wish = {"purpose": "diversion", "predicate": PREDICATE, "due": NOW + timedelta(days=3)}
    run = matching.offer(
        matching.Desk.at(parts, [small.ann, small.bob], quick()), MX, companies(["acme", "beta"]), **wish
    )
    backup(parts, tmp_path / "later", tmp_path / "later-keys")
    assert b"acme" not in (tmp_path / "later").read_bytes()
    node = restored(small, tmp_path, tmp_path / "later", keys_file=tmp_path / "later-keys")
    back = Shelf(node.parts)
    assert (back.own(run.id), back.escrow(run.id)) == (shelf.own(run.id), shelf.escrow(run.id))
    assert (back.marks(run.id), back.auditor()) == (shelf.marks(run.id), shelf.auditor())
    assert (node.parts.home.path / "match.toml").read_bytes() == rules
    assert not (node.parts.home.path / "taxii.toml").exists()


def test_of_a_run_that_is_younger_than_the_backup_it_is_said_that_its_set_is_gone(small, tmp_path):
    node = restored(small, tmp_path, tmp_path / "b", keys_file=tmp_path / "k")
    run = write_base64(bytes(32))
    with pytest.raises(EscrowError, match="not on this node") as found:
        Shelf(node.parts).own(run)
    assert "older than the run" in found.value.remedy


def test_the_keys_of_another_node_open_nothing(small, tmp_path):
    with pytest.raises(BackupError, match="node with these keys"):
        restore(tmp_path / "b", Home(tmp_path / "r"), tmp_path / MX / "keys", PASS, builtin(), lambda: NOW)


def test_a_backup_of_keys_is_no_backup_of_a_node(small, tmp_path):
    with pytest.raises(BackupError, match="no backup of the kind"):
        restore(tmp_path / "k", Home(tmp_path / "r"), small.node.parts.home.keys, PASS, builtin(), lambda: NOW)


@pytest.mark.parametrize("model", [models.Leaf, models.MirrorLeaf])
def test_entries_that_are_not_those_that_were_signed_are_found(small, tmp_path, model):
    model.objects.using(small.node.parts.alias).filter(position=0).update(entry=b"taken\n{}")
    backup(small.node.parts, tmp_path / "bad")
    with pytest.raises(BackupError, match="not those that were signed"):
        restore(tmp_path / "bad", Home(tmp_path / "r"), small.node.parts.home.keys, PASS, builtin(), lambda: NOW)


def test_missing_ciphertext_is_found_when_the_backup_is_made(small, tmp_path):
    shutil.rmtree(small.node.parts.home.blobs)
    with pytest.raises(BackupError, match="missing"):
        backup(small.node.parts, tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


def test_a_node_moves_from_sqlite_to_postgresql(small, tmp_path, postgres_template):
    from node_databases import postgres

    with postgres(postgres_template) as urls:
        node = restored(small, tmp_path, tmp_path / "b", url=urls(""), keys_file=tmp_path / "k")
        assert node.read(node.messages(MX, Way.SENT)[0]).header.sender == US
        node.close()


def test_a_database_that_holds_a_node_is_not_written_over(both, tmp_path, saved):
    with pytest.raises(NodeError, match="not empty"):
        restored(both[US], tmp_path, tmp_path / "b", url=both[MX].node.parts.config.database or _url(both[MX]))


def _url(office: Office) -> str:
    return f"sqlite://{office.node.parts.home.path}/db.sqlite3"
