"""Nodes with real servers: in a thread of the test, or in a process of their own that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import uvicorn

from entente.node.node import Node
from entente.node.wire import certificate
from entente.node.wire.client import Line
from entente.node.wire.gate import Limits
from entente.node.wire.server import server
from node_people import PASS, Office, offices

HERE = Path(__file__).parent
PATIENCE = 300
"""Seconds for what takes a moment on a machine that has nothing else to do: a test never fails because it is slow."""


def now() -> datetime:
    return datetime.now(UTC)


def paired(path: Path, *names: str) -> dict[str, Office]:
    return offices(path, *names, clock=now)


def pin(node: Node) -> str:
    return certificate.ensure(node.parts.home.keys, node.name, node.parts.keys().secret, node.parts.clock())


def line(here: Office, there: Office, port: int, **options: object) -> Line:
    """From one node to the server of another, wherever that listens."""
    options = {"pin": pin(there.node), "tries": 1, **options}
    made = Line(here.node, there.name, f"https://127.0.0.1:{port}", **options)  # type: ignore[arg-type]
    made._http.timeout = httpx.Timeout(PATIENCE)
    return made


@contextmanager
def running(make: Callable[[Callable[[int], None]], uvicorn.Server]) -> Iterator[tuple[uvicorn.Server, int]]:
    """A server in a thread, and its port. `make` gets what is to be told when it listens."""
    ready, ports = threading.Event(), list[int]()

    def started(port: int) -> None:
        ports.append(port)
        ready.set()

    made = make(started)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield made, ports[0]
    finally:
        made.should_exit = made.force_exit = True
        thread.join(PATIENCE)


@contextmanager
def serving(node: Node, limits: Limits | None = None) -> Iterator[int]:
    """The port of the node's server, which runs in a thread."""
    with running(lambda started: server(node, "127.0.0.1", 0, limits=limits, started=started)) as (_, port):
        yield port


@contextmanager
def process(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The node's server in a process of its own; the process and its port."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import wire_people; wire_people.main(sys.argv[2])"
    environ = {**os.environ, "ENTENTE_HOME": str(home)}
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(HERE), str(home)], stdout=subprocess.PIPE, text=True, env=environ
    )
    assert child.stdout is not None
    try:
        yield child, int(child.stdout.readline())
    finally:
        child.kill()
        child.wait(PATIENCE)
        child.stdout.close()


def main(home: str) -> None:
    """Serve the node in a directory and print the port."""
    node = Node.open(Path(home), now, PASS)
    server(node, "127.0.0.1", 0, started=lambda port: print(port, flush=True)).run()  # noqa: T201 - the test reads it
