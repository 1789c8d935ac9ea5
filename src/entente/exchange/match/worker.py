"""The process in which openmined-psi runs: one request on standard input, one answer on standard output.

The native library is kept out of the node's process, so that what crashes it ends this one. What a stranger sent was
checked by `engine.read_points` before it comes here, and is handed on in messages that are written here.

    in    a line of JSON: op, key (base64), reveal; points or texts behind it
    out   points, or JSON
"""

from __future__ import annotations

import json
import resource
import sys
from base64 import b64decode
from collections.abc import Callable
from typing import Any

from entente.exchange.match.engine import POINT

REFUSED, MISSING = 3, 4
"""Exit codes: the points are none of the curve; the library cannot be loaded."""


def main() -> int:
    """Do one operation; the exit code says how it went."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the key
    line, _, rest = sys.stdin.buffer.read().partition(b"\n")
    asked = json.loads(line)
    try:
        import private_set_intersection.python as psi
    except ImportError as error:  # not installed, or built for a newer glibc
        sys.stderr.write(str(error))
        return MISSING
    try:
        answer = _OPERATIONS[asked["op"]](psi, asked, rest)
    except RuntimeError as error:  # how the library says that a point is none
        sys.stderr.write(str(error))
        return REFUSED
    sys.stdout.buffer.write(answer)
    return 0


def _key(asked: dict[str, Any]) -> bytes:
    return b64decode(asked["key"])


def _new_key(psi: Any, _: dict[str, Any], __: bytes) -> bytes:
    key: bytes = psi.server.CreateWithNewKey(reveal_intersection=False).GetPrivateKeyBytes()
    return key.rjust(32, b"\0")  # the library leaves out leading zeros


def _setup(psi: Any, asked: dict[str, Any], rest: bytes) -> bytes:
    server = psi.server.CreateFromKey(_key(asked), reveal_intersection=False)
    elements = rest.decode("ascii").split()
    # The first two arguments size a filter; the full list needs none.
    made = server.CreateSetupMessage(0.5, max(1, len(elements)), elements, psi.DataStructure.RAW)
    return b"".join(made.raw.encrypted_elements)


def _request(psi: Any, asked: dict[str, Any], rest: bytes) -> bytes:
    client = psi.client.CreateFromKey(_key(asked), reveal_intersection=True)
    return b"".join(client.CreateRequest(rest.decode("ascii").split()).encrypted_elements)


def _response(psi: Any, asked: dict[str, Any], rest: bytes) -> bytes:
    reveal = asked["reveal"]
    server = psi.server.CreateFromKey(_key(asked), reveal)
    request = psi.Request(reveal_intersection=reveal, encrypted_elements=_points(rest))
    return b"".join(server.ProcessRequest(request).encrypted_elements)


def _intersect(psi: Any, asked: dict[str, Any], rest: bytes) -> bytes:
    client = psi.client.CreateFromKey(_key(asked), asked["reveal"])
    points, size = _points(rest), asked["server"]
    setup, response = psi.ServerSetup(), psi.Response(encrypted_elements=points[size:])
    setup.raw.encrypted_elements.extend(points[:size])
    if asked["reveal"]:
        return json.dumps(sorted(client.GetIntersection(setup, response))).encode()
    return json.dumps(client.GetIntersectionSize(setup, response)).encode()


def _points(data: bytes) -> list[bytes]:
    return [data[at : at + POINT] for at in range(0, len(data), POINT)]


_OPERATIONS: dict[str, Callable[[Any, dict[str, Any], bytes], bytes]] = {
    "key": _new_key,
    "setup": _setup,
    "request": _request,
    "response": _response,
    "intersect": _intersect,
}


if __name__ == "__main__":
    raise SystemExit(main())
