"""Machines from their tables (`machines/*.yaml`), checked when they are loaded.

A table names states and commands. A command says who may do it (`by`), on which side, from which states it leads where,
which fields it carries, which guards must hold, and which message it sends. What the loader refuses:

- a command that sends a message and is not done by two people;
- a state that a person cannot leave, or that nothing leads to;
- a name that is written in one place and not known in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import fastjsonschema
import yaml

from entente.casework.derive import DERIVES
from entente.casework.errors import TableError, UnknownCommandError
from entente.casework.guards import GUARDS
from entente.casework.model import Hand

STAY = "="
"""As a target: the state it was in."""

SIDES = ("ours", "theirs")
LANGUAGES = ("en", "zh", "es")


@dataclass(frozen=True, slots=True)
class StateSpec:
    """One state: its labels by language, and what it means."""

    name: str
    label: Mapping[str, str]
    means: str


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command of a machine.

    Attributes:
        by: who may do it.
        sides: on which side's copy of the object.
        starts: it makes the object; then `sources` is empty.
        sources: the states it is possible in.
        target: the state after it, `STAY`, or a state by the value of the field `choice`.
        choice: the field that says which target.
        sends: the message type that the two people release with it.
        adds: the list that its fields are added to, in place of being set one by one.
        clears: fields of the object that no longer hold after it.
        guards, derives: names of functions in `guards.py` and `derive.py`.
        schema: JSON Schema of its fields.
        means: what it is for.
    """

    name: str
    by: tuple[Hand, ...]
    sides: tuple[str, ...]
    starts: bool
    sources: tuple[str, ...]
    target: str | Mapping[str, str]
    choice: str | None
    sends: str | None
    adds: str | None
    clears: tuple[str, ...]
    guards: tuple[str, ...]
    derives: str | None
    schema: Mapping[str, Any] = field(repr=False)
    means: str = ""

    def targets(self) -> tuple[str, ...]:
        """Every state that it can lead to, `STAY` left out."""
        found = [self.target] if isinstance(self.target, str) else list(self.target.values())
        return tuple(dict.fromkeys(name for name in found if name != STAY))

    def check(self, data: Mapping[str, Any]) -> None:
        """Return if the fields fit.

        Raises:
            fastjsonschema.JsonSchemaValueException: they do not.
        """
        _validator(self)(dict(data))
        _check_days(data, "data")


