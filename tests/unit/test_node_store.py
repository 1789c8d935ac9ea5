"""The store of a node: one transaction a channel, durable ciphertext, and what is kept is what was put."""

from __future__ import annotations

import os
import threading

import pytest
from django.db import connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.restore import Restored, Signing, Succeeding
from entente.exchange.ledger.succession import Succession
from entente.exchange.ledger.tree import TreeHead
from entente.exchange.sealing import Position
from entente.exchange.store import Ask, Book, Suspension, Way
from entente.node.errors import StoreError
from entente.node.node import Node
from entente.node.store import bookfile, database, models
from entente.node.store.blobs import FileBlobs
from exchange_people import NOW
from ledger_toy import signer, witness
from node_people import CN, MX, PASS, US, offices


@pytest.fixture
def three(tmp_path, databases):
    return offices(tmp_path, US, MX, CN, databases=databases)


@pytest.fixture
def us(three):
    return three[US]


@pytest.fixture
def blobs(us) -> FileBlobs:
    return us.node.parts.uow.blobs


def channel(office, peer) -> str:
    return office.node.channel(peer).id


def test_a_transaction_is_whole_or_nothing(us):
    uow = us.node.parts.uow

    def fail() -> None:
        with uow.transaction(channel(us, MX)) as tx:
            tx.add_leaves([b"sent\n{}"])
            tx.put_keys({"ab" * 32: b"key"})
            tx.queue([1])
            uow.blobs.put(b"ciphertext")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with uow.transaction(channel(us, MX)) as tx:
        assert tx.leaves.size() == 0
        assert tx.queued(9) == []
    assert uow.blobs.names() == set()


def test_a_part_that_fails_is_undone_alone(us):
    uow, name = us.node.parts.uow, channel(us, MX)

    def fail() -> None:
        with uow.transaction(name) as inner:
            inner.add_leaves([b"two"])
            inner.save(Book(inner.book().ledger, sent=Position(7, "ab" * 32)))
            raise RuntimeError

    with uow.transaction(name) as tx:
        tx.add_leaves([b"one"])
        with pytest.raises(RuntimeError):
            fail()
        tx.add_leaves([b"three"])
        assert tx.book().sent.sequence == 0
    with uow.transaction(name) as tx:
        assert list(tx.leaves.entries(0, 9)) == [b"one", b"three"]
        assert tx.book().sent.sequence == 0


def test_two_channels_are_never_locked_by_one_thread(us):
    uow = us.node.parts.uow
    with uow.transaction(channel(us, MX)), pytest.raises(StoreError), uow.transaction(channel(us, CN)):
        pass


def test_there_is_no_transaction_on_a_channel_that_is_none(us):
    with pytest.raises(StoreError, match="no channel"), us.node.parts.uow.transaction("nobody/us-dea"):
        pass


def test_a_sequence_is_taken_once(us):
    row = us.send(MX)
    uow = us.node.parts.uow
    with pytest.raises(Exception, match=r"(?i)unique"), uow.transaction(channel(us, MX)) as tx:
        tx.put_messages([row])


def test_threads_and_processes_send_without_a_gap_or_a_double(us, tmp_path):
    other = Node.open(tmp_path / US, lambda: NOW, PASS)  # as another process would
    contents = [us.signed(MX) for _ in range(12)]

    def send(node: Node, some: list) -> None:
        for content in some:
            node.send(content, MX)
        node.close()

    threads = [
        threading.Thread(target=send, args=(node, contents[at::3])) for at, node in enumerate((us.node, other, us.node))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = us.node.messages(MX, Way.SENT)
    assert [row.sequence for row in rows] == list(range(1, 13))
    assert [row.leaf for row in rows] == list(range(12))
    assert {row.content for row in rows} == {content.id for content in contents}


def test_commits_of_sqlite_are_durable(tmp_path):
    alias = offices(tmp_path, US)[US].node.parts.alias
    with connections[alias].cursor() as cursor:
        found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")}
        assert cursor.execute("PRAGMA secure_delete").fetchone()[0] == 1
        assert cursor.execute("PRAGMA foreign_keys").fetchone()[0] == 1
    assert found == {"journal_mode": "wal", "synchronous": 2}
    assert connections[alias].settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_a_shredded_key_is_not_in_the_file_of_the_database(tmp_path):
    us = offices(tmp_path, US, MX)[US]
    alias, key = us.node.parts.alias, os.urandom(32)
    with us.node.parts.uow.transaction(channel(us, MX)) as tx:
        tx.put_keys({"ab" * 32: key})
    models.ContentKey.objects.using(alias).all().delete()
    with connections[alias].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    us.node.close()
    assert not any(key in path.read_bytes() for path in (tmp_path / US).glob("db.sqlite3*"))


def test_models_and_migrations_agree(us):
    from django.apps import apps
    from django.db.migrations.autodetector import MigrationAutodetector
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.state import ProjectState

    loader = MigrationLoader(None)
    changes = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps)).changes(loader.graph)
    assert "store" not in changes
    assert database.missing_migrations(us.node.parts.alias) == []


