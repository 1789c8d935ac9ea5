"""An officer's authenticator in place of a key file: a WebAuthn assertion over the content's digest.

The challenge of the assertion is the 32 bytes of the content id, so that what the officer touched the authenticator
for is exactly this content. The package `webauthn` checks it; here is only what it must check: the relying party and
its origins as they were pinned, a person present and verified.

The authenticator's counter is not enforced: content is checked again years later, in whatever order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entente.exchange import strict
from entente.exchange.errors import SignatureError

SUITE = "WebAuthn"
"""Stands in a key record where others name their suite; it must be on the peer's allow-list like them."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose pages the officers of an authority use to sign, as pinned at pairing."""

    id: str
    origins: tuple[str, ...]


def extra(client_data: bytes, authenticator_data: bytes) -> dict[str, Any]:
    """What stands beside the signature of an assertion."""
    return {
        "webauthn": {
            "authenticatorData": strict.write_base64(authenticator_data),
            "clientDataJSON": strict.write_base64(client_data),
        }
    }


def verify(
    public: bytes, content_id: str, signature: bytes, beside: Mapping[str, Any], party: RelyingParty | None
) -> None:
    """Return if an assertion is one over this content by the owner of this COSE key.

    Raises:
        SignatureError: it is not, or no relying party is pinned for the peer.
        MalformedError: its parts are missing or malformed.
    """
    if party is None:
        raise SignatureError("No relying party is pinned for this peer, so an authenticator's signature means nothing.")
    parts = strict.field(beside, "webauthn", dict, what="signature of an authenticator")
    client_data = strict.read_base64(parts.get("clientDataJSON"), what="clientDataJSON")
    authenticator_data = strict.read_base64(parts.get("authenticatorData"), what="authenticatorData")
    _check(public, bytes.fromhex(content_id), signature, client_data, authenticator_data, party)


def _check(
    public: bytes, challenge: bytes, signature: bytes, client: bytes, authenticator: bytes, party: RelyingParty
) -> None:
    from webauthn import verify_authentication_response
    from webauthn.helpers.structs import AuthenticationCredential, AuthenticatorAssertionResponse

    response = AuthenticatorAssertionResponse(
        client_data_json=client, authenticator_data=authenticator, signature=signature
    )
    try:
        verify_authentication_response(
            credential=AuthenticationCredential(id="AA", raw_id=b"\0", response=response),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            credential_public_key=public,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001 - a stranger's bytes; its CBOR and key parsers raise kinds of their own
        raise SignatureError(f"The authenticator's signature does not verify: {error}") from None
