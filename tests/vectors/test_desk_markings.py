"""What a peer marked stays marked: text of other authorities goes out under their markings, or not at all."""

from __future__ import annotations

import pytest

from desk_people import SAID, Desk, desks, talk
from entente.exchange.content import Predicate, read_content
from entente.exchange.errors import HandlingRefusedError
from entente.exchange.handling import Condition, Marking, Tlp
from entente.node.services.desk import releasing
from entente.node.services.desk.errors import DeskError
from node_people import CN, MX, US

RED = Marking(Tlp.RED, frozenset({Condition.H2}), consent=frozenset({CN}))


@pytest.fixture
def three(tmp_path) -> tuple[Desk, Desk, Desk]:
    (mx, cn, us), _ = desks(tmp_path, MX, CN, US)
    return mx, cn, us


def alerted(mx: Desk, cn: Desk) -> str:
    """A case that an alert of CN, marked RED, began at MX."""
    body = {"title": "TITLE OF CN", "summary": "for MX only", "urgency": "urgent"}
    content = cn.office.node.draft("alert", body, [MX], RED, predicate=Predicate("case", "x"))
    cn.office.node.send(cn.office.node.sign(content, [cn.office.ann, cn.office.bob]), MX)
    talk(mx, cn)
    (name,) = mx.objects(machine="case", side="theirs")
    mx.act(name, "take", {"purpose": "p"})
    return name


def noted(mx: Desk, name: str, kind: str, reference: str) -> int:
    """Add an item; its number."""
    item = {"kind": kind, "text": "see", **({"reference": reference} if reference else {})}
    return mx.act(name, "add", item).fields["items"][-1]["entry"]


def prepare(mx: Desk, name: str, item: int, to: str = US, command: str = "share-lead", **more: str):
    return releasing.prepare(mx.parts, mx.who("Ann"), name, command, {"to": to, "items": [item], **more}, said=SAID)


def test_the_title_of_a_received_case_goes_out_under_its_marking(three):
    mx, cn, _ = three
    name = alerted(mx, cn)
    item = noted(mx, name, "note", "")
    for command, more in [("share-lead", {}), ("alert", {}), ("share", {"event": "note"})]:
        with pytest.raises(HandlingRefusedError):
            prepare(mx, name, item, command=command, **more)


def test_an_item_of_an_own_case_passes_on_what_it_names(three):
    mx, cn, _ = three
    theirs = mx.state(alerted(mx, cn))
    content = theirs.fields["content"]
    own = mx.begin("case", "open", {"title": "t", "purpose": "p"})
    for kind, written in [
        ("message", content),
        ("incident", content),
        ("incident", content.upper()),
        ("message", f" {content} "),
        ("lead", theirs.object),
    ]:
        with pytest.raises(HandlingRefusedError):
            prepare(mx, own, noted(mx, own, kind, written))


def test_a_message_that_nobody_finds_does_not_go_out(three):
    mx, _, _ = three
    own = mx.begin("case", "open", {"title": "t", "purpose": "p"})
    with pytest.raises(DeskError, match="none is found"):
        prepare(mx, own, noted(mx, own, "message", "gone"))


def test_what_goes_back_to_its_originator_keeps_the_marking_and_needs_no_consent(three):
    mx, cn, _ = three
    name = alerted(mx, cn)
    made = read_content(prepare(mx, name, noted(mx, name, "note", ""), to=CN).documents[0].as_bytes())
    assert made.body["summary"] == "TITLE OF CN"
    assert made.header.marking.tlp is Tlp.RED
    assert made.header.marking.consent == frozenset()
