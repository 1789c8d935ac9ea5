"""From what a person types (a name, a CAS number, an HS code) to substances. For single questions, not for rows.

Goods texts by the million are the business of `screening`; this resolver wants the whole text to be the name,
give or take salt and hydrate words, case, width, accents, hyphens, spaces and Greek letters.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from entente.substances.forms import Form

if TYPE_CHECKING:
    from entente.substances.register import Register

_GREEK = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ω": "omega"}
_SALT_WORDS = (
    "dihydrochloride monohydrochloride hydrochloride dihydrobromide hydrobromide hydroiodide hydrogensulphate hydrogensulfate "
    "bisulphate bisulfate sulphate sulfate phosphate nitrate acetate citrate oxalate maleate fumarate tartrate bitartrate "
    "succinate mesylate hcl 2hcl hbr salt sodium potassium calcium magnesium ammonium lithium "
    "diclorhidrato monoclorhidrato clorhidrato bromhidrato sulfato fosfato nitrato acetato citrato oxalato maleato fumarato tartrato "
    "sal sodica potasica sodio potasio calcio magnesio amonio"
).split()
_HYDRATE_WORDS = "anhydrous hemihydrate monohydrate dihydrate trihydrate hydrate anhidro hemihidrato monohidrato dihidrato hidrato".split()
_FILLER = ("de", "del", "of", "the", "and", "y")
_SALT_HANZI = ("二盐酸盐", "单盐酸盐", "盐酸盐", "氢溴酸盐", "硫酸盐", "磷酸盐", "硝酸盐", "醋酸盐", "柠檬酸盐", "草酸盐", "马来酸盐", "富马酸盐", "酒石酸盐", "钠盐", "钾盐", "二鹽酸鹽", "鹽酸鹽", "氫溴酸鹽", "硫酸鹽", "磷酸鹽", "硝酸鹽", "鈉鹽", "鉀鹽")
_SALT_HANZI_FRONT = ("盐酸", "氢溴酸", "硫酸", "磷酸", "马来酸", "酒石酸", "鹽酸", "氫溴酸", "馬來酸")
_HYDRATE_HANZI = ("一水合物", "半水合物", "二水合物", "水合物", "无水", "無水")
_CAS = re.compile(r"^\s*(?:cas(?:\s*(?:no|rn|number|号|號))?[\s.:：#-]*)?(\d{2,7})\s*-\s*(\d{2})\s*-\s*(\d)\s*$", re.IGNORECASE)
_HS = re.compile(r"^\s*(?:hs(?:\s*code)?[\s.:：]*)?(\d{4})[\s.]?(\d{2})(?:[\s.]?\d{2})*\s*$", re.IGNORECASE)


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


def normalise(text: str) -> str:
    """A name without case, width, accents, punctuation and spaces; Greek letters are spelled out."""
    spelled = "".join(_GREEK.get(char, char) for char in unicodedata.normalize("NFKD", text).casefold())
    return "".join(char for char in spelled if char.isalnum())


def strip_salt(text: str) -> tuple[str, Form]:
    """A name without words for salts and hydrates, normalised, and the form that the words meant.

    A text that consists of such words only ("sulphate") is given back whole.
    """
    plain = unicodedata.normalize("NFKD", text).casefold()
    words = re.findall(r"[^\s,;]+", "".join(char for char in plain if not unicodedata.combining(char)))
    kept = [word for word in words if word.strip(".()") not in {*_SALT_WORDS, *_HYDRATE_WORDS, *_FILLER}]
    salted = any(word.strip(".()") in _SALT_WORDS for word in words)
    rest = normalise("".join(kept))
    for end in (*_SALT_HANZI, *_HYDRATE_HANZI):
        if rest.endswith(end) and len(rest) > len(end):
            rest, salted = rest.removesuffix(end), salted or end in _SALT_HANZI
    for front in _SALT_HANZI_FRONT:
        if rest.startswith(front) and len(rest) > len(front) + 1:
            rest, salted = rest.removeprefix(front), True
    return (rest, Form.SALT if salted else Form.BASE) if rest else (normalise(text), Form.BASE)


def resolve(register: Register, text: str) -> tuple[Resolved, ...]:
    """Substances that a whole text means; empty if none. The exact name comes before the name less its salt."""
    cas = _CAS.match(unicodedata.normalize("NFKC", text))
    if cas:
        return _by_cas(register, "-".join(cas.groups()))
    hs = _HS.match(unicodedata.normalize("NFKC", text))
    if hs:
        return _by_hs(register, "".join(hs.groups()))
    index = _name_index(register)
    exact = index.get(normalise(text), ())
    if exact:
        return tuple(Resolved(substance_id, form, "name", text) for substance_id, form in exact)
    rest, salt = strip_salt(text)
    return tuple(Resolved(substance_id, form | salt, "name_less_salt", text) for substance_id, form in index.get(rest, ()))


def _by_cas(register: Register, cas: str) -> tuple[Resolved, ...]:
    return tuple(Resolved(s.id, c.form, "cas", cas) for s in register.substances.values() for c in s.cas if c.cas == cas)


def _by_hs(register: Register, hs6: str) -> tuple[Resolved, ...]:
    found: dict[str, Resolved] = {}
    for substance in register.substances.values():
        for code in substance.hs:
            if code.hs6 == hs6:
                note = None if code.specific else "the code is a basket that holds other goods too"
                found.setdefault(substance.id, Resolved(substance.id, Form.BASE, "hs", f"HS {code.edition} {hs6}", note))
    return tuple(found.values())


def _name_index(register: Register) -> Mapping[str, tuple[tuple[str, Form], ...]]:
    index: dict[str, dict[tuple[str, Form], None]] = defaultdict(dict)
    for substance_id, name in register.names:
        index[normalise(name.text)][substance_id, name.form] = None
    return {key: tuple(value) for key, value in index.items()}
