"""Words and numbers of the report in one language."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_LABELS = Path(__file__).parent / "labels.yaml"

#: Language of the report -> language of names in the register.
_NAMES = {"zh": "zh-Hans"}
#: Language -> (between thousands, before decimals). Spanish separates thousands with a thin space (Ortografía, 2010).
_MARKS = {"es": ("\u202f", ",")}


@dataclass(frozen=True, slots=True)
class Words:
    """Labels of `labels.yaml` in one language, and numbers as it writes them."""

    lang: str
    labels: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The label `key` with its braces filled in; KeyError if there is none."""
        return self.labels[key].format(**values)

    def has(self, key: str) -> bool:
        """Whether there is such a label."""
        return key in self.labels

    @property
    def names(self) -> str:
        """The language of substances' names."""
        return _NAMES.get(self.lang, self.lang)

    def pick(self, words: Mapping[str, str]) -> str:
        """One of several languages' words: this one's, else the English."""
        return words.get(self.lang) or words["en"]

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with separators, rounded to some decimals."""
        thousands, point = _MARKS.get(self.lang, (",", "."))
        text = f"{value:,.{decimals}f}"
        return text.replace(",", "\0").replace(".", point).replace("\0", thousands)

    def short(self, value: float | None) -> str:
        """A number that a rule compared, with about three digits; a dash for none."""
        if value is None:
            return "–"
        if value == int(value) or abs(value) >= 1000:
            return self.number(value)
        text = self.number(value, 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 3)
        return text.rstrip("0").rstrip(".,")

    def percent(self, share: float) -> str:
        """A share of 1 in percent, with three digits at most."""
        percent = share * 100
        decimals = 0 if percent >= 10 else 1 if percent >= 1 else 4
        text = self.number(percent, decimals)
        return f"{text} %" if self.lang == "es" else f"{text}%"

    def some(self, items: Sequence[str], most: int = 6) -> str:
        """The first of several, and how many others there are."""
        rest = [self("others", n=self.number(len(items) - most))] if len(items) > most else []
        return ", ".join([*items[:most], *rest])

    def points(self, milli: int) -> str:
        """Milli-log-odds as points with two decimals."""
        return self.number(milli / 1000, 2)

    def missing(self, lacking: str) -> str:
        """What a run lacks for a rule: "table x" or "column x or y", in this language."""
        kind, _, names = lacking.partition(" ")
        return self(f"missing_{kind}", names=names.replace(" or ", self("or")))

    def warnings(self, warned: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Notes on the inputs, as run.json has them, in words."""
        for one in warned:
            reason, _, code_list = one["reason"].partition(":")
            where = ": ".join(part for part in (one["file"], f"{one['table']}.{one['field']}".rstrip(".")) if part)
            value = f" “{one['value']}”" if one["value"] else ""
            yield f"{where}{value}: {self(f'warn_{reason}', list=code_list)} ({self.number(one['count'])})"


@cache
def words(lang: str) -> Words:
    """All labels in one language.

    Args:
        lang: en, zh or es.
    """
    return Words(lang, {key: entry[lang].strip() for key, entry in all_labels().items()})


@cache
def all_labels() -> Mapping[str, Mapping[str, str]]:
    """Label -> language -> text, as the file has them."""
    labels: Mapping[str, Mapping[str, str]] = yaml.safe_load(_LABELS.read_text(encoding="utf-8"))
    return labels
