"""The default engine: openmined-psi (https://github.com/OpenMined/PSI, Apache-2.0), the extra `[match]`.

P-256, try-and-increment hashing to the curve with SHA-256, as the library does it. The library runs in a process of
its own: see `worker`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

from entente.errors import MissingComponentError
from entente.exchange.match import worker
from entente.exchange.match.engine import KEY, POINT, Part, read_points, write_points
from entente.exchange.match.errors import MatchError, TranscriptError

_COMMAND = (sys.executable, "-I", "-m", worker.__name__)


class OpenMined:
    """The engine `openmined-psi/2`; see `engine.Engine`.

    Args:
        command: how the worker is started.
    """

    name = "openmined-psi/2"

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = tuple(command)

    def new_key(self) -> bytes:
        """A fresh key.

        Raises:
            MissingComponentError: the extra is not installed, or the machine is too old for it.
        """
        return self._run("key", b"\0" * KEY, b"")

    def setup(self, key: bytes, elements: Sequence[str]) -> bytes:
        """The server's elements under its key, sorted."""
        return write_points(Part.SETUP, sorted(self._points("setup", key, elements)))

    def request(self, key: bytes, elements: Sequence[str]) -> bytes:
        """The client's elements under its key, in their order."""
        return write_points(Part.REQUEST, self._points("request", key, elements))

    def response(self, key: bytes, request: bytes, *, size: int, reveal: bool) -> bytes:
        """The request with the server's key on it; see `Engine.response`."""
        points = read_points(Part.REQUEST, request, size)
        raised = _split(self._run("response", key, b"".join(points), reveal=reveal), size)
        # One scalar of a group of prime order maps different points to different ones.
        return write_points(Part.REVEAL, raised) if reveal else write_points(Part.COUNT, sorted(raised))

    def result(self, key: bytes, setup: bytes, response: bytes, *, sizes: tuple[int, int]) -> int:
        """How many elements are common; see `Engine.result`."""
        points = read_points(Part.SETUP, setup, sizes[0]) + read_points(Part.COUNT, response, sizes[1])
        return int(self._intersect(key, points, sizes, reveal=False))

    def revealed(self, key: bytes, setup: bytes, response: bytes, *, sizes: tuple[int, int]) -> tuple[int, ...]:
        """The places of the common elements in the request; see `Engine.revealed`."""
        points = read_points(Part.SETUP, setup, sizes[0]) + read_points(Part.REVEAL, response, sizes[1])
        return tuple(self._intersect(key, points, sizes, reveal=True))

    def _points(self, op: str, key: bytes, elements: Sequence[str]) -> list[bytes]:
        return _split(self._run(op, key, "\n".join(elements).encode("ascii")), len(elements))

    def _intersect(self, key: bytes, points: Sequence[bytes], sizes: tuple[int, int], *, reveal: bool) -> Any:
        return json.loads(self._run("intersect", key, b"".join(points), server=sizes[0], reveal=reveal))

    def _run(self, op: str, key: bytes, data: bytes, **more: Any) -> bytes:
        head = json.dumps({"op": op, "key": b64encode(key).decode(), **more}).encode()
        # Nothing of this process's environment: it may say where a passphrase is.
        done = subprocess.run(  # noqa: S603 - our own module
            self._command, input=head + b"\n" + data, capture_output=True, check=False, env={}
        )
        if done.returncode == worker.MISSING:
            raise MissingComponentError(
                f"The engine of the private match cannot be loaded: {_words(done.stderr)}",
                remedy="Install it with: pip install 'entente[match]'. It needs Linux with glibc 2.35 or later "
                "(Debian 12, Ubuntu 22.04, RHEL 10).",
            )
        if done.returncode == worker.REFUSED:
            raise TranscriptError(f"The engine refused the other side's points: {_words(done.stderr)}")
        if done.returncode != 0:
            raise MatchError(
                f"The engine of the private match stopped with code {done.returncode}: {_words(done.stderr, -1)}",
                remedy="Nothing was sent. Try again with more memory; if it was the other side's message, keep it.",
            )
        return done.stdout


def _split(data: bytes, size: int) -> list[bytes]:
    points = [data[at : at + POINT] for at in range(0, len(data), POINT)]
    if len(points) != size or len(data) != size * POINT or len(set(points)) != size:
        raise MatchError(
            "The engine of the private match gave something else than was asked.",
            remedy="Nothing was sent. Check that the installed openmined-psi is the locked version.",
        )
    return points


def _words(text: bytes, line: int = 0) -> str:
    lines = text.decode("utf-8", "backslashreplace").strip().splitlines()
    return lines[line][:300] if lines else "no reason was given"
