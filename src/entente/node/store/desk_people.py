"""People, roles and what they declare, as rows. Under the desk's lock only."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from entente.casework.model import folded
from entente.exchange import strict
from entente.exchange.keys import KeyRecord
from entente.node.store.desk_models import Conflict, Delegation, Grant, Group, Membership, Person, Unit


def put_person(alias: str, name: str, unit: str, key: KeyRecord | None, at: datetime) -> int:
    """A new person; the unit is made if there is none of its name."""
    number = Unit.objects.using(alias).get_or_create(name=unit)[0].pk if unit else None
    data = None if key is None else strict.write_object(key.as_json())
    row = Person(name=name, folded=folded(name), unit_id=number, key=data, made=at)
    row.set_unusable_password()
    row.save(using=alias, force_insert=True)
    return row.pk


def put_grants(alias: str, person: int, roles: Iterable[str], at: datetime, by: tuple[int, int] | None = None) -> None:
    """Give roles; without two others, the node is being founded. A role that is there already stays."""
    there = set(Grant.objects.using(alias).filter(person_id=person, until=None).values_list("role", flat=True))
    first, second = by or (None, None)
    for role in sorted(set(roles) - there):
        Grant.objects.using(alias).create(
            person_id=person, role=role, since=at, founding=by is None, first_id=first, second_id=second
        )


def end_grants(alias: str, person: int, roles: Iterable[str], at: datetime) -> None:
    """Take roles away."""
    Grant.objects.using(alias).filter(person_id=person, until=None, role__in=list(roles)).update(until=at)


def leave(alias: str, person: int, at: datetime) -> None:
    """A person leaves: no role, and nobody acts under the name any more."""
    Grant.objects.using(alias).filter(person_id=person, until=None).update(until=at)
    Person.objects.using(alias).filter(pk=person).update(is_active=False)


def put_delegation(alias: str, giver: int, taker: int, role: str, span: tuple[datetime, datetime]) -> None:
    """Lend a role for a time."""
    Delegation.objects.using(alias).create(giver_id=giver, taker_id=taker, role=role, start=span[0], end=span[1])


def put_conflict(alias: str, person: int, name: str, at: datetime) -> None:
    """A person declares a conflict of interest with an object."""
    Conflict.objects.using(alias).get_or_create(person_id=person, object=name, defaults={"at": at})


def copy_conflicts(alias: str, name: str, to: str) -> None:
    """Whoever has a conflict of interest with an object has it with another one, too."""
    for person, at in list(Conflict.objects.using(alias).filter(object=name).values_list("person_id", "at")):
        put_conflict(alias, person, to, at)


def put_membership(alias: str, person: int, group: str) -> None:
    """Put a person into a need-to-know group, which is made if there is none of its name."""
    row, _ = Group.objects.using(alias).get_or_create(name=group)
    Membership.objects.using(alias).get_or_create(group=row, person_id=person)
