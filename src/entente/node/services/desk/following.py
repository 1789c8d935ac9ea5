"""What became of what was sent: a peer's signed receipt, or its signed refusal."""

from __future__ import annotations

from entente.casework.engine import transition
from entente.casework.errors import CaseworkError
from entente.casework.model import Command, node
from entente.exchange.ledger.receipt import parse_receipt
from entente.exchange.receipts import parse_entry
from entente.node.cards import channel_id
from entente.node.services import peers
from entente.node.services.desk.access_cases import Receipted, node_object, node_receipted
from entente.node.services.desk.recording import Change, keep, writing
from entente.node.services.parts import Parts
from entente.node.store import desk_rows

_AT_ONCE = 200


def follow(parts: Parts, peer: str = "") -> int:
    """Tell objects that the peer has what was sent, or refused it; returns how many receipts were new.

    Idempotent; call it after a meeting with a peer, and by the clock.

    Args:
        parts: the node; it may be locked.
        peer: one peer; empty is all.
    """
    names = [peer] if peer else [one.card.name for one in peers.all_peers(parts) if one.confirmed]
    return sum(_follow(parts, name) for name in names)


def _follow(parts: Parts, peer: str) -> int:
    done, channel = 0, channel_id(parts.name, peer)
    while node_receipted(parts.alias, channel, peer, 1):
        with writing(parts):
            due = node_receipted(parts.alias, channel, peer, _AT_ONCE)
            for one in due:
                _settle(parts, one, parse_entry((parse_receipt(one.receipt).extra or b"") + b"\n{}").refused)
        done += len(due)
    return done


def _settle(parts: Parts, one: Receipted, refused: str) -> None:
    desk_rows.settle_dispatch(parts.alias, one.number, "refused" if refused else "received", refused)
    found = node_object(parts.alias, one.object)
    if refused:
        reason = f"{one.peer} refused what was sent for {one.object}: {refused}."
        told = {"sender": one.peer, "type": "refused", "reason": reason, "object": one.object}
        desk_rows.put_waiting(parts.alias, one.content, 0, parts.clock(), told)
    if found is None or found.state.fields.get("content") != one.content:
        return
    command = Command("rejected", {"rejection": refused}) if refused else Command("received")
    try:
        state, events = transition(found.state, command, node(one.content), parts.clock())
    except CaseworkError:
        return  # it went on meanwhile, or its machine does not wait for a receipt
    keep(parts.alias, Change(found.state, state, events), found.key)
