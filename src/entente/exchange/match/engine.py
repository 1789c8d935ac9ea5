"""The engine of a private match: bytes in, bytes out.

Diffie-Hellman private set intersection, semi-honest. The server gives its elements under its key (`setup`); the client
gives its own under a key of its own (`request`); the server puts its key on those too (`response`), in its own order
while only the number may be learnt, in the order of the request when the elements may be. Only the client learns.

What travels is a list of points and nothing else, so that no bytes of a stranger reach a native parser unchecked:

    8 bytes  "ENTPSI" and the version 1, 1 byte part ("S" setup, "Q" request, "C" response to count, "R" to reveal)
    4 bytes  number of points, big-endian
    the rest points of 33 bytes (SEC 1, section 2.3.3, compressed)

No two points of a message are the same. Setup and response to count are in ascending order. The setup is the full list
and no Bloom filter or Golomb set: nothing matches by accident, and no saturated filter can make everything match.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import Protocol

from entente.exchange.match.errors import TranscriptError

POINT = 33
KEY = 32
_MAGIC = b"ENTPSI\x00\x01"
_HEAD = struct.Struct(">8scI")


class Part(Enum):
    """What a list of points is."""

    SETUP = b"S"
    REQUEST = b"Q"
    COUNT = b"C"
    REVEAL = b"R"


_SORTED = frozenset({Part.SETUP, Part.COUNT})


class Engine(Protocol):
    """One way to intersect. Keys are secret scalars of 32 bytes, made anew for each run.

    Elements are different ASCII texts; their order is the order of a request.
    """

    @property
    def name(self) -> str:
        """Names engine and format; both sides must have the same."""
        ...

    def new_key(self) -> bytes:
        """A fresh key."""
        ...

    def setup(self, key: bytes, elements: Sequence[str]) -> bytes:
        """The server's elements under its key, sorted."""
        ...

    def request(self, key: bytes, elements: Sequence[str]) -> bytes:
        """The client's elements under its key, in their order."""
        ...

    def response(self, key: bytes, request: bytes, *, size: int, reveal: bool) -> bytes:
        """The request with the server's key on it: sorted, or in the order of the request if `reveal`.

        Raises:
            TranscriptError: the request is not one, or has not `size` elements.
        """
        ...

    def result(self, key: bytes, setup: bytes, response: bytes, *, sizes: tuple[int, int]) -> int:
        """How many elements of the client are among the server's.

        Args:
            key: the client's.
            setup: of the server.
            response: sorted.
            sizes: elements of the server and of the client.

        Raises:
            TranscriptError: the bytes are not what an honest server writes.
        """
        ...

    def revealed(self, key: bytes, setup: bytes, response: bytes, *, sizes: tuple[int, int]) -> tuple[int, ...]:
        """The places, from 0, of the elements of the request that are among the server's; arguments as `result`."""
        ...


def write_points(part: Part, points: Sequence[bytes]) -> bytes:
    """Points as they travel, in their order."""
    return b"".join((_HEAD.pack(_MAGIC, part.value, len(points)), *points))


def read_points(part: Part, data: bytes, size: int) -> list[bytes]:
    """The points of a message.

    Raises:
        TranscriptError: another part, another number, another form, a point twice, or not in its order.
    """
    if len(data) < _HEAD.size or _HEAD.unpack_from(data) != (_MAGIC, part.value, size):
        raise TranscriptError(f"The {part.name.lower()} of the match has not the form, part or size that was agreed.")
    if len(data) != _HEAD.size + size * POINT:
        raise TranscriptError(f"The {part.name.lower()} of the match is cut short, or has something behind it.")
    points = [data[at : at + POINT] for at in range(_HEAD.size, len(data), POINT)]
    _check(part, points)
    return points


def _check(part: Part, points: list[bytes]) -> None:
    if any(point[0] not in (2, 3) for point in points):
        raise TranscriptError("Something in the match is no compressed point.")
    if len(set(points)) != len(points):
        # Repeating the answer for one common element would make all elements look common.
        raise TranscriptError("The other side repeats a point, which an honest one never does.")
    if part in _SORTED and any(one > two for one, two in pairwise(points)):
        raise TranscriptError("The points of the match are not in ascending order.")
