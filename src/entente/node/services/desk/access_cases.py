"""Reads of casework objects: what a person may see, and what the node itself finds for messages and deadlines.

A person sees an object if one of their roles works on its machine, and it is of their unit (or of none) or of one of
their need-to-know groups, and they declared no conflict of interest with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from entente.casework.model import Event, State
from entente.exchange.store import Message, Way
from entente.node.services.desk.errors import DeskError, not_found
from entente.node.services.desk.rules import WORK, Who
from entente.node.store import desk_rows, desk_vault
from entente.node.store.desk_models import CaseEvent, CaseIndex, CaseObject, Conflict, Dispatch, LegalHold
from entente.node.store.models import Frame, FrameReceipt

MOST = 200
"""The longest page of a list."""

_LABELS = ("number", "title", "kind", "text", "claim", "question")


@dataclass(frozen=True, slots=True)
class Found:
    """An object with its key.

    Attributes:
        state: as it stands.
        key: what its secrets are under.
        unit, group: whose it is.
        due: its next deadline.
    """

    state: State
    key: bytes = field(repr=False)
    unit: int | None
    group: int | None
    due: datetime | None


@dataclass(frozen=True, slots=True)
class Line:
    """An object in a work list: no party, no text but its number or title."""

    object: str
    machine: str
    side: str
    counterpart: str
    at: str
    since: datetime
    due: datetime | None
    label: str
    erased: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a work list is to hold; empty is everything that the person may see.

    Attributes:
        machine, at, side, counterpart: exactly these.
        due_before: with a deadline before a moment.
        after: the last line of the page before, as its moment and object.
        most: lines.
    """

    machine: str = ""
    at: str = ""
    side: str = ""
    counterpart: str = ""
    due_before: datetime | None = None
    after: tuple[datetime, str] | None = None
    most: int = 50


def _visible(alias: str, who: Who) -> QuerySet[CaseObject]:
    machines = [name for name, roles in WORK.items() if who.roles & roles]
    mine = Q(group=None) & (Q(unit=None) | Q(unit=who.unit)) | Q(group__in=who.groups)
    barred = Conflict.objects.filter(person_id=who.id).values("object")
    return CaseObject.objects.using(alias).filter(mine, machine__in=machines).exclude(object__in=barred)


def visible_names(alias: str, who: Who) -> QuerySet[CaseObject, Any]:
    """The names of what a person may see, as a part of another query."""
    return _visible(alias, who).values("object")


def access_object(alias: str, who: Who, name: str) -> Found:
    """An object that a person may see.

    Raises:
        NotFoundError: there is none, or they may not see it.
        DeskError: it was erased.
    """
    row = _visible(alias, who).filter(object=name).first()
    if row is None:
        raise not_found("object")
    return _found(alias, row)


def access_list(alias: str, who: Who, wanted: Wanted) -> Sequence[Line]:
    """A page of what a person may see, the latest first."""
    rows = _visible(alias, who)
    for name in ("machine", "at", "side", "counterpart"):
        if value := getattr(wanted, name):
            rows = rows.filter(**{name: value})
    if wanted.due_before:
        rows = rows.filter(due__lt=wanted.due_before)
    if wanted.after:
        at, name = wanted.after
        rows = rows.filter(Q(since__lt=at) | Q(since=at, object__lt=name))
    page = list(rows.order_by("-since", "-object")[: min(wanted.most, MOST)])
    keys = desk_vault.keys(alias, desk_rows.KIND, [row.object for row in page])
    return [_line(row, keys.get(row.object)) for row in page]


def access_events(alias: str, found: Found) -> Sequence[Event]:
    """The whole history of an object that `access_object` gave."""
    rows = CaseEvent.objects.using(alias).filter(object_id=found.state.object).order_by("number")
    return [desk_rows.read_event(found.key, found.state.machine, row) for row in rows]


def access_ended(
    alias: str, who: Who, machine: str, states: Sequence[str], before: datetime, most: int
) -> Sequence[tuple[str, datetime]]:
    """Objects of a machine in some states since before a moment, not held, that a person may see; oldest first."""
    rows = _visible(alias, who).filter(machine=machine, at__in=states, since__lt=before, erased=None)
    rows = rows.exclude(object__in=LegalHold.objects.filter(lifted=None).values("object"))
    return list(rows.order_by("since", "object").values_list("object", "since")[:most])


def access_states(alias: str, who: Who, machine: str) -> Iterator[State]:
    """All objects of a machine that a person may see and that were not erased."""
    names = list(_visible(alias, who).filter(machine=machine, erased=None).values_list("object", flat=True))
    for start in range(0, len(names), 500):
        some = names[start : start + 500]
        keys = desk_vault.keys(alias, desk_rows.KIND, some)
        for row in CaseObject.objects.using(alias).filter(object__in=some).order_by("object"):
            if row.object in keys:
                yield desk_rows.read_state(keys[row.object], row)


