"""The lexicon: words that change what a chemical name beside them means. Data files, read once in a process."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

import yaml

_LONGEST_WORD = 40


def _load(name: str) -> Mapping[str, Any]:
    text = files("entente.screening").joinpath("lexicon", f"{name}.yaml").read_text("utf-8")
    data: Mapping[str, Any] = yaml.load(text, Loader=yaml.CSafeLoader)
    return data


@functools.cache
def latin() -> Mapping[str, frozenset[str]]:
    """Classes of English and Spanish words, folded."""
    return {key: frozenset(value.split() if isinstance(value, str) else value) for key, value in _load("latin").items()}


@functools.cache
def hanzi() -> Mapping[str, tuple[str, ...]]:
    """Classes of Chinese words, simplified, longest first; texts of single characters are split."""
    return {key: tuple(sorted(value, key=lambda word: (-len(word), word))) for key, value in _load("hanzi").items()}


@functools.cache
def trigrams() -> Mapping[str, int]:
    """How often frequent groups of three letters begin in 10,000 characters of squashed goods text."""
    return {group: int(often) for often, groups in _load("trigrams").items() for group in groups.split()}


def alternatives(words: frozenset[str] | tuple[str, ...]) -> str:
    """A regular expression for any of the words, longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


@functools.cache
def _chain(tail: str) -> re.Pattern[str]:
    words = latin()
    parts = words["roots"] | words["prefixes"] | words["groups"]
    tails = words[tail] | (words["heads"] if tail == "bound_heads" else frozenset())
    # no word begins with a linking vowel: "acetona" is no kind of "cetona"
    return re.compile(rf"(?:(?:{alternatives(parts)})[oai]*)*(?:{alternatives(tails)})e?s?")


@functools.lru_cache(maxsize=1 << 16)
def is_head(word: str) -> bool:
    """The word is a class word of chemical names, alone or with building blocks before it: "cyanohydrin"."""
    return _reads_as(word, "heads")


@functools.lru_cache(maxsize=1 << 14)
def is_bound_head(word: str) -> bool:
    """As `is_head`, where a locant before the word shows that it is part of a name: "-4-ol"."""
    return _reads_as(word, "bound_heads")


@functools.lru_cache(maxsize=1 << 16)
def is_group(word: str) -> bool:
    """The word is a substituent, or a prefix: what follows is not the bare compound ("methyl", "dinitro", "nor")."""
    return word in latin()["prefixes"] or _reads_as(word, "groups")


def _reads_as(word: str, tail: str) -> bool:
    if len(word) > _LONGEST_WORD or word in latin()["not_chemical"]:
        return False
    return _chain(tail).fullmatch(word) is not None
