"""The unit of work over Django's tables: see `entente.exchange.store.UnitOfWork`."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connections
from django.db import transaction as django

from entente.node.errors import StoreError
from entente.node.store.blobs import FileBlobs
from entente.node.store.transaction import ChannelTransaction, lock


class DjangoUnitOfWork:
    """The store of one node.

    Args:
        alias: of its database.
        blobs: its ciphertext.

    Attributes:
        alias, blobs: the same.
    """

    def __init__(self, alias: str, blobs: FileBlobs) -> None:
        self.alias, self.blobs = alias, blobs
        self._local = threading.local()

    @contextmanager
    def transaction(self, channel: str) -> Iterator[ChannelTransaction]:
        """Lock a channel; commit at the end, or nothing if an exception passes.

        Within another transaction of the same thread that has locked the channel, it is a part of that one: undone
        alone if an exception passes, and durable only when the outer one is. Nothing that came out of the part may
        leave this node before.

        Raises:
            StoreError: no such channel, another one is locked by this thread, or the disk is full.
        """
        opened: dict[str, ChannelTransaction] | None = getattr(self._local, "open", None)
        if opened is not None:
            with self._part(opened, channel) as inner:
                yield inner
            return
        with self.whole([channel]) as locked:
            yield locked[channel]

    @contextmanager
    def whole(self, channels: Iterable[str] = ()) -> Iterator[Mapping[str, ChannelTransaction]]:
        """One transaction over any number of channels, or none; those inside on one of them are its parts.

        Args:
            channels: all that will be needed; they are locked in the order of their names, so that nobody waits in a
                circle.

        Raises:
            StoreError: no such channel, a transaction is open in this thread, or the disk is full.
        """
        if getattr(self._local, "open", None) is not None:
            raise StoreError(
                "A transaction is open already; it cannot hold another whole one.",
                remedy="This is a mistake in the program: report it.",
            )
        connections[self.alias].close_if_unusable_or_obsolete()  # after a restart of the database, for example
        try:
            with django.atomic(using=self.alias, durable=True), self._ciphertext():
                locked = {
                    name: ChannelTransaction(self.alias, lock(self.alias, name)) for name in sorted(set(channels))
                }
                self._local.open = locked
                yield locked
        except (OperationalError, InterfaceError) as error:
            raise StoreError(
                f"The database does not answer as it should ({error}); nothing was committed.",
                remedy="See that it runs and has room, then try again: entente node doctor",
            ) from error
        except OSError as error:
            raise StoreError(
                f"Files of the node cannot be written ({error.strerror or error}); nothing was committed.",
                remedy="Make room on the disk of the node's directory, and see that its owner may write there.",
            ) from error
        finally:
            self._local.open = None

    @contextmanager
    def _ciphertext(self) -> Iterator[None]:
        """Ciphertext that is put inside is durable at the end."""
        self.blobs.begin()
        try:
            yield
            self.blobs.settle()
        finally:
            self.blobs.end()

    @contextmanager
    def _part(self, opened: Mapping[str, ChannelTransaction], channel: str) -> Iterator[ChannelTransaction]:
        if channel not in opened:
            locked = " and ".join(map(repr, opened)) or "no channel"
            raise StoreError(
                f"{locked} is locked; {channel!r} cannot be locked in the same transaction.",
                remedy="This is a mistake in the program: report it.",
            )
        outer = opened[channel]
        book = outer.book()
        try:
            with django.atomic(using=self.alias):
                yield outer
        except BaseException:
            outer.back(book)
            raise
