"""A node as one object: a directory, a clock, and a passphrase.

    node = Node.open(Path("cn"), lambda: datetime.now(UTC), b"passphrase")
    content = node.sign(node.draft("alert", body, ["us-dea"], Marking(Tlp.AMBER)), [ann, bob])
    node.send(content, "us-dea")
    other.take(node.name, node.give("us-dea"))          # two nodes in one process need no network

For a server: `deliver` answers each frame of a peer with a signed receipt or a signed rejection, `pull` gives what a
peer misses, `contact` and `take` exchange checkpoints and receipts. Each call is one commit; what it returns is
durable. Nodes are safe to share between threads.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from entente.exchange.channel import Channel
from entente.exchange.channel_parcel import Parcel, Report
from entente.exchange.content import Content
from entente.exchange.handling import Marking
from entente.exchange.keyfiles import COST
from entente.exchange.messages import load_registry
from entente.exchange.parties import NodeKey
from entente.exchange.store import Message, Way
from entente.exchange.suites import Suites, builtin
from entente.node import keyring
from entente.node.boot import boot
from entente.node.cards import Card
from entente.node.config import Config
from entente.node.errors import NodeError
from entente.node.home import Home, check_free, create, finish
from entente.node.store import database

if TYPE_CHECKING:
    from entente.node.services.meeting import Delivered
    from entente.node.services.reading import ChannelStatus

Clock = Callable[[], datetime]


class Node:
    """One authority's node. Make one by `open` or `init`.

    Attributes:
        parts: what the use cases work with; other rooms' services take it.
    """

    def __init__(self, home: Home, config: Config, clock: Clock, ring: keyring.Keyring | None, suites: Suites) -> None:
        boot()
        from entente.node.services.parts import Parts
        from entente.node.store.blobs import FileBlobs
        from entente.node.store.work import DjangoUnitOfWork

        alias = database.register(database.settings_of(config.database, home.path))
        uow = DjangoUnitOfWork(alias, FileBlobs(home.blobs, alias))
        self.parts = Parts(home, config, uow, suites, load_registry(), clock, os.urandom, ring)

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock,
        passphrase: bytes | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        suites: Suites | None = None,
    ) -> Node:
        """The node in a directory.

        Args:
            path: the directory.
            clock: gives now, in UTC.
            passphrase: opens its keys; without it, the node is locked and can only show and take invitations.
            environ: goes before the settings file; nothing by default.
            suites: what this node has; S1, S2 and S3 by default.

        Raises:
            NodeError: there is no node, its settings are not good, or its database needs a migration.
            KeyFileError: another passphrase.
        """
        home, suites = Home(path), suites or builtin()
        config = home.config(environ or {})
        ring = None if passphrase is None else keyring.load(home.keys, suites, passphrase)
        node = cls(home, config, clock, ring, suites)
        if missing := database.missing_migrations(node.parts.alias):
            raise NodeError(f"The database needs {len(missing)} migrations.", remedy="Run: entente node migrate")
        return node

    @classmethod
    def init(
        cls,
        path: Path,
        config: Config,
        clock: Clock,
        passphrase: bytes,
        *,
        suites: Suites | None = None,
        cost: int = COST,
    ) -> Node:
        """Make a new node: directory, keys, database.

        Raises:
            NodeError: there is something in the directory or in the database already.
            StoreError: the database cannot be reached.
        """
        boot()
        from entente.node.services import pins
        from entente.node.store import dump
        from entente.node.wire.certificate import ensure

        home, suites = Home(path), suites or builtin()
        check_free(home.path)
        alias = database.register(database.settings_of(config.database, home.path))
        if database.is_postgres(alias):
            database.missing_migrations(alias)  # a server that cannot be reached leaves no half of a node
        create(home, config, suites, passphrase, clock(), cost=cost)
        node = cls(home, config, clock, keyring.load(home.keys, suites, passphrase), suites)
        ensure(home.keys, config.name, node.parts.keys().secret, clock())
        database.migrate(node.parts.alias)
        if not dump.is_empty(node.parts.alias):
            raise NodeError("There is a node in the database already.", remedy="Name an empty one by --database.")
        pins.pin(node.parts.alias, config.name, keyring.public_records(home.keys))
        finish(home)
        return node

    @property
    def name(self) -> str:
        """The authority."""
        return self.parts.name

    @property
    def fingerprint(self) -> str:
        """What a person of this authority reads out to a peer's person."""
        return self.card().fingerprint

    def card(self, again: str = "") -> Card:
        """The invitation to give to peers, or to one peer to pair with it again."""
        from entente.node.services import peers

        return peers.invitation(self.parts, again)

    def add_officer(self, name: str, passphrase: bytes, *, cost: int = COST) -> NodeKey:
        """Make an officer's key file, and the key ready to sign."""
        from entente.node.services import staff

        staff.add(self.parts, name, passphrase, cost=cost)
        return staff.officer(self.parts, name, passphrase)

    def accept(self, card: bytes) -> str:
        """Keep a peer's invitation, unconfirmed; returns the peer's name."""
        from entente.node.services import peers

        return peers.accept(self.parts, card).card.name

    def confirm(self, peer: str, spoken: str) -> None:
        """Pair with a peer whose fingerprint its person read out."""
        from entente.node.services import peers

        peers.confirm(self.parts, peer, spoken)

    def channel(self, peer: str) -> Channel:
        """This end of the channel with a peer, with the keys that are pinned now."""
        from entente.node.services import peers

        return peers.channel(self.parts, peer)

    def draft(self, kind: str, body: Mapping[str, Any], to: Sequence[str], marking: Marking, **header: Any) -> Content:
        """A content that nobody has signed yet."""
        from entente.node.services import sending

        return sending.make(self.parts, kind, body, to, marking, **header)

    def sign(self, content: Content, officers: Sequence[NodeKey]) -> Content:
        """The content with officers' signatures."""
        from entente.node.services import sending

        return sending.sign(content, officers)

    def send(self, content: Content, to: str) -> Message:
        """Release a content that two officers signed, and commit it as the next frame to a peer."""
        return self.send_many([content], to)[0]

    def send_many(self, contents: Sequence[Content], to: str) -> list[Message]:
        """Release contents and commit them in one transaction: all or none."""
        from entente.node.services import sending

        return sending.send_many(self.parts, [sending.release(self.parts, one) for one in contents], to)

    def give(self, to: str, **most: int) -> Parcel:
        """What to give a peer now: contact, frames and receipts."""
        from entente.node.services import meeting

        return meeting.give(self.parts, to, **most)

    def take(self, sender: str, parcel: Parcel) -> Report:
        """Take in what a peer gave."""
        from entente.node.services import meeting

        return meeting.take_in(self.parts, sender, parcel)

    def deliver(self, sender: str, frames: Sequence[bytes]) -> list[Delivered]:
        """Take frames of a peer, and answer each with a signed receipt or a signed rejection."""
        from entente.node.services import meeting

        return meeting.deliver(self.parts, sender, frames)

    def pull(self, peer: str, after: int, *, most: int = 256) -> tuple[bytes, ...]:
        """Frames behind a sequence, for a peer that misses them."""
        from entente.node.services import meeting

        return meeting.pull(self.parts, peer, after, most=most)

    def contact(self, peer: str) -> tuple[bytes, bytes | None]:
        """What this node shows a peer, and the note over it."""
        from entente.node.services import meeting

        return meeting.contact(self.parts, peer)

    def export_bundle(self, peer: str) -> bytes:
        """What to give a peer now, as a file for a medium."""
        from entente.node.services import meeting

        return meeting.export_bundle(self.parts, peer)

    def import_bundle(self, data: bytes) -> tuple[str, Report]:
        """Take in a file from a medium; from whom it is, and what became of it."""
        from entente.node.services import meeting

        return meeting.import_bundle(self.parts, data)

    def messages(self, peer: str, way: Way, start: int = 1, most: int = 256) -> Sequence[Message]:
        """Rows of frames that were sent or taken."""
        from entente.node.services import reading

        return reading.messages(self.parts, peer, way, start, most)

    def read(self, message: Message) -> Content:
        """The content of a message."""
        from entente.node.services import reading

        return reading.content(self.parts, message)

    def status(self) -> Iterator[ChannelStatus]:
        """Where the channel with each peer stands."""
        from entente.node.services import reading

        return reading.status(self.parts)

    def close(self) -> None:
        """Close this thread's connection to the database."""
        database.close(self.parts.alias)
