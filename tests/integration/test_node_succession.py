"""Succession of a channel between whole nodes: what is agreed, what is lost and named, what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from entente.cli import main, unlocking
from entente.exchange import channel_succession, strict
from entente.exchange.channel_restore import begin
from entente.exchange.errors import ExchangeError, ForwardedError, MalformedError, TooFewSignaturesError
from entente.exchange.ledger.errors import NoteError, RestoreError
from entente.exchange.ledger.note import Note, add_signature
from entente.exchange.ledger.tree import TreeHead
from entente.exchange.store import Way
from entente.node.errors import PairingError
from entente.node.services import auditing, peers, succession
from exchange_people import NOW
from node_people import CN, MX, PASS, US, Office, copied, meet, offices


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """US and MX exchanged three messages each way, all acknowledged."""
    folder = tmp_path_factory.mktemp("succession")
    both = offices(folder, US, MX, CN)
    for _ in range(3):
        both[US].send(MX)
        both[MX].send(US)
    meet(both[US], both[MX], 2)
    return both


@pytest.fixture
def pair(made, tmp_path):
    return copied(made, tmp_path)


def contents(office: Office, peer: str, way: Way = Way.TAKEN) -> list[str]:
    return [row.content for row in office.node.messages(peer, way)]


def ask(office: Office, peer: str, reason: str = "The backup was old.") -> bytes:
    return succession.ask(office.node.parts, peer, reason, [office.ann, office.bob])


def restored(office: Office, peer: str) -> None:
    begin(office.node.parts.uow, [office.node.channel(peer)])


def agree(us: Office, mx: Office) -> tuple[succession.Done, succession.Done]:
    there = succession.confirm(mx.node.parts, us.name, ask(us, mx.name))
    here = succession.take(us.node.parts, mx.name, there.file)
    return here, there


def forgetful(made, tmp_path) -> dict[str, Office]:
    """US comes back from a backup that lacks the last message of each, which both sides had acknowledged."""
    both = copied(made, tmp_path / "now")
    old = copied({US: both[US]}, tmp_path / "old")[US]
    lost = {"us": both[US].send(MX).content, "mx": both[MX].send(US).content}
    meet(both[US], both[MX], 2)
    assert contents(both[MX], US)[-1] == lost["us"]
    restored(old, MX)
    return {**both, US: old, "lost": lost}


def test_both_logs_begin_anew_and_everything_is_proven_in_both_generations(pair):
    us, mx = pair[US], pair[MX]
    before = contents(us, MX), contents(mx, US)
    proof = auditing.prove(us.node.parts, MX, us.node.messages(MX, Way.SENT)[0])
    here, there = agree(us, mx)
    assert (here.generation, here.again, here.failed) == (2, (), ())
    assert (there.generation, there.again, there.failed) == (2, (), ())
    us.send(MX)
    mx.send(US)
    meet(us, mx, 3)
    assert len(contents(us, MX)) == len(contents(mx, US)) == 1
    for one, other in ((us, mx), (mx, us)):
        now, past = auditing.audit(one.node.parts, other.name), auditing.audit(one.node.parts, f"{other.name}/1")
        assert (now.receipts, now.open, now.entries) == (1, 0, 3)
        assert (past.receipts, past.open, past.entries) == (3, 0, 6)
    assert (contents(us, f"{MX}/1"), contents(mx, f"{US}/1")) == before
    assert auditing.check_proof(us.node.parts, proof).log == "entente.log/mx-pgr/us-dea"
    again = auditing.prove(us.node.parts, MX, us.node.messages(MX, Way.SENT)[0])
    assert auditing.check_proof(us.node.parts, again).log == "entente.log/mx-pgr/us-dea/2"
    old = auditing.find(us.node.parts, f"{MX}/1/sent/2")
    assert old[0] == f"{MX}/1"
    assert auditing.check_proof(us.node.parts, auditing.prove(us.node.parts, *old)).entry.act == "taken"


def test_acknowledged_messages_that_a_succession_drops_are_named_and_sent_again(made, tmp_path):
    world = forgetful(made, tmp_path)
    us, mx, lost = world[US], world[MX], world["lost"]
    file = ask(us, MX)
    found = succession.look(mx.node.parts, US, file)
    assert (found.dropped, found.forgotten, found.unseen) == ((4,), (4,), 0)
    assert found.reason == "The backup was old."
    assert {record.holder for record in found.officers} == {"Ann", "Bob"}
    there = succession.confirm(mx.node.parts, US, file)
    assert there.again == (4,)
    answer = succession.look_answer(us.node.parts, MX, there.file)
    assert (answer.dropped, answer.forgotten) == ((), ())
    succession.take(us.node.parts, MX, there.file)
    meet(us, mx, 3)
    assert contents(us, MX) == [lost["mx"]]
    assert lost["us"] in contents(mx, f"{US}/1")
    assert auditing.audit(us.node.parts, MX).open == auditing.audit(mx.node.parts, US).open == 0


def test_what_the_confirming_side_dropped_is_named_to_the_asking_side(made, tmp_path):
    both = copied(made, tmp_path / "now")
    old = copied({MX: both[MX]}, tmp_path / "old")[MX]
    lost = both[US].send(MX).content
    meet(both[US], both[MX], 2)
    restored(old, US)
    done = succession.confirm(old.node.parts, US, ask(both[US], MX))
    found = succession.look_answer(both[US].node.parts, MX, done.file)
    assert (found.dropped, found.forgotten) == ((4,), ())
    assert succession.take(both[US].node.parts, MX, done.file).again == (4,)
    meet(both[US], old, 3)
    assert contents(old, US) == [lost]


def test_nothing_is_signed_between_the_question_and_the_answer_and_other_channels_go_on(pair):
    us, mx, cn = pair[US], pair[MX], pair[CN]
    file = ask(us, MX)
    with pytest.raises(RestoreError, match="may not sign"):
        us.send(MX)
    assert us.node.give(MX).note is None
    us.send(CN)
    meet(us, cn, 2)
    assert len(contents(cn, US)) == 1
    assert strict.read_object(file, limit=10**6, what="x")["note"] == json.loads(ask(us, MX))["note"]
    done = succession.confirm(mx.node.parts, US, file)
    succession.take(us.node.parts, MX, done.file)
    us.send(MX)


def test_what_was_on_its_way_arrives_once(pair):
    us, mx = pair[US], pair[MX]
    waiting = us.send(MX).content
    arrived = mx.send(US).content
    us.node.take(MX, mx.node.give(US))  # taken, and its receipt has not come back
    here, there = agree(us, mx)
    assert (here.again, there.again) == ((4,), ())
    meet(us, mx, 3)
    assert contents(mx, US) == [waiting]
    assert contents(us, MX) == []
    assert contents(us, f"{MX}/1")[-1] == arrived


def test_frames_contacts_and_receipts_of_the_old_generation_mean_nothing_in_the_new_one(pair):
    us, mx = pair[US], pair[MX]
    us.send(MX)
    old = us.node.give(MX)
    agree(us, mx)
    with pytest.raises(MalformedError, match="no contact"):
        mx.node.take(US, old)
    report = mx.node.take(US, replace(us.node.give(MX), frames=old.frames))
    assert [error.code for error in report.errors] == ["channel"]
    report = mx.node.take(
        US,
        replace(
            us.node.give(MX),
            receipts=((1, auditing.prove(mx.node.parts, *auditing.find(mx.node.parts, f"{US}/1/sent/1"))),),
            frames=(),
        ),
    )
    assert report.receipts == ()


def test_a_request_counts_once_and_its_answer_can_be_made_again(pair):
    us, mx = pair[US], pair[MX]
    file = ask(us, MX)
    first = succession.confirm(mx.node.parts, US, file)
    second = succession.confirm(mx.node.parts, US, file)
    assert (second.generation, second.again) == (2, ())
    assert peers.generation(mx.node.parts, US) == 2
    succession.take(us.node.parts, MX, second.file)
    with pytest.raises(NoteError):  # of the log that is over
        succession.take(us.node.parts, MX, first.file)
    agree(us, mx)
    with pytest.raises(RestoreError, match="another log"):
        succession.confirm(mx.node.parts, US, file)
    assert peers.generation(mx.node.parts, US) == 3
    us.send(MX)
    meet(us, mx, 2)
    assert len(contents(mx, US)) == 1


def test_what_a_crash_left_over_goes_out_by_the_next_call(pair, monkeypatch):
    us, mx = pair[US], pair[MX]
    waiting = [us.send(MX).content, mx.send(US).content]
    file = ask(us, MX)

    def cut(*_: object) -> None:
        raise RuntimeError("cut off")

    with monkeypatch.context() as patched:
        patched.setattr(succession.sending, "send", cut)
        with pytest.raises(RuntimeError):
            succession.confirm(mx.node.parts, US, file)
    there = succession.confirm(mx.node.parts, US, file)
    assert there.again == (4,)
    with monkeypatch.context() as patched:
        patched.setattr(succession.sending, "send", cut)
        with pytest.raises(RuntimeError):
            succession.take(us.node.parts, MX, there.file)
    assert succession.take(us.node.parts, MX, there.file).again == (4,)
    meet(us, mx, 3)
    assert [contents(mx, US), contents(us, MX)] == [[waiting[0]], [waiting[1]]]


def test_a_node_back_from_a_backup_cannot_begin_its_new_log_twice(pair, tmp_path):
    """The backup is from before the answer; the answer is still on the medium."""
    us, mx = pair[US], pair[MX]
    file = ask(us, MX)
    old = copied({US: us}, tmp_path / "old")[US]
    (old.node.parts.home.path / f"succession.{MX}").unlink()  # it is in no backup
    done = succession.confirm(mx.node.parts, US, file)
    succession.take(us.node.parts, MX, done.file)
    us.send(MX)
    meet(us, mx, 2)
    restored(old, MX)
    again = ask(old, MX)
    with pytest.raises(RestoreError, match="did not make since"):
        succession.take(old.node.parts, MX, done.file)
    with pytest.raises(RestoreError, match="signed in the new log already"):
        succession.confirm(mx.node.parts, US, again)
    with pytest.raises(RestoreError):
        old.send(MX)


def test_an_answer_is_for_one_request_and_from_the_peer_only(pair):
    us, mx = pair[US], pair[MX]
    file = ask(us, MX)
    done = json.loads(succession.confirm(mx.node.parts, US, file).file)
    request = json.loads(file)

    def answered(**changes) -> bytes:
        return strict.write_object({**done, **changes})

    for wrong, kind in (
        (answered(taken=[3, "ab" * 32]), NoteError),  # another place than was signed
        (answered(confirmed=request["note"]), NoteError),
        (answered(stamp=done["note"]), NoteError),
        (answered(format="entente.succession/1"), MalformedError),
        (file, MalformedError),
    ):
        with pytest.raises(kind):
            succession.take(us.node.parts, MX, wrong)
    with pytest.raises(RestoreError):
        us.send(MX)


def test_an_authority_cannot_succeed_its_log_alone(pair):
    """US confirms in the name of MX, with its own log's key."""
    us, mx = pair[US], pair[MX]
    other = copied({US: us, MX: mx}, us.node.parts.home.path.parent / "copy")
    real = json.loads(succession.confirm(other[MX].node.parts, US, ask(other[US], MX)).file)
    note = json.loads(ask(us, MX))["note"]
    body = {**{name: item for name, item in real.items() if name != "stamp"}, "confirmed": note}
    own = us.node.channel(MX).log
    stamp = add_signature(Note(channel_succession._stamp(body), ()), own).encode().decode()
    with pytest.raises(NoteError):
        succession.take(us.node.parts, MX, strict.write_object({**body, "stamp": stamp}))
    assert peers.generation(us.node.parts, MX) == 1
    with pytest.raises(RestoreError):
        us.send(MX)


