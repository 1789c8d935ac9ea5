"""Words of a name in Latin script: without its legal form, in one spelling for each common word of trade."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from importlib import resources
from typing import Any

import yaml

from entente.parties.fold import fold

_TOKEN = re.compile(r"[^\W_]+")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}[a-z]?\b|\b(?:[a-z]\.)+[a-z]\b")
#: More words than this name nobody; the rest is not looked at.
MOST_WORDS = 40


@dataclass(frozen=True, slots=True)
class LatinName:
    """A name in Latin script.

    `words` are folded, one spelling each, without legal form and without words that join; `form` is the kind of the
    legal form ("" if none); `all_words` keeps what stands in the name, legal form and all.
    """

    words: tuple[str, ...]
    form: str
    all_words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Forms:
    by_first: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    stop: frozenset[str]
    spelling: dict[str, str]


@functools.cache
def data(name: str) -> Any:
    """A data file of this room."""
    return yaml.safe_load(resources.files("entente.parties").joinpath("data", name).read_text(encoding="utf-8"))


@functools.cache
def _forms() -> _Forms:
    raw = data("legal_forms.yaml")
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for key, texts in raw["latin"].items():
        for text in texts.split(";"):
            words = tuple(_TOKEN.findall(text.lower()))
            by_first.setdefault(words[0], []).append((words, key))
    ordered = {first: tuple(sorted(found, key=lambda one: -len(one[0]))) for first, found in by_first.items()}
    families = [*raw["abbreviations"].items(), *raw["spellings"].items()]
    spelling = {short: long for long, shorts in families for short in shorts}
    return _Forms(ordered, frozenset(raw["stop"]), spelling)


@functools.lru_cache(100_000)
def spell(word: str) -> str:
    """One spelling for a common word: an abbreviation in full, a plain English plural in the singular."""
    spelling = _forms().spelling
    if word in spelling:
        return spelling[word]
    if len(word) > 4 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        single = word[:-3] + "y" if word.endswith("ies") else word[:-1]
        return spelling.get(single, single)
    return word


def raw_words(folded: str) -> list[str]:
    """The words of a folded name; letters with dots between are one word."""
    if "." in folded:
        folded = _DOTTED.sub(lambda found: found.group().replace(".", "") + " ", folded)
    return _TOKEN.findall(folded)[:MOST_WORDS]


def without_form(words: list[str]) -> tuple[list[str], str]:
    """Take legal forms away wherever they stand, longest first; the first form found names the kind."""
    by_first = _forms().by_first
    left: list[str] = []
    kind = ""
    at = 0
    while at < len(words):
        for form, key in by_first.get(words[at], ()):
            if tuple(words[at : at + len(form)]) == form:
                kind = kind if kind not in {"", "corporation"} else key
                at += len(form)
                break
        else:
            left.append(words[at])
            at += 1
    return (left, kind) if left else (words, "")


@functools.lru_cache(200_000)
def latin_name(folded: str) -> LatinName:
    """Take a folded Latin name apart."""
    words = raw_words(folded)
    left, kind = without_form(words)
    stop = _forms().stop
    kept = [spell(word) for word in left if word not in stop] or [spell(word) for word in left]
    return LatinName(tuple(kept), kind, tuple(words))


def latin(name: str) -> LatinName:
    """Fold a name and take it apart."""
    return latin_name(fold(name).text)
