"""Two desks: a notification is written, released by two people, sent, received, answered and seen."""

from __future__ import annotations

import pytest

from desk_people import desk, notify, talk
from node_people import CN, MX, offices


@pytest.fixture
def both(tmp_path, databases):
    made = offices(tmp_path, MX, CN, databases=databases)
    return desk(made[MX]), desk(made[CN])


def test_a_notification_goes_out_and_its_reply_comes_back(both):
    mx, cn = both
    name = notify(mx, CN)
    assert mx.state(name).at == "sent"
    talk(mx, cn)
    assert mx.state(name).at == "received"
    (there,) = cn.objects()
    assert cn.state(there).fields["number"] == mx.state(name).fields["number"]
    cn.two(there, "reply", {"answer": "no-objection"})
    talk(mx, cn)
    assert mx.state(name).at == "no-objection"
    assert mx.act(name, "export", {"exported": "2026-12-20"}).at == "exported"
