"""What there is to show: the node's messages, by collection, from its tables, some at a time.

In memory are only the messages that change others: replacements, withdrawals, changes of handling, consents. Each
message is read once to find them. Whether a message may be shown is decided each time it is asked for, from its marking
as it stands then: consents, changes of handling, expiry and withdrawals take effect at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from heapq import merge
from threading import Lock
from typing import Any

from django.db.models import Exists, OuterRef, Q

from entente.exchange.acts import consents_to
from entente.exchange.content import Content
from entente.exchange.errors import ExchangeError
from entente.exchange.facades.clearing import SHOWN, Cleared, clear
from entente.exchange.messages import Entry, State, standing
from entente.exchange.permits import Action, Circumstances
from entente.exchange.store import Message, Way
from entente.node.node import Node
from entente.node.store.models import Frame
from entente.node.store.transaction import MESSAGE, message_of
from entente.node.taxii.access import OWN, Token

_BATCH = 256
_ACTING = frozenset({"handling-change", "consent", "recall"})
"""Messages that are not shown and change what is."""
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listed:
    """A message on the shelf.

    Attributes:
        message: its row.
        added: when a reader could first see it as it stands: when it was committed, or withdrawn or replaced.
        ended: when it was withdrawn or replaced; None if it stands.
    """

    message: Message
    added: datetime
    ended: datetime | None

    @property
    def key(self) -> tuple[datetime, str]:
        """Its place in its collection."""
        return self.added, self.message.content


@dataclass
class _Collection:
    """The messages of one collection that change others."""

    acting: dict[str, Entry] = field(default_factory=dict)
    ended: dict[str, datetime] | None = None

    def add(self, entry: Entry) -> None:
        """One more; what was worked out of the others no longer holds."""
        if entry.id not in self.acting:  # what was sent to several peers is one message
            self.acting[entry.id] = entry
            self.ended = None


@dataclass(frozen=True)
class _Act:
    """A signed act that changes what may be shown, and the collection that says whether it stands."""

    at: datetime
    content: Content
    collection: str


class Shelf:
    """The messages of a node, by collection.

    Args:
        node: this node, unlocked.
    """

    def __init__(self, node: Node) -> None:
        self._node, self._alias = node, node.parts.alias
        self._lock = Lock()
        self._seen: dict[tuple[str, Way], int] = {}
        self._collections: dict[str, _Collection] = {OWN: _Collection()}
        self._acts: dict[str, dict[str, _Act]] = {"handling-change": {}, "consent": {}}

    def names(self) -> tuple[str, ...]:
        """The collections: what this node released, and each peer's messages."""
        self._refresh()
        return tuple(sorted(self._collections))

    def listed(self, name: str, since: datetime = _BEGINNING) -> Iterator[Listed]:
        """The messages of a collection, in the order in which a reader could first see them as they stand.

        Args:
            name: of the collection.
            since: where to begin.
        """
        self._refresh()
        with self._lock:
            ended = self._ended(name)
        return merge(self._standing(name, ended, since), self._changed(name, ended, since), key=lambda one: one.key)

    def cleared(self, listed: Listed, token: Token, now: datetime) -> Cleared | None:
        """A message with its permit for a token, or None: it may not be shown to it, or it is no longer kept."""
        try:
            content = self._node.read(listed.message)
            circumstances = self._circumstances(content, token, now)
            return clear(content, self._standing_acts("handling-change"), circumstances, ended=listed.ended)
        except ExchangeError:
            return None

    def _standing(self, name: str, ended: Mapping[str, datetime], since: datetime) -> Iterator[Listed]:
        """Those that stand, as the table has them, a batch at a time."""
        rows = _shown(self._alias, name).order_by("at", "content")
        behind = Q(at__gte=since)
        while found := [message_of(row) for row in rows.filter(behind).values_list(*MESSAGE)[:_BATCH]]:
            yield from (Listed(message, message.at, None) for message in found if message.content not in ended)
            behind = Q(at__gt=found[-1].at) | Q(at=found[-1].at, content__gt=found[-1].content)

    def _changed(self, name: str, ended: Mapping[str, datetime], since: datetime) -> Iterator[Listed]:
        """Those that were withdrawn or replaced."""
        for at, id_ in sorted((at, id_) for id_, at in ended.items() if at >= since):
            for row in _shown(self._alias, name).filter(content=id_).values_list(*MESSAGE):
                yield Listed(message_of(row), at, at)

    def _ended(self, name: str) -> Mapping[str, datetime]:
        """When messages of a collection were withdrawn or replaced; the others stand."""
        collection = self._collections[name]
        if collection.ended is None:
            entries = dict(collection.acting)
            named = {id_ for one in entries.values() for id_ in (*one.supersedes, *one.withdraws)} - set(entries)
            entries |= {id_: one for id_ in named for one in _plain(self._alias, name, id_)}
            in_order = sorted(entries.values(), key=lambda entry: entry.at)
            stands = standing(in_order, in_order[-1].at) if in_order else {}
            collection.ended = {
                id_: min(entries[by].at for by in one.by)
                for id_, one in stands.items()
                if one.state is not State.CURRENT
            }
        return collection.ended

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
            acts = sorted(self._acts[kind].values(), key=lambda act: act.at)
            # A change of handling is undone by another change, not by taking it back.
            return [
                act.content
                for act in acts
                if kind == "handling-change" or act.content.id not in self._ended(act.collection)
            ]

    def _refresh(self) -> None:
        """Take in what was committed since the last time."""
        with self._lock:
            for status in self._node.status():
                for way in Way:
                    for message in self._new(status.peer, way, status.taken if way is Way.TAKEN else status.sent):
                        self._add(message, OWN if way is Way.SENT else status.peer)

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

    def _add(self, message: Message, name: str) -> None:
        if message.refused or (message.type not in SHOWN and message.type not in _ACTING):
            return
        try:
            content = self._node.read(message)
        except ExchangeError:  # purged, or its key was left out of a backup: what it changed is not known
            return
        if content.header.supersedes or content.header.withdraws:
            self._collections[name].add(Entry.of(content, message.at))
        if message.type in self._acts:
            self._acts[message.type].setdefault(content.id, _Act(message.at, content, name))


def _rows(alias: str, name: str) -> Any:
    """The rows of a collection; what was sent to several peers counts when it was sent first."""
    rows = Frame.objects.using(alias).filter(refused="")
    if name != OWN:
        return rows.filter(way=Way.TAKEN.value, channel__peer_id=name)
    same = Frame.objects.using(alias).filter(way=Way.SENT.value, content=OuterRef("content"))
    earlier = same.filter(Q(at__lt=OuterRef("at")) | Q(at=OuterRef("at"), pk__lt=OuterRef("pk")))
    return rows.filter(~Exists(earlier), way=Way.SENT.value)


def _shown(alias: str, name: str) -> Any:
    return _rows(alias, name).filter(type__in=SHOWN)


def _plain(alias: str, name: str, id_: str) -> Iterator[Entry]:
    """A message that changes no other, if it is in a collection."""
    for content, sender, at in _rows(alias, name).filter(content=id_).values_list("content", "sender", "at"):
        yield Entry(content, sender, at)
