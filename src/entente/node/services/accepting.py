"""What a content changes here in the same commit that takes or sends it: keys, and the desk's objects.

This is the one place where a message becomes more than a message: what cases and other rooms make of it is called from
`peer_act` and `own_act`, in the same transaction, and writes to the database `tx.alias`.
"""

from __future__ import annotations

from datetime import datetime

from entente.exchange.acts import keys_after
from entente.exchange.officers import Released
from entente.exchange.opening import Opened
from entente.node.services import pins, servers
from entente.node.services.desk import receiving
from entente.node.store import models
from entente.node.store.transaction import ChannelTransaction

KEY_CHANGE = "key-change"


def peer_act(tx: ChannelTransaction, opened: Opened, at: datetime) -> None:
    """Apply a content that was taken. It was checked by `PeerChecker` in the same transaction."""
    if opened.content.header.type == KEY_CHANGE:
        old = pins.history(tx.alias, opened.content.header.sender)
        pins.store(tx.alias, keys_after(old, opened.content, opened.officers, at))
        if "server" in opened.content.body:
            servers.announce(tx.alias, opened.content.header.sender, opened.content.body["server"]["tls"])
    receiving.receive(tx.alias, opened.content, at, tx.book().suspensions)


def own_act(tx: ChannelTransaction, released: Released, at: datetime) -> None:
    """Apply a content that this node sends. The same change of keys goes to every peer; it is applied once."""
    content = released.content
    if content.header.type == KEY_CHANGE:
        old = pins.history(tx.alias, content.header.sender)
        new = keys_after(old, content, released.officers, at)
        pins.store(tx.alias, new)
        models.Peer.objects.using(tx.alias).filter(name=tx.channel.peer_id).update(told=len(list(new)))
    receiving.sent(tx.alias, content, tx.channel.peer_id, at, tx.book().suspensions)
