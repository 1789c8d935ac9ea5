"""The commands of the exchange as a person uses them: send, sync, bundle, messages, ledger."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from entente.cli.app import main
from entente.exchange import officers
from entente.exchange.keys import Role
from entente.exchange.ledger.receipt import parse_receipt
from entente.exchange.sealing import seal
from entente.exchange.store import Way
from entente.node.services import servers
from entente.node.services.peers import own
from entente.node.store.models import Peer
from node_people import CN, MX, PASS, US, Office, office, pair
from wire_people import now, paired, pin, serving

ALERT = {"title": "New trade name", "summary": "Sold under a new name.", "urgency": "routine"}


@pytest.fixture
def both(tmp_path: Path) -> dict[str, Office]:
    return paired(tmp_path / "nodes", US, MX)


@pytest.fixture
def run(both, tmp_path, monkeypatch):
    """Run a command at one of the nodes; its exit code, what it printed, and what it said beside."""
    secret = tmp_path / "passphrase"
    secret.touch(mode=0o600)
    secret.write_bytes(PASS)
    (tmp_path / "alert.json").write_text(json.dumps(ALERT))
    monkeypatch.setenv("ENTENTE_PASSPHRASE_FILE", str(secret))
    monkeypatch.chdir(tmp_path)

    def call(at: str, *words: str, ok: int = 0):
        environ = {"ENTENTE_HOME": str(both[at].node.parts.home.path)}
        monkeypatch.setenv("ENTENTE_HOME", environ["ENTENTE_HOME"])
        result = CliRunner(env=environ).invoke(main, words)
        assert result.exit_code == ok, (result.exit_code, result.output, result.exception)
        return result

    return call


OFFICERS = (
    *("--officer", "Ann", "--officer", "Bob"),
    *("--officer-passphrase-file", "passphrase", "--officer-passphrase-file", "passphrase"),
)
SEND = ("send", "alert", "alert.json", "--to", MX, "--handling", "TLP:AMBER H1", "--no-personal", "--yes", *OFFICERS)


def reached(here: Office, there: Office, port: int) -> None:
    """Pretend that the peer's invitation named this server."""
    card = json.loads(bytes(Peer.objects.using(here.node.parts.alias).get(name=there.name).card))
    card |= {"url": f"https://127.0.0.1:{port}", "tls": pin(there.node)}
    rows = Peer.objects.using(here.node.parts.alias).filter(name=there.name)
    rows.update(card=json.dumps(card).encode(), url=card["url"], tls=card["tls"])


def test_two_officers_release_and_it_is_said_what_the_handling_means(both, run):
    result = run(US, *SEND)
    assert "Message 1 to mx-pgr: committed" in result.stdout
    assert "H1: no judicial use without the originator's permission." in result.stderr
    (row,) = both[US].node.messages(MX, Way.SENT)
    assert f"Content {row.content}" in result.stdout
    value = json.loads(run(US, *SEND, "--json").stdout)
    assert value["sent"] == [{"peer": MX, "sequence": 2, "frame": both[US].node.messages(MX, Way.SENT)[1].frame}]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Bob": "Ann"}, "Two different officers"),
        ({"TLP:AMBER H1": "H1"}, "exactly one TLP"),
        ({"--no-personal": "--personal"}, "assessment"),
        ({MX: "xx-none"}, "no peer"),
        ({"alert": "no-such-type"}, "not known here"),
        ({"alert.json": "passphrase"}, "not strict JSON"),
    ],
)
def test_what_may_not_go_out_is_refused_with_a_remedy(both, run, change, says):
    words = [change.get(word, word) for word in SEND]
    result = run(US, *words, ok=run_code(says))
    assert says in result.stderr
    assert "What to do:" in result.stderr
    assert both[US].node.messages(MX, Way.SENT) == []


def run_code(says: str) -> int:
    return 1 if says in {"exactly one TLP", "assessment", "not known here"} else 2


