"""Consents that this node took and that stand: what a release of something made of others' items rests on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields

from entente.exchange.content import Content
from entente.exchange.errors import SealError
from entente.exchange.messages.standing import Entry, State, standing
from entente.exchange.release import CONSENT
from entente.exchange.store import Message, Way
from entente.node.services import reading
from entente.node.services.parts import Parts
from entente.node.store import models

_TYPES = (CONSENT, "recall")
_NAMES = [one.name for one in fields(Message)]


def standing_consents(parts: Parts, parties: Collection[str]) -> list[Content]:
    """The signed consents of some parties, neither replaced nor withdrawn, in the order of the ledger.

    Raises:
        SealError: a consent, or what may have withdrawn one, cannot be read here: it was shredded, or its key was left
            out of the backup that this node came from. Ask for the consent again.
    """
    rows = models.Frame.objects.using(parts.alias).filter(way=Way.TAKEN.value, refused="", sender__in=parties)
    first = rows.filter(type=CONSENT).order_by("id").first()
    later = rows.filter(id__gte=first.pk) if first else rows.none()  # any message may withdraw an earlier one
    found = []
    for values in later.order_by("id").values(*_NAMES).iterator():
        message = Message(**{**values, "way": Way(values["way"]), "signed": bytes(values["signed"])})
        try:
            found.append((message, reading.content(parts, message)))
        except SealError:
            if message.type in _TYPES:
                raise
    now = parts.clock()
    states = standing([Entry.of(content, message.at) for message, content in found], now)
    return [
        content
        for _, content in found
        if content.header.type == CONSENT and (one := states.get(content.id)) and one.state is State.CURRENT
    ]
