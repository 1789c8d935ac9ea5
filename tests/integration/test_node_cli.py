"""The commands of a node, as a person types them: make, pair, look after, back up, restore."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from entente.cli import main
from entente.exchange.keyfiles import COST
from entente.node.node import Node
from entente.node.services import staff
from entente.node.store import models


@pytest.fixture
def run(tmp_path, monkeypatch):
    for slow in (Node.init.__func__, staff.add):
        monkeypatch.setitem(slow.__kwdefaults__, "cost", 10)
    monkeypatch.delenv("ENTENTE_PASSPHRASE_FILE", raising=False)
    words = tmp_path / "words"
    words.write_text("correct horse battery\n")
    words.chmod(0o600)

    def call(home: str, *words_typed: str, input: str | None = None, fails: bool = False) -> Result:  # noqa: A002
        environment = {"ENTENTE_HOME": str(tmp_path / home), "ENTENTE_PASSPHRASE_FILE": str(words)}
        result = CliRunner().invoke(main, list(words_typed), input=input, env=environment)
        assert (result.exit_code != 0) is fails, result.output
        return result

    return call


@pytest.fixture
def node(run):
    def make(name: str) -> str:
        run(name, "node", "init", "--name", name, "--jurisdiction", name[:2].upper())
        return name

    return make


def officers(run, name: str, words: Path) -> None:
    for officer in ("Ann", "Bob"):
        run(name, "node", "officer", "add", officer, "--officer-passphrase-file", str(words))


@pytest.fixture
def both(run, node, tmp_path):
    for name in ("us-dea", "mx-pgr"):
        officers(run, node(name), tmp_path / "words")
        run(name, "peer", "invite", str(tmp_path / f"{name}.json"))
    for here, there in (("us-dea", "mx-pgr"), ("mx-pgr", "us-dea")):
        run(here, "peer", "accept", str(tmp_path / f"{there}.json"))
    return run


def fingerprint(run, name: str) -> str:
    return run(name, "peer", "show").output.splitlines()[1].strip()


def test_pairing_needs_the_fingerprint_that_the_other_side_reads_out(both):
    wrong = both("us-dea", "peer", "confirm", "mx-pgr", "--fingerprint", fingerprint(both, "us-dea"), fails=True)
    assert "Do not pair" in wrong.output
    assert "unconfirmed" in both("us-dea", "node", "status").output
    spoken = fingerprint(both, "mx-pgr")
    assert spoken not in both("us-dea", "peer", "show", "mx-pgr").output
    assert "Paired with mx-pgr" in both("us-dea", "peer", "confirm", "mx-pgr", input=f"{spoken}\n").output
    (channel,) = json.loads(both("us-dea", "node", "status", "--json").output)["channels"]
    assert (channel["peer"], channel["state"], channel["sent"]) == ("mx-pgr", "confirmed", 0)


def test_no_command_shows_the_fingerprint_that_is_to_be_typed(both):
    spoken = fingerprint(both, "mx-pgr")
    shown = [
        both("us-dea", *words).output for words in (("peer", "show"), ("peer", "show", "mx-pgr"), ("node", "status"))
    ]
    assert not any(spoken in text or spoken.replace(" ", "") in text for text in shown)


def test_a_revoked_peer_is_not_reached_any_more(both):
    both("us-dea", "peer", "confirm", "mx-pgr", "--fingerprint", fingerprint(both, "mx-pgr"))
    both("us-dea", "peer", "revoke", "mx-pgr", input="n\n", fails=True)
    both("us-dea", "peer", "revoke", "mx-pgr", "--yes")
    assert "REVOKED" in both("us-dea", "node", "status").output


def test_the_doctor_says_what_to_do_and_fails_on_an_error(run, node, tmp_path):
    node("us-dea")
    found = run("us-dea", "node", "doctor", "--json", fails=True).output.splitlines()
    errors = [line for line in map(json.loads, found) if line["level"] == "error"]
    assert [(line["what"], line["remedy"]) for line in errors] == [("keys", "entente node officer add NAME")]
    officers(run, "us-dea", tmp_path / "words")
    run("us-dea", "node", "doctor", "--full")


def test_backup_and_restore(both, tmp_path):
    both("us-dea", "node", "backup", str(tmp_path / "b"), "--content-keys", str(tmp_path / "k"))
    restored = both("new", "node", "restore", str(tmp_path / "b"), "--keys", str(tmp_path / "us-dea" / "keys"))
    assert "us-dea restored" in restored.output
    assert fingerprint(both, "new") == fingerprint(both, "us-dea")


def test_a_node_is_never_made_over_another(run, node):
    node("us-dea")
    again = run("us-dea", "node", "init", "--name", "us-dea", "--jurisdiction", "US", fails=True)
    assert "not empty" in again.output


def test_a_short_passphrase_is_refused(run, tmp_path):
    (tmp_path / "short").write_text("short")
    (tmp_path / "short").chmod(0o600)
    options = ("--name", "us-dea", "--jurisdiction", "US", "--passphrase-file", str(tmp_path / "short"))
    assert "fewer than 12" in run("us-dea", "node", "init", *options, fails=True).output


def test_a_passphrase_file_that_others_can_read_is_refused(run, tmp_path):
    (tmp_path / "words").chmod(0o644)
    made = run("us-dea", "node", "init", "--name", "us-dea", "--jurisdiction", "US", fails=True)
    assert "chmod 600" in made.output
    assert not (tmp_path / "us-dea").exists()


def test_the_real_cost_of_a_passphrase_is_not_the_one_of_tests():
    assert COST == 17


def test_migrate_says_that_nothing_is_to_be_done(run, node):
    node("us-dea")
    assert "up to date" in run("us-dea", "node", "migrate").output


def test_what_would_have_company_waits_for_nobody(run, node, tmp_path):
    from entente.node.home import Home

    node("us-dea")
    with Home(tmp_path / "us-dea").used():
        assert "Another program" in run("us-dea", "node", "migrate", fails=True).output
        run("us-dea", "node", "status")


def test_evidence_is_a_file_for_a_third_party(both, tmp_path):
    from exchange_people import NOW

    both("us-dea", "peer", "confirm", "mx-pgr", "--fingerprint", fingerprint(both, "mx-pgr"))
    node = Node.open(tmp_path / "us-dea", lambda: NOW)
    rows = {"channel": models.Channel.objects.using(node.parts.alias).get(), "at": NOW}
    models.EvidenceFile.objects.using(node.parts.alias).create(kind="fork", digest="ab" * 32, data=b"proof", **rows)
    assert "1 FILES OF EVIDENCE" in both("us-dea", "node", "status").output
    assert "entente peer evidence mx-pgr" in both("us-dea", "node", "doctor", fails=True).output
    both("us-dea", "peer", "evidence", "mx-pgr", str(tmp_path / "out"))
    (file,) = (tmp_path / "out").iterdir()
    assert file.read_bytes() == b"proof"


def test_the_endpoint_for_a_server_of_ones_own_holds_the_directory(run, node, tmp_path):
    node("us-dea")
    code = "import entente.node.asgi as a, subprocess as s; print(callable(a.application), s.call([*'{}'.split()]))"
    command = f"{Path(sys.executable).parent / 'entente'} node migrate"
    environment = {"ENTENTE_HOME": str(tmp_path / "us-dea"), "ENTENTE_PASSPHRASE_FILE": str(tmp_path / "words")}
    done = subprocess.run(
        [sys.executable, "-c", code.format(command)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True 2", done.stderr
    assert "Another program" in done.stderr


def test_a_database_that_cannot_be_reached_leaves_no_half_of_a_node(run, tmp_path):
    options = ("--name", "us-dea", "--jurisdiction", "US", "--database", "postgresql://postgres@127.0.0.1:1/x")
    done = run("us-dea", "node", "init", *options, fails=True)
    assert "cannot be reached" in done.output
    assert not (tmp_path / "us-dea").exists()
