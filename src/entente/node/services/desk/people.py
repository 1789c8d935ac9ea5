"""People and their roles. The first ones found the desk; as soon as two administrators are there, two of them act."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from entente.casework.model import folded
from entente.exchange import strict
from entente.exchange.keys import KeyRecord
from entente.exchange.keys import Role as KeyRole
from entente.node.services.desk import access_people, proposing
from entente.node.services.desk.errors import DeskError, TwoPeopleError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Role, Who, check_apart, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_people, desk_proposals
from entente.node.store.desk_account import Entry
from entente.node.store.desk_proposals import Proposed

_LONGEST = 64
_NAME = re.compile(rf"\w[\w .'-]{{0,{_LONGEST - 1}}}")
"""Such as can name a key file, too."""


def found(parts: Parts, name: str, roles: Sequence[Role], unit: str = "", key: KeyRecord | None = None) -> None:
    """Make one of the first people of a desk; whoever can use the node's directory may do it.

    Args:
        parts: the node.
        name: of the person; an officer's is that of the officer's key.
        roles: at least one.
        unit: where they work; empty is none.
        key: public key of a person who is no officer of messages.

    Raises:
        DeskError: the desk is founded, there is somebody of this name, the roles are for two people, or the key is not
            this person's alone.
    """
    check_new(parts, name, roles)
    _check_key(parts, name, key)
    if is_founded(parts):
        raise DeskError(
            "Two administrators are there; they make people and give roles together.",
            remedy="entente node createuser NAME --approve ADMINISTRATOR --approve ADMINISTRATOR",
        )
    with writing(parts):
        _check_key(parts, name, key)
        number = desk_people.put_person(parts.alias, name, unit, key, parts.clock())
        desk_people.put_grants(parts.alias, number, roles, parts.clock())
        facts = {"person": name, "roles": sorted(roles)}
        desk_account.append(parts.alias, Entry(parts.clock(), (), "found", more=facts))


@use_case
def prepare_person(
    parts: Parts, who: Who, name: str, roles: Sequence[Role], unit: str = "", key: KeyRecord | None = None
) -> Proposed:
    """Prepare a new person; two administrators sign it. The arguments are those of `found`.

    Raises:
        DeskError: there is somebody of this name, the roles are for two people, or the key is not this person's alone.
    """
    check_new(parts, name, roles)
    _check_key(parts, name, key)
    data = {"name": name, "roles": sorted(roles), "unit": unit, "key": key.as_json() if key else None}
    return proposing.about_people(parts, who, "person", data)


@use_case
def prepare_grant(parts: Parts, who: Who, name: str, roles: Sequence[Role]) -> Proposed:
    """Prepare that a person is given roles; two other administrators sign it.

    Raises:
        DeskError: there is nobody of this name, or the roles are for two people.
    """
    _check_roles(parts, _number(parts, name), roles)
    return proposing.about_people(parts, who, "grant", {"name": name, "roles": sorted(roles)})


@use_case
def prepare_end(parts: Parts, who: Who, name: str, roles: Sequence[Role] = ()) -> Proposed:
    """Prepare that a person loses roles, or leaves if none is named; two other administrators sign it.

    Raises:
        DeskError: there is nobody of this name.
    """
    _number(parts, name)
    return proposing.about_people(parts, who, "end", {"name": name, "roles": sorted(roles)})


@use_case
def listed(parts: Parts, who: Who) -> Sequence[dict[str, Any]]:
    """Everybody: name, unit, roles, whether they are still here."""
    del who
    return access_people.listed(parts.alias)


def check_others(one: Proposed, first: Who, second: Who) -> None:
    """Return if an act about a person is not signed by that person.

    Raises:
        TwoPeopleError: it is.
    """
    if folded(str(one.data["name"])) in {folded(first.name), folded(second.name)}:
        raise TwoPeopleError("Nobody decides on their own roles.", remedy="Ask another administrator to sign.")


def is_founded(parts: Parts) -> bool:
    """Whether two administrators are there."""
    return access_people.is_founded(parts.alias)


def check_new(parts: Parts, name: str, roles: Sequence[Role]) -> None:
    """Return if a person can be made.

    Raises:
        DeskError: the name is none, there is somebody of it, there is no role, or the roles are for two people.
    """
    if not _NAME.fullmatch(name) or name != name.strip() or len(folded(name)) > _LONGEST:
        raise DeskError(f"{name!r} cannot be a person's name.", remedy="Use letters, digits, spaces, dots, dashes.")
    if not roles:
        raise DeskError("A person needs a role.", remedy=f"The roles are {', '.join(Role)}.")
    check_apart(roles)
    if access_people.person_id(parts.alias, name) is not None:
        raise DeskError(f"There is somebody named {name!r}.", remedy="Name the new one otherwise.")


def _check_key(parts: Parts, name: str, key: KeyRecord | None) -> None:
    """Return if a key is of one person of this authority: one key under two names would be two people."""
    if key is None:
        return
    if key.role is not KeyRole.OFFICER or key.owner != parts.name or folded(key.holder) != folded(name):
        raise DeskError(f"This is no key of {name} of {parts.name}.", remedy="Make a key in the person's own name.")
    if access_people.has_key(parts.alias, key):
        raise DeskError("This key is another person's already.", remedy="Make a new key for the person.")


def _check_roles(parts: Parts, number: int, roles: Sequence[str]) -> None:
    check_apart(access_people.own_roles(parts.alias, number) | set(map(Role, roles)))


def _number(parts: Parts, name: str) -> int:
    number = access_people.person_id(parts.alias, name)
    if number is None:
        raise DeskError(f"There is nobody named {name!r}.", remedy="entente node createuser NAME")
    return number


def _do_person(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    data = one.data
    key = KeyRecord.from_json(data["key"]) if data["key"] else None
    check_new(parts, data["name"], [Role(role) for role in data["roles"]])
    _check_key(parts, data["name"], key)
    number = desk_people.put_person(parts.alias, data["name"], data["unit"], key, parts.clock())
    desk_people.put_grants(parts.alias, number, data["roles"], parts.clock(), (two[0].id, two[1].id))
    _account(parts, one, two)


def _do_grant(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    by, number = (two[0].id, two[1].id), _number(parts, one.data["name"])
    _check_roles(parts, number, one.data["roles"])
    desk_people.put_grants(parts.alias, number, one.data["roles"], parts.clock(), by)
    _account(parts, one, two)


def _do_end(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    number = _number(parts, one.data["name"])
    if one.data["roles"]:
        desk_people.end_grants(parts.alias, number, one.data["roles"], parts.clock())
    else:
        desk_people.leave(parts.alias, number, parts.clock())
    _account(parts, one, two)


def _account(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    proof = desk_proposals.signed_bytes(one.documents)
    facts = {"person": one.data["name"], "roles": list(one.data["roles"]), "signed": strict.write_base64(proof)}
    entry = Entry(parts.clock(), (two[0].name, two[1].name), one.kind, more={**facts, "proposal": one.id})
    desk_account.append(parts.alias, entry)


ACTS: Mapping[str, Callable[[Parts, Proposed, tuple[Who, Who]], None]] = {
    "person": _do_person,
    "grant": _do_grant,
    "end": _do_end,
}
"""Acts about people, which two administrators sign."""