def test_it_must_be_said_whether_there_is_personal_data(run):
    words = [word for word in SEND if word != "--no-personal"]
    assert "--personal or --no-personal" in run(US, *words, ok=2).stderr


def test_nothing_is_sent_when_the_officers_say_no(both, run):
    words = [word for word in SEND if word != "--yes"]
    run(US, *words, ok=1)
    assert both[US].node.messages(MX, Way.SENT) == []


def test_sync_once_meets_every_peer_and_counts(both, run):
    run(US, *SEND)
    with serving(both[MX].node) as port:
        reached(both[US], both[MX], port)
        assert run(US, "sync", "--once").stdout == "mx-pgr: 1 receipted\n"
        assert run(US, "sync", MX, "--once").stdout == "mx-pgr: nothing new\n"
        value = json.loads(run(US, "sync", "--once", "--json").stdout)
    assert (value["peer"], value["done"], value["problems"]) == (MX, True, [])


def test_a_servers_new_key_needs_no_new_pairing(both, run):
    """MX announces it; US meets the old key, then the new one, and from then on no other."""
    us, mx = both[US], both[MX]
    old = pin(mx.node)
    assert (
        "entente peer server-key" in run(MX, "peer", "rotate", "--no-node", "--no-seal", "--server", *OFFICERS).stdout
    )
    with serving(mx.node) as port:
        reached(us, mx, port)
        assert "1 received" in run(US, "sync", "--once").stdout
        assert len(servers.accepted(us.node.parts, MX)) == 2
        run(US, "sync", "--once")
    run(MX, "peer", "server-key")
    assert pin(mx.node) != old
    with serving(mx.node) as port:
        rows = Peer.objects.using(us.node.parts.alias).filter(name=MX)
        rows.update(
            card=json.dumps({**json.loads(bytes(rows.get().card)), "url": f"https://127.0.0.1:{port}"}).encode()
        )
        run(US, "sync", "--once")
    assert servers.accepted(us.node.parts, MX) == (pin(mx.node),)


def test_a_peer_that_cannot_be_reached_keeps_the_others_not_waiting(both, run, tmp_path):
    third = office(tmp_path / "cn", CN, clock=now)
    pair(both[US], third)
    with serving(both[MX].node) as port:
        reached(both[US], both[MX], port)
        result = run(US, "sync", "--once", ok=4)
    assert "mx-pgr: nothing new" in result.stdout
    assert "cn-nncc has no server" in result.stderr


def test_what_went_out_is_said_before_what_did_not(both, run, tmp_path):
    third = office(tmp_path / "cn", CN, clock=now)
    pair(both[US], third)
    both[US].send(CN, kind="suspension", body={"from": "2026-11-01T00:00:00Z"})
    result = run(US, *SEND, "--to", CN, ok=1)
    assert "Message 1 to mx-pgr: committed" in result.stdout
    assert "suspended" in result.stderr


def test_sync_says_what_to_do_when_a_peer_cannot_be_reached(both, run):
    run(US, *SEND)
    result = run(US, "sync", "--once", ok=4)
    assert "mx-pgr has no server" in result.stderr
    assert "bundle" in result.stderr
    with serving(both[US].node) as port:
        reached(both[US], both[MX], port)
        result = run(US, "sync", "--once", ok=4)
    assert "another key" in result.stderr
    assert "Do not go on" in result.stderr


