"""What there is to show: an index over the node's messages that grows as they come.

The index holds ids and times and no contents. Whether a message may be shown is decided each time it is asked for, from
its marking as it stands then: consents, changes of handling, expiry and withdrawals take effect at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from entente.exchange.acts import consents_to
from entente.exchange.content import Content
from entente.exchange.errors import ExchangeError
from entente.exchange.facades.clearing import SHOWN, Cleared, clear
from entente.exchange.messages import Entry, Standing, State, standing
from entente.exchange.permits import Action, Circumstances
from entente.exchange.store import Message, Way
from entente.node.node import Node
from entente.node.taxii.access import OWN, Token

_BATCH = 256


@dataclass(frozen=True, slots=True)
class Listed:
    """A message on the shelf.

    Attributes:
        message: its row.
        entry: what it says of itself to others.
        added: when a reader could first see it as it stands: when it was committed, or withdrawn or replaced.
        ended: when it was withdrawn or replaced; None if it stands.
    """

    message: Message
    entry: Entry
    added: datetime
    ended: datetime | None


@dataclass
class _Collection:
    """Messages of one collection, and what in them changes others."""

    rows: list[tuple[Message, Entry]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    listed: list[Listed] | None = None
    standings: Mapping[str, Standing] | None = None

    def add(self, message: Message, entry: Entry) -> None:
        """One more message; what was worked out of the others no longer holds."""
        self.ids.add(entry.id)
        self.rows.append((message, entry))
        self.listed = self.standings = None

    def stands(self) -> Mapping[str, Standing]:
        """What became of each message."""
        if self.standings is None:
            entries = sorted((entry for _, entry in self.rows), key=lambda entry: entry.at)
            self.standings = standing(entries, entries[-1].at) if entries else {}
        return self.standings


@dataclass(frozen=True)
class _Act:
    """A signed act that changes what may be shown, and the collection that says whether it stands."""

    at: datetime
    content: Content
    collection: _Collection

    def current(self) -> bool:
        """Whether its sender has not taken it back."""
        return self.collection.stands()[self.content.id].state is State.CURRENT


class Shelf:
    """The messages of a node, by collection.

    Args:
        node: this node, unlocked.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = Lock()
        self._seen: dict[tuple[str, Way], int] = {}
        self._collections: dict[str, _Collection] = {OWN: _Collection()}
        self._acts: dict[str, list[_Act]] = {"handling-change": [], "consent": []}

    def names(self) -> tuple[str, ...]:
        """The collections: what this node released, and each peer's messages."""
        self._refresh()
        return tuple(sorted(self._collections))

    def listed(self, name: str) -> Sequence[Listed]:
        """The messages of a collection, in the order in which a reader could first see them as they stand."""
        self._refresh()
        with self._lock:
            collection = self._collections[name]
            if collection.listed is None:
                collection.listed = sorted(_list(collection), key=lambda one: (one.added, one.entry.id))
            return collection.listed

    def cleared(self, listed: Listed, token: Token, now: datetime) -> Cleared | None:
        """A message with its permit for a token, or None: it may not be shown to it, or it is no longer kept."""
        try:
            content = self._node.read(listed.message)
            circumstances = self._circumstances(content, token, now)
            return clear(content, self._standing_acts("handling-change"), circumstances, ended=listed.ended)
        except ExchangeError:
            return None

    def _circumstances(self, content: Content, token: Token, now: datetime) -> Circumstances:
        consents = self._standing_acts("consent")
        return Circumstances(
            today=now.date(),
            purpose=token.purpose,
            by=self._node.name,
            originator=content.header.sender,
            consents=consents_to(content.id, consents, action=Action.FACADE, to=None, today=now.date()),
            capital=token.capital,
            assessment=token.assessment,
        )

    def _standing_acts(self, kind: str) -> list[Content]:
        """Signed acts of a kind that nobody took back, in the order in which they were committed."""
        with self._lock:
            acts = sorted(self._acts[kind], key=lambda act: act.at)
            # A change of handling is undone by another change, not by taking it back.
            return [act.content for act in acts if kind == "handling-change" or act.current()]

    def _refresh(self) -> None:
        """Take in what was committed since the last time."""
        with self._lock:
            for status in self._node.status():
                for way in Way:
                    for message in self._new(status.peer, way, status.taken if way is Way.TAKEN else status.sent):
                        self._add(message)

    def _new(self, peer: str, way: Way, last: int) -> Iterator[Message]:
        start = self._seen.get((peer, way), 0)
        if way is Way.TAKEN:
            self._collections.setdefault(peer, _Collection())
        while start < last:
            found = self._node.messages(peer, way, start + 1, _BATCH)
            if not found:
                return
            yield from found
            start = self._seen[peer, way] = found[-1].sequence

    def _add(self, message: Message) -> None:
        if message.refused or (message.type not in SHOWN and message.type not in _ACTING):
            return
        try:
            content = self._node.read(message)
        except ExchangeError:  # purged, or its key was left out of a backup: there is nothing to show
            return
        collection = self._collections[OWN if message.way is Way.SENT else message.sender]
        if content.id in collection.ids:  # what was sent to several peers is one message
            return
        collection.add(message, Entry.of(content, message.at))
        if message.type in self._acts:
            self._acts[message.type].append(_Act(message.at, content, collection))


_ACTING = frozenset({"handling-change", "consent", "recall"})
"""Messages that are not shown and change what is."""


def _list(collection: _Collection) -> Iterator[Listed]:
    times = {entry.id: entry.at for _, entry in collection.rows}
    stands = collection.stands()
    for message, entry in collection.rows:
        if message.type in SHOWN:
            ended = _ended(stands[entry.id], times)
            yield Listed(message, entry, ended or entry.at, ended)


def _ended(stands: Standing, times: dict[str, datetime]) -> datetime | None:
    if stands.state is State.CURRENT:
        return None
    return min(times[by] for by in stands.by)
