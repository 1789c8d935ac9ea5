"""TLS as a client: version 1.3 only, and the peer's pinned key instead of certificate authorities and host names.

The key is compared when the handshake is over and before a byte of a request leaves. That the server has the private
key belonging to it is part of every TLS 1.3 handshake (RFC 8446, section 4.4.3), whatever else is verified.
"""

from __future__ import annotations

import hmac
import ssl
from typing import Any

from entente.node.wire.certificate import pin_of
from entente.node.wire.errors import PinError

_REMEDY = "Do not go on. Somebody may stand between the nodes, or the peer has a new server: ask its person in person."


class PinnedContext(ssl.SSLContext):
    """A client context that accepts one key only; made by `pinned_context`."""

    pin = ""

    def wrap_socket(self, *args: Any, **options: Any) -> ssl.SSLSocket:
        """Shake hands, then compare the key.

        Raises:
            PinError: it is another one.
            OSError: no connection, or an older protocol.
        """
        sock = super().wrap_socket(*args, **options)
        try:
            self._check(sock.getpeercert(binary_form=True))
        except BaseException:
            sock.close()
            raise
        return sock

    def wrap_bio(self, *_args: Any, **_options: Any) -> ssl.SSLObject:
        """Refused: such a handshake happens later, where the key would not be compared."""
        raise PinError("A connection through a proxy cannot be pinned.", remedy="Reach the peer without a proxy.")

    def _check(self, certificate: bytes | None) -> None:
        try:
            found = pin_of(certificate or b"")
        except ValueError:
            found = ""
        if not self.pin or not hmac.compare_digest(found, self.pin):
            raise PinError("The server that answered has another key than the one that was pinned.", remedy=_REMEDY)


def pinned_context(pin: str) -> PinnedContext:
    """A context that speaks TLS 1.3 with the holder of one key.

    Args:
        pin: SHA-256 of its SubjectPublicKeyInfo, in hexadecimal.
    """
    context = PinnedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.pin = pin
    return context
