"""The server of the exchange endpoint, with a protocol that has no patience for who does not ask."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import uvicorn
from django.core.handlers.asgi import ASGIHandler
from uvicorn.protocols.http.h11_impl import H11Protocol

from entente.node.node import Node
from entente.node.wire import serving
from entente.node.wire.gate import App, Gate, Limits

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
    app = application(node, limits)
    return serving.make(app, host, port, context=serving.tls(node), protocol=_Protocol, started=started)
