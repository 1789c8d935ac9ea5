"""The unit of work over Django's tables: see `entente.exchange.store.UnitOfWork`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
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

        Within another transaction on the same channel in the same thread, it is a part of that one: undone alone if
        an exception passes, and durable only when the outer one is. Nothing that came out of the part may leave this
        node before.

        Raises:
            StoreError: no such channel, another one is locked by this thread, or the disk is full.
        """
        outer: ChannelTransaction | None = getattr(self._local, "open", None)
        if outer is not None:
            with self._part(outer, channel):
                yield outer
            return
        connections[self.alias].close_if_unusable_or_obsolete()  # after a restart of the database, for example
        try:
            with django.atomic(using=self.alias, durable=True), self._ciphertext():
                self._local.open = ChannelTransaction(self.alias, lock(self.alias, channel))
                yield self._local.open
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
    def _part(self, outer: ChannelTransaction, channel: str) -> Iterator[None]:
        if outer.channel.name != channel:
            raise StoreError(
                f"The channel {outer.channel.name!r} is locked; {channel!r} cannot be locked in the same transaction.",
                remedy="This is a mistake in the program: report it.",
            )
        book = outer.book()
        try:
            with django.atomic(using=self.alias):
                yield
        except BaseException:
            outer.back(book)
            raise
