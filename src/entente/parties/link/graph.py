"""Clusters of linked nodes: connected components, cut where one weak edge holds two groups together.

A bridge is an edge whose loss parts its component (Tarjan 1974, here without recursion). A bridge between two groups
of two or more is cut unless an identifier or an officer's judgement carries it: one bad edge must not merge two
groups. Pairs that an officer judged different are parted by taking away the weakest edge between them until no path
is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge between two nodes: probability, whether it is firm (identifier or judgement), and its reasons."""

    left: int
    right: int
    probability: float
    firm: bool = False
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Clusters:
    """`of[node]` is the smallest node of its cluster; `cut` are the edges taken away, each with why."""

    of: tuple[int, ...]
    cut: tuple[tuple[Edge, str], ...]


def cluster(size: int, edges: Iterable[Edge], apart: Iterable[tuple[int, int]] = ()) -> Clusters:
    """Cluster `size` nodes.

    Args:
        size: number of nodes.
        edges: edges that link.
        apart: pairs that must not be in one cluster.
    """
    kept = {(min(e.left, e.right), max(e.left, e.right)): e for e in edges}
    cut = [(kept.pop(key), "bridge") for key in _weak_bridges(kept)]
    for left, right in apart:
        cut += [(kept.pop(key), "judged_different") for key in _part(kept, left, right)]
    return Clusters(tuple(components(size, kept)), tuple(cut))


Key = tuple[int, int]


def components(size: int, edges: Iterable[Key]) -> list[int]:
    """The smallest node of each node's component (union by smallest, path halving)."""
    parent = list(range(size))

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for left, right in edges:
        a, b = root(left), root(right)
        if a != b:
            parent[max(a, b)] = min(a, b)
    return [root(node) for node in range(size)]


def _neighbours(edges: Iterable[Key]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for left, right in edges:
        found.setdefault(left, []).append(right)
        found.setdefault(right, []).append(left)
    return found


def _weak_bridges(edges: Mapping[Key, Edge]) -> list[Key]:
    """Bridges that are not firm and have two or more nodes on both sides."""
    near = _neighbours(edges)
    walk = _Walk(near, {}, {}, {})
    found: list[Key] = []
    for start in sorted(near):
        if start in walk.order:
            continue
        for parent, node in walk.bridges(start):
            key = (min(parent, node), max(parent, node))
            if min(walk.below[node], walk.below[start] - walk.below[node]) >= 2 and not edges[key].firm:
                found.append(key)
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """A depth-first walk: the order of nodes, the lowest order that each reaches, and how many nodes are below."""

    near: Mapping[int, list[int]]
    order: dict[int, int]
    low: dict[int, int]
    below: dict[int, int]

    def bridges(self, start: int) -> list[Key]:
        """Bridges of the component of `start`, as (parent, node)."""
        self._enter(start)
        found: list[Key] = []
        stack: list[tuple[int, int, int]] = [(start, -1, 0)]
        while stack:
            node, parent, at = stack.pop()
            if at < len(self.near[node]):
                stack.append((node, parent, at + 1))
                other = self.near[node][at]
                if other not in self.order:
                    self._enter(other)
                    stack.append((other, node, 0))
                elif other != parent:
                    self.low[node] = min(self.low[node], self.order[other])
            elif parent >= 0 and self._leave(node, parent):
                found.append((parent, node))
        return found

    def _enter(self, node: int) -> None:
        self.order[node] = self.low[node] = len(self.order)
        self.below[node] = 1

    def _leave(self, node: int, parent: int) -> bool:
        """Go back to the parent; whether the edge to it is a bridge."""
        self.low[parent] = min(self.low[parent], self.low[node])
        self.below[parent] += self.below[node]
        return self.low[node] > self.order[parent]


def _part(edges: Mapping[Key, Edge], left: int, right: int) -> list[Key]:
    """The edges to take away so that no path joins two nodes: the weakest of each path that is left."""
    near = {node: set(others) for node, others in _neighbours(edges).items()}
    taken: list[Key] = []
    while (path := _path(near, left, right)) is not None:
        keys = [(min(a, b), max(a, b)) for a, b in pairwise(path)]
        weakest = min(keys, key=lambda key: (edges[key].firm, edges[key].probability, key))
        taken.append(weakest)
        near[weakest[0]].discard(weakest[1])
        near[weakest[1]].discard(weakest[0])
    return taken


def _path(near: Mapping[int, set[int]], left: int, right: int) -> Sequence[int] | None:
    came: dict[int, int] = {left: -1}
    queue = [left]
    for node in queue:
        if node == right:
            path = [node]
            while came[path[-1]] >= 0:
                path.append(came[path[-1]])
            return path
        for other in sorted(near.get(node, ())):
            if other not in came:
                came[other] = node
                queue.append(other)
    return None
