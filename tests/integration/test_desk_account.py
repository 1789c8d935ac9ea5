"""The account, retention, erasure, and what a person is told of what is held about them."""

from __future__ import annotations

import json

import pytest

from casework_data import NOTIFICATION
from desk_checks import check
from desk_people import Desk, desks, newcomer, notify, talk
from entente.exchange.ledger.checkpoint import open_checkpoint
from entente.exchange.ledger.note import KeySigner
from entente.exchange.ledger.tree import head_of, leaf_hash
from entente.exchange.suites import builtin
from entente.node.home import Home
from entente.node.node import Node
from entente.node.services.backup import backup
from entente.node.services.desk import access_people, accounting, erasing, holding, subject, viewing
from entente.node.services.desk.errors import DeskError, HeldError
from entente.node.services.desk.rules import Role
from entente.node.services.restoring import restore
from entente.node.store import database
from entente.node.store.desk_models import AccountLeaf, CaseEvent, CaseObject
from node_people import CN, MX, PASS


@pytest.fixture
def both(tmp_path):
    (mx, cn), clock = desks(tmp_path / "desks", MX, CN)
    newcomer(mx, "Max", Role.AUDITOR)
    newcomer(mx, "Zoe", Role.RELEASING)
    return mx, cn, clock


def acts(mx: Desk, start: int = 0) -> list[dict]:
    return list(accounting.entries(mx.parts, mx.who("Max"), start, 1000))


def test_every_act_is_an_entry_and_no_entry_holds_a_text(both):
    mx, cn, _ = both
    before = len(acts(mx))
    name = notify(mx, CN)
    talk(mx, cn)
    viewing.opened(mx.parts, mx.who("Ann"), name, "notification")
    told = acts(mx, before)
    assert [entry["act"] for entry in told] == [
        "notification/draft",
        "prepare",
        "sign",
        "notification/release",
        "notification/sent",
        "notification/received",
        "open",
    ]
    release = told[3]
    assert (release["actor"], release["more"]["hand"]) == (["Ann", "Bob"], "pair")
    assert (told[-1]["actor"], told[-1]["purpose"]) == (["Ann"], "notification")
    assert release["before"] == told[0]["after"] != release["after"] == told[5]["before"]
    assert NOTIFICATION["exporter"]["name"] not in json.dumps(told)


def test_an_object_is_not_opened_without_a_purpose(both):
    mx, _, _ = both
    case = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    with pytest.raises(DeskError, match="no purpose"):
        viewing.opened(mx.parts, mx.who("Ann"), case, "curiosity")


def test_an_auditor_takes_the_account_away_and_can_verify_it(both, tmp_path):
    mx, _, _ = both
    notify(mx, CN)
    done = accounting.export(mx.parts, mx.who("Max"), tmp_path / "account")
    lines = (tmp_path / "account" / "entries.jsonl").read_bytes().splitlines()
    key = KeySigner(accounting.origin(MX), mx.parts.keys().log).key
    head = open_checkpoint((tmp_path / "account" / "checkpoint").read_bytes(), key).head
    assert head_of(map(leaf_hash, lines)) == head
    assert (done.entries, done.root) == (len(lines), head.root.hex())
    with pytest.raises(DeskError, match="there already"):
        accounting.export(mx.parts, mx.who("Max"), tmp_path / "account")
    mx.begin("case", "open", {"title": "x", "purpose": "y"})
    later = accounting.export(mx.parts, mx.who("Max"), tmp_path / "later")
    assert later.entries > done.entries
    assert (tmp_path / "later" / "entries.jsonl").read_bytes().startswith(b"\n".join(lines))


@pytest.mark.parametrize("change", ["change", "leave out"])
def test_an_account_that_was_changed_is_found(both, tmp_path, change):
    mx, _, _ = both
    row = AccountLeaf.objects.using(mx.alias).get(position=2)
    if change == "change":
        row.entry = bytes(row.entry).replace(b'"Ida"', b'"Eva"')
        row.save(using=mx.alias)
    else:
        row.delete(using=mx.alias)
    with pytest.raises(DeskError, match="not those that were signed"):
        accounting.verify(mx.parts)
    with pytest.raises(DeskError, match="not those that were signed"):
        accounting.export(mx.parts, mx.who("Max"), tmp_path / "account")


def ended(mx: Desk, **fields: str) -> str:
    name = mx.begin("case", "open", {"title": "x", "purpose": "y", **fields})
    mx.act(name, "set-aside", {"reason": "Nothing in it."})
    return name


def erase(mx: Desk, name: str) -> None:
    act = erasing.prepare(mx.parts, mx.who("Bob"), name, "retention")
    mx.sign(act.id, ("Bob", "Zoe"))


