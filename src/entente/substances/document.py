"""A YAML file as plain values that still know their line.

The YAML read here is deliberately small. Every plain scalar is text, except `true`, `false` and `null`: a date
stays the ten characters that were written, 2915.24 is no float, and NO is Norway. Two equal keys in one mapping
are an error, not a silent overwrite. Aliases may repeat a value but not contain themselves. Tags are refused: none is
needed, and what one asks for would not be done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from entente.errors import Place, RegisterError

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "~": None, "": None}
_MAX_BYTES = 64 * 1024 * 1024
_MAX_VALUES = 2_000_000
#: Characters of all texts, those that aliases repeat counted each time: what an error message may have to hold.
_MAX_CHARACTERS = 64 * 1024 * 1024
_MAX_DEPTH = 60
#: They make a text look other than it is.
_DIRECTION_MARKS = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS = frozenset({"", "!", *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))})
# libyaml's composer calls itself once per level and overruns the stack at some ten thousand; a text with fewer
# openers than this cannot get there.
_MANY_OPENERS = 5_000

Path_ = Sequence[str | int]


@dataclass(frozen=True)
class Document:
    """One YAML file: its name, its values, the digest of its bytes.

    Args:
        file: the path as it is shown to a person.
        data: nested dict, list, str, bool and None.
        sha256: hexadecimal digest of the bytes.
        root: the parsed tree, from which lines are looked up.
    """

    file: str
    data: Any
    sha256: str
    root: Any = field(repr=False, compare=False)

    def line_of(self, path: Path_) -> int | None:
        """Line (1-based) of the value at `path`, or of its nearest ancestor."""
        node = self.root
        for step in path:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return None if node is None else int(node.start_mark.line) + 1

    def place(self, path: Path_) -> Place:
        """The place of the value at `path`, for an error."""
        return Place(self.file, self.line_of(path), ".".join(str(step) for step in path) or None)


def read_document(path: Path) -> Document:
    """Read one YAML file.

    Raises:
        RegisterError: the file cannot be read, is not UTF-8 or not YAML, or repeats a key.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise RegisterError(
            f"The file cannot be read: {error.strerror}.",
            remedy="Check that it exists and that you may read it.",
            place=Place(str(path)),
        ) from error
    return parse_document(raw, str(path))


def parse_document(raw: bytes, file: str) -> Document:
    """Parse the bytes of one YAML file; `file` is the name used in errors.

    Raises:
        RegisterError: not UTF-8, not YAML, too large, or a key is repeated.
    """
    if len(raw) > _MAX_BYTES:
        raise RegisterError("The file is too large.", remedy="Split it into smaller lists.", place=Place(file))
    try:
        text = raw.decode("utf-8-sig")
        _refuse_depth(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise RegisterError("The file is not UTF-8.", remedy="Save it as UTF-8.", place=Place(file, line)) from error
    except yaml.YAMLError as error:
        raise _not_yaml(error, file) from error
    data = None if root is None else _Converter(file).convert(root)
    return Document(file, data, hashlib.sha256(raw).hexdigest(), root)


def _refuse_depth(text: str, file: str) -> None:
    if sum(text.count(opener) for opener in ("[", "{", "- ", "? ")) < _MANY_OPENERS:
        return
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_DEPTH:
            raise _too_deep(event, file)


def _too_deep(node: Any, file: str) -> RegisterError:
    place = Place(file, node.start_mark.line + 1)
    return RegisterError("Values are nested too deeply.", remedy="A list needs a handful of levels.", place=place)


def _not_yaml(error: yaml.YAMLError, file: str) -> RegisterError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    return RegisterError(
        f"This is not YAML: {problem}.",
        remedy="Correct the line; a text that holds a colon and a space needs quotes.",
        place=Place(file, mark.line + 1 if mark else None),
    )


class _Converter:
    """Nodes to values; refuses repeated keys, self-containing aliases and alias bombs."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.open: set[int] = set()
        self.values = 0
        self.characters = 0

    def convert(self, node: Any) -> Any:
        self.values += 1
        self.characters += len(node.value) if isinstance(node, yaml.ScalarNode) else 0
        if id(node) in self.open or self.values > _MAX_VALUES or self.characters > _MAX_CHARACTERS:
            raise self._error(
                node, "An alias contains itself, or aliases multiply without end", "Write the values out."
            )
        if len(self.open) > _MAX_DEPTH:
            raise _too_deep(node, self.file)
        if (node.tag or "") not in _TAGS:
            raise self._error(node, f"The tag {node.tag!r} is not read here", "Remove it; a plain value is enough.")
        if isinstance(node, yaml.ScalarNode):
            if _DIRECTION_MARKS.search(node.value):
                raise self._error(node, "A text holds an invisible mark that turns its direction", "Write it anew.")
            return node.value if node.style not in (None, "") else _WORDS.get(node.value, node.value)
        self.open.add(id(node))
        value = self._sequence(node) if isinstance(node, yaml.SequenceNode) else self._mapping(node)
        self.open.remove(id(node))
        return value

    def _sequence(self, node: Any) -> list[Any]:
        return [self.convert(item) for item in node.value]

    def _mapping(self, node: Any) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self._error(key, "A key is not a text", "Use plain words as keys.")
            if key.value in result:
                raise self._error(key, f"The key {key.value!r} stands twice in one mapping", "Remove one of the two.")
            result[key.value] = self.convert(value)
        return result

    def _error(self, node: Any, message: str, remedy: str) -> RegisterError:
        return RegisterError(f"{message}.", remedy=remedy, place=Place(self.file, node.start_mark.line + 1))


def _child(node: Any, step: str | int) -> Any:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None
