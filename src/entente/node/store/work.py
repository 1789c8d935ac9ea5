"""The unit of work over Django's tables: see `entente.exchange.store.UnitOfWork`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

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
        with django.atomic(using=self.alias, durable=True):
            tx = ChannelTransaction(self.alias, lock(self.alias, channel))
            self._local.open = tx
            self.blobs.begin()
            try:
                yield tx
                self._settle()
            finally:
                self._local.open = None
                self.blobs.end()

    def _settle(self) -> None:
        try:
            self.blobs.settle()
        except OSError as error:
            raise StoreError(
                f"Ciphertext cannot be made durable ({error.strerror}); nothing was committed.",
                remedy="Make room on the disk of the node's directory, then try again.",
            ) from error

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
