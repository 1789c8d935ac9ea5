"""What people say of themselves: a role that they lend for a time, a conflict of interest; and who needs to know."""

from __future__ import annotations

from datetime import datetime, timedelta

from entente.node.services.desk import access_people
from entente.node.services.desk.access_cases import access_object
from entente.node.services.desk.errors import DeskError, TwoPeopleError
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import APART, Role, Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_people
from entente.node.store.desk_account import Entry

LONGEST = timedelta(days=90)
"""For how long a role may be lent at most."""


@use_case
def lend(parts: Parts, who: Who, role: Role, to: str, start: datetime, end: datetime) -> None:
    """Lend a role to another person for a time.

    Who has a role only by such a loan cannot lend it again, and never signs together with who lends it, or with another
    borrower of theirs: both eyes would be one person's. Administrators and auditors neither lend nor borrow.

    Args:
        parts: the node.
        who: who lends.
        role: one of their own.
        to: the other person.
        start: from when.
        end: until when.

    Raises:
        DeskError: not their own role, one that is never lent, nobody of this name or nobody who may borrow, or not a
            time of at most 90 days that is still to come.
        TwoPeopleError: to oneself.
    """
    taker = access_people.who(parts.alias, to, parts.clock())
    if taker.id == who.id:
        raise TwoPeopleError("Nobody lends a role to themselves.", remedy="Name another person.")
    if role in APART or taker.roles & APART:
        raise DeskError(
            f"{' and '.join(sorted(APART))} are roles that are never lent, and who has one borrows none.",
            remedy="Two administrators give a role to another person.",
        )
    if role not in access_people.own_roles(parts.alias, who.id):
        raise DeskError(f"{role} is not your own role.", remedy="Ask whose role it is to lend it.")
    if not parts.clock() < end or not timedelta() < end - start <= LONGEST:
        raise DeskError(f"A role is lent for at most {LONGEST.days} days, and not for the past.", remedy="Set an end.")
    with writing(parts):
        desk_people.put_delegation(parts.alias, who.id, taker.id, role, (start, end))
        facts = {"role": str(role), "to": taker.name, "start": start.isoformat(), "end": end.isoformat()}
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "lend", more=facts))


@use_case
def declare_conflict(parts: Parts, who: Who, name: str) -> None:
    """Declare a conflict of interest: from now on the object is not there for this person.

    Raises:
        NotFoundError: there is no such object for this person.
    """
    with writing(parts):
        access_object(parts.alias, who, name)
        desk_people.put_conflict(parts.alias, who.id, name, parts.clock())
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "conflict", name))


@use_case
def join_group(parts: Parts, who: Who, group: str, person: str) -> None:
    """Put a person into a need-to-know group, which is made if there is none of its name.

    Only members put others into a group that is there.

    Raises:
        DeskError: nobody of this name, or the group is there and who asks is not in it.
    """
    number = access_people.group_id(parts.alias, group)
    if number is not None and number not in who.groups:
        raise DeskError(f"Only members put others into the group {group!r}.", remedy="Ask a member.")
    with writing(parts):
        other = access_people.who(parts.alias, person, parts.clock())
        for one in {who.id, other.id}:
            desk_people.put_membership(parts.alias, one, group)
        facts = {"group": group, "person": other.name}
        desk_account.append(parts.alias, Entry(parts.clock(), (who.name,), "group", more=facts))
