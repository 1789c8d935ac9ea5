"""What every use case works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from entente.exchange.content import Checker
from entente.exchange.errors import KeyFileError
from entente.exchange.suites import Suites
from entente.node.config import Config
from entente.node.home import Home
from entente.node.keyring import Keyring, fresh
from entente.node.store.work import DjangoUnitOfWork


@dataclass(frozen=True)
class Parts:
    """A node without its verbs.

    Attributes:
        home: its directory.
        config: its settings.
        uow: its store.
        suites, types: what it has and knows.
        clock: gives now, in UTC.
        random: gives so many random bytes.
        keyring: its private keys; None while it is locked.
    """

    home: Home
    config: Config
    uow: DjangoUnitOfWork
    suites: Suites
    types: Checker
    clock: Callable[[], datetime]
    random: Callable[[int], bytes]
    keyring: Keyring | None

    @property
    def name(self) -> str:
        """The authority."""
        return self.config.name

    @property
    def alias(self) -> str:
        """Of the database."""
        return self.uow.alias

    def keys(self) -> Keyring:
        """The private keys, as they are on the disk now.

        Raises:
            KeyFileError: the node is locked.
        """
        if self.keyring is None:
            raise KeyFileError("The node's keys are locked.", remedy="Give the passphrase of the node.")
        return fresh(self.keyring, self.home.keys, self.suites)
