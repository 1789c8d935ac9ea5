"""What must hold of a desk at any moment, whatever was done to it and wherever it was killed."""

from __future__ import annotations

from collections import Counter

from desk_people import Desk
from entente.casework.engine import replay
from entente.casework.incoming import ROUTES
from entente.node.services.desk import accounting
from entente.node.services.desk.access_account import access_entries
from entente.node.services.desk.access_cases import node_object
from entente.node.store import desk_rows
from entente.node.store.desk_models import AccountLeaf, CaseEvent, CaseObject, Dispatch, Proposal, Waiting
from entente.node.store.models import Frame, FrameReceipt, Outgoing

CASEWORK = frozenset(name for name, route in ROUTES.items() if route is not ROUTES["key-change"]) - {"consent"}
"""Message types that always change an object or wait."""


def check(one: Desk) -> None:
    """Nothing is half done: objects, events, account, proposals, ledger and outbox say the same."""
    head = accounting.verify(one.parts)
    assert head.size == AccountLeaf.objects.using(one.alias).count()
    assert all(access_entries(one.alias, 0, head.size))
    for row in CaseObject.objects.using(one.alias).all():
        _check_object(one, row)
    events = CaseEvent.objects.using(one.alias)
    accounted = AccountLeaf.objects.using(one.alias).filter(act__contains="/")
    assert Counter(accounted.values_list("object", flat=True)) == Counter(events.values_list("object_id", flat=True))
    _check_sent(one)
    _check_taken(one)
    done = Proposal.objects.using(one.alias).filter(outcome="done")
    assert not done.filter(second=None).exists()
    pairs = events.filter(hand="pair").count()
    assert done.filter(kind="case").count() == pairs


def _check_object(one: Desk, row: CaseObject) -> None:
    events = list(CaseEvent.objects.using(one.alias).filter(object_id=row.object).order_by("number"))
    assert [event.number for event in events] == list(range(1, row.events + 1))
    found = node_object(one.alias, row.object)
    if row.erased:
        assert found is None
        return
    assert found is not None
    assert replay(desk_rows.read_event(found.key, row.machine, event) for event in events) == found.state
    assert (row.at, row.side) == (found.state.at, found.state.side)


def _check_sent(one: Desk) -> None:
    """Every event that sends has its frames, and they are on their way or receipted."""
    sent = CaseEvent.objects.using(one.alias).exclude(sends="")
    wanted = {event.sent for event in sent}
    dispatched = {(row.content, row.peer, row.sequence) for row in Dispatch.objects.using(one.alias).all()}
    assert {content for content, _, _ in dispatched} == wanted
    frames = Frame.objects.using(one.alias).filter(way="sent", content__in=wanted).select_related("channel")
    assert {(row.content, row.channel.peer_id, row.sequence) for row in frames} == dispatched
    for row in frames:
        waits = Outgoing.objects.using(one.alias).filter(channel=row.channel, sequence=row.sequence).exists()
        got = FrameReceipt.objects.using(one.alias).filter(channel=row.channel, way="sent", sequence=row.sequence)
        assert waits or got.exists()


def _check_taken(one: Desk) -> None:
    """Every message of casework that was accepted changed an object or waits, once."""
    taken = Frame.objects.using(one.alias).filter(way="taken", refused="", type__in=CASEWORK)
    heard = Counter(CaseEvent.objects.using(one.alias).filter(hand="peer").values_list("message", flat=True))
    heard.update(Waiting.objects.using(one.alias).exclude(type="refused").values_list("content", flat=True))
    for row in taken:
        assert heard[row.content] >= 1, row.type
    assert set(heard) <= {row.content for row in taken}
