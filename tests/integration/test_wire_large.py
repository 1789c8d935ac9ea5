"""The largest attachment from one node to another over the wire, on both databases, in memory that does not grow.

Sender, server and receiver are processes of their own, so that each one's peak is its own. What is sent is made while
it is sent: no plain file is on the disk.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from entente.exchange.attachments import MOST, decrypt, encrypt
from entente.exchange.store import Way
from entente.node.node import Node
from entente.node.services import staff
from entente.node.wire.client import Line
from entente.node.wire.syncing import sync
from node_people import MX, PASS, US, Office, offices
from wire_people import now, pin, process

BLOCK = 1024 * 1024
MIB = 1024 * 1024
ROOM = 256
"""MiB that a process may take beyond the same work with one small piece."""


def plain(size: int) -> Iterator[bytes]:
    """Blocks that differ, so that no piece is like another."""
    for at in range(0, size, BLOCK):
        yield at.to_bytes(8, "big") * (min(BLOCK, size - at) // 8)


def peak(process_id: int | str = "self") -> int:
    """The largest memory of a process so far, in MiB."""
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(found) // 1024


def opened(home: str) -> Office:
    node = Node.open(Path(home), now, PASS)
    return Office(node, *(staff.officer(node.parts, name, PASS) for name in ("Ann", "Bob")))


def sending(home: str, to: str, size: str) -> None:
    office = opened(home)
    about = encrypt(plain(int(size)), office.node.parts.uow.blobs.put, name="disk.img", media="application/x-raw")
    office.send(to, attachments=(about,))
    told({"peak": peak(), "digest": about.digest.hex(), "pieces": len(about.pieces)})


def receiving(home: str, sender: str, port: str, known: str) -> None:
    node = Node.open(Path(home), now, PASS)
    with Line(node, sender, f"https://127.0.0.1:{port}", known) as line:
        done = sync(node, line, sender)
    (row,) = node.messages(sender, Way.TAKEN)
    (about,) = node.read(row).header.attachments
    digest, blobs = hashlib.sha256(), node.parts.uow.blobs
    for data in decrypt(about, (blobs.get(piece.hex()) for piece in about.pieces)):
        digest.update(data)
    told({"peak": peak(), "digest": digest.hexdigest(), "pieces": done.pieces, "problems": done.problems})


def told(value: dict[str, Any]) -> None:
    print(json.dumps(value))  # noqa: T201 - the test reads it


def apart(what: Callable[..., None], *words: object) -> dict[str, Any]:
    """What a function of this module tells from a process of its own."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parent.parent)]
    script = f"import sys; sys.path[:0] = {folders!r}; from entente.node.boot import boot; boot()\n"
    script += f"import {Path(__file__).stem} as made; made.{what.__name__}(*sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", script, *map(str, words)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def carried(path: Path, databases: Callable[[str], str], size: int) -> dict[str, int]:
    """Send so many bytes from a new node to another; the peaks in MiB."""
    made = offices(path, US, MX, clock=now, databases=databases)
    us, mx = (made[name].node for name in (US, MX))
    homes, known = (us.parts.home.path, mx.parts.home.path), pin(us)
    for node in (us, mx):
        node.close()
    sent = apart(sending, homes[0], MX, size)
    with process(homes[0]) as (server, port):
        taken = apart(receiving, homes[1], US, port, known)
        serving = peak(server.pid)
    assert taken["digest"] == sent["digest"]
    assert (taken["pieces"], taken["problems"]) == (sent["pieces"], [])
    return {"sender": sent["peak"], "server": serving, "receiver": taken["peak"]}


@pytest.mark.soak
def test_two_gibibytes_go_over_the_wire_in_bounded_memory(tmp_path, databases, capsys):
    small = carried(tmp_path / "small", databases, 4 * MIB)
    large = carried(tmp_path / "large", databases, MOST)
    with capsys.disabled():
        sys.stdout.write(f"\npeak memory in MiB, with 4 MiB {small}, with 2 GiB {large}\n")
    assert all(large[name] < small[name] + ROOM for name in small)
