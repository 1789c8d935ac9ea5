"""Check digits of identifiers. Each function takes text that was brought into its form and says whether it adds up."""

from __future__ import annotations

import hashlib
import re
from itertools import cycle

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_RFC = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_CONSTANTS = (1, 0x2BC830A3)  # Bech32, Bech32m
_CONTAINER = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (number for number in range(10, 39) if number % 11), strict=True))


def uscc(text: str) -> bool:
    """Unified social credit code, GB 32100-2015: 18 characters, weights 3^i, modulo 31."""
    if len(text) != 18 or set(text) - set(_USCC):
        return False
    total = sum(_USCC.index(letter) * pow(3, place, 31) for place, letter in enumerate(text[:17]))
    return _USCC[-total % 31] == text[17]


def mod97(text: str) -> bool:
    """ISO 7064 MOD 97-10 over letters and digits, check digits at the end: a legal entity identifier (ISO 17442)."""
    return bool(re.fullmatch(r"[0-9A-Z]+", text)) and int("".join(str(int(one, 36)) for one in text)) % 97 == 1


def lei(text: str) -> bool:
    """Legal entity identifier, ISO 17442."""
    return bool(re.fullmatch(r"[0-9A-Z]{18}[0-9]{2}", text)) and mod97(text)


def iban(text: str) -> bool:
    """International bank account number, ISO 13616."""
    return bool(re.fullmatch(r"[A-Z]{2}[0-9]{2}[0-9A-Z]{11,30}", text)) and mod97(text[4:] + text[:4])


def clabe(text: str) -> bool:
    """Mexican standardised bank code (CLABE): 18 digits, weights 3, 7, 1, modulo 10."""
    if not re.fullmatch(r"[0-9]{18}", text):
        return False
    total = sum(int(digit) * weight % 10 for digit, weight in zip(text[:17], cycle((3, 7, 1)), strict=False))
    return -total % 10 == int(text[17])


def rfc(text: str) -> bool:
    """Mexican taxpayer number: 12 characters for a company, 13 for a person; weights 13 to 2, modulo 11.

    Source: the algorithm of the tax authority as Mexican regulations printed it; numbers without a good digit were
    issued, so a failure is a doubt and no proof.
    """
    if len(text) not in {12, 13} or set(text) - set(_RFC):
        return False
    total = sum(_RFC.index(one) * (13 - place) for place, one in enumerate(text[:-1].rjust(12)))
    return _RFC[-total % 11] == text[-1]


def container(text: str) -> bool:
    """Freight container, ISO 6346: owner, category (U, J or Z), six digits; powers of two, modulo 11."""
    if not re.fullmatch(r"[A-Z]{3}[UJZ][0-9]{7}", text):
        return False
    values = (_CONTAINER[one] if one in _CONTAINER else int(one) for one in text[:10])
    return sum(value << place for place, value in enumerate(values)) % 11 % 10 == int(text[10])


def imo(text: str) -> bool:
    """IMO ship number: seven digits, weights 7 to 2, modulo 10."""
    if not re.fullmatch(r"[0-9]{7}", text):
        return False
    return sum(int(one) * weight for one, weight in zip(text[:6], range(7, 1, -1), strict=True)) % 10 == int(text[6])


def base58(text: str) -> bytes | None:
    """The bytes in base58, or None."""
    if not text or set(text) - set(_BASE58):
        return None
    number = 0
    for letter in text:
        number = number * 58 + _BASE58.index(letter)
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")


def base58check(text: str) -> bool:
    """Base58Check with a version byte and 20 bytes, as Bitcoin and Tron write addresses."""
    data = base58(text) if len(text) < 64 else None
    return data is not None and len(data) == 25 and _twice(data[:-4])[:4] == data[-4:]


def bech32(text: str) -> bool:
    """Bech32 (BIP 173) and Bech32m (BIP 350), in lower case."""
    head, one, tail = text.rpartition("1")
    if not one or not head or len(tail) < 6 or len(text) > 90 or set(tail) - set(_BECH32) or not head.isascii():
        return False
    values = [ord(letter) >> 5 for letter in head] + [0] + [ord(letter) & 31 for letter in head]
    return _polymod(values + [_BECH32.index(letter) for letter in tail]) in _CONSTANTS


def _twice(data: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(data).digest()).digest()


def _polymod(values: list[int]) -> int:
    checksum = 1
    for value in values:
        top = checksum >> 25
        checksum = (checksum & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            checksum ^= generator if top >> place & 1 else 0
    return checksum
