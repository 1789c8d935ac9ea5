"""The permit of a release: the one question that is asked before a content leaves, whoever releases it and how.

The marking and the officers' answers are both signed in the content, so that the question can be asked again later, by
an auditor, with the same outcome. What the answers refer to is looked up, and not believed: a consent counts only if
it is the party's own signed message, is its last word on that item, and is for this recipient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from entente.exchange.acts import consents_to
from entente.exchange.answers import NONE, Answers
from entente.exchange.content import Content
from entente.exchange.handling import Marking
from entente.exchange.permits import Action, Circumstances, Permit, Refusal, permit, require

CONSENT = "consent"
_PURPOSE = "release"
_OTHERS = ""  # no authority has this name: a set may hold records of several


def permit_release(content: Content, *, to: str, today: date, consents: Sequence[Content] = ()) -> Permit:
    """The permit to give a content of this authority to a peer.

    Args:
        content: what is to be released.
        to: the peer.
        today: the day on which it leaves.
        consents: signed consents that this node took and that stand, in the order of the ledger, of all parties.

    Raises:
        HandlingRefusedError: with every reason.
        MessageError: among the consents is something else.
    """
    header = content.header
    answers = header.answers or NONE
    now = Circumstances(
        today=today,
        purpose=answers.purpose or _PURPOSE,
        by=header.sender,
        originator=header.sender,
        to=to,
        consents=_consenting(answers.consents, consents, to=to, today=today),
        capital=answers.capital,
        assessment=answers.assessment,
        judged=frozenset(answers.judged),
    )
    return require(header.marking, Action.SHARE, now)


def ask_match(records: Marking, answers: Answers, *, side: str, to: str, purpose: str, today: date) -> Permit | Refusal:
    """Whether records of others may go into the set of a private match.

    Args:
        records: their handling, combined.
        answers: of the officers who release the set.
        side: whose set it is.
        to: the other side.
        purpose: of the match.
        today: the day on which the set is put in.
    """
    now = Circumstances(
        today=today,
        purpose=purpose,
        by=side,
        originator=_OTHERS,
        to=to,
        capital=answers.capital,
        assessment=answers.assessment,
        judged=frozenset(answers.judged),
    )
    return permit(records, Action.MATCH, now)


def _consenting(named: Iterable[str], consents: Sequence[Content], *, to: str, today: date) -> frozenset[str]:
    """The parties whose named consent is their last word on its item."""
    wanted, parties = frozenset(named), set[str]()
    for act in consents:
        if act.id in wanted:
            item = act.body["item"]
            said = consents_to(item, consents, action=Action.SHARE, to=to, today=today)
            parties |= {act.header.sender} & said
    return frozenset(parties)
