"""The endpoint as a stranger, a broken client or a hostile peer meets it."""

from __future__ import annotations

import json
import logging
import os
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from entente.exchange.bundle import write_bundle
from entente.exchange.frame import digest
from entente.exchange.receipts import open_rejection
from entente.exchange.requests import HEADER, sign_request
from entente.exchange.store import Way
from entente.node.wire.gate import Limits
from entente.node.wire.pinning import pinned_context
from entente.node.wire.server import server
from entente.node.wire.terms import HEALTH, PREFIX, REFUSAL
from node_people import CN, MX, US, Office, office
from wire_people import PATIENCE, line, now, paired, pin, running, serving

PARCELS = f"{PREFIX}/parcels"
FOREVER = 3600.0
"""Seconds that a server waits for a body in tests where it must not give up before the test does."""


def client(there: Office, port: int) -> httpx.Client:
    context = pinned_context(pin(there.node))
    return httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, trust_env=False, timeout=PATIENCE)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Office]:
    return paired(tmp_path_factory.mktemp("endpoint"), US, MX)


@pytest.fixture(scope="module")
def http(both):
    """A client of the server of MX."""
    with serving(both[MX].node, Limits(body=3_000_000)) as port, client(both[MX], port) as http:
        yield http


def signature(here: Office, method: str, target: str, body: bytes = b"", to: str = MX, **changes) -> str:
    key = here.node.channel(MX).node if here.name != MX else here.node.channel(US).node
    return sign_request(method, target, body, to=to, **{"node": key, "at": now(), "random": os.urandom, **changes})


def ask(http: httpx.Client, here: Office, method: str, target: str, body: bytes = b"", **changes) -> httpx.Response:
    headers = {HEADER: signature(here, method, target, body, **changes)}
    return http.request(method, target, content=body or None, headers=headers)


def parcel(here: Office, there: str, **changes) -> bytes:
    end = here.node.channel(there)
    given = replace(here.node.give(there), **changes)
    return write_bundle(given, channel=end.id, sender=here.name, recipient=there)


