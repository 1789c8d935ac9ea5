"""Tables of machines: what the loader refuses, and who may do what."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

import pytest

from casework_data import NOTIFICATION, NOW
from entente.casework.engine import begin, replay, transition
from entente.casework.errors import (
    CaseworkError,
    ClockError,
    FieldsError,
    FourEyesError,
    NotNowError,
    TableError,
    UnknownCommandError,
    WrongActorError,
)
from entente.casework.model import Actor, Command, Hand, node, pair, peer, person
from entente.casework.tables import machine, machines, read_machine
from entente.exchange.messages import load_registry

TABLE: dict[str, Any] = {
    "machine": "door",
    "label": ["Door", "门", "Puerta"],
    "means": "A door.",
    "states": {
        "shut": {"label": ["Shut", "关", "Cerrada"], "means": "Shut."},
        "open": {"label": ["Open", "开", "Abierta"], "means": "Open."},
    },
    "commands": {
        "make": {"means": "Make it.", "by": ["person", "peer"], "starts": True, "to": "shut"},
        "open": {"means": "Open it.", "by": ["pair"], "from": ["shut"], "to": "open", "sends": "alert"},
        "shut": {"means": "Shut it.", "by": ["person"], "from": ["open"], "to": "shut"},
    },
}


def changed(*path: str, value: Any) -> dict[str, Any]:
    table = copy.deepcopy(TABLE)
    part = table
    for name in path[:-1]:
        part = part[name]
    if value is None:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return table


def test_a_whole_table_is_taken():
    assert set(read_machine(TABLE, "door.yaml", {}).states) == {"shut", "open"}


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (changed("commands", "open", "by", value=["person"]), "not for two people only"),
        (changed("commands", "open", "by", value=["pair", "person"]), "not for two people only"),
        (changed("commands", "shut", value=None), "leave the state 'open'"),
        (changed("commands", "shut", "by", value=["node"]), "leave the state 'open'"),
        (changed("commands", "shut", "sides", value=["theirs"]), "leave the state 'open' on ours"),
        (changed("commands", "open", "to", value="ajar"), "'ajar' is no state"),
        (changed("commands", "open", "from", value=["ajar"]), "'ajar' is no state"),
        (changed("commands", "open", "guards", value=["nobody-home"]), "nobody-home"),
        (changed("commands", "open", "derives", value="wind"), "wind"),
        (changed("commands", "make", "starts", value=None), "must either start"),
        (changed("commands", "open", "colour", value="red"), "knows no 'colour'"),
        (changed("states", "open", "and so on", value=1), "knows no 'and so on'"),
        (changed("colour", value="red"), "knows no 'colour'"),
        (changed("states", "gone", value={"label": ["a", "b", "c"], "means": "Gone."}), "Nothing leads"),
        (changed("deadlines", value=[{"field": "due", "states": ["ajar"], "means": "-"}]), "'ajar' is no state"),
        (
            changed("commands", "shut", "to", value={"by": "how", "is": {"hard": "shut"}})
            | {
                "commands": {
                    **TABLE["commands"],
                    "shut": {
                        "means": "Shut it.",
                        "by": ["person"],
                        "from": ["open"],
                        "to": {"by": "how", "is": {"hard": "shut"}},
                        "fields": {"how": {"enum": ["hard", "soft"]}},
                    },
                }
            },
            "does not say for every 'how'",
        ),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(table, why):
    with pytest.raises(TableError, match=why):
        read_machine(table, "door.yaml", {})


@pytest.mark.parametrize("made", machines().values(), ids=machines())
def test_everything_that_is_sent_is_a_message_type_and_two_people_s(made):
    types = {name for name, _ in load_registry().types}
    for one in made.commands.values():
        assert one.sends is None or (one.sends in types and one.by == (Hand.PAIR,))


@pytest.mark.parametrize("made", machines().values(), ids=machines())
def test_states_are_labelled_in_three_languages(made):
    for one in (made, *made.states.values()):
        assert set(one.label) == {"en", "zh", "es"}
        assert all(one.label.values())


def test_silence_has_no_way_to_consent():
    """Only a reply brings about `no-objection`: the peer's message, or two people who say where it can be seen."""
    ways = [one for one in machine("notification").commands.values() if "no-objection" in one.targets()]
    ways = [one for one in ways if "stood-there" not in one.guards]  # only back to where a reply brought it
    assert {(one.name, one.by, one.sides) for one in ways} == {
        ("replied", (Hand.PEER,), ("ours",)),
        ("reply-noted", (Hand.PAIR,), ("ours",)),
        ("reply", (Hand.PAIR,), ("theirs",)),
        ("reply-elsewhere", (Hand.PAIR,), ("theirs",)),
    }
    assert "reply-source" in machine("notification").command("reply-noted").schema["required"]
    assert set(machine("notification").command("export").sources) == {"no-objection", "unanswered"}


