"""The invitation of an authority: its public keys and where it is reached, as one file to give away.

Nothing in it is secret and nothing is believed: a person compares its fingerprint, over a telephone or on paper, before
anything passes. The fingerprint covers all that is pinned: name, keys of node and officers, log, witness, server,
suites.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.content import is_id, member
from entente.exchange.errors import ExchangeError, MalformedError
from entente.exchange.fingerprint import fingerprint
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.ledger.note import COSIGNATURE, VerifierKey
from entente.exchange.webauthn import MOST_ORIGINS, SUITE, RelyingParty, relying_party
from entente.node.errors import PairingError
from entente.node.keyring import witness_name

LIMIT = 256 * 1024
MOST_GENERATIONS = 1000
_LONGEST = 100
_TYPE = "entente-invitation"
_URL = re.compile(r"(https://[\w.\[\]:-]+(/[\w./-]*)?)?")


@dataclass(frozen=True, slots=True)
class Card:
    """What an authority says of itself.

    Attributes:
        name: its name.
        jurisdiction: ISO 3166-1 alpha-2 of its state.
        suites: what it signs and opens with.
        keys: its public keys: of the node, for sealing, of its officers.
        log, witness: raw Ed25519 public keys of its ledger.
        url: where its server is; empty if it has none.
        tls: SHA-256 of its server's public key; empty if it has none.
        made: when it was written.
        again: the peer for whom it is written anew after a pairing that was revoked, and the number of the next
            generation of the channel as this authority counts; None for everybody else.
        relying_party: where its officers sign with authenticators; None if none does.
    """

    name: str
    jurisdiction: str
    suites: tuple[str, ...]
    keys: tuple[KeyRecord, ...]
    log: bytes
    witness: bytes
    url: str
    tls: str
    made: datetime
    again: tuple[str, int] | None = None
    relying_party: RelyingParty | None = None

    @property
    def fingerprint(self) -> str:
        """What two people compare."""
        ledger = [f"log {self.log.hex()}", f"witness {self.witness.hex()}", f"tls {self.tls}"]
        about = [f"jurisdiction {self.jurisdiction}", f"suites {' '.join(sorted(self.suites))}"]
        if party := self.relying_party:
            about += [f"relying-party {party.id} {' '.join(party.origins)}"]
        about += [f"again {self.again[0]} {self.again[1]}"] if self.again else []
        return fingerprint(self.name, [*(key.id for key in self.keys), *ledger, *about])

    def log_key(self, peer: str, generation: int = 1) -> VerifierKey:
        """The key of its log of a generation of the channel with a peer."""
        return VerifierKey(origin(self.name, peer, generation), self.log)

    def cosigner_key(self) -> VerifierKey:
        """The key with which it cosigns."""
        return VerifierKey(witness_name(self.name), self.witness, COSIGNATURE)

    def encode(self) -> bytes:
        """The file."""
        party = self.relying_party
        signing = {"relying_party": {"id": party.id, "origins": list(party.origins)}} if party else {}
        again = {"again": {"generation": self.again[1], "peer": self.again[0]}} if self.again else {}
        return strict.write_object(
            {
                **again,
                **signing,
                "jurisdiction": self.jurisdiction,
                "keys": [key.as_json() for key in self.keys],
                "log": strict.write_base64(self.log),
                "made": strict.write_moment(self.made),
                "name": self.name,
                "suites": list(self.suites),
                "tls": self.tls,
                "type": _TYPE,
                "url": self.url,
                "v": 1,
                "witness": strict.write_base64(self.witness),
            }
        )


def is_officer(name: str) -> bool:
    """Whether a text can name an officer: it is shown on terminals and pages, and strangers write it."""
    return len(name) <= _LONGEST and name.isprintable() and name == name.strip()


def origin(owner: str, peer: str, generation: int = 1) -> str:
    """The name of an authority's log of a generation of its channel with a peer."""
    return _numbered(f"entente.log/{owner}/{peer}", generation)


def channel_id(one: str, two: str) -> str:
    """The name under which the channel between two authorities is stored, whatever its generation."""
    return "/".join(sorted((one, two)))


