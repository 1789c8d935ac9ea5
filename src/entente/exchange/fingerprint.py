"""Fingerprints that two people can read to one another over a telephone, in any language.

Eight groups of four digits: thirty digits of the SHA-256 over the authority's name and the ids of its keys (99 bits),
and two check digits (ISO/IEC 7064, MOD 97-10), so that a slip of the tongue is told from another key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from entente.exchange.errors import FingerprintError

_DOMAIN = b"entente fingerprint 1\n"
_DIGITS = 30


def fingerprint(owner: str, keys: Iterable[str]) -> str:
    """The fingerprint of an authority with some keys, in whatever order.

    Args:
        owner: its name.
        keys: key ids.
    """
    text = "\n".join([owner, *sorted(set(keys))]).encode("utf-8")
    number = int.from_bytes(hashlib.sha256(_DOMAIN + text).digest(), "big") % 10**_DIGITS
    digits = f"{number:0{_DIGITS}d}{98 - number * 100 % 97:02d}"
    return " ".join(digits[start : start + 4] for start in range(0, len(digits), 4))


def confirm(spoken: str, expected: str) -> None:
    """Return if what was read out is the expected fingerprint; spaces and dashes do not matter.

    Raises:
        FingerprintError: a slip (the check digits fail), or another fingerprint.
    """
    digits = "".join(spoken.replace("-", " ").split())
    if not (digits.isascii() and digits.isdigit()) or len(digits) != _DIGITS + 2 or int(digits) % 97 != 1:
        raise FingerprintError("There is a slip in the fingerprint: its check digits do not fit.")
    if not hmac.compare_digest(digits, expected.replace(" ", "")):
        raise FingerprintError(
            "This is the fingerprint of other keys.",
            remedy="Do not pair. Somebody may stand between you and the peer, or the invitation is an old one.",
        )