def draft(now: datetime = NOW, by: Actor | None = None, **changes: Any):
    return begin("notification", "n-1", Command("draft", {**NOTIFICATION, **changes}), by or person("Ann"), now)[0]


@pytest.mark.parametrize(
    ("by", "error"),
    [
        (person("Ann"), FourEyesError),
        (pair("Ann", "Ann"), FourEyesError),
        (pair("Ann", " aNN"), FourEyesError),
        (pair("Ann", "Ａｎｎ"), FourEyesError),
        (pair("Ann", ""), WrongActorError),
        (Actor(Hand.PAIR, ("Ann", "Bob", "Cid")), WrongActorError),
        (Actor(Hand.PAIR, ("Ann",)), WrongActorError),
        (peer("cn-nncc", "f" * 64), WrongActorError),
        (node(), WrongActorError),
    ],
)
def test_a_release_needs_two_people(by, error):
    with pytest.raises(error):
        transition(draft(), Command("release"), by, NOW)


def test_a_peer_speaks_only_of_its_own_side():
    state = draft()
    for command, by in (("release", pair("Ann", "Bob")), ("sent", node()), ("received", node())):
        data = {"content": "a" * 64} if command == "sent" else {}
        state, _ = transition(state, Command(command, data), by, NOW)
    reply = Command("replied", {"answer": "no-objection"})
    for by in (peer("us-dea", "f" * 64), peer("cn-nncc", "")):
        with pytest.raises(WrongActorError):
            transition(state, reply, by, NOW)
    assert transition(state, reply, peer("cn-nncc", "f" * 64), NOW)[0].at == "no-objection"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"goods": "acetone"}, FieldsError),
        ({"colour": "red"}, FieldsError),
        ({"due": "soon"}, FieldsError),
        ({"due": "2026-02-30T00:00:00Z"}, FieldsError),
        ({"due": "9999-12-31T23:59:59Z"}, FieldsError),
        ({"dispatch": "2026-02-30"}, FieldsError),
        ({"dispatch": "0001-01-01"}, FieldsError),
        ({"number": float("nan")}, FieldsError),
        ({"number": object()}, FieldsError),
    ],
)
def test_fields_that_do_not_fit_are_refused(data, error):
    with pytest.raises(error):
        draft(**data)


@pytest.mark.parametrize("absent", ["basis", "exporter", "importer", "goods", "entry", "dispatch", "due"])
def test_nothing_is_released_without_what_article_12_asks_for(absent):
    fields = {name: value for name, value in NOTIFICATION.items() if name != absent}
    state, _ = begin("notification", "n-1", Command("draft", fields), person("Ann"), NOW)
    with pytest.raises(CaseworkError, match=r"lacks|missing"):
        transition(state, Command("release"), pair("Ann", "Bob"), NOW)


def test_exporter_and_importer_need_addresses():
    state = draft(exporter={"name": "Example Trading"})
    with pytest.raises(CaseworkError, match=r"exporter\.address"):
        transition(state, Command("release"), pair("Ann", "Bob"), NOW)


def test_a_moment_needs_a_zone():
    with pytest.raises(ClockError):
        draft(NOW.replace(tzinfo=None))


def test_unknown_names_are_refused():
    with pytest.raises(UnknownCommandError):
        begin("nothing", "n-1", Command("draft"), person("Ann"), NOW)
    with pytest.raises(UnknownCommandError):
        transition(draft(), Command("explode"), person("Ann"), NOW)
    with pytest.raises(NotNowError):
        begin("notification", "n-1", Command("release"), pair("Ann", "Bob"), NOW)
    with pytest.raises(NotNowError):
        transition(draft(), Command("draft", NOTIFICATION), person("Ann"), NOW)
    with pytest.raises(NotNowError):
        replay([])


def test_what_was_given_cannot_be_changed_under_the_event():
    goods = copy.deepcopy(NOTIFICATION["goods"])
    state, events = begin("notification", "n-1", Command("draft", {**NOTIFICATION, "goods": goods}), person("Ann"), NOW)
    goods[0]["quantity"]["amount"] = "1"
    assert state.fields["goods"] == events[0].data["goods"] == NOTIFICATION["goods"]


def test_whom_a_draft_is_for_can_be_corrected_before_it_leaves():
    state, _ = transition(draft(), Command("revise", {"counterpart": "us-dea"}), person("Ann"), NOW)
    assert state.counterpart == "us-dea"
    assert "counterpart" not in machine("notification").command("amend").schema["properties"]
