"""Reads of acts that need two people, by those who may see what they are about."""

from __future__ import annotations

from collections.abc import Sequence

from entente.node.services.desk.access_cases import access_object
from entente.node.services.desk.errors import DeskError, not_found
from entente.node.services.desk.rules import Role, Who
from entente.node.store import desk_proposals, desk_vault
from entente.node.store.desk_models import Proposal
from entente.node.store.desk_proposals import CASE, Proposed

BY_ADMINISTRATORS = frozenset({"person", "grant", "end"})
"""Acts about people; all others are for releasing officers."""


def access_proposal(alias: str, who: Who, name: str) -> tuple[Proposed, bytes]:
    """An act, and the key of its secret.

    Raises:
        NotFoundError: there is none, or the person may not see what it is about.
    """
    row = Proposal.objects.using(alias).select_related("prepared", "first", "second").filter(pk=name).first()
    if row is None:
        raise not_found("act that waits for two people")
    return _readable(alias, who, row)


def access_pending(alias: str, who: Who, most: int = 50) -> Sequence[Proposed]:
    """Acts that wait, and that the person may see, the oldest first."""
    rows = Proposal.objects.using(alias).select_related("prepared", "first", "second").filter(outcome="")
    found: list[Proposed] = []
    for row in rows.order_by("at", "pk").iterator(chunk_size=200):
        try:
            found.append(_readable(alias, who, row)[0])
        except DeskError:
            continue
        if len(found) == most:
            break
    return found


def _readable(alias: str, who: Who, row: Proposal) -> tuple[Proposed, bytes]:
    if row.object:
        key = access_object(alias, who, row.object).key
        if row.kind != CASE and not who.may(Role.RELEASING):
            raise not_found("act that waits for two people")
    else:
        administrators = row.kind in BY_ADMINISTRATORS
        if not who.may(Role.ADMINISTRATOR if administrators else Role.RELEASING):
            raise not_found("act that waits for two people")
        key = desk_vault.keys(alias, desk_proposals.KIND, [row.id])[row.id]
    return desk_proposals.read(key, row), key


def has_open(alias: str, object_: str) -> bool:
    """Whether an act about an object waits."""
    return Proposal.objects.using(alias).filter(object=object_, outcome="").exists()
