"""Markings as people write and read them: `TLP:AMBER H1 no-capital-case`, and what that means in sentences.

Sources of the sentences: those of `handling`. They are for the person who releases, and for the one who reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from entente.exchange.answers import Answers
from entente.exchange.errors import MarkingError
from entente.exchange.handling import Condition, Marking, Tlp

_TLP = {tlp.label: tlp for tlp in Tlp}
_REMEDY = (
    f"Write one of {', '.join(_TLP)}, then any of "
    f"{', '.join(item for item in Condition if item is not Condition.H3)}, for example: TLP:AMBER H1 no-capital-case"
)

MEANING = {
    Tlp.CLEAR: "May be passed on without limit.",
    Tlp.GREEN: "May be passed on within the community of those who work together; not in public.",
    Tlp.AMBER: "For those in the recipient's authority who need it, and those it serves.",
    Tlp.AMBER_STRICT: "For those in the recipient's authority who need it, and nobody else.",
    Tlp.RED: "For the persons it is addressed to, and nobody else.",
}
CONDITIONS = {
    Condition.H1: "H1: no judicial use without the originator's permission.",
    Condition.H2: "H2: no onward use without the originator's permission.",
    Condition.INTELLIGENCE_ONLY: "Intelligence only, never evidence.",
    Condition.EVIDENCE_VIA_MLA: "Evidence only through mutual legal assistance.",
    Condition.NO_CAPITAL_CASE: "Not in a case that can end in a death sentence.",
    Condition.NO_ONWARD_STATE: "To no other state, whoever consents.",
}


def read_handling(
    text: str,
    *,
    personal: bool,
    words: tuple[str, ...] = (),
    purposes: tuple[str, ...] = (),
    consent: tuple[str, ...] = (),
    expires: date | None = None,
) -> Marking:
    """The marking in a line such as `TLP:AMBER H1 no-capital-case`.

    Args:
        text: a TLP, and conditions, parted by blanks or commas.
        personal: whether it holds personal data.
        words: texts of H3 restrictions; H3 follows from them.
        purposes: the only purposes; none given is any lawful one.
        consent: parties whose consent onward sharing needs.
        expires: the first day on which it may no longer be used.

    Raises:
        MarkingError: a word is not known, or there is not exactly one TLP.
    """
    given = text.replace(",", " ").split()
    levels = [word.upper() for word in given if word.upper().startswith("TLP")]
    codes = [_code(word) for word in given if not word.upper().startswith("TLP")]
    if len(levels) != 1 or levels[0] not in _TLP:
        raise MarkingError(f"{text!r} has not exactly one TLP.", remedy=_REMEDY)
    known = {Condition(code) for code in codes if code != "H0"}
    return Marking(
        tlp=_TLP[levels[0]],
        conditions=frozenset(known | ({Condition.H3} if words else set())),
        words=frozenset(words),
        purposes=frozenset(purposes) if purposes else None,
        consent=frozenset(consent),
        expires=expires,
        personal=personal,
    )


def _code(word: str) -> str:
    code = word.upper() if len(word) == 2 else word.lower()
    if code != "H0" and (code not in set(Condition) or code == Condition.H3):
        why = "H3 is given by its words (--restriction)" if code == Condition.H3 else f"{word!r} is no condition"
        raise MarkingError(f"{why}.", remedy=_REMEDY)
    return code


def write_handling(marking: Marking) -> str:
    """A marking as one line."""
    return " ".join((marking.tlp.label, *sorted(marking.conditions), *sorted(marking.unknown)))


def explain(marking: Marking) -> Iterator[str]:
    """What a marking means, a sentence at a time."""
    yield f"{marking.tlp.label}: {MEANING[marking.tlp]}"
    yield from (CONDITIONS[item] for item in sorted(marking.conditions) if item in CONDITIONS)
    yield from (f"H3: {text}" for text in sorted(marking.words))
    if marking.purposes is not None:
        yield f"Only for: {', '.join(sorted(marking.purposes)) or 'no purpose at all'}."
    if marking.consent:
        yield f"Onward only with the signed consent of: {', '.join(sorted(marking.consent))}."
    if marking.expires:
        yield f"Not to be used from {marking.expires.isoformat()} on; it is shredded then."
    if marking.personal:
        yield "Holds personal data: passing it on needs a recorded assessment of what may happen to the person."
    if marking.unknown:
        yield f"This version does not know {', '.join(sorted(marking.unknown))}; nothing may be done with it here."


def words_of(answers: Answers) -> Iterator[str]:
    """What those who released a content answered, in sentences."""
    if answers.assessment:
        yield f"Released on the assessment {answers.assessment}."
    if answers.purpose:
        yield f"Released for: {answers.purpose}."
    if answers.capital is not None:
        yield f"Said to serve {'a' if answers.capital else 'no'} case that can end in a death sentence."
    yield from (f"Released on the consent {one}." for one in answers.consents)
    yield from (f"Decided by a person, and kept: {text}" for text in answers.judged)
