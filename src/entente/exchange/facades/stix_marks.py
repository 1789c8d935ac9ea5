"""Markings as STIX 2.1 marking definitions, and back.

TLP 2.0 uses the definitions that OASIS publishes for everybody
(https://github.com/oasis-open/cti-stix-common-objects, extension-definition-specifications/tlp-2.0); what STIX has no
word for (conditions of use, purposes, consent, expiry, personal data) is a second definition with an extension.

Reading fails closed: a definition that is not here or not known, an older TLP, a changed definition under a known id
and a marking of a part of an object each give an unknown value, and one unknown value refuses everything.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

from stix2.v21 import MarkingDefinition

from entente.exchange import strict
from entente.exchange.handling import Marking, Tlp, combine, read_marking

NAMESPACE = UUID("7f0c5b0e-5d0a-4a9e-9a54-0f6f5e2f1c3d")
"""Of every id that Entente makes for STIX; ids depend on the content alone."""

TLP_EXTENSION = "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d"
HANDLING_EXTENSION = "extension-definition--2c9b8f6e-6f0b-4c55-8a0e-3f1d7a5b9e10"
PUBLISHED = "2022-10-01T00:00:00.000Z"
"""When OASIS published TLP 2.0; it is a part of the definitions."""

TLP_IDS = {
    Tlp.CLEAR: "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
    Tlp.GREEN: "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
    Tlp.AMBER: "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421",
    Tlp.AMBER_STRICT: "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003",
    Tlp.RED: "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1",
}
_TLP_BY_ID = {name: tlp for tlp, name in TLP_IDS.items()}
_LISTS = ("conditions", "words", "purposes", "consent")
_OWN_CREATED = "2026-11-01T00:00:00.000Z"
"""The day of the extension's first version, in every definition, so that the same marking is the same object."""


def stix_id(kind: str, *parts: str) -> str:
    """The STIX id of something, by what it is made of."""
    return f"{kind}--{uuid5(NAMESPACE, json.dumps([kind, *parts], ensure_ascii=False))}"


@lru_cache(maxsize=1024)  # few markings, and four of these for each message
def definitions(marking: Marking) -> tuple[MarkingDefinition, MarkingDefinition]:
    """The two marking definitions that together say a marking: its TLP, and the rest.

    Raises:
        MarkingError: it has values that are not known here.
    """
    return _tlp(marking.tlp), _handling(_properties(marking))


def refs(marking: Marking) -> list[str]:
    """The ids of the two definitions."""
    return [definition.id for definition in definitions(marking)]


def marking_of(item: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> Marking:
    """The marking of a STIX object.

    Args:
        item: the object, as JSON.
        found: the marking definitions that came with it, as JSON, by id.

    Returns:
        All restrictions together; with `unknown` values if anything in it is not known here.
    """
    unknown: set[str] = {"marking of a part"} if item.get("granular_markings") else set()
    levels: list[Tlp] = []
    rest: list[dict[str, Any]] = []
    for ref in _texts(item.get("object_marking_refs")):
        definition = found.get(ref)
        if ref in _TLP_BY_ID and (definition is None or _says(definition, _TLP_BY_ID[ref])):
            levels.append(_TLP_BY_ID[ref])
        elif definition is not None and (properties := _handling_of(ref, definition)) is not None:
            rest.append(properties)
        else:
            unknown.add(f"marking {ref}")
    tlp = {"tlp": max(levels).label} if levels else {}
    marking = combine(*(read_marking({**properties, **tlp}) for properties in rest or [{}]))
    return combine(marking, Marking(Tlp.CLEAR, unknown=frozenset(unknown)))


def handling_schema() -> str:
    """The JSON Schema of the extension, as text."""
    return (files("entente.exchange.facades") / "handling.schema.json").read_text(encoding="utf-8")


def _tlp(tlp: Tlp) -> MarkingDefinition:
    value = tlp.name.lower().replace("_", "+")
    extension = {"extension_type": "property-extension", "tlp_2_0": value}
    return MarkingDefinition(id=TLP_IDS[tlp], created=PUBLISHED, name=tlp.label, extensions={TLP_EXTENSION: extension})


def _handling(properties: Mapping[str, Any]) -> MarkingDefinition:
    return MarkingDefinition(
        id=_handling_id(properties),
        created=_OWN_CREATED,
        name="Entente handling",
        extensions={HANDLING_EXTENSION: {"extension_type": "property-extension", **properties}},
    )


def _handling_id(properties: Mapping[str, Any]) -> str:
    return stix_id("marking-definition", strict.write_object(properties).decode())


def _properties(marking: Marking) -> dict[str, Any]:
    """A marking but for its TLP. STIX knows no empty list, so `purposes_limited` alone says: for no purpose."""
    value = {name: item for name, item in marking.as_json().items() if name != "tlp"}
    value |= {"purposes_limited": True} if marking.purposes is not None else {}
    return {name: item for name, item in value.items() if item != []}


def _handling_of(ref: str, definition: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a definition says beside TLP, or None if it is not one of ours, whole and unchanged."""
    extensions = definition.get("extensions")
    if not isinstance(extensions, Mapping) or set(extensions) != {HANDLING_EXTENSION}:
        return None
    properties = dict(extensions[HANDLING_EXTENSION])
    properties.pop("extension_type", None)
    if "definition" in definition or _handling_id(properties) != ref:
        return None
    limited = properties.pop("purposes_limited", False)
    return {**properties, "purposes": properties.get("purposes", [])} if limited else properties


def _says(definition: Mapping[str, Any], tlp: Tlp) -> bool:
    expected = json.loads(_tlp(tlp).serialize())
    return all(definition.get(name) == expected[name] for name in ("type", "name", "extensions"))


def _texts(value: Any) -> Sequence[str]:
    return [str(item) for item in value] if isinstance(value, list) else []
