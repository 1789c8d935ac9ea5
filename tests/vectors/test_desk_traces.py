"""What the desk erases is gone, what it signed stays, and what two people decided is what is done."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from desk_people import Desk, desks, newcomer
from entente.exchange import strict
from entente.node.services.desk import erasing
from entente.node.services.desk.access_cases import node_object
from entente.node.services.desk.rules import Role
from entente.node.store import desk_vault
from entente.node.store.desk_models import CaseEvent
from node_people import MX


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path, MX)
    return one


def test_what_was_signed_of_an_erased_object_is_gone(mx, tmp_path):
    newcomer(mx, "Zoe", Role.RELEASING)
    name = mx.begin("case", "open", {"title": "t", "purpose": "p"})
    mx.two(name, "close", {"outcome": "confirmed", "reason": "JUAN PEREZ was seen"})
    row = CaseEvent.objects.using(mx.alias).get(object_id=name, command="close")
    key = node_object(mx.alias, name).key
    secret = desk_vault.open_(key, f"{name}/{row.number}", bytes(row.secret))
    signed = strict.read_base64(secret["signed"], what="signed")
    assert hashlib.sha256(signed).digest() == bytes(row.signed)
    (document,) = strict.read_object(signed, limit=1 << 20, what="signed")["documents"]
    assert b"JUAN PEREZ" in base64.b64decode(json.loads(strict.read_base64(document, what="document"))["payload"])
    mx.sign(erasing.prepare(mx.parts, mx.who("Bob"), name, "retention").id, ("Bob", "Zoe"))
    assert node_object(mx.alias, name) is None
    assert len(bytes(CaseEvent.objects.using(mx.alias).get(object_id=name, command="close").signed)) == 32
