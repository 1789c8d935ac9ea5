"""The desk from a terminal: found it, take a run in, outcomes out, the account for an auditor."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from entente.cli.app import main
from entente.node.services.desk import access_people
from entente.node.services.desk.rules import Role
from entente.node.store import database
from leads_runs import lead, lead_number, reason, write_run
from node_people import MX, PASS, office


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command at a node with two officers; what it printed."""
    node = office(tmp_path / "node", MX).node
    secret = tmp_path / "passphrase"
    secret.touch(mode=0o600)
    secret.write_bytes(PASS)
    environ = {"ENTENTE_HOME": str(node.parts.home.path), "ENTENTE_PASSPHRASE_FILE": str(secret)}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def call(*words: str, ok: int = 0):
        result = CliRunner(env=environ).invoke(main, words)
        assert result.exit_code == ok, (result.exit_code, result.output, result.exception)
        return result

    call.parts = node.parts
    yield call
    database.close(node.parts.alias)


PERSON = ("--person-passphrase-file", "passphrase")


def people(run) -> None:
    run("node", "createuser", "Ann", "--role", "officer", "--role", "liaison")
    run("node", "createuser", "Ida", "--role", "administrator", *PERSON)
    made = run("node", "createuser", "Joe", "--role", "administrator", *PERSON)
    assert "Next" not in made.stdout


def test_a_desk_from_its_founders_to_its_account(run, tmp_path):
    people(run)
    two = ("--approve", "Ida", "--approve", "Joe")
    files = ("--approve-passphrase-file", "passphrase") * 2
    run("node", "createuser", "Max", "--role", "auditor", *PERSON, *two, *files)
    write_run(tmp_path / "results", [lead(1, [reason("R1", "hit")])])
    taken = run("node", "import-run", "results", "--person", "Ann", *PERSON)
    assert "1 leads of results: 1 new" in taken.stdout
    run("node", "outcomes", "out.csv", "--person", "Ann", *PERSON)
    assert (tmp_path / "out.csv").read_text() == "lead_id,outcome,decided_on,note\n"
    told = run("node", "account", "account", "--person", "Max", *PERSON)
    entries = [json.loads(line) for line in (tmp_path / "account" / "entries.jsonl").read_text().splitlines()]
    assert f"{len(entries)} entries" in told.stdout
    assert [entry["act"] for entry in entries[-2:]] == ["import-leads", "import-run"]
    assert (tmp_path / "account" / "checkpoint").read_text().startswith(f"entente.account/{MX}\n{len(entries)}\n")
    assert lead_number(1) not in (tmp_path / "account" / "entries.jsonl").read_text()


def test_one_administrator_makes_nobody(run):
    people(run)
    for approved in ((), ("--approve", "Ida"), ("--approve", "Ida", "--approve", "Ida")):
        result = run("node", "createuser", "Max", "--role", "auditor", *PERSON, *approved, ok=2)
        assert "two of them sign" in result.stderr
    assert access_people.person_id(run.parts.alias, "Max") is None


def test_who_is_not_known_or_may_not_is_refused(run, tmp_path):
    people(run)
    write_run(tmp_path / "results", [lead(1)])
    assert "nobody named" in run("node", "import-run", "results", "--person", "Eva", *PERSON, ok=2).stderr
    assert "may not" in run("node", "import-run", "results", "--person", "Ida", *PERSON, ok=2).stderr
    assert "may not" in run("node", "account", "account", "--person", "Ann", *PERSON, ok=2).stderr
    (tmp_path / "other").touch(mode=0o600)
    (tmp_path / "other").write_bytes(b"another passphrase")
    wrong = ("--person-passphrase-file", "other")
    assert run("node", "import-run", "results", "--person", "Ann", *wrong, ok=1).stdout == ""


def test_a_person_who_was_half_made_is_made(run):
    from entente.node.services.desk import signing

    signing.make(run.parts, "Zoe", PASS)
    run("node", "createuser", "Zoe", "--role", "analyst", *PERSON)
    assert access_people.who(run.parts.alias, "Zoe", run.parts.clock()).roles == {Role.ANALYST}
