"""Two nodes over a real network on this machine: TLS 1.3, pinned keys, real servers."""

from __future__ import annotations

import os
import signal
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from entente.exchange import attachments
from entente.exchange.attachments import decrypt, encrypt
from entente.exchange.store import Way
from entente.exchange.suites import builtin
from entente.node.home import Home
from entente.node.node import Node
from entente.node.wire import certificate
from entente.node.wire.client import Line
from entente.node.wire.errors import PinError, RefusedError, WireError
from entente.node.wire.syncing import sync
from node_people import MX, PASS, US, Office
from wire_people import PATIENCE, line, now, paired, pin, process, serving


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    return paired(tmp_path_factory.mktemp("wire"), US, MX)


def book(here: Office, there: Office):
    with here.node.parts.uow.transaction(here.node.channel(there.name).id) as tx:
        return tx.book()


def test_messages_go_both_ways_and_are_receipted(both):
    us, mx = both[US], both[MX]
    for _ in range(3):
        us.send(MX)
    mx.send(US)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        done = sync(us.node, wire, MX)
    assert (done.done, done.receipted, done.taken, done.problems) == (True, 3, 1, ())
    here, there = book(us, mx), book(mx, us)
    assert here.asked.receipted == 1
    assert here.mirror_size == there.mirror_size == 4
    assert len(mx.node.messages(US, Way.TAKEN)) == 3


def test_a_second_sync_finds_nothing_to_do(both):
    us, mx = both[US], both[MX]
    with serving(mx.node) as port, line(us, mx, port) as wire:
        sync(us.node, wire, MX)
        done = sync(us.node, wire, MX)
    assert (done.done, done.meetings, done.receipted, done.taken) == (True, 1, 0, 0)


def test_more_than_one_meeting_holds_goes_in_several(both):
    us, mx = both[US], both[MX]
    us.node.send_many([us.signed(MX) for _ in range(10)], MX)
    mx.node.send_many([mx.signed(US) for _ in range(7)], US)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        done = sync(us.node, wire, MX, most=3)
    assert (done.done, done.receipted, done.taken) == (True, 10, 7)
    assert done.meetings >= 4


def test_another_key_is_refused_before_anything_is_sent(both):
    us, mx = both[US], both[MX]
    us.send(MX)
    with serving(us.node) as port, line(us, mx, port) as wire, pytest.raises(PinError):
        sync(us.node, wire, MX)
    assert book(us, mx).sent.sequence > book(us, mx).asked.taken


@contextmanager
def between(upstream: int, folder: Path) -> Iterator[tuple[int, list[bytes]]]:
    """A man in the middle with a certificate of his own, who writes down what he sees."""
    certificate.ensure(folder, "mx-pgr", b"s" * 32, now())
    context, seen = certificate.server_context(folder, b"s" * 32), list[bytes]()
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        try:
            plain, _ = listener.accept()
            with (
                context.wrap_socket(plain, server_side=True) as victim,
                socket.create_connection(("127.0.0.1", upstream)),
            ):
                seen.append(victim.recv(4096))
        except OSError:
            return

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield listener.getsockname()[1], seen
    listener.close()
    thread.join(PATIENCE)


def test_a_man_in_the_middle_with_another_certificate_sees_nothing(both, tmp_path):
    us, mx = both[US], both[MX]
    with (
        serving(mx.node) as port,
        between(port, tmp_path) as (middle, seen),
        line(us, mx, middle) as wire,
        pytest.raises(PinError),
    ):
        sync(us.node, wire, MX)
    assert b"".join(seen) == b""


def test_tls_1_2_is_refused_by_the_server(both):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with (
        serving(both[MX].node) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain)


def test_tls_1_2_is_refused_by_the_client(both):
    us, mx = both[US], both[MX]
    context = certificate.server_context(mx.node.parts.home.keys, mx.node.parts.keys().secret)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        plain, _ = listener.accept()
        with plain, pytest.raises(ssl.SSLError):
            context.wrap_socket(plain, server_side=True)

    thread = threading.Thread(target=run)
    thread.start()
    with listener, line(us, mx, listener.getsockname()[1]) as wire, pytest.raises(WireError, match="no connection"):
        wire.meet(lambda _: b"", 1, 1)
    thread.join(PATIENCE)


