"""The gate: nothing of a request costs this node anything before it is known that a paired peer signed it.

An ASGI application around the one that answers. In this order: path, signature in the header, limits, room, body,
digest of the body. A stranger causes the reading of one header of at most 12 KiB and a look-up; no body of a stranger
is read. What the inner application answers besides success gets the one shape of `refusal`.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from asgiref.sync import sync_to_async

from entente.errors import EntenteError
from entente.exchange.channel import Channel
from entente.exchange.errors import ExchangeError
from entente.exchange.receipts import sign_rejection
from entente.exchange.requests import (
    HEADER,
    METHODS,
    Request,
    check_body,
    check_request,
    read_request,
    verify_signature,
)
from entente.node.node import Node
from entente.node.wire.refusal import Refusal, stranger
from entente.node.wire.terms import BODY_LIMIT, HEALTH, PREFIX, REFUSAL

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

CALL = "entente.call"
_LOG = logging.getLogger("entente.wire")
_HEADER = HEADER.lower().encode()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server gives at most.

    Attributes:
        body: bytes of a body.
        at_once: requests in work; more are told to come again (503).
        each: of them for one peer (429).
        wait: seconds without a byte of a body that was promised.
    """

    body: int = BODY_LIMIT
    at_once: int = 8
    each: int = 2
    wait: float = 30.0


@dataclass(frozen=True, slots=True)
class Call:
    """A request that a paired peer signed, with its whole body."""

    node: Node
    peer: str
    request: Request
    body: bytes


class Gate:
    """Lets in what paired peers signed.

    Args:
        inner: answers; finds the `Call` in its scope under `CALL`.
        node: this node, unlocked.
        limits: what it gives at most.
    """

    def __init__(self, inner: App, node: Node, limits: Limits | None = None) -> None:
        self._inner, self._node, self._limits = inner, node, limits or Limits()
        self._work: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        answer = _Answer(send)
        try:
            await self._serve(scope, receive, answer)
        except _GoneError:
            return
        except Refusal as refusal:
            await answer.refuse(refusal)
        except Exception:  # noqa: BLE001 - whatever it is: the peer gets the one shape, and the server goes on
            _LOG.exception("a request failed")
            await answer.refuse(Refusal(500, "failed"))

    async def _serve(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        if scope["path"] == HEALTH and scope["method"] in {"GET", "HEAD"}:
            await answer.give(200, {"content-type": "application/json"}, b'{"status":"ok"}')
            return
        if not scope["path"].startswith(PREFIX + "/"):
            raise Refusal(404, "missing")
        if scope["method"] not in METHODS:
            raise Refusal(405, "method")
        end, request, header = await self._who(scope)
        length = self._length(scope)
        with self._room(end.peer.name):
            body = await self._body(receive, length)
            try:
                check_body(request, body)
            except ExchangeError as error:
                raise _signed(400, error.code, header, end, self._node) from None
            scope[CALL] = Call(self._node, end.peer.name, request, body)
            await self._inner(scope, _emptied(receive), answer.send)
        _LOG.info("%s %s by %s: %s", request.method, request.target, end.peer.name, answer.status)

    async def _who(self, scope: Scope) -> tuple[Channel, Request, bytes]:
        """The channel with the peer that signed, the request, and the header that was signed."""
        values = [value for name, value in scope["headers"] if name == _HEADER]
        now = self._node.parts.clock()
        try:
            claimed = read_request(values)
            end = await sync_to_async(self._node.channel, thread_sensitive=False)(claimed.request.sender)
            verify_signature(claimed, end.peer, end.suites, now)
        except EntenteError as error:
            _LOG.warning("a request was refused: %s", type(error).__name__)
            raise stranger() from None
        try:
            request = check_request(claimed, method=scope["method"], target=_target(scope), me=self._node.name, at=now)
        except ExchangeError as error:
            _LOG.warning("a request of %s was refused: %s", end.peer.name, error.code)
            raise _signed(400, error.code, values[0], end, self._node) from None
        return end, request, values[0]

    def _length(self, scope: Scope) -> int:
        """The length of the body, which must be told before."""
        values = [value for name, value in scope["headers"] if name == b"content-length"]
        if not values and scope["method"] == "GET":
            return 0
        if len(values) != 1 or not values[0].isdigit():
            raise Refusal(411, "length")
        if int(values[0]) > self._limits.body:
            raise Refusal(413, "oversized")
        return int(values[0])

    @contextmanager
    def _room(self, peer: str) -> Iterator[None]:
        if self._work[peer] >= self._limits.each:
            raise Refusal(429, "busy", retry=1)
        if self._work.total() >= self._limits.at_once:
            raise Refusal(503, "busy", retry=2)
        self._work[peer] += 1
        try:
            yield
        finally:
            self._work[peer] -= 1

    async def _body(self, receive: Receive, length: int) -> bytes:
        body, more = bytearray(), True
        while more:
            try:
                message = await asyncio.wait_for(receive(), self._limits.wait)
            except TimeoutError:
                raise Refusal(408, "slow") from None
            if message["type"] == "http.disconnect":
                raise _GoneError
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > length:
                raise Refusal(400, "length")
        return bytes(body)


class _GoneError(Exception):
    """The peer hung up; nobody waits for an answer."""


class _Answer:
    """An answer on its way: whatever is no success and has not the one shape is put into it."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self._swallowed = False

    async def send(self, message: MutableMapping[str, Any]) -> None:
        """Pass on a message of the inner application."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            media = dict(message.get("headers", [])).get(b"content-type", b"")
            self._swallowed = self.status >= 300 and media.decode("latin-1") != REFUSAL
        if not self._swallowed:
            await self._send(message)
        elif message["type"] == "http.response.body" and not message.get("more_body", False):
            self._swallowed = False
            await self._shape(Refusal(self.status if self.status >= 400 else 404, _CODES.get(self.status, "malformed")))

    async def refuse(self, refusal: Refusal) -> None:
        """Answer with a refusal, unless an answer is on its way already; then the connection just ends."""
        if not self.status:
            self.status = refusal.status
            await self._shape(refusal)

    async def give(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Answer with a whole body."""
        self.status = status
        fields = {**headers, "content-length": str(len(body))}
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": raw})
        await self._send({"type": "http.response.body", "body": body})

    async def _shape(self, refusal: Refusal) -> None:
        await self.give(refusal.status, refusal.headers, refusal.body())


_CODES = {404: "missing", 405: "method", 500: "failed"}


def _signed(status: int, code: str, header: bytes, end: Channel, node: Node) -> Refusal:
    return Refusal(status, code, sign_rejection(header, code, node.parts.clock(), end.log).decode())


def _target(scope: Scope) -> str:
    path: bytes = scope.get("raw_path") or scope["path"].encode()
    query: bytes = scope.get("query_string", b"")
    return (path + (b"?" + query if query else b"")).decode("latin-1")


def _emptied(receive: Receive) -> Receive:
    """The body was read by the gate, and stands in the `Call`; what is still to come is that the peer hangs up."""
    rest = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive_rest() -> MutableMapping[str, Any]:
        return next(rest, None) or await receive()

    return receive_rest
