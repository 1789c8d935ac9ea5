"""From what a person types (a name, a CAS number, an HS code) to substances. For single questions, not for rows.

Goods texts by the million are the business of `screening`; this resolver wants the whole text to be the name,
give or take salt and hydrate words, case, width, accents, hyphens, spaces and Greek letters, markup, letters of
another script that look Latin, and spellings that differ by rule (`writing`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from entente.substances.document import read_document
from entente.substances.forms import Form
from entente.substances.writing import readings, simplified, spellings

if TYPE_CHECKING:
    from entente.substances.register import Register

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
_UNSEEN = frozenset({"Mn", "Me", "Cf"})
_GAP = r"(?:\s*[-‐‑‒–—―−⁃﹘]\s*|\s+|[._/])"
_CAS = re.compile(
    rf"^\s*(?:cas(?:\s*(?:no|rn|number|号|號))?[\s.:：#-]*)?0*(\d{{2,7}}){_GAP}(\d{{2}}){_GAP}(\d)\s*$",
    re.IGNORECASE | re.ASCII,
)
_BARE_CAS = re.compile(
    r"^\s*(?:cas(?:\s*(?:no|rn|number|号|號))?[\s.:：#-]*)?0*(\d{2,7})(\d{2})(\d)\s*$", re.IGNORECASE | re.ASCII
)
_HS = re.compile(
    r"^\s*(?:hs(?:\s*code)?[\s.:：]*)?(\d{4})[\s.]?(\d{2})(?:[\s.]?\d{2}){0,3}\s*$", re.IGNORECASE | re.ASCII
)
#: How alike a name has to be to be suggested (`difflib` ratio), how many are, and what is too long to be a name.
_ALIKE, _SUGGESTED, _LONGEST = 0.85, 3, 200


@dataclass(frozen=True, slots=True)
class Resolved:
    """A substance (or form) that a text means. `method` is name, name_less_salt, cas or hs."""

    substance_id: str
    form: Form
    method: str
    matched: str
    note: str | None = None


def check_digit_ok(cas: str) -> bool:
    """Whether the last digit of a CAS number agrees with the others.

    Source: CAS, "Check Digit Verification of CAS Registry Numbers": weights 1, 2, 3 … from the right, modulo 10.
    """
    digits = cas.replace("-", "")
    return sum(weight * int(digit) for weight, digit in enumerate(reversed(digits[:-1]), 1)) % 10 == int(digits[-1])


def with_check_digit(cas: str) -> str:
    """The same digits with the check digit that agrees with them."""
    return next(f"{cas[:-1]}{digit}" for digit in range(10) if check_digit_ok(f"{cas[:-1]}{digit}"))


def parse_cas(text: str) -> str | None:
    """The CAS number that a whole text is, with plain hyphens, or None; the check digit is not looked at."""
    found = _CAS.match(unicodedata.normalize("NFKC", text))
    return "-".join(found.groups()) if found else None


def bare_cas(text: str) -> str | None:
    """The CAS number whose digits, without any hyphen, are the whole text; None where the check digit does not fit."""
    found = _BARE_CAS.match(unicodedata.normalize("NFKC", text))
    cas = "-".join(found.groups()) if found else None
    return cas if cas and check_digit_ok(cas) else None


def parse_hs(text: str) -> str | None:
    """The first six digits of the HS code that a whole text is, or None."""
    found = _HS.match(unicodedata.normalize("NFKC", text))
    return "".join(found.groups()) if found else None


def normalise(text: str) -> str:
    """A name without case, width, accents, punctuation and spaces; Greek letters are spelled out."""
    # marks go before the case is folded: one of them, U+0345, becomes a letter by that
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if unicodedata.category(char) not in _UNSEEN)
    spelled = "".join(_GREEK.get(char, char) for char in plain.casefold())
    return "".join(char for char in spelled if char.isalnum())


@cache
def _words() -> Mapping[str, tuple[str, ...]]:
    """The lists of `words.yaml`."""
    data = read_document(Path(str(files("entente.substances").joinpath("words.yaml")))).data
    return {key: tuple(value.split()) for key, value in data.items()}


def strip_salt(text: str) -> tuple[str, Form]:
    """A name without words for salts and hydrates, normalised, and the form that the words meant.

    A text that consists of such words only ("sulphate") is given back whole.
    """
    lists = _words()
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"[^\s,;]+", "".join(char for char in plain if not unicodedata.combining(char)))
    dropped = {*lists["salts"], *lists["hydrates"], *lists["fillers"]}
    rest = normalise("".join(word for word in words if word.strip(".()") not in dropped))
    salts = {word.strip(".()") for word in words}.intersection(lists["salts"])
    rest, salts_han = _strip_han(rest)
    salts |= salts_han
    named = Form.DIHYDROCHLORIDE if salts and salts <= {*lists["dihydrochlorides"]} else Form.SALT
    return (rest, named if salts else Form.BASE) if rest else (normalise(text), Form.BASE)


def _strip_han(rest: str) -> tuple[str, set[str]]:
    """Take Chinese words for salts and hydrates off both ends, and say the salts; one Hanzi is never left alone."""
    lists, salts = _words(), set[str]()
    for end in (*lists["salts_han"], *lists["hydrates_han"]):
        if rest.endswith(end) and len(rest) > len(end) + 1:
            rest = rest.removesuffix(end)
            salts |= {end}.intersection(lists["salts_han"])
    for front in lists["salts_han_front"]:
        if rest.startswith(front) and len(rest) > len(front) + 1:
            rest = rest.removeprefix(front)
            salts.add(front)
    return rest, salts


def resolve(register: Register, text: str) -> tuple[Resolved, ...]:
    """Substances that a whole text means; empty if none. The exact name comes before the name less its salt."""
    return resolver(register)(text)


def resolver(register: Register) -> Callable[[str], tuple[Resolved, ...]]:
    """`resolve` for many texts: the names are indexed once."""
    index = _name_index(register)
    return lambda text: _resolve(register, index, text)


def _resolve(register: Register, index: Mapping[str, tuple[tuple[str, Form], ...]], text: str) -> tuple[Resolved, ...]:
    """What the text means as it is written, or as it looks."""
    for reading in readings(text):
        cas, bare, hs = parse_cas(reading), bare_cas(reading), parse_hs(reading)
        if cas:
            return _by_cas(register, cas)
        if bare or hs:  # digits alone may be both
            return (*(_by_cas(register, bare) if bare else ()), *(_by_hs(register, hs) if hs else ()))
        found = tuple(Resolved(*meant, text) for meant in _by_name(index, reading))
        if found:
            return found
    return ()


def _by_name(index: Mapping[str, tuple[tuple[str, Form], ...]], text: str) -> list[tuple[str, Form, str]]:
    """Substance, form and method of each substance that a name means."""
    exact = index.get(simplified(normalise(text)), ())
    if exact:
        return [(substance_id, form, "name") for substance_id, form in exact]
    rest, salt = strip_salt(text)
    return [(substance_id, form | salt, "name_less_salt") for substance_id, form in index.get(simplified(rest), ())]


def near_names(register: Register, text: str) -> tuple[str, ...]:
    """Names of the register that are spelled nearly like a text, the nearest first; for suggestions only."""
    if len(text) > _LONGEST:
        return ()
    spelled: dict[str, str] = {}
    for _, name in register.names:
        spelled.setdefault(normalise(name.text), name.text)
    rest, _ = strip_salt(text)
    keys = [key for written in dict.fromkeys((normalise(text), rest)) for key in _alike(written, spelled)]
    return tuple(spelled[key] for key in dict.fromkeys(keys))[:_SUGGESTED]


def _alike(written: str, spelled: Mapping[str, str]) -> list[str]:
    return get_close_matches(written, spelled, n=_SUGGESTED, cutoff=_ALIKE)


def _by_cas(register: Register, cas: str) -> tuple[Resolved, ...]:
    return tuple(
        Resolved(s.id, c.form, "cas", cas) for s in register.substances.values() for c in s.cas if c.cas == cas
    )


def _by_hs(register: Register, hs6: str) -> tuple[Resolved, ...]:
    found: dict[str, Resolved] = {}
    for substance in register.substances.values():
        for code in substance.hs:
            if code.hs6 == hs6:
                note = None if code.specific else "the code is a basket that holds other goods too"
                found.setdefault(
                    substance.id, Resolved(substance.id, Form.BASE, "hs", f"HS {code.edition} {hs6}", note)
                )
    return tuple(found.values())


def _name_index(register: Register) -> Mapping[str, tuple[tuple[str, Form], ...]]:
    index: dict[str, dict[tuple[str, Form], None]] = defaultdict(dict)
    for substance_id, name in register.names:
        for spelled in spellings(simplified(normalise(name.text))):
            index[spelled][substance_id, name.form] = None
    return {key: tuple(value) for key, value in index.items()}
