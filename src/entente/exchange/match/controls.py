"""What a node allows itself and each peer, whatever the protocol could do. Everything here is a pure decision.

No protocol stops invented elements, so the weight lies here: how many elements a peer may put to this node under one
purpose, how much one own set may repeat another (the difference of two counts tells of single elements), whether
persons are concerned, and in which case. Nothing is allowed until somebody writes it down.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from entente.exchange.match.errors import ControlError
from entente.exchange.match.kinds import KINDS, kind
from entente.exchange.match.sets import KeySet
from entente.exchange.match.terms import Proposal, run_name

SECRET = 32
MOST_REVEALED = 5000
"""More common elements than this are no match but a pooling of data; a message holds no more."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed with one peer.

    Attributes:
        budgets: purpose -> elements that each side may put in within the window; another purpose is refused.
        window: how long an element counts.
        most: the largest set of either side.
        overlap: the most of the smaller of two own sets that both may have, in thousandths.
        kinds: allowed kinds of keys.
        persons: whether natural persons may be matched at all; a case is needed all the same.
        life: how long a run may last.
    """

    budgets: Mapping[str, int] = field(default_factory=dict)
    window: timedelta = timedelta(days=30)
    most: int = 10_000
    overlap: int = 500
    kinds: frozenset[str] = frozenset(KINDS)
    persons: bool = False
    life: timedelta = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Past:
    """A run that counts against budgets: one that was offered or accepted here.

    Attributes:
        run: its id.
        peer, purpose, kind: of it.
        at: when its offer was sent or came.
        own, other: elements of each side; 0 where a side put nothing in.
        marks: of the own set; None where they are lost.
    """

    run: str
    peer: str
    purpose: str
    kind: str
    at: datetime
    own: int
    other: int
    marks: bytes | None = field(default=b"", repr=False)


def marks(secret: bytes, keys: Iterable[str]) -> bytes:
    """Keyed hashes of 8 bytes of own keys, sorted: enough to see what two own sets share, and nothing without the key.

    Args:
        secret: of this node, always the same.
        keys: of a set.
    """
    return b"".join(sorted(hmac.digest(secret, key.encode(), "sha256")[:8] for key in keys))


def shared(one: bytes | None, two: bytes | None) -> int:
    """How many marks two sets share, in thousandths of the smaller one, rounded up."""
    if not one or not two:
        return 0
    both = np.intersect1d(np.frombuffer(one, ">u8"), np.frombuffer(two, ">u8"), assume_unique=True)
    return -(-1000 * len(both) // (min(len(one), len(two)) // 8))


def check_set(policy: Policy, proposal: Proposal, own: KeySet) -> None:
    """Return if an own set may be put into a run under these terms.

    Raises:
        ControlError: it is empty or too large, of another form, or has persons that the offer does not speak of.
    """
    if not own.items:
        raise ControlError("The set is empty.", remedy="Read which rows were refused, and correct them.")
    if own.persons and not proposal.persons:
        raise ControlError(
            "Natural persons may stand behind keys of this set, and the offer says that none are concerned.",
            remedy="Say `no` in the column 'person' for companies, or make an offer for persons with a case.",
        )
    if (own.kind, own.version, own.fold) != (proposal.kind, proposal.edition, proposal.fold):
        raise ControlError(
            f"The offer compares {proposal.kind}/{proposal.edition}, normalised by {proposal.fold}; this set is "
            f"{own.kind}/{own.version} by {own.fold}.",
            remedy="Make the set for this offer with the same version of Entente.",
        )
    _check_size(policy, len(own.items), "This side's set")


def check_proposal(policy: Policy, proposal: Proposal, now: datetime) -> None:
    """Return if a run of this kind is allowed with this peer at all, whoever offers it.

    Raises:
        ControlError: with what is not allowed.
    """
    known = kind(proposal.kind)
    if proposal.kind not in policy.kinds:
        raise ControlError(f"The policy of this peer does not allow keys of the kind {proposal.kind}.")
    if proposal.edition != known.version:
        raise ControlError("The kind of keys has another edition here.", remedy="Bring both sides to one version.")
    if proposal.purpose not in policy.budgets:
        raise ControlError(
            f"The policy of this peer has no budget for the purpose {proposal.purpose!r}.",
            remedy=f"Purposes with a budget: {', '.join(sorted(policy.budgets)) or 'none'}. "
            "A new one is written into the policy by who is responsible for it.",
        )
    if proposal.client not in {proposal.asker, proposal.asked} or proposal.asker == proposal.asked:
        raise ControlError("The side that learns is neither of the two.")
    _check_persons(policy, proposal)
    _check_size(policy, proposal.size, "The asker's set")
    if not now < proposal.due <= now + policy.life:
        raise ControlError(
            "The run would end in the past, or later than the policy allows.",
            remedy=f"A run lasts at most {policy.life.days} days.",
        )


def check_budget(policy: Policy, past: Iterable[Past], wanted: Past) -> None:
    """Return if both sides may put in so many more elements under this purpose.

    A run counts from its offer on for the side that made it, from its acceptance on for the other, and whatever becomes
    of it later: who stops in the middle may have learnt as much. A declined offer counts for nobody.

    Raises:
        ControlError: a budget is used up; nothing of it is given back before the window has passed.
    """
    most, start = policy.budgets.get(wanted.purpose, 0), wanted.at - policy.window
    counted = [
        one
        for one in past
        if (one.peer, one.purpose) == (wanted.peer, wanted.purpose) and one.at > start and one.run != wanted.run
    ]
    for whose, new, used in (
        ("This side", wanted.own, sum(one.own for one in counted)),
        (wanted.peer, wanted.other, sum(one.other for one in counted)),
    ):
        if used + new > most:
            raise ControlError(
                f"{whose} would put in {used + new} elements for {wanted.purpose!r} within {policy.window.days} days; "
                f"the budget is {most}.",
                remedy=f"{max(0, most - used)} are left. Use a smaller set, or wait.",
            )


def check_overlap(policy: Policy, past: Iterable[Past], wanted: Past) -> None:
    """Return if an own set does not repeat too much of one that was put to the same peer before.

    Raises:
        ControlError: it does, or the marks of an earlier set are lost; the run is named.
    """
    for one in past:
        if one.peer != wanted.peer or one.kind != wanted.kind or one.run == wanted.run:
            continue
        if one.marks is None and one.at > wanted.at - policy.window:
            raise ControlError(
                f"What this side put into the run {run_name(one.run)} is lost, so that the overlap cannot be checked.",
                remedy=f"Wait until it is {policy.window.days} days old, or take another kind of keys.",
            )
        if (found := shared(one.marks, wanted.marks)) > policy.overlap:
            raise ControlError(
                f"{found / 10:.1f} % of this set stood in the set of the run {run_name(one.run)} with {one.peer}; "
                f"at most {policy.overlap / 10:.1f} % may. The difference of two counts would tell of single elements.",
                remedy="Match the new elements only.",
            )


def spent(policy: Policy, past: Sequence[Past], peer: str, now: datetime) -> Mapping[str, tuple[int, int, int]]:
    """Purpose -> elements that this side and the peer have used within the window, and the budget."""
    start = now - policy.window
    found = {purpose: (0, 0, budget) for purpose, budget in policy.budgets.items()}
    for one in past:
        if one.peer == peer and one.at > start and one.purpose in found:
            own, other, budget = found[one.purpose]
            found[one.purpose] = own + one.own, other + one.other, budget
    return found


def _check_size(policy: Policy, size: int, whose: str) -> None:
    if size > policy.most:
        raise ControlError(f"{whose} has {size} elements; the policy of this peer allows {policy.most}.")


def _check_persons(policy: Policy, proposal: Proposal) -> None:
    if proposal.persons and not policy.persons:
        raise ControlError(
            "Natural persons are not matched with this peer.",
            remedy="It is off unless the policy of the peer says persons = true. Match companies only.",
        )
    if proposal.persons and not proposal.case:
        raise ControlError("Matching persons needs the reference of a case.", remedy="Give it with --case.")
