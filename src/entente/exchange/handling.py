"""Handling: what may be done with an item, decided from its marking and nothing else.

Sources: TLP 2.0 (https://www.first.org/tlp/); the handling codes H0 to H3 and the 4x4 evaluation as the Council's
practical adviser for law enforcement information exchange prints them
(https://statewatch.org/news/2018/february/eu-law-enforcement-information-exchange-guidelines).

Rules that hold throughout:

- Restrictions combine by union. H1 (no judicial use without permission) and H2 (no onward use without permission) are
  two restrictions and no ranks. For TLP the strictest counts. `combine` is associative, commutative and idempotent, and
  its result is never looser than a part.
- A value that is not known here is kept, and refuses everything: a newer marking must not be weaker on an older node.
- Only the originator loosens, by a signed act. Anybody may tighten.
- The 4x4 evaluation says how far a source and an item are believed. It is no restriction and is not in a marking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import IntEnum, StrEnum
from typing import Any

from entente.errors import Place
from entente.exchange import strict
from entente.exchange.errors import LooseningError, MarkingError


class Tlp(IntEnum):
    """TLP 2.0, from the loosest to the strictest."""

    CLEAR = 0
    GREEN = 1
    AMBER = 2
    AMBER_STRICT = 3
    RED = 4

    @property
    def label(self) -> str:
        """As it is written: `TLP:AMBER+STRICT`."""
        return "TLP:" + self.name.replace("_", "+")


class Condition(StrEnum):
    """Conditions of use, and Europol's codes that are restrictions; H0, the default, is none."""

    H1 = "H1"
    H2 = "H2"
    H3 = "H3"
    INTELLIGENCE_ONLY = "intelligence-only"
    EVIDENCE_VIA_MLA = "evidence-via-mla"
    NO_CAPITAL_CASE = "no-capital-case"
    NO_ONWARD_STATE = "no-onward-state"


_TLP_BY_LABEL = {tlp.label: tlp for tlp in Tlp}
_CONDITIONS = frozenset(Condition)
_DEFAULT_CODE = "H0"
_FIELDS = frozenset({"tlp", "conditions", "words", "purposes", "consent", "expires", "personal"})


@dataclass(frozen=True, slots=True)
class Marking:
    """What may be done with an item.

    Attributes:
        tlp: the strictest that applies.
        conditions: restrictions that a program can check.
        words: the texts of H3 restrictions; only a person can check them.
        purposes: the only purposes it may be used for; None is any lawful one, an empty set none.
        consent: parties whose signed consent onward sharing needs.
        expires: the first day on which it may no longer be used; None is never.
        personal: it holds personal data, so that a release needs a recorded assessment.
        unknown: values that this version does not know; one is enough to refuse everything.
    """

    tlp: Tlp
    conditions: frozenset[Condition] = frozenset()
    words: frozenset[str] = frozenset()
    purposes: frozenset[str] | None = None
    consent: frozenset[str] = frozenset()
    expires: date | None = None
    personal: bool = False
    unknown: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if (Condition.H3 in self.conditions) != bool(self.words):
            raise MarkingError("H3 goes with the words of its restriction, and the words with H3.")

    def as_json(self) -> dict[str, Any]:
        """The marking as a JSON object; what was unknown is not written again, so it must not be released."""
        value: dict[str, Any] = {"tlp": self.tlp.label, "personal": self.personal}
        value |= {"conditions": sorted(self.conditions)} if self.conditions else {}
        value |= {"words": sorted(self.words)} if self.words else {}
        value |= {"purposes": sorted(self.purposes)} if self.purposes is not None else {}
        value |= {"consent": sorted(self.consent)} if self.consent else {}
        value |= {"expires": self.expires.isoformat()} if self.expires else {}
        if self.unknown:
            raise MarkingError("A marking with values that are not known here cannot be written.")
        return value


