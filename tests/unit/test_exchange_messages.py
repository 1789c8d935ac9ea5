"""Message types: each is valid, labelled in three languages, takes its example and refuses what is not one."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest

from entente.exchange.content import Predicate, draft
from entente.exchange.errors import MalformedError, MarkingError, MessageError, UnknownTypeError
from entente.exchange.messages import Entry, State, load_registry, standing
from exchange_people import NOW, alert, header, known, send, signing_key, take

REGISTRY = load_registry()
ID, DIGEST = "a" * 64, "A" * 43 + "="
WHEN = "2026-12-01T09:00:00Z"
GOODS = [
    {
        "substance": {"name": "Acetic anhydride", "cas": "108-24-7", "hs": "291524"},
        "quantity": {"amount": "20000.5", "unit": "kg"},
    }
]
PARTY = {"name": "Example Trading", "country": "MX", "identifiers": [{"kind": "tax", "value": "EXA010101AAA"}]}
EXAMPLES: dict[str, dict[str, Any]] = {
    "pre-export-notification": {
        "number": "MX-2026-0007",
        "exporter": PARTY,
        "importer": {"name": "进口有限公司", "country": "CN"},
        "goods": GOODS,
        "entry": {"name": "Shanghai", "country": "CN"},
        "dispatch": "2026-12-10",
        "due": WHEN,
    },
    "pre-export-reply": {"notification": ID, "answer": "objection", "reason": "No such importer."},
    "shipment-arrival": {"notification": ID, "arrived": "2026-12-30", "result": "different", "goods": GOODS},
    "incident": {"kind": "stopped-shipment", "date": "2026-11-01", "summary": "Stopped at the port.", "goods": GOODS},
    "request": {"question": "Who is the consignee?", "purpose": "diversion", "due": WHEN},
    "response": {"request": ID, "answer": "not-established"},
    "alert": {"title": "New name", "summary": "Sold under a new name.", "urgency": "urgent"},
    "lead": {"lead": "L-1", "summary": "Two shipments.", "reasons": [{"text": "No notification.", "rule": "pen"}]},
    "case-event": {"case": "C-1", "event": "result", "outcome": "not-established"},
    "commitment": {"text": "Answer within five days.", "status": "made", "due": "2027-01-31"},
    "statement": {"claim": "All notifications were answered.", "basis": "Own count.", "confidence": "established"},
    "counter-statement": {"statement": ID, "position": "agrees-partly", "text": "Two were late."},
    "handling-change": {"item": ID, "handling": {"tlp": "TLP:GREEN", "personal": False}, "reason": "Published."},
    "consent": {"item": ID, "answer": "granted", "action": "share", "to": "cn-nncc"},
    "recall": {"action": "purge", "reason": "Wrong company."},
    "recall-receipt": {
        "recall": ID,
        "items": [{"item": ID, "done": "held", "copies": [{"to": "cn-nncc", "done": "recalled"}]}],
    },
    "purge-receipt": {"items": [{"item": ID, "done": "held", "at": WHEN}]},
    "key-change": {"add": [signing_key("us-dea", "Ann").record.as_json()], "retire": [{"key": ID, "at": WHEN}]},
    "meeting": {"meeting": "M-1", "step": "signed", "sha256": ID},
    "suspension": {"from": WHEN, "scope": "all"},
    "resumption": {"suspension": ID, "from": WHEN},
    "match-offer": {
        "run": DIGEST,
        "keys": "identifier",
        "edition": 1,
        "fold": "plain/1",
        "engine": "openmined-psi/2",
        "client": "mx-pgr",
        "purpose": "diversion",
        "size": 900,
        "most": 1000,
        "commitment": DIGEST,
        "due": "2026-12-24T09:00:00Z",
    },
    "match-answer": {"run": DIGEST, "answer": "declined", "reason": "No predicate that we know of."},
    "match-step": {"run": DIGEST, "terms": DIGEST, "step": "setup", "size": 1000, "data": "AAAA"},
    "match-result": {"run": DIGEST, "terms": DIGEST, "common": 3},
    "match-reveal": {
        "run": DIGEST,
        "terms": DIGEST,
        "stage": "shown",
        "elements": [{"token": DIGEST, "references": ["shipment 7"]}],
    },
}
TYPES = sorted(REGISTRY.types)


def content(kind: str, body: dict[str, Any], **changes: Any):
    changes.setdefault("predicate", Predicate("case", "C-1"))
    changes.setdefault("withdraws", (ID,))
    return draft(header(type=kind, **changes), body, os.urandom)


def properties(schema: Any):
    if isinstance(schema, dict):
        yield from schema.get("properties", {}).items()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)


def test_every_type_of_the_plan_is_there():
    assert {name for name, _ in TYPES} == set(EXAMPLES)


@pytest.mark.parametrize("kind", TYPES)
def test_a_schema_is_valid_json_schema(kind):
    jsonschema.Draft7Validator.check_schema(REGISTRY.types[kind].schema)


@pytest.mark.parametrize("kind", TYPES)
def test_everything_has_a_label_in_three_languages(kind):
    message = REGISTRY.types[kind]
    assert set(message.label) == {"en", "zh", "es"}
    for name, schema in properties(message.schema):
        assert set(REGISTRY.words.fields[name]) == {"en", "zh", "es"}
        for value in schema.get("enum", ()):
            assert set(REGISTRY.words.values[value]) == {"en", "zh", "es"}


def test_no_label_is_left_over():
    schemas = [kind.schema for kind in REGISTRY.types.values()]
    found = [pair for schema in schemas for pair in properties(schema)]
    assert set(REGISTRY.words.fields) == {name for name, _ in found}
    assert set(REGISTRY.words.values) == {value for _, schema in found for value in schema.get("enum", ())}


@pytest.mark.parametrize("kind", TYPES)
def test_an_example_is_taken_by_the_compiled_validator_and_by_jsonschema(kind):
    name, _ = kind
    REGISTRY.check(content(name, EXAMPLES[name]))
    jsonschema.Draft7Validator(REGISTRY.types[kind].schema).validate(EXAMPLES[name])


@pytest.mark.parametrize("kind", TYPES)
def test_a_missing_or_wrong_field_is_refused_by_both(kind):
    name, _ = kind
    judge = jsonschema.Draft7Validator(REGISTRY.types[kind].schema)
    for field in REGISTRY.types[kind].schema["required"]:
        for body in (
            {key: value for key, value in EXAMPLES[name].items() if key != field},
            {**EXAMPLES[name], field: {"nonsense": [1]}},
            {**EXAMPLES[name], field: None},
        ):
            with pytest.raises(MessageError):
                REGISTRY.check(content(name, body))
            assert not judge.is_valid(body)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("pre-export-reply", {"notification": ID, "answer": "objection"}),
        ("pre-export-reply", {"notification": ID, "answer": "query"}),
        ("shipment-arrival", {"arrived": "2026-12-30", "result": "as-notified"}),
        ("shipment-arrival", {"notification": ID, "arrived": "2026-12-30", "result": "different"}),
        ("response", {"request": ID, "answer": "declined"}),
        ("case-event", {"case": "C-1", "event": "result"}),
        ("consent", {"item": ID, "answer": "granted", "action": "share"}),
        ("key-change", {}),
        ("meeting", {"meeting": "M-1", "step": "minutes", "sha256": ID}),
        ("match-offer", {**EXAMPLES["match-offer"], "persons": True}),
        ("match-answer", {"run": DIGEST, "answer": "accepted"}),
        ("match-answer", {"run": DIGEST, "answer": "declined"}),
        ("match-step", {**EXAMPLES["match-step"], "attachment": "setup.bin"}),
        ("match-step", {"run": DIGEST, "terms": DIGEST, "step": "setup", "size": 1000}),
        ("match-reveal", {"run": DIGEST, "terms": DIGEST, "stage": "shown"}),
    ],
)
def test_one_field_may_need_another(kind, body):
    with pytest.raises(MessageError):
        REGISTRY.check(content(kind, body))


def test_an_amount_is_text_so_that_nobody_rounds_it():
    body = {**EXAMPLES["incident"], "goods": [{"substance": {"name": "x"}, "quantity": {"amount": 1.5, "unit": "kg"}}]}
    with pytest.raises(MessageError) as caught:
        REGISTRY.check(content("incident", body))
    assert caught.value.place is not None
    assert caught.value.place.field == "goods[0].quantity.amount"


def test_fields_that_nobody_knows_yet_are_allowed():
    REGISTRY.check(content("alert", {**EXAMPLES["alert"], "later": {"anything": [1, 2]}}))


def test_what_stands_inside_is_looked_at_too():
    with pytest.raises(MarkingError):
        REGISTRY.check(
            content("handling-change", {"item": ID, "reason": "x", "handling": {"tlp": "TLP:RED", "words": 1}})
        )
    key = {**EXAMPLES["key-change"]["add"][0], "end": "2001-01-01T00:00:00Z"}
    with pytest.raises(MalformedError):
        REGISTRY.check(content("key-change", {"add": [key]}))


def test_an_unknown_type_says_what_to_do():
    with pytest.raises(UnknownTypeError, match="version 2"):
        REGISTRY.get("alert", 2)


def test_a_request_travels_with_its_predicate():
    us, mx = known("us-dea"), known("mx-pgr")
    predicate = Predicate("shipment", "MX-2026-0007")
    asked = alert(us, body=EXAMPLES["request"], type="request", predicate=predicate)
    assert take(send(asked, us, mx).wire, mx, us).content.header.predicate == predicate


def at(day: int) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC)


A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)


def test_the_state_on_any_past_date():
    entries = [
        Entry(A, "us-dea", at(1)),
        Entry(B, "us-dea", at(5), supersedes=(A,)),
        Entry(C, "us-dea", at(9), withdraws=(B,)),
    ]
    assert standing(entries, at(1))[A].state is State.CURRENT
    assert B not in standing(entries, at(4))
    assert standing(entries, at(5))[A] == standing(entries, at(30))[A]
    assert (standing(entries, at(5))[A].state, standing(entries, at(5))[A].by) == (State.SUPERSEDED, (B,))
    assert standing(entries, at(8))[B].state is State.CURRENT
    assert (standing(entries, at(9))[B].state, standing(entries, at(9))[B].by) == (State.WITHDRAWN, (C,))


def test_nobody_replaces_or_withdraws_for_another():
    entries = [Entry(A, "us-dea", at(1)), Entry(B, "mx-pgr", at(2), withdraws=(A,), supersedes=(A,))]
    assert standing(entries, at(3))[A].state is State.CURRENT


def test_withdrawn_is_not_replaced_any_more_and_two_replacements_both_show():
    entries = [
        Entry(A, "us-dea", at(1)),
        Entry(B, "us-dea", at(2), supersedes=(A,)),
        Entry(C, "us-dea", at(3), supersedes=(A,)),
    ]
    assert standing(entries, at(3))[A].by == (B, C)
    later = [*entries, Entry(D, "us-dea", at(4), withdraws=(A,)), Entry("e" * 64, "us-dea", at(5), supersedes=(A,))]
    assert (standing(later, at(5))[A].state, standing(later, at(5))[A].by) == (State.WITHDRAWN, (D,))


def test_an_entry_says_what_its_content_says():
    content_ = content("recall", EXAMPLES["recall"], supersedes=(B,))
    entry = Entry.of(content_, NOW + timedelta(days=1))
    assert (entry.id, entry.sender, entry.supersedes, entry.withdraws) == (content_.id, "us-dea", (B,), (ID,))
