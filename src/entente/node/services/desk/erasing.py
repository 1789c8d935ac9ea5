"""Erasure: the key of an object is destroyed, so that nobody reads it again, here or in a backup.

What stays is that there was such an object, when what was done to it, and by whom: the account cannot be rewritten.
Messages stay in the ledger, whose entries say nothing by themselves; their own retention is the exchange's matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from entente.exchange import strict
from entente.node.services.desk import proposing
from entente.node.services.desk.access_cases import access_object, is_held
from entente.node.services.desk.errors import DeskError, HeldError
from entente.node.services.desk.holding import ENDS
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who, use_case
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_proposals, desk_retention
from entente.node.store.desk_account import Entry
from entente.node.store.desk_proposals import Proposed


@use_case
def prepare(parts: Parts, who: Who, name: str, ground: str) -> Proposed:
    """Prepare that an object is erased; two releasing officers sign it.

    Args:
        parts: the node.
        who: who prepares it.
        name: the object.
        ground: why, such as `retention` or the reference of a request; no name of a person.

    Raises:
        NotFoundError: there is no such object for this person.
        HeldError: a legal hold is on it.
        DeskError: something is still to be done with it.
    """
    with writing(parts):
        found = access_object(parts.alias, who, name)
        _check_free(parts, name)
        if found.state.at not in ENDS[found.state.machine]:
            raise DeskError(
                f"{name} is {found.state.at}: something is still to be done.", remedy="Bring it to an end first."
            )
        act = proposing.new_id()
        documents = (proposing.document(parts, act, "erase", {"object": name, "ground": ground}),)
        data = {"ground": ground}
        one = Proposed(act, "erase", who.name, parts.clock(), documents, data, name, number=found.state.events)
        return proposing.put(parts, who, one, found.key)


def _check_free(parts: Parts, name: str) -> None:
    if is_held(parts.alias, name):
        raise HeldError(f"A legal hold is on {name}.", remedy="Two releasing officers may lift it.")


def _do_erase(parts: Parts, one: Proposed, two: tuple[Who, Who]) -> None:
    _check_free(parts, one.object)
    found = access_object(parts.alias, two[1], one.object)
    if found.state.events != one.number:
        raise DeskError(f"{one.object} was changed since this was prepared.", remedy="Decline it, and look again.")
    desk_retention.erase(parts.alias, one.object, parts.clock())
    proof = strict.write_base64(desk_proposals.signed_bytes(one.documents))
    facts = {"ground": one.data["ground"], "proposal": one.id, "signed": proof}
    entry = Entry(parts.clock(), (two[0].name, two[1].name), "erase", one.object, more=facts)
    desk_account.append(parts.alias, entry)


ACTS: Mapping[str, Callable[[Parts, Proposed, tuple[Who, Who]], None]] = {"erase": _do_erase}
"""Erasure, which two releasing officers sign."""
