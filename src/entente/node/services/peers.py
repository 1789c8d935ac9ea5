"""Pairing: take an invitation, confirm its fingerprint, revoke; and the channel with a confirmed peer."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction

from entente.exchange import fingerprint, webauthn
from entente.exchange.channel import Channel
from entente.exchange.keys import KeyRecord, Role
from entente.exchange.ledger.files import DiskFiles
from entente.exchange.ledger.note import VerifierKey
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.parties import NodeKey, Peer, Self
from entente.node import keyring
from entente.node.cards import Card, frames_of, origin, read_card
from entente.node.errors import NodeError, PairingError
from entente.node.services import generations, pins
from entente.node.services.checking import PeerChecker
from entente.node.services.parts import Parts
from entente.node.store import models


@dataclass(frozen=True, slots=True)
class Paired:
    """A peer as it is stored here.

    Attributes:
        card: its invitation.
        suites: accepted from it and used towards it.
        accepted, confirmed, revoked: when.
        late: see `entente.exchange.keys.Use.late`.
        row: its name in the store; an earlier generation has a number behind it.
    """

    card: Card
    suites: tuple[str, ...]
    accepted: datetime
    confirmed: datetime | None
    revoked: datetime | None
    late: timedelta
    row: str

    @property
    def past(self) -> int:
        """The number of a generation of the channel that is over; 0 for the one that goes on."""
        return int(self.row.partition("/")[2] or 0)

    @property
    def state(self) -> str:
        """In one word, for people."""
        if self.past:
            return "over"
        return "revoked" if self.revoked else "confirmed" if self.confirmed else "unconfirmed"


def invitation(parts: Parts, again: str = "") -> Card:
    """This node's own card: keys that are usable now.

    Args:
        parts: the node.
        again: a peer whose pairing was revoked and with whom this node pairs again.

    Raises:
        PairingError: fewer than two officers have a key.
    """
    now, keys = parts.clock(), pins.history(parts.alias, parts.name)
    records = [record for role in Role for record in keys.usable(role, now)]
    if len({record.holder for record in records if record.role is Role.OFFICER}) < 2:
        raise PairingError(
            "Fewer than two officers have a key, so nothing could be released.",
            remedy="Add two officers: entente node officer add NAME",
        )
    log, witness = keyring.public_ledger_keys(parts.home.keys)
    suites = tuple(sorted({record.suite for record in records}))
    return Card(
        name=parts.name,
        jurisdiction=parts.config.jurisdiction,
        suites=suites,
        keys=tuple(sorted(records, key=lambda record: record.id)),
        log=log,
        witness=witness,
        url=parts.config.url,
        tls=_tls_pin(parts),
        made=now.replace(microsecond=0),
        again=(again, _next_generation(parts, again)) if again else None,
        relying_party=own_party(parts) if webauthn.SUITE in suites else None,
    )


def own_party(parts: Parts) -> webauthn.RelyingParty | None:
    """Where officers of this authority sign with authenticators; None if the settings name nothing."""
    config = parts.config
    return webauthn.RelyingParty(config.relying_party, config.origins) if config.relying_party else None


def _next_generation(parts: Parts, name: str) -> int:
    found, number = paired(parts, name), generation(parts, name)
    if found.state == "confirmed" and number == 1:
        raise PairingError(f"{name} is confirmed; there is nothing to do again.", remedy=f"entente peer revoke {name}")
    return max(number + (found.state == "revoked"), 2)


def generation(parts: Parts, name: str) -> int:
    """Of the channel with a peer that goes on now: the first, or one more for each that is over."""
    return 1 + models.Peer.objects.using(parts.alias).filter(name__startswith=f"{name}/").count()


def _tls_pin(parts: Parts) -> str:
    path = parts.home.keys / "tls.pin"
    return path.read_text(encoding="ascii").strip() if path.is_file() else ""


def accept(parts: Parts, data: bytes, file: str = "") -> Paired:
    """Keep an invitation; nothing passes before it is confirmed. One that was not confirmed gives way to a new one.

    A peer whose pairing was revoked may be invited again: what was exchanged with it goes into an earlier generation of
    the channel, which stays as it is, and its old keys are good for nothing new unless the new invitation names them.

    Raises:
        PairingError: it is none, is this node's own, or is of a peer that is confirmed; or it names a key that was
            compromised or retired.
    """
    card = read_card(data, file)
    if card.name == parts.name:
        raise PairingError("This is the invitation of this node itself.", remedy="Give it to the peer.")
    _check_other(parts, card)
    with transaction.atomic(using=parts.alias):
        known = models.Peer.objects.using(parts.alias).filter(name=card.name).first()
        if known is not None and known.confirmed and not known.revoked:
            raise PairingError(
                f"{card.name} is confirmed already; its keys change by a signed change of keys only.",
                remedy=f"If it lost its keys, end the pairing first: entente peer revoke {card.name}",
            )
        _check_good(parts, card)
        if known is not None and known.revoked:
            generations.archive(parts, card.name)
        values = {"card": card.encode(), "suites": " ".join(_suites(parts, card)), "accepted": parts.clock()}
        models.Peer.objects.using(parts.alias).update_or_create(
            name=card.name, defaults={**values, **_UNCONFIRMED, "url": card.url, "tls": card.tls}
        )
    return paired(parts, card.name)


def _check_other(parts: Parts, card: Card) -> None:
    """A peer whose ledger or node keys are another peer's, or ours, is a copy of it."""
    ours = keyring.public_ledger_keys(parts.home.keys)
    rows = models.Peer.objects.using(parts.alias).exclude(name=card.name).exclude(name__startswith=f"{card.name}/")
    others = [read_card(bytes(row.card)) for row in rows]
    taken = {*ours, *(key for other in others for key in (other.log, other.witness))}
    if {card.log, card.witness} & taken:
        raise PairingError(
            f"{card.name} shows a ledger key that another authority has.",
            remedy="Do not pair. Ask both authorities in person.",
        )


