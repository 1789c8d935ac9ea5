"""Permits: may this be done with an item that is marked so?

`permit` gives a `Permit` or a `Refusal` with every reason, so that a person sees at once what would have to be there.
Whoever releases, exports, prints or shows a received item asks here first. On an unmodified node this is enforced; on a
modified one it is not, and the ledger can only show afterwards what was received under which marking.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from entente.exchange.errors import HandlingRefusedError
from entente.exchange.handling import Condition, Marking, Tlp


class Action(StrEnum):
    """What somebody wants to do with an item of another authority."""

    READ = "read"
    REPORT = "report"
    EXPORT = "export"
    FACADE = "facade"
    MATCH = "match"
    SHARE = "share"
    EVIDENCE = "evidence"
    PUBLISH = "publish"


ONWARD = frozenset({Action.FACADE, Action.SHARE, Action.PUBLISH})
"""Actions after which another authority has it."""

LEAVES = ONWARD | {Action.EXPORT}
"""Actions after which the node no longer controls a copy."""

_MOST = {
    Action.READ: Tlp.RED,
    Action.EVIDENCE: Tlp.RED,
    Action.MATCH: Tlp.AMBER_STRICT,
    Action.REPORT: Tlp.AMBER_STRICT,
    Action.EXPORT: Tlp.AMBER,
    Action.SHARE: Tlp.AMBER,
    Action.FACADE: Tlp.GREEN,
    Action.PUBLISH: Tlp.CLEAR,
}
"""The strictest TLP with which each action is still possible."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Who wants to do it, when, for whom and with what in hand.

    Attributes:
        today: the day.
        purpose: what for, as a purpose is written in markings.
        by: the authority that acts.
        originator: the authority that signed the item.
        named: the officer who acts is one of those the item was addressed to (TLP:RED).
        to: the authority that would get it, for `share`.
        consents: parties whose signed consent to exactly this is in the ledger.
        permission: id of the originator's signed permission for judicial use (H1).
        mla: reference of a granted request for mutual legal assistance.
        capital: whether the case can end in a death sentence; None is not known.
        assessment: id of the recorded assessment of what may happen to the persons named.
        judged: the H3 texts that a person has read and found kept, by a recorded decision.
    """

    today: date
    purpose: str
    by: str
    originator: str
    named: bool = False
    to: str | None = None
    consents: frozenset[str] = frozenset()
    permission: str | None = None
    mla: str | None = None
    capital: bool | None = None
    assessment: str | None = None
    judged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Permit:
    """It may be done. Whoever acts records the permit with the act."""

    action: Action
    marking: Marking
    circumstances: Circumstances


@dataclass(frozen=True, slots=True)
class Refusal:
    """It may not be done; each reason is a short fixed word and a sentence for a person."""

    action: Action
    reasons: tuple[tuple[str, str], ...]


def permit(marking: Marking, action: Action, circumstances: Circumstances) -> Permit | Refusal:
    """Whether an action on an item is permitted, with all reasons if it is not.

    The originator's own item is not restricted by its own marking, unless it was made of items of others (their names
    stand in `consent`). A value that nobody here knows always refuses.
    """
    own = circumstances.by == circumstances.originator and not marking.consent - {circumstances.by}
    rules = _OWN if own else _RULES
    reasons = tuple(reason for rule in rules for reason in rule(marking, action, circumstances))
    return Refusal(action, reasons) if reasons else Permit(action, marking, circumstances)


def require(marking: Marking, action: Action, circumstances: Circumstances) -> Permit:
    """The permit.

    Raises:
        HandlingRefusedError: with all reasons.
    """
    answer = permit(marking, action, circumstances)
    if isinstance(answer, Refusal):
        raise HandlingRefusedError(" ".join(sentence for _, sentence in answer.reasons))
    return answer


Reasons = Iterator[tuple[str, str]]
Rule = Callable[[Marking, Action, Circumstances], Reasons]


def _unknown(marking: Marking, action: Action, _: Circumstances) -> Reasons:
    if marking.unknown:
        yield "unknown", f"This version does not know {', '.join(sorted(marking.unknown))}, so {action} is refused."


def _expired(marking: Marking, _: Action, now: Circumstances) -> Reasons:
    if marking.expires is not None and now.today >= marking.expires:
        yield "expired", f"It may not be used from {marking.expires.isoformat()} on."


def _tlp(marking: Marking, action: Action, now: Circumstances) -> Reasons:
    if marking.tlp > _MOST[action]:
        yield "tlp", f"{marking.tlp.label} does not permit {action}."
    if marking.tlp is Tlp.RED and not now.named:
        yield "named", "TLP:RED is for the persons it was addressed to."


def _purpose(marking: Marking, _: Action, now: Circumstances) -> Reasons:
    if marking.purposes is not None and now.purpose not in marking.purposes:
        yield "purpose", f"It may not be used for {now.purpose!r}."


def _judicial(marking: Marking, action: Action, now: Circumstances) -> Reasons:
    if action is not Action.EVIDENCE:
        return
    if Condition.INTELLIGENCE_ONLY in marking.conditions:
        yield "intelligence-only", "It is intelligence only and no evidence."
    if Condition.H1 in marking.conditions and now.permission is None:
        yield "h1", "H1: judicial use needs the originator's signed permission."
    if Condition.EVIDENCE_VIA_MLA in marking.conditions and now.mla is None:
        yield "mla", "Use as evidence needs a granted request for mutual legal assistance."


def _capital(marking: Marking, _: Action, now: Circumstances) -> Reasons:
    # Any use may serve a case, so that only the plain statement that the case is none is enough.
    if Condition.NO_CAPITAL_CASE in marking.conditions and now.capital is not False:
        yield "capital", "It may not serve a case that can end in a death sentence, and this is not ruled out."


def _onward(marking: Marking, action: Action, now: Circumstances) -> Reasons:
    if action not in ONWARD or now.to == now.originator:
        return
    if Condition.NO_ONWARD_STATE in marking.conditions:
        yield "no-onward-state", "It may not be given to another state."
    needed = marking.consent | ({now.originator} if _needs_originator(marking, action) else set())
    if missing := needed - now.consents - {now.by}:
        yield "consent", f"The signed consent of {', '.join(sorted(missing))} is missing."


def _needs_originator(marking: Marking, action: Action) -> bool:
    """Sharing a third party's item needs its consent always; other ways out if H2 says so."""
    return action is Action.SHARE or Condition.H2 in marking.conditions


def _personal(marking: Marking, action: Action, now: Circumstances) -> Reasons:
    if action in LEAVES and marking.personal and now.assessment is None:
        yield "assessment", "Releasing personal data needs a recorded assessment of what may happen to the person."


def _words(marking: Marking, _: Action, now: Circumstances) -> Reasons:
    if missing := marking.words - now.judged:
        yield "h3", f"A person must decide on: {'; '.join(sorted(missing))}."


def _nowhere(_: Marking, action: Action, now: Circumstances) -> Reasons:
    if action is Action.SHARE and not now.to:
        yield "to", "It is not said with whom it would be shared."


_RULES: tuple[Rule, ...] = (
    _unknown,
    _expired,
    _tlp,
    _purpose,
    _judicial,
    _capital,
    _onward,
    _personal,
    _words,
    _nowhere,
)
_OWN: tuple[Rule, ...] = (_unknown, _personal, _nowhere)
