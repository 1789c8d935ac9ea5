"""Clearing: the only way from a message to a facade.

The permit is derived here, from the marking as signed acts left it, so that no caller can bring one along that was
made for another item or for another marking.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from entente.exchange.acts import marking_after
from entente.exchange.content import Content
from entente.exchange.errors import HandlingRefusedError
from entente.exchange.handling import Marking
from entente.exchange.permits import Action, Circumstances, Permit, require

OUTWARD = frozenset({Action.FACADE, Action.EXPORT})
"""What a permit for a facade may be for: shown on line, or written to a file."""

SHOWN = frozenset(
    {
        "alert",
        "case-event",
        "commitment",
        "counter-statement",
        "incident",
        "lead",
        "pre-export-notification",
        "pre-export-reply",
        "request",
        "response",
        "shipment-arrival",
        "statement",
    }
)
"""Message types that say something about the world. Keys, consents, matches and the like are between nodes only."""

ROLES = ("exporter", "importer", "consignee")
"""Fields of a body that name one party each; the list `parties` names any number."""


@dataclass(frozen=True, slots=True)
class Cleared:
    """A message that may be shown; only `clear` makes one.

    Attributes:
        content: the message.
        permit: why it may be shown, with the marking that goes with it.
        ended: when its sender withdrew or replaced it; None if it stands. Then only that is shown.
    """

    content: Content
    permit: Permit
    ended: datetime | None = None

    @property
    def marking(self) -> Marking:
        """The marking that every object made of it carries."""
        return self.permit.marking


def clear(
    content: Content,
    changes: Iterable[Content],
    circumstances: Circumstances,
    *,
    action: Action = Action.FACADE,
    ended: datetime | None = None,
) -> Cleared:
    """A message that may be shown.

    Args:
        content: a verified message, or one of this node's own.
        changes: signed handling changes, in the order of the ledger.
        circumstances: who shows it, when, for what.
        action: `Action.FACADE` on line, `Action.EXPORT` into a file.
        ended: when it was withdrawn or replaced.

    Raises:
        HandlingRefusedError: its marking does not permit it, the circumstances are another item's, or the action is
            none of a facade.
        LooseningError: a change loosens an item of another authority.
    """
    if action not in OUTWARD:
        raise HandlingRefusedError(f"A facade cannot {action}.", remedy="Ask for the permit of a facade or an export.")
    if content.header.type not in SHOWN:
        raise HandlingRefusedError(f"A {content.header.type} is between nodes and is shown nowhere else.")
    if circumstances.originator != content.header.sender:
        raise HandlingRefusedError(f"{circumstances.originator} is not the originator of this item.")
    return Cleared(content, require(marking_after(content, changes), action, circumstances), ended)


def named_parties(body: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """The parties that a body names: a key unique in the body, the role, and the party.

    Parties of different messages are never taken for one, however they are spelt: a facade resolves nobody.
    """
    for role in ROLES:
        if role in body:
            yield role, role, body[role]
    for number, party in enumerate(body.get("parties", ())):
        yield f"parties/{number}", "named", party
