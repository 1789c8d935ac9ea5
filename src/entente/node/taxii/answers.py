"""What a request gets. A function of the request, the shelf, the tokens and the moment; no network is here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import parse_qs

from entente.exchange.facades import stix
from entente.exchange.facades.stix_marks import stix_id
from entente.node.taxii.access import OWN, Access, Token
from entente.node.taxii.shelf import Listed, Shelf

MEDIA = "application/taxii+json;version=2.1"
STIX = "application/stix+json;version=2.1"
ROOT = "/taxii2/"
API = "/taxii2/api/"
MOST, USUAL = 1000, 100
"""The most objects in one answer, and how many if the reader does not say."""

_ACCEPTED = frozenset({"*/*", "application/*", "application/taxii+json", MEDIA})
_EARLIEST = datetime.min.replace(tzinfo=UTC)
_TIMES = ("%Y-%m-%dT%H:%M:%S.%fZ", "%Y-%m-%dT%H:%M:%SZ")
_FILTERS = frozenset({"added_after", "limit", "next"})
_MATCHES = frozenset({"match[id]", "match[type]", "match[version]", "match[spec_version]"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its method, path, query and the headers that matter."""

    method: str
    path: str
    query: str = ""
    accept: str | None = None
    authorization: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What it gets: a status, headers, and a JSON body."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class _RefusedError(Exception):
    """The request is answered with an error."""

    def __init__(self, status: int, title: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(title)
        self.status, self.title, self.headers = status, title, headers or {}


@dataclass(frozen=True, slots=True)
class _Shown:
    """An object and when a reader could first see it; `mark` says where to go on after it."""

    value: Mapping[str, Any]
    added: datetime
    mark: str


def answer(asked: Asked, shelf: Shelf, access: Access, now: datetime) -> Answer:
    """The answer to a request.

    Args:
        asked: the request.
        shelf: what there is.
        access: the tokens.
        now: the moment, in UTC.
    """
    try:
        return _answer(asked, shelf, access, now)
    except _RefusedError as error:
        body = {"title": error.title, "http_status": str(error.status)}
        return Answer(error.status, _json(body), error.headers)


def collection_id(name: str) -> str:
    """The id of a collection, which TAXII wants to be a UUID."""
    return stix_id("collection", name).removeprefix("collection--")


def _answer(asked: Asked, shelf: Shelf, access: Access, now: datetime) -> Answer:
    token = access.of(asked.authorization, now.date())
    if token is None:
        raise _RefusedError(401, "A token is needed.", {"WWW-Authenticate": 'Bearer realm="entente"'})
    if asked.method not in {"GET", "HEAD"}:
        raise _RefusedError(405, "This endpoint is read only.", {"Allow": "GET, HEAD"})
    if not _accepts(asked.accept):
        raise _RefusedError(406, f"This endpoint answers {MEDIA}.")
    if asked.path == ROOT:
        return Answer(200, _json({"title": "Entente", "default": API, "api_roots": [API]}))
    if asked.path == API:
        return Answer(200, _json({"title": "Entente", "versions": [MEDIA], "max_content_length": 1}))
    return _collections(asked, shelf, token, now)


def _collections(asked: Asked, shelf: Shelf, token: Token, now: datetime) -> Answer:
    below = asked.path.removeprefix(API + "collections/")
    if below == asked.path or not asked.path.endswith("/"):
        raise _RefusedError(404, "There is no such thing.")
    names = {collection_id(name): name for name in shelf.names() if name in token.collections}
    parts = below.split("/")[:-1]
    if not parts:
        return Answer(200, _json({"collections": [_collection(name) for name in names.values()]} if names else {}))
    if parts[0] not in names:  # one that the token does not open is not told from one that is not there
        raise _RefusedError(404, "There is no such collection.")
    name = names[parts[0]]
    if len(parts) == 1:
        return Answer(200, _json(_collection(name)))
    filters = _filters(asked.query)
    shown = _shown(shelf, name, token, filters, now, parts[2] if len(parts) > 2 else None)
    match parts[1:]:
        case ["objects"]:
            return _page(shown, filters, "objects", lambda one: dict(one.value))
        case ["manifest"]:
            return _page(shown, filters, "objects", _manifest)
        case ["objects", _]:
            return _page(_some(shown), filters, "objects", lambda one: dict(one.value))
        case ["objects", _, "versions"]:
            return _page(_some(shown), filters, "versions", lambda one: _version(one.value))
    raise _RefusedError(404, "There is no such thing.")


def _collection(name: str) -> dict[str, Any]:
    title = "Released by this authority" if name == OWN else f"Received from {name}"
    value = {"id": collection_id(name), "title": title, "alias": name, "can_read": True, "can_write": False}
    return {**value, "media_types": [STIX]}


def _shown(
    shelf: Shelf, name: str, token: Token, filters: Mapping[str, str], now: datetime, wanted: str | None
) -> Iterator[_Shown]:
    """The objects that may be shown, each once, in the order of when they could first be seen; or one of them."""
    after, seen = filters.get("after"), set[tuple[str, Any]]()
    for listed in _from(shelf, name, filters):
        cleared = shelf.cleared(listed, token, now)
        if cleared is None:
            continue
        made = [*stix.extension_definitions(), *stix.objects(cleared)]
        for number, one in enumerate(made):
            if wanted is not None and one["id"] != wanted:
                continue
            mark = f"{_written(listed.added)}!{listed.message.content}!{number:06}"
            if (key := (one["id"], one.get("modified"))) in seen or (after and mark <= after):
                continue
            if _matches(value := json.loads(one.serialize()), filters):
                seen.add(key)  # of what is given only: no more than a page
                yield _Shown(value, listed.added, mark)


def _from(shelf: Shelf, name: str, filters: Mapping[str, str]) -> Iterator[Listed]:
    """The messages of a collection that a request goes on with."""
    added_after = filters.get("added_after")
    since = _moment(added_after) if added_after else _EARLIEST
    first = filters.get("after", "").rpartition("!")[0]
    for row in shelf.listed(name, max(since, _begun(first))):
        if row.added > since and f"{_written(row.added)}!{row.message.content}" >= first:
            yield row


def _begun(mark: str) -> datetime:
    """The moment in a mark; whoever sends a mark that is none begins at the beginning."""
    try:
        return _moment(mark.partition("!")[0])
    except _RefusedError:
        return _EARLIEST


def _page(shown: Iterator[_Shown], filters: Mapping[str, str], name: str, write: Callable[[_Shown], Any]) -> Answer:
    limit = int(filters["limit"])
    found = list(islice(shown, limit + 1))
    page = found[:limit]
    body: dict[str, Any] = {name: [write(one) for one in page]} if page else {}
    headers = {}
    if len(found) > limit:
        body = {"more": True, "next": page[-1].mark, **body}
    if page:
        headers["X-TAXII-Date-Added-First"] = _written(page[0].added)
        headers["X-TAXII-Date-Added-Last"] = _written(page[-1].added)
    return Answer(200, _json(body), headers)


def _some(shown: Iterator[_Shown]) -> Iterator[_Shown]:
    """The versions of one object: a few, and at least one."""
    found = list(shown)
    if not found:
        raise _RefusedError(404, "There is no such object.")
    return iter(found)


def _manifest(one: _Shown) -> dict[str, str]:
    version = _version(one.value)
    return {"id": one.value["id"], "date_added": _written(one.added), "version": version, "media_type": STIX}


def _version(value: Mapping[str, Any]) -> str:
    return str(value.get("modified") or value["created"])


def _matches(value: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    def wanted(name: str) -> set[str] | None:
        return set(filters[name].split(",")) if name in filters else None

    version = wanted("match[version]")
    versions = version is None or bool(version & {"all", "last", "first", _version(value)})
    ids, types = wanted("match[id]"), wanted("match[type]")
    spec = wanted("match[spec_version]")
    return (
        versions
        and (ids is None or value["id"] in ids)
        and (types is None or value["type"] in types)
        and (spec is None or "2.1" in spec)
    )


def _filters(query: str) -> dict[str, str]:
    try:
        given = parse_qs(query, keep_blank_values=True, strict_parsing=bool(query), max_num_fields=16)
    except ValueError:
        raise _RefusedError(400, "The query cannot be read.") from None
    if unknown := set(given) - _FILTERS - _MATCHES:
        raise _RefusedError(400, f"There is no filter {min(unknown)[:40]!r}.")
    found = {name: ",".join(values) for name, values in given.items()}
    limit = found.get("limit", str(USUAL))
    if not (limit.isascii() and limit.isdigit() and int(limit[:9]) > 0):
        raise _RefusedError(400, "The limit is a whole number above 0.")
    if "added_after" in found:
        _moment(found["added_after"])
    after = {"after": found.pop("next")} if "next" in found else {}
    return {**found, **after, "limit": str(min(int(limit[:9]), MOST))}


def _moment(text: str) -> datetime:
    for form in _TIMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise _RefusedError(400, "A time is written as 2026-11-24T09:00:00.000000Z.")


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_TIMES[0])


def _accepts(header: str | None) -> bool:
    if header is None:
        return True
    return any(part.replace(" ", "").lower().split(";q=")[0] in _ACCEPTED for part in header.split(","))


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
