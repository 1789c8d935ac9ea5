"""The endpoint against its own OpenAPI document: whatever is asked, no failure inside and no answer beside it."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks
from schemathesis.specs.openapi import checks as openapi

from entente.exchange.requests import HEADER, sign_request
from entente.node.boot import boot
from entente.node.wire.terms import BUNDLE, PREFIX
from node_people import MX, US
from wire_people import PATIENCE, now, paired, serving

boot()
from entente.node.wire.api import document  # noqa: E402 - it needs Django's settings


@schemathesis.serializer(BUNDLE)
def _as_it_is(_context, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


schema = schemathesis.openapi.from_dict(document())
CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_schema_conformance,
    openapi.response_headers_conformance,
    openapi.unsupported_method,
]
pytestmark = pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    both = paired(tmp_path_factory.mktemp("schema"), US, MX)
    for _ in range(3):
        both[MX].send(US)
    both[MX].node.give(US)
    with serving(both[MX].node) as port:
        yield both[US].node, f"https://127.0.0.1:{port}"


class Signing(requests.auth.AuthBase):
    """Signs whatever the tool is about to send."""

    def __init__(self, node):
        self.node, self.key = node, node.channel(MX).node

    def __call__(self, request):
        parts = urlsplit(request.url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        method = request.method if request.method in {"GET", "POST"} else "GET"
        request.headers[HEADER] = sign_request(method, target, body, to=MX, node=self.key, at=now(), random=os.urandom)
        return request


@schema.parametrize()
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_paired_peer_gets_only_what_the_document_says(case, peer):
    node, url = peer
    with requests.Session() as session:
        session.auth = Signing(node)
        case.call_and_validate(base_url=url, session=session, verify=False, timeout=PATIENCE, checks=CHECKS)


@schema.parametrize()
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_stranger_gets_only_what_the_document_says(case, peer):
    _, url = peer
    with requests.Session() as session:
        answer = case.call(base_url=url, session=session, verify=False, timeout=PATIENCE)
        case.validate_response(answer, checks=CHECKS[:-1])  # a stranger is not told which methods there are
        assert answer.status_code in {401, 405}


def test_the_document_names_every_address():
    assert sorted(document()["paths"]) == [
        f"{PREFIX}/frames/{{sequence}}",
        f"{PREFIX}/parcels",
        f"{PREFIX}/pieces/{{piece}}",
        f"{PREFIX}/receipts/{{sequence}}",
    ]
