"""Addresses of wallets, checked by their own checksums.

base58check: four bytes of double SHA-256 (Bitcoin and, with its prefix 0x41, Tron). bech32 and bech32m: BIP 173 and
BIP 350, their BCH codes. EIP-55: capitals of an Ethereum address are a Keccak-256 checksum; an address all in one case
carries none and is taken as written.
"""

from __future__ import annotations

import hashlib
import re

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BASE58 = re.compile(f"[{_ALPHABET}]{{25,35}}")
_ETHEREUM = re.compile(r"0x[0-9a-fA-F]{40}")
_SEGWIT = re.compile(rf"(bc|tb|ltc)1[{_BECH32}]{{11,87}}")
_PREFIXES = {0x00: "bitcoin", 0x05: "bitcoin", 0x41: "tron", 0x30: "litecoin", 0x32: "litecoin", 0x1E: "dogecoin"}


def check_wallet(text: str) -> tuple[str, str] | tuple[str]:
    """(address in one spelling, network) of a valid address; else (reason,): `form` or `check_digit`."""
    if _ETHEREUM.fullmatch(text):
        return _ethereum(text)
    lower = text.lower()
    if _SEGWIT.fullmatch(lower) and text in {lower, text.upper()}:
        return (lower, "bitcoin" if lower[:2] == "bc" else lower.split("1")[0]) if _bech32(lower) else ("check_digit",)
    if _BASE58.fullmatch(text):
        return _base58(text)
    return ("form",)


def _base58(text: str) -> tuple[str, str] | tuple[str]:
    number = 0
    for char in text:
        number = number * 58 + _ALPHABET.index(char)
    try:
        raw = number.to_bytes(25, "big")
    except OverflowError:
        return ("form",)
    digest = hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()
    # leading zero bytes are leading ones, one for one, or the text is a longer spelling of another address
    zeros = len(raw) - len(raw.lstrip(b"\0"))
    if digest[:4] != raw[21:] or zeros != len(text) - len(text.lstrip("1")):
        return ("check_digit",)
    network = _PREFIXES.get(raw[0])
    return (text, network) if network else ("form",)


def _bech32(text: str) -> bool:
    prefix, _, data = text.rpartition("1")
    values = [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + [_BECH32.index(c) for c in data]
    check = 1
    for value in values:
        high = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for at, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            check ^= generator if high >> at & 1 else 0
    # version 0 has the constant 1 (BIP 173), later versions the other (BIP 350)
    return check == (1 if data[0] == "q" else 0x2BC830A3)


def _ethereum(text: str) -> tuple[str, str] | tuple[str]:
    from Crypto.Hash import keccak

    body = text[2:]
    lower = body.lower()
    digest = keccak.new(digest_bits=256, data=lower.encode()).hexdigest()
    proper = "0x" + "".join(c.upper() if int(d, 16) > 7 else c for c, d in zip(lower, digest, strict=False))
    return (proper, "ethereum") if body in {lower, body.upper()} or text == proper else ("check_digit",)
