"""Who is on the other side: what was pinned about a peer at pairing, and what this node opens with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from entente.exchange.keys import KeyHistory, KeyRecord
from entente.exchange.suites import Opener, Signer
from entente.exchange.webauthn import RelyingParty


@dataclass(frozen=True, slots=True)
class Peer:
    """A paired authority.

    Attributes:
        name: its name.
        channel: id of the channel with it.
        suites: the only suites accepted from it and used towards it; `WebAuthn` stands among them if its officers may
            sign with authenticators.
        keys: every key it ever had.
        relying_party: where its officers sign with authenticators.
        late: see `Use.late`.
    """

    name: str
    channel: str
    suites: frozenset[str]
    keys: KeyHistory
    relying_party: RelyingParty | None = None
    late: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class NodeKey:
    """A private key of this node, loaded: the record, and the object that signs."""

    record: KeyRecord
    signer: Signer = field(repr=False)


@dataclass(frozen=True, slots=True)
class Self:
    """This node, as far as opening needs it.

    Attributes:
        name: its name.
        openers: private sealing keys by the id of their record; a destroyed key is simply not there.
        records: the records of those keys.
    """

    name: str
    openers: Mapping[str, Opener] = field(repr=False)
    records: Mapping[str, KeyRecord]
