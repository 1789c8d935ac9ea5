"""Reads of people: who somebody is now, with which roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from entente.casework.model import folded
from entente.exchange import strict
from entente.exchange.keys import KeyRecord
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.rules import APART, Role, Who
from entente.node.store.desk_models import Delegation, Grant, Group, Membership, Person, Unit
from entente.node.store.models import PinnedKey


def who(alias: str, name: str, now: datetime) -> Who:
    """A person, with the roles that they have now.

    Args:
        alias: of the database.
        name: of the person, however it is spelt.
        now: the moment.

    Raises:
        DeskError: there is nobody of this name, or they are no longer here.
    """
    row = Person.objects.using(alias).filter(folded=folded(name), is_active=True).first()
    if row is None:
        raise DeskError(f"There is nobody named {name!r} at this desk.", remedy="entente node createuser NAME")
    own = own_roles(alias, row.pk)
    lent: dict[Role, frozenset[str]] = {}
    for role, giver in () if own & APART else _lent(alias, row.pk, now):
        if role not in own | APART:
            lent[role] = lent.get(role, frozenset()) | {giver}
    groups = Membership.objects.using(alias).filter(person=row).values_list("group_id", flat=True)
    return Who(row.pk, row.name, row.unit_id, frozenset(groups), own | set(lent), lent, now)


def own_roles(alias: str, person: int) -> frozenset[Role]:
    """The roles that a person was given and has."""
    rows = Grant.objects.using(alias).filter(person_id=person, until=None)
    return frozenset(map(Role, rows.values_list("role", flat=True)))


def _lent(alias: str, person: int, now: datetime) -> list[tuple[Role, str]]:
    """What is lent to a person by somebody who has it still."""
    rows = Delegation.objects.using(alias).filter(taker_id=person, start__lte=now, end__gt=now, giver__is_active=True)
    found = [(Role(role), giver, name) for role, giver, name in rows.values_list("role", "giver_id", "giver__name")]
    return [(role, name) for role, giver, name in found if role in own_roles(alias, giver)]


def person_id(alias: str, name: str) -> int | None:
    """The number of a person of a name, active or not."""
    return Person.objects.using(alias).filter(folded=folded(name)).values_list("pk", flat=True).first()


def key_of(alias: str, person: int) -> KeyRecord | None:
    """The public key of a person who is no officer of messages."""
    data = Person.objects.using(alias).values_list("key", flat=True).get(pk=person)
    return None if data is None else _key(bytes(data))


def _key(data: bytes) -> KeyRecord:
    return KeyRecord.from_json(strict.read_object(data, limit=65536, what="key"))


def has_key(alias: str, record: KeyRecord) -> bool:
    """Whether a key is pinned, or is somebody's here, under whatever name."""
    pinned = PinnedKey.objects.using(alias).values_list("record", flat=True)
    held = Person.objects.using(alias).exclude(key=None).values_list("key", flat=True)
    return any(record.public == _key(bytes(data)).public for data in (*pinned, *held) if data is not None)


def unit_id(alias: str, name: str) -> int | None:
    """The number of a unit."""
    return Unit.objects.using(alias).filter(name=name).values_list("pk", flat=True).first()


def group_id(alias: str, name: str) -> int | None:
    """The number of a need-to-know group."""
    return Group.objects.using(alias).filter(name=name).values_list("pk", flat=True).first()


def is_founded(alias: str) -> bool:
    """Whether there ever were two administrators: from then on, two people make people and give roles, for good."""
    rows = Grant.objects.using(alias).filter(role=Role.ADMINISTRATOR)
    return rows.values("person").distinct().count() >= 2


def listed(alias: str) -> Sequence[dict[str, Any]]:
    """Everybody, with their unit, roles and whether they are still here."""
    grants: dict[int, list[str]] = {}
    for person, role in Grant.objects.using(alias).filter(until=None).values_list("person_id", "role"):
        grants.setdefault(person, []).append(role)
    rows = Person.objects.using(alias).select_related("unit").order_by("name")
    return [
        {
            "name": row.name,
            "unit": row.unit.name if row.unit else "",
            "roles": sorted(grants.get(row.pk, ())),
            "active": row.is_active,
        }
        for row in rows
    ]