def frames_of(one: str, two: str, generation: int = 1) -> str:
    """The id of a generation of the channel between two authorities, as frames name it.

    A new generation begins when the logs are succeeded, or when two authorities pair again. Frames and receipts of one
    mean nothing in another.
    """
    return _numbered(channel_id(one, two), generation)


def _numbered(name: str, generation: int) -> str:
    return name if generation == 1 else f"{name}/{generation}"


def read_card(data: bytes, file: str = "") -> Card:
    """An invitation from a file.

    Raises:
        PairingError: it is none, or it contradicts itself.
    """
    try:
        value = strict.read_object(data, limit=LIMIT, what="invitation")
        if value.get("type") != _TYPE or value.get("v") != 1:
            raise _bad("This is no invitation of a known version.", file)
        return _check(_card(value), file)
    except ExchangeError as error:
        raise _bad(f"The invitation is damaged or no invitation: {error.message}", file) from None


def _card(value: Mapping[str, Any]) -> Card:
    what = "invitation"
    keys = strict.field(value, "keys", list, what=what)
    return Card(
        name=member(value.get("name"), "name"),
        jurisdiction=strict.field(value, "jurisdiction", str, what=what),
        suites=strict.texts(value, "suites", what=what, most=8),
        keys=tuple(KeyRecord.from_json(item if isinstance(item, dict) else {}) for item in keys),
        log=strict.read_base64(value.get("log"), what="log", size=32),
        witness=strict.read_base64(value.get("witness"), what="witness", size=32),
        url=strict.field(value, "url", str, what=what),
        tls=strict.field(value, "tls", str, what=what),
        made=strict.read_moment(value.get("made"), what="made"),
        again=_again(value["again"]) if "again" in value else None,
        relying_party=_party(value["relying_party"]) if "relying_party" in value else None,
    )


def _party(value: Any) -> RelyingParty:
    found = value if isinstance(value, dict) else {}
    if set(found) != {"id", "origins"}:
        raise MalformedError("The invitation's relying party has other fields than it must have.")
    origins = strict.texts(found, "origins", what="invitation", most=MOST_ORIGINS)
    return relying_party(strict.field(found, "id", str, what="invitation"), origins)


def _again(value: Any) -> tuple[str, int]:
    found = value if isinstance(value, dict) else {}
    generation = strict.field(found, "generation", int, what="invitation")
    if set(found) != {"generation", "peer"} or not 1 < generation <= MOST_GENERATIONS:
        raise MalformedError("The invitation does not say for which peer it is written anew.")
    return member(found["peer"], "peer"), generation


def _check(card: Card, file: str) -> Card:
    roles = {key.role for key in card.keys}
    if any(key.owner != card.name for key in card.keys) or not {Role.NODE, Role.SEAL} <= roles:
        raise _bad("The invitation lacks a key of the node or for sealing, or names a key of another authority.", file)
    if not all(is_officer(key.holder) for key in card.keys if key.holder):
        raise _bad("The name of an officer is too long, or has characters that cannot be shown.", file)
    if len({key.holder for key in card.keys if key.role is Role.OFFICER}) < 2:
        raise _bad("The invitation names fewer than two officers, so nothing it sends could be taken.", file)
    if len({key.id for key in card.keys}) != len(card.keys) or card.log == card.witness:
        raise _bad("The invitation names a key twice.", file)
    if not re.fullmatch("[A-Z]{2}", card.jurisdiction) or not _URL.fullmatch(card.url) or not card.suites:
        raise _bad("The invitation's jurisdiction, address or suites are malformed.", file)
    if any(key.suite == SUITE for key in card.keys) and card.relying_party is None:
        raise _bad("The invitation names an authenticator, and not where it is used.", file)
    if card.tls and not is_id(card.tls):
        raise _bad("The invitation's key of its server is malformed.", file)
    return card


def _bad(message: str, file: str) -> PairingError:
    return PairingError(
        message, remedy="Ask the peer for a new invitation; it needs two officers.", place=Place(file=file or None)
    )
