"""A release by assertions: prepared by the command, signed elsewhere, and taken by a peer that pinned where."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime

import cbor2
import pytest
from click.testing import CliRunner

from entente.cli import main
from entente.exchange.errors import MalformedError, SignatureError
from entente.exchange.store import Way
from entente.exchange.webauthn import RelyingParty, relying_party
from entente.node.cards import read_card
from entente.node.config import check_config
from entente.node.errors import NodeError, PairingError
from entente.node.node import Node
from entente.node.services import staff
from exchange_authenticator import PARTY, Authenticator
from exchange_people import ALERT
from node_people import MX, PASS, US, meet, office, pair


def text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def registration(key: Authenticator, party: RelyingParty = PARTY, flags: int = 0x45) -> bytes:
    """What a browser gives when it registers an authenticator that attests nothing."""
    client = {"type": "webauthn.create", "challenge": text(b"x" * 32), "origin": party.origins[0], "crossOrigin": False}
    head = hashlib.sha256(party.id.encode()).digest() + bytes([flags]) + bytes(4)
    data = head + bytes(16) + (4).to_bytes(2, "big") + b"cred" + key.record.public
    attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
    response = {"clientDataJSON": text(json.dumps(client).encode()), "attestationObject": text(attestation)}
    return json.dumps(
        {"id": text(b"cred"), "rawId": text(b"cred"), "type": "public-key", "response": response}
    ).encode()


def assertion(key: Authenticator, digest: str, **how) -> bytes:
    """What a browser gives when an authenticator signed."""
    made = key.sign(digest, **how)
    beside = made.extra["webauthn"]
    parts = {name: beside[name].replace("+", "-").replace("/", "_").rstrip("=") for name in beside}
    response = {**parts, "signature": text(made.value)}
    return json.dumps(
        {"id": text(b"cred"), "rawId": text(b"cred"), "type": "public-key", "response": response}
    ).encode()


@pytest.fixture
def world(tmp_path):
    """US has an officer with an authenticator; MX is paired with it."""
    now = lambda: datetime.now(UTC)  # noqa: E731
    us, mx = office(tmp_path / US, US, clock=now), office(tmp_path / MX, MX, clock=now)
    path = tmp_path / US / "config.toml"
    with pytest.raises(NodeError, match="where officers use"):
        staff.add_authenticator(us.node.parts, "Eve", b"{}")
    lines = path.read_text().replace('relying_party = ""', f'relying_party = "{PARTY.id}"')
    path.write_text(lines.replace("origins = []", f'origins = ["{PARTY.origins[0]}"]'))
    us.node.close()
    us = replace(us, node=Node.open(tmp_path / US, now, PASS))
    eve = Authenticator(US, "Eve")
    staff.add_authenticator(us.node.parts, "Eve", registration(eve))
    pair(us, mx)
    (tmp_path / "pass").write_bytes(PASS)
    (tmp_path / "pass").chmod(0o600)
    (tmp_path / "alert.json").write_text(json.dumps(ALERT))
    return us, mx, eve, tmp_path


def run(path, *args, code=0):
    line = ["send", *map(str, args), "--home", str(path / US), "--passphrase-file", str(path / "pass")]
    result = CliRunner().invoke(main, line)
    assert result.exit_code == code, result.output
    return result.output


def prepared(path, name="one") -> str:
    what = ("alert", path / "alert.json", "--to", MX, "--handling", "TLP:AMBER", "--no-personal")
    lines = run(path, *what, "--prepare", path / name).splitlines()
    return next(line.split()[1] for line in lines if line.startswith("Digest"))


def test_an_officer_releases_by_an_assertion_that_was_made_elsewhere(world):
    us, mx, eve, path = world
    digest = prepared(path)
    assert us.node.messages(MX, Way.SENT) == []
    (path / "a.json").write_bytes(assertion(eve, digest))
    by = ("--officer", "Ann", "--officer-passphrase-file", path / "pass", "--yes")
    run(path, "--prepared", path / "one", "--assertion", path / "a.json", *by)
    meet(us, mx, 2)
    (row,) = mx.node.messages(US, Way.TAKEN)
    assert (row.refused, row.content) == ("", digest)
    assert (path / "one").stat().st_mode & 0o077 == 0
    run(path, "--prepared", path / "one", "--assertion", path / "a.json", "--to", MX, *by, code=2)


def test_the_card_names_where_officers_sign_and_the_fingerprint_covers_it(world):
    us, mx, _, _ = world
    card = read_card(us.node.card().encode())
    assert card.relying_party == PARTY
    assert mx.node.channel(US).peer.relying_party == PARTY
    assert mx.node.card().relying_party is None
    other = replace(card, relying_party=RelyingParty(PARTY.id, ("https://evil.node.dea.example",)))
    assert other.fingerprint != card.fingerprint
    with pytest.raises(PairingError, match="not where it is used"):
        read_card(replace(card, relying_party=None).encode())


@pytest.mark.parametrize(
    "how",
    [
        {"origin": "https://evil.example"},
        {"party": "evil.example"},
        {"kind": "webauthn.create"},
        {"flags": 1},
        {"flags": 0},
    ],
)
def test_an_assertion_from_elsewhere_or_of_nobody_is_refused(world, how):
    us, _, eve, _ = world
    content = us.node.draft("alert", ALERT, [MX], us.signed(MX).header.marking)
    with pytest.raises(SignatureError):
        staff.assertion(us.node.parts, content, assertion(eve, content.id, **how))


def test_an_assertion_over_another_message_or_by_a_stranger_is_refused(world):
    us, _, eve, path = world
    one, two = prepared(path), prepared(path, "two")
    assert one != two
    (path / "a.json").write_bytes(assertion(eve, one))
    (path / "b.json").write_bytes(assertion(Authenticator(US, "Eve"), two))
    by = ("--officer", "Ann", "--officer-passphrase-file", path / "pass", "--yes")
    for wrong in ("a.json", "b.json"):
        run(path, "--prepared", path / "two", "--assertion", path / wrong, *by, code=1)
    run(
        path,
        "--prepared",
        path / "one",
        "--assertion",
        path / "a.json",
        "--assertion",
        path / "a.json",
        "--yes",
        code=2,
    )
    (path / "c.json").write_bytes(assertion(eve, one))
    run(
        path,
        "--prepared",
        path / "one",
        "--assertion",
        path / "a.json",
        "--assertion",
        path / "c.json",
        "--yes",
        code=1,
    )
    assert us.node.messages(MX, Way.SENT) == []


def test_a_registration_is_of_this_authoritys_pages_and_of_a_person(world):
    us, _, _, _ = world
    parts = us.node.parts
    elsewhere = RelyingParty("evil.example", ("https://evil.example",))
    for wrong in (
        registration(Authenticator(US, "Bob"), elsewhere),
        registration(Authenticator(US, "Bob"), flags=0x41),
    ):
        with pytest.raises(SignatureError):
            staff.add_authenticator(parts, "Joe", wrong)
    with pytest.raises(MalformedError):
        staff.add_authenticator(parts, "Joe", b'{"response": 1}')
    with pytest.raises(NodeError, match="has a key already"):
        staff.add_authenticator(parts, "Eve", registration(Authenticator(US, "Eve")))


@pytest.mark.parametrize(
    ("party", "origins"),
    [
        ("", ["https://a.example"]),
        ("a.example", []),
        ("a.example", ["http://a.example"]),
        ("a.example", ["https://b.example"]),
        ("a.example", ["https://nota.example"]),
        ("a.example", ["https://a.example/path"]),
        ("a.example", ["https://a.example", "https://a.example"]),
        ("https://a.example", ["https://a.example"]),
    ],
)
def test_a_relying_party_that_is_none_is_refused_in_settings_and_cards(party, origins):
    with pytest.raises(MalformedError):
        relying_party(party, origins)
    with pytest.raises(NodeError):
        check_config(
            {"name": "us-dea", "jurisdiction": "US", "relying_party": party, "origins": origins}, "config.toml"
        )


def test_below_the_domain_and_another_port_are_good():
    found = relying_party("dea.example", ["https://desk.dea.example:8443", "https://dea.example"])
    assert len(found.origins) == 2
