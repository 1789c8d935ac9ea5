"""Message types from their data files, each with a compiled validator.

A schema is JSON Schema draft 7. fastjsonschema turns it into Python code once; that code only ever comes from the
files of this package. What a schema cannot say (a predicate in the header, the inside of a handling change or of a
key change) is said by a few flags and checks here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import fastjsonschema
import yaml

from entente.errors import Place
from entente.exchange.content import Content
from entente.exchange.errors import MessageError, PredicateError, UnknownTypeError
from entente.exchange.handling import read_marking
from entente.exchange.keys import KeyRecord

LANGUAGES = ("en", "zh", "es")


@dataclass(frozen=True, slots=True)
class MessageType:
    """One version of one message type.

    Attributes:
        name, version: as they stand in a content's header.
        label: its name by language (`en`, `zh`, `es`).
        schema: JSON Schema of the body.
        needs_predicate: its header must say what it follows from.
        needs_withdraws: its header must say which messages it withdraws.
    """

    name: str
    version: int
    label: Mapping[str, str]
    schema: Mapping[str, Any] = field(repr=False)
    needs_predicate: bool
    needs_withdraws: bool


@dataclass(frozen=True, slots=True)
class Words:
    """Labels of fields and values: name -> language -> text."""

    fields: Mapping[str, Mapping[str, str]]
    values: Mapping[str, Mapping[str, str]]


class Registry:
    """All message types this version knows.

    Args:
        types: one for each version of each type.
        words: labels of their fields and values.
    """

    def __init__(self, types: Mapping[tuple[str, int], MessageType], words: Words) -> None:
        self.types = types
        self.words = words
        self._validators: dict[tuple[str, int], Callable[[Any], Any]] = {}

    def get(self, name: str, version: int) -> MessageType:
        """A message type.

        Raises:
            UnknownTypeError: it is not known here.
        """
        if (name, version) not in self.types:
            raise UnknownTypeError(f"The message type {name!r} in version {version} is not known here.")
        return self.types[name, version]

    def check(self, content: Content) -> None:
        """Return if a content fits its type.

        Raises:
            UnknownTypeError: the type or its version is not known here.
            PredicateError: it does not say what it follows from, and must.
            MessageError: its body is not what the type says.
            MalformedError, MarkingError: a key record or marking inside it is wrong.
        """
        header = content.header
        kind = self.get(header.type, header.version)
        if kind.needs_predicate and header.predicate is None:
            raise PredicateError(f"A message of the type {kind.name} must say what it follows from.")
        if kind.needs_withdraws and not header.withdraws:
            raise MessageError(f"A message of the type {kind.name} must name what it withdraws.")
        self._validate(kind, content.body)
        _INSIDE.get(kind.name, _nothing)(content.body)

    def _validate(self, kind: MessageType, body: Mapping[str, Any]) -> None:
        key = (kind.name, kind.version)
        if key not in self._validators:
            self._validators[key] = fastjsonschema.compile(dict(kind.schema), use_default=False, use_formats=False)
        try:
            self._validators[key](body)
        except fastjsonschema.JsonSchemaValueException as error:
            place = Place(field=str(error.name).removeprefix("data").removeprefix("."))
            raise MessageError(f"The body is no {kind.name}: {error.message}.", place=place) from None


@cache
def load_registry() -> Registry:
    """The registry of the types that ship with this version."""
    folder = files("entente.exchange.messages")
    definitions = _yaml(folder / "definitions.yaml")
    words = _yaml(folder / "words.yaml")
    types = [
        _type(_yaml(path), definitions) for path in sorted((folder / "types").iterdir(), key=lambda path: path.name)
    ]
    return Registry({(kind.name, kind.version): kind for kind in types}, Words(*map(_labels, map(words.get, _KINDS))))


_KINDS = ("fields", "values")


def _type(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> MessageType:
    schema: dict[str, Any] = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": value["label"]["en"],
        "type": "object",
        "required": value["required"],
        "properties": value["properties"],
        "definitions": definitions,
    }
    if rules := value.get("rules"):
        schema["allOf"] = rules
    return MessageType(
        name=value["type"],
        version=value["version"],
        label=value["label"],
        schema=schema,
        needs_predicate=value.get("predicate") == "required",
        needs_withdraws=value.get("withdraws") == "required",
    )


def _labels(value: Mapping[str, list[str]] | None) -> Mapping[str, Mapping[str, str]]:
    return {name: dict(zip(LANGUAGES, texts, strict=True)) for name, texts in (value or {}).items()}


def _yaml(path: Traversable) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _nothing(_: Mapping[str, Any]) -> None:
    """Most bodies are all said by their schema."""


def _inside_handling_change(body: Mapping[str, Any]) -> None:
    read_marking(body["handling"])


def _inside_key_change(body: Mapping[str, Any]) -> None:
    for record in body.get("add", ()):
        KeyRecord.from_json(record)


_INSIDE: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "handling-change": _inside_handling_change,
    "key-change": _inside_key_change,
}