@dataclass(frozen=True, slots=True)
class DeadlineSpec:
    """A moment in the field `field` that counts while an object is in one of `states`, and what is due by then."""

    field: str
    states: tuple[str, ...]
    sides: tuple[str, ...]
    means: str


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine: its states, its commands, its deadlines; `several` if an object has more than one other side."""

    name: str
    label: Mapping[str, str]
    means: str
    states: Mapping[str, StateSpec]
    commands: Mapping[str, CommandSpec]
    deadlines: tuple[DeadlineSpec, ...]
    several: bool = False

    def command(self, name: str) -> CommandSpec:
        """A command by its name.

        Raises:
            UnknownCommandError: the machine has none of that name.
        """
        if name not in self.commands:
            raise UnknownCommandError(f"A {self.name} knows no command {name!r}.")
        return self.commands[name]


def machine(name: str) -> Machine:
    """A machine by its name.

    Raises:
        UnknownCommandError: there is none of that name.
    """
    if name not in machines():
        raise UnknownCommandError(f"There is no machine {name!r}.")
    return machines()[name]


@cache
def machines() -> Mapping[str, Machine]:
    """All machines that ship with this version, by name.

    Raises:
        TableError: a table contradicts itself.
    """
    folder = files("entente.casework") / "machines"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".yaml")), key=lambda path: path.name)
    found = [read_machine(_yaml(path), path.name, _forms()) for path in paths]
    return {one.name: one for one in found}


def read_machine(value: Mapping[str, Any], label: str, forms: Mapping[str, Any]) -> Machine:
    """A machine from the object in a table's file.

    Args:
        value: the file's content.
        label: names the file in errors.
        forms: forms that fields may refer to.

    Raises:
        TableError: it contradicts itself.
    """
    _check_keys(value, label)
    states = {name: StateSpec(name, _words(one["label"]), one["means"]) for name, one in value["states"].items()}
    commands = {name: _command(name, one, value, forms) for name, one in value["commands"].items()}
    deadlines = tuple(
        DeadlineSpec(one["field"], tuple(one["states"]), tuple(one.get("sides", SIDES)), one["means"])
        for one in value.get("deadlines", ())
    )
    several = bool(value.get("several"))
    made = Machine(value["machine"], _words(value["label"]), value["means"], states, commands, deadlines, several)
    if problem := next(problems(made), None):
        raise TableError(f"{label}: {problem}", remedy="Correct the table.")
    return made


_KEYS = {
    "machine": frozenset({"machine", "label", "means", "several", "states", "said", "commands", "deadlines"}),
    "state": frozenset({"label", "means"}),
    "command": frozenset(
        {"means", "by", "sides", "starts", "from", "except", "to", "sends", "adds", "clears", "guards", "derives"}
        | {"needs", "fields"}
    ),
    "deadline": frozenset({"field", "states", "sides", "means"}),
}


def _check_keys(value: Mapping[str, Any], label: str) -> None:
    """A word that is not known is refused: in YAML, a comma too many makes one of half a sentence."""
    parts = [("machine", value), *(("state", one) for one in value["states"].values())]
    parts += [("command", one) for one in value["commands"].values()]
    parts += [("deadline", one) for one in value.get("deadlines", ())]
    for kind, part in parts:
        if unknown := sorted(map(str, set(part) - _KEYS[kind])):
            raise TableError(f"{label}: a {kind} knows no {unknown[0]!r}.", remedy="Correct the table; quote a text.")


def problems(made: Machine) -> Iterator[str]:
    """What is wrong with a machine, one sentence each."""
    named = {state for one in made.commands.values() for state in (*one.sources, *one.targets())}
    named |= {state for one in made.deadlines for state in one.states}
    yield from (f"{state!r} is no state of it." for state in sorted(named - set(made.states)))
    for one in made.commands.values():
        if one.sends and one.by != (Hand.PAIR,):
            yield f"{one.name!r} sends a message and is not for two people only."
        if one.starts == bool(one.sources):
            yield f"{one.name!r} must either start an object or be possible in some state."
        if unknown := {*one.guards, one.derives} - {None, *GUARDS, *DERIVES}:
            yield f"{one.name!r} names {sorted(map(str, unknown))}, which is no guard and derives nothing."
        if one.choice and set(one.schema["properties"][one.choice]["enum"]) != set(one.target):
            yield f"{one.name!r} does not say for every {one.choice!r} where it leads."
    ends = {side: reachable(made, side) for side in SIDES}
    yield from (
        f"Nothing leads to the state {state!r}." for state in made.states if state not in set().union(*ends.values())
    )
    for side, states in ends.items():
        yield from (
            f"No person can leave the state {state!r} on {side}."
            for state in sorted(states)
            if not exits(made, side, state)
        )


def reachable(made: Machine, side: str) -> frozenset[str]:
    """The states that an object on a side can come into."""
    commands = [one for one in made.commands.values() if side in one.sides]
    found = {state for one in commands if one.starts for state in one.targets()}
    while more := {state for one in commands if found & set(one.sources) for state in one.targets()} - found:
        found |= more
    return frozenset(found)


def exits(made: Machine, side: str, state: str) -> tuple[CommandSpec, ...]:
    """The commands with which a person, or two, can bring an object on a side out of a state."""
    return tuple(one for one in made.commands.values() if side in one.sides and _leaves(one, state))


def _leaves(one: CommandSpec, state: str) -> bool:
    by_person = Hand.PERSON in one.by or Hand.PAIR in one.by
    return by_person and state in one.sources and any(target != state for target in one.targets())


def _words(texts: Sequence[str]) -> Mapping[str, str]:
    return dict(zip(LANGUAGES, texts, strict=True))


def _command(name: str, one: Mapping[str, Any], value: Mapping[str, Any], forms: Mapping[str, Any]) -> CommandSpec:
    every = tuple(value["states"])
    skipped = set(one.get("except", ()))
    sources = tuple(state for state in (every if one.get("from") == "any" else one.get("from", ())))
    target = one.get("to", STAY)
    return CommandSpec(
        name=name,
        by=tuple(map(Hand, one["by"])),
        sides=tuple(one.get("sides", SIDES)),
        starts=bool(one.get("starts")),
        sources=tuple(state for state in sources if state not in skipped),
        target=target if isinstance(target, str) else dict(target["is"]),
        choice=None if isinstance(target, str) else target["by"],
        sends=one.get("sends"),
        adds=one.get("adds"),
        clears=tuple(one.get("clears", ())),
        guards=tuple(one.get("guards", ())),
        derives=one.get("derives"),
        schema={
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "required": list(one.get("needs", ())),
            "properties": one.get("fields", {}),
            "additionalProperties": False,
            "definitions": forms,
        },
        means=one["means"],
    )


_DAY = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?", re.ASCII)
_YEARS = range(1900, 3000)
"""Days outside are no days of this work, and would overflow where deadlines are counted."""


def _check_days(value: Any, name: str) -> None:
    """Refuse what is written like a day or a moment and is none, such as 2026-02-30."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            _check_days(part, f"{name}.{key}")
    elif isinstance(value, list):
        for part in value:
            _check_days(part, name)
    elif isinstance(value, str) and _DAY.fullmatch(value) and not _is_day(value):
        raise fastjsonschema.JsonSchemaValueException(f"{value!r} is no day", value, name)


def _is_day(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year in _YEARS
    except ValueError:
        return False


# Compiled when first used; the schema stands beside its validator, so that its id is nobody else's.
_VALIDATORS: dict[int, tuple[Mapping[str, Any], Callable[[Any], Any]]] = {}


def _validator(one: CommandSpec) -> Callable[[Any], Any]:
    key = id(one.schema)
    if key not in _VALIDATORS:
        made = fastjsonschema.compile(dict(one.schema), use_default=False, use_formats=False)
        _VALIDATORS[key] = (one.schema, made)
    return _VALIDATORS[key][1]


def _forms() -> Mapping[str, Any]:
    """Forms of messages, which commands share with them, and the few that only commands use."""
    messages = _yaml(files("entente.exchange.messages") / "definitions.yaml")
    return {**messages, **_yaml(files("entente.casework") / "forms.yaml")}


def _yaml(path: Traversable) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
