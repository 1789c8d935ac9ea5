"""An officer's authenticator in place of a key file: a WebAuthn assertion over the content's digest.

The challenge of the assertion is the 32 bytes of the content id, so that what the officer touched the authenticator
for is exactly this content. The package `webauthn` checks it; here is only what it must check: the relying party and
its origins as they were pinned, a person present and verified.

The authenticator's counter is not enforced: content is checked again years later, in whatever order.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from entente.exchange import strict
from entente.exchange.errors import MalformedError, SignatureError

SUITE = "WebAuthn"
"""Stands in a key record where others name their suite; it must be on the peer's allow-list like them."""


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whose pages the officers of an authority use to sign, as pinned at pairing."""

    id: str
    origins: tuple[str, ...]


_RP_ID = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_ORIGIN = re.compile(r"https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?")
MOST_ORIGINS = 8
_LIMIT = 64 * 1024


def relying_party(id_: str, origins: Sequence[str]) -> RelyingParty:
    """A relying party whose fields have their forms (WebAuthn level 2, sections 4 and 13.4.9).

    The id is a domain; each origin is of that domain or one below it, over https. Anything else could let another
    site's pages ask an officer's authenticator.

    Raises:
        MalformedError: they have not.
    """
    hosts = [origin.removeprefix("https://").partition(":")[0] for origin in origins]
    if not _RP_ID.fullmatch(id_) or not 0 < len(origins) <= MOST_ORIGINS or not all(map(_ORIGIN.fullmatch, origins)):
        raise MalformedError("A relying party is a domain, with origins such as https://node.example.org.")
    if not all(host == id_ or host.endswith(f".{id_}") for host in hosts) or len(set(origins)) != len(origins):
        raise MalformedError(f"An origin is not of the relying party {id_}.")
    return RelyingParty(id_, tuple(origins))


def challenge(content_id: str) -> str:
    """What a page gives to `navigator.credentials.get` for a content: its id, base64url without padding."""
    return urlsafe_b64encode(bytes.fromhex(content_id)).rstrip(b"=").decode()


def read_assertion(data: bytes) -> tuple[bytes, dict[str, Any]]:
    """The signature of an assertion, and what stands beside it, from the JSON form of a browser (`toJSON`).

    Raises:
        MalformedError: it is none.
    """
    value = strict.read_object(data, limit=_LIMIT, what="assertion")
    response = strict.field(value, "response", dict, what="assertion")
    parts = [_base64url(response, name) for name in ("clientDataJSON", "authenticatorData", "signature")]
    return parts[2], extra(parts[0], parts[1])


def read_registration(data: bytes, party: RelyingParty) -> bytes:
    """The COSE key in a registration of an authenticator, from the JSON form of a browser (`toJSON`).

    Its challenge is not looked at: what makes the key an officer's is the fingerprint that peers confirm, or the
    change of keys that two officers sign.

    Raises:
        SignatureError: it is not of the relying party, or nobody was present and verified.
        MalformedError: it is none.
    """
    from webauthn import verify_registration_response

    value = strict.read_object(data, limit=_LIMIT, what="registration")
    client = _base64url(strict.field(value, "response", dict, what="registration"), "clientDataJSON")
    said = strict.read_object(client, limit=_LIMIT, what="client data")
    try:
        found = verify_registration_response(
            credential=dict(value),
            expected_challenge=_decoded(strict.field(said, "challenge", str, what="client data")),
            expected_rp_id=party.id,
            expected_origin=list(party.origins),
            require_user_verification=True,
        )
    except Exception as error:  # noqa: BLE001 - a stranger's bytes, as below
        raise SignatureError(f"The registration of the authenticator does not hold: {error}") from None
    return found.credential_public_key


def _base64url(value: Mapping[str, Any], name: str) -> bytes:
    return _decoded(strict.field(value, name, str, what="authenticator's answer"))


def _decoded(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except ValueError:
        raise MalformedError("A part of the authenticator's answer is not base64url.") from None


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
