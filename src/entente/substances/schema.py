"""Checks a document against the JSON Schema of control lists, with file, line and field of what is wrong."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from entente.errors import RegisterError
from entente.substances.document import Document

_LONGEST = 300
_REMEDY = "Correct the field; schema/example.yaml shows every field with a comment."


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    schema = json.loads(files("entente.substances").joinpath("schema/list.schema.json").read_text("utf-8"))
    return Draft202012Validator(_inlined(schema, schema["$defs"]))


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """A schema with its references written out: looking them up takes more than half of the time."""
    if isinstance(value, list):
        return [_inlined(item, definitions) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _inlined(item, definitions) for key, item in value.items() if key not in {"$ref", "$defs"}}
    meant = _inlined(definitions[value["$ref"].rpartition("/")[2]], definitions) if "$ref" in value else {}
    return {**plain, **meant}


def schema_errors(document: Document) -> list[RegisterError]:
    """Everything in a document that the schema forbids, in the order of the file."""
    found = sorted(
        _validator().iter_errors(document.data), key=lambda error: document.line_of(error.absolute_path) or 0
    )
    return [_as_register_error(document, error) for error in found]


def require_schema(document: Document) -> None:
    """Check a document.

    Raises:
        RegisterError: the first violation, with its place.
    """
    for error in schema_errors(document):
        raise error


def _as_register_error(document: Document, error: Any) -> RegisterError:
    deepest = max(error.context, key=lambda sub: len(sub.absolute_path), default=error) if error.context else error
    place = document.place(list(deepest.absolute_path))
    wanted = deepest.schema.get("description") if deepest.validator == "pattern" else None
    if wanted:
        words = f"{_clipped(repr(deepest.instance))} is not of the form asked for: {wanted}"
        return RegisterError(words, remedy=_REMEDY, place=place)
    return RegisterError(f"{_clipped(deepest.message)}.", remedy=_REMEDY, place=place)


def _clipped(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
