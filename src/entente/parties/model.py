"""The model file: what was learned, by whom it can be made again, and the thresholds of the verdict.

The file is JSON, gzipped without a time stamp, so that the same pairs give the same bytes. It holds words, counts and
numbers; no name of a party stands in it.
"""

from __future__ import annotations

import functools
import gzip
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from entente.errors import InputError, Place
from entente.parties.align import FEATURES
from entente.parties.lexicon import Lexicon
from entente.parties.trees import Trees, from_document

FORMAT = 1
SHIPPED = "names.model.json.gz"


@dataclass(frozen=True, slots=True)
class Calibration:
    """How log-odds of a pair become probabilities.

    `slope` and `shift` are Platt's (1999): the log-odds of a pair become `slope * x + shift`. `absent` is the log-odds
    that stand for "none of the candidates" when candidates of one query compete.
    """

    slope: float
    shift: float
    absent: float
    match: float
    review: float


@dataclass(frozen=True, slots=True)
class Model:
    """A model: version, what it was trained on, lexicon, trees of the cross-script scorer and calibration."""

    version: str
    trained_on: str
    lexicon: Lexicon
    trees: Trees
    calibration: Calibration


def as_document(
    version: str, trained_on: str, lexicon: Lexicon, trees: dict[str, Any], calibration: Calibration
) -> dict[str, Any]:
    """A model as plain data."""
    return {
        "format": FORMAT,
        "version": version,
        "trained_on": trained_on,
        "features": list(FEATURES),
        "names": lexicon.names,
        "renderings": {run: [list(one) for one in words] for run, words in lexicon.renderings.items()},
        "latin_counts": dict(sorted(lexicon.latin_counts.items())),
        "han_counts": dict(sorted(lexicon.han_counts.items())),
        "trees": trees,
        "calibration": {name: getattr(calibration, name) for name in calibration.__slots__},
    }


def write(document: dict[str, Any], path: Path) -> None:
    """Write a model file; the same document gives the same bytes."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


def from_raw(raw: dict[str, Any]) -> Model:
    """Build a model from plain data.

    Raises:
        InputError: the document is of another format or for other measures.
    """
    if raw.get("format") != FORMAT or raw.get("features") != list(FEATURES):
        raise InputError(
            "This model file is for another version of Entente.",
            remedy="Train it again with `entente parties train`, or leave --model out.",
        )
    lexicon = Lexicon(
        {run: tuple((word, float(belief)) for word, belief in words) for run, words in raw["renderings"].items()},
        raw["latin_counts"],
        raw["han_counts"],
        int(raw["names"]),
    )
    calibration = Calibration(**{name: float(value) for name, value in raw["calibration"].items()})
    return Model(raw["version"], raw["trained_on"], lexicon, from_document(raw["trees"]), calibration)


def load(path: Path | None = None) -> Model:
    """The shipped model, or that of a file.

    Raises:
        InputError: the file cannot be read or is no model.
    """
    return _shipped() if path is None else _read(path.read_bytes, str(path))


@functools.cache
def _shipped() -> Model:
    file = resources.files("entente.parties").joinpath("data", SHIPPED)
    return _read(file.read_bytes, SHIPPED)


def _read(get: Any, name: str) -> Model:
    try:
        raw = json.loads(gzip.decompress(get()))
    except (OSError, EOFError, ValueError) as error:
        raise InputError(
            "This is no model file.",
            remedy="Train one with `entente parties train`, or leave --model out.",
            place=Place(name),
        ) from error
    return from_raw(raw)