def test_what_was_erased_cannot_be_read_and_was_there(both):
    mx, _, _ = both
    name = ended(mx)
    erase(mx, name)
    with pytest.raises(DeskError, match="erased"):
        mx.state(name)
    with pytest.raises(DeskError, match="erased"):
        mx.act(name, "note", {"text": "?"})
    (line,) = [one for one in viewing.listed(mx.parts, mx.who("Ann")) if one.object == name]
    assert (line.erased, line.label) == (True, "")
    assert CaseEvent.objects.using(mx.alias).filter(object_id=name).count() == 2
    assert [entry["act"] for entry in acts(mx) if entry["object"] == name][-1] == "erase"
    check(mx)


def test_a_hold_goes_before_erasure_and_two_people_lift_it(both):
    mx, _, _ = both
    name = ended(mx)
    act = erasing.prepare(mx.parts, mx.who("Bob"), name, "retention")
    mx.sign(act.id, ("Bob",))
    holding.place(mx.parts, mx.who("Ann"), name, "order 12/2026")
    with pytest.raises(HeldError):
        mx.sign(act.id, ("Zoe",))
    with pytest.raises(HeldError):
        erase(mx, name)
    mx.sign(holding.prepare_lift(mx.parts, mx.who("Bob"), name).id, ("Bob", "Zoe"))
    mx.sign(act.id, ("Zoe",))
    assert CaseObject.objects.using(mx.alias).get(pk=name).erased is not None
    with pytest.raises(DeskError, match="No hold"):
        holding.prepare_lift(mx.parts, mx.who("Bob"), ended(mx))


def test_what_is_not_at_its_end_is_not_erased(both):
    mx, _, _ = both
    with pytest.raises(DeskError, match="still to be done"):
        erase(mx, mx.begin("case", "open", {"title": "x", "purpose": "y"}))


def test_what_is_kept_long_enough_is_listed_by_a_rule_of_two(both):
    mx, _, clock = both
    name, held, live = ended(mx), ended(mx), mx.begin("case", "open", {"title": "x", "purpose": "y"})
    holding.place(mx.parts, mx.who("Ann"), held, "order 12/2026")
    clock.add(days=31)
    assert holding.ended(mx.parts, mx.who("Bob"), "case") == []
    mx.sign(holding.prepare_retention(mx.parts, mx.who("Bob"), "case", 30).id, ("Bob", "Zoe"))
    assert [one.object for one in holding.ended(mx.parts, mx.who("Bob"), "case")] == [name]
    assert {held, live} <= set(mx.objects())


def filed(mx: Desk, to: str, **exporter: str) -> str:
    """A notification that has ended, in which somebody stands as the exporter."""
    party = {"name": "Eva Ruiz", "country": "MX", "address": "1 Example Road", **exporter}
    name = mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": to, "exporter": party})
    mx.act(name, "discard", {"reason": "?"})
    return name


def test_a_person_is_told_what_may_be_told_and_the_rest_is_neither_confirmed_nor_denied(both):
    mx, cn, _ = both
    filed(mx, CN)
    suspicion = mx.begin("case", "open", {"title": "x", "purpose": "y"})
    mx.act(suspicion, "add", {"kind": "party", "reference": "P-1", "text": "Live Person"})
    live = mx.begin("notification", "draft", {**NOTIFICATION, "counterpart": CN})
    theirs = notify(cn, MX, exporter={"name": "Foreign Person", "country": "CN", "address": "2 Road"})
    talk(mx, cn)
    cn.two(theirs, "withdraw", {"withdrawal": "?"})
    talk(mx, cn)

    def ask(*names: str) -> subject.Answer:
        return subject.answer(mx.parts, mx.who("Ann"), names)

    found = ask("eva  ruiz")
    assert [record["as"] for record in found.records] == ["exporter"]
    nobody = ask("Nobody At All")
    assert nobody.records == ()
    assert ask("Live Person") == ask("Foreign Person") == ask(mx.state(live).fields["exporter"]["name"]) == nobody
    assert found.words == nobody.words
    with pytest.raises(DeskError, match="Nobody is named"):
        ask(" ")


def test_a_person_is_not_told_by_a_name_that_only_resembles_theirs(both):
    mx, _, _ = both
    filed(mx, CN, name="Eva Ruiz Trading")
    assert subject.answer(mx.parts, mx.who("Ann"), ["Eva Ruiz"]).records == ()


def test_a_backup_shows_nothing_of_the_desk_without_its_keys_and_all_of_it_with_them(both, tmp_path):
    mx, _, clock = both
    name = mx.begin("case", "open", {"title": "A case", "purpose": "y"})
    backup(mx.parts, tmp_path / "backup", tmp_path / "keys")
    for keys_file, label in ((None, ""), (tmp_path / "keys", "A case")):
        home = Home(tmp_path / f"restored {label}")
        restore(tmp_path / "backup", home, mx.parts.home.keys, PASS, builtin(), clock, keys_file=keys_file)
        node = Node.open(home.path, clock, PASS)
        ann = access_people.who(node.parts.alias, "Ann", clock())
        assert [line.label for line in viewing.listed(node.parts, ann) if line.object == name] == [label]
        assert accounting.verify(node.parts) == accounting.verify(mx.parts)
        database.forget(node.parts.alias)