def test_a_killed_receiver_goes_on_where_it_was_and_a_bundle_does_the_same(tmp_path):
    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    us.node.send_many([us.signed(MX) for _ in range(120)], MX)
    home = mx.node.parts.home.path
    with process(home) as (running, port), line(us, mx, port) as wire:

        def kill(progress) -> None:
            if progress.meetings == 3:
                os.kill(running.pid, signal.SIGKILL)

        with pytest.raises(WireError, match="could not be reached"):
            sync(us.node, wire, MX, kill, most=10)
    assert 0 < book(mx, us).taken.sequence < 120
    mx.node.import_bundle(us.node.export_bundle(MX))
    us.node.import_bundle(mx.node.export_bundle(US))
    assert book(us, mx).asked.taken == 120
    us.send(MX)
    with process(home) as (_, port), line(us, mx, port) as wire:
        assert sync(us.node, wire, MX).done
    rows = mx.node.messages(US, Way.TAKEN)
    assert [row.sequence for row in rows] == list(range(1, 122))
    assert len({row.content for row in rows}) == 121
    with us.node.parts.uow.transaction(us.node.channel(MX).id) as tx:
        assert len(tx.receipts(Way.SENT, 1, 200)) == 121
        assert list(tx.queued(1)) == []


def test_a_killed_receiver_answers_a_retry_with_the_first_receipt(both, tmp_path):
    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    us.send(MX)
    parcel = us.node.give(MX)
    mx.node.take(US, parcel)  # the answer never arrives
    first = mx.node.give(US).receipts
    with process(mx.node.parts.home.path) as (_, port), line(us, mx, port) as wire:
        sync(us.node, wire, MX)
    with us.node.parts.uow.transaction(us.node.channel(MX).id) as tx:
        assert tuple(tx.receipts(Way.SENT, 1, 2).items()) == first


def test_a_peer_that_cannot_be_reached_is_tried_again_with_pauses(both):
    us, mx = both[US], both[MX]
    pauses: list[float] = []
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody else gets this port, and nobody listens there
        port = closed.getsockname()[1]
        with line(us, mx, port, tries=4, sleep=pauses.append) as wire, pytest.raises(WireError, match="no connection"):
            sync(us.node, wire, MX)
    assert len(pauses) == 3
    assert all(0.5 * 2**at <= pause <= 2.0**at for at, pause in enumerate(pauses))


def test_a_peer_without_a_server_is_told_apart(both):
    with pytest.raises(WireError, match="no server"):
        Line(both[US].node, MX, "", "")


def test_a_suspended_channel_lets_the_resumption_through(tmp_path):
    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    with serving(mx.node) as port, line(us, mx, port) as wire:
        start = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        halt = us.send(MX, kind="suspension", body={"from": start})
        crossing = mx.send(US)
        done = sync(us.node, wire, MX)
        assert (done.done, done.taken) == (True, 1)
        assert mx.node.messages(US, Way.TAKEN)[-1].type == "suspension"
        again = {"suspension": halt.content, "from": start}
        us.send(MX, kind="resumption", body=again)
        us.send(MX)
        assert sync(us.node, wire, MX).done
    assert [row.type for row in mx.node.messages(US, Way.TAKEN)] == ["suspension", "resumption", "alert"]
    assert crossing.content == us.node.messages(MX, Way.TAKEN)[0].content


def attach(here: Office, to: str, size: int) -> bytes:
    """Send a message with an attachment of random bytes."""
    plain = os.urandom(size)
    blobs = here.node.parts.uow.blobs
    about = encrypt([plain], blobs.put, name="scan.pdf", media="application/pdf")
    here.send(to, attachments=(about,))
    return plain


def attached(here: Office, sender: str) -> bytes:
    row = here.node.messages(sender, Way.TAKEN)[-1]
    (about,) = here.node.read(row).header.attachments
    blobs = here.node.parts.uow.blobs
    return b"".join(decrypt(about, (blobs.get(piece.hex()) for piece in about.pieces)))


def test_attachments_are_fetched_piece_by_piece(both, monkeypatch):
    monkeypatch.setattr(attachments, "PIECE", 256 * 1024)
    us, mx = both[US], both[MX]
    plain = attach(mx, US, 1_000_000)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        done = sync(us.node, wire, MX)
    assert (done.done, done.pieces) == (True, 4)
    assert attached(us, MX) == plain


@contextmanager
def cutting(upstream: int, after: int) -> Iterator[tuple[int, list[int]]]:
    """A carrier that cuts each connection after so many bytes of answers; what each brought."""
    listener, brought = socket.create_server(("127.0.0.1", 0)), list[int]()

    def pump(one: socket.socket, two: socket.socket, most: int) -> int:
        total = 0
        try:
            while total < most and (data := one.recv(65536)):
                two.sendall(data)
                total += len(data)
        except OSError:
            pass
        for sock in (one, two):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        return total

    def run() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", upstream))
            threading.Thread(target=pump, args=(client, server, 1 << 40), daemon=True).start()
            brought.append(pump(server, client, after))

    threading.Thread(target=run, daemon=True).start()
    yield listener.getsockname()[1], brought
    listener.close()


