"""Who may use what, asked of every use case with every role; and that nothing goes past the rules."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import entente.node
from desk_people import Desk, desks
from entente.errors import EntenteError
from entente.node.services.desk import opening, releasing, standing
from entente.node.services.desk.errors import NotAllowedError, NotFoundError
from entente.node.services.desk.rules import REGISTRY, RULES, WORK, Role, Who
from entente.node.store import desk_people, desk_proposals
from entente.node.store.desk_proposals import Proposed
from node_people import MX

NODE = Path(entente.node.__file__).parent
DESK = NODE / "services" / "desk"
MODULES = sorted({name.partition(".")[0] for name in RULES})
LOADED = {name: importlib.import_module(f"entente.node.services.desk.{name}") for name in MODULES}
BY_NODE = {
    "accounting.checkpoint": "the clock signs the account",
    "accounting.verify": "the doctor reads the account",
    "people.check_new": "a question, before a passphrase is asked for",
    "people.found": "whoever can use the node's directory founds the desk",
    "people.is_founded": "a question that everybody may ask",
}
"""Functions over the node that nobody is asked for, and why."""

CLOSE = {"outcome": "refuted", "reason": "?"}
SAMPLES: dict[str, Callable[[str, str], tuple[Any, ...]]] = {
    "opening.begin": lambda _, __: ("case", "open", {"title": "x", "purpose": "y"}),
    "acting.act": lambda name, _: (name, "note", {"text": "?"}),
    "acting.assign": lambda name, _: (name,),
    "portals.take_in": lambda _, __: ([], "?"),
    "portals.give_out": lambda _, __: ("quality",),
    "undertaking.begin_commitments": lambda name, _: (name,),
    "merging.merge": lambda name, _: (name, name, "?"),
    "merging.split": lambda name, _: (name, [1], "x"),
    "releasing.prepare": lambda name, _: (name, "close", CLOSE),
    "releasing.pending": lambda _, __: (),
    "releasing.show": lambda _, act: (act,),
    "releasing.sign": lambda _, act: (act, []),
    "releasing.decline": lambda _, act: (act,),
    "viewing.listed": lambda _, __: (),
    "viewing.opened": lambda name, _: (name, "quality"),
    "people.prepare_grant": lambda _, __: ("Ann", [Role.ANALYST]),
    "people.prepare_end": lambda _, __: ("Ann", [Role.ANALYST]),
    "people.prepare_person": lambda _, __: ("Somebody", [Role.ANALYST]),
    "people.listed": lambda _, __: (),
    "standing.lend": lambda _, __: (Role.OFFICER, "nobody", None, None),
    "standing.declare_conflict": lambda name, _: (name,),
    "standing.join_group": lambda _, __: ("group", "nobody"),
    "queueing.waiting": lambda _, __: (),
    "queueing.settle": lambda _, __: (-1, "?"),
    "leads.import_run": lambda _, __: (Path("nowhere"),),
    "leads.listed": lambda _, __: (),
    "leads.opened": lambda _, __: ("L", "no purpose"),
    "leads.decide": lambda _, __: ("L", "no outcome"),
    "leads.open_case": lambda _, __: ("L", "x", "quality"),
    "leads.outcomes": lambda _, __: (),
    "accounting.entries": lambda _, __: (),
    "accounting.export": lambda _, __: (Path("/"),),
    "holding.place": lambda name, _: (name, "order 1"),
    "holding.prepare_lift": lambda name, _: (name,),
    "holding.prepare_retention": lambda _, __: ("case", 30),
    "holding.ended": lambda _, __: ("case",),
    "erasing.prepare": lambda name, _: (name, "retention"),
    "subject.answer": lambda _, __: ([],),
}
ONLY = {"merging.merge": "case", "merging.split": "case", "undertaking.begin_commitments": "meeting"}
"""Use cases of the objects of one machine."""
MISSING_ALWAYS = frozenset({"queueing.settle", "leads.open_case"})
"""Samples that name what is not there for anybody."""


PLACES = (("case", "own"), ("case", "foreign"), ("case", "shunned"), ("meeting", "own"))
LAST = ("acting.assign", "standing.declare_conflict")
"""What changes who sees the object is asked behind the others."""
WRITES = (".create(", ".update(", ".delete(", ".save(", "bulk_create", "get_or_")


@pytest.fixture(scope="module")
def mx(tmp_path_factory) -> Desk:
    (one,), _ = desks(tmp_path_factory.mktemp("desk"), MX)
    ida, joe = one.who("Ida").id, one.who("Joe").id
    for role in Role:
        for unit in ("own", "other"):
            number = desk_people.put_person(one.alias, f"{role} {unit}", unit, None, one.parts.clock())
            desk_people.put_grants(one.alias, number, [role], one.parts.clock(), (ida, joe))
    return one


def made(mx: Desk, machine: str, relation: str, asks: Who) -> tuple[str, str]:
    """An object, and an act about it that waits; of the unit of who asks or of another one, or one that they shun."""
    starts = {"case": ("open", {"title": "x", "purpose": "y"})}
    starts["meeting"] = ("plan", {"title": "x", "date": "2026-12-01", "members": [MX, "us-dea"]})
    owner = mx.who(f"{Role.RELEASING} {'other' if relation == 'foreign' else 'own'}")
    name = opening.begin(mx.parts, owner, machine, *starts[machine]).object
    case = machine == "case"
    act = releasing.prepare(mx.parts, owner, name, "close", CLOSE).id if case else _waiting(mx, owner, name)
    if relation == "shunned" and asks.roles & WORK[machine]:
        standing.declare_conflict(mx.parts, asks, name)
    return name, act


def _waiting(mx: Desk, owner: Who, name: str) -> str:
    """An act about a meeting, which no peer of this desk could be told of."""
    from entente.node.services.desk import proposing
    from entente.node.services.desk.access_cases import access_object
    from entente.node.services.desk.recording import writing

    with writing(mx.parts):
        key = access_object(mx.alias, owner, name).key
        act = proposing.new_id()
        paper = desk_proposals.act_document({"id": act})
        one = Proposed(act, "case", owner.name, mx.parts.clock(), (paper,), {}, name, "convene", 1)
        return proposing.put(mx.parts, owner, one, key).id


@pytest.mark.parametrize("role", list(Role))
def test_every_use_case_is_for_those_whom_its_rule_names(mx, role, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    asks = mx.who(f"{role} own")
    wrong = []
    for machine, relation in PLACES:
        about = made(mx, machine, relation, asks)
        for name in sorted(RULES, key=lambda one: (one in LAST, one)):
            rule = RULES[name]
            seen = role in WORK[machine] and relation == "own"
            expected = NotAllowedError if role not in rule.roles else NotFoundError if rule.sees and not seen else None
            if name == "opening.begin" and role not in WORK["case"]:
                expected = NotAllowedError
            other = ONLY.get(name, machine) != machine
            if expected is None and (name in MISSING_ALWAYS or other):
                expected = NotFoundError
            if rule.sees or (machine, relation) == PLACES[0]:
                found = _ask(mx, name, asks, about)
                wrong += [(name, machine, relation, found, expected)] if found is not expected else []
    assert wrong == []


def _ask(mx: Desk, name: str, asks: Who, about: tuple[str, str]) -> type[EntenteError] | None:
    """Whether a use case was refused by a rule or the object was not there; None if it went on to its own matters."""
    try:
        found = REGISTRY[name](mx.parts, asks, *SAMPLES[name](*about))
        list(found) if inspect.isgenerator(found) else None
    except (NotAllowedError, NotFoundError) as error:
        return type(error)
    except (EntenteError, TypeError):
        return None
    return None


def test_every_use_case_has_a_rule_and_a_sample_and_no_rule_is_of_none():
    assert set(REGISTRY) == set(RULES) == set(SAMPLES)


def test_no_public_function_over_the_node_is_without_a_rule():
    """In the modules of use cases; the others are what these are made of."""
    for module, loaded in LOADED.items():
        for name, function in inspect.getmembers(loaded, inspect.isfunction):
            if name.startswith("_") or function.__module__ != loaded.__name__:
                continue
            if next(iter(inspect.signature(function).parameters), "") == "parts":
                assert f"{module}.{name}" in {*REGISTRY, *BY_NODE}, f"{module}.{name} has no rule"


def test_the_auditor_changes_nothing_and_the_administrator_sees_nothing():
    assert [name for name, rule in RULES.items() if Role.AUDITOR in rule.roles and rule.changes] == []
    assert all(Role.AUDITOR not in roles and Role.ADMINISTRATOR not in roles for roles in WORK.values())


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{one.name}" for one in node.names)
        elif isinstance(node, ast.Import):
            yield from (one.name for one in node.names)


def test_only_access_modules_read_the_tables_of_the_desk():
    for path in (NODE.parent).rglob("*.py"):
        named = any("desk_models" in name for name in imports(path))
        good = path.parent == NODE / "store" or path.parent.name == "migrations"
        assert not named or good or (path.parent == DESK and path.name.startswith("access_")), path


def test_only_use_cases_write_to_the_desk():
    """Rows are written by the modules of the store that say so, and those are used by the desk alone."""
    for path in (NODE.parent).rglob("*.py"):
        named = [name for name in imports(path) if name.startswith("entente.node.store.desk_")]
        assert not named or path.parent in {DESK, NODE / "store"}, (path, named)


def test_access_modules_write_nothing():
    for path in DESK.glob("access_*.py"):
        text = path.read_text(encoding="utf-8")
        assert [
            word for word in (".create(", ".update(", ".delete(", ".save(", "bulk_create", "get_or_") if word in text
        ] == []
