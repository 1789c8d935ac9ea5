"""Who is on the other side: what was pinned about a peer at pairing, and what this node opens with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, TypeVar

from entente.exchange.errors import KeyFileError, KeyRoleError
from entente.exchange.keyfiles import PrivateKey
from entente.exchange.keys import KeyHistory, KeyRecord, Role
from entente.exchange.suites import Opener, Signer, Suites
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
    """A private signing key, of the node or of an officer, loaded."""

    record: KeyRecord
    signer: Signer = field(repr=False)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """A private sealing key of this node, loaded."""

    record: KeyRecord
    opener: Opener = field(repr=False)


@dataclass(frozen=True, slots=True)
class Self:
    """This node, as far as opening needs it.

    Attributes:
        name: its name.
        keys: its sealing keys by the id of their record; a destroyed key is simply not there.
    """

    name: str
    keys: Mapping[str, SealingKey]


def load_signing(key: PrivateKey, suites: Suites) -> NodeKey:
    """A private signing key, ready for use.

    Raises:
        KeyFileError: the private key is not the one of the record.
        KeyRoleError: it is a sealing key.
        SuiteError: this node does not have its suite.
    """
    if key.record.role is Role.SEAL:
        raise KeyRoleError("A sealing key cannot sign.")
    signer = _load(suites.get(key.record.suite, suites.names()).signer, key)
    return NodeKey(key.record, signer)


def load_sealing(key: PrivateKey, suites: Suites) -> SealingKey:
    """A private sealing key, ready for use.

    Raises:
        KeyFileError: the private key is not the one of the record.
        KeyRoleError: it is a signing key.
        SuiteError: this node does not have its suite.
    """
    if key.record.role is not Role.SEAL:
        raise KeyRoleError("A signing key cannot open.")
    opener = _load(suites.get(key.record.suite, suites.names()).opener, key)
    return SealingKey(key.record, opener)


class _HasPublic(Protocol):
    @property
    def public(self) -> bytes: ...


_Loaded = TypeVar("_Loaded", bound=_HasPublic)


def _load(make: Callable[[bytes], _Loaded], key: PrivateKey) -> _Loaded:
    try:
        loaded = make(key.secret)
    except ValueError:
        raise KeyFileError("The private key has not the form of its suite.") from None
    if loaded.public != key.record.public:
        raise KeyFileError("The private key is not the one of its record.")
    return loaded
