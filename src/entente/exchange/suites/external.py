"""S4: the national suite SM2, SM3 and SM4, only through a provider that the authority installs itself.

Entente ships no implementation of it: the libraries at hand are not kept well enough to carry secrets, and an
authority that must use S4 has a certified module of its own. A provider is an object with the methods of `Provider`,
which do what the standards say: signatures by SM2 with SM3 (GB/T 32918.2), sealing by a hybrid of SM2 and SM4-GCM
that binds `info`. It
is handed to `External`, and both peers must have put `S4` on their allow-lists.
"""

from __future__ import annotations

from typing import Protocol

from entente.exchange.errors import SealError
from entente.exchange.suites.classic import cannot_open, does_not_verify


class Provider(Protocol):
    """What a provider must do. Keys are bytes in the provider's own form, or handles to keys in hardware."""

    def generate(self) -> bytes:
        """A new private key, or its handle."""
        ...

    def public(self, private: bytes) -> bytes:
        """The public key of a private one."""
        ...

    def sign(self, private: bytes, data: bytes) -> bytes:
        """A signature of some bytes."""
        ...

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        """Whether a signature is right; malformed input is False, never an exception."""
        ...

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """Sealed bytes that authenticate `info`."""
        ...

    def open(self, private: bytes, sealed: bytes, info: bytes) -> bytes | None:
        """What was sealed, or None if it cannot be opened."""
        ...


class External:
    """S4 over a provider."""

    name = "S4"

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def new_signing_key(self) -> bytes:
        """A new private key of the provider."""
        return self._provider.generate()

    def new_sealing_key(self) -> bytes:
        """A new private key of the provider."""
        return self._provider.generate()

    def signer(self, private: bytes) -> ExternalKey:
        """A private signing key."""
        return ExternalKey(self._provider, private)

    def opener(self, private: bytes) -> ExternalKey:
        """A private sealing key."""
        return ExternalKey(self._provider, private)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Check a signature; anything but True is a refusal."""
        if self._provider.verify(public, data, signature) is not True:
            raise does_not_verify()

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """Seal by the provider."""
        sealed = self._provider.seal(public, plain, info)
        if len(plain) >= 16 and plain in sealed:
            raise SealError("The provider of suite S4 returned the bytes unsealed.", remedy="Do not use this provider.")
        return sealed


class ExternalKey:
    """A private key of the provider."""

    def __init__(self, provider: Provider, private: bytes) -> None:
        self._provider = provider
        self._private = private
        self.public = provider.public(private)

    def sign(self, data: bytes) -> bytes:
        """A signature by the provider."""
        return self._provider.sign(self._private, data)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to this key."""
        plain = self._provider.open(self._private, sealed, info)
        if plain is None:
            raise cannot_open()
        return plain
