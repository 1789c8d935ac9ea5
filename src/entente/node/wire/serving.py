"""One way to serve an application of this node: uvicorn, TLS 1.3 with the node's key, and nothing that tells what runs.

The exchange endpoint and the TAXII endpoint are two applications on two servers; what differs between them is the HTTP
protocol class and the limits that they hand in.
"""

from __future__ import annotations

import logging
import ssl
from asyncio import Protocol
from collections.abc import Callable
from typing import Any, Literal

import uvicorn

from entente.node.node import Node
from entente.node.wire.certificate import ensure, server_context

CONNECTIONS = 128
KEEP_ALIVE = 30
FAREWELL = 10
"""Seconds in which requests that are in work may end when the server is asked to."""

Started = Callable[[int], None]


def tls(node: Node) -> ssl.SSLContext:
    """What a server of an unlocked node needs for TLS; its key is made if it is not there.

    Raises:
        NodeError: the server's key cannot be read.
    """
    folder, secret = node.parts.home.keys, node.parts.keys().secret
    ensure(folder, node.name, secret, node.parts.clock())
    return server_context(folder, secret)


def make(
    app: Any,
    host: str,
    port: int,
    *,
    context: ssl.SSLContext | None,
    protocol: type[Protocol] | Literal["h11"] = "h11",
    started: Started | None = None,
) -> uvicorn.Server:
    """A server; `run` serves until the process is asked to end.

    Args:
        app: the ASGI application.
        host: where it listens.
        port: where it listens; 0 for any free one.
        context: for TLS; None serves in the clear.
        protocol: reads HTTP/1.1.
        started: is told the port when it listens.
    """
    secure: dict[str, Any] = {} if context is None else {"ssl_context_factory": lambda _config, _default: context}
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        http=protocol,
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
        timeout_graceful_shutdown=FAREWELL,
        **secure,
    )
    logging.getLogger("uvicorn.access").disabled = True  # it writes addresses; who asked for what is logged elsewhere
    return _Server(config, started)


class _Server(uvicorn.Server):
    """Says when it listens, and where."""

    def __init__(self, config: uvicorn.Config, started: Started | None) -> None:
        super().__init__(config)
        self._told = started

    async def startup(self, sockets: Any = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started and self._told is not None:
            self._told(int(self.servers[0].sockets[0].getsockname()[1]))
