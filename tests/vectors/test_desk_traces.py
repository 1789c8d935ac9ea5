"""What the desk erases is gone, what it signed stays, and what two people decided is what is done."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from desk_people import SAID, Desk, desks, newcomer
from entente.casework.errors import GuardError
from entente.exchange import strict
from entente.exchange.ledger.tree import CompactRange, leaf_hash
from entente.node.services.desk import accounting, erasing, holding, metering, releasing
from entente.node.services.desk.access_cases import node_object
from entente.node.services.desk.errors import DeskError
from entente.node.services.desk.rules import Role
from entente.node.store import desk_vault
from entente.node.store.desk_models import AccountHead, AccountLeaf, CaseEvent, LegalHold
from node_people import CN, MX


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


def test_an_account_that_lost_what_was_signed_is_not_signed_anew(mx):
    mx.state(mx.begin("case", "open", {"title": "t", "purpose": "p"}))
    accounting.checkpoint(mx.parts)
    *kept, last = AccountLeaf.objects.using(mx.alias).order_by("position")
    last.delete(using=mx.alias)
    tree = CompactRange()
    for row in kept:
        tree.append(leaf_hash(bytes(row.entry)))
    AccountHead.objects.using(mx.alias).update(size=tree.size, peaks=b"".join(tree.peaks))
    for use in (accounting.verify, accounting.checkpoint):
        with pytest.raises(DeskError, match="not those that were signed"):
            use(mx.parts)
    mx.begin("case", "open", {"title": "another one", "purpose": "p"})
    mx.begin("case", "open", {"title": "and one more", "purpose": "p"})
    for use in (accounting.verify, accounting.checkpoint):
        with pytest.raises(DeskError, match="not those that were signed"):
            use(mx.parts)


def test_queries_that_were_prepared_together_are_counted_when_they_are_asked(tmp_path, monkeypatch):
    (mx, _), _ = desks(tmp_path, MX, CN)
    monkeypatch.setattr(metering, "MOST", 1)
    query = {"area": ["N19.0W104.5"], "window-start": "2026-12-01", "window-end": "2026-12-05", "counterpart": CN}
    names = [
        mx.begin("deconfliction", "draft", {**query, "predicate": {"kind": "case", "reference": "x"}}) for _ in "ab"
    ]
    first, second = [releasing.prepare(mx.parts, mx.who("Ann"), name, "ask", said=SAID).id for name in names]
    mx.sign(first)
    with pytest.raises(GuardError, match="used up"):
        mx.sign(second)
    assert [mx.state(name).at for name in names] == ["asked", "draft"]


def test_a_hold_that_was_placed_after_a_lift_was_signed_stays(mx):
    newcomer(mx, "Zoe", Role.RELEASING)
    name = mx.begin("case", "open", {"title": "t", "purpose": "p"})
    holding.place(mx.parts, mx.who("Ann"), name, "order 1")
    act = holding.prepare_lift(mx.parts, mx.who("Bob"), name).id
    mx.sign(act, ("Bob",))
    holding.place(mx.parts, mx.who("Ann"), name, "order 2")
    mx.sign(act, ("Zoe",))
    standing = LegalHold.objects.using(mx.alias).filter(object=name, lifted=None)
    assert [hold.reference for hold in standing] == ["order 2"]