def test_a_peer_that_answers_without_confirming_is_refused(pair):
    """MX signs an answer in which its signature is not under US's succession."""
    us, mx = pair[US], pair[MX]
    file = ask(us, MX)
    log = mx.node.channel(US).log
    real = json.loads(succession.confirm(mx.node.parts, US, file).file)
    body = {**{name: item for name, item in real.items() if name != "stamp"}, "confirmed": json.loads(file)["note"]}
    stamp = add_signature(Note(channel_succession._stamp(body), ()), log).encode().decode()
    with pytest.raises(RestoreError, match="waits for: mx-pgr"):
        succession.take(us.node.parts, MX, strict.write_object({**body, "stamp": stamp}))
    assert peers.generation(us.node.parts, MX) == 1


@pytest.mark.parametrize("name", ["note", "content"])
def test_a_request_that_was_changed_is_refused(pair, name):
    us, mx = pair[US], pair[MX]
    value, other = json.loads(ask(us, MX)), json.loads(ask(us, CN))
    with pytest.raises((NoteError, ForwardedError)):
        succession.look(mx.node.parts, US, strict.write_object({**value, name: other[name]}))
    with pytest.raises(ExchangeError):
        succession.look(mx.node.parts, CN, strict.write_object(value))


def test_one_officer_is_not_enough(pair):
    us = pair[US]
    with pytest.raises(TooFewSignaturesError):
        succession.ask(us.node.parts, MX, "x", [us.ann])
    us.send(MX)  # nothing was closed


