"""Acts that need two people, as rows. Under the desk's lock only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.exchange import dsse, strict
from entente.exchange.content import LIMIT, PAYLOAD_TYPE
from entente.exchange.dsse import Envelope
from entente.node.store import desk_vault
from entente.node.store.desk_models import Proposal

KIND = "proposal"
CASE = "case"
ACT = "application/vnd.entente.act+json;v=1"
"""What two people sign where nothing is sent: the act itself."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """An act that needs two people.

    Attributes:
        id: its name.
        kind: `case` for a command to an object, else the name of the act.
        object, command, number: of an object: which, what, and how many events it had when this was prepared.
        data: the command's or act's fields.
        purpose: for the account.
        documents: what both sign: the message that will be sent, or else the act; with the signatures so far.
        sends: whether the documents are messages.
        prepared: who prepared it.
        at: when.
        first, second: who signed.
        outcome: empty while it waits; done, refused or overtaken.
    """

    id: str
    kind: str
    prepared: str
    at: datetime
    documents: tuple[Envelope, ...]
    data: Mapping[str, Any]
    object: str = ""
    command: str = ""
    number: int = 0
    purpose: str = ""
    sends: bool = False
    first: str = ""
    second: str = ""
    outcome: str = ""


def put(alias: str, key: bytes, one: Proposed, person: int) -> None:
    """Write a new one."""
    Proposal.objects.using(alias).create(
        id=one.id,
        kind=one.kind,
        object=one.object,
        command=one.command,
        number=one.number,
        prepared_id=person,
        at=one.at,
        secret=_close(key, one),
    )


def sign(alias: str, key: bytes, one: Proposed, *, first: int | None = None, second: int | None = None) -> None:
    """Write the documents with one more signature, and whose it is."""
    people = {"first_id": first} if first else {"second_id": second, "outcome": "done"}
    Proposal.objects.using(alias).filter(pk=one.id).update(secret=_close(key, one), **people)


def end(alias: str, name: str, outcome: str) -> None:
    """Note that it will not be done."""
    Proposal.objects.using(alias).filter(pk=name).update(outcome=outcome)


def read(key: bytes, row: Proposal) -> Proposed:
    """The one in a row."""
    secret = desk_vault.open_(key, f"{KIND}/{row.id}", bytes(row.secret))
    kind = PAYLOAD_TYPE if secret["sends"] else ACT
    documents = [strict.read_base64(text, what="document") for text in secret["documents"]]
    return Proposed(
        id=row.id,
        kind=row.kind,
        object=row.object,
        command=row.command,
        number=row.number,
        data=secret["data"],
        purpose=secret["purpose"],
        documents=tuple(dsse.read(data, payload_type=kind, limit=2 * LIMIT, what="document") for data in documents),
        sends=secret["sends"],
        prepared=row.prepared.name,
        at=row.at,
        first=row.first.name if row.first else "",
        second=row.second.name if row.second else "",
        outcome=row.outcome,
    )


def act_document(one: Mapping[str, Any]) -> Envelope:
    """The act as a document to sign."""
    return Envelope(ACT, strict.write_object(one))


def signed_bytes(documents: Sequence[Envelope]) -> bytes:
    """Signed documents, to stand beside an event or in the account."""
    return strict.write_object({"documents": [strict.write_base64(one.as_bytes()) for one in documents]})


def _close(key: bytes, one: Proposed) -> bytes:
    documents = [strict.write_base64(document.as_bytes()) for document in one.documents]
    value = {"data": dict(one.data), "purpose": one.purpose, "sends": one.sends, "documents": documents}
    return desk_vault.close(key, f"{KIND}/{one.id}", value)
