"""The server of the exchange endpoint: uvicorn, TLS 1.3, and nothing that tells a stranger what runs here."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from django.core.handlers.asgi import ASGIHandler
from uvicorn.protocols.http.h11_impl import H11Protocol

from entente.node.node import Node
from entente.node.wire.certificate import ensure, server_context
from entente.node.wire.gate import App, Gate, Limits

CONNECTIONS = 128
KEEP_ALIVE = 30
HEAD_WAIT = 20.0
"""Seconds in which the head of a request must come."""


class _Protocol(H11Protocol):
    """HTTP/1.1 with a peer that must ask: who connects and sends no whole head of a request is cut off."""

    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """Wait on, unless a request is in work now."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        super().connection_lost(exc)
        self._stop()

    def _watch(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._stop()
        elif self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(HEAD_WAIT, self.transport.close)

    def _stop(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None


class _Handler(ASGIHandler):
    """Django, with the addresses of this endpoint only, whatever else the project serves."""

    def create_request(self, scope: Any, body_file: Any) -> Any:
        """The request, with our addresses."""
        request, error = super().create_request(scope, body_file)
        if request is not None:
            request.urlconf = "entente.node.wire.urls"
        return request, error


def application(node: Node, limits: Limits | None = None) -> Gate:
    """The exchange endpoint of an unlocked node, as an ASGI application."""
    return Gate(cast("App", _Handler()), node, limits)


def server(
    node: Node, host: str, port: int, *, limits: Limits | None = None, started: Callable[[int], None] | None = None
) -> uvicorn.Server:
    """The server of the exchange endpoint; `run` serves until the process is asked to end.

    Args:
        node: this node, unlocked.
        host: where it listens.
        port: where it listens; 0 for any free one.
        limits: what it gives at most.
        started: is told the port when it listens.

    Raises:
        NodeError: the server's key cannot be read.
    """
    parts = node.parts
    ensure(parts.home.keys, node.name, parts.keys().secret, parts.clock())
    context = server_context(parts.home.keys, parts.keys().secret)
    config = uvicorn.Config(
        application(node, limits),
        host=host,
        port=port,
        http=_Protocol,
        ws="none",
        loop="asyncio",
        lifespan="off",
        interface="asgi3",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=10,
        ssl_context_factory=lambda _config, _default: context,
    )
    logging.getLogger("uvicorn.access").disabled = True  # it writes addresses; the gate logs who asked for what
    return _Server(config, started)


class _Server(uvicorn.Server):
    """Says when it listens, and where."""

    def __init__(self, config: uvicorn.Config, started: Callable[[int], None] | None) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started and self._told is not None:
            self._told(int(self.servers[0].sockets[0].getsockname()[1]))