def test_a_false_history_is_refused(made, tmp_path):
    """US closes its log at a state that MX never saw: MX holds the entries that it signed."""
    both = copied(made, tmp_path)
    us, mx = both[US], both[MX]
    real = channel_succession._agreed_head
    channel_succession._agreed_head = lambda *_: TreeHead(4, b"\1" * 32)
    try:
        file = ask(us, MX)
    finally:
        channel_succession._agreed_head = real
    with pytest.raises(RestoreError, match="not those that it signed"):
        succession.confirm(mx.node.parts, US, file)
    mx.send(US)  # the peer's own channel is as it was
    assert peers.generation(mx.node.parts, US) == 1


def test_a_place_that_never_was_is_refused(made, tmp_path):
    both = copied(made, tmp_path)
    us, mx = both[US], both[MX]
    real = channel_succession._write_stand
    for name in ("sent", "taken"):
        channel_succession._write_stand = lambda stand, name=name: {**real(stand), name: [2, "cd" * 32]}
        try:
            file = ask(us, MX)
        finally:
            channel_succession._write_stand = real
        with pytest.raises(RestoreError, match="another message 2"):
            succession.confirm(mx.node.parts, US, file)


def test_two_nodes_back_from_backups_go_on_together(made, tmp_path):
    both = copied(made, tmp_path)
    us, mx = both[US], both[MX]
    restored(us, MX)
    restored(mx, US)
    meet(us, mx)
    with pytest.raises(RestoreError):
        us.send(MX)
    here, there = agree(us, mx)
    us.send(MX)
    mx.send(US)
    meet(us, mx, 2)
    assert (here.generation, there.generation) == (2, 2)