def test_bundles_go_back_and_forth_with_attachments(both, run, tmp_path):
    (tmp_path / "scan.pdf").write_bytes(plain := os.urandom(100_000))
    run(US, *SEND, "--attach", "scan.pdf")
    out = run(US, "bundle", "export", MX, "to-mx.zip").stdout
    assert "1 messages, 0 receipts, 1 pieces" in out
    assert "is there already" in run(US, "bundle", "export", MX, "to-mx.zip", ok=2).stderr
    assert "1 new messages, 1 pieces" in run(MX, "bundle", "import", "to-mx.zip").stdout
    assert "nothing new" in run(MX, "bundle", "import", "to-mx.zip").stdout
    run(MX, "bundle", "export", US, "to-us.zip")
    assert json.loads(run(US, "bundle", "import", "to-us.zip", "--json").stdout)["receipts"] == 1
    (tmp_path / "out").mkdir()
    saved = run(MX, "messages", "save", f"{US}/taken/1", "out").stdout.strip()
    assert Path(saved).read_bytes() == plain
    assert "is there already" in run(MX, "messages", "save", f"{US}/taken/1", "out", ok=2).stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == [Path(saved).name]
    assert "scan.pdf" in saved
    (tmp_path / "cut.zip").write_bytes((tmp_path / "to-mx.zip").read_bytes()[:-1])
    assert "damaged" in run(MX, "bundle", "import", "cut.zip", ok=1).stderr


def test_messages_are_listed_and_read_as_far_as_their_handling_permits(both, run):
    run(US, *SEND)
    run(US, *[{"TLP:AMBER H1": "TLP:RED no-capital-case"}.get(word, word) for word in SEND])
    run(US, "bundle", "export", MX, "one.zip")
    run(MX, "bundle", "import", "one.zip")
    assert "mx-pgr/sent/1" in run(US, "messages", "list").stdout
    first, second = (json.loads(row) for row in run(MX, "messages", "list", "--json").stdout.splitlines())
    assert (first["type"], first["way"], second["sequence"]) == ("alert", "taken", 2)
    text = run(MX, "messages", "show", first["content"][:12]).stdout
    assert "Sold under a new name." in text
    assert "TLP:AMBER: For those in the recipient's authority" in text
    refused = run(MX, "messages", "show", f"{US}/taken/2", ok=1).stderr
    assert "TLP:RED is for the persons" in refused
    assert "death sentence" in refused
    assert "Sold under" in run(MX, "messages", "show", f"{US}/taken/2", "--named", "--no-capital").stdout
    value = json.loads(run(MX, "messages", "show", first["content"], "--json").stdout)
    assert value["body"] == ALERT
    for name in ("zzzzzzzz", "", f"{US}/taken/9", f"{US}/other/1"):
        assert "No message is called" in run(MX, "messages", "show", name, ok=2).stderr


def test_the_ledger_is_verified_and_a_proof_stands_alone(both, run, tmp_path):
    run(US, *SEND)
    assert "this is only what our own log says" in proved(run, US, "own.tlog-proof", sync=True)
    run(US, "bundle", "export", MX, "one.zip")
    run(MX, "bundle", "import", "one.zip")
    run(MX, "bundle", "export", US, "two.zip")
    run(US, "bundle", "import", "two.zip")
    assert "this is only" not in proved(run, US, "peer.tlog-proof")
    for at in (US, MX):
        text = run(at, "ledger", "verify", "--proof", "peer.tlog-proof").stdout
        assert "The proof holds. The log entente.log/mx-pgr/us-dea has, as received and accepted:" in text
    both[CN] = office(tmp_path / "cn", CN, clock=now)
    assert "not known here" in run(CN, "ledger", "verify", "--proof", "peer.tlog-proof", ok=1).stderr
    pair(both[CN], both[MX])
    assert "as received and accepted" in run(CN, "ledger", "verify", "--proof", "peer.tlog-proof").stdout
    damaged = (tmp_path / "peer.tlog-proof").read_bytes().replace(b"index 0", b"index 1")
    (tmp_path / "damaged").write_bytes(damaged)
    run(MX, "ledger", "verify", "--proof", "damaged", ok=1)
    receipt = parse_receipt((tmp_path / "peer.tlog-proof").read_bytes())
    assert b"New trade name" not in (receipt.extra or b"")
    out = run(US, "ledger", "verify").stdout
    assert "1 entries of our log" in out
    assert "1 receipts for what we sent; 0 messages without one" in out
    assert json.loads(run(MX, "ledger", "verify", "--peer", US, "--json").stdout)["mirrored"] == 1
    assert run(US, "ledger", "checkpoint").stdout.startswith("entente.log/us-dea/mx-pgr\n1\n")


