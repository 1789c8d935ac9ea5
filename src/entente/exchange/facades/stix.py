"""Messages as a STIX 2.1 bundle (https://docs.oasis-open.org/cti/stix/v2.1/os/stix-v2.1-os.html).

A message is one STIX object: an incident is an `incident`, a lead a `grouping`, an alert a `report`, everything else a
`note`. Parties are `identity` objects and never `threat-actor`: to be named is no accusation. What STIX has no property
for is in an extension; the body of the message is there as JSON text, so that no converter rewrites it.

The same messages give the same bytes: ids and times follow from the messages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from stix2.v21 import Bundle, ExtensionDefinition, Grouping, Identity, Incident, Note, Relationship, Report

from entente.exchange import strict
from entente.exchange.facades import stix_marks
from entente.exchange.facades.clearing import Cleared, named_parties
from entente.exchange.handling import Marking, Tlp

MESSAGE_EXTENSION = "extension-definition--b4a1f9d2-8c37-4e0f-9d1b-6a2f0c8e7d54"
_CREATED = "2026-11-01T00:00:00.000Z"
_PUBLIC = Marking(Tlp.CLEAR)
_CLASSES = {True: "individual", False: "organization", None: "unknown"}
_CONTACTS = ("phone", "email", "website")


def bundle(items: Iterable[Cleared]) -> Bundle:
    """A bundle with every message, the parties it names, its sender, and all definitions they need.

    An empty one has the definitions of the extensions only.
    """
    found: dict[str, Any] = {item["id"]: item for item in extension_definitions()}
    for cleared in items:
        found |= {item["id"]: item for item in objects(cleared)}
    return Bundle(id=stix_marks.stix_id("bundle", *sorted(found)), objects=list(found.values()))


def objects(cleared: Cleared) -> Iterator[Any]:
    """The STIX objects of one message, each after those it refers to."""
    yield from stix_marks.definitions(_PUBLIC)
    yield from stix_marks.definitions(cleared.marking)
    yield (sender := authority(cleared.content.header.sender))
    parties = [] if cleared.ended else [_party(cleared, *named) for named in named_parties(cleared.content.body)]
    yield from parties
    yield (main := _main(cleared, [sender["id"], *(party["id"] for party in parties)]))
    if main["type"] == "incident":
        yield from (_link(cleared, main["id"], party["id"]) for party in parties)


def authority(name: str) -> Identity:
    """An authority as the creator of what it sent; its name is no secret."""
    return Identity(
        id=stix_marks.stix_id("identity", "authority", name),
        created=_CREATED,
        modified=_CREATED,
        name=name,
        identity_class="organization",
        object_marking_refs=stix_marks.refs(_PUBLIC),
    )


@cache
def extension_definitions() -> tuple[Any, ...]:
    """The two extensions of Entente, and the identity that defines them."""
    maker = authority("entente")
    message = (files("entente.exchange.facades") / "message.schema.json").read_text(encoding="utf-8")
    return (
        *stix_marks.definitions(_PUBLIC),
        maker,
        _extension(MESSAGE_EXTENSION, "Entente message", message, maker.id),
        _extension(stix_marks.HANDLING_EXTENSION, "Entente handling", stix_marks.handling_schema(), maker.id),
    )


def main_id(content: str, kind: str) -> str:
    """The STIX id of a message of a type, by its content id."""
    return stix_marks.stix_id(_MAKERS.get(kind, (Note, _note))[0]._type, content)  # noqa: SLF001 - its only name


def _extension(name: str, title: str, schema: str, maker: str) -> ExtensionDefinition:
    return ExtensionDefinition(
        id=name,
        created=_CREATED,
        modified=_CREATED,
        created_by_ref=maker,
        name=title,
        description=json.loads(schema)["description"],
        schema=schema,
        version="1.0.0",
        extension_types=["property-extension"],
    )


def _main(cleared: Cleared, named: list[str]) -> Any:
    kind = cleared.content.header.type
    make, fields = _MAKERS.get(kind, (Note, _note))
    common = _common(cleared, main_id(cleared.content.id, kind))
    if cleared.ended:
        common |= {"revoked": True, "modified": cleared.ended}
    return make(**common, **fields(cleared, named), extensions={MESSAGE_EXTENSION: _message(cleared)})


def _common(cleared: Cleared, name: str) -> dict[str, Any]:
    made: datetime = cleared.content.header.made
    return {
        "id": name,
        "created": made,
        "modified": made,
        "created_by_ref": stix_marks.stix_id("identity", "authority", cleared.content.header.sender),
        "object_marking_refs": stix_marks.refs(cleared.marking),
    }


def _message(cleared: Cleared) -> dict[str, Any]:
    content = cleared.content
    header = content.header
    value: dict[str, Any] = {
        "extension_type": "property-extension",
        "content": content.id,
        "message_type": header.type,
        "message_version": header.version,
    }
    if cleared.ended:  # what was withdrawn is not told again
        return value
    value |= {"body": strict.write_object(content.body).decode()}
    value |= {"predicate": f"{header.predicate.kind}:{header.predicate.reference}"} if header.predicate else {}
    value |= {"until": header.until.isoformat()} if header.until else {}
    value |= {"evaluation": header.evaluation.source + header.evaluation.information} if header.evaluation else {}
    return value | ({"supersedes": list(header.supersedes)} if header.supersedes else {})


def _title(cleared: Cleared) -> str:
    body: Mapping[str, Any] = {} if cleared.ended else cleared.content.body
    kind = cleared.content.header.type
    told = body.get("title") or body.get("number") or body.get("lead")
    return f"{kind}: {told}" if told else kind


def _text(cleared: Cleared) -> str:
    body: Mapping[str, Any] = {} if cleared.ended else cleared.content.body
    told = next((body[name] for name in ("summary", "text", "question", "claim", "note") if name in body), None)
    return str(told) if told else _title(cleared)


def _incident(cleared: Cleared, _: list[str]) -> dict[str, Any]:
    return {"name": _title(cleared), "description": _text(cleared)}


def _grouping(cleared: Cleared, named: list[str]) -> dict[str, Any]:
    return {"name": _title(cleared), "description": _text(cleared), "context": "unspecified", "object_refs": named}


def _report(cleared: Cleared, named: list[str]) -> dict[str, Any]:
    return {
        "name": _title(cleared),
        "description": _text(cleared),
        "published": cleared.content.header.made,
        "object_refs": named,
    }


def _note(cleared: Cleared, named: list[str]) -> dict[str, Any]:
    return {"abstract": _title(cleared), "content": _text(cleared), "object_refs": named}


Fields = Callable[[Cleared, list[str]], dict[str, Any]]
_MAKERS: Mapping[str, tuple[Any, Fields]] = {
    "incident": (Incident, _incident),
    "lead": (Grouping, _grouping),
    "alert": (Report, _report),
}


def _party(cleared: Cleared, key: str, role: str, party: Mapping[str, Any]) -> Identity:
    identifiers = [f"{item['kind']}: {item['value']}" for item in party.get("identifiers", ())]
    extension: dict[str, Any] = {"extension_type": "property-extension", "content": cleared.content.id, "role": role}
    extension |= {"identifiers": identifiers} if identifiers else {}
    contact = "; ".join(filter(None, (party.get("address"), party.get("country"), *_contacts(party))))
    return Identity(
        **_common(cleared, stix_marks.stix_id("identity", cleared.content.id, key)),
        name=party["name"],
        identity_class=_CLASSES[party.get("person")],
        extensions={MESSAGE_EXTENSION: extension},
        **({"contact_information": contact} if contact else {}),
    )


def _contacts(party: Mapping[str, Any]) -> Iterator[str]:
    return (item["value"] for item in party.get("identifiers", ()) if item["kind"] in _CONTACTS)


def _link(cleared: Cleared, incident: str, party: str) -> Relationship:
    name = stix_marks.stix_id("relationship", incident, party)
    return Relationship(**_common(cleared, name), relationship_type="related-to", source_ref=incident, target_ref=party)