def node_object(alias: str, name: str) -> Found | None:
    """An object, for the node itself; None if there is none, or nobody can read it any more."""
    row = CaseObject.objects.using(alias).filter(object=name, erased=None).first()
    return None if row is None or not desk_vault.keys(alias, desk_rows.KIND, [name]) else _found(alias, row)


def node_waking(alias: str, now: datetime, most: int) -> Sequence[str]:
    """Objects at which the node has to look, the longest waiting first."""
    rows = CaseObject.objects.using(alias).filter(wake__lte=now).order_by("wake", "object")
    return list(rows.values_list("object", flat=True)[:most])


def node_with(alias: str, peer: str, machines: Sequence[str]) -> Sequence[str]:
    """Objects of some machines with a peer."""
    rows = CaseObject.objects.using(alias).filter(counterpart=peer, machine__in=machines, erased=None)
    return list(rows.order_by("object").values_list("object", flat=True))


@dataclass(frozen=True, slots=True)
class Receipted:
    """A message that was sent for an object, and whose receipt has come: the receipt's bytes."""

    number: int
    object: str
    content: str
    peer: str
    receipt: bytes


def node_receipted(alias: str, channel: str, peer: str, most: int) -> Sequence[Receipted]:
    """Messages to a peer whose receipt has come and was not looked at, in the order in which they were sent."""
    receipts = FrameReceipt.objects.filter(channel__name=channel, way=Way.SENT.value)
    rows = Dispatch.objects.using(alias).filter(peer=peer, settled="", sequence__in=receipts.values("sequence"))
    due = list(rows.order_by("sequence", "pk")[:most])
    there = receipts.using(alias).filter(sequence__in=[row.sequence for row in due])
    found = {number: bytes(data) for number, data in there.values_list("sequence", "receipt")}
    return [Receipted(row.pk, row.object_id, row.content, row.peer, found[row.sequence]) for row in due]


def is_held(alias: str, name: str) -> bool:
    """Whether a legal hold is on an object."""
    return LegalHold.objects.using(alias).filter(object=name, lifted=None).exists()


def sender_of(alias: str, content: str) -> str | None:
    """Who sent a content that this node has, or None."""
    rows = Frame.objects.using(alias).filter(content=content, refused="")
    return rows.values_list("sender", flat=True).first()


class NodeDesk:
    """Finds objects for messages: see `entente.casework.incoming.Desk`.

    Args:
        alias: of the database.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def by_content(self, content: str) -> State | None:
        """The object that a message made, changed or answered."""
        found = self._found("content", content)
        return found[0] if found else None

    def by_reference(self, machine_name: str, reference: str, sender: str) -> State | None:
        """The object of a machine that a peer calls by a reference; one in which it has no part is not meant."""
        for state in self._found("reference", reference):
            part = state.counterpart in {None, sender} and sender in state.fields.get("members", (sender,))
            if state.machine == machine_name and part:
                return state
        return None

    def _found(self, kind: str, value: str) -> list[State]:
        rows = CaseIndex.objects.using(self._alias).filter(kind=kind, value=desk_rows.index_value(kind, value))
        names = rows.order_by("pk").values_list("object_id", flat=True)
        found = (node_object(self._alias, name) for name in names)
        return [one.state for one in found if one is not None]


def _found(alias: str, row: CaseObject) -> Found:
    key = desk_vault.keys(alias, desk_rows.KIND, [row.object]).get(row.object)
    if key is None:
        raise DeskError(
            f"{row.object} was erased, or its key is not in the backup that this node came from.",
            remedy="The account says when and by whom; what it said is gone.",
        )
    return Found(desk_rows.read_state(key, row), key, row.unit_id, row.group_id, row.due)


def _line(row: CaseObject, key: bytes | None) -> Line:
    fields: dict[str, Any] = {} if key is None else dict(desk_rows.read_state(key, row).fields)
    label = next((str(fields[name]) for name in _LABELS if fields.get(name)), "")
    head = (row.object, row.machine, row.side, row.counterpart, row.at, row.since, row.due)
    return Line(*head, label[:120], row.erased is not None)


def access_message(alias: str, content: str) -> Message | None:
    """The row of a content that was accepted or sent here, for its marking; None if there is none."""
    row = Frame.objects.using(alias).filter(content=content, refused="").order_by("pk").first()
    if row is None:
        return None
    head = (Way(row.way), row.sequence, row.frame, row.content, row.sender, row.type, bytes(row.signed))
    return Message(*head, row.blob, row.wire, row.refused, row.leaf, row.at)


def node_count(alias: str, peer: str, command: str, since: datetime) -> int:
    """How often a command was done to objects with a peer since a moment."""
    rows = CaseEvent.objects.using(alias).filter(command=command, at__gte=since, object__counterpart=peer)
    return rows.count()
