"""S3: every signature twice (Ed25519 and ML-DSA-65), sealing with ML-KEM-768 and X25519 together.

Both signatures must verify, so that it stays good as long as one of the two does. ML-DSA signs with a context of its
own (FIPS 204, section 5.2), so that its half is no signature of another system. Keys and signatures are the parts one
behind the other, Ed25519 or X25519 first; private ML parts are their seeds.
"""

from __future__ import annotations

from functools import lru_cache

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, MLKEM768X25519PublicKey
from cryptography.hazmat.primitives.hpke import Suite as Hpke

from entente.exchange.errors import SealError
from entente.exchange.suites.classic import cannot_open, does_not_verify, verify_ed25519

_S3 = Hpke(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_CONTEXT = b"entente S3"
_CURVE = 32
_ED25519_SIGNATURE = 64


class Hybrid:
    """S3: safe while either the curves or the lattices hold."""

    name = "S3"

    def new_signing_key(self) -> bytes:
        """Two new private seeds of 32 bytes."""
        return Ed25519PrivateKey.generate().private_bytes_raw() + MLDSA65PrivateKey.generate().private_bytes_raw()

    def new_sealing_key(self) -> bytes:
        """A new X25519 key of 32 bytes and an ML-KEM seed of 64."""
        return X25519PrivateKey.generate().private_bytes_raw() + MLKEM768PrivateKey.generate().private_bytes_raw()

    def signer(self, private: bytes) -> DualSigner:
        """A private signing key from its two seeds."""
        return DualSigner(private)

    def opener(self, private: bytes) -> HybridOpener:
        """A private sealing key from its two parts."""
        return HybridOpener(private)

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Check both signatures."""
        verify_ed25519(public[:_CURVE], data, signature[:_ED25519_SIGNATURE])
        try:
            lattice = _verifier(public[_CURVE:])
            lattice.verify(signature[_ED25519_SIGNATURE:], data, context=_CONTEXT)
        except (InvalidSignature, ValueError):
            raise does_not_verify() from None

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """HPKE, base mode, one message."""
        try:
            return _S3.encrypt(plain, _recipient(public), info=info)
        except (ValueError, OverflowError) as error:
            raise SealError(f"The bytes cannot be sealed: {error}") from None


class DualSigner:
    """An Ed25519 and an ML-DSA-65 private key."""

    def __init__(self, private: bytes) -> None:
        self._curve = Ed25519PrivateKey.from_private_bytes(private[:_CURVE])
        self._lattice = MLDSA65PrivateKey.from_seed_bytes(private[_CURVE:])
        self.public = self._curve.public_key().public_bytes_raw() + self._lattice.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """64 and 3309 bytes."""
        return self._curve.sign(data) + self._lattice.sign(data, context=_CONTEXT)


class HybridOpener:
    """An X25519 and an ML-KEM-768 private key."""

    def __init__(self, private: bytes) -> None:
        curve = X25519PrivateKey.from_private_bytes(private[:_CURVE])
        lattice = MLKEM768PrivateKey.from_seed_bytes(private[_CURVE:])
        self._key = MLKEM768X25519PrivateKey(lattice, curve)
        self.public = curve.public_key().public_bytes_raw() + lattice.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed with S3."""
        try:
            return _S3.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError):
            raise cannot_open() from None


# Reading a lattice key costs as much as using it, and a channel uses the same few.
@lru_cache(maxsize=64)
def _verifier(public: bytes) -> MLDSA65PublicKey:
    return MLDSA65PublicKey.from_public_bytes(public)


@lru_cache(maxsize=64)
def _recipient(public: bytes) -> MLKEM768X25519PublicKey:
    curve = X25519PublicKey.from_public_bytes(public[:_CURVE])
    return MLKEM768X25519PublicKey(MLKEM768PublicKey.from_public_bytes(public[_CURVE:]), curve)
