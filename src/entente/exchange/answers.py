"""What the officers answered to the questions of a marking, signed with the content that they release.

It stands in the content's header under `release`, so that whoever audits a release, on either side, sees on what it
rests, and nobody can add it afterwards. It holds references, never the texts: the recipient sees them, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.errors import MalformedError

LONGEST = 200
"""The most characters of a reference or a purpose."""
_ID = re.compile(r"[0-9a-f]{64}")
_WHAT = "release"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of those who release.

    Attributes:
        assessment: reference of the recorded assessment of what may happen to the persons named.
        consents: content ids of the signed consents of those whose items it was made of.
        purpose: what it is released for, as a purpose is written in markings.
        capital: whether the case can end in a death sentence; None is not known.
        judged: H3 texts that a person has read, and that this release keeps.
    """

    assessment: str | None = None
    consents: tuple[str, ...] = ()
    purpose: str = ""
    capital: bool | None = None
    judged: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The answers as a JSON object; a question that nobody was asked is left out."""
        value: dict[str, Any] = {"assessment": self.assessment} if self.assessment else {}
        value |= {"consents": list(self.consents)} if self.consents else {}
        value |= {"purpose": self.purpose} if self.purpose else {}
        value |= {"capital": self.capital} if self.capital is not None else {}
        value |= {"judged": list(self.judged)} if self.judged else {}
        return value


NONE = Answers()
"""Nobody was asked anything."""


def read_answers(value: Mapping[str, Any]) -> Answers:
    """The answers in a content's header.

    Raises:
        MalformedError: a field has the wrong form.
    """
    consents = strict.texts(value, "consents", what=_WHAT)
    if not all(map(_ID.fullmatch, consents)):
        raise MalformedError("A consent is named by its content id.", place=Place(field="consents"))
    capital = value.get("capital")
    if capital is not None and not isinstance(capital, bool):
        raise MalformedError("'capital' is true or false.", place=Place(field="capital"))
    return Answers(
        assessment=_text(value, "assessment") or None,
        consents=consents,
        purpose=_text(value, "purpose"),
        capital=capital,
        judged=strict.texts(value, "judged", what=_WHAT),
    )


def _text(value: Mapping[str, Any], name: str) -> str:
    text = value.get(name, "")
    if not isinstance(text, str) or len(text) > LONGEST or not text.isprintable() or text != text.strip():
        raise MalformedError(f"{name!r} of a release is no short text.", place=Place(field=name))
    return text