def test_a_piece_goes_on_from_the_byte_where_the_connection_broke(both):
    us, mx = both[US], both[MX]
    plain = attach(mx, US, 3_000_000)
    with serving(mx.node) as port:
        with line(us, mx, port) as wire:
            parcel = mx.node.give(US)
            us.node.take(MX, parcel)
        with cutting(port, 1_000_000) as (cut, brought), line(us, mx, cut, tries=9, sleep=lambda _: None) as wire:
            done = sync(us.node, wire, MX)
    assert done.pieces == 1
    assert attached(us, MX) == plain
    assert sum(brought) < 4_000_000


def test_where_connections_break_smaller_parcels_get_through(tmp_path):
    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    body = {"title": "Load", "summary": "x" * 20_000, "urgency": "routine"}
    mx.node.send_many([mx.signed(US, body=body) for _ in range(20)], US)
    with (
        serving(mx.node) as port,
        cutting(port, 150_000) as (cut, brought),
        line(us, mx, cut, tries=9, sleep=lambda _: None) as wire,
    ):
        done = sync(us.node, wire, MX)
    assert (done.done, done.taken) == (True, 20)
    assert len(brought) > 4


def test_a_piece_that_the_peer_no_longer_has_is_named_and_the_rest_goes_on(both):
    us, mx = both[US], both[MX]
    attach(mx, US, 1000)
    row = mx.node.messages(US, Way.SENT)[-1]
    (about,) = mx.node.read(row).header.attachments
    blobs = mx.node.parts.uow.blobs
    name = about.pieces[0].hex()
    blobs.delete(name)
    us.send(MX)
    assert not blobs.has(name)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        done = sync(us.node, wire, MX)
    assert done.receipted >= 1
    assert not done.done
    assert done.problems


def test_the_pin_is_of_the_key_and_survives_a_new_certificate(both, tmp_path):
    first = certificate.ensure(tmp_path, "mx-pgr", b"s" * 32, now())
    assert certificate.ensure(tmp_path, "mx-pgr", b"s" * 32, now()) == first
    der = ssl.PEM_cert_to_DER_cert((tmp_path / "tls.pem").read_text())
    assert certificate.pin_of(der) == first
    assert b"ENCRYPTED" in (tmp_path / "tls.key").read_bytes()
    assert (tmp_path / "tls.key").stat().st_mode & 0o077 == 0


def test_a_node_that_revoked_its_peer_lets_it_in_no_more(tmp_path):
    from entente.node.services import peers

    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    with serving(mx.node) as port, line(us, mx, port) as wire:
        assert sync(us.node, wire, MX).done
        peers.revoke(mx.node.parts, US)
        with pytest.raises(RefusedError, match="does not let this node in") as caught:
            sync(us.node, wire, MX)
    assert caught.value.code == "refused"
    assert pin(mx.node)


@pytest.mark.parametrize("asks", ["the restored node", "its peer"])
def test_a_restored_node_gets_everything_back_over_the_network(tmp_path, monkeypatch, asks):
    from entente.node.services.backup import backup
    from entente.node.services.restoring import restore

    monkeypatch.setattr("entente.node.wire.syncing.MOST_ENTRIES", 7)
    monkeypatch.setattr("entente.node.wire.api.MOST_ENTRIES", 7)
    made = paired(tmp_path, US, MX)
    us, mx = made[US], made[MX]
    us.send(MX)
    with serving(mx.node) as port, line(us, mx, port) as wire:
        assert sync(us.node, wire, MX).done
        backup(us.node.parts, tmp_path / "b", tmp_path / "k")
        mx.node.send_many([mx.signed(US) for _ in range(20)], US)
        us.node.send_many([us.signed(MX) for _ in range(5)], MX)
        assert sync(us.node, wire, MX).done
    us.node.close()
    home = Home(tmp_path / "again")
    restore(tmp_path / "b", home, us.node.parts.home.keys, PASS, builtin(), now, keys_file=tmp_path / "k")
    back = Office(Node.open(home.path, now, PASS), us.ann, us.bob)
    here, there = (back, mx) if asks == "the restored node" else (mx, back)
    with serving(there.node) as port, line(here, there, port) as wire:
        done = sync(here.node, wire, there.name)
    assert done.done
    if here is back:
        lost = (f"The own copy of message {number} was lost; the peer has it." for number in range(2, 7))
        assert done.problems == tuple(lost)
    assert [row.sequence for row in back.node.messages(MX, Way.TAKEN)] == list(range(1, 21))
    assert back.send(MX).sequence == 7
    with serving(there.node) as port, line(here, there, port) as wire:
        assert sync(here.node, wire, there.name).done
    assert book(mx, back).taken.sequence == 7
    assert book(back, mx).mirror_size == book(mx, back).asked.mirrored == 27
