"""The server's key and its self-made certificate. Peers pin the key (SHA-256 of its SubjectPublicKeyInfo, RFC 7469).

Nobody but the peers looks at the certificate, and of it they look at the key only: no authority signs it, it does not
expire (RFC 5280, section 4.1.2.5), and nothing on line is asked about it. Whoever has the key can stand in for the
server, and still can neither sign a receipt nor open a message.
"""

from __future__ import annotations

import hashlib
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import NameOID

from entente.node.errors import NodeError
from entente.node.files import write_private

CERTIFICATE, KEY, PIN = "tls.pem", "tls.key", "tls.pin"
_FOREVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def ensure(folder: Path, name: str, secret: bytes, now: datetime) -> str:
    """The pin of the server's key; the key and its certificate are made if they are not there.

    Args:
        folder: of the node's keys.
        name: of the authority; it stands in the certificate, which TLS 1.3 shows encrypted.
        secret: what opens the node's key files; the key is encrypted under it.
        now: the beginning of the certificate's life.
    """
    if not (folder / PIN).is_file():
        _make(folder, name, secret, now)
    return (folder / PIN).read_text(encoding="ascii").strip()


def _make(folder: Path, name: str, secret: bytes, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(_FOREVER)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    locked = BestAvailableEncryption(_password(secret))
    write_private(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    write_private(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM))
    write_private(folder / PIN, pin_of(certificate.public_bytes(Encoding.DER)).encode())


def pin_of(certificate: bytes) -> str:
    """The pin of the key in a certificate (DER): SHA-256 of its SubjectPublicKeyInfo, in hexadecimal.

    Raises:
        ValueError: it is no certificate.
    """
    public = x509.load_der_x509_certificate(certificate).public_key()
    return hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def server_context(folder: Path, secret: bytes) -> ssl.SSLContext:
    """What a server needs: TLS 1.3 and nothing older, with the node's key.

    Raises:
        NodeError: the key is missing, damaged, or was encrypted under another secret.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY, _password(secret))
    except (OSError, ssl.SSLError) as error:
        raise NodeError(
            f"The server's key cannot be read: {error.strerror or error}.",
            remedy="Restore keys/tls.key and keys/tls.pem from your copy; peers have pinned this key.",
        ) from None
    return context


def _password(secret: bytes) -> bytes:
    return secret.hex().encode()