# Ciphertext


def test_ciphertext_of_a_transaction_is_one_file_and_each_reads_back(us, blobs):
    data = [os.urandom(size) for size in (0, 1, 5000, 70_000)]
    with us.node.parts.uow.transaction(channel(us, MX)):
        names = blobs.put_all(data)
        assert [blobs.get(name) for name in names] == data
        assert blobs.packs() == set()
    assert len(blobs.packs()) == 1
    assert [blobs.get(name) for name in names] == data


def test_a_damaged_or_missing_pack_is_never_taken_for_ciphertext(us, blobs):
    name = blobs.put(b"ciphertext")
    (pack,) = blobs.packs()
    path = blobs.path(pack)
    path.write_bytes(path.read_bytes().replace(b"cipher", b"cypher"))
    with pytest.raises(ExchangeError, match="damaged"):
        blobs.get(name)
    assert list(blobs.damaged()) == [name]
    path.unlink()
    with pytest.raises(ExchangeError, match="missing"):
        blobs.get(name)
    blobs.put(b"ciphertext")
    assert blobs.get(name) == b"ciphertext"


def test_deleted_ciphertext_is_overwritten_and_its_neighbours_stay(us, blobs):
    one, two = blobs.put_all([b"first secret", b"second one"])
    (pack,) = blobs.packs()
    blobs.delete(one)
    blobs.delete(one)
    assert not blobs.has(one)
    assert b"first secret" not in blobs.path(pack).read_bytes()
    assert blobs.get(two) == b"second one"
    blobs.delete(two)
    assert blobs.packs() == set()


def test_ciphertext_is_not_overwritten_if_the_transaction_is_undone(us, blobs):
    name = blobs.put(b"needed")
    with transaction.atomic(using=us.node.parts.alias):
        blobs.delete(name)
        transaction.set_rollback(True, using=us.node.parts.alias)
    assert blobs.get(name) == b"needed"


def test_what_a_crash_kept_from_being_overwritten_is_overwritten_by_sweep(us, blobs):
    names = blobs.put_all([b"first", b"secret one", b"third", b"last one"])
    (pack,) = blobs.packs()
    models.Ciphertext.objects.using(us.node.parts.alias).filter(digest__in=[names[1], names[3]]).delete()
    assert blobs.sweep() == 1
    data = blobs.path(pack).read_bytes()
    assert b"secret" not in data
    assert b"last" not in data
    assert [blobs.get(names[0]), blobs.get(names[2])] == [b"first", b"third"]
    assert blobs.sweep() == 0


def test_what_a_crash_left_is_swept_and_nothing_else(us, blobs):
    name = blobs.put(b"named")
    with transaction.atomic(using=us.node.parts.alias):
        blobs.put(b"unnamed")
        transaction.set_rollback(True, using=us.node.parts.alias)
    (blobs.path(next(iter(blobs.packs()))).parent / "torn.12345678.new").write_bytes(b"half")
    assert blobs.sweep() == 2
    assert blobs.get(name) == b"named"


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "ab" * 31])
def test_what_is_no_digest_is_never_a_path(us, blobs, name):
    with pytest.raises(ExchangeError):
        blobs.path(name)
    with pytest.raises(ExchangeError):
        blobs.get(name)


# The small state of a channel


def heads():
    return st.builds(TreeHead, st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32))


def states():
    log, peers = signer().key, {MX: witness("a").key, CN: witness("b").key}
    reports = st.dictionaries(st.sampled_from([MX, CN]), heads())
    succession = st.builds(Succession, st.just("old"), heads(), st.just(log))
    return st.one_of(
        st.builds(Signing, st.just(log), heads()),
        st.builds(Restored, st.just(log), heads(), st.just(peers), reports),
        st.builds(Succeeding, succession, st.just(peers), st.frozensets(st.sampled_from([MX, CN]))),
    )


def books():
    note = st.none() | st.text(max_size=50).map(str.encode)
    position = st.builds(Position, st.integers(0, 2**53 - 1), st.text("0123456789abcdef", min_size=64, max_size=64))
    numbers = st.integers(0, 2**53 - 1)
    ask = st.builds(Ask, numbers, numbers, numbers, numbers, st.lists(st.text(max_size=8), max_size=3).map(tuple))
    suspension = st.builds(Suspension, st.just(MX), st.just("ab" * 32), st.just(NOW))
    return st.builds(
        Book,
        states(),
        position,
        position,
        note,
        note,
        note,
        numbers,
        st.lists(st.binary(min_size=32, max_size=32), max_size=3).map(tuple),
        st.lists(suspension, max_size=2).map(tuple),
        ask,
        st.tuples(numbers, numbers),
    )


@given(book=books())
def test_a_book_reads_back(book):
    assert bookfile.read_book(bookfile.write_book(book), bookfile.write_state(book.ledger)) == book


def test_a_book_of_another_version_is_refused():
    with pytest.raises(StoreError, match="another version"):
        bookfile.read_state(b'{"v":2}')
