"""Suspension and resumption as signed state: what may still pass, and what a message changes.

A suspension closes the channel in order: what was sent before it still arrives, and its sequence goes on counting.
Only who suspended can resume. A suspension of requests or of matching alone does not close the channel; casework
looks at its scope.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from entente.exchange import strict
from entente.exchange.channel_errors import SuspendedError
from entente.exchange.content import Content
from entente.exchange.errors import MessageError
from entente.exchange.store import Suspension

WINDING_UP = frozenset({"resumption", "suspension", "key-change", "recall", "recall-receipt", "purge-receipt"})
"""What passes while cooperation is suspended: promises made before are kept, and the way back stays open."""


def check_open(suspensions: Sequence[Suspension], content: Content, now: datetime) -> None:
    """Return if a content may pass.

    Args:
        suspensions: those that count: all for what is sent here, the sender's own for what comes. What crossed a
            suspension on its way was sent in good faith and is taken.
        content: the message.
        now: the moment.

    Raises:
        SuspendedError: it may not.
    """
    standing = [entry for entry in suspensions if entry.start <= now]
    if standing and content.header.type not in WINDING_UP:
        raise SuspendedError(f"{standing[0].by} has suspended cooperation.")


def suspensions_after(suspensions: tuple[Suspension, ...], content: Content) -> tuple[Suspension, ...]:
    """The suspensions that stand after a message.

    Raises:
        MessageError: a resumption of what its sender did not suspend.
    """
    header, body = content.header, content.body
    if header.type == "suspension" and body.get("scope", "all") == "all":
        start = strict.read_moment(body["from"], what="from")
        return (*suspensions, Suspension(header.sender, content.id, start))
    if header.type == "resumption":
        return _resumed(suspensions, header.sender, body["suspension"])
    return suspensions


def _resumed(suspensions: tuple[Suspension, ...], sender: str, reference: str) -> tuple[Suspension, ...]:
    foreign = [entry for entry in suspensions if entry.content == reference and entry.by != sender]
    if foreign:
        raise MessageError("Only the authority that suspended cooperation can resume it.")
    return tuple(entry for entry in suspensions if entry.content != reference)
