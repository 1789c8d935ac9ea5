"""Prepare an act that needs two people: what both will sign is fixed here, byte for byte."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from entente.exchange import strict
from entente.exchange.dsse import Envelope
from entente.node.services.desk.recording import writing
from entente.node.services.desk.rules import Who
from entente.node.services.desk.viewing import check_purpose
from entente.node.services.parts import Parts
from entente.node.store import desk_account, desk_proposals, desk_vault
from entente.node.store.desk_account import Entry
from entente.node.store.desk_proposals import Proposed


def new_id() -> str:
    """A new act's name."""
    return secrets.token_hex(16)


def document(parts: Parts, name: str, kind: str, about: Mapping[str, Any]) -> Envelope:
    """The act itself as a document, with a salt, so that its digest says nothing to who does not have it."""
    salt = strict.write_base64(parts.random(32))
    head = {"v": 1, "act": kind, "id": name, "authority": parts.name, "salt": salt}
    return desk_proposals.act_document({**head, **about, "made": strict.write_moment(parts.clock())})


def put(parts: Parts, who: Who, one: Proposed, key: bytes | None = None) -> Proposed:
    """Keep an act until two people have signed it. Within the desk's lock if `key` is given; else it opens it.

    Args:
        parts: the node.
        who: who prepared it.
        one: the act.
        key: of the object it is about; None if it is about none.

    Raises:
        DeskError: it is for no such purpose.
    """
    if key is None:
        with writing(parts):
            new = desk_vault.make(parts.alias, desk_proposals.KIND, [one.id])[one.id]
            _put(parts, who, one, new)
    else:
        _put(parts, who, one, key)
    return one


def _put(parts: Parts, who: Who, one: Proposed, key: bytes) -> None:
    if one.purpose:
        check_purpose(one.purpose)
    desk_proposals.put(parts.alias, key, one, who.id)
    facts = {"proposal": one.id, "kind": one.kind, "documents": [document.id for document in one.documents]}
    entry = Entry(parts.clock(), (who.name,), "prepare", one.object, one.purpose, more=facts)
    desk_account.append(parts.alias, entry)


def about_people(parts: Parts, who: Who, kind: str, data: Mapping[str, Any]) -> Proposed:
    """Prepare an act that is about no object, such as giving a role."""
    name = new_id()
    documents = (document(parts, name, kind, {"data": dict(data)}),)
    return put(parts, who, Proposed(name, kind, who.name, parts.clock(), documents, data))