def read_marking(value: Mapping[str, Any]) -> Marking:
    """The marking in a content header.

    Unknown values and unknown fields go to `unknown`. A missing TLP is unknown too, and a missing `personal` means
    that there may be personal data.

    Raises:
        MarkingError: a known field has the wrong form.
    """
    conditions = _texts(value, "conditions")
    words = _texts(value, "words")
    known = {Condition(text) for text in conditions & _CONDITIONS} - {Condition.H3}
    tlp = value.get("tlp")
    unknown = conditions - _CONDITIONS - {_DEFAULT_CODE}
    unknown |= {"H3 without its words"} if Condition.H3 in conditions and not words else set()
    unknown |= {f"field {name}" for name in value if name not in _FIELDS}
    unknown |= set() if isinstance(tlp, str) and tlp in _TLP_BY_LABEL else {f"tlp {tlp!r}"}
    return Marking(
        tlp=_TLP_BY_LABEL.get(tlp, Tlp.RED) if isinstance(tlp, str) else Tlp.RED,
        conditions=frozenset(known | ({Condition.H3} if words else set())),
        words=words,
        purposes=_texts(value, "purposes") if "purposes" in value else None,
        consent=_texts(value, "consent"),
        expires=strict.read_day(value["expires"], what="expires") if "expires" in value else None,
        personal=_personal(value),
        unknown=frozenset(unknown),
    )


def combine(*markings: Marking) -> Marking:
    """The marking of something made of several items: every restriction of every one.

    Raises:
        MarkingError: there is no item; nothing has no marking.
    """
    if not markings:
        raise MarkingError("Something that is made of no item has no marking.")
    return Marking(
        tlp=max(marking.tlp for marking in markings),
        conditions=frozenset().union(*(marking.conditions for marking in markings)),
        words=frozenset().union(*(marking.words for marking in markings)),
        purposes=_common(marking.purposes for marking in markings),
        consent=frozenset().union(*(marking.consent for marking in markings)),
        expires=min((marking.expires for marking in markings if marking.expires), default=None),
        personal=any(marking.personal for marking in markings),
        unknown=frozenset().union(*(marking.unknown for marking in markings)),
    )


def inherited(marking: Marking, originator: str) -> Marking:
    """The marking as it goes into something that another authority makes of the item.

    It names the originator among those whose consent onward sharing needs: the new item has another sender, and the
    old one's wish would be forgotten.
    """
    return replace(marking, consent=marking.consent | {originator})


def at_least_as_strict(one: Marking, other: Marking) -> bool:
    """Whether `one` holds every restriction of `other`."""
    return combine(one, other) == one


def change(current: Marking, wanted: Marking, *, by: str, originator: str) -> Marking:
    """The marking after a signed handling change.

    Args:
        current: the marking as it stands.
        wanted: the marking that the signed change gives.
        by: the authority that signed the change.
        originator: the authority that signed the item.

    Raises:
        LooseningError: it would loosen, and another authority than the originator signed it.
    """
    if by != originator and not at_least_as_strict(wanted, current):
        raise LooseningError(f"Only {originator} may loosen the handling of its item; {by} signed the change.")
    return wanted


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The 4x4 evaluation of one item: source A, B, C or X, information 1 to 4. Beside a marking, never merged."""

    source: str
    information: str

    def __post_init__(self) -> None:
        if self.source not in tuple("ABCX") or self.information not in tuple("1234"):
            raise MarkingError("A 4x4 evaluation is one of A, B, C, X and one of 1, 2, 3, 4.")

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Evaluation:
        """An evaluation from a JSON object with `source` and `information`."""
        return cls(str(value.get("source")), str(value.get("information")))

    def as_json(self) -> dict[str, Any]:
        """The evaluation as a JSON object."""
        return {"information": self.information, "source": self.source}


class Disposal(StrEnum):
    """What is due with the bytes of an item."""

    KEEP = "keep"
    PURGE = "purge"
    HELD = "held"


def disposal(marking: Marking, until: date | None, today: date, *, hold: bool) -> Disposal:
    """Whether an item is kept, is to be purged, or is locked because a legal hold goes before its end.

    Args:
        marking: its marking, with the day from which it may not be used.
        until: the last day of its retention.
        today: the day that is asked about.
        hold: whether a legal hold is on it.
    """
    ended = (marking.expires is not None and today >= marking.expires) or (until is not None and today > until)
    if not ended:
        return Disposal.KEEP
    return Disposal.HELD if hold else Disposal.PURGE


def _common(several: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    limited = [purposes for purposes in several if purposes is not None]
    return frozenset.intersection(*limited) if limited else None


def _texts(value: Mapping[str, Any], name: str) -> frozenset[str]:
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(text, str) and text for text in found):
        raise MarkingError(f"{name!r} of a marking is a list of texts.", place=Place(field=name))
    return frozenset(found)


def _personal(value: Mapping[str, Any]) -> bool:
    personal = value.get("personal", True)
    if not isinstance(personal, bool):
        raise MarkingError("'personal' of a marking is true or false.", place=Place(field="personal"))
    return personal
