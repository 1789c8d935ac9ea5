"""The log on disk: committed entries in, tiles out, proofs from tiles.

The entries in the leaf store are the truth. The caller gives the last head it signed; what stands on disk is used
only where it hashes up to that head, and is otherwise rebuilt from the entries. If the entries do not hash up to it
either, nothing more is indexed: that database is not the one that was signed.

Tiles right of the signed head may be left over from a crash. They are written over before anything refers to them.
Memory: the open tile of each level and an LRU of full tiles (about 17 KiB each).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from entente.exchange.ledger import proofs
from entente.exchange.ledger.errors import DamageError
from entente.exchange.ledger.files import Files, publish
from entente.exchange.ledger.leaves import LeafStore
from entente.exchange.ledger.proofs import Proof
from entente.exchange.ledger.tiles import (
    ENTRIES,
    HEIGHT,
    TILE_BYTES,
    WIDTH,
    Tile,
    TileNodes,
    tile_root,
    tile_width,
    tiles_between,
    write_bundle,
)
from entente.exchange.ledger.tree import EMPTY, HASH_SIZE, TreeHead, leaf_hashes

BATCH = 64 * WIDTH  # entries indexed between two syncs
CACHED_TILES = 512  # about 9 MiB
_RESTORE = "Stop this node from signing, and follow the restore rule: the peers hold the rest of the log."


class TileLog:
    """One log: an index over the entries of `leaves`, kept as tiles in `files`.

    One thread grows it. Proofs and nodes are for the same thread or for another `TileLog` on the same files.

    Args:
        files: where tiles go.
        leaves: the committed entries.
        head: the last head that was signed; `EMPTY` for a new log.
        bundles: whether entry bundles are written beside the tiles.
        cached_tiles: how many full tiles stay in memory.

    Attributes:
        size: how many entries are indexed.
        repaired: paths of tiles that were missing or torn on disk and have been made anew from the entries.

    Raises:
        DamageError: the entries do not hash up to `head`.
    """

    def __init__(
        self,
        files: Files,
        leaves: LeafStore,
        head: TreeHead = EMPTY,
        *,
        bundles: bool = True,
        cached_tiles: int = CACHED_TILES,
    ) -> None:
        self._files, self._leaves, self._bundles = files, leaves, bundles
        self._full = lru_cache(maxsize=cached_tiles)(self._verified)
        if leaves.size() < head.size:
            found = f"The database holds {leaves.size()} entries of the {head.size} that were signed."
            raise DamageError(found, remedy=_RESTORE)
        self.size = head.size
        self.repaired: list[str] = []
        self._edge = [self._stored_edge(level) for level in range(_levels(head.size))]
        self._open: dict[int, TileNodes] = {}
        self._trust(head)

    def _stored_edge(self, level: int) -> bytes:
        tile = _edge_tile(level, self.size)
        return (self._files.read(tile.path) or b"") if tile.width else b""

    def _trust(self, head: TreeHead) -> None:
        """Accept the open tiles if they hash up to the head; else make them anew, lowest level first."""
        if self._edge_root_is(head):
            return
        stored = list(self._edge)
        for level in range(len(self._edge)):
            self._edge[level] = self._from_entries(_edge_tile(level, head.size))
            self._open.clear()
            if self._edge_root_is(head):
                self._write_edge(stored)
                return
        raise DamageError("The entries in the database are not those that were signed.", remedy=_RESTORE)

    def _edge_root_is(self, head: TreeHead) -> bool:
        widths = [_edge_tile(level, head.size).width * HASH_SIZE for level in range(len(self._edge))]
        return [len(hashes) for hashes in self._edge] == widths and self.head() == head

    def _write_edge(self, stored: list[bytes]) -> None:
        changed = [level for level in range(len(stored)) if stored[level] != self._edge[level]]
        self._repair({_edge_tile(level, self.size).path: self._edge[level] for level in changed})

    def head(self) -> TreeHead:
        """Size and root of what is indexed."""
        return self.head_at(self.size)

    def head_at(self, size: int) -> TreeHead:
        """Size and root of an earlier state of the log."""
        return TreeHead(size, proofs.range_root(self, 0, size))

    def inclusion_proof(self, index: int, size: int | None = None) -> Proof:
        """The path from entry `index` to the root over `size` entries (all that are indexed)."""
        return proofs.inclusion_proof(self, index, self._within(size))

    def consistency_proof(self, first: int, second: int | None = None) -> Proof:
        """What shows that the log of `first` entries is the beginning of the log of `second`."""
        return proofs.consistency_proof(self, first, self._within(second))

    def _within(self, size: int | None) -> int:
        if size is None:
            return self.size
        if size > self.size:
            raise DamageError(f"Only {self.size} entries are indexed.", remedy="Index the log, then ask again.")
        return size

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        return self.node(0, index)

    def node(self, height: int, index: int) -> bytes:
        """The root over leaves [index * 2**height, (index + 1) * 2**height)."""
        level, above = divmod(height, HEIGHT)
        at, inside = divmod(index, WIDTH >> above)
        return self._tile(level, at).node(above, inside)

    def _tile(self, level: int, index: int) -> TileNodes:
        if index < (self.size >> HEIGHT * level) // WIDTH:
            return self._full(level, index)
        if level not in self._open:
            self._open[level] = TileNodes(self._edge[level] if level < len(self._edge) else b"")
        return self._open[level]

    def _verified(self, level: int, index: int) -> TileNodes:
        """A full tile from disk, or from the entries where the disk has another or none."""
        tile, expected = Tile(level, index), self.node(HEIGHT * (level + 1), index)
        stored = self._files.read(tile.path)
        if stored is not None and len(stored) == TILE_BYTES:
            nodes = TileNodes(stored)
            if nodes.node(HEIGHT, 0) == expected:
                return nodes
        nodes = TileNodes(self._from_entries(tile))
        if nodes.node(HEIGHT, 0) != expected:
            raise DamageError(f"The entries behind {tile.path} are not those that were signed.", remedy=_RESTORE)
        self._repair({tile.path: nodes.hashes})
        return nodes

    def _from_entries(self, tile: Tile) -> bytes:
        """The hashes of a tile, from nothing but the entries."""
        if tile.level == 0:
            return leaf_hashes(self._leaves.entries(tile.index * WIDTH, tile.index * WIDTH + tile.width))
        below = (Tile(tile.level - 1, tile.index * WIDTH + child) for child in range(tile.width))
        return b"".join([tile_root(self._from_entries(child)) for child in below])

    def index(self, stop: int | None = None, *, batch: int = BATCH) -> TreeHead:
        """Index committed entries up to `stop` (all), and return the head; its tiles are then durable."""
        goal = self._leaves.size() if stop is None else stop
        while self.size < goal:
            self._index_batch(min(goal, (self.size // batch + 1) * batch))
        return self.head()

    def _index_batch(self, stop: int) -> None:
        start = self.size
        first = start // WIDTH * WIDTH
        entries = self._leaves.entries(first, stop)
        if len(entries) != stop - first:
            raise DamageError("Committed entries are missing in the database.", remedy=_RESTORE)
        edge, contents = self._grown(leaf_hashes(entries[start - first :]), stop)
        if self._bundles:
            for tile in tiles_between(start, stop, ENTRIES):
                at = tile.index * WIDTH - first
                contents[tile.path] = write_bundle(entries[at : at + tile.width])
        publish(self._files, contents)
        self.size, self._edge = stop, edge  # only now: after a full disk the log stands where it stood
        self._open.clear()
        self._drop_partial(start, stop)

    def _grown(self, hashes: bytes, stop: int) -> tuple[list[bytes], dict[str, bytes]]:
        """What the open tiles become with more leaf hashes, and the tiles to write."""
        edge, contents = list(self._edge), dict[str, bytes]()
        level = 0
        while hashes:
            if level == len(edge):
                edge.append(b"")
            row = edge[level] + hashes
            tiles = {tile: row[at : at + TILE_BYTES] for tile, at in _with_offsets(self.size, stop, level)}
            contents |= {tile.path: data for tile, data in tiles.items()}
            hashes = b"".join([tile_root(data) for tile, data in tiles.items() if tile.width == WIDTH])
            edge[level] = row[len(row) // TILE_BYTES * TILE_BYTES :]
            level += 1
        return edge, contents

    def _drop_partial(self, start: int, stop: int) -> None:
        """Remove partial tiles that a full one has taken the place of."""
        for level in (ENTRIES, *range(len(self._edge))):
            for tile in tiles_between(start, stop, level):
                above = HEIGHT * max(level, 0)
                if tile.width == WIDTH and (start >> above) > tile.index * WIDTH:
                    self._files.remove_folder(tile.path + ".p")

    def audit(self) -> list[str]:
        """Compare every tile and bundle on disk with the entries; rebuild what differs, and return its paths.

        Raises:
            DamageError: the entries do not hash up to the head.
        """
        self._full.cache_clear()
        before = len(self.repaired)
        for tile in self._all_tiles():
            right = self._right(tile)
            if self._files.read(tile.path) != right:
                self._repair({tile.path: right})
        return self.repaired[before:]

    def _all_tiles(self) -> Iterator[Tile]:
        for level in reversed(range(len(self._edge))):
            yield from tiles_between(0, self.size, level)
        if self._bundles:
            yield from tiles_between(0, self.size, ENTRIES)

    def _repair(self, contents: dict[str, bytes]) -> None:
        publish(self._files, contents)
        self.repaired += contents

    def _right(self, tile: Tile) -> bytes:
        hashes = b"" if tile.level == ENTRIES else self._tile(tile.level, tile.index).hashes
        if tile.level > 0:
            return hashes
        entries = self._leaves.entries(tile.index * WIDTH, tile.index * WIDTH + tile.width)
        if tile.level == ENTRIES:
            return write_bundle(entries)
        if leaf_hashes(entries) != hashes:
            raise DamageError(f"The entries behind {tile.path} are not those that were signed.", remedy=_RESTORE)
        return hashes


def _with_offsets(old: int, new: int, level: int) -> Iterator[tuple[Tile, int]]:
    """The new tiles of a level, and where each begins in the row that starts with the open tile (bytes)."""
    return ((tile, at * TILE_BYTES) for at, tile in enumerate(tiles_between(old, new, level)))


def _levels(size: int) -> int:
    return (size.bit_length() + HEIGHT - 1) // HEIGHT


def _edge_tile(level: int, size: int) -> Tile:
    """The open tile of a level; its width may be 0."""
    index = (size >> HEIGHT * level) // WIDTH
    return Tile(level, index, tile_width(level, index, size))
