"""Pieces of attachments: which may leave, which are taken in. By network one by one, on a medium inside a bundle.

A piece (8 MiB of ciphertext, `attachments.PIECE`) is named by its SHA-256 and kept as a blob. A node gives only pieces
of messages that it sent to this peer, and takes only pieces of messages that it took from this peer; who has a piece
and not the message can do nothing with it. From the moment a suspension is signed, none is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from entente.exchange.attachments import PIECE
from entente.exchange.channel import Channel
from entente.exchange.channel_errors import SuspendedError
from entente.exchange.errors import AttachmentError
from entente.exchange.frame import digest, split
from entente.exchange.store import UnitOfWork, Way


def give_pieces(uow: UnitOfWork, channel: Channel, frames: Sequence[bytes], most_bytes: int) -> tuple[bytes, ...]:
    """Pieces for a parcel: those that the peer asked for, then those of the frames in it, as far as they fit."""
    with uow.transaction(channel.id) as tx:
        if tx.book().suspensions:
            return ()
        asked = [piece for piece in tx.book().asked.wanted if tx.has_piece(Way.SENT, piece)]
        fresh = [piece for data in frames for piece in tx.pieces(Way.SENT, split(data).frame.content)]
    return tuple(_within(uow, dict.fromkeys((*asked, *fresh)), most_bytes))


def give_piece(uow: UnitOfWork, channel: Channel, piece: str) -> bytes:
    """One piece, for the peer that asks for it.

    Raises:
        SuspendedError: cooperation is suspended.
        AttachmentError: no message that was sent to this peer has it.
    """
    with uow.transaction(channel.id) as tx:
        if standing := tx.book().suspensions:
            raise SuspendedError(f"{standing[0].by} has suspended cooperation.")
        if not tx.has_piece(Way.SENT, piece):
            raise AttachmentError("No message that was sent here has this piece.")
    return uow.blobs.get(piece)


def take_piece(uow: UnitOfWork, channel: Channel, data: bytes) -> bool:
    """Keep a piece if a message that was taken has it; whether it was kept and not here before."""
    if len(data) > PIECE:
        return False
    piece = digest(data)
    with uow.transaction(channel.id) as tx:
        if not tx.has_piece(Way.TAKEN, piece):
            return False
        new = not uow.blobs.has(piece)
        if new:
            uow.blobs.put(data)
        tx.arrived(piece)
    return new


def _within(uow: UnitOfWork, pieces: Sequence[str] | dict[str, None], most_bytes: int) -> Iterator[bytes]:
    for piece in pieces:
        data = uow.blobs.get(piece)
        if len(data) > most_bytes:
            return
        most_bytes -= len(data)
        yield data
