"""The catalogue of indicators that the official files hold: label in three languages, unit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FILE = Path(__file__).parent / "indicators.yaml"
LANGUAGES = ("en", "zh", "es")


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is counted, and in what."""

    id: str
    label: dict[str, str]
    unit: str


@cache
def catalogue() -> dict[str, Indicator]:
    """All indicators of the catalogue by id. A file may hold others: `label_of` names those by their id."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {
        key: Indicator(key, dict(zip(LANGUAGES, said["label"], strict=True)), said["unit"]) for key, said in raw.items()
    }


def label_of(indicator: str, lang: str = "en") -> str:
    """The label of an indicator in a language; its id if the catalogue does not hold it."""
    found = catalogue().get(indicator)
    return found.label[lang] if found else indicator
