"""Every way out of a node asks for a permit, and what is kept of a sent message can be shredded."""

from __future__ import annotations

import pytest

from entente.exchange import atrest
from entente.exchange.answers import Answers
from entente.exchange.errors import HandlingRefusedError, SealError
from entente.exchange.handling import Condition, Marking, Tlp
from entente.exchange.store import Way
from entente.node.services import shredding
from entente.node.store import models
from exchange_people import ALERT
from node_people import CN, MX, US, Office, meet, offices

PERSONAL = Marking(Tlp.AMBER, personal=True)


@pytest.fixture
def three(tmp_path):
    return offices(tmp_path, US, MX, CN)


def release(office: Office, to: str, marking: Marking, **header):
    content = office.node.draft("alert", ALERT, [to], marking, **header)
    return office.node.send(office.node.sign(content, [office.ann, office.bob]), to)


def test_the_api_asks_as_the_command_does_and_the_answer_is_signed(three):
    us, mx = three[US], three[MX]
    with pytest.raises(HandlingRefusedError, match="assessment"):
        release(us, MX, PERSONAL)
    assert us.node.messages(MX, Way.SENT) == []
    sent = release(us, MX, PERSONAL, answers=Answers("HRA-1"))
    meet(us, mx)
    (taken,) = mx.node.messages(US, Way.TAKEN)
    for content in (us.node.read(sent), mx.node.read(taken)):
        assert content.header.answers == Answers("HRA-1")


def test_what_was_made_of_a_peers_item_needs_its_standing_consent(three):
    us, mx, cn = three[US], three[MX], three[CN]
    theirs = cn.send(US)
    meet(cn, us, 2)
    marking = Marking(Tlp.AMBER, frozenset({Condition.H2}), consent=frozenset({CN}))
    with pytest.raises(HandlingRefusedError, match="consent of cn-nncc"):
        release(us, MX, marking)
    body = {"item": theirs.content, "answer": "granted", "action": "share", "to": MX}
    given = cn.send(US, kind="consent", body=body)
    meet(cn, us, 2)
    with pytest.raises(HandlingRefusedError, match="consent of cn-nncc"):
        release(us, MX, marking)  # a consent that nobody named
    named = Answers(consents=(given.content,))
    release(us, MX, marking, answers=named)
    cn.send(US, kind="consent", body={**body, "answer": "declined"})
    meet(cn, us, 2)
    with pytest.raises(HandlingRefusedError, match="consent of cn-nncc"):
        release(us, MX, marking, answers=named)
    meet(us, mx, 2)
    assert len(mx.node.messages(US, Way.TAKEN)) == 1


@pytest.mark.parametrize("kind", ["recall", "alert"])
def test_a_withdrawn_consent_is_none(three, kind):
    us, cn = three[US], three[CN]
    body = {"item": cn.send(US).content, "answer": "granted", "action": "share", "to": MX}
    given = cn.send(US, kind="consent", body=body)
    words = {"recall": {"action": "stop-use", "reason": "A mistake."}, "alert": ALERT}
    cn.send(US, kind=kind, body=words[kind], withdraws=(given.content,))
    meet(cn, us, 2)
    with pytest.raises(HandlingRefusedError, match="consent of cn-nncc"):
        release(us, MX, Marking(Tlp.AMBER, consent=frozenset({CN})), answers=Answers(consents=(given.content,)))


def test_a_content_that_went_to_two_peers_is_shredded_as_a_whole(three):
    us, mx, cn = three[US], three[MX], three[CN]
    content = us.node.sign(us.node.draft("alert", ALERT, [MX, CN], Marking(Tlp.AMBER)), [us.ann, us.bob])
    rows = [us.node.send(content, to) for to in (MX, CN)]
    assert rows[0].blob != rows[1].blob
    keep = us.send(MX)
    meet(us, mx, 2)
    assert shredding.shred(us.node.parts, content.id) == 2
    for row in rows:
        with pytest.raises(SealError, match="shredded"):
            us.node.read(row)
    assert us.node.read(keep).body == ALERT
    assert shredding.shred(us.node.parts, content.id) == 0
    meet(us, cn, 2)  # what is on its way is sealed to the peer, and still arrives
    (taken,) = cn.node.messages(US, Way.TAKEN)
    assert cn.node.read(taken).id == content.id
    assert shredding.shred(cn.node.parts, content.id) == 1
    with pytest.raises(SealError):
        cn.node.read(taken)
    assert [row.content for row in us.node.messages(CN, Way.SENT)] == [content.id]  # the ledger keeps its commitment


def test_no_content_of_ours_needs_a_sealing_key_of_ours(three):
    us = three[US]
    row = us.send(MX)
    name = atrest.key_name(row.way, row.frame, row.content)
    for path in us.node.parts.home.keys.glob("seal-*.json"):
        path.unlink()
    key = models.ContentKey.objects.using(us.node.parts.alias).get(content=name).key
    assert atrest.unlock(bytes(key), us.node.parts.uow.blobs.get(row.blob), row.content).body == ALERT