_UNCONFIRMED = {"confirmed": None, "revoked": None, "told": 0}


def _check_good(parts: Parts, card: Card) -> None:
    """A key that was lost, or is used no more, does not come back by an invitation."""
    now = parts.clock()
    ended = {state.record.id for state in pins.history(parts.alias, card.name) if state.compromised or state.end <= now}
    if ended & {record.id for record in card.keys}:
        raise PairingError(
            f"The invitation of {card.name} names a key that was compromised or retired.",
            remedy="Ask it for new keys and a new invitation.",
        )


def _suites(parts: Parts, card: Card) -> list[str]:
    """Those of the keys on both sides, and nothing else. People see them when they confirm."""
    own = {state.record.suite for state in pins.history(parts.alias, parts.name)}
    return sorted({*own, *card.suites} & {*parts.suites.names(), webauthn.SUITE})


def confirm(parts: Parts, name: str, spoken: str) -> Paired:
    """Pair: the fingerprint that the peer's person read out is the one of its invitation.

    Raises:
        PairingError: no such invitation, or it was confirmed already or revoked.
        FingerprintError: a slip, or another fingerprint.
    """
    found = check_unconfirmed(parts, name)
    fingerprint.confirm(spoken, found.card.fingerprint)
    with transaction.atomic(using=parts.alias):
        rows = models.Peer.objects.using(parts.alias).select_for_update()
        peer = rows.get(name=name)
        if bytes(peer.card) != found.card.encode():
            raise PairingError("The invitation was exchanged meanwhile.", remedy="Compare the fingerprint again.")
        peer.confirmed = parts.clock()
        peer.told = len(list(pins.history(parts.alias, parts.name)))
        peer.save(using=parts.alias)
        _check_good(parts, found.card)
        pins.retire_others(parts.alias, name, {record.id for record in found.card.keys}, parts.clock())
        pins.pin(parts.alias, name, found.card.keys)
        _agree_generation(parts, found.card)
        generations.begin(parts, name, channel(parts, name).new_book())
    return paired(parts, name)


def _agree_generation(parts: Parts, card: Card) -> None:
    """Both sides count the generations that are over; one that was paired again more often is ahead."""
    if card.again is None:
        if generation(parts, card.name) > 1:
            raise PairingError(
                f"{card.name} was paired before, and its invitation is not one for pairing again.",
                remedy=f"Ask it for another one: entente peer invite FILE --again {parts.name}",
            )
        return
    peer, number = card.again
    if peer != parts.name:
        raise PairingError(f"The invitation was written for {peer}.", remedy="Ask for one that is for this node.")
    while generation(parts, card.name) < number:
        generations.skip(parts, card.name)


def check_unconfirmed(parts: Parts, name: str) -> Paired:
    """A peer that waits for confirmation.

    Raises:
        PairingError: no such invitation, or it was confirmed already or revoked.
    """
    found = paired(parts, name)
    if found.state != "unconfirmed":
        raise PairingError(f"{name} is {found.state} already.", remedy="Nothing is to be done.")
    return found


def channel_peer(parts: Parts, number: int) -> str:
    """The peer of a channel, by the channel's number."""
    return models.Channel.objects.using(parts.alias).get(pk=number).peer_id


def revoke(parts: Parts, name: str) -> Paired:
    """End a pairing: nothing passes any more. What was exchanged stays.

    Raises:
        PairingError: no such peer.
    """
    paired(parts, name)
    models.Peer.objects.using(parts.alias).filter(name=name, revoked=None).update(revoked=parts.clock())
    return paired(parts, name)


def set_late(parts: Parts, name: str, late: timedelta) -> None:
    """How late what was signed before a key's end may still come, after a silence longer than a key's life."""
    paired(parts, name)
    models.Peer.objects.using(parts.alias).filter(name=name).update(late=int(late.total_seconds()))


def paired(parts: Parts, name: str) -> Paired:
    """A peer, confirmed or not.

    Raises:
        PairingError: no invitation of it was accepted.
    """
    row = models.Peer.objects.using(parts.alias).filter(name=name).first()
    if row is None:
        raise PairingError(f"There is no peer {name!r}.", remedy="Accept its invitation: entente peer accept FILE")
    return _paired(row)


