"""The doctor finds what was broken on purpose, says what to do, and says nothing of a node that is well."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest

from entente.exchange.channel_restore import begin
from entente.exchange.store import Way
from entente.node.services.checkup import Finding, Level, examine
from entente.node.store import models
from exchange_people import NOW
from node_people import MX, US, Clock, Office, meet, offices


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def us(tmp_path, databases, clock, monkeypatch) -> Office:
    room = SimpleNamespace(free=8 * 1024**3)
    monkeypatch.setattr("entente.node.services.checkup.shutil.disk_usage", lambda _: room)  # whatever disk this is
    made = offices(tmp_path, US, MX, databases=databases, clock=clock)
    made[US].send(MX)
    made[MX].send(US)
    meet(made[US], made[MX], 2)
    return made[US]


def found(office: Office, *, everything: bool = True) -> dict[str, Finding]:
    """What is not well, by what it is about."""
    return {one.what: one for one in examine(office.node.parts, everything=everything) if one.level is not Level.GOOD}


def test_a_node_that_is_well(us):
    assert found(us) == {}
    looked_at = {one.what for one in examine(us.node.parts, everything=True)}
    assert looked_at >= {"settings", "directory", "disk", "database", "clock", "keys", "peers", "ledger", "ciphertext"}


def test_what_was_broken_is_found(us):
    blobs, alias = us.node.parts.uow.blobs, us.node.parts.alias
    (row,) = us.node.messages(MX, Way.SENT)
    place = models.Ciphertext.objects.using(alias).get(digest=row.blob)
    path = blobs.path(place.pack)
    data = bytearray(path.read_bytes())
    data[place.start] ^= 1
    path.write_bytes(bytes(data))
    assert (problem := found(us)["ciphertext"]).level is Level.ERROR
    assert row.blob[:16] in problem.words
    path.unlink()
    assert found(us, everything=False)["ciphertext"].level is Level.ERROR


def test_entries_that_were_changed_are_found(us):
    models.Leaf.objects.using(us.node.parts.alias).filter(position=0).update(entry=b"sent\n{}")
    assert found(us)["ledger"].level is Level.ERROR


def test_a_damaged_tile_is_made_anew(us):
    tiles = [path for path in us.node.parts.home.tiles(MX).rglob("000.p/*") if "entries" not in str(path)]
    tile = max(tiles, key=lambda path: int(path.name))
    tile.write_bytes(b"damaged")
    words = [one.words for one in examine(us.node.parts, everything=True) if "made anew" in one.words]
    assert words == [f"{MX}: every entry is the one that was signed; tiles made anew: 1"]
    assert found(us) == {}


def test_keys_that_end_are_said_before_and_after(us, clock):
    clock.now = NOW + timedelta(days=700)
    assert found(us)["keys"].level is Level.WARNING
    assert found(us)["peers"].remedy == "Ask the peer for a new key."
    clock.now = NOW + timedelta(days=800)
    errors = [one for one in examine(us.node.parts) if one.level is Level.ERROR and one.what == "keys"]
    assert len(errors) == 3


def test_a_clock_that_went_back_is_found(us, clock):
    clock.now = NOW - timedelta(hours=1)
    assert found(us)["clock"].level is Level.ERROR


def test_a_message_that_nobody_takes_is_said(us, clock):
    us.send(MX)
    assert "outbox" not in found(us)
    clock.now = NOW + timedelta(days=8)
    assert "entente sync mx-pgr" in found(us)["outbox"].remedy


def test_a_node_back_from_a_backup_says_for_whom_it_waits(us):
    begin(us.node.parts.uow, [us.node.channel(MX)])
    assert MX in found(us)["ledger"].words


def test_what_others_may_read_is_said(us):
    (us.node.parts.home.keys / "log.json").chmod(0o640)
    assert "chmod 600" in found(us)["directory"].remedy
