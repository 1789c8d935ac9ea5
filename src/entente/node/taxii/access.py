"""Tokens: who may read which collections, for which purpose, until when. The file holds digests and no token.

[[token]]
name = "analysis"
sha256 = "…"                        # of the token; `new_token` makes both
collections = ["us-dea", "own"]     # a peer's messages; `own` is what this node released
purpose = "precursor-control"
until = 2027-01-01                  # the first day on which it is no longer taken
assessment = "DPIA 7/2026"          # if there is one: what may happen to the persons named; else none are shown
capital = false                     # if it is ruled out that what is read serves a capital case
"""

from __future__ import annotations

import hmac
import tomllib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from entente.errors import Place
from entente.node.errors import NodeError

FILE = "taxii.toml"
OWN = "own"
"""The collection of what this node released."""

_FIELDS = frozenset({"name", "sha256", "collections", "purpose", "until"})
_MAY = frozenset({"assessment", "capital"})
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Token:
    """What one token opens.

    Attributes:
        name: of the tool or person that has it, for the log.
        sha256: of the token, in hexadecimal.
        collections: names of peers, or `OWN`.
        purpose: what for, as in markings.
        until: the first day on which it is no longer taken.
        assessment: the recorded assessment of what may happen to persons named, if there is one.
        capital: whether it may serve a case that can end in a death sentence; None is not known.
    """

    name: str
    sha256: str
    collections: frozenset[str]
    purpose: str
    until: date
    assessment: str | None = None
    capital: bool | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """All tokens."""

    tokens: tuple[Token, ...]

    def of(self, header: str | None, today: date) -> Token | None:
        """The token in an `Authorization` header, if it is one and is still taken.

        Every digest is compared, and each in constant time, so that the answer's time says nothing.
        """
        scheme, _, secret = (header or "").partition(" ")
        found = sha256(secret.strip().encode("utf-8", "surrogateescape")).hexdigest()
        fits = [token for token in self.tokens if hmac.compare_digest(token.sha256, found)]
        return fits[0] if scheme.lower() == "bearer" and fits and today < fits[0].until else None


def new_token(random: Callable[[int], bytes]) -> tuple[str, str]:
    """A token, to be given once to who shall have it, and its digest, for the file."""
    token = urlsafe_b64encode(random(_BYTES)).decode("ascii").rstrip("=")
    return token, sha256(token.encode("ascii")).hexdigest()


def read_access(path: Path) -> Access:
    """The tokens in a file.

    Raises:
        NodeError: there is no file, it is no TOML, or an entry is not whole.
    """
    try:
        value = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise NodeError(
            f"The file of tokens cannot be read: {error}.",
            remedy="See docs/facades.md for what it holds.",
            place=Place(str(path)),
        ) from None
    entries = value.get("token", [])
    tokens = tuple(_token(entry, Place(str(path), field=f"token {n + 1}")) for n, entry in enumerate(entries))
    if len({token.sha256 for token in tokens}) < len(tokens):
        raise NodeError("The same token stands twice.", remedy="Make one for each tool.", place=Place(str(path)))
    return Access(tokens)


def _token(entry: Any, place: Place) -> Token:
    good = isinstance(entry, Mapping) and _FIELDS <= set(entry) <= _FIELDS | _MAY and _good(entry)
    if not good:
        raise NodeError(
            "A token needs name, sha256, collections, purpose and until; it may have assessment and capital.",
            remedy="See docs/facades.md for what it holds.",
            place=place,
        )
    return Token(**{**entry, "collections": frozenset(entry["collections"])})


def _good(entry: Mapping[str, Any]) -> bool:
    texts = all(isinstance(entry[name], str) and entry[name] for name in ("name", "sha256", "purpose"))
    digest = texts and len(entry["sha256"]) == 64 and set(entry["sha256"]) <= set("0123456789abcdef")
    names = isinstance(entry["collections"], list) and all(isinstance(one, str) for one in entry["collections"])
    day = isinstance(entry["until"], date) and not isinstance(entry["until"], datetime)
    rest = isinstance(entry.get("assessment", "-"), str) and isinstance(entry.get("capital", False), bool)
    return bool(digest and names and day and rest and entry.get("assessment") != "")
