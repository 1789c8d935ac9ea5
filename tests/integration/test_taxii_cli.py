"""`entente taxii`: a token is made and shown once, and a tool reads with it from the server that the command runs."""

from __future__ import annotations

import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import requests
from click.testing import CliRunner, Result
from taxii2client.v21 import Collection, Server

from entente.cli import main
from entente.exchange.handling import Marking, Tlp
from entente.node.node import Node
from entente.node.taxii.access import FILE, Token, read_access
from entente.node.taxii.answers import API, ROOT, collection_id
from entente.node.wire.certificate import pin_of
from entente.node.wire.pinning import pinned_context
from exchange_people import ALERT
from node_people import MX, PASS, US, meet, offices
from wire_people import PATIENCE, now, pin


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A node that has taken one message that all may see and one that they may not."""
    made = offices(tmp_path, US, MX, clock=now)
    us, mx = made[US], made[MX]
    for tlp in (Tlp.CLEAR, Tlp.RED):
        us.node.send(us.node.sign(us.node.draft("alert", ALERT, [MX], Marking(tlp)), [us.ann, us.bob]), MX)
    meet(us, mx, 2)
    mx.node.close()
    (tmp_path / "pass").write_bytes(PASS)
    (tmp_path / "pass").chmod(0o600)
    return tmp_path / MX


def taxii(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, ["taxii", *map(str, words)])
    assert result.exit_code == code, result.output
    return result


def tokened(home: Path, until: str = "2999-01-01") -> str:
    """Make a token as a person does, put its lines into the file, and give it."""
    made = taxii("token", "analysis", "--collection", US, "--purpose", "diversion", "--until", until, "--home", home)
    (home / FILE).write_text(made.stdout, encoding="utf-8")
    (secret,) = re.findall(r"shown this once: (\S+)", made.stderr)
    return secret


@contextmanager
def served(home: Path, *options: str) -> Iterator[str]:
    """The address that the command prints when it listens."""
    words = ["taxii", "serve", "--listen", "127.0.0.1:0", "--home", str(home), *options]
    words += ["--passphrase-file", str(home.parent / "pass")]
    child = subprocess.Popen(
        [sys.executable, "-c", "from entente.cli import main; main()", *words], stderr=subprocess.PIPE, text=True
    )
    assert child.stderr is not None
    try:
        yield child.stderr.readline().split(" shows ")[1].split()[0]
    finally:
        child.terminate()
        child.wait(PATIENCE)
        child.stderr.close()


class Bearer(requests.auth.AuthBase):
    def __init__(self, token: str) -> None:
        self.token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def test_a_token_is_shown_once_and_its_digest_alone_is_for_the_file(home):
    secret = tokened(home)
    assert secret not in (home / FILE).read_text(encoding="utf-8")
    digest = sha256(secret.encode()).hexdigest()
    expected = Token("analysis", digest, frozenset({US}), "diversion", date(2999, 1, 1))
    assert read_access(home / FILE).tokens == (expected,)


def test_a_tool_reads_from_the_command_what_its_token_opens(home):
    secret = tokened(home)
    with served(home, "--no-tls") as url:
        assert url.startswith("http://127.0.0.1:")
        assert url.endswith(ROOT)
        (root,) = Server(url, auth=Bearer(secret)).api_roots
        assert [one.id for one in root.collections] == [collection_id(US)]
        collection = Collection(f"{url.removesuffix(ROOT)}{API}collections/{collection_id(US)}/", auth=Bearer(secret))
        kinds = [one["type"] for one in collection.get_objects()["objects"]]
        assert kinds.count("report") == 1
        with pytest.raises(requests.HTTPError, match="401"):
            _ = Server(url, auth=Bearer("another")).title


def test_over_tls_it_shows_the_key_that_the_node_has(home):
    secret = tokened(home)
    node = Node.open(home, now, PASS)
    known = pin(node)
    node.close()
    with served(home) as url:
        assert url.startswith("https://127.0.0.1:")
        port = int(url.split(":")[2].split("/")[0])
        assert pin_of(ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(("127.0.0.1", port)))) == known
        headers = {"Authorization": f"Bearer {secret}"}
        with httpx.Client(verify=pinned_context(known), trust_env=False, timeout=PATIENCE, headers=headers) as http:
            assert http.get(url).json()["title"] == "Entente"


def test_what_cannot_be_served_is_said_before_a_passphrase_is_asked_for(home):
    assert "cannot be read" in taxii("serve", "--home", home, code=2).output
    tokened(home)
    for bad in ("8444", "127.0.0.1:", "127.0.0.1:http"):
        assert "is no address" in taxii("serve", "--listen", bad, "--home", home, code=2).output
    words = ("--passphrase-file", home.parent / "pass", "--home", home)
    refused = taxii("serve", "--listen", "0.0.0.0:0", "--no-tls", *words, code=2)
    assert "Without TLS" in refused.output
