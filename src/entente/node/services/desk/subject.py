"""A person's or firm's right to know what is held about them, and its limits.

What is told: own notifications in which they stand as a party, as far as they may know them. What is never told, and of
which it is never said whether it is there: suspicion (leads, incidents, cases, requests), live matters, and whatever
another authority gave. The words at the end are the same for everybody; who is not found gets the same answer as who is
in a live case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from entente.casework.model import State, folded
from entente.node.services.desk.access_cases import access_states
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.holding import ENDS
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account
from entente.node.store.desk_account import Entry

WORDS = (
    "This is what may be told under the law that applies to this authority. The answer neither confirms nor denies "
    "that anything else is held: where the law forbids to tell, it also forbids to say whether there is anything to "
    "tell. You may ask the supervisory authority to look at this answer for you."
)
"""The same in every answer."""

_PARTIES = ("exporter", "importer", "consignee")
_TOLD = ("number", "basis", "goods", "dispatch", "exported")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is told.

    Attributes:
        records: one for each notification: its fields, and as what the asker stands in it.
        words: what is said to everybody.
    """

    records: tuple[dict[str, Any], ...]
    words: str = WORDS


@use_case
def answer(parts: Parts, who: Who, names: Sequence[str]) -> Answer:
    """What is told to a person or firm that proved who they are.

    Only objects that this person of the authority may see are looked at; ask somebody who sees all units.

    Args:
        parts: the node.
        who: who answers.
        names: all names and identifiers of the asker, as they were proven; a record is theirs if one of them is the
            whole name or an identifier of a party in it.

    Raises:
        DeskError: no name is given.
    """
    wanted = {folded(name) for name in names if folded(name)}
    if not wanted:
        raise DeskError("Nobody is named.", remedy="Give the names and identifiers that the asker proved.")
    found = [record for state in _ended(parts, who) for record in _records(state, wanted)]
    with writing(parts):
        entry = Entry(parts.clock(), (who.name,), "subject-access", purpose="data-protection")
        desk_account.append(parts.alias, entry)
    return Answer(tuple(found))


def _ended(parts: Parts, who: Who) -> Iterator[State]:
    """Own notifications with which nothing more is to be done."""
    for state in access_states(parts.alias, who, "notification"):
        if state.side == "ours" and state.at in ENDS["notification"]:
            yield state


def _records(state: State, wanted: set[str]) -> Iterator[dict[str, Any]]:
    for role in _PARTIES:
        party = state.fields.get(role)
        if party and wanted & _names(party):
            told = {name: state.fields[name] for name in _TOLD if name in state.fields}
            yield {"as": role, "party": party, **told}


def _names(party: dict[str, Any]) -> set[str]:
    return {folded(party["name"]), *(folded(one["value"]) for one in party.get("identifiers", ()))}
