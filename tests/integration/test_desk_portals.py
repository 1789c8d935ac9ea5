"""Notifications of a portal at the desk, and commitments out of a meeting's minutes."""

from __future__ import annotations

from datetime import date

import pytest

from desk_people import Desk, desks
from entente.casework.errors import CaseworkError
from entente.node.services.desk import portals, undertaking
from node_people import CN, MX

ROW = {
    "notification_id": "MX-7",
    "sent_on": date(2026, 11, 1),
    "exporting_country": "MX",
    "importing_country": "CN",
    "exporter": "Example Trading",
    "importer": "进口有限公司",
    "substance": "Acetic anhydride",
    "quantity_kg": 200.0,
}


@pytest.fixture
def mx(tmp_path) -> Desk:
    (one,), _ = desks(tmp_path, MX)
    return one


def test_a_file_of_a_portal_is_taken_in_once_and_given_out_again(mx):
    rows = [ROW, {**ROW, "notification_id": "CN-9", "exporting_country": "CN", "importing_country": "MX"}]
    found = portals.take_in(mx.parts, mx.who("Ann"), rows, "portal, file 1")
    states = [mx.state(name) for name in found.new]
    assert [(state.at, state.counterpart) for state in states] == [("draft", CN), ("received", CN)]
    again = portals.take_in(mx.parts, mx.who("Ann"), rows, "portal, file 1")
    assert (again.new, again.there) == ((), ("MX-7", "CN-9"))
    mx.two(found.new[0], "sent-elsewhere", {"elsewhere": "the portal", "sent-on": "2026-11-01"})
    out = list(portals.give_out(mx.parts, mx.who("Ann"), "notification"))
    assert {row["notification_id"] for row in out} == {"MX-7", "CN-9"}


def test_a_row_that_is_none_leaves_nothing_of_its_file(mx):
    with pytest.raises(CaseworkError):
        portals.take_in(mx.parts, mx.who("Ann"), [ROW, {**ROW, "notification_id": "x" * 9000}], "?")
    assert mx.objects() == []


def test_undertakings_of_a_meeting_become_commitments_once(mx):
    name = mx.begin("meeting", "plan", {"title": "x", "date": "2026-12-01", "members": [MX, CN], "agenda": ["x"]})
    mx.two(name, "convene")
    mx.act(name, "hold", {"attendance": [{"name": "Ann", "authority": MX}]})
    for authority in (MX, CN):
        mx.act(name, "undertake", {"authority": authority, "text": f"{authority} reports", "due": "2027-01-31"})
    (made,) = undertaking.begin_commitments(mx.parts, mx.who("Ann"), name)
    assert mx.state(made).fields["text"] == f"{MX} reports"
    assert undertaking.begin_commitments(mx.parts, mx.who("Ann"), name) == ()
    assert mx.objects(machine="commitment") == [made]
