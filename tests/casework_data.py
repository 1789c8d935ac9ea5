"""Made-up desks for casework: fields that fit a command's schema, and a desk that finds objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from entente.casework.derive import minutes_digest
from entente.casework.guards import countered
from entente.casework.model import Actor, Event, Hand, State
from entente.casework.tables import CommandSpec

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PARTY = {"name": "Example Trading", "country": "MX", "address": "1 Example Road"}
GOODS = [{"substance": {"name": "Acetic anhydride", "cas": "108-24-7"}, "quantity": {"amount": "20000", "unit": "kg"}}]
NOTIFICATION: dict[str, Any] = {
    "counterpart": "cn-nncc",
    "number": "MX-2026-0007",
    "basis": "invoked",
    "exporter": PARTY,
    "importer": {**PARTY, "name": "进口有限公司", "country": "CN"},
    "goods": GOODS,
    "entry": {"name": "Shanghai", "country": "CN"},
    "dispatch": "2026-12-20",
    "due": "2026-12-10T16:00:00Z",
}
NAMES = ("us-dea", "mx-pgr", "cn-nncc")
HARD = {  # patterns of which random text would only show hard corners of dates that no form promises
    "day": st.sampled_from(["2026-11-20", "2026-11-30", "2026-12-01", "2027-02-28"]),
    "moment": st.sampled_from(["2026-11-20T00:00:00Z", "2026-12-01T09:00:00Z", "2027-01-01T00:00:00Z"]),
    "member": st.sampled_from(NAMES),
    "decimal": st.sampled_from(["0", "1.5", "20000", "999999999999999"]),
    "id": st.sampled_from(["a" * 64, "b" * 64]),
    "sha256": st.sampled_from(["a" * 64, "b" * 64]),
    "short": st.sampled_from(["N-1", "甲", "Ann", "Bob"]),
    "text": st.sampled_from(["Because.", "原因", "ruido\n"]),
    "country": st.sampled_from(["CN", "MX", "US"]),
}


def data_for(schema: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a command's schema: all fields, or the needed ones and some others."""
    return _strategy(schema, schema["definitions"])


def _strategy(schema: Mapping[str, Any], forms: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        return HARD[name] if name in HARD else _strategy(forms[name], forms)
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return _KINDS[schema["type"]](schema, forms)


def _object(schema: Mapping[str, Any], forms: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    parts = {name: _strategy(part, forms) for name, part in schema.get("properties", {}).items()}
    parts |= {name: st.just("note") for name in schema.get("required", ()) if name not in parts}
    needed = {name: part for name, part in parts.items() if name in schema.get("required", ())}
    return st.fixed_dictionaries(parts) | st.fixed_dictionaries(
        needed, optional={name: part for name, part in parts.items() if name not in needed}
    )


def _array(schema: Mapping[str, Any], forms: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    unique = repr if schema.get("uniqueItems") else None
    return st.lists(_strategy(schema["items"], forms), min_size=schema.get("minItems", 0), max_size=3, unique_by=unique)


def _text(schema: Mapping[str, Any], _: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True, alphabet=st.characters(codec="ascii"))
    return st.text(min_size=schema.get("minLength", 0), max_size=10)


_KINDS = {
    "object": _object,
    "array": _array,
    "string": _text,
    "boolean": lambda _, __: st.booleans(),
    "integer": lambda schema, _: st.integers(schema.get("minimum", 0), 12),
}


def sensible(
    state: State | None, spec: CommandSpec, by: Actor, fields: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """The same fields, bent to what the object as it stands may accept; guards still judge."""
    before = state.fields if state else {}
    if spec.name == "draft" and "dispatch" in spec.schema["properties"]:
        fields = {**NOTIFICATION, **fields}
    known = {
        "counterpart": "cn-nncc",
        "due": (now + timedelta(days=9)).date().isoformat(),
        "window-start": "2026-12-01",
        "window-end": "2026-12-05",
        "into": "object-2",
        "origin": "object-2",
        "used": 0,
        "supervisor": "Bob",
        "owner": "Ann",
        "legal-basis": "Article 7",
        "confidence": "established",
        "members": ["cn-nncc", "us-dea"],
        "items": [entry["entry"] for entry in before.get("items", ())][:1],
        "item": next((entry["entry"] for entry in before.get("items", ())), 1),
        "link": next((entry["entry"] for entry in before.get("links", ())), 1),
        "sha256": before.get("minutes-sha256", "a" * 64),
        "authority": by.names[0] if by.hand is Hand.PEER else "us-dea",
    }
    if spec.schema["properties"].get("due", {}).get("$ref", "").endswith("moment"):
        known["due"] += "T12:00:00Z"
    if "standing" in fields and state:
        known["standing"] = countered(state.at, fields["position"])
    if spec.name == "minutes-told":
        known["sha256"] = minutes_digest(fields["minutes"])
    if "controlled-delivery" in fields:
        window = {"window-start": f"{known['due'][:10]}T00:00:00Z", "window-end": f"{known['due'][:10]}T01:00:00Z"}
        known["controlled-delivery"] = {**fields["controlled-delivery"], **window}
    parties = {name: {**fields[name], **PARTY} for name in ("exporter", "importer") if name in fields}
    bent = {name: value for name, value in (known | parties).items() if name in fields}
    return {**fields, **bent}


@dataclass
class MemoryDesk:
    """Objects of one authority: it keeps every event, and finds objects by the messages that they saw."""

    name: str
    states: dict[str, State] = field(default_factory=dict)
    events: dict[str, list[Event]] = field(default_factory=dict)
    messages: dict[str, str] = field(default_factory=dict)

    def keep(self, state: State, events: tuple[Event, ...]) -> None:
        self.states[state.object] = state
        self.events.setdefault(state.object, []).extend(events)
        for event in events:
            for message in (event.by.message, event.data.get("content")):
                if message:
                    self.messages.setdefault(message, state.object)

    def by_content(self, content: str) -> State | None:
        return self.states.get(self.messages.get(content, ""))

    def by_reference(self, machine_name: str, reference: str, sender: str) -> State | None:  # noqa: ARG002
        for state in self.states.values():
            known = {state.object, state.fields.get("case"), state.fields.get("number"), state.fields.get("meeting")}
            if state.machine == machine_name and reference in known:
                return state
        return None
