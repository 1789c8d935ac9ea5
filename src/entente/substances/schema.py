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

    text = files("entente.substances").joinpath("schema/list.schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


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
