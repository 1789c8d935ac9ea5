"""Messages as FollowTheMoney entities, one JSON object a line (https://followthemoney.tech/).

Each entity is `{id, schema, properties}`; every property is a list of texts. The model has no markings, so the handling
stands twice: beside the properties, where FollowTheMoney keeps it as context, and in words in `notes`, where a person
sees it. Nothing on the other side enforces it: what is written here has left the node's control.

A party that may be a person or an organisation stays a `LegalEntity`. Parties of different messages are never merged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from entente.exchange import strict
from entente.exchange.facades.clearing import Cleared, named_parties
from entente.exchange.frame import digest
from entente.exchange.handling import Marking

_SCHEMATA = {True: "Person", False: "Organization", None: "LegalEntity"}
_PLAIN = {"registration": "registrationNumber", "tax": "taxNumber", "phone": "phone", "email": "email"}
_PLAIN |= {"website": "website"}
_EVENTS = {"incident": "date", "pre-export-notification": "dispatch", "shipment-arrival": "arrived"}
"""Messages about something that happens on a day, and the field with that day. The others are notes."""

Entity = dict[str, Any]


def lines(items: Iterable[Cleared]) -> Iterator[bytes]:
    """One line of JSON, with its line feed, for each entity of each message."""
    for cleared in items:
        yield from (strict.write_object(entity) + b"\n" for entity in entities(cleared))


def entities(cleared: Cleared) -> Iterator[Entity]:
    """The entities of one message; none if its sender withdrew it, because FollowTheMoney has no word for that."""
    if cleared.ended:
        return
    sender = _sender(cleared)
    yield sender
    parties = []
    for key, role, party in named_parties(cleared.content.body):
        made = list(_party(cleared, key, role, party))
        parties.append(made[0]["id"])
        yield from made
    yield _message(cleared, sender["id"], parties)


def _entity(cleared: Cleared, key: str, schema: str, properties: Mapping[str, Any]) -> Entity:
    content = cleared.content
    lists = {name: value if isinstance(value, list) else [value] for name, value in properties.items() if value}
    return {
        "id": "entente-" + digest(f"{content.id}/{key}".encode()),
        "schema": schema,
        "properties": lists,
        "entente": {"content": content.id, "sender": content.header.sender, "handling": cleared.marking.as_json()},
    }


def _sender(cleared: Cleared) -> Entity:
    return _entity(cleared, "sender", "PublicBody", {"name": cleared.content.header.sender})


def _message(cleared: Cleared, sender: str, parties: list[str]) -> Entity:
    content, body = cleared.content, cleared.content.body
    kind = content.header.type
    told = next((body[name] for name in ("summary", "text", "question", "claim", "note") if name in body), kind)
    common = {
        "name": f"{kind}: {body.get('title') or body.get('number') or content.id[:16]}",
        "description": told,
        "notes": words(cleared.marking),
        "publisher": content.header.sender,
    }
    if kind not in _EVENTS:
        return _entity(cleared, "message", "Note", common | {"entity": [sender, *parties]})
    place = body.get("place") or body.get("entry") or {}
    about = {
        "date": body.get(_EVENTS[kind]),
        "location": place.get("name"),
        "country": str(place.get("country", "")).lower(),
        "involved": parties,
        "recordId": body.get("number") or body.get("reference"),
    }
    return _entity(cleared, "message", "Event", common | about)


def _party(cleared: Cleared, key: str, role: str, party: Mapping[str, Any]) -> Iterator[Entity]:
    properties: dict[str, Any] = {
        "name": party["name"],
        "country": str(party.get("country", "")).lower(),
        "address": party.get("address"),
        "notes": [f"{role} in {cleared.content.header.type}", words(cleared.marking)],
        "publisher": cleared.content.header.sender,
    }
    identifiers = party.get("identifiers", ())
    for item in identifiers:
        name = _PLAIN.get(item["kind"])
        told = item["value"] if name else f"{item['kind']}: {item['value']}"
        properties.setdefault(name or "notes", []).append(told)
    yield (entity := _entity(cleared, key, _SCHEMATA[party.get("person")], properties))
    for number, item in enumerate(identifiers):
        yield from _beside(cleared, f"{key}/{number}", item, entity["id"])


def _beside(cleared: Cleared, key: str, item: Mapping[str, Any], holder: str) -> Iterator[Entity]:
    """Documents, wallets and accounts are entities of their own; a party named with an account may not own it."""
    kind, value = item["kind"], item["value"]
    if kind in _DOCUMENTS:
        yield _entity(cleared, key, "Identification", {"holder": holder, "number": value, "type": _DOCUMENTS[kind]})
    elif kind in _THINGS:
        schema, number = _THINGS[kind]
        yield (thing := _entity(cleared, key, schema, {"name": value, number: value}))
        link = {"subject": holder, "object": thing["id"], "role": "named together"}
        yield _entity(cleared, f"{key}/link", "UnknownLink", link)


_DOCUMENTS = {"passport": "Passport", "customs": "Customs registration"}
_THINGS = {"account": ("BankAccount", "accountNumber"), "wallet": ("CryptoWallet", "publicKey")}


def words(marking: Marking) -> str:
    """A marking in words, for a person who sees it in another tool."""
    value = marking.as_json()
    parts = [value["tlp"], *value.get("conditions", ()), *value.get("words", ())]
    if "purposes" in value:
        parts.append("only for: " + (", ".join(value["purposes"]) or "no purpose"))
    if "consent" in value:
        parts.append("onward only with consent of: " + ", ".join(value["consent"]))
    if "expires" in value:
        parts.append(f"not to be used from {value['expires']} on")
    return "Handling: " + "; ".join([*parts, *(["personal data"] if value["personal"] else [])])
