"""Signatures of two people: with an officer's key, or with the key of a person who is no officer of messages.

An officer's key is pinned and known to peers (`entente node officer add`). Others, such as administrators, have a key
whose public half stands with the person here and nowhere else. Both lie under a passphrase that only the person knows.
"""

from __future__ import annotations

from pathlib import Path

from entente.casework.model import folded
from entente.exchange.dsse import Envelope, Signature
from entente.exchange.errors import KeyFileError, SignatureError
from entente.exchange.keyfiles import COST, lock, unlock
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.parties import NodeKey, load_signing
from entente.node import keyring
from entente.node.files import make_private_folder, read_private, write_private
from entente.node.services import pins, staff
from entente.node.services.desk import access_people
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.rules import Who
from entente.node.services.parts import Parts

FOLDER = "people"


def ensure(parts: Parts, name: str, passphrase: bytes, *, cost: int = COST) -> KeyRecord:
    """The public record of a person's own key, which is made if there is none.

    Raises:
        KeyFileError: there is one under another passphrase.
        NodeError: the name is not one.
    """
    if _path(parts, name).is_file():
        return load(parts, name, passphrase).record
    return make(parts, name, passphrase, cost=cost)


def make(parts: Parts, name: str, passphrase: bytes, *, cost: int = COST) -> KeyRecord:
    """Make a key for a person who is no officer of messages; its public record.

    Raises:
        NodeError: the name is not one, or there is a key of it.
    """
    staff.check_new(parts, name)
    folder = parts.home.keys / FOLDER
    if not folder.exists():
        make_private_folder(folder)
    path = _path(parts, name)
    if path.exists():
        raise DeskError(f"{name} has a key already.", remedy="Keep it, or name the new one otherwise.")
    key = keyring.new_key(parts.name, Role.OFFICER, parts.config.suite, parts.suites, parts.clock(), name)
    write_private(path, lock(key, passphrase, parts.random, cost=cost))
    return key.record


def load(parts: Parts, name: str, passphrase: bytes) -> NodeKey:
    """The key of a person, ready to sign: the officer's one, if there is one.

    Raises:
        KeyFileError: another passphrase, or another person's key.
        DeskError: there is none on this machine.
    """
    if name in staff.names(parts):
        return staff.officer(parts, name, passphrase)
    path = _path(parts, name)
    if not path.is_file():
        raise DeskError(f"{name} has no key on this machine.", remedy="entente node officer add NAME")
    key = unlock(read_private(path), passphrase)
    if key.record.owner != parts.name or key.record.holder != name:
        raise KeyFileError(f"{path} is no key of {name}.")
    return load_signing(key, parts.suites)


def sign(envelope: Envelope, key: NodeKey) -> Signature:
    """A signature with a key file."""
    return Signature(key.record.id, key.signer.sign(envelope.signed))


def check(parts: Parts, who: Who, envelope: Envelope, signature: Signature) -> KeyRecord:
    """The key under a signature, which is that of the person who signs.

    Raises:
        SignatureError: another person's key, or the signature is wrong.
        SuiteError: this node does not have the key's suite.
    """
    record = next((one for one in _keys(parts, who) if one.id == signature.key), None)
    if record is None:
        raise SignatureError(
            f"The signature is not by a key of {who.name} that is valid now.", remedy="Sign with your own key."
        )
    suite = parts.suites.get(record.suite, parts.suites.names())
    suite.verify(record.public, envelope.signed, signature.value)
    return record


def _keys(parts: Parts, who: Who) -> list[KeyRecord]:
    pinned = pins.history(parts.alias, parts.name).usable(Role.OFFICER, parts.clock())
    other = access_people.key_of(parts.alias, who.id)
    there = [*pinned, *([other] if other and other.start <= parts.clock() < other.end else [])]
    return [one for one in there if one.owner == parts.name and folded(one.holder) == folded(who.name)]


def _path(parts: Parts, name: str) -> Path:
    return parts.home.keys / FOLDER / f"{name}.json"
