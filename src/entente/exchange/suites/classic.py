"""S1 (Ed25519, X25519) and S2 (P-384) on pyca/cryptography.

Raw keys: S1 the 32 bytes of RFC 8032 and RFC 7748; S2 the uncompressed point of SEC 1 for public keys and the scalar
in 48 bytes for private ones. ECDSA signatures are DER.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP384R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM
from cryptography.hazmat.primitives.hpke import Suite as Hpke
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from entente.exchange.errors import SealError, SignatureError

_S1 = Hpke(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_S2 = Hpke(KEM.P384, KDF.HKDF_SHA384, AEAD.AES_256_GCM)
_ECDSA = ECDSA(hashes.SHA384())
_SCALAR = 48


class Modern:
    """S1: Ed25519, and HPKE with X25519, HKDF-SHA256 and AES-256-GCM. The default."""

    name = "S1"

    def new_signing_key(self) -> bytes:
        """A new private key of 32 bytes."""
        return Ed25519PrivateKey.generate().private_bytes_raw()

    def new_sealing_key(self) -> bytes:
        """A new private key of 32 bytes."""
        return X25519PrivateKey.generate().private_bytes_raw()

    def signer(self, private: bytes) -> Ed25519Signer:
        """A private signing key from its 32 bytes."""
        return Ed25519Signer(Ed25519PrivateKey.from_private_bytes(private))

    def opener(self, private: bytes) -> X25519Opener:
        """A private sealing key from its 32 bytes."""
        return X25519Opener(X25519PrivateKey.from_private_bytes(private))

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Check an Ed25519 signature."""
        verify_ed25519(public, data, signature)

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """HPKE, base mode, one message."""
        try:
            return _S1.encrypt(plain, X25519PublicKey.from_public_bytes(public), info=info)
        except (ValueError, OverflowError) as error:
            raise SealError(f"The bytes cannot be sealed: {error}") from None


class Ed25519Signer:
    """An Ed25519 private key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def sign(self, data: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(data)


class X25519Opener:
    """An X25519 private key."""

    def __init__(self, key: X25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed with S1."""
        try:
            return _S1.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError):
            raise cannot_open() from None


class Nist:
    """S2: ECDSA on P-384 with SHA-384, and HPKE with P-384, HKDF-SHA384 and AES-256-GCM, for FIPS sites."""

    name = "S2"

    def new_signing_key(self) -> bytes:
        """A new private scalar of 48 bytes."""
        return generate_private_key(SECP384R1()).private_numbers().private_value.to_bytes(_SCALAR, "big")

    def new_sealing_key(self) -> bytes:
        """A new private scalar of 48 bytes."""
        return self.new_signing_key()

    def signer(self, private: bytes) -> P384Signer:
        """A private signing key from its scalar."""
        return P384Signer(derive_private_key(int.from_bytes(private, "big"), SECP384R1()))

    def opener(self, private: bytes) -> P384Opener:
        """A private sealing key from its scalar."""
        return P384Opener(derive_private_key(int.from_bytes(private, "big"), SECP384R1()))

    def verify(self, public: bytes, data: bytes, signature: bytes) -> None:
        """Check an ECDSA signature in DER."""
        try:
            EllipticCurvePublicKey.from_encoded_point(SECP384R1(), public).verify(signature, data, _ECDSA)
        except (InvalidSignature, ValueError):
            raise does_not_verify() from None

    def seal(self, public: bytes, plain: bytes, info: bytes) -> bytes:
        """HPKE, base mode, one message."""
        try:
            return _S2.encrypt(plain, EllipticCurvePublicKey.from_encoded_point(SECP384R1(), public), info=info)
        except (ValueError, OverflowError) as error:
            raise SealError(f"The bytes cannot be sealed: {error}") from None


class P384Signer:
    """A P-384 private key that signs."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = _point(key)

    def sign(self, data: bytes) -> bytes:
        """A signature in DER."""
        return self._key.sign(data, _ECDSA)


class P384Opener:
    """A P-384 private key that opens."""

    def __init__(self, key: EllipticCurvePrivateKey) -> None:
        self._key = key
        self.public = _point(key)

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed with S2."""
        try:
            return _S2.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError):
            raise cannot_open() from None


def verify_ed25519(public: bytes, data: bytes, signature: bytes) -> None:
    """Return if an Ed25519 signature is right.

    Raises:
        SignatureError: it is not, or the key is malformed.
    """
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        raise does_not_verify() from None


def does_not_verify() -> SignatureError:
    """The one error for a wrong signature; it does not say how it was wrong."""
    return SignatureError("A signature does not verify.")


def cannot_open() -> SealError:
    """The one error for what cannot be opened; it does not say why."""
    return SealError("What was sealed cannot be opened with this key and header.")


def _point(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
