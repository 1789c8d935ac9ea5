"""Tiles: where C2SP tlog-tiles puts the hashes and the entries of a tree, and what is inside one.

A tile is 256 hashes wide and spans 8 levels of the tree. At level 0 it holds leaf hashes, at level L + 1 the roots
of full tiles of level L. The rightmost tile of a level may be partial (1 to 255 wide) and stands under its width.
An entry bundle holds the entries behind a level-0 tile, each with its length before it (two bytes, big-endian).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from entente.exchange.ledger.errors import DamageError, LedgerError
from entente.exchange.ledger.tree import HASH_SIZE, parents

HEIGHT = 8
WIDTH = 1 << HEIGHT
TILE_BYTES = WIDTH * HASH_SIZE
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF
ENTRIES = -1  # the level under which bundles of entries go; their path says `entries`


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile: level (or ENTRIES), index within the level, width in hashes (1 to 256)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its path below the prefix of the log, with forward slashes."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        part = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_index_path(self.index)}{part}"


def _index_path(index: int) -> str:
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def parse_path(path: str) -> Tile:
    """The tile that stands at a path; only the one spelling of each path is accepted."""
    found = _parse(path)
    if found is None or found.path != path:
        raise LedgerError(f"{path[:80]!r} is no path of a tile.", remedy="See C2SP tlog-tiles for the paths.")
    return found


def _parse(path: str) -> Tile | None:
    words = path.split("/")
    if len(path) > 80 or len(words) < 3 or words[0] != "tile" or not path.isascii():
        return None
    width = WIDTH
    if words[-2].endswith(".p"):
        width, words = _number(words[-1]), [*words[:-2], words[-2][:-2]]
    level = ENTRIES if words[1] == "entries" else _number(words[1])
    index = _number("".join(word.removeprefix("x") for word in words[2:]))
    ok = (level == ENTRIES or 0 <= level <= MAX_LEVEL) and index >= 0 and 1 <= width <= WIDTH
    return Tile(level, index, width) if ok else None


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else -2


def tile_width(level: int, index: int, size: int) -> int:
    """How wide the tile is in a tree of `size` leaves; 0 where there is none."""
    above = HEIGHT * max(level, 0)
    return max(0, min(WIDTH, (size >> above) - index * WIDTH))


def tiles_between(old: int, new: int, level: int) -> Iterator[Tile]:
    """The tiles of one level that a tree of `new` leaves has and one of `old` has not."""
    above = HEIGHT * max(level, 0)
    if old >> above == new >> above:
        return
    for index in range((old >> above) // WIDTH, ((new >> above) + WIDTH - 1) // WIDTH):
        yield Tile(level, index, tile_width(level, index, new))


def tiles_of(size: int) -> Iterator[Tile]:
    """All hash tiles of a tree, level by level."""
    level = 0
    while size >> HEIGHT * level:
        yield from tiles_between(0, size, level)
        level += 1


class TileNodes:
    """The hashes of one tile and, computed from them, the nodes up to 8 levels above."""

    def __init__(self, hashes: bytes) -> None:
        self._levels = [hashes]
        while len(self._levels[-1]) > HASH_SIZE:
            self._levels.append(parents(self._levels[-1]))

    @property
    def hashes(self) -> bytes:
        """The tile as it is stored."""
        return self._levels[0]

    def node(self, height: int, index: int) -> bytes:
        """The node `height` levels above the tile's hashes."""
        at = index * HASH_SIZE
        found = self._levels[height][at : at + HASH_SIZE] if height < len(self._levels) else b""
        if len(found) != HASH_SIZE:
            raise DamageError("A node lies outside of its tile.", remedy="Rebuild the tiles from the leaves.")
        return found


def tile_root(hashes: bytes) -> bytes:
    """The root over a full tile."""
    for _ in range(HEIGHT):
        hashes = parents(hashes)
    return hashes


def write_bundle(entries: Sequence[bytes]) -> bytes:
    """Entries as a bundle."""
    if any(len(entry) > MAX_ENTRY for entry in entries):
        raise LedgerError(
            f"An entry is longer than {MAX_ENTRY} bytes.", remedy="Log the hash of the document, not the document."
        )
    return b"".join([piece for entry in entries for piece in (len(entry).to_bytes(2, "big"), entry)])


def read_bundle(data: bytes) -> tuple[bytes, ...]:
    """The entries of a bundle; none may be cut off."""
    entries, at = [], 0
    while at < len(data):
        stop = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or stop > len(data):
            raise DamageError("A bundle of entries is cut off.", remedy="Fetch it again, or rebuild it.")
        entries.append(data[at + 2 : stop])
        at = stop
    return tuple(entries)
