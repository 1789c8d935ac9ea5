"""A stand-in for a national provider of suite S4, to test the interface. NOT SM2, NOT FOR PRODUCTION.

It dresses suite S1 up with a prefix, so that nobody takes its output for the real suite's.
"""

from __future__ import annotations

from entente.exchange.errors import SealError, SignatureError
from entente.exchange.suites.classic import Modern

PREFIX = b"NOT-FOR-PRODUCTION:"


class NotForProduction:
    """One kind of private key: the seeds of a signing and of a sealing key."""

    def __init__(self) -> None:
        self._inner = Modern()

    def generate(self) -> bytes:
        return self._inner.new_signing_key() + self._inner.new_sealing_key()

    def public(self, private: bytes) -> bytes:
        return self._inner.signer(private[:32]).public + self._inner.opener(private[32:]).public

    def sign(self, private: bytes, data: bytes) -> bytes:
        return PREFIX + self._inner.signer(private[:32]).sign(data)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> bool:
        try:
            self._inner.verify(public[:32], data, signature.removeprefix(PREFIX))
        except SignatureError:
            return False
        return signature.startswith(PREFIX)

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        return PREFIX + self._inner.seal(public[32:], plain, info)

    def open(self, private: bytes, sealed: bytes, info: bytes) -> bytes | None:
        try:
            return self._inner.opener(private[32:]).open(sealed.removeprefix(PREFIX), info)
        except SealError:
            return None
