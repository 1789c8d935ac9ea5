"""Contents and their states as this node keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from entente.exchange import atrest
from entente.exchange.content import Content
from entente.exchange.errors import SealError
from entente.exchange.store import Message, Way
from entente.node.services.generations import stored
from entente.node.services.parts import Parts
from entente.node.store import models


def messages(parts: Parts, name: str, way: Way, start: int = 1, most: int = 256) -> Sequence[Message]:
    """Rows of one direction of a channel, from a sequence on; of a generation that is over as `PEER/NUMBER`."""
    with parts.uow.transaction(stored(parts.name, name)) as tx:
        return tx.messages(way, start, start + most)


def content(parts: Parts, message: Message) -> Content:
    """The content of a message that was sent or taken.

    Raises:
        SealError: it was refused, or shredded, or its key is left out of the backup that this node came from.
        ExchangeError: its ciphertext is missing or damaged.
    """
    if not message.blob:
        raise SealError("The content of a refused message was not kept.", remedy="Ask the sender for another one.")
    row = (
        models.ContentKey.objects.using(parts.alias)
        .filter(content=atrest.key_name(message.way, message.frame, message.content))
        .first()
    )
    if row is None:
        raise SealError(
            "The key of this content is not here: it was shredded, or left out of a backup.",
            remedy="If it was left out, load the file of content keys of that backup, or ask the peer for its copy.",
        )
    return atrest.unlock(bytes(row.key), parts.uow.blobs.get(message.blob), message.content)


@dataclass(frozen=True, slots=True)
class ChannelStatus:
    """Where a channel stands.

    Attributes:
        peer: its name.
        state: of the pairing: unconfirmed, confirmed, revoked.
        sent, taken: last sequences.
        waiting: frames in the outbox.
        refused: taken frames whose content was refused.
        entries: of this node's log.
        mirrored: of the peer's log.
        signing: whether this node's log may sign.
        suspended: who suspended cooperation.
        evidence: files that prove a wrong of the peer.
        met: when the last parcel was taken.
    """

    peer: str
    state: str
    sent: int = 0
    taken: int = 0
    waiting: int = 0
    refused: int = 0
    entries: int = 0
    mirrored: int = 0
    signing: bool = True
    suspended: tuple[str, ...] = ()
    evidence: int = 0
    met: datetime | None = None


def status(parts: Parts) -> Iterator[ChannelStatus]:
    """Where every channel stands; no passphrase is needed."""
    from entente.node.services.peers import all_peers

    for peer in all_peers(parts):
        row = models.Channel.objects.using(parts.alias).filter(peer_id=peer.card.name).first()
        yield ChannelStatus(peer.card.name, peer.state) if row is None else _status(parts, peer.state, row)


def _status(parts: Parts, state: str, row: models.Channel) -> ChannelStatus:
    from entente.exchange.ledger.restore import Signing

    with parts.uow.transaction(row.name) as tx:
        book = tx.book()
        frames = models.Frame.objects.using(parts.alias).filter(channel=row)
        return ChannelStatus(
            peer=row.peer_id,
            state=state,
            sent=book.sent.sequence,
            taken=book.taken.sequence,
            waiting=models.Outgoing.objects.using(parts.alias).filter(channel=row).count(),
            refused=frames.filter(way=Way.TAKEN.value).exclude(refused="").count(),
            entries=tx.leaves.size(),
            mirrored=book.mirror_size,
            signing=isinstance(book.ledger, Signing),
            suspended=tuple(entry.by for entry in book.suspensions),
            evidence=models.EvidenceFile.objects.using(parts.alias).filter(channel=row).count(),
            met=row.met,
        )
