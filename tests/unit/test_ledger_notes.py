"""Notes, checkpoints, cosignatures and receipts as they should be; `test_ledger_hostile.py` has the others."""

from __future__ import annotations

import pytest

from entente.exchange.errors import ExchangeError
from entente.exchange.ledger.checkpoint import (
    Checkpoint,
    cosign_checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from entente.exchange.ledger.errors import NoteError
from entente.exchange.ledger.note import Note, VerifierKey, add_signature, parse_key, parse_note, verify_note
from entente.exchange.ledger.policy import parse_policy
from entente.exchange.ledger.receipt import FIRST_LINE, Receipt, parse_receipt, verify_receipt
from ledger_toy import ORIGIN, entries, log_of, note_of, signer, witness

# The example in the documentation of Go's sumdb/note.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()


def test_a_foreign_note_verifies():
    key = parse_key(GO_KEY)
    assert str(key) == GO_KEY
    assert verify_note(parse_note(GO_NOTE), [key]) == {key: None}


def test_a_note_is_kept_byte_for_byte():
    assert parse_note(GO_NOTE).encode() == GO_NOTE


def test_the_text_may_have_empty_lines():
    note = add_signature(Note(b"one\n\n\ntwo\n", ()), signer("a"))
    assert parse_note(note.encode()) == note


def test_a_key_id_depends_on_name_and_kind():
    keys = {signer("a").key, signer("b").key, witness("a").key}
    assert len({key.key_id for key in keys}) == 3


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\u3000b", "\ud800"])
def test_a_name_has_no_spaces_and_no_plus(name: str):
    with pytest.raises(NoteError):
        VerifierKey(name, bytes(32))


def test_a_checkpoint_says_origin_size_and_root():
    head = log_of(entries(5)).head()
    data = sign_checkpoint(head, signer())
    signed = open_checkpoint(data, signer().key)
    assert (signed.checkpoint, signed.times, signed.note) == (Checkpoint(ORIGIN, head), {}, data)
    assert data.decode().split("\n")[:2] == [ORIGIN, "5"]


def test_extension_lines_are_kept():
    text = Checkpoint(ORIGIN, log_of(entries(5)).head(), ("later words", "more")).encode()
    assert parse_checkpoint(text).encode() == text


def test_cosignatures_carry_their_time():
    one, two = witness("w/1"), witness("w/2")
    signed = open_checkpoint(note_of(entries(5)), signer().key)
    data = cosign_checkpoint(signed, one, 1_700_000_000)
    data = cosign_checkpoint(open_checkpoint(data, signer().key), two, 1_700_000_001)
    again = open_checkpoint(data, signer().key, [one.key, two.key, witness("w/3").key])
    assert again.times == {one.key: 1_700_000_000, two.key: 1_700_000_001}


def test_a_later_cosignature_takes_the_place_of_the_earlier():
    one = witness("w/1")
    data = cosign_checkpoint(open_checkpoint(note_of(entries(5)), signer().key), one, 5)
    data = cosign_checkpoint(open_checkpoint(data, signer().key), one, 6)
    assert open_checkpoint(data, signer().key, [one.key]).times == {one.key: 6}
    assert len(parse_note(data).lines) == 2


def test_lines_of_unknown_keys_are_kept_and_say_nothing():
    data = note_of(entries(5)) + "— somebody.example AAAAAGludmFsaWQ=\n".encode()
    signed = open_checkpoint(data, signer().key)
    assert signed.times == {}
    assert cosign_checkpoint(signed, witness("w"), 7).startswith(data)


@pytest.mark.parametrize("time", [0, -1, 2**63])
def test_a_time_out_of_range_is_not_signed(time: int):
    with pytest.raises(NoteError):
        cosign_checkpoint(open_checkpoint(note_of(entries(5)), signer().key), witness("w"), time)


def test_only_a_cosigner_gives_a_time():
    note = parse_note(note_of(entries(5)))
    for key, time in ((signer("a"), 1), (witness("a"), None)):
        with pytest.raises(NoteError):
            add_signature(note, key, time)


def test_a_cosigner_cannot_be_the_log():
    impostor = witness(ORIGIN)
    text = Checkpoint(ORIGIN, log_of(entries(5)).head()).encode()
    with pytest.raises(NoteError):
        open_checkpoint(add_signature(Note(text, ()), impostor, 3).encode(), impostor.key)


@pytest.mark.parametrize("extra", [None, b"", b"frame 12"])
def test_a_receipt_stands_alone(extra: bytes | None):
    items = entries(1000)
    log = log_of(items)
    data = Receipt(637, log.inclusion_proof(637), sign_checkpoint(log.head(), signer()), extra).encode()
    policy = parse_policy(f"log {signer().key}\nquorum none\n".encode())
    assert data.decode().startswith(FIRST_LINE)
    assert parse_receipt(data).encode() == data
    assert verify_receipt(data, items[637], policy).head == log.head()
    with pytest.raises(ExchangeError):
        verify_receipt(data, items[638], policy)


def test_a_receipt_of_the_only_entry_has_no_path():
    items = entries(1)
    data = Receipt(0, (), note_of(items)).encode()
    policy = parse_policy(f"log {signer().key}\nquorum none\n".encode())
    assert verify_receipt(data, items[0], policy).head.size == 1