def refused(answer: httpx.Response, status: int, code: str, *, signed_by: Office | None = None) -> None:
    """The answer has the one shape, tells nothing else, and is signed where that matters."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, REFUSAL)
    value = json.loads(answer.content)
    assert set(value) == {"code", "note"}
    assert value["code"] == code
    if signed_by is None:
        assert value["note"] == ""
        return
    log = signed_by.node.channel(US).log.key
    rejection = open_rejection(value["note"].encode(), log)
    assert rejection.code == code
    assert rejection.digest == digest(answer.request.headers[HEADER].encode())


def test_health_says_nothing_but_that_it_is_there(http):
    answer = http.get(HEALTH)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "server" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE"])
@pytest.mark.parametrize("target", ["/", "/admin", PARCELS, f"{PREFIX}/frames/1", f"{PREFIX}/nothing"])
def test_a_stranger_gets_one_answer_wherever_it_knocks(http, method, target):
    answer = http.request(method, target, content=b"x" if method == "POST" else None)
    known = 401 if method in {"GET", "POST"} else 405
    assert answer.status_code == (known if target.startswith(PREFIX) else 404)
    assert answer.headers["content-type"] == REFUSAL
    assert "server" not in answer.headers


def test_unknown_unconfirmed_and_revoked_peers_get_the_same_answer(both, http, tmp_path):
    stranger = office(tmp_path / CN, CN, clock=now)
    both[MX].node.accept(stranger.node.card().encode())
    key = next(iter(stranger.node.parts.keys().signing.values()))
    unconfirmed = http.get(f"{PREFIX}/frames/1", headers={HEADER: signature(both[US], "GET", "/x", node=key)})
    forged = replace(both[US].ann, record=both[US].ann.record)
    officer = http.get(f"{PREFIX}/frames/1", headers={HEADER: signature(both[US], "GET", "/x", node=forged)})
    nonsense = http.get(f"{PREFIX}/frames/1", headers={HEADER: "Bearer x"})
    unsigned = http.get(f"{PREFIX}/frames/1")
    twice = http.get(f"{PREFIX}/frames/1", headers=[(HEADER, "a"), (HEADER, "b")])
    answers = [unconfirmed, officer, nonsense, unsigned, twice]
    for answer in answers:
        refused(answer, 401, "refused")
    assert len({answer.content for answer in answers}) == 1
    assert len({tuple(sorted(set(answer.headers) - {"date"})) for answer in answers}) == 1


def test_a_request_for_another_node_path_or_time_is_refused_and_signed(both, http):
    us, mx = both[US], both[MX]
    target = f"{PREFIX}/frames/1"
    refused(ask(http, us, "GET", target, to=CN), 400, "wrong-recipient", signed_by=mx)
    refused(ask(http, us, "GET", target, at=now() - timedelta(minutes=11)), 400, "clock", signed_by=mx)
    other = signature(us, "GET", f"{PREFIX}/frames/2")
    refused(http.get(target, headers={HEADER: other}), 400, "request", signed_by=mx)
    refused(http.get(target + "?most=1", headers={HEADER: signature(us, "GET", target)}), 400, "request", signed_by=mx)


def test_another_body_than_was_signed_is_refused(both, http):
    data = parcel(both[US], MX)
    headers = {HEADER: signature(both[US], "POST", PARCELS, data)}
    changed = data[:-1] + bytes([data[-1] ^ 1])
    refused(http.post(PARCELS, content=changed, headers=headers), 400, "request", signed_by=both[MX])


def test_a_parcel_that_comes_twice_gets_the_same_receipts(both, http):
    us, mx = both[US], both[MX]
    us.send(MX)
    data = parcel(us, MX)
    headers = {HEADER: signature(us, "POST", PARCELS, data)}
    first, second = (http.post(PARCELS, content=data, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (200, 200)
    receipts = [
        ask(http, us, "GET", f"{PREFIX}/receipts/1").content,
        *(part for part in (first.content, second.content) if b"tlog-proof" in part),
    ]
    assert all(receipts[0] in part for part in receipts)
    assert len(mx.node.messages(US, Way.TAKEN)) == 1


def test_single_things_are_there_by_their_number_or_are_missing(both, http):
    us, mx = both[US], both[MX]
    row = mx.send(US)
    mx.node.give(US)
    frame = ask(http, us, "GET", f"{PREFIX}/frames/{row.sequence}")
    assert digest(frame.content) == row.wire
    refused(ask(http, us, "GET", f"{PREFIX}/frames/{row.sequence + 1}"), 404, "missing")
    refused(ask(http, us, "GET", f"{PREFIX}/receipts/9999"), 404, "missing")
    refused(ask(http, us, "GET", f"{PREFIX}/nothing"), 404, "missing")
    refused(ask(http, us, "GET", PARCELS), 405, "method")
    refused(ask(http, us, "GET", f"{PREFIX}/frames/0"), 422, "malformed")
    refused(ask(http, us, "GET", f"{PREFIX}/frames/{2**60}"), 422, "malformed")
    refused(ask(http, us, "GET", f"{PREFIX}/pieces/{'ab' * 32}"), 404, "attachment", signed_by=mx)


@pytest.mark.parametrize("body", [b"no bundle", b"PK\x05\x06" + b"\0" * 18])
def test_a_body_that_is_no_bundle_is_refused_and_signed(both, http, body):
    refused(ask(http, both[US], "POST", PARCELS, body), 422, "bundle", signed_by=both[MX])


def test_a_contact_of_somebody_else_is_refused_and_nothing_is_taken(both, http):
    us, mx = both[US], both[MX]
    us.send(MX)
    before = len(mx.node.messages(US, Way.TAKEN))
    stolen = parcel(us, MX, note=mx.node.give(US).note)
    refused(ask(http, us, "POST", PARCELS, stolen), 422, "note", signed_by=mx)
    assert len(mx.node.messages(US, Way.TAKEN)) == before


def test_too_large_a_body_is_refused_before_it_is_read(both, http):
    refused(ask(http, both[US], "POST", PARCELS, b"x" * 3_000_001), 413, "oversized")


def test_a_body_of_untold_length_is_refused(both, http):
    headers = {HEADER: signature(both[US], "POST", PARCELS, b"abc")}
    refused(http.post(PARCELS, content=iter([b"abc"]), headers=headers), 411, "length")


def raw(port: int, head: bytes) -> bytes:
    """What the server answers to bytes, until it hangs up or falls silent."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port)) as plain, context.wrap_socket(plain) as tls:
        tls.settimeout(PATIENCE)
        with suppress(ConnectionError):  # it may answer and hang up before it has heard all
            tls.sendall(head)
        return tls.recv(65536)


def test_a_stranger_cannot_make_it_read_a_body(both):
    with serving(both[MX].node) as port:
        head = f"POST {PARCELS} HTTP/1.1\r\nHost: x\r\nContent-Length: 30000000\r\n\r\n".encode()
        assert raw(port, head).startswith(b"HTTP/1.1 401")


def test_endless_headers_are_cut_off(both):
    with serving(both[MX].node) as port:
        head = f"GET {PARCELS} HTTP/1.1\r\nHost: x\r\nEntente-Request: ".encode() + b"x" * 200_000
        assert raw(port, head).startswith(b"HTTP/1.1 400")


