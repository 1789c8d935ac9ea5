"""The TAXII endpoint, read by `taxii2-client` over a real server: what a marking permits, to whom a token opens it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import requests
from stix2validator import ValidationOptions, validate_string
from taxii2client.v21 import Collection, Server, as_pages

from entente.exchange.answers import Answers
from entente.exchange.handling import Condition, Marking, Tlp
from entente.node.errors import NodeError
from entente.node.taxii.access import FILE, OWN, Access, Token, new_token, read_access
from entente.node.taxii.answers import API, MEDIA, ROOT, collection_id
from entente.node.taxii.server import server
from entente.node.taxii.shelf import Shelf
from exchange_people import NOW
from node_people import CN, MX, US, Office, meet, offices
from wire_people import PATIENCE, running

GREEN = Marking(Tlp.GREEN)
BODY = {"title": "New name", "summary": "Sold under a new name.", "urgency": "urgent"}


def now() -> datetime:
    return datetime.now(UTC)


class Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


SECRET, DIGEST = new_token(os.urandom)
TOKEN = Token("analysis", DIGEST, frozenset({US, OWN}), "diversion", date(2999, 1, 1))
SHORT, SHORT_DIGEST = new_token(os.urandom)
NARROW = Token("press", SHORT_DIGEST, frozenset({OWN}), "diversion", date(2999, 1, 1))


@contextmanager
def serving(office: Office, *tokens: Token) -> Iterator[str]:
    def make(started: Callable[[int], None]) -> Any:
        return server(office.node, Access(tokens), "127.0.0.1", 0, tls=False, started=started)

    with running(make) as (_, port):
        yield f"http://127.0.0.1:{port}"


def sent(
    office: Office,
    to: str,
    marking: Marking = GREEN,
    body: dict[str, Any] | None = None,
    kind: str = "alert",
    **header: Any,
) -> str:
    content = office.node.sign(office.node.draft(kind, body or BODY, [to], marking, **header), [office.ann, office.bob])
    office.node.send(content, to)
    return content.id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    later = timedelta(0)
    made = offices(tmp_path_factory.mktemp("taxii"), US, MX, clock=lambda: now() + later)
    us, mx = made[US], made[MX]
    shown = [sent(us, MX, body={**BODY, "title": f"Name {number}"}) for number in range(5)]
    hidden = [
        sent(us, MX, Marking(Tlp.AMBER)),
        sent(us, MX, Marking(Tlp.GREEN, frozenset({Condition.NO_ONWARD_STATE}))),
        sent(us, MX, Marking(Tlp.GREEN, purposes=frozenset({"taxes"})), answers=Answers(purpose="taxes")),
        sent(us, MX, Marking(Tlp.GREEN, personal=True), answers=Answers(assessment="A-1")),
        sent(us, MX, Marking(Tlp.GREEN, expires=now().date() + timedelta(days=2))),
    ]
    own = sent(mx, US, Marking(Tlp.RED))
    meet(us, mx, 2)
    later = timedelta(days=3)  # what expires has expired
    with serving(mx, TOKEN, NARROW) as url:
        yield {"url": url, "us": us, "mx": mx, "shown": shown, "hidden": hidden, "own": own}


def collection(world: dict[str, Any], name: str = US, token: str = SECRET) -> Collection:
    return Collection(f"{world['url']}{API}collections/{collection_id(name)}/", auth=Bearer(token))


def contents(objects: list[dict[str, Any]]) -> set[str]:
    """Ids of the messages that objects were made of."""
    return {part["content"] for one in objects for part in one.get("extensions", {}).values() if "content" in part}


def test_a_client_finds_the_root_and_the_collections(world):
    found = Server(f"{world['url']}{ROOT}", auth=Bearer(SECRET))
    (root,) = found.api_roots
    assert root.versions == [MEDIA]
    assert {one.custom_properties.get("alias", one.title) for one in root.collections}
    assert {one.id for one in root.collections} == {collection_id(US), collection_id(OWN)}
    assert all(one.can_read and not one.can_write for one in root.collections)


def test_only_what_its_marking_permits_is_read(world):
    objects = collection(world).get_objects()["objects"]
    assert contents(objects) == set(world["shown"])
    bundle = json.dumps({"type": "bundle", "id": "bundle--5d0092c5-5f74-4287-9642-33f4c354e56d", "objects": objects})
    options = ValidationOptions(version="2.1", strict=True, enforce_refs=True, disabled="103")
    assert validate_string(bundle, options).errors == []


def test_own_items_carry_their_marking(world):
    objects = collection(world, OWN).get_objects()["objects"]
    assert contents(objects) == {world["own"]}
    (report,) = [one for one in objects if one["type"] == "report"]
    assert "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1" in report["object_marking_refs"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 50])
def test_pages_have_everything_once_and_in_order(world, limit):
    pages = list(as_pages(collection(world).get_objects, per_request=limit))
    assert all(len(page["objects"]) <= limit for page in pages)
    reports = [one["id"] for page in pages for one in page["objects"] if one["type"] == "report"]
    whole = [one["id"] for one in collection(world).get_objects()["objects"] if one["type"] == "report"]
    assert reports == whole


def test_added_after_gives_what_is_newer(world):
    entries = collection(world).get_manifest(type="report")["objects"]
    after = entries[1]["date_added"]
    newer = [one for one in entries if one["date_added"] > after]
    found = collection(world).get_objects(added_after=after, type="report").get("objects", [])
    assert [one["id"] for one in found] == [one["id"] for one in newer]
    assert collection(world).get_objects(added_after="2999-01-01T00:00:00.000Z") == {}


def test_one_object_and_its_versions(world):
    wanted = next(one["id"] for one in collection(world).get_objects()["objects"] if one["type"] == "report")
    assert [one["id"] for one in collection(world).get_object(wanted)["objects"]] == [wanted]
    assert len(collection(world).object_versions(wanted)["versions"]) == 1
    with pytest.raises(requests.HTTPError, match="404"):
        collection(world).get_object("report--00000000-0000-4000-8000-000000000000")


def test_a_token_opens_no_other_collection(world):
    with pytest.raises(requests.HTTPError, match="404"):
        collection(world, US, SHORT).get_objects()
    found = Server(f"{world['url']}{ROOT}", auth=Bearer(SHORT)).api_roots[0].collections
    assert [one.id for one in found] == [collection_id(OWN)]


PATH = f"{API}collections/{collection_id(US)}/objects/"


def ask(world: dict[str, Any], path: str, method: str = "GET", token: str = SECRET, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}", **options.pop("headers", {})}
    return httpx.request(method, world["url"] + path, headers=headers, trust_env=False, timeout=PATIENCE, **options)


@pytest.mark.parametrize("path", [ROOT, API, PATH, "/", "/taxii2", "/admin"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic {}", "{}", "Bearer é"])
def test_without_a_token_nothing_is_said(world, path, header):
    headers = {} if header is None else {"Authorization": header.format(SECRET).encode("latin-1")}
    answer = httpx.get(world["url"] + path, headers=headers, trust_env=False, timeout=PATIENCE)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(world, method):
    answer = ask(world, PATH, method)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing/", 404),
        (f"{API}collections/{collection_id('cn-nncc')}/", 404),
        (PATH[:-1], 404),
        (f"{PATH}x/y/z/", 404),
        (f"{PATH}?limit=0", 400),
        (f"{PATH}?limit=-1", 400),
        (f"{PATH}?limit=x", 400),
        (f"{PATH}?limit=²", 400),
        (f"{PATH}?added_after=yesterday", 400),
        (f"{PATH}?match[color]=red", 400),
        (f"{PATH}?{'&'.join(f'a{n}=1' for n in range(50))}", 400),
        (f"{PATH}?limit=999999999999999999999", 200),
        (f"{PATH}?next=%00%ff", 200),
        (f"{PATH}?match[id]=nobody", 200),
    ],
)
def test_bad_requests_are_answered(world, path, status):
    answer = ask(world, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA)
    assert status == 200 or answer.json()["http_status"] == str(status)


@pytest.mark.parametrize(
    ("accept", "status"), [("application/json", 406), ("text/html", 406), ("*/*", 200), (MEDIA, 200)]
)
def test_the_media_type_is_asked_for(world, accept, status):
    assert ask(world, ROOT, headers={"Accept": accept}).status_code == status


def test_what_is_withdrawn_loosened_or_tightened_later_counts_at_once(tmp_path):
    made = offices(tmp_path, US, MX, clock=now)
    us, mx = made[US], made[MX]
    first, second, third = sent(us, MX), sent(us, MX), sent(us, MX, Marking(Tlp.AMBER))
    meet(us, mx)
    with serving(mx, TOKEN) as url:
        world = {"url": url}
        assert contents(collection(world).get_objects()["objects"]) == {first, second}
        seen = collection(world).get_manifest()["objects"][-1]["date_added"]
        sent(us, MX, kind="recall", body={"action": "stop-use", "reason": "Wrong company."}, withdraws=(first,))
        strict = {"item": second, "handling": {"tlp": "TLP:AMBER", "personal": False}, "reason": "A source."}
        sent(us, MX, kind="handling-change", body=strict)
        loose = {"item": third, "handling": {"tlp": "TLP:GREEN", "personal": False}, "reason": "Published."}
        sent(us, MX, kind="handling-change", body=loose)
        meet(us, mx)
        objects = collection(world).get_objects(type="report")["objects"]
        assert contents(objects) == {first, third}
        (gone,) = [
            one for one in collection(world).get_objects(added_after=seen, type="report")["objects"] if "revoked" in one
        ]
        assert gone["revoked"] is True
        assert contents([gone]) == {first}
        assert "Sold under" not in json.dumps(gone)


def test_in_memory_is_only_what_changes_others_and_the_rest_is_read_some_at_a_time(tmp_path, databases, monkeypatch):
    monkeypatch.setattr("entente.node.taxii.shelf._BATCH", 3)
    made = offices(tmp_path, US, MX, CN, databases=databases)  # at one moment: only the ids part them
    us = made[US]
    plain = [sent(us, MX) for _ in range(10)]
    both = us.node.sign(us.node.draft("alert", BODY, [MX, CN], GREEN), [us.ann, us.bob])
    for to in (CN, MX):
        us.node.send(both, to)
    new = sent(us, MX, supersedes=(plain[3],))
    sent(us, MX, kind="recall", body={"action": "stop-use", "reason": "Wrong."}, withdraws=(plain[7],))
    shelf = Shelf(us.node)
    listed = list(shelf.listed(OWN))
    assert [one.message.content for one in listed] == sorted([*plain, both.id, new])
    assert {one.message.content for one in listed if one.ended} == {plain[3], plain[7]}
    assert len(shelf._collections[OWN].acting) == 2
    assert list(shelf.listed(OWN, NOW + timedelta(seconds=1))) == []
    assert shelf.names() == (CN, MX, OWN)


def test_a_token_ends(tmp_path):
    old = replace(TOKEN, until=(now() - timedelta(days=1)).date())
    assert Access((old,)).of(f"Bearer {SECRET}", now().date()) is None
    assert Access((TOKEN,)).of(f"bearer {SECRET}", now().date()) == TOKEN


def test_tokens_in_a_file(tmp_path):
    path = tmp_path / FILE
    lines = f'[[token]]\nname = "a"\nsha256 = "{DIGEST}"\ncollections = ["{US}"]\npurpose = "diversion"\n'
    path.write_text(f"{lines}until = 2999-01-01\ncapital = false\n", encoding="utf-8")
    (token,) = read_access(path).tokens
    assert token == Token("a", DIGEST, frozenset({US}), "diversion", date(2999, 1, 1), capital=False)
    for bad in ("", 'until = "soon"', "until = 2999-01-01T00:00:00Z", "until = 2999-01-01\nscope = 1"):
        path.write_text(lines + bad, encoding="utf-8")
        with pytest.raises(NodeError, match="token needs"):
            read_access(path)
    path.write_text(2 * f"{lines}until = 2999-01-01\n", encoding="utf-8")
    with pytest.raises(NodeError, match="twice"):
        read_access(path)
    with pytest.raises(NodeError, match="cannot be read"):
        read_access(tmp_path / "none")


def test_nothing_is_served_in_the_clear_to_a_network(world):
    with pytest.raises(NodeError, match="Without TLS"):
        server(world["mx"].node, Access(()), "0.0.0.0", 0, tls=False)  # noqa: S104
