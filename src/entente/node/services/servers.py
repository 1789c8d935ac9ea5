"""The keys of servers: this node's, which changes by an announcement, and those of peers, with an overlap.

A new key is made beside the one in use (`keys/next`), and announced to every peer in a signed change of keys. A peer
then takes both for the server, until it has met the new one; from then on the old one is a stranger. The key in use
changes when all peers have acknowledged the announcement (`switch`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from django.db import transaction

from entente.exchange.store import Way
from entente.node.cards import read_card
from entente.node.errors import NodeError
from entente.node.files import make_private_folder, sync_folder, write_private
from entente.node.services import peers
from entente.node.services.parts import Parts
from entente.node.store import models

_FILES = ("tls.key", "tls.pem", "tls.pin")
_ANNOUNCED, _SWITCHING = "announced", "switching"


def prepare(parts: Parts) -> str:
    """The pin of the next key of this node's server, which is made if there is none; it is not used yet."""
    from entente.node.wire.certificate import ensure

    folder = _next(parts)
    if not folder.exists():
        make_private_folder(folder)
    return ensure(folder, parts.name, parts.keys().secret, parts.clock())


def announced(parts: Parts, content: str, names: Sequence[str]) -> None:
    """Note by which message the next key was announced, and to whom."""
    write_private(_next(parts) / _ANNOUNCED, "\n".join((content, *names)).encode())


def switch(parts: Parts) -> str:
    """Use the next key from now on; returns its pin. A switch that was cut off by a crash is ended by the next call.

    Raises:
        NodeError: none was announced, or a confirmed peer has not acknowledged it.
    """
    folder = _next(parts)
    if not (folder / _ANNOUNCED).is_file():
        raise NodeError("No new key of the server was announced.", remedy="entente peer rotate --server")
    if not (folder / _SWITCHING).exists():
        _check_known(parts, folder)
        write_private(folder / _SWITCHING, b"")
    for name in _FILES:
        if (folder / name).exists():
            (folder / name).replace(parts.home.keys / name)
    sync_folder(parts.home.keys)
    for name in (_ANNOUNCED, _SWITCHING):
        (folder / name).unlink()
    folder.rmdir()
    return (parts.home.keys / _FILES[-1]).read_text(encoding="ascii").strip()


def _check_known(parts: Parts, folder: Path) -> None:
    content, *told = (folder / _ANNOUNCED).read_text(encoding="ascii").split("\n")
    rows = models.Frame.objects.using(parts.alias).filter(content=content, way=Way.SENT.value, receipted=True)
    know = set(rows.values_list("channel__peer_id", flat=True)) & set(told)
    wait = [one.card.name for one in peers.all_peers(parts) if one.state == "confirmed" and one.card.name not in know]
    if wait:
        raise NodeError(
            f"The announcement of the server's new key is not acknowledged by: {', '.join(wait)}.",
            remedy="Meet them first; announce it again to those that were paired since: entente peer rotate --server",
        )


def announce(alias: str, peer: str, pin: str) -> None:
    """Take a peer's server under another key, too, as the peer announced in a content of the right form."""
    models.Peer.objects.using(alias).filter(name=peer).update(tls=pin)


def accepted(parts: Parts, peer: str) -> tuple[str, ...]:
    """The pins under which a peer's server is taken now, the newest first."""
    row = models.Peer.objects.using(parts.alias).get(name=peer)
    return tuple(dict.fromkeys((row.tls, peers.paired(parts, peer).card.tls)))


def url(parts: Parts, peer: str) -> str:
    """Where a peer's server is; empty if it has none."""
    return peers.paired(parts, peer).card.url


def met(parts: Parts, peer: str, pin: str) -> None:
    """The peer's server was met under a key: if it is the new one, the old one is a stranger from now on."""
    with transaction.atomic(using=parts.alias):
        rows = models.Peer.objects.using(parts.alias).select_for_update()
        row = rows.get(name=peer)
        card = read_card(bytes(row.card))
        if pin == row.tls != card.tls:
            rows.filter(name=peer).update(card=replace(card, tls=pin).encode())


def _next(parts: Parts) -> Path:
    return parts.home.keys / "next"
