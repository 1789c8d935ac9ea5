"""What a suite can do, and the set of those a node has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from entente.exchange.errors import SuiteError, SuiteRefusedError


class Signer(Protocol):
    """A private signing key, ready for use."""

    @property
    def public(self) -> bytes:
        """The public key that verifies."""
        ...

    def sign(self, data: bytes) -> bytes:
        """The signature of some bytes."""
        ...


class Opener(Protocol):
    """A private sealing key, ready for use."""

    @property
    def public(self) -> bytes:
        """The public key that seals."""
        ...

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed.

        Raises:
            SealError: another key, another `info`, or changed bytes.
        """
        ...


class Suite(Protocol):
    """A fixed choice of signature and sealing. Keys are bytes of a fixed form; private ones never leave the node.

    Keys and encapsulations draw from the library's own random source: it must not be replaced.
    """

    @property
    def name(self) -> str:
        """The name in headers, for example `S1`."""
        ...

    def new_signing_key(self) -> bytes:
        """A new private signing key."""
        ...

    def new_sealing_key(self) -> bytes:
        """A new private sealing key."""
        ...

    def signer(self, private: bytes) -> Signer:
        """A private signing key from its bytes."""
        ...

    def opener(self, private: bytes) -> Opener:
        """A private sealing key from its bytes."""
        ...

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Return if the signature is one of these bytes by the owner of the public key.

        Raises:
            SignatureError: it is not, or the key is malformed.
        """
        ...

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """Seal bytes to the owner of a public key; `info` must be given again to open.

        Raises:
            SealError: the key is malformed, or the bytes are too many.
        """
        ...


class Suites:
    """The suites a node has, by name.

    Args:
        suites: each name once.
    """

    def __init__(self, suites: Iterable[Suite]) -> None:
        self._by_name: Mapping[str, Suite] = {suite.name: suite for suite in suites}

    def get(self, name: str, allowed: frozenset[str]) -> Suite:
        """A suite, if it is on the allow-list of the peer it is used with.

        Raises:
            SuiteRefusedError: it is not on the list.
            SuiteError: this node does not have it.
        """
        if name not in allowed:
            raise SuiteRefusedError(f"The suite {name!r} is not accepted here; {', '.join(sorted(allowed))} is.")
        if name not in self._by_name:
            raise SuiteError(f"The suite {name!r} is not available on this node.")
        return self._by_name[name]

    def names(self) -> frozenset[str]:
        """The names of all suites here."""
        return frozenset(self._by_name)


def builtin() -> Suites:
    """S1, S2 and S3. S4 needs a provider: see `entente.exchange.suites.external`."""
    from entente.exchange.suites.classic import Modern, Nist
    from entente.exchange.suites.hybrid import Hybrid

    return Suites([Modern(), Nist(), Hybrid()])
