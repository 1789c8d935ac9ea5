"""Who may use what: one row a use case. A use case without a row cannot be made.

`sees` says that the use case works on an object that the person must be allowed to see; `access_cases` decides that.
On which machines a role works stands in `WORK`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from entente.node.services.desk.errors import DeskError, NotAllowedError
from entente.node.services.parts import Parts


class Role(StrEnum):
    """What somebody is at the desk."""

    OFFICER = "officer"
    RELEASING = "releasing-officer"
    ANALYST = "analyst"
    LIAISON = "liaison"
    SECRETARIAT = "secretariat"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


APART = frozenset({Role.AUDITOR, Role.ADMINISTRATOR})
"""Roles that go with no other one, and are never lent: who gives roles or reads the account works on no matter."""


@dataclass(frozen=True, slots=True)
class Who:
    """A person who asks, as the desk knows them now.

    Attributes:
        id, name: number and name.
        unit: number of their unit.
        groups: numbers of their need-to-know groups.
        roles: their roles, own and lent.
        lent: for a role that they only have by delegation, who lends it.
        at: the moment for which this holds.
    """

    id: int
    name: str
    unit: int | None
    groups: frozenset[int]
    roles: frozenset[Role]
    lent: Mapping[Role, frozenset[str]]
    at: datetime

    def may(self, *roles: Role) -> bool:
        """Whether they have one of some roles."""
        return bool(self.roles & set(roles))


_CASES = frozenset({Role.OFFICER, Role.RELEASING, Role.ANALYST, Role.LIAISON})
_TALKS = frozenset({Role.RELEASING, Role.LIAISON, Role.SECRETARIAT})
_DESK = _CASES | _TALKS

WORK: Mapping[str, frozenset[Role]] = {
    "notification": frozenset({Role.OFFICER, Role.RELEASING}),
    "incident": frozenset({Role.OFFICER, Role.RELEASING, Role.ANALYST}),
    "request": frozenset({Role.OFFICER, Role.RELEASING, Role.LIAISON}),
    "case": _CASES,
    "deconfliction": frozenset({Role.OFFICER, Role.RELEASING, Role.LIAISON}),
    "commitment": _TALKS,
    "statement": _TALKS,
    "meeting": _TALKS,
}
"""Which roles see and work on the objects of a machine."""

PURPOSES = (
    "notification",
    "investigation",
    "request",
    "reconciliation",
    "deconfliction",
    "cooperation",
    "quality",
    "data-protection",
)
"""Why personal data are opened; the account keeps the word, and words of people stay out of it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who may use a use case, and whether it works on an object that they must be allowed to see."""

    roles: frozenset[Role]
    sees: bool = False
    changes: bool = True


def _only(*roles: Role, sees: bool = False, changes: bool = True) -> Rule:
    return Rule(frozenset(roles), sees, changes)


_SIGN = _DESK | {Role.ADMINISTRATOR}

RULES: Mapping[str, Rule] = {
    "opening.begin": Rule(_DESK),
    "acting.act": Rule(_DESK, sees=True),
    "acting.assign": _only(Role.RELEASING, Role.LIAISON, sees=True),
    "merging.merge": Rule(_CASES, sees=True),
    "portals.take_in": _only(Role.OFFICER, Role.RELEASING),
    "portals.give_out": _only(Role.OFFICER, Role.RELEASING),
    "undertaking.begin_commitments": Rule(_TALKS, sees=True),
    "merging.split": Rule(_CASES, sees=True),
    "releasing.prepare": Rule(_DESK, sees=True),
    "releasing.pending": Rule(_SIGN, changes=False),
    "releasing.show": Rule(_SIGN, sees=True, changes=False),
    "releasing.sign": Rule(_SIGN, sees=True),
    "releasing.decline": Rule(_SIGN, sees=True),
    "viewing.listed": Rule(_DESK, changes=False),
    "viewing.opened": Rule(_DESK, sees=True),
    "people.prepare_grant": _only(Role.ADMINISTRATOR),
    "people.prepare_end": _only(Role.ADMINISTRATOR),
    "people.prepare_person": _only(Role.ADMINISTRATOR),
    "people.listed": _only(Role.ADMINISTRATOR, Role.AUDITOR, changes=False),
    "standing.lend": Rule(_DESK),
    "standing.declare_conflict": Rule(_DESK, sees=True),
    "standing.join_group": _only(Role.RELEASING),
    "queueing.waiting": _only(Role.OFFICER, Role.RELEASING, Role.LIAISON, changes=False),
    "queueing.settle": _only(Role.OFFICER, Role.RELEASING, Role.LIAISON),
    "leads.import_run": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST),
    "leads.listed": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST, changes=False),
    "leads.opened": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST),
    "leads.decide": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST),
    "leads.open_case": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST),
    "leads.outcomes": _only(Role.OFFICER, Role.RELEASING, Role.ANALYST, changes=False),
    "accounting.entries": _only(Role.AUDITOR, changes=False),
    "accounting.export": _only(Role.AUDITOR, changes=False),
    "holding.place": _only(Role.OFFICER, Role.RELEASING, Role.LIAISON, sees=True),
    "holding.prepare_lift": _only(Role.RELEASING, sees=True),
    "holding.prepare_retention": _only(Role.RELEASING),
    "holding.ended": _only(Role.RELEASING, changes=False),
    "erasing.prepare": _only(Role.RELEASING, sees=True),
    "subject.answer": _only(Role.RELEASING, Role.LIAISON),
}

REGISTRY: dict[str, Callable[..., Any]] = {}
"""Every use case that was made, by its name in `RULES`."""

_Args = ParamSpec("_Args")
_Gives = TypeVar("_Gives")
_UseCase = Callable[Concatenate[Parts, Who, _Args], _Gives]


def use_case(function: _UseCase[_Args, _Gives]) -> _UseCase[_Args, _Gives]:
    """Make a function a use case: the role of who asks is judged first, by the row of its name in `RULES`."""
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
    rule = RULES[name]

    @wraps(function)
    def judged(parts: Parts, who: Who, /, *args: _Args.args, **more: _Args.kwargs) -> _Gives:
        if not who.roles & rule.roles:
            raise NotAllowedError(
                f"{who.name} may not do this ({name}).",
                remedy=f"It is for: {', '.join(sorted(rule.roles))}. Two administrators give roles.",
            )
        return function(parts, who, *args, **more)

    REGISTRY[name] = judged
    return judged


def check_apart(roles: Iterable[Role]) -> None:
    """Return if one person may have some roles together.

    Raises:
        DeskError: one of them goes with no other.
    """
    found = frozenset(roles)
    if found & APART and len(found) > 1:
        raise DeskError(
            f"Nobody is {' and '.join(sorted(found))} at once: {' and '.join(sorted(APART))} go with no other role.",
            remedy="Give the roles to two people, or take the other role away first.",
        )


def check_machine(who: Who, machine: str) -> None:
    """Return if somebody works on the objects of a machine.

    Raises:
        NotAllowedError: their roles do not.
    """
    if not who.roles & WORK[machine]:
        raise NotAllowedError(
            f"{who.name} does not work on a {machine}.", remedy=f"It is for: {', '.join(sorted(WORK[machine]))}."
        )
