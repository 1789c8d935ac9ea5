"""Identifiers with check digits: each text becomes a frozen value, or a reason why it is none.

| kind | what | check | source |
|---|---|---|---|
| uscc | unified social credit code of China, 18 characters | mod 31 | GB 32100-2015 |
| hk_cr | Hong Kong company number, 7 or 8 digits | none | Companies Registry |
| lei | legal entity identifier, 20 characters | ISO 7064 mod 97-10 | ISO 17442 |
| rfc | Mexican taxpayer: 12 characters (legal entity), 13 (person) | mod 11 | SAT, Anexo 1 |
| ein | US employer: 9 digits | prefix of a campus | IRS |
| imo | ship, 7 digits | weights 7 to 2 | IMO A.1117(30) |
| container | owner code and number | weights 2^n mod 11 | ISO 6346 |
| iban | bank account | mod 97-10, length by country | ISO 13616 |
| phone | telephone, as E.164 | numbering plans | ITU-T E.164 |
| email | address, domain in lower case | form | RFC 5321 |
| wallet | Bitcoin (base58check, bech32), Ethereum (EIP-55), Tron | their checksums | see `wallets` |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from entente.parties.wallets import check_wallet

#: Longer texts are no identifier.
MOST_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class Identifier:
    """A valid identifier: its kind, its value in one spelling, and more in `detail` (form of an RFC, network)."""

    kind: str
    value: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class NotValid:
    """Why a text is no identifier of a kind: `empty`, `too_long`, `form`, `check_digit`, `unassigned`."""

    kind: str
    reason: str


Result = Identifier | NotValid
_SEPARATORS = re.compile(r"[\s.\-/·_]+")
_USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_LEI = re.compile(r"[0-9A-Z]{18}[0-9]{2}")
_RFC = re.compile(r"[A-ZÑ&]{3,4}\d{6}[0-9A-Z]{3}")
_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.IGNORECASE
)
_CONTAINER = re.compile(r"[A-Z]{3}[UJZ]\d{7}")


def check(kind: str, text: str, *, region: str | None = None) -> Result:
    """Read an identifier.

    Args:
        kind: one of `KINDS`.
        text: as recorded; spaces, dots, dashes and full-width characters do not matter.
        region: ISO 3166-1 code of the country for telephone numbers without a country code.
    """
    import unicodedata

    if len(text) > MOST_CHARACTERS:
        return NotValid(kind, "too_long")
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        return NotValid(kind, "empty")
    if kind == "phone":
        return _phone(plain, region)
    return _CHECKS[kind](plain)


def recognise(text: str, *, region: str | None = None) -> Identifier | None:
    """The identifier that a text is, if the check digits of exactly one kind agree; None if none or several do.

    Kinds without a check digit (Hong Kong company number, EIN, telephone without +) are never guessed.
    """
    found = [
        check(kind, text, region=region)
        for kind in ("uscc", "lei", "rfc", "imo", "container", "iban", "email", "wallet")
    ]
    if text.strip().startswith("+"):
        found.append(check("phone", text))
    valid = [one for one in found if isinstance(one, Identifier)]
    return valid[0] if len(valid) == 1 else None


def _squeeze(text: str) -> str:
    return _SEPARATORS.sub("", text).upper()


def _uscc(text: str) -> Result:
    from stdnum.cn import uscc

    code = _squeeze(text)
    if not _USCC.fullmatch(code):
        return NotValid("uscc", "form")
    return Identifier("uscc", code) if uscc.is_valid(code) else NotValid("uscc", "check_digit")


def _hk_cr(text: str) -> Result:
    digits = _squeeze(text)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in {7, 8}:
        return NotValid("hk_cr", "form")
    return Identifier("hk_cr", digits.zfill(8))


def _lei(text: str) -> Result:
    code = _squeeze(text)
    if not _LEI.fullmatch(code):
        return NotValid("lei", "form")
    return (
        Identifier("lei", code)
        if int("".join(str(int(c, 36)) for c in code)) % 97 == 1
        else NotValid("lei", "check_digit")
    )


def _rfc(text: str) -> Result:
    from stdnum.mx import rfc

    code = _squeeze(text)
    if not _RFC.fullmatch(code):
        return NotValid("rfc", "form")
    if not rfc.is_valid(code):
        return NotValid("rfc", "form")
    if not rfc.is_valid(code, validate_check_digits=True):
        return NotValid("rfc", "check_digit")
    return Identifier("rfc", code, "legal_entity" if len(code) == 12 else "person")


def _ein(text: str) -> Result:
    from stdnum.us import ein

    code = _squeeze(text)
    if not code.isascii() or not code.isdigit() or len(code) != 9:
        return NotValid("ein", "form")
    return Identifier("ein", code) if ein.is_valid(code) else NotValid("ein", "unassigned")


def _imo(text: str) -> Result:
    code = _squeeze(text).removeprefix("IMO")
    if not code.isascii() or not code.isdigit() or len(code) != 7:
        return NotValid("imo", "form")
    total = sum(int(digit) * weight for digit, weight in zip(code, range(7, 1, -1), strict=False))
    return Identifier("imo", code) if total % 10 == int(code[6]) else NotValid("imo", "check_digit")


def _container(text: str) -> Result:
    code = _squeeze(text)
    if not _CONTAINER.fullmatch(code):
        return NotValid("container", "form")
    # letters count from 10 and leave out the multiples of 11
    values = {letter: 10 + at + (9 + at) // 10 for at, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}
    total = sum((values[char] if char.isalpha() else int(char)) << at for at, char in enumerate(code[:10]))
    return Identifier("container", code) if total % 11 % 10 == int(code[10]) else NotValid("container", "check_digit")


def _iban(text: str) -> Result:
    from stdnum import iban

    code = _squeeze(text)
    if not re.fullmatch(r"[A-Z]{2}\d{2}[0-9A-Z]{11,30}", code):
        return NotValid("iban", "form")
    return Identifier("iban", code) if iban.is_valid(code, check_country=False) else NotValid("iban", "check_digit")


def _email(text: str) -> Result:
    if not _EMAIL.fullmatch(text) or ".." in text:
        return NotValid("email", "form")
    local, domain = text.rsplit("@", 1)
    return Identifier("email", f"{local.lower()}@{domain.lower()}")


def _phone(text: str, region: str | None) -> Result:
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return NotValid("phone", "form")
    if not phonenumbers.is_valid_number(number):
        return NotValid("phone", "unassigned")
    return Identifier("phone", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _wallet(text: str) -> Result:
    found = check_wallet(text.strip())
    return Identifier("wallet", found[0], found[1]) if len(found) == 2 else NotValid("wallet", found[0])


_CHECKS: dict[str, Callable[[str], Result]] = {
    "uscc": _uscc,
    "hk_cr": _hk_cr,
    "lei": _lei,
    "rfc": _rfc,
    "ein": _ein,
    "imo": _imo,
    "container": _container,
    "iban": _iban,
    "email": _email,
    "wallet": _wallet,
}
KINDS = (*_CHECKS, "phone")
