"""Leads of a finished run in words: for a terminal, a program and a spreadsheet.

Texts of a record come from strangers. What a terminal would obey, or hide behind, is shown as an escape (`printable`),
and what a spreadsheet would run is prefixed (`show_csv.py`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import yaml

from entente.errors import UsageError
from entente.leads.finished import FinishedRun
from entente.leads.score import HIT_FAMILY
from entente.screening.rules import RuleSet, explain

_LABELS = Path(__file__).parent / "labels.yaml"
#: Unicode categories that are not shown as they are: control, format (among them the signs that turn the direction
#: of writing), surrogate, private use, unassigned, line and paragraph separators.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Characters of a name; what is longer is cut, and the cut is seen.
LONGEST = 200
#: Marks on one letter; more of them climb over the lines above.
_MARKS = 3


@dataclass(frozen=True, slots=True)
class ReasonWords:
    """One reason of a lead. `weight` and `counted` in milli-log-odds; `n_records` of the lead's records bear it."""

    rule_id: str
    title: str
    explanation: str
    family: str
    strength: str
    weight: int
    counted: int
    n_records: int


@dataclass(frozen=True, slots=True)
class LeadWords:
    """A lead or sample row with its reasons in words; the other columns are those of leads.parquet."""

    row: Mapping[str, Any]
    reasons: tuple[ReasonWords, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain data: the row, with the reasons in words too."""
        reasons = [
            {**reason, "title": words.title, "explanation": words.explanation}
            for reason, words in zip(self.row["reasons"], self.reasons, strict=True)
        ]
        return {**self.row, "reasons": reasons}


def ranked(run: FinishedRun, top: int | None) -> list[dict[str, Any]]:
    """The first `top` leads by rank; all of them when `top` is None."""
    where = pc.field("kind") == "lead"
    rows = run.leads(where if top is None else where & (pc.field("rank") <= top))
    return sorted(rows, key=lambda row: row["rank"])


def samples(run: FinishedRun) -> list[dict[str, Any]]:
    """The random sample, by lead id."""
    return sorted(run.leads(pc.field("kind") == "sample"), key=lambda row: row["lead_id"])


def one(run: FinishedRun, lead_id: str) -> dict[str, Any]:
    """The lead or sample row with this number.

    Raises:
        UsageError: the run has none.
    """
    rows = run.leads(pc.field("lead_id") == lead_id.strip().upper())
    if not rows:
        raise UsageError(
            f"This run has no lead {printable(lead_id, 40)}.",
            remedy=f"`entente leads show {run.folder}` lists the leads with their numbers.",
        )
    return rows[0]


def in_words(row: Mapping[str, Any], ruleset: RuleSet, lang: str) -> LeadWords:
    """A row of leads.parquet with its reasons in words; a rule that is not known here keeps its id."""
    rules = {rule.id: rule for rule in ruleset.rules}
    words = []
    for reason in row["reasons"]:
        rule_id = reason["rule_id"]
        if reason["family"] == HIT_FAMILY:
            title, explanation = _hit_words(rule_id.removeprefix(f"{HIT_FAMILY}."), reason["value"], lang)
        elif rule_id in rules:
            rule = rules[rule_id]
            title, explanation = rule.title[lang], explain(rule, reason["value"], reason["reference"], lang)
        else:
            title, explanation = rule_id, ""
        shared = {name: reason[name] for name in ("family", "strength", "weight", "counted", "n_records")}
        words.append(ReasonWords(rule_id, title, explanation, **shared))
    return LeadWords(row, tuple(words))


def printable(text: str | None, longest: int = LONGEST) -> str:
    """A stranger's text for one line of a terminal: nothing in it is obeyed, nothing hidden, and it has an end."""
    if not text:
        return "–"
    shown: list[str] = []
    marks = length = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        piece = _escape(character) if category in _HIDDEN or marks > _MARKS else character
        length += len(piece)
        if length > longest:
            return "".join(shown) + f"… ({len(text)} characters)"
        shown.append(piece)
    return "".join(shown)


def json_safe(text: str) -> str:
    """JSON whose strings hold nothing that a terminal obeys; to a program it says the same."""
    return "".join(_json_escape(c) if c != "\n" and unicodedata.category(c) in _HIDDEN else c for c in text)


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _json_escape(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _hit_words(kind: str, confidence: float, lang: str) -> tuple[str, str]:
    labels = _labels()
    title = labels.get(f"{HIT_FAMILY}_{kind}", {}).get(lang, f"{HIT_FAMILY}.{kind}")
    return title, labels["hit_explanation"][lang].format(value=f"{confidence:.2f}")


@cache
def _labels() -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = yaml.safe_load(_LABELS.read_text(encoding="utf-8"))
    return loaded