def test_a_suspension_stands_in_the_next_generation(pair):
    us, mx = pair[US], pair[MX]
    us.send(MX, kind="suspension", body={"from": NOW.strftime("%Y-%m-%dT%H:%M:%SZ")})
    meet(us, mx, 2)
    agree(us, mx)
    with pytest.raises(ExchangeError, match="suspended"):
        us.send(MX)
    with pytest.raises(ExchangeError, match="suspended"):
        mx.send(US)


def test_the_commands_of_both_sides(made, tmp_path, monkeypatch):
    monkeypatch.setattr(unlocking, "now", lambda: NOW)
    world = forgetful(made, tmp_path)
    us, mx = world[US].node.parts.home.path, world[MX].node.parts.home.path
    (tmp_path / "pass").write_bytes(PASS)
    (tmp_path / "pass").chmod(0o600)
    secret = ("--passphrase-file", str(tmp_path / "pass"))
    by = [item for name in ("Ann", "Bob") for item in ("--officer", name)]
    by += ["--officer-passphrase-file", secret[1]] * 2

    def run(home, *args, code=0):
        result = CliRunner().invoke(main, [*map(str, args), "--home", str(home), *secret])
        assert result.exit_code == code, result.output
        return result.output

    file, answer = tmp_path / "ask.json", tmp_path / "answer.json"
    run(us, "ledger", "succeed", MX, code=2)
    run(us, "ledger", "succeed", MX, file, *by, "--yes", code=2)
    run(us, "ledger", "succeed", MX, file, "--reason", "Old backup.", *by, "--yes")
    text = run(mx, "peer", "succession", US, file)
    assert "closes its log entente.log/us-dea/mx-pgr at 6 entries, signed by Ann and Bob." in text
    assert "Its reason: Old backup." in text
    assert "IT DROPS what it had acknowledged of ours: 4. These go out again." in text
    assert "It has lost messages of its own that are here: 4." in text
    assert "Go out again: 4" in run(mx, "peer", "succession", US, file, answer, "--yes")
    assert "2 entries of it were never shown here" in run(us, "ledger", "succeed", MX, "--answer", answer, "--yes")
    assert "mx-pgr/1: all right" in run(us, "ledger", "verify")
    assert "us-dea: all right" in run(mx, "ledger", "verify")


def test_only_confirmed_peers_succeed(pair):
    us = pair[US]
    peers.revoke(us.node.parts, MX)
    with pytest.raises(PairingError):
        ask(us, MX)
