"""`entente match` between two whole nodes: from the auditor's key to the reveal and the auditor's replay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from entente.cli import main
from entente.exchange.content import Predicate
from entente.exchange.keyfiles import unlock
from entente.exchange.match import escrow
from entente.exchange.match.controls import Policy
from entente.exchange.match.errors import ControlError
from entente.exchange.parties import load_sealing
from entente.node.errors import NodeError
from entente.node.services import match_files, match_runs, matching
from entente.node.services.match_policy import read_policy
from entente.node.store.models import ContentKey, MatchPaper
from exchange_people import NOW
from match_engine import engine, quick
from match_sides import PREDICATE, companies
from node_people import MX, PASS, US, Office, meet, offices

AUDITOR = "an auditor's own words"


class World:
    """Two nodes, their files of keys, and a shell."""

    def __init__(self, path: Path) -> None:
        engine()
        self.path, self.by_stick = path, False
        self.offices: dict[str, Office] = offices(path, US, MX, clock=lambda: datetime.now(UTC))
        self.secret("pass", PASS.decode())
        self.secret("auditor", AUDITOR)
        self.keys("us.csv", range(12), "u")
        self.keys("mx.csv", range(10, 20), "m")
        for name, peer in ((US, MX), (MX, US)):
            self.policy(name, f"[peers.{peer}]\nmost = 50\n[peers.{peer}.budgets]\ndiversion = 60\n")

    def secret(self, name: str, text: str) -> None:
        (self.path / name).write_text(text)
        (self.path / name).chmod(0o600)

    def keys(self, name: str, numbers, mark: str, more: str = "") -> Path:
        rows = "".join(f"Firm {number} S.A.,León,{mark}{number}\n" for number in numbers)
        (self.path / name).write_text("name,city,reference\n" + rows + more, encoding="utf-8")
        return self.path / name

    def policy(self, name: str, text: str) -> None:
        (self.path / name / "match.toml").write_text(text)

    def run(self, who: str, *args: object, sign: bool = False, code: int = 0, locked: bool = False) -> str:
        line = ["match", *map(str, args), "--home", str(self.path / who)]
        line += [] if locked else ["--passphrase-file", str(self.path / "pass")]
        if sign:
            line += ["--officer", "Ann", "--officer", "Bob"]
            line += ["--yes"] if args[0] in {"offer", "answer", "reveal"} else []
            line += ["--officer-passphrase-file", str(self.path / "pass")] * 2
        result = CliRunner().invoke(main, line)
        assert result.exit_code == code, result.output
        return result.output

    def auditors(self) -> None:
        for who in (US, MX):
            file = self.path / f"{who}.auditor"
            self.run(who, "auditor", file, "--auditor-passphrase-file", self.path / "auditor", locked=True)

    def met(self) -> None:
        us, mx = self.offices[US], self.offices[MX]
        for one, two in ((us, mx), (mx, us), (us, mx)):
            if self.by_stick:
                self.stick(one.name, two.name)
            else:
                two.node.take(one.name, one.node.give(two.name, piece_bytes=1 << 24))

    def stick(self, one: str, two: str) -> None:
        """A bundle, made and taken in by the commands."""
        file = self.path / "stick"
        file.unlink(missing_ok=True)
        for line in (
            ["export", two, str(file), "--home", str(self.path / one)],
            ["import", str(file), "--home", str(self.path / two)],
        ):
            result = CliRunner().invoke(main, ["bundle", *line, "--passphrase-file", str(self.path / "pass")])
            assert result.exit_code == 0, result.output

    def offer(self, *more: object, file: str = "us.csv", code: int = 0) -> str:
        said = ["--purpose", "diversion", "--predicate", "seizure:S-2026-7"]
        said += [] if "--kind" in more else ["--kind", "name-city"]
        return self.run(US, "offer", MX, self.path / file, *said, *more, sign=True, code=code)

    def id(self, who: str = MX) -> str:
        return json.loads(self.run(who, "status", "--json"))["runs"][-1]["run"]

    def audit(self, who: str, id_: str, file: str, *more: object, code: int = 0) -> str:
        key = ["--auditor-key", self.path / f"{who}.auditor", "--auditor-passphrase-file", self.path / "auditor"]
        return self.run(who, "audit", id_, self.path / file, *key, *more, code=code)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.auditors()
    return made


def accepted(world: World) -> str:
    world.offer()
    world.met()
    id_ = world.id()
    world.run(MX, "answer", id_, world.path / "mx.csv", sign=True)
    world.met()
    return id_


@pytest.mark.parametrize("by_stick", [False, True], ids=["by network", "on a stick, with attachments"])
def test_from_offer_to_reveal_and_the_auditors_replay(world: World, by_stick: bool, monkeypatch: pytest.MonkeyPatch):
    world.by_stick = by_stick
    if by_stick:
        monkeypatch.setattr(matching, "INLINE", 0)
    id_ = accepted(world)
    for who in (US, MX, US, MX):
        world.run(who, "continue", id_, sign=True)
        world.met()
    assert "common     2, as mx-pgr says" in world.run(US, "status", id_)
    for who in (MX, US):
        world.run(who, "reveal", id_, sign=True)
        world.met()
    for who in (US, MX, US):
        world.run(who, "continue", id_, "--references", sign=True)
        world.met()
    for who, mine, theirs in ((US, "u", "m"), (MX, "m", "u")):
        found = json.loads(world.run(who, "status", id_, "--json"))
        assert found["phase"] == "revealed"
        assert [(one["key"][0], one["references"], one["theirs"]) for one in found["elements"]] == [
            ("firm 10 s a", [f"{mine}10"], [f"{theirs}10"]),
            ("firm 11 s a", [f"{mine}11"], [f"{theirs}11"]),
        ]
    assert "All 12 elements stand in own records" in world.audit(US, id_, "us.csv")
    world.keys("mx-true.csv", range(10, 18), "m")
    found = json.loads(world.audit(MX, id_, "mx-true.csv", "--json", code=3))
    assert [[item["references"] for item in one["elements"]] for one in found["findings"] if not one["good"]] == [
        [["m18"], ["m19"]]
    ]


def test_an_offer_says_who_learns_what_and_names_the_rows_it_refused(world: World):
    world.keys("us.csv", range(3), "u", "N/A,León,u99\n")
    said = world.offer()
    assert "rows 4, different keys 3, refused 1" in said
    assert "refused: line 5: 'N/A' names nothing" in said
    assert "count     mx-pgr: how many elements are common, and tells you" in said
    world.met()
    shown = world.run(MX, "answer", world.id(), "--show")
    assert "count     you: how many elements are common, and tells the other" in shown
    assert "because of seizure S-2026-7" in shown


def test_an_offer_is_declined_and_the_reason_arrives(world: World):
    world.offer()
    world.met()
    world.run(MX, "answer", world.id(), "--decline", "Which shipment?", sign=True)
    world.met()
    assert "reason     mx-pgr: Which shipment?" in world.run(US, "status", world.id(US))
    assert "you 0, they 0" in world.run(US, "status")


def test_an_audit_blames_nobody_for_a_set_that_was_offered_again_after_it_was_declined(world: World):
    world.offer()
    world.met()
    world.run(MX, "answer", world.id(), "--decline", "Which shipment?", sign=True)
    world.met()
    world.offer()
    assert "NOT GOOD" not in world.audit(US, world.id(US), "us.csv")


def test_one_person_alone_offers_and_reveals_nothing(world: World):
    said = ["--kind", "name-city", "--purpose", "diversion", "--predicate", "case:C-1", "--officer", "Ann"]
    for officers in ([], ["--officer", "Ann"]):
        out = world.run(US, "offer", MX, world.path / "us.csv", *said, *officers, code=2)
        assert "Two different officers" in out
    assert json.loads(world.run(US, "status", "--json"))["runs"] == []


def test_nothing_is_offered_without_an_auditors_key_a_budget_or_a_predicate(tmp_path: Path):
    world = World(tmp_path)
    assert "entente match auditor FILE" in world.offer(code=2)
    world.auditors()
    world.policy(US, "")
    assert "no budget for the purpose" in world.offer(code=1)
    said = ["--kind", "name-city", "--purpose", "diversion", "--predicate", "because"]
    assert "does not say" in world.run(US, "offer", MX, world.path / "us.csv", *said, sign=True, code=2)
    assert json.loads(world.run(US, "status", "--json"))["runs"] == []


def test_a_budget_counts_over_runs_and_an_own_set_is_not_put_twice(world: World):
    accepted(world)
    assert "you 12, they 10, of 60 elements each" in world.run(US, "status")
    assert "they 12" in world.run(MX, "status")
    assert "stood in the set of the run" in world.offer(code=1)
    world.keys("more.csv", range(100, 140), "u")
    assert "mx-pgr would put in 60" not in world.offer("--most", 50, file="more.csv")
    world.keys("again.csv", range(200, 209), "u")
    assert "This side would put in 61 elements" in world.offer("--most", 1, file="again.csv", code=1)


def test_persons_need_policy_case_and_assessment_and_the_auditor_finds_it(world: World):
    (world.path / "mail.csv").write_text("email,reference\nana@x.example,u1\n")
    mail = ("--kind", "email")
    assert "offer says that none" in world.offer(*mail, file="mail.csv", code=1)
    assert "not matched with this peer" in world.offer(*mail, "--persons", "--case", "C-1", file="mail.csv", code=1)
    world.policy(US, f"[peers.{MX}]\npersons = true\n[peers.{MX}.budgets]\ndiversion = 60\n")
    assert "needs the reference of a case" in world.offer(*mail, "--persons", file="mail.csv", code=1)
    assert "assessment" in world.offer(*mail, "--persons", "--case", "C-1", file="mail.csv", code=1)
    world.offer(*mail, "--persons", "--case", "C-1", "--assessment", "DPIA 7", file="mail.csv")
    assert "case C-1, assessment DPIA 7" in world.audit(US, world.id(US), "mail.csv")


def test_records_of_others_are_matched_only_as_their_handling_permits(world: World):
    assert "does not permit match" in world.offer("--records-handling", "TLP:RED", code=1)
    only = ("--records-handling", "TLP:AMBER no-capital-case", "--only-for", "diversion")
    assert "death sentence" in world.offer(*only, code=1)
    assert "Whose records" in world.offer("--only-for", "diversion", code=2)
    world.offer(*only, "--no-capital")
    assert "TLP:AMBER no-capital-case, which permit it" in world.audit(US, world.id(US), "us.csv")


def test_who_does_not_agree_releases_nothing(world: World):
    line = ["match", "offer", MX, str(world.path / "us.csv"), "--kind", "name-city", "--purpose", "diversion"]
    line += ["--predicate", "case:C-1", "--officer", "Ann", "--officer", "Bob", "--home", str(world.path / US)]
    line += ["--passphrase-file", str(world.path / "pass")]
    result = CliRunner().invoke(main, line, input="n\n")
    assert "Ann and Bob agree to match 12 elements with mx-pgr?" in result.output
    assert result.exit_code == 1
    assert json.loads(world.run(US, "status", "--json"))["runs"] == []


def test_the_auditors_key_is_made_once_and_its_private_part_leaves(world: World):
    file = world.path / f"{US}.auditor"
    assert "is there already" in world.run(
        US, "auditor", file, "--auditor-passphrase-file", world.path / "auditor", locked=True, code=2
    )
    other = world.path / "other"
    assert "auditor's key already" in world.run(
        US, "auditor", other, "--auditor-passphrase-file", world.path / "auditor", locked=True, code=2
    )
    assert not other.exists()
    world.run(US, "auditor", other, "--auditor-passphrase-file", world.path / "auditor", "--replace", locked=True)
    assert other.read_bytes() != file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0


def test_the_node_itself_cannot_open_an_escrow_and_keeps_its_own_copy_encrypted(world: World):
    id_ = accepted(world)
    parts = world.offices[US].node.parts
    rows = MatchPaper.objects.using(parts.alias)
    papers = {row.kind: row for row in rows.filter(run__startswith=id_)}
    assert set(papers) == {"counts", "escrow", "own", "marks"}
    assert not any(b"firm" in bytes(row.data).lower() for row in papers.values())
    assert match_files.Shelf(parts).own(match_runs.load(parts).find(id_).id).side == US
    rows.filter(pk=papers["own"].pk).update(data=b"0" * 100)
    assert "is damaged" in world.run(US, "continue", id_, sign=True, code=1)
    rows.filter(pk=papers["own"].pk).delete()
    assert "not on this node" in world.run(US, "continue", id_, sign=True, code=1)
    for kind in ("marks", "counts"):
        rows.filter(pk=papers[kind].pk).delete()
        assert "overlap cannot be checked" in world.offer(code=1)


def test_a_budget_does_not_grow_when_the_messages_cannot_be_read_any_more(world: World):
    accepted(world)
    shredded = ContentKey.objects.using(world.offices[MX].node.parts.alias).all().delete()
    assert shredded[0] > 0
    found = json.loads(world.run(MX, "status", "--json"))
    assert found["runs"] == []
    assert found["budgets"][US]["diversion"] == {"own": 10, "other": 12, "most": 60}
    assert "cannot be opened" in found["ignored"][0]["reason"] or "key" in found["ignored"][0]["reason"]


def test_a_third_party_cannot_push_out_a_run_by_an_offer_with_its_id(tmp_path: Path):
    three = offices(tmp_path, US, MX, "aa-aa", clock=lambda: datetime.now(UTC))
    us, mx, aa = three[US], three[MX], three["aa-aa"]
    terms = {"keys": "email", "edition": 1, "fold": "plain/1", "engine": "openmined-psi/2", "purpose": "diversion"}
    body = {**terms, "run": "A" * 43 + "=", "size": 5, "most": 5, "commitment": "A" * 43 + "=", "client": US}
    body["due"] = "2030-01-01T00:00:00Z"
    for one in (mx, aa):
        one.send(US, kind="match-offer", body=body, predicate=Predicate("case", "C-1"))
        meet(us, one, 2)
    found = match_runs.load(us.node.parts)
    assert [run.proposal.asker for run in found.runs.values()] == [MX]
    assert [(one.peer, one.reason) for one in found.ignored] == [("aa-aa", "Its run is already one with mx-pgr.")]


def test_papers_and_runs_are_the_same_on_both_databases(tmp_path: Path, databases):
    two = offices(tmp_path, US, MX, clock=lambda: NOW, databases=databases)
    (tmp_path / US / "match.toml").write_text(f"[peers.{MX}]\n[peers.{MX}.budgets]\ndiversion = 60\n")
    parts = two[US].node.parts
    shelf = match_files.Shelf(parts)
    keys: list[bytes] = []
    shelf.new_auditor(b"an auditor's own words", keys.append, cost=10)
    desk = matching.Desk.at(parts, [two[US].ann, two[US].bob], quick())
    wish = {"purpose": "diversion", "predicate": PREDICATE, "due": NOW + timedelta(days=3)}
    run = matching.offer(desk, MX, companies(["acme", "beta"]), **wish)
    assert match_runs.load(parts).runs == {run.id: run}
    assert shelf.runs() == [run.id]
    assert shelf.own(run.id).own.keys == companies(["acme", "beta"]).keys
    assert [(one.own, one.other, len(one.marks)) for one in shelf.counts()] == [(2, 60, 16)]
    auditor = load_sealing(unlock(keys[0], b"an auditor's own words"), parts.suites)
    assert escrow.unseal(shelf.escrow(run.id), auditor) == shelf.own(run.id)
    with pytest.raises(ControlError, match="mx-pgr would put in"):
        matching.offer(desk, MX, companies(["gamma"]), **wish)


def test_an_attachment_that_has_not_come_is_waited_for(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(matching, "INLINE", 0)
    id_ = accepted(world)
    world.run(US, "continue", id_, sign=True)
    meet(world.offices[US], world.offices[MX])
    assert "has not come in full" in world.run(MX, "status", id_)
    assert "has not come in full" in world.run(MX, "continue", id_, sign=True, code=1)
    world.met()
    world.run(MX, "continue", id_, sign=True)


def test_a_message_that_does_not_fit_changes_nothing_and_is_shown(world: World):
    id_ = accepted(world)
    mx = world.offices[MX]
    run = match_runs.load(mx.node.parts).find(id_)
    body = {"run": run.id, "terms": run.terms.text, "common": 5}
    mx.send(US, kind="match-result", body=body)
    mx.send(US)
    world.met()
    out = world.run(US, "status")
    assert "IGNORED" in out
    assert "the run is accepted" in out.lower()
    assert json.loads(world.run(US, "status", id_, "--json"))["phase"] == "accepted"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("peers = 3", "peers"),
        ("most = 3", "peers"),
        ("[peers.mx-pgr]\nmosst = 3", "peers.mx-pgr.mosst"),
        ("[peers.other]\nmost = 0", "peers.other.most"),
        ("[peers.mx-pgr]\nmost = true", "peers.mx-pgr.most"),
        ("[peers.mx-pgr]\noverlap_percent = 101", "peers.mx-pgr.overlap_percent"),
        ('[peers.mx-pgr]\nkinds = ["name"]', "peers.mx-pgr.kinds"),
        ("[peers.mx-pgr]\npersons = 1", "peers.mx-pgr.persons"),
        ("[peers.mx-pgr.budgets]\ndiversion = -1", "peers.mx-pgr.budgets"),
    ],
)
def test_a_slip_in_the_policy_allows_nothing(tmp_path: Path, text: str, field: str):
    (tmp_path / "match.toml").write_text(text)
    with pytest.raises(NodeError) as caught:
        read_policy(tmp_path, MX)
    assert field in caught.value.message


def test_without_a_policy_nothing_is_allowed_and_each_line_is_read(tmp_path: Path):
    assert read_policy(tmp_path, MX) == Policy()
    lines = 'persons = true\nmost = 9\nwindow_days = 7\noverlap_percent = 20\nlife_days = 5\nkinds = ["email"]'
    (tmp_path / "match.toml").write_text(f"[peers.mx-pgr]\n{lines}\n[peers.mx-pgr.budgets]\ndiversion = 60\n")
    assert read_policy(tmp_path, US) == Policy()
    assert read_policy(tmp_path, MX) == Policy(
        {"diversion": 60}, timedelta(days=7), 9, 200, frozenset({"email"}), persons=True, life=timedelta(days=5)
    )
