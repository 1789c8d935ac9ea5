"""Out: draft a content, have two officers sign it, and commit it as the next frame.

`send_many` is the one way out of a node: whatever a command, a page or another service releases passes it, and it asks
for the permit that follows from the content's own marking (`entente.exchange.release`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from entente.exchange import channel as exchange
from entente.exchange import officers
from entente.exchange.content import Content, Header, draft, with_signatures
from entente.exchange.errors import TooFewSignaturesError
from entente.exchange.handling import Marking
from entente.exchange.officers import Released
from entente.exchange.parties import NodeKey
from entente.exchange.permits import Permit
from entente.exchange.release import permit_release
from entente.exchange.store import Message
from entente.node.services import accepting, consents, peers
from entente.node.services.parts import Parts

_AT_ONCE = 32


def make(
    parts: Parts, kind: str, body: Mapping[str, Any], to: Sequence[str], marking: Marking, **header: Any
) -> Content:
    """A content of this authority that nobody has signed yet.

    Args:
        parts: the node.
        kind: the message type, in version 1 unless `version` is given.
        body: what the type defines.
        to: names of the recipients.
        marking: its handling.
        header: more fields of `Header`; `answers` to the questions of the marking among them.
    """
    head = {"version": 1, "made": parts.clock().replace(microsecond=0), **header}
    return draft(
        Header(type=kind, sender=parts.name, recipients=tuple(to), marking=marking, **head), body, parts.random
    )


def sign(content: Content, keys: Iterable[NodeKey]) -> Content:
    """The content with the signatures of officers whose keys are loaded here."""
    return with_signatures(content, [officers.sign(content, key) for key in keys])


def permitted(parts: Parts, content: Content, to: str) -> Permit:
    """The permit to give a content to a peer now, from its marking and the answers that are signed in it.

    Raises:
        HandlingRefusedError: it may not be given; with every reason.
        SealError: a consent that it may rest on cannot be read here.
    """
    others = content.header.marking.consent - {parts.name}
    given = consents.standing_consents(parts, others) if others else ()
    return permit_release(content, to=to, today=parts.clock().date(), consents=given)


def release(parts: Parts, content: Content) -> Released:
    """Check what two officers signed, before anything is sealed.

    Raises:
        ExchangeError: see `officers.release`.
    """
    if not content.envelope.signatures:
        raise TooFewSignaturesError("Nobody has signed this.", remedy="Have two officers release it.")
    return officers.release(content, peers.own(parts), parts.suites, parts.types, parts.clock())


def send(parts: Parts, released: Released, to: str) -> Message:
    """Commit a released content as the next frame to a peer: row, leaf, outbox and what follows from it together.

    Raises:
        PairingError: no confirmed peer.
        HandlingRefusedError: its marking does not permit it.
        ExchangeError: see `channel.send`.
    """
    return send_many(parts, [released], to)[0]


def send_many(parts: Parts, released: Sequence[Released], to: str) -> list[Message]:
    """Commit many contents in their order, in one transaction: all or none.

    Raises:
        PairingError, HandlingRefusedError, ExchangeError: as `send`.
    """
    end = peers.channel(parts, to)
    for one in released:
        permitted(parts, one.content, to)
    peers.check_told(parts, to, {record for one in released for record in one.officers})
    with parts.uow.transaction(end.id) as tx:
        rows: list[Message] = []
        for start in range(0, len(released), _AT_ONCE):  # what one looks at grows with those before it
            rows += exchange.send_all(parts.uow, end, released[start : start + _AT_ONCE], parts.clock())
        for one in released:
            accepting.own_act(tx, one, parts.clock())
    return rows
