"""Goods descriptions as traders write them, by the million: seeded, from real words.

English words are runs of real descriptions (HS 2022 headings and what British traders wrote, from
`../shared/data/screening`), so that words, their frequencies and what stands beside what are real. Chinese and Spanish
phrases are those of the simulation. Half of the rows carry a model, lot or order number, as declarations do; one word
in 150 has a typing error.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import yaml

from false_alarms import SHARED, descriptions

#: Shares of rows by script and language; the rest is English.
CHINESE, SPANISH = 0.06, 0.06
_TYPO, _NUMBERED, _UPPER = 1 / 150, 0.5, 0.35
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SIGNS = "ABCDEFGHJKLMNPRSTUVWXYZ"


@cache
def english() -> list[list[str]]:
    """Words of each real description. Headings are cut at their semicolons, which traders do not write."""
    rows = []
    for row in descriptions(SHARED / "screening"):
        for clause in row.text.split(";"):
            words = clause.split()
            if words:
                rows.append(words)
    return rows


@cache
def hs_codes() -> list[str]:
    """The subheadings of HS 2022."""
    with (SHARED / "screening" / "hs_en.csv").open(encoding="utf-8", newline="") as file:
        return [record["hscode"] for record in csv.DictReader(file) if re.fullmatch(r"\d{6}", record["hscode"])]


@cache
def _phrases() -> dict[str, list[str]]:
    folder = files("entente.simulate") / "data"
    goods = list(csv.DictReader((folder / "goods.csv").read_text("utf-8").splitlines()))
    beside = yaml.safe_load((folder / "words.yaml").read_text("utf-8"))["modifiers"]
    return {
        language: [row[language] for row in goods if row[language]]
        + [w for kind in beside.values() for w in kind[language]]
        for language in ("zh", "es")
    }


def _mistyped(rng: random.Random, word: str) -> str:
    at = rng.randrange(len(word))
    return word[:at] + rng.choice(_LETTERS) + word[at + rng.randrange(2) :]


def _number(rng: random.Random) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        return f"{rng.choice(_SIGNS)}{rng.choice(_SIGNS)}-{rng.randrange(100, 99999)}{rng.choice(_SIGNS)}"
    if kind == 1:
        return f"{rng.choice(_SIGNS)}{rng.randrange(10**8):08d}"
    return (
        f"{rng.randrange(1, 2000)} {rng.choice(('PCS', 'CTNS', 'KG', 'BAGS', 'PKGS', 'DRUMS'))}"
        if kind == 2
        else f"PO{rng.randrange(10**7)}"
    )


def _english(rng: random.Random, rows: Sequence[Sequence[str]]) -> list[str]:
    words: list[str] = []
    wanted = rng.randrange(2, 11)
    while len(words) < wanted:
        words += rng.choice(rows)[: wanted - len(words)]
    if rng.random() < _TYPO * wanted:
        at = rng.randrange(wanted)
        words[at] = _mistyped(rng, words[at])
    return words


def _written(rng: random.Random, name: str) -> str:
    """A name as a declarant may write it."""
    kind = rng.random()
    if kind < 0.3:
        return name.upper()
    return name.replace("-", " ") if kind < 0.5 else name.capitalize() if kind < 0.7 else name


def description(rng: random.Random, name: str | None = None) -> str:
    """One description; with a name in it, if one is given."""
    kind = rng.random()
    if kind < CHINESE + SPANISH:
        parts = rng.choices(_phrases()["zh" if kind < CHINESE else "es"], k=rng.randrange(1, 4))
    else:
        parts = _english(rng, english())
    if name is not None:
        parts.insert(rng.randrange(len(parts) + 1), _written(rng, name))
    if rng.random() < _NUMBERED:
        parts.append(_number(rng))
    text = " ".join(parts)
    return text.upper() if rng.random() < _UPPER else text
