"""Guess what a column holds: from the words in its header, and from its cells.

Everything here is a proposal for a person, never a reading: `records describe` shows the findings and a mapping to
correct. A confidence is in [0, 1]; it ranks, it promises nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

import yaml

from entente.records.codes import countries, country_words, currencies, fold
from entente.records.parsing import DateReader, parse_bool, parse_number
from entente.records.schema import FieldSpec

DATE_FORMATS = (
    *("iso", "YYYYMMDD", "YYYY/MM/DD", "YYYY.MM.DD", "YYYY年MM月DD日", "DD/MM/YYYY", "MM/DD/YYYY", "DD-MM-YYYY"),
    *("DD.MM.YYYY", "DD-MON-YYYY", "DD MON YYYY", "MON DD, YYYY"),
)
NUMBER_MARKS: tuple[tuple[str, str | None], ...] = (
    (".", None),
    (".", ","),
    (",", None),
    (",", "."),
    (",", " "),
    (".", " "),
    (".", "'"),
)
_CAS = re.compile(r"(\d{2,7})-(\d{2})-(\d)")
_HS = re.compile(r"\d{4}[. ]?\d{2}(?:[. ]?\d{2}){0,3}")


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column might hold.

    Args:
        field: canonical field.
        confidence: from 0 to 1.
        why: the reasons, in words.
        options: mapping keys beside `from`, such as `dates` or `decimal`.
    """

    field: str
    confidence: float
    why: str
    options: tuple[tuple[str, object], ...] = ()


@cache
def _header_words() -> dict[str, tuple[str, ...]]:
    raw = yaml.safe_load((files("entente.records") / "synonyms.yaml").read_text(encoding="utf-8"))
    return {name: tuple(fold(word) for word in (name, *words)) for name, words in raw.items()}


def header_score(column: str, field: str) -> float:
    """Return how well a header's words name a field: 1 the very word, 0.6 a part of it, 0 not at all."""
    words, header = _header_words().get(field, (fold(field),)), fold(column)
    if header in words:
        return 1.0
    longest = max((len(word) for word in words if _contains(header, word)), default=0)
    return 0.6 * min(1.0, longest / max(len(header), 1) + 0.4) if longest else 0.0


def _contains(header: str, word: str) -> bool:
    enough = 2 if any(ord(char) > 0x2E7F for char in word) else 4  # two Hanzi say as much as four letters
    return len(word) >= enough and word in header


def guess(column: str, cells: Sequence[str], spec: FieldSpec) -> Guess:
    """Return how likely a column holds one field."""
    named = header_score(column, spec.name)
    held, why, options = _content(cells, spec)
    if not cells:
        return Guess(spec.name, 0.5 * named, "no values in the sample")
    confidence = named * (0.55 + 0.45 * held) if held >= 0.5 else named * held
    if spec.name == "cas" and not named:
        confidence = 0.8 * held if held >= 0.8 else 0.0
    words = (["the header says so"] if named == 1.0 else ["the header resembles it"] if named else []) + [why]
    return Guess(spec.name, round(confidence, 2), "; ".join(words), options)


Test = tuple[float, str, tuple[tuple[str, object], ...]]


def _content(cells: Sequence[str], spec: FieldSpec) -> Test:
    if spec.type == "date32":
        return _dates(cells)
    if spec.type in ("float64", "int64"):
        return _numbers(cells)
    if spec.type == "bool":
        return _share(cells, _reads(parse_bool)), "values are yes or no", ()
    if spec.name == "cas":
        return _share(cells, is_cas), "values are CAS numbers", ()
    return _coded(cells, spec)


def _coded(cells: Sequence[str], spec: FieldSpec) -> Test:
    if spec.codes == "iso3166-1-alpha-2":
        known = _share(cells, lambda cell: fold(cell) in country_words())
        exact = _share(cells, lambda cell: cell in countries())
        return known, "values are country codes" if exact > 0.9 else "values are countries", ()
    if spec.codes == "iso4217":
        return _share(cells, lambda cell: cell.strip().upper() in currencies()), "values are currencies", ()
    if spec.codes == "hs":
        full = _share(cells, lambda cell: bool(_HS.fullmatch(cell.strip())))
        short = _share(cells, lambda cell: cell.strip().isdigit() and len(cell.strip()) == 5)
        padded: tuple[tuple[str, object], ...] = (("pad", 6),) if short > 0 and full + short > 0.9 else ()
        return full + short, "values are tariff codes", padded
    letters = _share(cells, lambda cell: any(char.isalpha() for char in cell))
    if spec.name in ("description", "exporter", "importer", "consignee", "forwarder", "payer", "payee", "memo"):
        return letters, "values are text", ()
    return 0.8, "values are text", ()


def _dates(cells: Sequence[str]) -> Test:
    shares = {name: _share(cells, _reads(DateReader((name,)))) for name in DATE_FORMATS}
    best = max(shares, key=lambda name: shares[name])
    tied = [name for name in DATE_FORMATS if name != best and shares[name] == shares[best]]
    both = {best, *tied} >= {"DD/MM/YYYY", "MM/DD/YYYY"}
    why = f"values are dates ({best})" + ("; day and month cannot be told apart, check" if both else "")
    return shares[best] * (0.8 if both else 1.0), why, (("dates", [best]),) if best != "iso" else ()


def _numbers(cells: Sequence[str]) -> Test:
    shares = [_share(cells, _reads(partial(parse_number, decimal=mark, thousands=gap))) for mark, gap in NUMBER_MARKS]
    best = max(shares)
    decimal, thousands = NUMBER_MARKS[shares.index(best)]  # the plainest of those that read the most
    options: list[tuple[str, object]] = [("decimal", decimal)] if decimal != "." else []
    if thousands:
        options.append(("thousands", thousands))
    return best, "values are numbers", tuple(options)


def is_cas(text: str) -> bool:
    """Tell whether a text is one CAS number with a right check digit."""
    found = _CAS.fullmatch(text.strip())
    if not found:
        return False
    digits = (found[1] + found[2])[::-1]
    return sum(place * int(digit) for place, digit in enumerate(digits, start=1)) % 10 == int(found[3])


def _reads(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def test(cell: str) -> bool:
        try:
            parse(cell)
        except (ValueError, OverflowError):
            return False
        return True

    return test


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(1 for cell in cells if test(cell)) / len(cells) if cells else 0.0
