"""Officers of this authority: in the embedded default a key file each, under the officer's own passphrase.

An officer may have an authenticator instead. It stays with the officer; here is only its public key, and assertions
that were made elsewhere are taken in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from entente.exchange import strict, webauthn
from entente.exchange.content import Content
from entente.exchange.dsse import Signature
from entente.exchange.errors import KeyFileError, SignatureError
from entente.exchange.keyfiles import COST, lock, unlock
from entente.exchange.keys import SKEW, KeyRecord, Role
from entente.exchange.parties import NodeKey, load_signing
from entente.node import keyring
from entente.node.errors import NodeError
from entente.node.files import read_private, write_private
from entente.node.services import peers, pins
from entente.node.services.parts import Parts
from entente.node.store import models

_PUBLIC = ".authenticator"
_NAME = re.compile(r"[\w][\w .'-]{0,63}")


def add(parts: Parts, name: str, passphrase: bytes, *, cost: int = COST) -> str:
    """Make an officer's key and pin it for this authority; returns the id of the key.

    Peers that are paired already do not know it: tell them by a change of keys (`rotation`).

    Raises:
        NodeError: the name is not one, or the officer has a key.
    """
    path = check_new(parts, name)
    key = keyring.new_key(parts.name, Role.OFFICER, parts.config.suite, parts.suites, parts.clock(), name)
    write_private(path, lock(key, passphrase, parts.random, cost=cost))
    if not is_paired(parts):
        pins.pin(parts.alias, parts.name, [key.record])
    return key.record.id


def add_authenticator(parts: Parts, name: str, registration: bytes) -> str:
    """Take an officer's authenticator in place of a key file; returns the id of its key.

    Args:
        parts: the node.
        name: the officer.
        registration: what the browser gave when the authenticator was registered, as JSON.

    Raises:
        NodeError: the name is not one, the officer has a key, or the settings name no relying party.
        SignatureError: the registration is not of this authority's pages, or nobody was verified.
    """
    party = peers.own_party(parts)
    if party is None:
        raise NodeError(
            "The settings do not say where officers use authenticators.",
            remedy="Set relying_party and origins in config.toml.",
        )
    check_new(parts, name)
    public, start = webauthn.read_registration(registration, party), parts.clock().replace(microsecond=0) - SKEW
    record = KeyRecord(webauthn.SUITE, Role.OFFICER, parts.name, name, public, start, start + keyring.LIFE)
    path = parts.home.officers / f"{name}{_PUBLIC}"
    write_private(path, strict.write_object({"record": record.as_json()}))
    if not is_paired(parts):
        pins.pin(parts.alias, parts.name, [record])
    return record.id


def assertion(parts: Parts, content: Content, data: bytes) -> Signature:
    """The signature of an officer's authenticator over a content.

    Args:
        parts: the node.
        content: what was to be signed.
        data: the assertion as JSON, as the browser gave it.

    Raises:
        SignatureError: it is not over this content, not of this authority's pages, or of no officer known here.
    """
    value, beside = webauthn.read_assertion(data)
    own, party = pins.history(parts.alias, parts.name), peers.own_party(parts)
    refusal = SignatureError("No officer of this authority has an authenticator.")
    for record in own.usable(Role.OFFICER, parts.clock()):
        if record.suite == webauthn.SUITE:
            try:
                webauthn.verify(record.public, content.id, value, beside, party)
            except SignatureError as error:
                refusal = error
            else:
                return Signature(record.id, value, beside)
    raise refusal


def check_new(parts: Parts, name: str) -> Path:
    """The path of a new officer's key file.

    Raises:
        NodeError: the name is not one, or the officer has a key.
    """
    path = parts.home.officers / f"{_checked(name)}.json"
    if path.exists() or path.with_name(f"{name}{_PUBLIC}").exists():
        raise NodeError(f"{name} has a key already.", remedy="Keep it, or name the new one otherwise.")
    return path


def table(parts: Parts) -> Iterator[str]:
    """A line for each officer: key, until when it is valid, and whether the key file is on this machine."""
    here, now = {record.holder for record in _here(parts)}, parts.clock()
    pinned = [state for state in pins.history(parts.alias, parts.name) if state.record.role is Role.OFFICER]
    for state in pinned:
        end = f"until {state.end:%Y-%m-%d}" if state.end > now and not state.compromised else "ended"
        where = "" if state.record.holder in here else ", key file not on this machine"
        yield f"{state.record.holder:<24}{state.record.id[:16]}  {state.record.suite:<9}{end}{where}"
    for name in sorted(here - {state.record.holder for state in pinned}):
        yield f"{name:<24}{'':<18}not announced yet: entente peer rotate"


def waiting(parts: Parts) -> list[KeyRecord]:
    """Keys of officers that have a file here and are not pinned yet."""
    pinned = {state.record.id for state in pins.history(parts.alias, parts.name)}
    return [record for record in _here(parts) if record.id not in pinned and record.owner == parts.name]


def _here(parts: Parts) -> list[KeyRecord]:
    """The keys of officers with a file on this machine: their own, or what is known of their authenticator."""
    paths = [path for ending in (".json", _PUBLIC) for path in parts.home.officers.glob(f"*{ending}")]
    return [keyring.record_in(path) for path in sorted(paths)]


def is_paired(parts: Parts) -> bool:
    """Whether any peer has confirmed keys of ours: from then on keys change by signed messages only."""
    return models.Peer.objects.using(parts.alias).exclude(confirmed=None).exists()


def officer(parts: Parts, name: str, passphrase: bytes) -> NodeKey:
    """An officer's key, ready to sign.

    Raises:
        KeyFileError: another passphrase, or another authority's key.
        NodeError: there is no such officer.
    """
    path = parts.home.officers / f"{_checked(name)}.json"
    if not path.is_file():
        raise NodeError(f"There is no officer {name!r} here.", remedy="entente node officer add NAME")
    key = unlock(read_private(path), passphrase)
    if key.record.owner != parts.name or key.record.role is not Role.OFFICER:
        raise KeyFileError(f"{path} is no key of an officer of {parts.name}.")
    return load_signing(key, parts.suites)


def names(parts: Parts) -> list[str]:
    """Officers that have a key file here."""
    return sorted(path.stem for path in parts.home.officers.glob("*.json"))


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise NodeError(f"{name!r} cannot be an officer's name.", remedy="Use letters, digits, spaces, dots, dashes.")
    return name
