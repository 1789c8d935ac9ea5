"""The TAXII endpoint as an ASGI application, and its server.

It is for this authority's own tools: it listens with the node's TLS, or on this machine alone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import uvicorn
from asgiref.sync import sync_to_async

from entente.node.errors import NodeError
from entente.node.node import Node
from entente.node.taxii.access import Access
from entente.node.taxii.answers import MEDIA, Answer, Asked, answer
from entente.node.taxii.shelf import Shelf
from entente.node.wire import serving

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LOG = logging.getLogger("entente.taxii")


class Endpoint:
    """Answers requests; no body is read, because nothing can be written.

    Args:
        node: this node, unlocked.
        access: the tokens.
    """

    def __init__(self, node: Node, access: Access) -> None:
        self._node, self._access, self._shelf = node, access, Shelf(node)

    async def __call__(self, scope: Scope, _: Any, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        made = await sync_to_async(self._made, thread_sensitive=False)(_asked(scope))
        headers = {"Content-Type": MEDIA, "Cache-Control": "no-store", **made.headers}
        headers["Content-Length"] = str(len(made.body))
        raw = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": made.status, "headers": raw})
        body = b"" if scope["method"] == "HEAD" else made.body
        await send({"type": "http.response.body", "body": body})

    def _made(self, asked: Asked) -> Answer:
        try:
            made = answer(asked, self._shelf, self._access, self._node.parts.clock())
        finally:
            self._node.close()
        _LOG.info("taxii %s %s", asked.method, made.status)
        return made


def server(
    node: Node, access: Access, host: str, port: int, *, tls: bool = True, started: Callable[[int], None] | None = None
) -> uvicorn.Server:
    """The server of the TAXII endpoint; `run` serves until the process is asked to end.

    Args:
        node: this node, unlocked.
        access: the tokens.
        host: where it listens.
        port: where it listens; 0 for any free one.
        tls: with the node's server key; without it only on this machine.
        started: is told the port when it listens.

    Raises:
        NodeError: it would send tokens and contents over a network in the clear.
    """
    if not tls and host not in LOOPBACK:
        raise NodeError(f"Without TLS it does not listen on {host}.", remedy="Listen on 127.0.0.1, or keep TLS.")
    context = serving.tls(node) if tls else None
    return serving.make(Endpoint(node, access), host, port, context=context, started=started)


def _asked(scope: Scope) -> Asked:
    headers = {name.lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = scope["query_string"].decode("latin-1")
    return Asked(scope["method"], scope["path"], query, headers.get(b"accept"), headers.get(b"authorization"))
