"""An officer's authenticator in software: makes WebAuthn assertions as a browser and a security key would."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

from entente.exchange.dsse import Signature
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.webauthn import SUITE, RelyingParty
from entente.exchange.webauthn import extra as beside
from exchange_people import END, START

PARTY = RelyingParty("node.dea.example", ("https://node.dea.example",))
PRESENT, VERIFIED = 1, 4


class Authenticator:
    """A P-256 credential of one officer."""

    def __init__(self, owner: str, holder: str) -> None:
        self._key = generate_private_key(SECP256R1())
        point = self._key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        self.record = KeyRecord(SUITE, Role.OFFICER, owner, holder, cose, START, END)

    def sign(
        self,
        content_id: str,
        *,
        origin: str = PARTY.origins[0],
        kind: str = "webauthn.get",
        party: str = PARTY.id,
        flags: int = PRESENT | VERIFIED,
    ) -> Signature:
        challenge = urlsafe_b64encode(bytes.fromhex(content_id)).rstrip(b"=").decode()
        client = json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()
        data = hashlib.sha256(party.encode()).digest() + bytes([flags]) + (0).to_bytes(4, "big")
        signature = self._key.sign(data + hashlib.sha256(client).digest(), ECDSA(SHA256()))
        return Signature(self.record.id, signature, beside(client, data))
