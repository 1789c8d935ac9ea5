"""What a peer's content must fit besides its type: a change of keys must be one that can be made.

A change that cannot be made is refused in its place, with its sequence; if it were found only when it is applied, it
would hold up the channel for good.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from entente.exchange.acts import keys_after
from entente.exchange.content import Checker, Content
from entente.exchange.errors import MessageError
from entente.exchange.keys import KeyHistory, KeyRecord
from entente.node.cards import is_officer


class PeerChecker:
    """Checks contents of one peer.

    Args:
        types: the message types.
        history: the peer's keys as they are pinned now.
        clock: now.
    """

    def __init__(self, types: Checker, history: Callable[[], KeyHistory], clock: Callable[[], datetime]) -> None:
        self._types, self._history, self._clock = types, history, clock

    def check(self, content: Content) -> None:
        """Return if the content fits its type and can be done.

        Raises:
            MessageError, KeyRefusedError: it does not.
        """
        self._types.check(content)
        if content.header.type == "key-change":
            history = self._history()
            if not all(is_officer(record["holder"]) for record in content.body.get("add", ())):
                raise MessageError("The name of an officer is too long, or has characters that cannot be shown.")
            if content.header.sender == history.owner:
                keys_after(history, content, signers(history, content), self._clock())


def signers(history: KeyHistory, content: Content) -> list[KeyRecord]:
    """The keys under a content that are pinned."""
    pinned = {state.record.id: state.record for state in history}
    return [pinned[mark.key] for mark in content.envelope.signatures if mark.key in pinned]
