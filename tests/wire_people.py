"""Nodes with real servers: in a thread of the test, or in a process of their own that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from entente.node.node import Node
from entente.node.wire import certificate
from entente.node.wire.client import Line
from entente.node.wire.gate import Limits
from entente.node.wire.server import server
from node_people import PASS, Office, offices

HERE = Path(__file__).parent


def now() -> datetime:
    return datetime.now(UTC)


def paired(path: Path, *names: str) -> dict[str, Office]:
    return offices(path, *names, clock=now)


def pin(node: Node) -> str:
    return certificate.ensure(node.parts.home.keys, node.name, node.parts.keys().secret, node.parts.clock())


def line(here: Office, there: Office, port: int, **options: object) -> Line:
    """From one node to the server of another, wherever that listens."""
    options = {"pin": pin(there.node), "tries": 1, **options}
    return Line(here.node, there.name, f"https://127.0.0.1:{port}", **options)  # type: ignore[arg-type]


@contextmanager
def serving(node: Node, limits: Limits | None = None) -> Iterator[int]:
    """The node's server in a thread; its port."""
    ready, ports = threading.Event(), list[int]()

    def started(port: int) -> None:
        ports.append(port)
        ready.set()

    made: uvicorn.Server = server(node, "127.0.0.1", 0, limits=limits, started=started)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield ports[0]
    finally:
        made.should_exit = made.force_exit = True
        thread.join(20)


@contextmanager
def process(home: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The node's server in a process of its own; the process and its port."""
    script = "import sys; sys.path.insert(0, sys.argv[1]); import wire_people; wire_people.main(sys.argv[2])"
    environ = {**os.environ, "ENTENTE_HOME": str(home)}
    running = subprocess.Popen(
        [sys.executable, "-c", script, str(HERE), str(home)], stdout=subprocess.PIPE, text=True, env=environ
    )
    assert running.stdout is not None
    try:
        yield running, int(running.stdout.readline())
    finally:
        running.kill()
        running.wait(20)
        running.stdout.close()


def main(home: str) -> None:
    """Serve the node in a directory and print the port."""
    node = Node.open(Path(home), now, PASS)
    server(node, "127.0.0.1", 0, started=lambda port: print(port, flush=True)).run()  # noqa: T201 - the test reads it
