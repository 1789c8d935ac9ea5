"""Facades: judged by the OASIS validator; markings survive another program, and nothing goes out without a permit."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import jsonschema
import pytest
import stix2
from stix2validator import ValidationOptions, validate_string

from entente.exchange.content import Content, draft
from entente.exchange.errors import HandlingRefusedError
from entente.exchange.facades import ftm, stix, stix_marks
from entente.exchange.facades.clearing import SHOWN, Cleared, clear
from entente.exchange.handling import Condition, Evaluation, Marking, Tlp
from entente.exchange.messages import load_registry
from entente.exchange.permits import Action, Circumstances
from exchange_people import NOW, header

ID = "a" * 64
IDENTIFIERS = [
    {"kind": kind, "value": f"{kind}-7"} for kind in ("tax", "phone", "account", "wallet", "passport", "vessel")
]
PARTY = {"name": "甲化工有限公司", "country": "CN", "address": "1 Example Road", "identifiers": IDENTIFIERS}
PERSON = {"name": "Juan Ejemplo", "person": True}
GOODS = [{"substance": {"name": "Acetone"}, "quantity": {"amount": "1.5", "unit": "kg"}}]
WHEN = "2026-12-01T09:00:00Z"
BODIES: dict[str, dict[str, Any]] = {
    "alert": {"title": "New name", "summary": "Sold under a new name.", "urgency": "urgent", "parties": [PARTY]},
    "case-event": {"case": "C-1", "event": "note", "text": "Asked the bank."},
    "commitment": {"text": "Answer within five days.", "status": "made"},
    "counter-statement": {"statement": ID, "position": "disagrees", "text": "Two were late."},
    "incident": {
        "kind": "seizure",
        "number": "S-7",
        "date": "2026-11-01",
        "summary": "At the port.",
        "place": {"name": "Manzanillo", "country": "MX"},
        "parties": [PARTY, PERSON],
    },
    "lead": {"lead": "L-1", "summary": "Two shipments.", "reasons": [{"text": "No notification."}], "parties": [PARTY]},
    "pre-export-notification": {
        "number": "N-1",
        "exporter": PARTY,
        "importer": PERSON,
        "goods": GOODS,
        "entry": {"name": "Shanghai", "country": "CN"},
        "dispatch": "2026-12-10",
        "due": WHEN,
    },
    "pre-export-reply": {"notification": ID, "answer": "no-objection"},
    "request": {"question": "Who is the consignee?", "purpose": "diversion", "due": WHEN},
    "response": {"request": ID, "answer": "not-established"},
    "shipment-arrival": {"reference": "R-1", "arrived": "2026-12-30", "result": "as-notified"},
    "statement": {"claim": "All were answered.", "basis": "Own count."},
}
MARKING = Marking(
    Tlp.GREEN,
    frozenset({Condition.H1, Condition.H3, Condition.NO_CAPITAL_CASE}),
    words=frozenset({"Ask first."}),
    purposes=frozenset({"diversion"}),
    expires=date(2027, 6, 1),
    personal=True,
)


def message(kind: str, marking: Marking = MARKING, **changes: Any) -> Content:
    head = header(type=kind, marking=marking, evaluation=Evaluation("B", "2"), until=date(2028, 1, 1), **changes)
    return draft(head, BODIES.get(kind, {}), os.urandom)


def now(**changes: Any) -> Circumstances:
    """Another authority shows an item of us-dea, with everything in hand that the marking asks for."""
    base = Circumstances(
        NOW.date(), "diversion", "cn-nncc", "us-dea", capital=False, assessment=ID, judged=frozenset({"Ask first."})
    )
    return replace(base, **changes)


def cleared(kind: str, marking: Marking = MARKING, **changes: Any) -> Cleared:
    return clear(message(kind, marking), [], now(), **changes)


def as_json(*items: Cleared) -> list[dict[str, Any]]:
    return json.loads(stix.bundle(items).serialize())["objects"]


def test_the_examples_are_messages_and_every_shown_type_has_one():
    assert set(BODIES) == set(SHOWN)
    for kind, body in BODIES.items():
        schema = next(one.schema for one in load_registry().types.values() if one.name == kind)
        jsonschema.Draft7Validator(schema).validate(body)


@pytest.mark.parametrize("ended", [None, NOW + timedelta(days=1)], ids=["standing", "withdrawn"])
@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_the_oasis_validator_accepts_every_message_type(kind, ended):
    # 103 wants random ids; ours follow from the message, so that a second export is the same object.
    options = ValidationOptions(version="2.1", strict=True, enforce_refs=True, disabled="103")
    text = stix.bundle([cleared(kind, ended=ended)]).serialize()
    assert validate_string(text, options).errors == []
    assert validate_string(text, options).is_valid


def test_extensions_fit_the_schemas_that_they_publish():
    found = as_json(*map(cleared, sorted(SHOWN)))
    schemas = {one["id"]: json.loads(one["schema"]) for one in found if one["type"] == "extension-definition"}
    used = [pair for one in found for pair in one.get("extensions", {}).items() if pair[0] in schemas]
    assert {name for name, _ in used} == set(schemas)
    for name, value in used:
        jsonschema.validate(value, schemas[name])


def test_the_same_messages_give_the_same_bytes():
    one = cleared("incident")
    assert stix.bundle([one]).serialize() == stix.bundle([clear(one.content, [], now())]).serialize()


def test_the_marking_survives_another_program_on_every_object():
    text = stix.bundle([cleared("incident")]).serialize()
    again = json.loads(stix2.parse(text, allow_custom=False).serialize())["objects"]
    found = {one["id"]: one for one in again if one["type"] == "marking-definition"}
    told = [one for one in again if one.get("created_by_ref") and "object_marking_refs" in one]
    assert {one["type"] for one in told} == {"incident", "identity", "relationship"}
    assert {stix_marks.marking_of(one, found) for one in told} == {MARKING}


def test_the_body_survives_as_text_with_fields_that_nobody_knows_yet():
    content = draft(header(type="alert", marking=MARKING), {**BODIES["alert"], "later": {"": []}}, os.urandom)
    found = as_json(clear(content, [], now()))
    report = next(one for one in found if one["type"] == "report")
    assert json.loads(report["extensions"][stix.MESSAGE_EXTENSION]["body"]) == content.body


def test_a_party_is_an_identity_and_nobody_is_accused():
    types = {one["type"] for one in as_json(*map(cleared, sorted(SHOWN)))}
    assert types.isdisjoint({"threat-actor", "intrusion-set", "indicator", "campaign", "malware"})


def test_the_same_name_in_two_messages_is_two_parties():
    one, two = cleared("lead"), cleared("alert")
    names = [item for item in as_json(one, two) if item.get("name") == PARTY["name"]]
    assert len({item["id"] for item in names}) == 2


def test_what_was_withdrawn_is_revoked_and_not_told_again():
    item = cleared("incident", ended=NOW + timedelta(days=1))
    text = stix.bundle([item]).serialize()
    assert next(one for one in json.loads(text)["objects"] if one["type"] == "incident")["revoked"] is True
    assert "Ejemplo" not in text
    assert "At the port" not in text
    assert list(ftm.entities(item)) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"today": date(2027, 6, 1)}, "from 2027-06-01 on"),
        ({"purpose": "taxes"}, "'taxes'"),
        ({"capital": None}, "death sentence"),
        ({"assessment": None}, "assessment"),
        ({"judged": frozenset()}, "Ask first."),
        ({"originator": "mx-pgr"}, "not the originator"),
    ],
)
def test_without_a_permit_nothing_goes_out(change, reason):
    with pytest.raises(HandlingRefusedError, match=reason):
        clear(message("lead"), [], now(**change))


@pytest.mark.parametrize(
    "marking",
    [
        Marking(Tlp.AMBER),
        Marking(Tlp.GREEN, frozenset({Condition.NO_ONWARD_STATE})),
        Marking(Tlp.GREEN, frozenset({Condition.H2})),
        Marking(Tlp.GREEN, unknown=frozenset({"eyes-only"})),
    ],
)
def test_a_marking_that_forbids_a_facade_is_kept(marking):
    content = message("lead", Marking(Tlp.GREEN))
    with pytest.raises(HandlingRefusedError):
        clear(replace(content, header=replace(content.header, marking=marking)), [], now())


@pytest.mark.parametrize("kind", ["key-change", "consent", "match-step", "recall", "of-tomorrow"])
def test_what_is_between_nodes_is_not_shown(kind):
    with pytest.raises(HandlingRefusedError, match="between nodes"):
        clear(message(kind), [], now())


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.FACADE, Action.EXPORT}))
def test_a_permit_for_something_else_does_not_do(action):
    with pytest.raises(HandlingRefusedError, match="cannot"):
        clear(message("lead"), [], now(), action=action)


def extension(one, found, number):
    """The extensions of a marking definition of an object: its TLP first, the rest second."""
    return found[one["object_marking_refs"][number]]["extensions"]


HURTS = {
    "no marking": lambda one, _: one.pop("object_marking_refs"),
    "no list": lambda one, _: one.update(object_marking_refs="TLP:CLEAR"),
    "no TLP": lambda one, _: one["object_marking_refs"].pop(0),
    "older TLP": lambda one, _: one["object_marking_refs"].append(stix2.TLP_GREEN.id),
    "not here": lambda one, _: one["object_marking_refs"].append(stix_marks.stix_id("marking-definition", "other")),
    "of a part": lambda one, _: one.update(granular_markings=[{"lang": "en", "selectors": ["name"]}]),
    "lost": lambda one, found: found.pop(one["object_marking_refs"][1]),
    "rewritten": lambda one, found: extension(one, found, 1)[stix_marks.HANDLING_EXTENSION].pop("words"),
    "extended": lambda one, found: extension(one, found, 1).update(other={}),
    "renamed": lambda one, found: extension(one, found, 0)[stix_marks.TLP_EXTENSION].update(tlp_2_0="clear"),
}


@pytest.mark.parametrize("hurt", HURTS.values(), ids=HURTS)
def test_a_marking_that_is_not_whole_refuses_everything(hurt):
    found = {one["id"]: one for one in as_json(cleared("lead"))}
    one = next(item for item in found.values() if item["type"] == "grouping")
    hurt(one, found)
    assert stix_marks.marking_of(one, found).unknown


def test_a_marking_without_its_second_half_is_taken_for_personal():
    found = {one["id"]: one for one in as_json(cleared("lead"))}
    one = {"object_marking_refs": [stix_marks.TLP_IDS[Tlp.CLEAR]]}
    assert stix_marks.marking_of(one, found) == Marking(Tlp.CLEAR, personal=True)


FTM = {  # properties of the public model (followthemoney/schema/*.yaml), as far as they are written here
    "PublicBody": {"name"},
    "LegalEntity": {"name", "country", "address", "notes", "publisher", "registrationNumber", "taxNumber", "phone"}
    | {"email", "website"},
    "Event": {"name", "description", "notes", "publisher", "date", "location", "country", "involved", "recordId"},
    "Note": {"name", "description", "notes", "publisher", "entity"},
    "Identification": {"holder", "number", "type"},
    "BankAccount": {"name", "accountNumber"},
    "CryptoWallet": {"name", "publicKey"},
    "UnknownLink": {"subject", "object", "role"},
}
FTM |= {"Person": FTM["LegalEntity"], "Organization": FTM["LegalEntity"]}
REFERENCES = {"holder", "subject", "object", "entity", "involved"}


@pytest.mark.parametrize("kind", sorted(SHOWN))
def test_followthemoney_entities_have_the_form_and_the_properties_of_the_model(kind):
    made = [json.loads(line) for line in ftm.lines([cleared(kind)])]
    ids = {one["id"] for one in made}
    assert len(ids) == len(made)
    for one in made:
        assert set(one["properties"]) <= FTM[one["schema"]]
        for name, values in one["properties"].items():
            assert values
            assert all(isinstance(value, str) and value for value in values)
            assert name not in REFERENCES or set(values) <= ids


def test_no_identifier_of_a_party_is_lost():
    text = b"".join(ftm.lines([cleared("lead")])).decode()
    assert all(item["value"] in text for item in IDENTIFIERS)


def test_followthemoney_says_the_handling_in_data_and_in_words():
    for one in ftm.entities(cleared("incident")):
        assert one["entente"]["handling"] == MARKING.as_json()
    event = next(one for one in ftm.entities(cleared("incident")) if one["schema"] == "Event")
    assert event["properties"]["notes"] == [
        (
            "Handling: TLP:GREEN; H1; H3; no-capital-case; Ask first.; only for: diversion; "
            "not to be used from 2027-06-01 on; personal data"
        )
    ]
    assert event["properties"]["country"] == ["mx"]
