"""One form for each identifier, whatever blanks, widths and dashes it was written with, and its check digit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date

from entente.errors import Place
from entente.exchange.match import checkdigits
from entente.exchange.match.errors import LowEntropyError, MatchKeyError

_SEPARATORS = re.compile(r"[\s\-‐-―−./_]+")
_NOBODY = frozenset({"XAXX010101000", "XEXX010101000"})
"""Taxpayer numbers that Mexican invoices carry for the public at large and for foreigners: they name nobody."""
_ZERO_WALLET = "0x" + "0" * 40
_BANK = re.compile(r"[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_RFC = re.compile(r"[A-ZÑ&]{3,4}([0-9]{6})[A-Z0-9]{3}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")


def identifier(scheme: str, text: str) -> tuple[str, bool, str]:
    """A registered identifier, whether it is a natural person's, and what is doubtful about it.

    Raises:
        LowEntropyError: a phone, ship or container alone.
        MatchKeyError: an unknown scheme, another form, or a wrong check digit.
    """
    if scheme in _BARE:
        raise LowEntropyError(f"A {_BARE[scheme]} alone is not matched: all of them can be tried.", remedy=_SPECIFIC)
    if scheme == "rfc":
        return _rfc(text)
    if scheme not in _SCHEMES:
        raise MatchKeyError(
            f"There is no scheme {scheme!r}.",
            remedy=f"Take one of: {', '.join(sorted((*_SCHEMES, 'rfc')))}. Accounts have a kind of their own.",
            place=Place(field="scheme"),
        )
    return _checked(_upper(text), _SCHEMES[scheme], scheme.upper(), "value"), False, ""


def phone(text: str) -> str:
    """A telephone number with its country, as E.164 writes it."""
    plain = unicodedata.normalize("NFKC", text).strip().replace("(0)", "")
    digits = re.sub(r"[\s()\-‐-―−./]", "", plain)
    digits = "+" + digits[2:] if digits.startswith("00") else digits
    if not re.fullmatch(r"\+[1-9][0-9]{7,14}", digits) or len(set(digits[3:])) == 1:
        raise MatchKeyError("A phone needs its country, as +52 55 1234 5678.", place=Place(field="phone"))
    return digits


def email(text: str) -> str:
    """An e-mail address; its domain in ASCII. Nothing before the @ is left out."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())
    if not _EMAIL.fullmatch(plain):
        raise MatchKeyError("This is no e-mail address.", place=Place(field="email"))
    local, _, domain = plain.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise MatchKeyError("The e-mail address has no domain.", place=Place(field="email")) from None


def account(text: str, bank: str) -> tuple[str, str]:
    """A bank account: an IBAN, a CLABE, or a number with the bank's BIC (its first eight characters).

    Raises:
        LowEntropyError: a number without a bank, which is many accounts.
        MatchKeyError: a wrong check digit or form.
    """
    plain, code = _upper(text), _upper(bank)
    if checkdigits.clabe(plain):
        return "clabe", plain
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", plain):
        return "iban", _checked(plain, checkdigits.iban, "IBAN", "account")
    if not code:
        raise LowEntropyError(
            "An account number without its bank is many accounts.",
            remedy="Give the IBAN, the CLABE, or the bank's BIC in the column 'bank'.",
            place=Place(field="bank"),
        )
    if not _BANK.fullmatch(code) or not re.fullmatch(r"[0-9A-Z]{4,34}", plain) or len(set(plain)) == 1:
        raise MatchKeyError("The bank is no BIC, or the account is no account.", place=Place(field="account"))
    return code[:8], plain.lstrip("0") or plain


def wallet(text: str) -> tuple[str, str]:
    """A wallet's address, and what is doubtful about it.

    The check letters of EIP-55 are not looked at here: both spellings are one address, and Keccak is not at hand; who
    has it hands in a check (`sets.make_set`). An address of another network is taken as it stands, since nothing here
    can check it.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    lower = plain.lower()
    if re.fullmatch(r"0x[0-9a-f]{40}", lower) and lower != _ZERO_WALLET:
        return lower, ""
    if plain in {lower, plain.upper()} and checkdigits.bech32(lower):
        return lower, ""
    if re.fullmatch(r"[13T][1-9A-HJ-NP-Za-km-z]{24,34}", plain):
        return _checked(plain, checkdigits.base58check, "wallet", "wallet"), ""
    if re.match(r"(bc|tb|ltc)1", lower) or not re.fullmatch(r"[A-Za-z0-9]{25,120}", plain) or lower.startswith("0x"):
        raise MatchKeyError("This is no wallet's address, or its check letters are wrong.", place=Place(field="wallet"))
    return plain, "Nothing here can check an address of this network."


def container(text: str) -> str:
    """A container's number."""
    return _checked(_upper(text), checkdigits.container, "container", "container")


def ship(text: str) -> str:
    """A ship's number."""
    return _checked(_upper(text).removeprefix("IMO"), checkdigits.imo, "IMO number", "imo")


def week(text: str) -> str:
    """The week of a day, or a week, as ISO 8601 writes it: 2026-W48."""
    plain = text.strip().upper()
    try:
        if found := _WEEK.fullmatch(plain):
            year, number, _ = date.fromisocalendar(int(found[1]), int(found[2]), 1).isocalendar()
        else:
            year, number, _ = date.fromisoformat(plain).isocalendar()
    except ValueError:
        raise MatchKeyError("A week is written 2026-W48, or as a day: 2026-11-24.", place=Place(field="week")) from None
    return f"{year:04d}-W{number:02d}"


_SCHEMES: dict[str, Callable[[str], bool]] = {"lei": checkdigits.lei, "uscc": checkdigits.uscc}
_BARE = {"phone": "phone", "imo": "ship's number", "container": "container's number", "name": "name"}
_SPECIFIC = "Add what makes it specific: kind phone-name, vessel or container (with the week), or name-city."


def _rfc(text: str) -> tuple[str, bool, str]:
    plain = _upper(text)
    found = _RFC.fullmatch(plain)
    if not found or not _is_day(found[1]):
        raise MatchKeyError("This is no RFC.", place=Place(field="value"))
    if plain in _NOBODY:
        raise MatchKeyError(f"The RFC {plain} stands for no one in particular.", place=Place(field="value"))
    doubt = "" if checkdigits.rfc(plain) else "The check digit of this RFC is not the computed one; some are issued so."
    return plain, len(plain) == 13, doubt


def _is_day(text: str) -> bool:
    for century in ("19", "20"):
        try:
            date.fromisoformat(f"{century}{text[:2]}-{text[2:4]}-{text[4:]}")
        except ValueError:
            continue
        return True
    return False


def _upper(text: str) -> str:
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _checked(text: str, check: Callable[[str], bool], what: str, column: str) -> str:
    if not check(text):
        raise MatchKeyError(f"This is no {what}, or its check digit is wrong.", place=Place(field=column))
    return text
