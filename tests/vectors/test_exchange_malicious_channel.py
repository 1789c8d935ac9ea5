"""What a malicious peer or a doctored medium may do to a channel: each is refused, and named."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace

import pytest

from entente.exchange.bundle import read_bundle, write_bundle
from entente.exchange.channel import settle
from entente.exchange.channel_contact import Contact, make_contact, read_contact, take_contact
from entente.exchange.channel_errors import BundleError, MirrorError, WrongdoingError
from entente.exchange.channel_fork import verify_fork
from entente.exchange.channel_restore import begin, take_report
from entente.exchange.channel_taking import receive
from entente.exchange.errors import ExchangeError, SignatureError
from entente.exchange.ledger.checkpoint import sign_checkpoint
from entente.exchange.ledger.contact import Outcome
from entente.exchange.ledger.errors import LedgerError, NoteError, ProofError
from entente.exchange.ledger.evidence import verify_evidence
from entente.exchange.ledger.leaves import MemoryLeaves
from entente.exchange.ledger.tilelog import TileLog
from entente.exchange.ledger.tree import TreeHead
from entente.exchange.outbox import acknowledge, acknowledge_all, pull
from entente.exchange.receipts import open_rejection, verify_frame_receipt
from entente.exchange.sealing import Position
from entente.exchange.store import Ask, Way
from exchange_memory import MemoryTransaction, Node, channel_id, meet, nodes, origin, typed
from exchange_people import NOW, SUITES, alert, known, send
from ledger_toy import MemoryFiles, signer

US, MX = "us-dea", "mx-pgr"
NAMES = {"channel": channel_id(US, MX), "sender": US, "recipient": MX}
LOG = signer(origin(US, MX))


def after_messages(count: int = 3) -> dict[str, Node]:
    both = nodes(US, MX)
    for _ in range(count):
        both[US].send(MX)
    meet(both[US], both[MX], 2)
    return both


def test_replayed_frame_changes_nothing():
    both = after_messages()
    before = both[MX].tables(US)
    first = pull(both[US].store, both[US].channels[MX], 0)[0]
    row = receive(both[MX].store, both[MX].channels[US], first, NOW)
    assert row == before.messages[Way.TAKEN, 1]
    assert both[MX].tables(US).leaves == before.leaves


def test_a_content_that_comes_again_in_another_frame_is_refused_in_its_place():
    both = nodes(US, MX)
    content = alert(known(US), MX)
    for _ in range(2):
        both[US].send(MX, content)
    both[US].send(MX)
    meet(both[US], both[MX], 2)
    there = both[MX].tables(US)
    assert [there.messages[Way.TAKEN, at].refused for at in (1, 2, 3)] == ["", "replay", ""]
    assert len(there.applied) == 2
    assert both[US].tables(MX).outbox == set()


@pytest.mark.parametrize("sequence", [1, 3, 4])
def test_forked_frame_is_proven_to_a_third_party(sequence: int):
    both = after_messages()
    place = Position(sequence - 1, "ab" * 32 if sequence > 1 else "0" * 64)
    other = send(alert(known(US), MX), known(US), known(MX), place).wire
    with pytest.raises(WrongdoingError) as caught:
        receive(both[MX].store, both[MX].channels[US], other, NOW)
    assert caught.value.kind == "frame-fork"
    verify_fork(caught.value.evidence, both[MX].channels[US].peer, SUITES, NOW)
    with pytest.raises(ExchangeError):
        verify_fork(caught.value.evidence, both[US].channels[MX].peer, SUITES, NOW)


def test_changed_bytes_take_no_sequence_and_get_a_signed_rejection():
    both = nodes(US, MX)
    both[US].send(MX)
    parcel = both[US].pack(MX)
    changed = parcel.frames[0][:-1] + bytes([parcel.frames[0][-1] ^ 1])
    report = both[MX].take(US, replace(parcel, frames=(changed,)))
    assert isinstance(report.errors[0], SignatureError)
    assert open_rejection(report.rejections[0], both[US].channels[MX].peer_log).code == "signature"
    with pytest.raises(NoteError):
        open_rejection(report.rejections[0].replace(b"signature\n", b"seal\n", 1), both[US].channels[MX].peer_log)
    both[MX].take(US, parcel)
    assert len(both[MX].tables(US).applied) == 1


def test_recall_of_somebody_elses_message_is_refused_in_its_place():
    both = nodes(US, MX)
    foreign = both[MX].send(US)
    recall = typed(both[US], MX, "recall", {"action": "purge", "reason": "Mine."}, withdraws=(foreign.content,))
    wire = send(recall, known(US), known(MX)).wire
    row = receive(both[MX].store, both[MX].channels[US], wire, NOW)
    assert (row.sequence, row.refused) == (1, "foreign-recall")
    assert both[MX].tables(US).applied == []
    settle(both[MX].store, both[MX].channels[US])
    receipt = both[MX].tables(US).receipts[Way.TAKEN, 1]
    assert b"foreign-recall" not in receipt  # base64 of the act stands there
    from_us = both[US].channels[MX]
    payload = both[MX].tables(US).leaves[1].partition(b"\n")[2]
    assert verify_frame_receipt(receipt, payload, from_us.peer_log).refused == "foreign-recall"


def test_receipt_of_another_message_acknowledges_nothing():
    both = after_messages()
    receipt = both[US].tables(MX).receipts[Way.SENT, 1]
    both[US].send(MX)
    with pytest.raises(ProofError):
        acknowledge(both[US].store, both[US].channels[MX], 4, receipt)
    assert both[US].tables(MX).outbox == {4}


def test_stale_checkpoint_is_not_cosigned():
    both = after_messages()
    old = both[US].pack(MX)
    both[US].send(MX)
    meet(both[US], both[MX], 2)
    seen = both[MX].tables(US).book.seen
    assert both[MX].take(US, old).outcome is Outcome.BEHIND
    assert both[MX].tables(US).book.seen == seen


def told(entries: list[bytes], start: int = 0, known_size: int = 0) -> Contact:
    """What a peer shows that signs any history with its true key."""
    log = TileLog(MemoryFiles(), MemoryLeaves(entries))
    head = log.index()
    link = log.consistency_proof(known_size, len(entries)) if known_size else ()
    return Contact(LOG.key.name, Ask(), sign_checkpoint(head, LOG), start, tuple(entries[start:]), link=link)


def other_history(both: dict[str, Node]) -> list[bytes]:
    leaves = list(both[US].tables(MX).leaves)
    return [*leaves[1:], leaves[0]]


def test_fork_of_the_log_is_proven_to_a_third_party():
    both = after_messages()
    with pytest.raises(WrongdoingError) as caught:
        take_contact(both[MX].store, both[MX].channels[US], told(other_history(both)), NOW)
    assert caught.value.kind == "fork"
    verify_evidence(caught.value.evidence, LOG.key)


@pytest.mark.parametrize("size", [1, 2])
def test_smaller_log_of_another_history_is_proven_to_be_a_rewrite(size: int):
    both = after_messages()
    with pytest.raises(WrongdoingError) as caught:
        take_contact(both[MX].store, both[MX].channels[US], told(other_history(both)[:size]), NOW)
    assert caught.value.kind == "rewrite"
    verify_evidence(caught.value.evidence, LOG.key)


def test_larger_log_of_another_history_is_proven_to_be_a_rewrite():
    both = after_messages(3)
    longer = [*other_history(both), other_history(both)[0]]
    before = both[MX].tables(US)
    with pytest.raises(WrongdoingError) as caught:
        take_contact(both[MX].store, both[MX].channels[US], told(longer, known_size=3), NOW)
    assert caught.value.kind == "rewrite"
    verify_evidence(caught.value.evidence, LOG.key)
    assert both[MX].tables(US) is before


def test_entries_that_are_not_those_of_the_checkpoint_are_not_mirrored():
    both = after_messages()
    true = told(list(both[US].tables(MX).leaves) * 2)
    false = replace(true, entries=(*true.entries[:-1], true.entries[0]))
    with pytest.raises(MirrorError):
        take_contact(both[MX].store, both[MX].channels[US], false, NOW)


def test_contact_of_a_stranger_is_refused():
    both = after_messages()
    data, note = both[US].pack(MX).contact, both[US].pack(MX).note
    with pytest.raises(ExchangeError):
        read_contact(data, None, LOG.key)
    with pytest.raises(ExchangeError):
        read_contact(data.replace(b'"start":3', b'"start":2'), note, LOG.key)
    with pytest.raises(LedgerError):
        read_contact(data, both[MX].pack(US).note, LOG.key)


def test_restored_node_does_not_take_back_entries_that_it_never_signed():
    both = after_messages()
    saved = both[US].store.backup()
    both[US].send(MX)
    both[MX].send(US)
    meet(both[US], both[MX], 2)
    both[US].store.channels = saved
    begin(both[US].store, both[US].channels.values())
    both[MX].take(US, both[US].pack(MX))
    true = read_contact(*_shown(both[MX]), both[US].channels[MX].peer_log)
    for false in (replace(true, back=true.back[::-1]), replace(true, back=())):
        with pytest.raises(ExchangeError):
            take_report(both[US].store, both[US].channels[MX], false)
    take_report(both[US].store, both[US].channels[MX], true)


def _shown(node: Node) -> tuple[bytes, bytes | None]:
    parcel = node.pack(US)
    return parcel.contact, parcel.note


def a_bundle() -> bytes:
    both = nodes(US, MX)
    both[US].send(MX)
    both[US].send(MX)
    return write_bundle(both[US].pack(MX), **NAMES)


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: dict[str, bytes], how: int = zipfile.ZIP_STORED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", how) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data, compress_type=how)
    return target.getvalue()


def swapped(data: bytes) -> bytes:
    content = members(data)
    one, two = "frames/000000000001", "frames/000000000002"
    return zipped({**content, one: content[two], two: content[one]})


DOCTORED = {
    "cut-short": lambda data: data[:-40],
    "cut-to-nothing": lambda data: data[:0],
    "trailing": lambda data: data + b"x",
    "leading": lambda data: b"MZ" + data,
    "zip-slip": lambda data: zipped({**members(data), "../../etc/cron.d/x": b"x"}),
    "absolute": lambda data: zipped({**members(data), "/etc/passwd": b"x"}),
    "backslash": lambda data: zipped({**members(data), "frames\\..\\..\\x": b"x"}),
    "nul-in-name": lambda data: data.replace(b"frames/000000000002", b"frames/00000000000\x00"),
    "other-digits": lambda data: zipped({**members(data), "frames/00000000000\u0663": b"x"}),
    "extra-member": lambda data: zipped({**members(data), "frames/000000000003": b"x"}),
    "missing-member": lambda data: zipped({k: v for k, v in members(data).items() if not k.endswith("2")}),
    "swapped-members": swapped,
    "compressed": lambda data: zipped(members(data), zipfile.ZIP_DEFLATED),
    "bomb": lambda data: zipped({**members(data), "frames/000000000003": bytes(50_000_000)}, zipfile.ZIP_DEFLATED),
    "lying-size": lambda data: data.replace(struct.pack("<I", len(members(data)["manifest.json"])), b"\xff" * 4),
    "no-manifest": lambda data: zipped({k: v for k, v in members(data).items() if k != "manifest.json"}),
    "changed-byte": lambda data: data.replace(b"ENTENTE", b"ENTENTF", 1),
    "many-members": lambda data: zipped({**members(data), **{f"frames/{number:012d}": b"" for number in range(5000)}}),
}


@pytest.mark.parametrize("name", DOCTORED)
def test_doctored_bundle_is_refused_as_a_whole(name: str):
    data = a_bundle()
    doctored = DOCTORED[name](data)
    assert doctored != data
    with pytest.raises(ExchangeError):
        read_bundle(doctored, **NAMES)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_bundle_with_a_name_twice_is_refused():
    target = io.BytesIO(a_bundle())
    with zipfile.ZipFile(target, "a") as archive:
        archive.writestr("frames/000000000001", b"x")
    with pytest.raises(ExchangeError):
        read_bundle(target.getvalue(), **NAMES)


def test_bundle_for_somebody_else_is_refused():
    with pytest.raises(BundleError):
        read_bundle(a_bundle(), **{**NAMES, "sender": MX, "recipient": US})


def test_every_changed_byte_of_a_bundle_is_noticed():
    data = a_bundle()
    for at in range(0, len(data), 97):
        with pytest.raises(ExchangeError):
            read_bundle(data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :], **NAMES)


def test_omission_of_an_acknowledged_message_is_proven_to_a_third_party():
    """The peer gives a receipt under one history, and shows another one in which the message never came."""
    both = after_messages(2)
    us, mx = both[US], both[MX]
    us.send(MX)
    settle(us.store, us.channels[MX])
    frame = pull(us.store, us.channels[MX], 2)[0]
    receive(mx.store, mx.channels[US], frame, NOW)
    settle(mx.store, mx.channels[US])
    receipt = mx.tables(US).receipts[Way.TAKEN, 3]
    tables, log = mx.store.channels[mx.channels[US].id], mx.channels[US].log
    shown = [*tables.leaves[:2], tables.leaves[0], tables.leaves[1]]  # its third entry is another one
    false = TileLog(MemoryFiles(), MemoryLeaves(shown))
    head = false.index()
    link = false.consistency_proof(2, head.size)
    lie = Contact(log.key.name, Ask(taken=3), sign_checkpoint(head, log), 2, tuple(shown[2:]), link=link)
    assert take_contact(us.store, us.channels[MX], lie, NOW) is Outcome.CONSISTENT
    with pytest.raises(WrongdoingError) as caught:
        acknowledge(us.store, us.channels[MX], 3, receipt)
    assert caught.value.kind == "omission"
    verify_evidence(caught.value.evidence, log.key)
    with pytest.raises(ExchangeError):
        verify_evidence(caught.value.evidence, LOG.key)
    assert us.tables(MX).outbox == {3}


def test_reminder_of_what_a_restored_node_never_cosigned_is_refused():
    both = after_messages()
    us, mx = both[US], both[MX]
    begin(us.store, us.channels.values())
    data, _ = make_contact(mx.store, mx.channels[US])
    contact = read_contact(data, mx.pack(US).note, mx.channels[US].log.key)
    head = TreeHead(9, b"\x01" * 32)
    false = replace(contact, reminder=sign_checkpoint(head, mx.channels[US].log))
    with pytest.raises(NoteError):
        take_report(us.store, us.channels[MX], false)


def test_entries_that_a_restored_node_never_signed_are_not_taken_back():
    both = after_messages(0)
    us, mx = both[US], both[MX]
    us.send(MX)
    meet(us, mx, 2)
    saved = us.store.backup()
    for _ in range(6):
        us.send(MX)
    meet(us, mx, 2)
    us.store.channels = saved
    begin(us.store, us.channels.values())
    mx.take(US, us.pack(MX))
    parcel = mx.pack(US, most_entries=3)
    contact = read_contact(parcel.contact, parcel.note, mx.channels[US].log.key)
    assert len(contact.back) == 3
    for false in (
        replace(contact, back=(contact.back[0], contact.back[2], contact.back[1])),
        replace(contact, back_proof=()),
    ):
        with pytest.raises(LedgerError):
            take_report(us.store, us.channels[MX], false)
        assert len(us.tables(MX).leaves) == 1
    take_report(us.store, us.channels[MX], contact)
    assert len(us.tables(MX).leaves) == 4


def test_receipts_far_apart_do_not_make_a_node_read_all_between():
    both = after_messages(200)
    us, mx = both[US], both[MX]
    held = mx.tables(US).receipts
    asked: list[tuple[int, int]] = []
    kept = MemoryTransaction.receipts

    def receipts(self, way, start, stop):
        asked.append((start, stop))
        return kept(self, way, start, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MemoryTransaction, "receipts", receipts)
        acknowledge_all(us.store, us.channels[MX], [(1, held[Way.TAKEN, 1]), (200, held[Way.TAKEN, 200])])
    assert asked
    assert all(stop - start <= 64 for start, stop in asked)