def hanging(port: int, here: Office, length: int) -> ssl.SSLSocket:
    """A signed request whose body does not come."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    tls = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
    head = f"POST {PARCELS} HTTP/1.1\r\nHost: x\r\n{HEADER}: {signature(here, 'POST', PARCELS)}\r\n"
    tls.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode())
    return tls


def asked_until(http: httpx.Client, here: Office, status: int) -> httpx.Response:
    """Ask until the requests that hang have reached the server or left it, and the answer is the one waited for."""
    while (answer := ask(http, here, "GET", f"{PREFIX}/frames/9999")).status_code != status:
        assert answer.status_code in {404, 429, 503}
        time.sleep(0.05)
    return answer


def test_a_peer_that_asks_too_much_at_once_is_told_to_come_again(both):
    us = both[US]
    with serving(both[MX].node, Limits(each=2, wait=FOREVER)) as port:
        held = [hanging(port, us, 10) for _ in range(2)]
        with client(both[MX], port) as http:
            answer = asked_until(http, us, 429)
            refused(answer, 429, "busy")
            assert answer.headers["retry-after"] == "1"
        for sock in held:
            sock.close()


def test_a_full_server_says_so_to_everybody(both):
    us = both[US]
    with serving(both[MX].node, Limits(at_once=1, wait=FOREVER)) as port:
        held = hanging(port, us, 10)
        with client(both[MX], port) as http:
            answer = asked_until(http, us, 503)
        refused(answer, 503, "busy")
        assert answer.headers["retry-after"] == "2"
        held.close()


def test_a_body_that_does_not_come_is_given_up(both):
    with serving(both[MX].node, Limits(wait=0.3)) as port, hanging(port, both[US], 10) as tls:
        tls.settimeout(PATIENCE)
        assert tls.recv(65536).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize("said", [b"", b"GET /entente/v1/health HTTP/1.1\r\nHost: x\r\nA: "])
def test_who_connects_and_does_not_ask_is_cut_off(both, monkeypatch, said):
    monkeypatch.setattr("entente.node.wire.server.HEAD_WAIT", 0.3)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with (
        serving(both[MX].node) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, suppress_ragged_eofs=True) as tls,
    ):
        tls.settimeout(PATIENCE)
        heard = b""
        with suppress(ConnectionError):  # it may hang up before this has spoken
            tls.sendall(said)
            heard = tls.recv(100)
        assert heard == b""


def test_who_has_asked_is_not_waited_for_any_more(both):
    def make(started):
        return server(both[MX].node, "127.0.0.1", 0, started=started)

    with running(make) as (made, port), client(both[MX], port) as http:
        for _ in range(3):
            assert http.get(HEALTH).status_code == 200
            (connection,) = made.server_state.connections
            assert connection._patience is None


def test_the_client_waits_as_long_as_it_is_told(both):
    us, mx = both[US], both[MX]
    pauses: list[float] = []
    with serving(mx.node, Limits(each=1, wait=FOREVER)) as port, client(mx, port) as http:
        held = hanging(port, us, 10)
        asked_until(http, us, 429)  # from here on the room is taken until `held` is closed

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            held.close()
            asked_until(http, us, 404)

        with line(us, mx, port, tries=100, sleep=sleep) as wire:
            wire.meet(lambda _: parcel(us, MX), 1, 1000)
    assert pauses
    assert pauses[0] >= 1


def test_logs_name_authorities_and_codes_and_no_persons(both, http, caplog):
    us = both[US]
    caplog.set_level(logging.DEBUG)
    us.send(MX)
    data = parcel(us, MX)
    ask(http, us, "POST", PARCELS, data)
    ask(http, us, "GET", f"{PREFIX}/frames/1", at=now() - timedelta(hours=1))
    rooms = ("entente", "django", "uvicorn", "asyncio")
    text = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith(rooms))
    assert "us-dea" in text
    assert "clock" in text
    for secret in ("Ann", "Bob", "127.0.0.1", "New trade name", "Entente-Request", us.node.channel(MX).node.record.id):
        assert secret not in text


def test_a_failure_inside_is_one_shape_and_the_server_goes_on(both, http, monkeypatch, caplog):
    monkeypatch.setattr("entente.node.wire.api.pull", lambda *_, **__: 1 / 0)
    refused(ask(http, both[US], "GET", f"{PREFIX}/frames/1"), 500, "failed")
    monkeypatch.undo()
    assert ask(http, both[US], "GET", f"{PREFIX}/frames/9999").status_code == 404
    assert http.get(HEALTH).status_code == 200
    assert threading.active_count() < 100
