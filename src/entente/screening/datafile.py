"""Reading the data files of rules: YAML with line numbers, duplicate keys refused, checked against a JSON Schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from entente.errors import Place, RegisterError

#: Key under which the line of a mapping travels from the YAML reader to the objects made of it.
LINE = "__line__"
_REMEDY = "See docs/rules.md for what a rule file may hold."


class _Loader(yaml.SafeLoader):
    """Plain data only; every mapping remembers its line."""


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    loader.flatten_mapping(node)
    made: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if key in made:
            raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands here twice", key_node.start_mark)
        made[key] = loader.construct_object(value_node, deep=True)
    made[LINE] = node.start_mark.line + 1
    return made


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def yaml_files(directories: Sequence[Path]) -> list[Path]:
    """The YAML files of several folders, by name within each folder.

    Raises:
        RegisterError: a folder does not exist, or holds none: whoever names it expects that it counts.
    """
    found: list[Path] = []
    for directory in directories:
        if not directory.is_dir():
            raise RegisterError(
                "This folder does not exist.", remedy="Check the path.", place=Place(file=str(directory))
            )
        paths = sorted([*directory.glob("*.yaml"), *directory.glob("*.yml")])
        if not paths:
            raise RegisterError(
                "This folder holds no .yaml or .yml file.",
                remedy="Name the folder in which the files themselves are.",
                place=Place(file=str(directory)),
            )
        found += paths
    return found


def peek_format(path: Path) -> str:
    """What the file says it is, from the first line that says so; empty if none does."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("format:"):
            return line.removeprefix("format:").strip()
    return ""


def read(path: Path, schema: Path) -> dict[str, Any]:
    """Read one data file and check it.

    Raises:
        RegisterError: it is not YAML, or breaks the schema; the place says where.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise RegisterError(
            f"This is not valid YAML: {error.problem}.", remedy=_REMEDY, place=Place(str(path), line)
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise RegisterError("This is not YAML in UTF-8.", remedy=_REMEDY, place=Place(str(path))) from error
    problem = jsonschema.exceptions.best_match(_validator(schema).iter_errors(without_lines(data)))
    if problem is not None:
        field = ".".join(str(step) for step in problem.absolute_path)
        raise RegisterError(
            f"{problem.message[:300]}.",
            remedy=_REMEDY,
            place=Place(str(path), _line(data, problem.absolute_path), field),
        )
    loaded: dict[str, Any] = data
    return loaded


@cache
def _validator(schema: Path) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads(schema.read_text(encoding="utf-8")))


def without_lines(data: Any) -> Any:
    """The data as they stand in the file."""
    if isinstance(data, dict):
        return {key: without_lines(value) for key, value in data.items() if key != LINE}
    return [without_lines(item) for item in data] if isinstance(data, list) else data


def _line(data: Any, steps: Sequence[Any]) -> int | None:
    line: int | None = None
    for step in [None, *steps]:
        if step is not None:
            data = data[step]
        if isinstance(data, dict):
            line = data[LINE]
    return line


def digest(paths: Sequence[Path]) -> str:
    """Short SHA-256 over the content of several files, in the order given."""
    whole = hashlib.sha256()
    for path in paths:
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:16]
