"""Generations of a channel: one ends when its logs are succeeded or its pairing is revoked, and another begins.

What goes on stands in the store under the names of peer and channel. What is over is kept beside it under the same
names with its number behind a slash, which no authority's name can hold: rows, logs, mirror and receipts as they were.
Nothing is ever sent, taken or signed there.
"""

from __future__ import annotations

from collections.abc import Sequence

from entente.exchange.ledger.restore import Restored, Signing, State
from entente.exchange.store import Book
from entente.node.cards import channel_id
from entente.node.services.parts import Parts
from entente.node.store import bookfile, models
from entente.node.store.leaves import TableLeaves


def stored(me: str, row: str) -> str:
    """The name of a channel in the store, by the name of its peer there."""
    name, slash, number = row.partition("/")
    return f"{channel_id(me, name)}{slash}{number}"


def archive(parts: Parts, name: str, ledger: State | None = None) -> None:
    """Put the generation that went on until now beside; the peer stays, without a channel.

    Args:
        parts: the node; a transaction is open.
        name: the peer.
        ledger: how its log ended, if it was succeeded.
    """
    past = skip(parts, name)
    rows = models.Channel.objects.using(parts.alias)
    channel = rows.filter(peer_id=name).first()
    if channel is None:
        return
    models.Outgoing.objects.using(parts.alias).filter(channel=channel).delete()
    state = ledger or bookfile.read_state(bytes(channel.ledger))
    if isinstance(state, Restored):  # it waits for nobody any more
        state = Signing(state.log, state.head)
    ended = bookfile.write_state(state)
    rows.filter(pk=channel.pk).update(name=stored(parts.name, past), peer_id=past, ledger=ended)


def skip(parts: Parts, name: str) -> str:
    """Count one more generation as over; returns the name of its row, a copy of the peer's."""
    peers = models.Peer.objects.using(parts.alias)
    past = f"{name}/{1 + peers.filter(name__startswith=f'{name}/').count()}"
    row = peers.get(name=name)
    row.pk = past
    row.save(using=parts.alias, force_insert=True)
    return past


def begin(parts: Parts, name: str, book: Book, entries: Sequence[bytes] = ()) -> None:
    """The place of a new generation in the store.

    Args:
        parts: the node; a transaction is open.
        name: the peer.
        book: its first state.
        entries: the first entries of its log.
    """
    channel = models.Channel.objects.using(parts.alias).create(
        name=channel_id(parts.name, name),
        peer_id=name,
        ledger=bookfile.write_state(book.ledger),
        book=bookfile.write_book(book),
    )
    TableLeaves(parts.alias, models.Leaf, channel.pk).append(entries)