def proved(run, at: str, name: str, *, sync: bool = False) -> str:
    if sync:
        assert "No signed checkpoint covers" in run(at, "ledger", "prove", f"{MX}/sent/1", name, ok=1).stderr
        run(at, "ledger", "checkpoint")
    return run(at, "ledger", "prove", f"{MX}/sent/1", name).stdout


def test_evidence_is_listed_written_and_checked_by_a_third_party(both, run, tmp_path):
    """US is turned back to an old state by somebody, and tells another history: MX can show it."""
    from entente.exchange.channel_errors import WrongdoingError

    us, mx = both[US], both[MX]
    with us.node.parts.uow.transaction(us.node.channel(MX).id) as tx:
        book = tx.book()
    us.send(MX)
    mx.node.take(US, us.node.give(MX))
    content = us.signed(MX)
    forked = seal(
        officers.release(content, own(us.node.parts), us.node.parts.suites, us.node.parts.types, now()),
        to=us.node.channel(MX).peer,
        to_key=us.node.channel(MX).peer.keys.usable(Role.SEAL, now())[0],
        node=us.node.channel(MX).node,
        place=book.sent,
        now=now(),
        suites=us.node.parts.suites,
    )
    assert "no evidence" in run(MX, "ledger", "evidence").stdout
    with pytest.raises(WrongdoingError):
        mx.node.take(US, replace(us.node.give(MX), frames=(forked.wire,)))
    (tmp_path / "out").mkdir()
    assert "frame-fork" in run(MX, "ledger", "evidence", "out").stdout
    (file,) = (tmp_path / "out").iterdir()
    text = run(MX, "ledger", "verify", "--evidence", str(file)).stdout
    assert "The evidence holds: frame-fork. The key of us-dea signed both:" in text
    third = office(tmp_path / "cn", CN, clock=now)
    both[CN] = third
    assert "confirmed" in run(CN, "ledger", "verify", "--evidence", str(file), ok=1).stderr
    pair(third, us)
    assert "frame-fork" in run(CN, "ledger", "verify", "--evidence", str(file), "--json").stdout
    file.write_bytes(file.read_bytes()[:-2] + b"]}")
    (tmp_path / "false").write_bytes(b'{"format":"entente.frame-fork/1","frames":[]}')
    run(MX, "ledger", "verify", "--evidence", "false", ok=1)


def test_damage_in_the_database_is_found_by_verify(both, run):
    from entente.node.store.models import Leaf

    run(US, *SEND)
    run(US, "bundle", "export", MX, "one.zip")
    run(MX, "bundle", "import", "one.zip")
    run(MX, "bundle", "export", US, "two.zip")
    Leaf.objects.using(both[MX].node.parts.alias).update(entry=b"taken\n{}")
    result = run(MX, "ledger", "verify", ok=1)
    assert "not those that were signed" in result.stderr


def test_no_command_needs_the_network_or_django_to_print_its_help():
    for name in ("send", "sync", "bundle", "messages", "ledger"):
        result = CliRunner().invoke(main, [name, "--help"])
        assert result.exit_code == 0
        assert "Usage:" in result.output


def test_the_example_of_the_page_works(both, run):
    page = (Path(__file__).parents[2] / "docs" / "sync.md").read_text(encoding="utf-8")
    block = page.split("```")[1].replace("\\\n", " ").replace("us-dea", MX)
    words = shlex.split(block.replace('"Ann Li"', "Ann").replace('"Bo Sun"', "Bob"))
    assert words[:2] == ["entente", "send"]
    secrets = ["--officer-passphrase-file", "passphrase"] * 2
    assert "committed" in run(US, *words[1:], *secrets, "--yes").stdout