def all_peers(parts: Parts) -> list[Paired]:
    """All peers, by name."""
    rows = models.Peer.objects.using(parts.alias).exclude(name__contains="/")
    return [_paired(row) for row in rows.order_by("name")]


def earlier(parts: Parts, name: str) -> list[Paired]:
    """The generations of the channel with a peer that are over and in which something was exchanged, oldest first."""
    rows = models.Peer.objects.using(parts.alias).filter(name__startswith=f"{name}/", channel__isnull=False)
    return sorted(map(_paired, rows), key=lambda one: one.past)


def _paired(row: models.Peer) -> Paired:
    card, late = _card(bytes(row.card)), timedelta(seconds=row.late)
    return Paired(card, tuple(row.suites.split()), row.accepted, row.confirmed, row.revoked, late, row.name)


_card = lru_cache(maxsize=256)(read_card)


def own(parts: Parts) -> Peer:
    """This authority as its peers see it: for `officers.release`."""
    suites = parts.suites.names() | {webauthn.SUITE}
    return Peer(parts.name, "", suites, pins.history(parts.alias, parts.name), own_party(parts))


def channel(parts: Parts, name: str) -> Channel:
    """The channel with a confirmed peer, with the keys that are pinned now.

    Raises:
        PairingError: no such peer, not confirmed, or revoked.
        KeyFileError: the node is locked.
    """
    found = paired(parts, name)
    if found.state != "confirmed":
        raise PairingError(
            f"{name} is {found.state}; nothing passes.",
            remedy="Compare fingerprints and confirm it: entente peer confirm NAME"
            if found.state == "unconfirmed"
            else "To pair again: entente peer invite FILE --again NAME, and accept its new invitation.",
        )
    return _channel(parts, found, generation(parts, name), _signing_key(parts, name, parts.clock()))


def log_key(parts: Parts, row: str) -> VerifierKey:
    """The key of a peer's log, of the generation that goes on or, as `mx-pgr/1`, of one that is over."""
    found = paired(parts, row)
    return found.card.log_key(parts.name, found.past or generation(parts, row))


def past_channel(parts: Parts, found: Paired) -> Channel:
    """A generation of a channel that is over, for those who look at what was exchanged; nothing is signed in it."""
    any_key = next(iter(parts.keys().signing.values()))
    return _channel(parts, found, found.past, any_key)


def _channel(parts: Parts, found: Paired, number: int, node: NodeKey) -> Channel:
    keys, name = parts.keys(), found.card.name
    pinned, folder = pins.history(parts.alias, name), folder_name(name, number)
    frames = frames_of(parts.name, name, number)
    return Channel(
        me=Self(parts.name, keys.sealing),
        peer=Peer(name, frames, frozenset(found.suites), pinned, found.card.relying_party, found.late),
        node=node,
        suites=parts.suites,
        types=PeerChecker(parts.types, lambda: pins.history(parts.alias, name), parts.clock),
        log=keys.log_signer(origin(parts.name, name, number)),
        cosigner=keys.cosigner(),
        peer_log=found.card.log_key(parts.name, number),
        peer_cosigner=found.card.cosigner_key(),
        tiles=lambda leaves, head: TileLog(DiskFiles(parts.home.tiles(folder)), leaves, head),
        mirror=lambda leaves, head: TileLog(DiskFiles(parts.home.mirror(folder)), leaves, head, bundles=False),
        random=os.urandom,
        store=generations.stored(parts.name, found.row),
    )


def folder_name(peer: str, number: int) -> str:
    """Of the tiles of a generation: no authority has such a name."""
    return peer if number == 1 else f"{peer}+{number}"


def check_told(parts: Parts, peer: str, officers: Iterable[KeyRecord]) -> None:
    """Return if a peer was told of the keys under a content; it would refuse others for good.

    Raises:
        PairingError: it was not.
    """
    known = _told(parts, peer)
    for record in officers:
        if record.id not in known:
            raise PairingError(
                f"{peer} was not told of the key of {record.holder} yet; it would refuse the message.",
                remedy="Tell it first: entente peer rotate",
            )


def _told(parts: Parts, peer: str) -> set[str]:
    """The own keys that a peer knows."""
    told = models.Peer.objects.using(parts.alias).values_list("told", flat=True).get(name=peer)
    return {state.record.id for state in list(pins.history(parts.alias, parts.name))[:told]}


def _signing_key(parts: Parts, peer: str, now: datetime) -> NodeKey:
    """The newest key that signs, of those that the peer was told of."""
    held, own = parts.keys().signing, pins.history(parts.alias, parts.name)
    known = _told(parts, peer)
    for record in own.usable(Role.NODE, now):
        if record.id in held and record.id in known:
            return held[record.id]
    raise NodeError("No key of this node may sign now.", remedy="Make a new one: entente peer rotate")
